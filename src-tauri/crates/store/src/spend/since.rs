//! What is asked by moments and not by days: between two readings of a balance, and what an earlier
//! version left out.

use patchbay_domain::{Attempt, AttemptId, ProviderId, UnixMillis};
use rusqlite::{Connection, named_params};

use super::tally::{SUMS, Tally, tally};
use crate::attempt;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::count;

/// What attempts with one key add up to between two moments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanTally {
    /// The sums.
    pub tally: Tally,
    /// Attempts that the person or a crash ended, and for which the provider may have charged more
    /// than was counted.
    pub cut: u64,
    /// Attempts that had not ended when they were counted.
    pub running: u64,
}

impl Store {
    /// What began with a key at or after `from` and before `to`, in deleted conversations too. Without
    /// a key: with any key of the provider, or none.
    ///
    /// # Errors
    /// Where the database cannot be read, or a sum is above about nine billion dollars.
    pub async fn spend_of_key_between(
        &self,
        provider: ProviderId,
        key_id: Option<String>,
        from: UnixMillis,
        to: UnixMillis,
    ) -> Result<SpanTally, StoreError> {
        self.read(move |connection| {
            span(connection, provider.as_str(), key_id.as_deref(), (from, to))
        })
        .await
    }

    /// Settled attempts whose canonical model nobody noted, in the order of their ids: those after
    /// `after`, at most `limit`. An index makes it cheap where there are none.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn attempts_without_model(
        &self,
        after: Option<AttemptId>,
        limit: u32,
    ) -> Result<Vec<Attempt>, StoreError> {
        let after = after.map_or_else(Vec::new, |after| after.into_bytes().to_vec());
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM attempt
                     WHERE model_key IS NULL AND status <> 'running' AND id > ?1
                     ORDER BY id LIMIT ?2",
                )?
                .query_and_then((after, limit), attempt::read)?
                .collect()
        })
        .await
    }
}

fn span(
    connection: &Connection,
    provider: &str,
    key_id: Option<&str>,
    (from, to): (UnixMillis, UnixMillis),
) -> Result<SpanTally, StoreError> {
    let chosen = "started_at >= :from AND started_at < :to AND provider = :provider
        AND (:key_id IS NULL OR coalesce(key_id, '') = :key_id)";
    let values = named_params! {
        ":from": from.0,
        ":to": to.0,
        ":provider": provider,
        ":key_id": key_id,
    };
    let (cut, running) = connection
        .prepare_cached(&format!(
            "SELECT count(*) FILTER (WHERE status IN ('stopped', 'interrupted')) AS cut,
                 count(*) FILTER (WHERE status = 'running') AS running
             FROM attempt WHERE {chosen}",
        ))?
        .query_row(values, |row| Ok((row.get("cut")?, row.get("running")?)))?;
    let sums = connection
        .prepare_cached(&format!(
            "SELECT {SUMS} FROM spend_entry
             WHERE attempt IN (SELECT id FROM attempt WHERE {chosen}) HAVING sum(attempts) > 0",
        ))?
        .query_and_then(values, tally)?
        .next()
        .transpose()?;
    Ok(SpanTally {
        tally: sums.unwrap_or_default(),
        cut: count(cut),
        running: count(running),
    })
}
