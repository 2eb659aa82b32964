//! The ledger read page by page, so that a year of it never stands in memory at once.

use patchbay_domain::{AttemptId, Day};
use patchbay_store::{LedgerRow, SpendFilter, Store};

use super::calendar::today;
use crate::{Engine, EngineError};

/// Days that are looked through at a time: a query sorts what it finds, so it should find little.
const DAYS: i32 = 7;

/// Rows of one page.
const ROWS: u32 = 2_000;

/// Pages of all rows that fit, by days and within them by time.
pub(crate) struct Pages {
    store: Store,
    filter: SpendFilter,
    last: Day,
    after: Option<AttemptId>,
}

impl Engine {
    /// Pages of all rows that fit.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn ledger_pages(&self, filter: SpendFilter) -> Result<Pages, EngineError> {
        // Whoever wants all names days in which nothing can lie; none of them is looked through.
        let today = today(self.clock.now());
        let first = self.store.first_spend_day().await?.unwrap_or(today);
        let from = filter.from.max(first);
        // A journey to the west may have written tomorrow's date.
        let last = filter.to.min(today.plus(2));
        let to = from.plus(DAYS - 1).min(last);
        Ok(Pages {
            store: self.store.clone(),
            filter: SpendFilter { from, to, ..filter },
            last,
            after: None,
        })
    }
}

impl Pages {
    /// The next page; `None` after the last one. Never empty.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<LedgerRow>>, EngineError> {
        while self.filter.from <= self.last {
            let rows = self
                .store
                .ledger_rows(self.filter.clone(), self.after, ROWS)
                .await?;
            let is_full = rows.len() >= usize::try_from(ROWS).unwrap_or(usize::MAX);
            if is_full {
                self.after = rows.last().map(|row| row.attempt.id);
            } else {
                self.after = None;
                self.filter.from = self.filter.to.plus(1);
                self.filter.to = self.filter.to.plus(DAYS).min(self.last);
            }
            if !rows.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }
}
