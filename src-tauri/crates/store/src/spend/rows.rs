//! The ledger row by row: for exports, for pricing elsewhere and for pricing again.

use patchbay_domain::receipt::Purpose;
use patchbay_domain::{Attempt, AttemptId, ConversationId, Day, Endpoint, ProviderId, UnixMillis};
use rusqlite::Row;
use rusqlite::types::Value;

use super::tally::{SpendFilter, read_day};
use crate::attempt;
use crate::error::StoreError;
use crate::run_origin::RunOrigin;
use crate::store::Store;
use crate::values::{count, optional_id, word};

/// One settled attempt with what its run adds.
#[derive(Clone, Debug, PartialEq)]
pub struct LedgerRow {
    /// The attempt. Half answers are left out: they are text, not money.
    pub attempt: Attempt,
    /// Its day on the person's calendar.
    pub day: Day,
    /// What started its run.
    pub origin: RunOrigin,
    /// What its run was for.
    pub purpose: Purpose,
    /// The app of the gateway that asked.
    pub app: Option<String>,
    /// Where it took place.
    pub conversation: Option<ConversationId>,
}

/// Attempts through one endpoint whose cost nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownGroup {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The provider's name at the last of them.
    pub provider_name: String,
    /// How many.
    pub attempts: u64,
    /// Those with a count of tokens.
    pub counted: u64,
    /// Those without rates.
    pub without_rates: u64,
    /// The first.
    pub first_at: UnixMillis,
    /// The last.
    pub last_at: UnixMillis,
}

impl Store {
    /// Settled attempts that fit, in the order of their ids, which is that of time: those after
    /// `after`, at most `limit`.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn ledger_rows(
        &self,
        filter: SpendFilter,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        self.read(move |connection| {
            let (mut condition, mut values) = filter.condition_on_tables();
            if let Some(after) = after {
                condition.push_str(" AND attempt.id > ?");
                values.push(Value::Blob(after.into_bytes().to_vec()));
            }
            values.push(Value::Integer(i64::from(limit)));
            // A cross join is carried out in its order: by the statistics of an almost empty database
            // every run would be looked at for each attempt.
            connection
                .prepare_cached(&format!(
                    "SELECT attempt.*, run.origin, run.purpose, run.app, run.spent_in
                     FROM attempt CROSS JOIN run ON run.id = attempt.run
                     WHERE attempt.status <> 'running' AND {condition}
                     ORDER BY attempt.id LIMIT ?",
                ))?
                .query_and_then(rusqlite::params_from_iter(values), read)?
                .collect()
        })
        .await
    }

    /// What nobody knows the cost of, by endpoint, the most first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn unknown_spend(
        &self,
        filter: SpendFilter,
    ) -> Result<Vec<UnknownGroup>, StoreError> {
        self.read(move |connection| {
            let (condition, values) = filter.condition_on_tables();
            connection
                .prepare_cached(&format!(
                    "SELECT attempt.provider, attempt.model, count(*) AS attempts,
                         sum(input_tokens IS NOT NULL) AS counted, sum(rates IS NULL) AS without_rates,
                         min(attempt.started_at) AS first_at, max(attempt.started_at) AS last_at,
                         provider_name
                     FROM attempt CROSS JOIN run ON run.id = attempt.run
                     WHERE attempt.cost_kind = 'unknown' AND attempt.status <> 'running'
                         AND {condition}
                     GROUP BY attempt.provider, attempt.model
                     ORDER BY attempts DESC, attempt.provider, attempt.model",
                ))?
                .query_and_then(rusqlite::params_from_iter(values), |row| {
                    Ok(UnknownGroup {
                        endpoint: Endpoint {
                            provider: ProviderId::new(row.get::<_, String>("provider")?),
                            model: row.get("model")?,
                        },
                        provider_name: row.get("provider_name")?,
                        attempts: count(row.get("attempts")?),
                        counted: count(row.get("counted")?),
                        without_rates: count(row.get("without_rates")?),
                        first_at: UnixMillis(row.get("first_at")?),
                        last_at: UnixMillis(row.get("last_at")?),
                    })
                })?
                .collect()
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<LedgerRow, StoreError> {
    Ok(LedgerRow {
        attempt: Attempt {
            replaced_text: None,
            ..attempt::read(row)?
        },
        day: read_day(row, "day")?,
        origin: word(row, "run", "origin")?,
        purpose: word(row, "run", "purpose")?,
        app: row.get("app")?,
        conversation: optional_id(row, "spent_in", ConversationId::from_bytes)?,
    })
}
