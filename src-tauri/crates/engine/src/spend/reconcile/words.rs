//! How the two sides stand to each other, and what may be behind it.

use std::fmt::Write as _;

use patchbay_domain::NanoUsd;
use patchbay_domain::amount::money_words;
use patchbay_store::{SpanTally, Tally};

use super::figures::{Silent, Theirs};
use super::{Reconciled, drift};
use crate::spend::words::{attempts, cut_short, estimated_here, unknown_here};

/// A drift below this says nothing, in percent.
const AGREES: f64 = 0.5;

impl Silent {
    pub(super) fn words(&self, one: &Reconciled) -> String {
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

pub(super) fn words(figures: &Theirs, ours: &Tally) -> String {
    let (theirs, own) = (figures.went, ours.known);
    let apart = verdict(figures, ours);
    let mut words = match apart {
        Apart::Nothing if ours.unknown > 0 => "Nothing went that is known.".to_owned(),
        Apart::Nothing => "Nothing went, by both.".to_owned(),
        Apart::Agrees => format!("Both say {}.", money_words(theirs)),
        Apart::Rounded => format!(
            "The provider says {} and the ledger {}; its figures are no finer than that.",
            money_words(theirs),
            money_words(own)
        ),
        Apart::Less => format!(
            "The provider says {} went, the ledger {}: {} less.",
            money_words(theirs),
            money_words(own),
            money_words(NanoUsd(theirs.0.saturating_sub(own.0)))
        ),
        Apart::More => format!(
            "The provider says {} went, the ledger {}: {} more.",
            money_words(theirs),
            money_words(own),
            money_words(NanoUsd(own.0.saturating_sub(theirs.0)))
        ),
    };
    // Where the ledger has less, this is the first of the reasons.
    if ours.unknown > 0 && apart != Apart::Less {
        let attempts = match ours.unknown {
            1 => "1 attempt".to_owned(),
            many => format!("{many} attempts"),
        };
        let _ = write!(words, " The cost of {attempts} is not known here.");
    }
    match figures.top_ups {
        0 => {}
        1 => words.push_str(" It was topped up once; the time around that is left out."),
        times => {
            let _ = write!(
                words,
                " It was topped up {times} times; the time around that is left out."
            );
        }
    }
    if figures.resets > 0 {
        words.push_str(" Its count began anew; the time around that is left out.");
    }
    words
}

/// How the two sides stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::spend) enum Apart {
    Nothing,
    Agrees,
    /// As close as the provider's digits allow to tell.
    Rounded,
    /// The ledger has less.
    Less,
    /// The ledger has more.
    More,
}

pub(super) fn verdict(figures: &Theirs, ours: &Tally) -> Apart {
    apart(figures.went, ours.known, figures.rounding)
}

/// The same of two amounts; `rounding` is what the digits of theirs may hide.
pub(in crate::spend) fn apart(theirs: NanoUsd, ours: NanoUsd, rounding: NanoUsd) -> Apart {
    let percent = drift(ours, theirs);
    let (theirs, own) = (theirs.0, ours.0);
    let apart = theirs.saturating_sub(own);
    if theirs == 0 && own == 0 {
        Apart::Nothing
    } else if apart == 0 || percent.is_some_and(|percent| percent.abs() < AGREES) {
        Apart::Agrees
    } else if apart.saturating_abs() <= rounding.0 {
        Apart::Rounded
    } else if apart > 0 {
        Apart::Less
    } else {
        Apart::More
    }
}

/// What may be behind a drift: facts of the ledger first, then what cannot be seen from here.
pub(super) fn reasons(figures: &Theirs, ours: &SpanTally, of_others: u64) -> Vec<String> {
    let tally = &ours.tally;
    let mut reasons = Vec::new();
    match verdict(figures, tally) {
        Apart::Nothing | Apart::Agrees | Apart::Rounded => {}
        Apart::Less => {
            if tally.unknown > 0 {
                reasons.push(unknown_here(tally.unknown));
            }
            if ours.cut > 0 {
                reasons.push(cut_short(ours.cut));
            }
            if ours.running > 0 {
                reasons.push(format!(
                    "{} on its way, and not counted here yet.",
                    attempts(ours.running, "is", "are")
                ));
            }
            if tally.estimated > 0 {
                reasons.push(estimated_here(tally.estimated));
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
                reasons.push(estimated_here(tally.estimated));
            }
            reasons.push(
                "Something was paid in between two readings, which hides as much of what went."
                    .to_owned(),
            );
        }
    }
    reasons
}
