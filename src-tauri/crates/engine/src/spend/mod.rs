//! Spend: what is held, what was paid, what it would have cost elsewhere.

mod budgets;
mod calendar;
mod free_tier;
mod ledger;
mod markup;
mod math;
mod names;
mod overview;
mod today;
mod words;

pub use budgets::BudgetStanding;
pub use free_tier::FreeTier;
pub(crate) use ledger::{Ledger, Reservation, in_conversation};
pub use markup::{Markup, MarkupRow, MarkupWarning, TopUpFee};
pub use math::{Math, MathElsewhere, MathFinding, MathRow, MathWay};
pub use overview::{SpendChart, SpendGroup, SpendOverview};
pub use today::SpendSummary;
pub(crate) use words::dollars;
