//! How an organisation's costs stand to the ledger, in words, and why they could not be read.

use std::fmt::Write as _;

use patchbay_domain::amount::{grouped, money_words};
use patchbay_domain::{Failure, FailureClass, NanoUsd};
use patchbay_providers::presets::Organisation;
use patchbay_store::SpanTally;

use super::{Apart, OrganisationDaySide, ROUNDING, apart, tokens};
use crate::spend::words::{attempts, cut_short, estimated_here, unknown_here};

/// Tokens that are closer than this are taken for the same, in thousandths.
const SAME_TOKENS: u64 = 5;

/// Both sides of a span.
pub(super) struct Sides<'a> {
    pub(super) name: &'a str,
    pub(super) has_key: bool,
    /// Whether any day of the span is over.
    pub(super) has_days: bool,
    /// Whether the last of them was over less than two days ago.
    pub(super) is_recent: bool,
    /// What the compared days cost by the provider; `None` where there is none.
    pub(super) theirs: Option<NanoUsd>,
    /// What they cost by the ledger.
    pub(super) ours: &'a SpanTally,
    pub(super) days: &'a [OrganisationDaySide],
    /// Days of the span that are over.
    pub(super) asked_days: i64,
    /// Attempts through other providers at the same address.
    pub(super) elsewhere: u64,
    /// Why there are no tokens.
    pub(super) usage_words: Option<&'a str>,
}

impl Sides<'_> {
    fn told(&self) -> impl Iterator<Item = &OrganisationDaySide> {
        self.days.iter().filter(|day| day.theirs.is_some())
    }

    fn apart(&self) -> Option<Apart> {
        let theirs = self.theirs?;
        Some(apart(theirs, self.ours.tally.known, ROUNDING))
    }

    /// Tokens by both, where the provider told those of every compared day.
    fn tokens(&self) -> Option<(u64, u64)> {
        let theirs = self.told().map(|day| day.their_tokens);
        let theirs: Option<u64> = theirs.sum();
        theirs.map(|theirs| (theirs, tokens(&self.ours.tally)))
    }
}

pub(super) fn words(sides: &Sides<'_>) -> String {
    let (Some(theirs), Some(verdict)) = (sides.theirs, sides.apart()) else {
        return if !sides.has_days {
            "No day of this span is over by UTC, in which the provider counts.".to_owned()
        } else if sides.has_key {
            "The costs of these days were not read yet.".to_owned()
        } else {
            format!(
                "With an admin key {} tells what the whole organisation was charged on each day.",
                sides.name
            )
        };
    };
    let own = sides.ours.tally.known;
    let mut words = match verdict {
        Apart::Nothing => "Nothing was charged on these days, by both.".to_owned(),
        Apart::Agrees | Apart::Rounded => format!("Both say {}.", money_words(theirs)),
        Apart::Less => format!(
            "{} says {}, the ledger {}: {} less.",
            sides.name,
            money_words(theirs),
            money_words(own),
            money_words(NanoUsd(theirs.0.saturating_sub(own.0)))
        ),
        Apart::More => format!(
            "{} says {}, the ledger {}: {} more.",
            sides.name,
            money_words(theirs),
            money_words(own),
            money_words(NanoUsd(own.0.saturating_sub(theirs.0)))
        ),
    };
    let told = sides.told().count();
    match sides.told().filter(|day| day.differs).count() {
        0 => {}
        1 if told == 1 => {}
        1 => words.push_str(" One day differs."),
        days => {
            let _ = write!(words, " {days} of {told} days differ.");
        }
    }
    let untold = sides.asked_days - i64::try_from(told).unwrap_or(i64::MAX);
    match untold {
        ..=0 => {}
        1 => words.push_str(" One day of the span was not read and is left out."),
        days => {
            let _ = write!(
                words,
                " {days} days of the span were not read and are left out."
            );
        }
    }
    if sides.usage_words.is_some() {
        words.push_str(" Its count of tokens could not be read.");
    }
    words
}

/// What may be behind a drift: facts first, then what cannot be seen from here.
pub(super) fn reasons(sides: &Sides<'_>) -> Vec<String> {
    let ours = sides.ours;
    let tally = &ours.tally;
    let mut reasons = Vec::new();
    match sides.apart() {
        None => {}
        Some(Apart::Nothing | Apart::Agrees | Apart::Rounded)
            if !sides.told().any(|day| day.differs) => {}
        Some(Apart::Nothing | Apart::Agrees | Apart::Rounded) => reasons.push(
            "Answers around midnight UTC can be counted on the day before or after.".to_owned(),
        ),
        Some(Apart::Less) => {
            if tally.unknown > 0 {
                reasons.push(unknown_here(tally.unknown));
            }
            if ours.cut > 0 {
                reasons.push(cut_short(ours.cut));
            }
            if let Some((theirs, own)) = sides.tokens() {
                reasons.push(of_tokens(theirs, own));
            }
            if tally.estimated > 0 {
                reasons.push(estimated_here(tally.estimated));
            }
            if sides.elsewhere > 0 {
                reasons.push(format!(
                    "{} through another provider at the same address, whose organisation may be the \
                     same.",
                    attempts(sides.elsewhere, "went", "went")
                ));
            }
            reasons.push(
                "The costs are the whole organisation\u{2019}s: its other keys, programs and people \
                 count too."
                    .to_owned(),
            );
        }
        Some(Apart::More) => {
            if sides.is_recent {
                reasons.push(
                    "The last days may not be charged in full yet: costs come hours late. Read them \
                     again tomorrow."
                        .to_owned(),
                );
            }
            if tally.computed > 0 {
                reasons.push(format!(
                    "{} priced by a list, and the provider may charge less: a discount, a credit, or \
                     a tier that this report leaves out.",
                    attempts(tally.computed, "was", "were")
                ));
            }
            if tally.estimated > 0 {
                reasons.push(estimated_here(tally.estimated));
            }
            reasons.push(
                "A key of another organisation was used: the admin key sees one alone.".to_owned(),
            );
        }
    }
    reasons
}

/// What the tokens tell of a ledger that has less.
fn of_tokens(theirs: u64, own: u64) -> String {
    let apart = theirs.abs_diff(own);
    if u128::from(apart) * 1_000 <= u128::from(theirs) * u128::from(SAME_TOKENS) {
        "The tokens are the same, so the rates differ, or something besides tokens was charged, such \
         as searches."
            .to_owned()
    } else if theirs > own {
        format!(
            "The provider counted {} tokens more, so something else asked it too.",
            grouped(apart)
        )
    } else {
        format!(
            "The provider counted {} tokens less and charged more, so the rates differ, or \
             something besides tokens was charged.",
            grouped(apart)
        )
    }
}

/// Why costs could not be read, and what helps.
pub(super) fn failure_words(name: &str, organisation: &Organisation, failure: &Failure) -> String {
    let waits = failure
        .retry_after_millis
        .map(|millis| millis.div_ceil(1_000));
    match failure.class {
        FailureClass::Authentication => format!(
            "{name} does not take this as an admin key. Such keys begin with {} and are made by \
             somebody who manages the organisation; it may have been deleted there.",
            organisation.key_prefix
        ),
        FailureClass::PermissionDenied => format!(
            "{name} knows the admin key, but it may not read costs. Make one that may read usage."
        ),
        FailureClass::NotFound | FailureClass::ModelNotFound => format!(
            "{name} has no report of costs at this address. It is there for organisations, and not \
             for an account of one person."
        ),
        FailureClass::RateLimited => match waits {
            Some(1) => format!("{name} asks to slow down. Read again in a second."),
            Some(seconds) => format!("{name} asks to slow down. Read again in {seconds} s."),
            None => format!("{name} asks to slow down. Read again in a minute."),
        },
        FailureClass::FirstTokenTimeout => format!("{name} did not tell its costs in time."),
        // The words are our own: they say what is wrong with the pages.
        FailureClass::UnexpectedContent if failure.status.is_none() => {
            format!("The costs of {name} cannot be used. {}", failure.message)
        }
        class => class.sentence(name),
    }
}
