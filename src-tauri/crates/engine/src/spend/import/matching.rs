//! Their rows against ours.
//!
//! A request is known by the provider's id of it. Where that is missing, by model, moment and tokens or
//! amount. A day is known by its date in UTC and the model. Every row of either side has at most one
//! counterpart.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use patchbay_domain::{Attempt, AttemptStatus, CostKind, Day, NanoUsd, RunId, UnixMillis};

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
    ours: &[Sent],
    now: UnixMillis,
    history_begins: Option<UnixMillis>,
) -> Matched {
    let began = history_begins.map_or(i64::MAX, |begins| begins.0);
    let mut matched = match file.grain {
        UsageGrain::Request => by_request(file, ours, began),
        UsageGrain::Day => by_day(file, ours, now, began),
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

fn by_request(file: &UsageFile, ours: &[Sent], began: i64) -> Matched {
    let mut by_id: HashMap<&str, usize> = HashMap::new();
    for (index, sent) in ours.iter().enumerate() {
        if let Some(id) = sent.request_id.as_deref() {
            by_id.entry(id).or_insert(index);
        }
    }
    let mut of_theirs: Vec<Option<usize>> = vec![None; file.rows.len()];
    let mut taken: HashSet<usize> = HashSet::new();
    for (row, of_row) in file.rows.iter().zip(&mut of_theirs) {
        let known = row.id.as_deref().and_then(|id| by_id.get(id).copied());
        *of_row = known.filter(|index| taken.insert(*index));
    }
    let mut by_model: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, sent) in ours.iter().enumerate() {
        for name in &sent.names {
            by_model.entry(name).or_default().push(index);
        }
    }
    for indexes in by_model.values_mut() {
        indexes.sort_by_key(|index| ours[*index].at);
    }
    // The surest first: a row that looks only a little alike must not take the place of one that
    // looks wholly alike.
    for likeness in [Likeness::Whole, Likeness::Half, Likeness::Near] {
        for (row, of_row) in file.rows.iter().zip(&mut of_theirs) {
            if of_row.is_some() {
                continue;
            }
            let name = alike(&row.model);
            let near = by_model.get(name.as_str()).map_or(&[][..], Vec::as_slice);
            *of_row = nearest(row, near, ours, &taken, likeness);
            taken.extend(*of_row);
        }
    }
    let mut all = Matched::default();
    let inside = span(file).map_or(i64::MAX..i64::MAX, |(from, to)| from.0..to.0);
    for (row, of_row) in file.rows.iter().zip(of_theirs) {
        match of_row {
            Some(index) => {
                all.matched += row.parts;
                all.lines.push(pair(file, row, &ours[index]));
            }
            None => {
                all.only_theirs += row.parts;
                all.lines.push(ImportLine {
                    because: Some(why_only_theirs(row.at.unwrap_or(0), began)),
                    ..theirs_alone(row)
                });
            }
        }
    }
    for (index, sent) in ours.iter().enumerate() {
        let is_taken = taken.contains(&index);
        if is_taken || inside.contains(&sent.at) {
            all.count(sent);
        }
        if !is_taken && inside.contains(&sent.at) {
            all.only_ours += 1;
            all.lines.push(ours_alone(sent));
        }
    }
    all
}

/// How much of two rows has to be the same.
#[derive(Clone, Copy)]
enum Likeness {
    /// All that both know.
    Whole,
    /// Tokens or amount.
    Half,
    /// Nothing speaks against it.
    Near,
}

/// The request of ours that a row without a known id is most likely of.
fn nearest(
    row: &Billed,
    near: &[usize],
    ours: &[Sent],
    taken: &HashSet<usize>,
    likeness: Likeness,
) -> Option<usize> {
    let at = row.at?;
    // A request that was begun later than this is another one; how early it began, its length tells.
    let end = near.partition_point(|index| ours[*index].at <= at.saturating_add(CLOCKS));
    let mut best: Option<(i64, usize)> = None;
    for index in near[..end].iter().rev() {
        let sent = &ours[*index];
        // No request takes longer than a day.
        if sent.at.saturating_add(DAY) < at {
            break;
        }
        if at > sent.ended.saturating_add(CLOCKS) || taken.contains(index) {
            continue;
        }
        let tokens = row.input.zip(row.output);
        let same_tokens = tokens.zip(sent.tokens).map(|(theirs, own)| theirs == own);
        let same_amount = row
            .amount()
            .zip(sent.amount)
            .map(|(theirs, own)| theirs == own);
        let looks_alike = match likeness {
            Likeness::Whole => matches!(
                (same_tokens, same_amount),
                (Some(true), Some(true) | None) | (None, Some(true))
            ),
            Likeness::Half => same_tokens == Some(true) || same_amount == Some(true),
            // Counts that differ a lot are those of another request.
            Likeness::Near => is_close(row, sent),
        };
        let distance = at.saturating_sub(sent.at).saturating_abs();
        if looks_alike && best.is_none_or(|(known, _)| distance < known) {
            best = Some((distance, *index));
        }
    }
    best.map(|(_, index)| index)
}

/// Whether nothing speaks against it: tokens that are known to both differ by less than a tenth.
fn is_close(row: &Billed, sent: &Sent) -> bool {
    let (Some(theirs), Some(own)) = (their_tokens(row), sent.all_tokens()) else {
        return true;
    };
    theirs.abs_diff(own) <= theirs.max(own) / 10
}

fn by_day(file: &UsageFile, ours: &[Sent], now: UnixMillis, began: i64) -> Matched {
    let mut theirs: BTreeMap<(i64, String), &Billed> = BTreeMap::new();
    for row in &file.rows {
        theirs.insert((row.day, alike(&row.model)), row);
    }
    // A file that names no model at all is one of whole days.
    let has_models = file.rows.iter().any(|row| !row.model.is_empty());
    let days: HashSet<i64> = file.rows.iter().map(|row| row.day).collect();
    let mut own: BTreeMap<(i64, String), OurDay> = BTreeMap::new();
    let mut all = Matched::default();
    for sent in ours {
        all.count(sent);
        let day = day_of(sent.at);
        let name = if has_models {
            let known = sent.names.iter().find(|name| {
                let key = (day, (*name).clone());
                theirs.contains_key(&key)
            });
            known.unwrap_or(&sent.names[0]).clone()
        } else {
            String::new()
        };
        own.entry((day, name)).or_default().add(sent);
    }
    for (key, row) in &theirs {
        match own.remove(key) {
            Some(day) => {
                all.matched += row.parts;
                all.lines.push(day_pair(file, row, &day, now));
            }
            None => {
                all.only_theirs += row.parts;
                let because = if row.model.is_empty() && has_models {
                    "It belongs to no model, as searches of the web do not.".to_owned()
                } else {
                    why_only_theirs(start_of_number(row.day).saturating_add(DAY), began)
                };
                all.lines.push(ImportLine {
                    because: Some(because),
                    ..theirs_alone(row)
                });
            }
        }
    }
    for ((day, _), sums) in own {
        all.only_ours += 1;
        let because = if !days.contains(&day) {
            "The file has no row of this day."
        } else if is_recent(day, now) {
            "The provider may add to this day yet."
        } else {
            "The file has no row of this model on this day. Its days are those of UTC."
        };
        all.lines.push(ImportLine {
            verdict: ImportVerdict::OnlyOurs,
            when: day_words(day),
            model: sums.model.clone(),
            their_tokens: None,
            our_tokens: sums.tokens(),
            theirs: None,
            ours: sums.amount(),
            run: None,
            because: Some(because.to_owned()),
        });
    }
    all
}

/// Our attempts of one model on one day in UTC.
#[derive(Default)]
struct OurDay {
    model: String,
    attempts: u64,
    unknown: u64,
    estimated: u64,
    cut: u64,
    uncounted: u64,
    tokens: u64,
    nano: i64,
}

impl OurDay {
    fn add(&mut self, sent: &Sent) {
        if self.attempts == 0 || sent.model < self.model {
            self.model.clone_from(&sent.model);
        }
        self.attempts += 1;
        self.unknown += u64::from(sent.amount.is_none());
        self.estimated += u64::from(sent.kind == CostKind::Estimated);
        self.cut += u64::from(sent.is_cut);
        match sent.all_tokens() {
            Some(tokens) => self.tokens = self.tokens.saturating_add(tokens),
            None => self.uncounted += 1,
        }
        let nano = sent.amount.unwrap_or_default().0;
        self.nano = self.nano.saturating_add(nano);
    }

    fn amount(&self) -> Option<NanoUsd> {
        (self.unknown < self.attempts).then_some(NanoUsd(self.nano))
    }

    fn tokens(&self) -> Option<u64> {
        (self.uncounted < self.attempts).then_some(self.tokens)
    }
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

fn pair(file: &UsageFile, row: &Billed, sent: &Sent) -> ImportLine {
    let (theirs, own) = (row.amount(), sent.amount);
    let (their_tokens, our_tokens) = (their_tokens(row), sent.all_tokens());
    let by_money = theirs.zip(own).map(|(theirs, own)| {
        let apart = theirs.0.saturating_sub(own.0);
        (apart.saturating_abs() > tolerance(file, row.parts, 1)).then_some(apart)
    });
    let by_tokens = their_tokens
        .zip(our_tokens)
        .map(|(theirs, own)| theirs != own);
    let because = match (by_money, by_tokens) {
        (Some(Some(apart)), by_tokens) => Some(if sent.is_cut && apart > 0 {
            "It was stopped, and the provider charged for more than had arrived.".to_owned()
        } else if by_tokens == Some(true) {
            "The two count other tokens.".to_owned()
        } else if sent.kind == CostKind::Estimated {
            "Ours is an estimate.".to_owned()
        } else {
            "The price differs.".to_owned()
        }),
        (None, _) if theirs.is_some() => {
            Some("Nobody knew here what it costs; its price can be set now.".to_owned())
        }
        (None, Some(true)) => Some("The two count other tokens.".to_owned()),
        _ => None,
    };
    ImportLine {
        verdict: if because.is_some() {
            ImportVerdict::Differs
        } else {
            ImportVerdict::Equal
        },
        when: row.at.map_or_else(|| day_words(row.day), moment_words),
        model: sent.model.clone(),
        their_tokens,
        our_tokens,
        theirs,
        ours: own,
        run: Some(sent.run),
        because,
    }
}

fn day_pair(file: &UsageFile, row: &Billed, day: &OurDay, now: UnixMillis) -> ImportLine {
    let (theirs, own) = (row.amount(), day.amount());
    let (their_tokens, our_tokens) = (their_tokens(row), day.tokens());
    let attempts = |count: u64| match count {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let apart = match theirs {
        Some(theirs) => {
            let apart = theirs.0.saturating_sub(own.unwrap_or_default().0);
            let is_apart = apart.saturating_abs() > tolerance(file, row.parts, day.attempts);
            (is_apart || own.is_none()).then_some(apart)
        }
        None => their_tokens.zip(our_tokens).and_then(|(theirs, own)| {
            let apart = i128::from(theirs) - i128::from(own);
            let apart = i64::try_from(apart).unwrap_or(i64::MAX);
            (apart != 0).then_some(apart)
        }),
    };
    let because = apart.map(|apart| {
        let blank = if theirs.is_some() { day.unknown } else { day.uncounted };
        if apart >= 0 && blank > 0 {
            let what = if theirs.is_some() { "cost" } else { "count of tokens" };
            format!("Ours lacks {} without a known {what}.", attempts(blank))
        } else if apart >= 0 && day.cut > 0 {
            format!(
                "{} of ours ended early, and the provider may have charged for more than had arrived.",
                capital(&attempts(day.cut))
            )
        } else if apart >= 0 {
            "The key, or another key of the account, was used elsewhere too.".to_owned()
        } else if is_recent(row.day, now) {
            "The provider may add to this day yet.".to_owned()
        } else if day.estimated > 0 {
            format!("{} of ours are estimates.", capital(&attempts(day.estimated)))
        } else {
            "The provider charged less than its list: a discount, or an allowance that is free."
                .to_owned()
        }
    });
    ImportLine {
        verdict: if because.is_some() {
            ImportVerdict::Differs
        } else {
            ImportVerdict::Equal
        },
        when: day_words(row.day),
        model: if row.model.is_empty() {
            "All models".to_owned()
        } else {
            row.model.clone()
        },
        their_tokens,
        our_tokens,
        theirs,
        ours: own,
        run: None,
        because,
    }
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

fn ours_alone(sent: &Sent) -> ImportLine {
    let because = if sent.has_failed {
        "It failed, and the provider lists no charge for it."
    } else {
        "The provider does not list it: it was another account's, or comes with a later file."
    };
    ImportLine {
        verdict: ImportVerdict::OnlyOurs,
        when: moment_words(sent.at),
        model: sent.model.clone(),
        their_tokens: None,
        our_tokens: sent.all_tokens(),
        theirs: None,
        ours: sent.amount,
        run: Some(sent.run),
        because: Some(because.to_owned()),
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

/// Today or yesterday in UTC: providers are late with their sums.
fn is_recent(day: i64, now: UnixMillis) -> bool {
    start_of_number(day).saturating_add(2 * DAY) > now.0
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

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests;
