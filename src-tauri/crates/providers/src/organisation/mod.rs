//! What a provider counts for a whole organisation, day by day: money, and tokens beside it.
//!
//! Both makers that tell it want an admin key, cut days at midnight UTC and send pages. A page that is
//! missing, or one that comes twice, would make a sum that is wrong without looking so: either ends the
//! reading with a failure.

mod amount;
mod parse;

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;
use patchbay_domain::{Failure, FailureClass, NanoUsd, UnixMillis};
use reqwest::RequestBuilder;
use serde::{Deserialize, Serialize};
use url::Url;

use self::amount::Dollars;
use self::parse::{Counted, Page};
use crate::balance::beside_api;
use crate::base_url::BaseUrl;
use crate::config::{AuthHeader, ProviderConfig};
use crate::http_client::HttpClient;
use crate::reader::too_large;
use crate::rfc3339::midnight_text;
use crate::wire_client::WireClient;

/// A day in milliseconds. UTC has no longer ones that a clock of this kind knows.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Twice the pages of a year where each holds a week, which is the least that the makers send.
const MOST_PAGES: usize = 106;

/// All pages of one report together. A year of days without groups is a hundredth of it.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How a provider tells what its organisation used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationShape {
    /// `organization/costs` and `organization/usage/completions`: dollars as numbers.
    Openai,
    /// `organizations/cost_report` and `organizations/usage_report/messages`: cents as text.
    Anthropic,
}

/// Whole days in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcDays {
    /// The midnight at which the first begins.
    pub from: UnixMillis,
    /// The midnight at which the last one is over.
    pub until: UnixMillis,
}

impl UtcDays {
    /// The days between two midnights that are over at `now`: a day that is not would be compared with
    /// one that is. `None` where there is none.
    pub fn over(from: UnixMillis, until: UnixMillis, now: UnixMillis) -> Option<Self> {
        let floor = |moment: UnixMillis| moment.0.div_euclid(DAY) * DAY;
        let (from, until) = (floor(from), floor(until).min(floor(now)));
        (from < until).then_some(Self {
            from: UnixMillis(from),
            until: UnixMillis(until),
        })
    }

    /// Whether a day that begins then is one of them.
    fn hold(self, day: UnixMillis) -> bool {
        (self.from..self.until).contains(&day)
    }
}

/// What the organisation used on one day. What the provider did not tell is `None`, and never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationDay {
    /// The midnight UTC at which it began.
    pub starts_at: UnixMillis,
    /// What it cost.
    pub cost: Option<NanoUsd>,
    /// What was counted.
    pub usage: Option<OrganisationUsage>,
}

/// Tokens, and requests where they are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationUsage {
    /// Tokens of prompts, those of caches and of sound too.
    pub input_tokens: u64,
    /// Tokens of answers, with those of thinking.
    pub output_tokens: u64,
    /// Requests to models.
    pub requests: Option<u64>,
}

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganisationReport {
    /// Days in their order; those of which nothing was told are not there.
    pub days: Vec<OrganisationDay>,
    /// Why the tokens could not be had, where the costs could.
    pub usage_failure: Option<Failure>,
}

/// Which of the two reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Report {
    Costs,
    Usage,
}

impl OrganisationShape {
    /// Where to ask for a page, always of the base URL's origin.
    fn url(self, base_url: &BaseUrl, report: Report, days: UtcDays, page: Option<&str>) -> Url {
        let (path, most) = match (self, report) {
            (Self::Openai, Report::Costs) => ("/v1/organization/costs", "180"),
            (Self::Openai, Report::Usage) => ("/v1/organization/usage/completions", "31"),
            (Self::Anthropic, Report::Costs) => ("/v1/organizations/cost_report", "31"),
            (Self::Anthropic, Report::Usage) => ("/v1/organizations/usage_report/messages", "31"),
        };
        let mut url = beside_api(base_url, &["/v1"], path);
        let [from, until] = [days.from, days.until].map(|moment| match self {
            Self::Openai => (moment.0 / 1_000).to_string(),
            Self::Anthropic => midnight_text(moment),
        });
        let [from_name, until_name] = match self {
            Self::Openai => ["start_time", "end_time"],
            Self::Anthropic => ["starting_at", "ending_at"],
        };
        url.query_pairs_mut()
            .append_pair(from_name, &from)
            .append_pair(until_name, &until)
            .append_pair("bucket_width", "1d")
            .append_pair("limit", most);
        if let Some(page) = page {
            url.query_pairs_mut().append_pair("page", page);
        }
        url
    }

    fn auth(self) -> AuthHeader {
        match self {
            Self::Openai => AuthHeader::Bearer,
            Self::Anthropic => AuthHeader::Named(HeaderName::from_static("x-api-key")),
        }
    }

    fn versioned(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Openai => request,
            Self::Anthropic => crate::anthropic_messages::versioned(request),
        }
    }
}

/// Asks what the organisation of the admin key in `config` used on these days: its costs, and then its
/// tokens. The time limit is the caller's, by dropping.
///
/// # Errors
/// The configuration cannot be used, there is no key, the provider refuses, its pages have no end, or
/// they tell no costs in dollars. Costs without tokens are no error.
pub async fn fetch_organisation(
    http: HttpClient,
    mut config: ProviderConfig,
    shape: OrganisationShape,
    days: UtcDays,
) -> Result<OrganisationReport, Failure> {
    if !config.credential.is_key() {
        return Err(Failure::new(
            FailureClass::KeyMissing,
            "There is no admin key to ask with.",
        ));
    }
    // Where an ordinary key goes says nothing of where this one does.
    config.auth = None;
    let client = WireClient::new(http, &config, shape.auth())
        .map_err(|error| Failure::new(FailureClass::InvalidRequest, error.to_string()))?;
    let asking = Asking {
        client: &client,
        base_url: &config.base_url,
        shape,
        days,
    };
    let costs = asking
        .pages(Report::Costs, |body| parse::costs(shape, body))
        .await?;
    let usage = asking
        .pages(Report::Usage, |body| parse::usage(shape, body))
        .await;
    let (usage, usage_failure) = match usage {
        Ok(usage) => (usage, None),
        Err(failure) => (BTreeMap::new(), Some(failure)),
    };
    let starts: BTreeSet<_> = costs.keys().chain(usage.keys()).copied().collect();
    let days = starts.into_iter().map(|starts_at| OrganisationDay {
        starts_at,
        cost: costs.get(&starts_at).and_then(|sum: &Dollars| sum.nano()),
        usage: usage.get(&starts_at).copied(),
    });
    Ok(OrganisationReport {
        days: days.collect(),
        usage_failure,
    })
}

/// One reading of one organisation.
struct Asking<'a> {
    client: &'a WireClient,
    base_url: &'a BaseUrl,
    shape: OrganisationShape,
    days: UtcDays,
}

impl Asking<'_> {
    /// Every page of a report, as one.
    async fn pages<T>(
        &self,
        report: Report,
        parse: impl Fn(&str) -> Result<Page<T>, parse::ReportError>,
    ) -> Result<BTreeMap<UnixMillis, T>, Failure> {
        let wrong = |words: &str| Failure::new(FailureClass::UnexpectedContent, words);
        let mut found = BTreeMap::new();
        let mut tokens = BTreeSet::new();
        let mut page: Option<String> = None;
        let mut bytes = 0;
        for _ in 0..MOST_PAGES {
            let url = self
                .shape
                .url(self.base_url, report, self.days, page.as_deref());
            let request = self.shape.versioned(self.client.get(url));
            let read = |body: &str| {
                bytes += body.len();
                parse(body)
            };
            let Page {
                counted,
                next,
                currency,
            } = self.client.fetch_parsed(request, read).await?;
            if bytes > MOST_BYTES {
                return Err(too_large());
            }
            if let Some(currency) = currency {
                return Err(wrong(&format!(
                    "The costs are in {currency}, and only dollars can be compared."
                )));
            }
            for Counted { starts_at, what } in counted {
                if starts_at.0.rem_euclid(DAY) != 0 {
                    return Err(wrong(
                        "The days of the report do not begin at midnight UTC.",
                    ));
                }
                // What lies outside was not asked for: a day that is not over, for one.
                if self.days.hold(starts_at) && found.insert(starts_at, what).is_some() {
                    return Err(wrong("The report tells one day twice."));
                }
            }
            let Some(next) = next else {
                return Ok(found);
            };
            if !tokens.insert(next.clone()) {
                return Err(wrong("The pages of the report lead round in a circle."));
            }
            page = Some(next);
        }
        Err(wrong(
            "The report has more pages than these days can fill, so it was not read to its end.",
        ))
    }
}

#[cfg(test)]
mod tests;
