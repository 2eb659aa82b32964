//! What providers say went from a key, beside what went by the ledger.
//!
//! A balance is a number without a history: it falls by what is used, here and elsewhere, and rises by
//! what is paid in. So every step between two readings counts for itself, and those that cannot be
//! told, since something was paid in or a count began anew, are left out on both sides.

use std::collections::BTreeMap;

use patchbay_domain::money::parse_dollars;
use patchbay_domain::{Balance, BalanceKind, BalanceLine, NanoUsd, ProviderId, UnixMillis};
use patchbay_store::{BalanceReading, SpanTally, Tally};

use super::words::dollars;
use crate::providers::preset_of;
use crate::{Engine, EngineError};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// The span that is looked at where it has two readings.
const USUAL: i64 = 30 * DAY;

/// The longest span that is looked at where the usual one has fewer.
const LONGEST: i64 = 366 * DAY;

/// Readings that are shown of one key.
const SHOWN: usize = 50;

/// A drift below this says nothing, in percent.
const AGREES: f64 = 0.5;

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

/// A reading that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reading {
    at: UnixMillis,
    balance: Balance,
}

/// What the figures of a provider come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Theirs {
    /// The spans that count: from one moment and before another, none touching the next.
    spans: Vec<(UnixMillis, UnixMillis)>,
    /// What went within them.
    went: NanoUsd,
    /// Rises of what is left.
    top_ups: u32,
    /// Times at which a count began anew.
    resets: u32,
    /// What rounding may have hidden, at the most.
    rounding: NanoUsd,
}

/// Why the figures say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Silent {
    NoReading,
    OneReading,
    /// They are in this unit.
    OtherUnit(String),
    /// None of the figures falls or rises by use.
    NoFigure,
    /// Something was paid in, or begun anew, between all of them.
    NoSpan,
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

/// What went by the figures of these readings, which are in the order of time.
fn theirs(readings: &[Reading]) -> Result<Theirs, Silent> {
    if readings.is_empty() {
        return Err(Silent::NoReading);
    }
    let figures =
        |kind: BalanceKind| -> Vec<(UnixMillis, &BalanceLine, NanoUsd, Option<UnixMillis>)> {
            readings
                .iter()
                .filter_map(|reading| {
                    let line = reading.balance.lines.iter().find(|line| {
                        line.kind == kind && line.unit == "USD" && !is_of_a_day(line)
                    })?;
                    let amount = parse_dollars(&line.amount).ok()?;
                    let resets_at = reading.balance.lines.iter().find_map(|line| line.resets_at);
                    Some((reading.at, line, amount, resets_at))
                })
                .collect()
        };
    // What was used says it without what was paid in.
    let (kind, steps) = [BalanceKind::Used, BalanceKind::Remaining]
        .map(|kind| (kind, figures(kind)))
        .into_iter()
        .max_by_key(|(kind, figures)| (figures.len().min(2), *kind == BalanceKind::Used))
        .unwrap_or((BalanceKind::Used, Vec::new()));
    if steps.is_empty() {
        return Err(other_unit(readings).map_or(Silent::NoFigure, Silent::OtherUnit));
    }
    let mut found = Theirs::default();
    for pair in steps.windows(2) {
        let [(from, before, had, resets_at), (to, after, has, _)] = pair else {
            continue;
        };
        let went = match kind {
            BalanceKind::Used => has.0.saturating_sub(had.0),
            _ => had.0.saturating_sub(has.0),
        };
        let began_anew = resets_at.is_some_and(|at| *from < at && at <= *to);
        if began_anew || (went < 0 && kind == BalanceKind::Used) {
            found.resets += 1;
            continue;
        }
        if went < 0 {
            found.top_ups += 1;
            continue;
        }
        found.went = NanoUsd(found.went.0.saturating_add(went));
        match found.spans.last_mut() {
            Some((_, end)) if *end == *from => *end = *to,
            _ => {
                found.spans.push((*from, *to));
                let digit = last_digit(before).max(last_digit(after));
                found.rounding = NanoUsd(found.rounding.0.saturating_add(digit));
            }
        }
    }
    if found.spans.is_empty() {
        return Err(if steps.len() < 2 {
            Silent::OneReading
        } else {
            Silent::NoSpan
        });
    }
    Ok(found)
}

/// A figure of today or of this week alone, which says nothing over a longer time.
fn is_of_a_day(line: &BalanceLine) -> bool {
    line.note
        .as_deref()
        .is_some_and(|note| note.ends_with("(UTC)"))
}

fn other_unit(readings: &[Reading]) -> Option<String> {
    let last = readings.last()?;
    let uses = |line: &&BalanceLine| {
        matches!(line.kind, BalanceKind::Used | BalanceKind::Remaining) && line.unit != "USD"
    };
    last.balance
        .lines
        .iter()
        .find(uses)
        .map(|line| line.unit.clone())
}

/// What the last digit of a figure stands for, in nano-dollars.
fn last_digit(line: &BalanceLine) -> i64 {
    let places = line
        .amount
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    10_i64.pow(9 - u32::try_from(places.min(9)).unwrap_or(9))
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
            let name = record.map_or_else(
                || provider.as_str().to_owned(),
                |record| record.name.clone(),
            );
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

impl Silent {
    fn words(&self, one: &Reconciled) -> String {
        match self {
            Self::NoReading if one.can_ask => {
                "The balance was not asked for yet. Two readings are needed.".to_owned()
            }
            Self::NoReading => {
                "This provider does not tell what is left of a key. Its usage file can be imported."
                    .to_owned()
            }
            Self::OneReading => {
                "There is one reading so far. The next one tells what went between the two.".to_owned()
            }
            Self::OtherUnit(unit) if unit.is_empty() => {
                "The provider does not say in which unit its figures are, so nothing is subtracted."
                    .to_owned()
            }
            Self::OtherUnit(unit) => format!(
                "The figures are in {unit} and the ledger is in dollars, so nothing is subtracted."
            ),
            Self::NoFigure => "None of the provider's figures says what was used.".to_owned(),
            Self::NoSpan => {
                "Between all readings something was paid in or a count began anew, so nothing can be \
                 subtracted."
                    .to_owned()
            }
        }
    }
}

fn words(figures: &Theirs, ours: &Tally) -> String {
    let (theirs, own) = (figures.went, ours.known);
    let apart = verdict(figures, ours);
    let mut words = match apart {
        Apart::Nothing if ours.unknown > 0 => "Nothing went that is known.".to_owned(),
        Apart::Nothing => "Nothing went, by both.".to_owned(),
        Apart::Agrees => format!("Both say {}.", dollars(theirs)),
        Apart::Rounded => format!(
            "The provider says {} and the ledger {}; its figures are no finer than that.",
            dollars(theirs),
            dollars(own)
        ),
        Apart::Less => format!(
            "The provider says {} went, the ledger {}: {} less.",
            dollars(theirs),
            dollars(own),
            dollars(NanoUsd(theirs.0.saturating_sub(own.0)))
        ),
        Apart::More => format!(
            "The provider says {} went, the ledger {}: {} more.",
            dollars(theirs),
            dollars(own),
            dollars(NanoUsd(own.0.saturating_sub(theirs.0)))
        ),
    };
    // Where the ledger has less, this is the first of the reasons.
    if ours.unknown > 0 && apart != Apart::Less {
        let attempts = match ours.unknown {
            1 => "1 attempt".to_owned(),
            many => format!("{many} attempts"),
        };
        words.push_str(&format!(" The cost of {attempts} is not known here."));
    }
    match figures.top_ups {
        0 => {}
        1 => words.push_str(" It was topped up once; the time around that is left out."),
        times => {
            words.push_str(&format!(
                " It was topped up {times} times; the time around that is left out."
            ));
        }
    }
    if figures.resets > 0 {
        words.push_str(" Its count began anew; the time around that is left out.");
    }
    words
}

/// How the two sides stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Apart {
    Nothing,
    Agrees,
    /// As close as the provider's digits allow to tell.
    Rounded,
    /// The ledger has less.
    Less,
    /// The ledger has more.
    More,
}

fn verdict(figures: &Theirs, ours: &Tally) -> Apart {
    let (theirs, own) = (figures.went.0, ours.known.0);
    let apart = theirs.saturating_sub(own);
    let percent = drift(ours.known, figures.went);
    if theirs == 0 && own == 0 {
        Apart::Nothing
    } else if apart == 0 || percent.is_some_and(|percent| percent.abs() < AGREES) {
        Apart::Agrees
    } else if apart.saturating_abs() <= figures.rounding.0 {
        Apart::Rounded
    } else if apart > 0 {
        Apart::Less
    } else {
        Apart::More
    }
}

/// What may be behind a drift: facts of the ledger first, then what cannot be seen from here.
fn reasons(figures: &Theirs, ours: &SpanTally, of_others: u64) -> Vec<String> {
    let tally = &ours.tally;
    let attempts = |count: u64, one: &str, many: &str| match count {
        1 => format!("1 attempt {one}"),
        count => format!("{count} attempts {many}"),
    };
    let mut reasons = Vec::new();
    match verdict(figures, tally) {
        Apart::Nothing | Apart::Agrees | Apart::Rounded => {}
        Apart::Less => {
            if tally.unknown > 0 {
                reasons.push(format!(
                    "{} no known cost here; a price makes them known.",
                    attempts(tally.unknown, "has", "have")
                ));
            }
            if ours.cut > 0 {
                reasons.push(format!(
                    "{} stopped before the end, and the provider may have charged for more than had \
                     arrived.",
                    attempts(ours.cut, "was", "were")
                ));
            }
            if ours.running > 0 {
                reasons.push(format!(
                    "{} on its way, and not counted here yet.",
                    attempts(ours.running, "is", "are")
                ));
            }
            if tally.estimated > 0 {
                reasons.push(format!(
                    "{} an estimate here.",
                    attempts(tally.estimated, "is", "are")
                ));
            }
            if of_others > 0 {
                reasons.push(format!(
                    "{} with another key or with none: of one account, the balance counts both.",
                    attempts(of_others, "was sent", "were sent")
                ));
            }
            reasons.push(
                "The key was used elsewhere: by another program, or on another computer."
                    .to_owned(),
            );
        }
        Apart::More => {
            reasons.push(
                "The provider's figures can lag by minutes or hours; the next reading tells."
                    .to_owned(),
            );
            if tally.computed > 0 {
                reasons.push(format!(
                    "{} priced by a list, and the provider may charge less: a discount, or an \
                     allowance that is free.",
                    attempts(tally.computed, "was", "were")
                ));
            }
            if tally.estimated > 0 {
                reasons.push(format!(
                    "{} an estimate here.",
                    attempts(tally.estimated, "is", "are")
                ));
            }
            reasons.push(
                "Something was paid in between two readings, which hides as much of what went."
                    .to_owned(),
            );
        }
    }
    reasons
}

fn add(sum: &mut SpanTally, more: &SpanTally) {
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
