//! Budgets: the most that may be spent in a period, and what happens on the way there.
//!
//! What is on its way counts at its worst, as if it had been spent: so a budget is never exceeded by
//! answers that were all begun while there seemed to be room.

mod budgets;
#[cfg(test)]
mod tests;

pub use budgets::{Asker, Budgets, Held, Left, Saving};
use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::id::{BudgetId, ConversationId, ProviderId, RouteId};
use crate::money::NanoUsd;
use crate::words::word_enum;

word_enum! {
    /// How long a budget lasts before it starts anew, by the person's calendar.
    pub enum Period {
        /// From midnight to midnight.
        Day = "day",
        /// From Monday on.
        Week = "week",
        /// From the first on.
        Month = "month",
    }
}

impl Period {
    /// The first and the last day of the period that holds this day.
    pub fn around(self, day: Day) -> (Day, Day) {
        match self {
            Self::Day => (day, day),
            Self::Week => (day.monday(), day.monday().plus(6)),
            Self::Month => (day.first_of_month(), day.last_of_month()),
        }
    }
}

word_enum! {
    /// How far a budget is spent, in the order in which it gets there.
    pub enum Stage {
        /// There is room.
        Fine = "fine",
        /// It is time to say so.
        Warned = "warned",
        /// Cheaper ways in are taken.
        Saving = "saving",
        /// Nothing is left.
        Spent = "spent",
    }
}

/// Whom a budget holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Scope {
    /// Everything.
    Everything,
    /// One provider.
    Provider {
        /// Which.
        provider: ProviderId,
    },
    /// One model, whoever reaches it.
    Model {
        /// Its canonical name.
        key: String,
    },
    /// One chat.
    Conversation {
        /// Which.
        conversation: ConversationId,
    },
    /// One app of the gateway.
    App {
        /// Which.
        app: String,
    },
}

/// A budget as a person sets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Its id.
    pub id: BudgetId,
    /// Whom it holds.
    pub scope: Scope,
    /// How long it lasts.
    pub period: Period,
    /// The most.
    pub limit: NanoUsd,
    /// From this part on it says so, in percent.
    pub warns_at: Option<u8>,
    /// From this part on cheaper ways in are taken, in percent.
    pub saves_at: Option<u8>,
    /// This route is asked from there on; `None` for the cheapest way in to what was asked.
    pub saves_with: Option<RouteId>,
    /// Nothing that costs is asked once it is spent.
    pub stops: bool,
    /// Where it stops, nobody is asked whose price is not known.
    pub refuses_unknown: bool,
}

/// What was spent of a budget in its period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Settled.
    pub spent: NanoUsd,
    /// On its way, at its worst.
    pub reserved: NanoUsd,
    /// Attempts whose cost nobody knows.
    pub unknown: u64,
}

impl Used {
    /// Spent and on its way.
    pub fn total(&self) -> NanoUsd {
        NanoUsd(self.spent.0.saturating_add(self.reserved.0))
    }
}

/// Why a budget cannot be as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// No money, or less.
    #[error("the limit has to be above zero")]
    NoLimit,
    /// A part that is not between 1 and 100 percent.
    #[error("a part of a budget is between 1 and 100 percent")]
    Percent,
    /// It saves before it warns.
    #[error("the warning has to come before the saving")]
    Order,
}

impl Budget {
    /// Whether it can be kept.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), BudgetError> {
        if self.limit.0 <= 0 {
            return Err(BudgetError::NoLimit);
        }
        let parts = [self.warns_at, self.saves_at];
        if parts.iter().flatten().any(|part| !(1..=100).contains(part)) {
            return Err(BudgetError::Percent);
        }
        match (self.warns_at, self.saves_at) {
            (Some(warns), Some(saves)) if saves < warns => Err(BudgetError::Order),
            _ => Ok(()),
        }
    }

    /// How far it is spent. What is on its way counts.
    pub fn stage(&self, used: &Used) -> Stage {
        let total = used.total();
        let reached = |part: Option<u8>| part.is_some_and(|part| total >= self.part(part));
        if total >= self.limit {
            Stage::Spent
        } else if reached(self.saves_at) {
            Stage::Saving
        } else if reached(self.warns_at) {
            Stage::Warned
        } else {
            Stage::Fine
        }
    }

    /// What may still be spent; never below zero.
    pub fn left(&self, used: &Used) -> NanoUsd {
        NanoUsd(self.limit.0.saturating_sub(used.total().0).max(0))
    }

    /// A part of the limit, rounded up, so that a part is reached and not nearly so.
    fn part(&self, percent: u8) -> NanoUsd {
        let product = i128::from(self.limit.0) * i128::from(percent);
        let rounded = (product + 99).div_euclid(100);
        NanoUsd(i64::try_from(rounded).unwrap_or(i64::MAX))
    }
}

/// What a period comes to if it goes on as it did: spent so far, stretched over the whole. `None`
/// before a twentieth of it is over, when a single answer would decide.
pub fn pace(spent: NanoUsd, part_over: f64) -> Option<NanoUsd> {
    if !(0.05..=1.0).contains(&part_over) {
        return None;
    }
    let stretched = spent.0 as f64 / part_over;
    (stretched.abs() < i64::MAX as f64).then(|| NanoUsd(stretched.round() as i64))
}
