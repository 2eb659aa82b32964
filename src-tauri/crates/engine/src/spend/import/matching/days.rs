//! Days of models beside our sums of them.

use std::collections::{BTreeMap, HashSet};

use patchbay_domain::{CostKind, NanoUsd, UnixMillis};

use super::super::names::alike;
use super::super::read::{Billed, UsageFile};
use super::{
    DAY, ImportLine, ImportVerdict, Matched, Sent, day_of, day_words, start_of_number,
    their_tokens, theirs_alone, tolerance, why_only_theirs,
};

pub(super) fn by_day(file: &UsageFile, ours: &[Sent], now: UnixMillis, began: i64) -> Matched {
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
pub(super) struct OurDay {
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

pub(super) fn day_pair(
    file: &UsageFile,
    row: &Billed,
    day: &OurDay,
    now: UnixMillis,
) -> ImportLine {
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

/// Today or yesterday in UTC: providers are late with their sums.
pub(super) fn is_recent(day: i64, now: UnixMillis) -> bool {
    start_of_number(day).saturating_add(2 * DAY) > now.0
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
