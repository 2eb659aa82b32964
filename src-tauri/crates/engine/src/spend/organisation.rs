//! What a provider says that a whole organisation used, beside the ledger, day by day in UTC.
//!
//! It is read with an admin key, only when a person asks for it, and kept with the time when it was
//! read. A day that is not over is neither read nor compared, since one side of it would still grow.

mod kept;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use patchbay_domain::{Day, Failure, FailureClass, NanoUsd, ProviderId, UnixMillis};
use patchbay_providers::presets::Organisation;
use patchbay_providers::{OrganisationDay, OrganisationReport, UtcDays, fetch_organisation};
use patchbay_store::{ProviderRecord, SpanTally, Tally};
use secrecy::SecretString;

use self::kept::{Kept, KeptFailure};
use self::words::{Sides, failure_words, reasons, words};
use super::reconcile::{Apart, add, apart, drift};
use crate::admin_key::{ADMIN, organisation_of};
use crate::connector::address_of;
use crate::keys::KeyStatus;
use crate::providers::{config, preset_of};
use crate::{Engine, EngineError};

/// How long a provider may take for all its pages.
const LIMIT: Duration = Duration::from_secs(60);

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The most days that are read and shown at once.
const MOST_DAYS: i32 = 366;

/// What no day is called different for: a thousandth of a cent in a hundred.
const ROUNDING: NanoUsd = NanoUsd(1_000);

/// What one provider's organisation used, beside the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganisationSide {
    /// Whose.
    pub provider: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// Where the admin key is.
    pub key: KeyStatus,
    /// How admin keys begin.
    pub key_prefix: &'static str,
    /// Where they are made.
    pub key_url: &'static str,
    /// What the provider's costs leave out or count besides, in one sentence.
    pub note: &'static str,
    /// When the costs were read last.
    pub read_at: Option<UnixMillis>,
    /// Why the newest reading failed. The older costs stay.
    pub failure: Option<OrganisationFailure>,
    /// The first UTC day that is compared; `None` where none of the span was read.
    pub from: Option<Day>,
    /// The last one.
    pub to: Option<Day>,
    /// What the compared days cost by the provider.
    pub theirs: Option<NanoUsd>,
    /// What they cost by the ledger.
    pub ours: Tally,
    /// `ours / theirs - 1` in percent; `None` where it says nothing.
    pub drift_percent: Option<f64>,
    /// In one or a few sentences.
    pub words: String,
    /// What may be behind a drift, the likeliest first.
    pub reasons: Vec<String>,
    /// Each UTC day of the span that is over and of which a side knows something, the newest first.
    pub days: Vec<OrganisationDaySide>,
}

/// Why costs could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationFailure {
    /// When.
    pub at: UnixMillis,
    /// In plain words.
    pub words: String,
}

/// One UTC day.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganisationDaySide {
    /// Its date.
    pub day: Day,
    /// What it cost by the provider; `None` where that was not told.
    pub theirs: Option<NanoUsd>,
    /// What it cost by the ledger.
    pub ours: Tally,
    /// `ours / theirs - 1` in percent; `None` where it says nothing.
    pub drift_percent: Option<f64>,
    /// Whether the two are further apart than rounding explains.
    pub differs: bool,
    /// Tokens by the provider.
    pub their_tokens: Option<u64>,
    /// Requests by the provider.
    pub their_requests: Option<u64>,
}

impl OrganisationDaySide {
    /// Tokens by the ledger: prompts, caches, thinking, answers, sound and pictures.
    pub fn our_tokens(&self) -> u64 {
        tokens(&self.ours)
    }
}

fn tokens(tally: &Tally) -> u64 {
    [
        tally.input,
        tally.cache_read,
        tally.cache_write,
        tally.output,
        tally.reasoning,
        tally.media,
    ]
    .into_iter()
    .fold(0, u64::saturating_add)
}

impl Engine {
    /// Every provider that tells what an organisation used, beside the ledger. Asks nobody. The dates
    /// are taken as days in UTC; of a longer span the last 366 days are looked at.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn organisations(
        &self,
        from: Day,
        to: Day,
    ) -> Result<Vec<OrganisationSide>, EngineError> {
        let mut all = Vec::new();
        for record in self.store.providers().await? {
            let organisation = preset_of(&record).and_then(|preset| preset.organisation.as_ref());
            if let Some(organisation) = organisation {
                all.push(
                    self.organisation_side(&record, organisation, from, to)
                        .await?,
                );
            }
        }
        Ok(all)
    }

    /// Asks a provider what its organisation used on these days, and puts it beside the ledger. Where
    /// that fails older costs stay, and the reason beside them.
    ///
    /// # Errors
    /// The provider is gone or tells no such thing, there is no admin key or the keychain does not hand
    /// it out, or the database cannot be written. That the provider did not answer is no error: it is
    /// in what is returned.
    pub async fn read_organisation(
        &self,
        id: &ProviderId,
        from: Day,
        to: Day,
    ) -> Result<OrganisationSide, EngineError> {
        let record = self.provider_record(id).await?;
        let organisation = organisation_of(&record)?;
        let now = self.clock.now();
        let Some(days) = over(from, to, now) else {
            return Err(EngineError::input(
                "from",
                "No day of this span is over by UTC, in which the provider counts.",
                "Choose a longer span, or read tomorrow.",
            ));
        };
        let address = address_of(&record, ADMIN)?;
        let Some((key, _)) = self.vault.get(&address, &[]).await? else {
            return Err(EngineError::input(
                "key",
                format!("There is no admin key for {}.", record.name),
                "Add one; it is only used to read sums.",
            ));
        };
        let mut kept = self.kept(&record).await?;
        match self
            .ask_organisation(&record, organisation, key, days)
            .await
        {
            Ok(report) => {
                kept.take(report, days, now);
            }
            Err(failure) => {
                kept.failure = Some(KeptFailure {
                    at: now,
                    words: failure_words(&record.name, organisation, &failure),
                });
            }
        }
        let said = serde_json::to_value(&kept).unwrap_or_default();
        self.store.set_setting(&kept::place(id), said).await?;
        self.organisation_side(&record, organisation, from, to)
            .await
    }

    /// Forgets what was read of an organisation.
    pub(crate) async fn forget_organisation(&self, id: &ProviderId) -> Result<(), EngineError> {
        Ok(self.store.remove_setting(&kept::place(id)).await?)
    }

    async fn kept(&self, record: &ProviderRecord) -> Result<Kept, EngineError> {
        let said = self.store.setting(&kept::place(&record.id)).await?;
        Ok(Kept::read(said, &record.origin))
    }

    async fn ask_organisation(
        &self,
        record: &ProviderRecord,
        organisation: &Organisation,
        key: SecretString,
        days: UtcDays,
    ) -> Result<OrganisationReport, Failure> {
        let config = config(record, Some(key))?;
        let asked = fetch_organisation(self.http.client()?, config, organisation.shape, days);
        tokio::time::timeout(LIMIT, asked)
            .await
            .unwrap_or_else(|_| {
                let words = format!("No answer within {} s.", LIMIT.as_secs());
                Err(Failure::new(FailureClass::FirstTokenTimeout, words))
            })
    }

    async fn organisation_side(
        &self,
        record: &ProviderRecord,
        organisation: &'static Organisation,
        from: Day,
        to: Day,
    ) -> Result<OrganisationSide, EngineError> {
        let now = self.clock.now();
        let kept = self.kept(record).await?;
        let span = over(from, to, now);
        let (theirs, ours) = match span {
            Some(days) => (
                kept.within(days),
                self.store
                    .spend_by_utc_day(record.id.clone(), days.from, days.until)
                    .await?,
            ),
            None => (BTreeMap::new(), BTreeMap::new()),
        };
        let days = days(&theirs, &ours);
        let mut compared = SpanTally::default();
        let mut sum = None;
        for day in days.iter().filter(|day| day.theirs.is_some()) {
            let theirs = day.theirs.unwrap_or_default().0;
            let before = sum.map_or(0, |NanoUsd(sum)| sum);
            sum = Some(NanoUsd(i64::saturating_add(before, theirs)));
            if let Some(ours) = ours.get(&start_of(day.day)) {
                add(&mut compared, ours);
            }
        }
        let told = || days.iter().filter(|day| day.theirs.is_some());
        let sides = Sides {
            name: &record.name,
            has_key: self
                .key_status_at(record, ADMIN, &[])
                .await
                .source
                .is_some(),
            has_days: span.is_some(),
            is_recent: span.is_some_and(|days| now.0 - days.until.0 < 2 * DAY),
            theirs: sum,
            ours: &compared,
            days: &days,
            asked_days: span.map_or(0, |days| (days.until.0 - days.from.0) / DAY),
            elsewhere: self.attempts_elsewhere(record, span).await?,
            usage_words: kept.usage_words.as_deref(),
        };
        Ok(OrganisationSide {
            provider: record.id.clone(),
            provider_name: record.name.clone(),
            key: self.key_status_at(record, ADMIN, &[]).await,
            key_prefix: &organisation.key_prefix,
            key_url: &organisation.key_url,
            note: &organisation.words,
            read_at: kept.read_at,
            failure: kept.failure.as_ref().map(|failure| OrganisationFailure {
                at: failure.at,
                words: failure.words.clone(),
            }),
            from: told().next_back().map(|day| day.day),
            to: told().next().map(|day| day.day),
            theirs: sum,
            drift_percent: sum.and_then(|theirs| drift(compared.tally.known, theirs)),
            words: words(&sides),
            reasons: reasons(&sides),
            ours: compared.tally,
            days,
        })
    }

    /// Attempts through other providers of the same origin: their organisation may be the same.
    async fn attempts_elsewhere(
        &self,
        record: &ProviderRecord,
        span: Option<UtcDays>,
    ) -> Result<u64, EngineError> {
        let Some(days) = span else {
            return Ok(0);
        };
        let mut attempts = 0;
        for other in self.store.providers().await? {
            if other.id != record.id && other.origin == record.origin {
                let spent = self
                    .store
                    .spend_of_key_between(other.id, None, days.from, days.until)
                    .await?;
                attempts += spent.tally.attempts;
            }
        }
        Ok(attempts)
    }
}

/// Every day of which either side knows something, the newest first.
fn days(
    theirs: &BTreeMap<UnixMillis, OrganisationDay>,
    ours: &BTreeMap<UnixMillis, SpanTally>,
) -> Vec<OrganisationDaySide> {
    let mut starts: Vec<_> = theirs.keys().chain(ours.keys()).copied().collect();
    starts.sort_unstable();
    starts.dedup();
    let both = starts.into_iter().rev().map(|start| {
        let told = theirs.get(&start);
        let theirs = told.and_then(|day| day.cost);
        let usage = told.and_then(|day| day.usage);
        let ours = ours
            .get(&start)
            .map(|spent| spent.tally)
            .unwrap_or_default();
        let verdict = theirs.map(|theirs| apart(theirs, ours.known, ROUNDING));
        OrganisationDaySide {
            day: day_of(start),
            theirs,
            drift_percent: theirs.and_then(|theirs| drift(ours.known, theirs)),
            differs: matches!(verdict, Some(Apart::Less | Apart::More)),
            their_tokens: usage.map(|usage| usage.input_tokens.saturating_add(usage.output_tokens)),
            their_requests: usage.and_then(|usage| usage.requests),
            ours,
        }
    });
    both.collect()
}

/// The days of a span that are over, at most 366: the last ones.
fn over(from: Day, to: Day, now: UnixMillis) -> Option<UtcDays> {
    let last = to.min(day_of(now).plus(-1));
    let first = from.max(last.plus(1 - MOST_DAYS));
    UtcDays::over(start_of(first), start_of(last.plus(1)), now)
}

/// The midnight UTC at which a date begins.
fn start_of(day: Day) -> UnixMillis {
    UnixMillis(i64::from(day.days_since(first_day())) * DAY)
}

fn day_of(moment: UnixMillis) -> Day {
    let days = moment.0.div_euclid(DAY);
    first_day().plus(i32::try_from(days).unwrap_or(i32::MAX))
}

/// 1 January 1970.
fn first_day() -> Day {
    Day::new(jiff::civil::date(1970, 1, 1))
}

#[cfg(test)]
mod tests;
