//! What was spent. Whole nano-dollars, so SQLite's sums are exact.

use patchbay_domain::{NanoUsd, UnixMillis};
use rusqlite::named_params;

use crate::error::StoreError;
use crate::store::Store;
use crate::values::count;

/// The cost of all attempts that began in a span of time and have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpendSum {
    /// The sum of every amount that is known. With `unknown_attempts` above 0 the true sum is larger.
    pub known: NanoUsd,
    /// The part of `known` that is an estimate.
    pub estimated: NanoUsd,
    /// How many attempts there were.
    pub attempts: u64,
    /// How many of them have no known cost.
    pub unknown_attempts: u64,
}

impl Store {
    /// Sums up what began at or after `from` and before `to`, in deleted conversations too.
    ///
    /// # Errors
    /// Where the database cannot be read, or the sum is above about nine billion dollars.
    pub async fn spend_between(
        &self,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<SpendSum, StoreError> {
        self.read(move |connection| {
            let sum = connection
                .prepare_cached(
                    "SELECT coalesce(sum(cost_amount), 0) AS known,
                            coalesce(sum(cost_amount) FILTER (WHERE cost_kind = 'estimated'), 0)
                                AS estimated,
                            count(*) AS attempts,
                            count(*) FILTER (WHERE cost_kind = 'unknown') AS unknown_attempts
                     FROM attempt
                     WHERE started_at >= :from AND started_at < :to AND status <> 'running'",
                )?
                .query_row(named_params! { ":from": from.0, ":to": to.0 }, |row| {
                    Ok(SpendSum {
                        known: NanoUsd(row.get("known")?),
                        estimated: NanoUsd(row.get("estimated")?),
                        attempts: count(row.get("attempts")?),
                        unknown_attempts: count(row.get("unknown_attempts")?),
                    })
                })?;
            Ok(sum)
        })
        .await
    }
}
