//! What went by the figures of a provider.

use patchbay_domain::money::parse_dollars;
use patchbay_domain::{Balance, BalanceKind, BalanceLine, NanoUsd, UnixMillis};

/// A reading that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) at: UnixMillis,
    pub(super) balance: Balance,
}

/// What the figures of a provider come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Theirs {
    /// The spans that count: from one moment and before another, none touching the next.
    pub(super) spans: Vec<(UnixMillis, UnixMillis)>,
    /// What went within them.
    pub(super) went: NanoUsd,
    /// Rises of what is left.
    pub(super) top_ups: u32,
    /// Times at which a count began anew.
    pub(super) resets: u32,
    /// What rounding may have hidden, at the most.
    pub(super) rounding: NanoUsd,
}

/// Why the figures say nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silent {
    NoReading,
    OneReading,
    /// They are in this unit.
    OtherUnit(String),
    /// None of the figures falls or rises by use.
    NoFigure,
    /// Something was paid in, or begun anew, between all of them.
    NoSpan,
}

/// What went by the figures of these readings, which are in the order of time.
pub(super) fn theirs(readings: &[Reading]) -> Result<Theirs, Silent> {
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
pub(super) fn is_of_a_day(line: &BalanceLine) -> bool {
    line.note
        .as_deref()
        .is_some_and(|note| note.ends_with("(UTC)"))
}

pub(super) fn other_unit(readings: &[Reading]) -> Option<String> {
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
pub(super) fn last_digit(line: &BalanceLine) -> i64 {
    let places = line
        .amount
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    10_i64.pow(9 - u32::try_from(places.min(9)).unwrap_or(9))
}
