//! What providers say went from a key, beside what went by the ledger.
//!
//! A balance is a number without a history: it falls by what is used, here and elsewhere, and rises by
//! what is paid in. So every step between two readings counts for itself, and those that cannot be
//! told, since something was paid in or a count began anew, are left out on both sides.

mod figures;
mod words;

use std::collections::BTreeMap;

use patchbay_domain::{BalanceLine, NanoUsd, ProviderId, UnixMillis};
use patchbay_store::{BalanceReading, SpanTally, Tally};

use self::figures::{Reading, Theirs, theirs};
pub(super) use self::words::{Apart, apart};
use self::words::{reasons, words};
use crate::providers::preset_of;
use crate::{Engine, EngineError};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The span that is looked at where it has two readings.
const USUAL: i64 = 30 * DAY;

/// The longest span that is looked at where the usual one has fewer.
const LONGEST: i64 = 366 * DAY;

/// Readings that are shown of one key.
const SHOWN: usize = 50;

/// A provider's own figure beside ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciled {
    /// Whose.
    pub provider: ProviderId,
    /// Its name.
    pub provider_name: String,
    /// Which key's slot.
    pub key_id: String,
    /// Its label.
    pub key_label: String,
    /// Whether its balance can be asked for at all.
    pub can_ask: bool,
    /// When the figures begin; `None` where there is only one reading.
    pub from: Option<UnixMillis>,
    /// When they end: the newest reading.
    pub to: Option<UnixMillis>,
    /// What went by the provider's figures; `None` where they cannot be subtracted.
    pub theirs: Option<NanoUsd>,
    /// What went by ours, between the same readings.
    pub ours: Tally,
    /// `ours / theirs - 1` in percent; `None` where it says nothing.
    pub drift_percent: Option<f64>,
    /// In one sentence.
    pub words: String,
    /// What may be behind a drift, the likeliest first.
    pub reasons: Vec<String>,
    /// Readings, the newest first, at most 50.
    pub readings: Vec<BalanceSaid>,
}

/// A balance at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceSaid {
    /// When.
    pub at: UnixMillis,
    /// What was left or used, as the provider wrote it.
    pub words: String,
}

/// `ours / theirs - 1` in percent; `None` where nothing went on their side.
pub(crate) fn drift(ours: NanoUsd, theirs: NanoUsd) -> Option<f64> {
    if theirs.0 <= 0 {
        return None;
    }
    let apart = i128::from(ours.0) - i128::from(theirs.0);
    // Hundredths of a percent, so that the division is the only place where digits go.
    let hundredths = apart * 10_000 / i128::from(theirs.0);
    i32::try_from(hundredths)
        .ok()
        .map(|hundredths| f64::from(hundredths) / 100.0)
}

impl Engine {
    /// Every key, with what its provider says went and what went by the ledger.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn reconcile(&self) -> Result<Vec<Reconciled>, EngineError> {
        let now = self.clock.now();
        let since = UnixMillis(now.0.saturating_sub(LONGEST));
        let mut readings: BTreeMap<(ProviderId, String), Vec<Reading>> = BTreeMap::new();
        for reading in self.store.balance_readings(since).await? {
            let BalanceReading {
                provider,
                key_id,
                at,
                said,
            } = reading;
            // What a later version wrote is none of ours to read.
            if let Ok(balance) = serde_json::from_value(said) {
                let of_key = readings.entry((provider, key_id)).or_default();
                of_key.push(Reading { at, balance });
            }
        }
        let records = self.store.providers().await?;
        let names = self.provider_names().await?;
        let keys = self.store.all_keys().await?;
        for key in &keys {
            let place = (key.provider.clone(), key.id.clone());
            readings.entry(place).or_default();
        }
        let mut all = Vec::new();
        for ((provider, key_id), readings) in readings {
            let record = records.iter().find(|record| record.id == provider);
            let label = keys
                .iter()
                .find(|key| key.provider == provider && key.id == key_id)
                .map(|key| key.label.clone());
            let can_ask = label.is_some()
                && record
                    .and_then(preset_of)
                    .is_some_and(|preset| preset.balance.is_some());
            let usual = usual_span(&readings, now);
            let name = names.of(provider.as_str());
            let one = Reconciled {
                from: None,
                to: usual.last().map(|reading| reading.at),
                theirs: None,
                ours: Tally::default(),
                drift_percent: None,
                words: String::new(),
                reasons: Vec::new(),
                readings: said(&readings),
                provider,
                provider_name: name,
                key_id,
                key_label: label.unwrap_or_else(|| "A key that is gone".to_owned()),
                can_ask,
            };
            all.push(match theirs(usual) {
                Ok(figures) => self.beside(one, &figures).await?,
                Err(silent) => Reconciled {
                    words: silent.words(&one),
                    ..one
                },
            });
        }
        // Those with figures first, the largest drift at the top.
        all.sort_by(|left, right| {
            let drift = |one: &Reconciled| one.drift_percent.map_or(-1.0, f64::abs);
            (right.theirs.is_some(), drift(right))
                .partial_cmp(&(left.theirs.is_some(), drift(left)))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(all)
    }

    async fn beside(&self, one: Reconciled, figures: &Theirs) -> Result<Reconciled, EngineError> {
        let mut ours = SpanTally::default();
        let mut of_all_keys = 0;
        for (from, to) in &figures.spans {
            let (from, to) = (*from, *to);
            let (provider, key) = (one.provider.clone(), Some(one.key_id.clone()));
            let of_key = self
                .store
                .spend_of_key_between(provider.clone(), key, from, to)
                .await?;
            add(&mut ours, &of_key);
            let of_all = self
                .store
                .spend_of_key_between(provider, None, from, to)
                .await?;
            of_all_keys += of_all.tally.attempts;
        }
        let of_others = of_all_keys.saturating_sub(ours.tally.attempts);
        Ok(Reconciled {
            from: figures.spans.first().map(|(from, _)| *from),
            to: figures.spans.last().map(|(_, to)| *to),
            theirs: Some(figures.went),
            drift_percent: drift(ours.tally.known, figures.went),
            words: words(figures, &ours.tally),
            reasons: reasons(figures, &ours, of_others),
            ours: ours.tally,
            ..one
        })
    }
}

/// The readings of the usual span; where those are fewer than two, all.
fn usual_span(readings: &[Reading], now: UnixMillis) -> &[Reading] {
    let first = readings.partition_point(|reading| reading.at.0 < now.0.saturating_sub(USUAL));
    match readings.get(first..) {
        Some(usual) if usual.len() >= 2 => usual,
        _ => readings,
    }
}

fn said(readings: &[Reading]) -> Vec<BalanceSaid> {
    let words = |line: &BalanceLine| {
        let note = line
            .note
            .as_deref()
            .map_or_else(String::new, |note| format!(" ({note})"));
        let parts = [line.amount.as_str(), line.unit.as_str(), line.kind.label()];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}{note}", parts.join(" "))
    };
    let newest = readings.iter().rev().take(SHOWN);
    newest
        .map(|reading| BalanceSaid {
            at: reading.at,
            words: reading
                .balance
                .lines
                .iter()
                .map(words)
                .collect::<Vec<_>>()
                .join(", "),
        })
        .collect()
}

pub(super) fn add(sum: &mut SpanTally, more: &SpanTally) {
    sum.cut += more.cut;
    sum.running += more.running;
    let (sum, more) = (&mut sum.tally, &more.tally);
    for (sum, more) in [
        (&mut sum.attempts, more.attempts),
        (&mut sum.reported, more.reported),
        (&mut sum.computed, more.computed),
        (&mut sum.estimated, more.estimated),
        (&mut sum.unknown, more.unknown),
        (&mut sum.first_tries, more.first_tries),
        (&mut sum.second_tries, more.second_tries),
        (&mut sum.answered, more.answered),
        (&mut sum.failed, more.failed),
        (&mut sum.compared, more.compared),
        (&mut sum.billed, more.billed),
        (&mut sum.words, more.words),
        (&mut sum.counted, more.counted),
        (&mut sum.input, more.input),
        (&mut sum.cache_read, more.cache_read),
        (&mut sum.cache_write, more.cache_write),
        (&mut sum.output, more.output),
        (&mut sum.reasoning, more.reasoning),
        (&mut sum.media, more.media),
        (&mut sum.web_searches, more.web_searches),
    ] {
        *sum = sum.saturating_add(more);
    }
    for (sum, more) in [
        (&mut sum.known, more.known),
        (&mut sum.known_reported, more.known_reported),
        (&mut sum.known_computed, more.known_computed),
        (&mut sum.known_estimated, more.known_estimated),
        (&mut sum.wasted, more.wasted),
        (&mut sum.compared_paid, more.compared_paid),
        (&mut sum.compared_list, more.compared_list),
        (&mut sum.billed_paid, more.billed_paid),
        (&mut sum.billed_computed, more.billed_computed),
        (&mut sum.cache_saved, more.cache_saved),
        (&mut sum.words_paid, more.words_paid),
    ] {
        sum.0 = sum.0.saturating_add(more.0);
    }
}

#[cfg(test)]
mod tests;
