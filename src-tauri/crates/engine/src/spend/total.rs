//! One sum, without a chart.

use patchbay_store::{SpendFilter, Tally};

use crate::{Engine, EngineError};

impl Engine {
    /// What the attempts that fit add up to.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_total(&self, filter: SpendFilter) -> Result<Tally, EngineError> {
        Ok(self.store.spend_total(filter).await?)
    }
}
