//! What was spent: sums that are kept beside the attempts, and what is asked of them.
//!
//! Whole nano-dollars, so SQLite's sums are exact. The sums by day are written in the transaction that
//! settles an attempt; they hold a year in a few thousand rows, where the attempts would be two
//! hundred thousand.

mod answers;
mod audit;
mod budget;
mod import;
mod maintain;
mod priced;
mod reading;
mod refused;
mod rows;
mod since;
mod tally;

pub use answers::{SpendOrder, SpentRun};
pub use audit::{AuditLine, AuditRecord, Repriced};
pub use budget::BudgetRecord;
pub use import::UsageImportRecord;
pub use priced::{ConversationName, LastTags, UsageRow};
pub use reading::BalanceReading;
pub use refused::Refused;
pub use rows::{LedgerRow, UnknownGroup};
pub use since::SpanTally;
pub use tally::{DayGroup, DaySum, GroupSum, SpendBy, SpendFilter, Tally};

pub(crate) use maintain::{count_in, count_waiting, note_words, prepare as prepare_counting};
pub(crate) use reading::note as note_reading;
