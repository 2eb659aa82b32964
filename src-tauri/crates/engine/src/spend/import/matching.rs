//! Their rows against ours.
//!
//! A request is known by the provider's id of it. Where that is missing, by model, moment and tokens or
//! amount. A day is known by its date in UTC and the model. Every row of either side has at most one
//! counterpart.

mod days;
mod requests;

use jiff::Timestamp;
use patchbay_domain::{Attempt, AttemptStatus, CostKind, Day, NanoUsd, RunId, UnixMillis};

use self::days::by_day;
use self::requests::by_request;
use super::names::alike;
use super::read::{Billed, UsageFile, UsageGrain};

/// A provider's clock and ours may differ by so much, in milliseconds, and it may note the end of a
/// request where we note its beginning.
const CLOCKS: i64 = 90_000;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImportVerdict {
    /// Both sides know it, and disagree.
    Differs,
    /// Only the provider knows it.
    OnlyTheirs,
    /// Only Patchbay knows it.
    OnlyOurs,
    /// Both sides say the same.
    Equal,
}

impl ImportVerdict {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "equal",
            Self::Differs => "differs",
            Self::OnlyTheirs => "only_theirs",
            Self::OnlyOurs => "only_ours",
        }
    }
}

/// One row of an import beside ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportLine {
    /// What became of it.
    pub verdict: ImportVerdict,
    /// When, or the day, in UTC.
    pub when: String,
    /// For which model.
    pub model: String,
    /// Tokens by their count.
    pub their_tokens: Option<u64>,
    /// Tokens by ours.
    pub our_tokens: Option<u64>,
    /// What they billed.
    pub theirs: Option<NanoUsd>,
    /// What we know of.
    pub ours: Option<NanoUsd>,
    /// Our answer's run, where there is one.
    pub run: Option<RunId>,
    /// What may be behind a difference.
    pub because: Option<String>,
}

/// One of our attempts, as far as a list of theirs can know it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    run: RunId,
    at: i64,
    /// When it was over, by what is known.
    ended: i64,
    request_id: Option<String>,
    model: String,
    /// What the model may be called, without what spellings differ in.
    names: Vec<String>,
    tokens: Option<(u64, u64)>,
    amount: Option<NanoUsd>,
    kind: CostKind,
    is_cut: bool,
    has_failed: bool,
}

impl Sent {
    /// `None` for what no provider bills: it was not sent, or turned away.
    pub(super) fn of(attempt: &Attempt) -> Option<Self> {
        let was_free = attempt.cost.amount == Some(NanoUsd(0)) && attempt.usage.is_none();
        let has_failed = attempt.status == AttemptStatus::Failed;
        if !attempt.was_sent() || (has_failed && was_free) {
            return None;
        }
        let mut names = vec![alike(&attempt.endpoint.model)];
        let served = attempt.served_model.as_deref().map(alike);
        names.extend(served.filter(|served| !served.is_empty() && *served != names[0]));
        let length = attempt.timings.ended.unwrap_or(0);
        Some(Self {
            run: attempt.run,
            at: attempt.started_at.0,
            ended: attempt
                .started_at
                .0
                .saturating_add(i64::try_from(length).unwrap_or(i64::MAX)),
            request_id: attempt.request_id.clone(),
            model: attempt.endpoint.model.clone(),
            names,
            tokens: attempt
                .usage
                .map(|usage| (usage.total_input(), usage.total_output())),
            amount: attempt.cost.amount,
            kind: attempt.cost.kind,
            is_cut: matches!(
                attempt.status,
                AttemptStatus::Stopped | AttemptStatus::Interrupted
            ),
            has_failed,
        })
    }

    fn all_tokens(&self) -> Option<u64> {
        self.tokens
            .map(|(input, output)| input.saturating_add(output))
    }
}

/// All that came of it.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// Rows of the file with a counterpart, and without one.
    pub(super) matched: u64,
    pub(super) only_theirs: u64,
    /// Requests of ours, or days and models, without one.
    pub(super) only_ours: u64,
    pub(super) ours: NanoUsd,
    /// Those that differ first, then the dearest.
    pub(super) lines: Vec<ImportLine>,
}

impl Matched {
    fn count(&mut self, sent: &Sent) {
        let amount = sent.amount.unwrap_or_default();
        self.ours = NanoUsd(self.ours.0.saturating_add(amount.0));
    }
}

/// The moments in which rows of ours belong to the file: from the first, and before the second.
pub(super) fn span(file: &UsageFile) -> Option<(UnixMillis, UnixMillis)> {
    match file.grain {
        UsageGrain::Request => {
            let moments = || file.rows.iter().filter_map(|row| row.at);
            let (first, last) = (moments().min()?, moments().max()?);
            let from = UnixMillis(first.saturating_sub(CLOCKS));
            Some((from, UnixMillis(last.saturating_add(CLOCKS))))
        }
        UsageGrain::Day => {
            let days = || file.rows.iter().filter_map(Billed::day);
            let (first, last) = (days().min()?, days().max()?);
            let end = start_of(last).saturating_add(DAY);
            Some((UnixMillis(start_of(first)), UnixMillis(end)))
        }
    }
}

/// Puts their rows beside ours. What of ours lies outside of [`span`] may be a counterpart, and does not
/// count where it is none. `history_begins` is the first moment of which anything is known here.
pub(super) fn matched(
    file: &UsageFile,
    mut ours: Vec<Sent>,
    now: UnixMillis,
    history_begins: Option<UnixMillis>,
) -> Matched {
    // So that the same rows match the same ones whatever order they come in.
    ours.sort_by(|left, right| {
        (left.at, left.run, &left.request_id).cmp(&(right.at, right.run, &right.request_id))
    });
    let began = history_begins.map_or(i64::MAX, |begins| begins.0);
    let mut matched = match file.grain {
        UsageGrain::Request => by_request(file, &ours, began),
        UsageGrain::Day => by_day(file, &ours, now, began),
    };
    let size = |line: &ImportLine| {
        let theirs = line.theirs.unwrap_or_default().0;
        let ours = line.ours.unwrap_or_default().0;
        match line.verdict {
            ImportVerdict::Differs => theirs.saturating_sub(ours).saturating_abs(),
            _ => theirs.max(ours),
        }
    };
    matched.lines.sort_by(|left, right| {
        (
            left.verdict,
            std::cmp::Reverse(size(left)),
            &left.when,
            &left.model,
            left.run,
        )
            .cmp(&(
                right.verdict,
                std::cmp::Reverse(size(right)),
                &right.when,
                &right.model,
                right.run,
            ))
    });
    matched
}

/// What amounts may differ by and still say the same: what both sides rounded away.
fn tolerance(file: &UsageFile, parts: u64, attempts: u64) -> i64 {
    let places = file.places.unwrap_or(9).min(9);
    let last_digit = 10_i64.pow(9 - places);
    let theirs = i64::try_from(parts)
        .unwrap_or(i64::MAX)
        .saturating_mul(last_digit)
        / 2;
    theirs.saturating_add(i64::try_from(attempts).unwrap_or(i64::MAX))
}

fn theirs_alone(row: &Billed) -> ImportLine {
    ImportLine {
        verdict: ImportVerdict::OnlyTheirs,
        when: row.at.map_or_else(|| day_words(row.day), moment_words),
        model: row.model.clone(),
        their_tokens: their_tokens(row),
        our_tokens: None,
        theirs: row.amount(),
        ours: None,
        run: None,
        because: None,
    }
}

fn why_only_theirs(at: i64, began: i64) -> String {
    if at < began {
        "It is older than the history here.".to_owned()
    } else {
        "Nothing like it was sent from here: the account was used elsewhere too.".to_owned()
    }
}

fn their_tokens(row: &Billed) -> Option<u64> {
    match (row.input, row.output) {
        (None, None) => None,
        (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
    }
}

fn day_of(at: i64) -> i64 {
    let moment = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    Day::new(moment.to_zoned(jiff::tz::TimeZone::UTC).date()).number()
}

fn start_of(day: Day) -> i64 {
    let start = day.date().to_zoned(jiff::tz::TimeZone::UTC);
    start.map_or(0, |start| start.timestamp().as_millisecond())
}

fn start_of_number(day: i64) -> i64 {
    Day::from_number(day).map_or(0, start_of)
}

fn day_words(day: i64) -> String {
    Day::from_number(day).map_or_else(String::new, |day| day.to_string())
}

fn moment_words(at: i64) -> String {
    let moment = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests;
