//! Settings: a word and a JSON value each. What a key means is known to whoever set it.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension as _;
use serde_json::Value;

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{from_json, read_json, to_json};

impl Store {
    /// One setting; `None` where it was never set.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn setting(&self, key: &str) -> Result<Option<Value>, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| {
            let text: Option<String> = connection
                .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
                .query_row([key], |row| row.get(0))
                .optional()?;
            text.map(|text| read_json(&text, "setting", "value"))
                .transpose()
        })
        .await
    }

    /// Every setting.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn settings(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT key, value FROM setting")?
                .query_and_then([], |row| {
                    Ok((row.get("key")?, from_json(row, "setting", "value")?))
                })?
                .collect()
        })
        .await
    }

    /// Sets one setting.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_setting(&self, key: &str, value: Value) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO setting (key, value) VALUES (?1, ?2)
                     ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                )?
                .execute([key.as_str(), to_json(&value)?.as_str()])?;
            changes.add(Change::Settings);
            Ok(())
        })
        .await
    }

    /// Forgets one setting, so that its default holds again.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn remove_setting(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM setting WHERE key = ?1")?
                .execute([key.as_str()])?;
            if removed > 0 {
                changes.add(Change::Settings);
            }
            Ok(())
        })
        .await
    }
}
