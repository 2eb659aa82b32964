//! The pages in which makers tell what an organisation used.
//!
//! Otherwise than with balances a figure that cannot be read spoils the page: a sum without it would
//! be told as if it were whole.

use patchbay_domain::UnixMillis;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::amount::Dollars;
use super::{OrganisationShape, OrganisationUsage};
use crate::lenient::{Count, lenient};
use crate::rfc3339::parse_moment;

/// A body that is no page of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The answer is no report of an organisation.")]
pub(super) struct ReportError;

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page<T> {
    pub(super) counted: Vec<Counted<T>>,
    /// What to ask with for the next one; `None` on the last.
    pub(super) next: Option<String>,
    /// A currency that is not the dollar, in capitals.
    pub(super) currency: Option<String>,
}

/// One day of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counted<T> {
    pub(super) starts_at: UnixMillis,
    pub(super) what: T,
}

/// The same envelope at both makers.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Vec<Bucket<'a>>,
    #[serde(default)]
    has_more: bool,
    #[serde(default, deserialize_with = "lenient")]
    next_page: Option<String>,
}

#[derive(Deserialize)]
struct Bucket<'a> {
    /// Seconds since 1970.
    #[serde(default)]
    start_time: Option<i64>,
    #[serde(default)]
    starting_at: Option<String>,
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

impl Bucket<'_> {
    fn starts_at(&self) -> Result<UnixMillis, ReportError> {
        let seconds = self.start_time.and_then(|start| start.checked_mul(1_000));
        let text = || self.starting_at.as_deref().and_then(parse_moment);
        seconds.map(UnixMillis).or_else(text).ok_or(ReportError)
    }
}

/// A page of costs.
pub(super) fn costs(shape: OrganisationShape, body: &str) -> Result<Page<Dollars>, ReportError> {
    let mut currency = None;
    let mut page = page(body, |results| {
        let mut sum = Dollars::default();
        for result in results {
            let (amount, unit) = match shape {
                OrganisationShape::Openai => openai_cost(result)?,
                OrganisationShape::Anthropic => anthropic_cost(result)?,
            };
            if unit.eq_ignore_ascii_case("usd") {
                sum = sum.plus(amount).ok_or(ReportError)?;
            } else {
                currency = Some(shown(unit));
            }
        }
        Ok(sum)
    })?;
    page.currency = currency;
    Ok(page)
}

/// A page of tokens.
pub(super) fn usage(
    shape: OrganisationShape,
    body: &str,
) -> Result<Page<OrganisationUsage>, ReportError> {
    page(body, |results| {
        let mut sum = OrganisationUsage {
            requests: (shape == OrganisationShape::Openai).then_some(0),
            ..OrganisationUsage::default()
        };
        for result in results {
            let part = match shape {
                OrganisationShape::Openai => openai_usage(result)?,
                OrganisationShape::Anthropic => anthropic_usage(result)?,
            };
            sum.input_tokens = sum.input_tokens.saturating_add(part.input_tokens);
            sum.output_tokens = sum.output_tokens.saturating_add(part.output_tokens);
            let requests = sum.requests.zip(part.requests);
            sum.requests = requests.map(|(sum, part)| sum.saturating_add(part));
        }
        Ok(sum)
    })
}

fn page<T>(
    body: &str,
    mut day: impl FnMut(&[&RawValue]) -> Result<T, ReportError>,
) -> Result<Page<T>, ReportError> {
    let body = body.trim_start_matches('\u{feff}');
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| ReportError)?;
    let next = match (envelope.has_more, envelope.next_page) {
        (false, _) => None,
        (true, Some(next)) if !next.is_empty() => Some(next),
        // There is more, and no way to it.
        (true, _) => return Err(ReportError),
    };
    let counted = envelope.data.iter().map(|bucket| {
        Ok(Counted {
            starts_at: bucket.starts_at()?,
            what: day(&bucket.results)?,
        })
    });
    Ok(Page {
        counted: counted.collect::<Result<_, _>>()?,
        next,
        currency: None,
    })
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, ReportError> {
    serde_json::from_str(raw.get()).map_err(|_| ReportError)
}

fn dollars(raw: &RawValue, places: i32) -> Result<Dollars, ReportError> {
    Dollars::read(raw.get().trim_matches('"'), places).ok_or(ReportError)
}

/// `{"amount": {"value": 0.06, "currency": "usd"}}`; the value is text at times.
fn openai_cost(raw: &RawValue) -> Result<(Dollars, &str), ReportError> {
    #[derive(Deserialize)]
    struct Cost<'a> {
        #[serde(borrow)]
        amount: Amount<'a>,
    }
    #[derive(Deserialize)]
    struct Amount<'a> {
        #[serde(borrow)]
        value: &'a RawValue,
        currency: &'a str,
    }
    let Cost { amount } = read(raw)?;
    Ok((dollars(amount.value, 0)?, amount.currency))
}

/// `{"amount": "123.78912", "currency": "USD"}`: hundredths.
fn anthropic_cost(raw: &RawValue) -> Result<(Dollars, &str), ReportError> {
    #[derive(Deserialize)]
    struct Cost<'a> {
        #[serde(borrow)]
        amount: &'a RawValue,
        currency: &'a str,
    }
    let cost: Cost<'_> = read(raw)?;
    Ok((dollars(cost.amount, 2)?, cost.currency))
}

fn openai_usage(raw: &RawValue) -> Result<OrganisationUsage, ReportError> {
    #[derive(Deserialize)]
    struct Usage {
        input_tokens: Count,
        output_tokens: Count,
        #[serde(default, deserialize_with = "lenient")]
        input_audio_tokens: Option<u64>,
        #[serde(default, deserialize_with = "lenient")]
        output_audio_tokens: Option<u64>,
        #[serde(default, deserialize_with = "lenient")]
        num_model_requests: Option<u64>,
    }
    let usage: Usage = read(raw)?;
    let with = |text: Count, audio: Option<u64>| text.0.saturating_add(audio.unwrap_or(0));
    Ok(OrganisationUsage {
        input_tokens: with(usage.input_tokens, usage.input_audio_tokens),
        output_tokens: with(usage.output_tokens, usage.output_audio_tokens),
        requests: usage.num_model_requests,
    })
}

fn anthropic_usage(raw: &RawValue) -> Result<OrganisationUsage, ReportError> {
    #[derive(Deserialize)]
    struct Usage {
        uncached_input_tokens: Count,
        output_tokens: Count,
        #[serde(default, deserialize_with = "lenient")]
        cache_read_input_tokens: Option<u64>,
        #[serde(default, deserialize_with = "lenient")]
        cache_creation: Option<Creation>,
    }
    #[derive(Deserialize)]
    struct Creation {
        #[serde(default)]
        ephemeral_1h_input_tokens: u64,
        #[serde(default)]
        ephemeral_5m_input_tokens: u64,
    }
    let usage: Usage = read(raw)?;
    let created = usage.cache_creation.map_or(0, |written| {
        let (hour, minutes) = (
            written.ephemeral_1h_input_tokens,
            written.ephemeral_5m_input_tokens,
        );
        hour.saturating_add(minutes)
    });
    let cached = usage.cache_read_input_tokens.unwrap_or(0);
    let input = usage.uncached_input_tokens.0.saturating_add(cached);
    Ok(OrganisationUsage {
        input_tokens: input.saturating_add(created),
        output_tokens: usage.output_tokens.0,
        requests: None,
    })
}

/// A currency's code as it is shown: three letters, or a word that says nothing.
fn shown(code: &str) -> String {
    let is_code = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    if is_code {
        code.to_ascii_uppercase()
    } else {
        "another currency".to_owned()
    }
}
