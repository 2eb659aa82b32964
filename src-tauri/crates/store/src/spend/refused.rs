//! Questions that were refused before anybody was asked: no sum over attempts holds them.

use patchbay_domain::RunId;
use rusqlite::types::Value;

use super::answers::{SpendOrder, SpentRun, spent};
use super::tally::SpendFilter;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::count;

/// How many runs failed without an answer of anybody's doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Those that a budget stopped, before anybody was asked or after some were.
    pub stopped: u64,
    /// Those that asked nobody, whatever stopped them.
    pub unasked: u64,
}

impl Store {
    /// How many runs that fit were refused. Where attempts are asked for, by a provider or a model, there
    /// are none: nothing was sent to anybody.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn refused(&self, filter: SpendFilter) -> Result<Refused, StoreError> {
        let Some((condition, values)) = filter.condition_on_refused() else {
            return Ok(Refused::default());
        };
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT count(*) FILTER (WHERE failure_class = 'over_budget') AS stopped,
                         count(*) FILTER (WHERE NOT EXISTS (
                             SELECT 1 FROM attempt WHERE attempt.run = run.id)) AS unasked
                     FROM run INDEXED BY run_refused WHERE {condition}",
                ))?
                .query_row(rusqlite::params_from_iter(values), |row| {
                    Ok(Refused {
                        stopped: count(row.get("stopped")?),
                        unasked: count(row.get("unasked")?),
                    })
                })?)
        })
        .await
    }

    /// Runs that fit and that a budget stopped, so many after so many, with all of their attempts.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stopped_runs(
        &self,
        filter: SpendFilter,
        order: SpendOrder,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<SpentRun>, StoreError> {
        let Some((condition, mut values)) = filter.condition_on_refused() else {
            return Ok(Vec::new());
        };
        let order = match order {
            SpendOrder::Dearest => "known_amount DESC, started_at DESC, id DESC",
            SpendOrder::Newest => "started_at DESC, id DESC",
        };
        values.push(Value::Integer(i64::from(limit)));
        values.push(Value::Integer(i64::from(offset)));
        self.read(move |connection| {
            let runs: Vec<RunId> = connection
                .prepare_cached(&format!(
                    "SELECT id FROM run INDEXED BY run_refused
                     WHERE {condition} AND failure_class = 'over_budget'
                     ORDER BY {order} LIMIT ? OFFSET ?",
                ))?
                .query_and_then(rusqlite::params_from_iter(values), |row| {
                    crate::values::id(row, "id", RunId::from_bytes)
                })?
                .collect::<Result<_, StoreError>>()?;
            let mut found = Vec::with_capacity(runs.len());
            for run in runs {
                found.extend(spent(connection, None, run)?);
            }
            Ok(found)
        })
        .await
    }
}
