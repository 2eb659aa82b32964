//! Finding answers by what happened to them.

use std::sync::Arc;

use patchbay_domain::RunId;
use patchbay_store::{FoundRun, RunFilter};

use crate::{Engine, EngineError, RunDetail};

/// The most that one page holds.
const MOST: u32 = 200;

impl Engine {
    /// Runs that fit, the newest first; the page after `before` where that is given.
    ///
    /// # Errors
    /// The run before is gone, or the database cannot be read.
    pub async fn find_receipts(
        &self,
        filter: RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<FoundRun>, EngineError> {
        let before = match before {
            Some(run) => {
                let run = self.store.run(run).await?;
                let run = run.ok_or(EngineError::NotFound("The receipt"))?;
                Some((run.started_at, run.id))
            }
            None => None,
        };
        let filter = RunFilter {
            before,
            limit: limit.clamp(1, MOST),
            ..filter
        };
        Ok(self.store.find_runs(filter).await?)
    }

    /// One run with its receipt, wherever its conversation went.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn receipt(&self, run: RunId) -> Result<RunDetail, EngineError> {
        let run = self.store.run(run).await?;
        let run = run.ok_or(EngineError::NotFound("The receipt"))?;
        let colours = Arc::new(self.store.colours().await?);
        Ok(RunDetail::of(run, &colours))
    }
}
