//! Spend: what is held, what was paid, what it would have cost elsewhere.

mod budgets;
mod calendar;
mod currency;
mod export;
mod free_tier;
mod import;
mod ledger;
mod markup;
mod math;
mod names;
mod organisation;
mod overview;
mod pages;
mod reconcile;
mod reprice;
mod statement;
#[cfg(test)]
mod test_rows;
mod today;
mod total;
mod words;

pub use budgets::BudgetStanding;
pub use currency::Currency;
pub use export::{SpendExportFormat, SpendExportRequest, SpendExportWhat};
pub use free_tier::FreeTier;
pub use import::{ImportLine, ImportVerdict, UsageGrain, UsageImport};
pub(crate) use ledger::{Ledger, Reservation, in_conversation};
pub use markup::{Markup, MarkupRow, MarkupWarning, TopUpFee};
pub use math::{Math, MathElsewhere, MathFinding, MathRow, MathWay};
pub use organisation::{OrganisationDaySide, OrganisationFailure, OrganisationSide};
pub use overview::{SpendChart, SpendGroup, SpendOverview};
pub use reconcile::{BalanceSaid, Reconciled};
pub use reprice::{RepriceOutcome, RepriceRequest, RepriceWhich, UnknownSpend};
pub use today::SpendSummary;
pub(crate) use words::wants_it_known;
