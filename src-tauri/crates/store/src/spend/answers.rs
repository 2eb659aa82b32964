//! Answers by what they cost.

use patchbay_domain::{Cost, CostKind, NanoUsd, RunId};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::tally::SpendFilter;
use crate::error::StoreError;
use crate::found_run::{FoundRun, line};
use crate::store::Store;
use crate::values::count;

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendOrder {
    /// What cost most first.
    Dearest,
    /// The newest first.
    Newest,
}

/// A run with what those of its attempts add up to that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct SpentRun {
    /// The run.
    pub run: FoundRun,
    /// What those attempts cost.
    pub cost: Cost,
    /// How many they are.
    pub attempts: u32,
    /// Their tokens: fresh, from caches, to caches, of answers, of thinking, of sound and pictures,
    /// and searches of the web.
    pub tokens: [u64; 7],
}

impl Store {
    /// Runs with attempts that fit, so many after so many.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn spent_runs(
        &self,
        filter: SpendFilter,
        order: SpendOrder,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<SpentRun>, StoreError> {
        self.read(move |connection| {
            let mut found = Vec::new();
            for run in matching(connection, &filter, order, offset, limit)? {
                found.extend(spent(connection, Some(&filter), run)?);
            }
            Ok(found)
        })
        .await
    }
}

/// The order decides which index is walked, and the walk ends as soon as the page is full.
fn matching(
    connection: &Connection,
    filter: &SpendFilter,
    order: SpendOrder,
    offset: u32,
    limit: u32,
) -> Result<Vec<RunId>, StoreError> {
    let (index, order) = match order {
        SpendOrder::Dearest => ("run_by_cost", "known_amount DESC, started_at DESC"),
        SpendOrder::Newest => ("run_by_start", "started_at DESC, id DESC"),
    };
    let (condition, mut values) = filter.condition();
    // A conversation has few runs, which its own index finds.
    let (hint, own) = match filter.conversation {
        Some(conversation) => {
            values.insert(0, Value::Blob(conversation.into_bytes().to_vec()));
            (String::new(), "conversation = ?")
        }
        None => (format!("INDEXED BY {index}"), "true"),
    };
    values.push(Value::Integer(i64::from(limit)));
    values.push(Value::Integer(i64::from(offset)));
    let condition = format!("run = found.id AND {condition}");
    connection
        .prepare_cached(&format!(
            "SELECT found.id AS id FROM run AS found {hint}
             WHERE {own} AND EXISTS (SELECT 1 FROM spend_entry WHERE {condition})
             ORDER BY {order} LIMIT ? OFFSET ?",
        ))?
        .query_and_then(rusqlite::params_from_iter(values), |row| {
            crate::values::id(row, "id", RunId::from_bytes)
        })?
        .collect()
}

/// One run with those of its attempts that fit; all of them without a filter.
pub(super) fn spent(
    connection: &Connection,
    filter: Option<&SpendFilter>,
    run: RunId,
) -> Result<Option<SpentRun>, StoreError> {
    let Some(found) = line(connection, run)? else {
        return Ok(None);
    };
    let everything = || ("true".to_owned(), Vec::new());
    let (condition, mut values) = filter.map_or_else(everything, SpendFilter::condition);
    values.insert(0, Value::Blob(run.into_bytes().to_vec()));
    let mut statement = connection.prepare_cached(&format!(
        "SELECT known, cost_kind, input, cache_read, cache_write, output, reasoning, media,
             web_searches
         FROM spend_entry WHERE run = ? AND {condition}",
    ))?;
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    let mut costs = Vec::new();
    let mut tokens = [0_u64; 7];
    while let Some(row) = rows.next()? {
        let kind: CostKind = crate::values::word(row, "attempt", "cost_kind")?;
        costs.push(match kind {
            CostKind::Unknown => Cost::UNKNOWN,
            kind => Cost {
                amount: Some(NanoUsd(row.get("known")?)),
                kind,
            },
        });
        for (index, sum) in tokens.iter_mut().enumerate() {
            *sum = sum.saturating_add(count(row.get(index + 2)?));
        }
    }
    Ok(Some(SpentRun {
        run: found,
        attempts: u32::try_from(costs.len()).unwrap_or(u32::MAX),
        cost: Cost::sum(costs),
        tokens,
    }))
}
