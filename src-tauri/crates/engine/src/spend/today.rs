//! What was spent today and this month, by the days of the person's own calendar.

use patchbay_store::{SpendFilter, Tally};

use crate::{Engine, EngineError};

/// Two sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendSummary {
    /// Today.
    pub today: Tally,
    /// This month so far.
    pub month: Tally,
}

impl Engine {
    /// What was spent today and this month.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_today(&self) -> Result<SpendSummary, EngineError> {
        let day = self.today();
        let since = |first| self.store.spend_total(SpendFilter::between(first, day));
        Ok(SpendSummary {
            today: since(day).await?,
            month: since(day.first_of_month()).await?,
        })
    }
}
