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

/// Runs that are looked at one by one before all that fit are gathered instead: as many as take about
/// as long as gathering those of a month.
const LOOKED_AT: u32 = 2_000;

/// For each run of a page so many more: of what is neither rare nor cheap one in forty fits.
const LOOKED_AT_EACH: u32 = 40;

/// A conversation has few runs, which its own index finds. All others are found in one of two ways: by
/// walking runs in their order until the page is full, which is quick where many fit; else by gathering
/// all that fit, which is quick where few do.
fn matching(
    connection: &Connection,
    filter: &SpendFilter,
    order: SpendOrder,
    offset: u32,
    limit: u32,
) -> Result<Vec<RunId>, StoreError> {
    if filter.conversation.is_some() {
        return of_conversation(connection, filter, order, offset, limit);
    }
    let wanted = offset.saturating_add(limit);
    let looked_at = LOOKED_AT.saturating_add(LOOKED_AT_EACH.saturating_mul(wanted));
    let walked = walk(connection, filter, order, looked_at, wanted)?;
    let is_full = u32::try_from(walked.len()).is_ok_and(|found| found >= wanted);
    let found = if is_full {
        walked
    } else {
        gather(connection, filter, order, wanted)?
    };
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    Ok(found.into_iter().skip(offset).collect())
}

impl SpendOrder {
    /// The index that lies in this order, and the order. It is total, so that pages do not overlap.
    fn index(self) -> (&'static str, &'static str) {
        match self {
            Self::Dearest => ("run_by_cost", "known_amount DESC, started_at DESC, id"),
            Self::Newest => ("run_by_start", "started_at DESC, id DESC"),
        }
    }
}

/// The first that fit among so many in their order.
fn walk(
    connection: &Connection,
    filter: &SpendFilter,
    order: SpendOrder,
    looked_at: u32,
    wanted: u32,
) -> Result<Vec<RunId>, StoreError> {
    let (index, order) = order.index();
    let (condition, mut values) = filter.condition_on_tables();
    values.insert(0, Value::Integer(i64::from(looked_at)));
    values.push(Value::Integer(i64::from(wanted)));
    // The outer order is the inner one, which is the index's: nothing is sorted.
    runs(
        connection,
        &format!(
            "SELECT run.id AS id
             FROM (SELECT id FROM run INDEXED BY {index} ORDER BY {order} LIMIT ?) AS first
                 CROSS JOIN run ON run.id = first.id
             WHERE EXISTS (SELECT 1 FROM attempt
                 WHERE attempt.run = run.id AND attempt.status <> 'running' AND {condition})
             LIMIT ?",
        ),
        values,
    )
}

/// The first of all that fit. The sums by day know on which days which ways in have such attempts, and
/// an index finds those.
fn gather(
    connection: &Connection,
    filter: &SpendFilter,
    order: SpendOrder,
    wanted: u32,
) -> Result<Vec<RunId>, StoreError> {
    let (_, order) = order.index();
    let (of_sums, mut values) = filter.condition();
    let (of_attempts, more) = filter.condition_on_tables();
    values.extend(more);
    values.push(Value::Integer(i64::from(wanted)));
    runs(
        connection,
        &format!(
            "SELECT id FROM (
                 SELECT DISTINCT run.id AS id, run.known_amount AS known_amount,
                     run.started_at AS started_at
                 FROM (SELECT DISTINCT day, provider, model FROM spend_day WHERE {of_sums}) AS part
                     CROSS JOIN attempt INDEXED BY attempt_by_day ON attempt.day = part.day
                         AND attempt.provider = part.provider AND attempt.model = part.model
                     CROSS JOIN run ON run.id = attempt.run
                 WHERE attempt.status <> 'running' AND {of_attempts})
             ORDER BY {order} LIMIT ?",
        ),
        values,
    )
}

fn of_conversation(
    connection: &Connection,
    filter: &SpendFilter,
    order: SpendOrder,
    offset: u32,
    limit: u32,
) -> Result<Vec<RunId>, StoreError> {
    let (_, order) = order.index();
    let (condition, mut values) = filter.condition_on_tables();
    let conversation = filter.conversation.map(|id| id.into_bytes().to_vec());
    values.insert(0, conversation.map_or(Value::Null, Value::Blob));
    values.push(Value::Integer(i64::from(limit)));
    values.push(Value::Integer(i64::from(offset)));
    runs(
        connection,
        &format!(
            "SELECT run.id AS id FROM run WHERE run.conversation = ? AND EXISTS (
                 SELECT 1 FROM attempt
                 WHERE attempt.run = run.id AND attempt.status <> 'running' AND {condition})
             ORDER BY {order} LIMIT ? OFFSET ?",
        ),
        values,
    )
}

fn runs(
    connection: &Connection,
    query: &str,
    values: Vec<Value>,
) -> Result<Vec<RunId>, StoreError> {
    connection
        .prepare_cached(query)?
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
