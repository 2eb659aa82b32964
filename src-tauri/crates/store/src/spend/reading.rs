//! What providers said was left of a key, each time that they said so.

use patchbay_domain::{ProviderId, UnixMillis};
use rusqlite::{Connection, Row};
use serde_json::Value;

use crate::error::StoreError;
use crate::store::Store;
use crate::values::{from_json, to_json};

/// Readings of one key that are kept; older ones go.
const KEPT: u32 = 2_000;

/// One reading.
#[derive(Clone, Debug, PartialEq)]
pub struct BalanceReading {
    /// Whose.
    pub provider: ProviderId,
    /// Of the key in this slot.
    pub key_id: String,
    /// When.
    pub at: UnixMillis,
    /// What was said, in the words of whoever asks providers. Never a key.
    pub said: Value,
}

impl Store {
    /// Every reading since a moment, by key and time.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn balance_readings(
        &self,
        since: UnixMillis,
    ) -> Result<Vec<BalanceReading>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT provider, key_id, at, balance FROM balance_reading WHERE at >= ?1
                     ORDER BY provider, key_id, at",
                )?
                .query_and_then([since.0], read)?
                .collect()
        })
        .await
    }
}

/// Adds a reading, in the transaction that keeps it as the newest.
pub(crate) fn note(connection: &Connection, reading: &BalanceReading) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO balance_reading (provider, key_id, at, balance) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (provider, key_id, at) DO UPDATE SET balance = excluded.balance",
        )?
        .execute((
            reading.provider.as_str(),
            &reading.key_id,
            reading.at.0,
            to_json(&reading.said)?,
        ))?;
    connection
        .prepare_cached(
            "DELETE FROM balance_reading WHERE provider = ?1 AND key_id = ?2 AND at < (
                 SELECT at FROM balance_reading WHERE provider = ?1 AND key_id = ?2
                 ORDER BY at DESC LIMIT 1 OFFSET ?3)",
        )?
        .execute((reading.provider.as_str(), &reading.key_id, KEPT - 1))?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<BalanceReading, StoreError> {
    Ok(BalanceReading {
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        key_id: row.get("key_id")?,
        at: UnixMillis(row.get("at")?),
        said: from_json(row, "balance_reading", "balance")?,
    })
}
