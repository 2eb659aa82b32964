//! What a person likes to choose: stars, and what was used last.

use std::collections::BTreeMap;

use patchbay_domain::{Endpoint, ProviderId, UnixMillis};
use rusqlite::named_params;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Sets a star, or with `None` takes it away. `key` names a canonical model or one endpoint.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_star(
        &self,
        key: String,
        starred_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            match starred_at {
                // A second click keeps the time of the first.
                Some(at) => connection
                    .prepare_cached(
                        "INSERT INTO model_star (key, starred_at) VALUES (?1, ?2)
                         ON CONFLICT DO NOTHING",
                    )?
                    .execute((&key, at.0))?,
                None => connection
                    .prepare_cached("DELETE FROM model_star WHERE key = ?1")?
                    .execute([&key])?,
            };
            changes.add(Change::Models);
            Ok(())
        })
        .await
    }

    /// Every star, and when it was set.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn stars(&self) -> Result<BTreeMap<String, UnixMillis>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT key, starred_at FROM model_star")?
                .query_and_then([], |row| {
                    Ok((row.get("key")?, UnixMillis(row.get("starred_at")?)))
                })?
                .collect()
        })
        .await
    }

    /// When each endpoint was asked for last in a chat or a comparison, the newest first. What apps
    /// ask over the gateway, and what the latency lab measures, nobody chose in the list.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn recently_used(
        &self,
        at_most: u32,
    ) -> Result<Vec<(Endpoint, UnixMillis)>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(RECENTLY_USED)?
                .query_and_then(named_params! { ":at_most": at_most }, |row| {
                    let endpoint = Endpoint {
                        provider: ProviderId::new(row.get::<_, String>("provider")?),
                        model: row.get("model")?,
                    };
                    Ok((endpoint, UnixMillis(row.get("started_at")?)))
                })?
                .collect()
        })
        .await
    }
}

/// Steps through the index from one endpoint to the next, and never over all runs: the first entry of
/// each endpoint is its newest run. A GROUP BY would read the whole index, and so would a
/// comparison of provider and model together, which SQLite begins at the first of its equals.
const RECENTLY_USED: &str = "
    WITH RECURSIVE newest (serial, provider, model, started_at) AS (
        SELECT * FROM (
            SELECT rowid, provider, model, started_at FROM run
            WHERE origin IN ('chat', 'compare')
            ORDER BY provider, model, started_at DESC LIMIT 1)
        UNION ALL
        SELECT run.rowid, run.provider, run.model, run.started_at
        FROM newest JOIN run ON run.rowid = coalesce(
            (SELECT later.rowid FROM run AS later
             WHERE later.origin IN ('chat', 'compare')
                 AND later.provider = newest.provider AND later.model > newest.model
             ORDER BY later.model, later.started_at DESC LIMIT 1),
            (SELECT later.rowid FROM run AS later
             WHERE later.origin IN ('chat', 'compare') AND later.provider > newest.provider
             ORDER BY later.provider, later.model, later.started_at DESC LIMIT 1))
    )
    SELECT provider, model, started_at FROM newest ORDER BY started_at DESC, serial LIMIT :at_most";
