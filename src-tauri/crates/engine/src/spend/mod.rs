//! Spend: what is held, what was paid, what it would have cost elsewhere.

mod calendar;
mod ledger;
mod names;
mod today;
mod words;

pub(crate) use ledger::{Ledger, Reservation, in_conversation};
pub use today::SpendSummary;
pub(crate) use words::dollars;
