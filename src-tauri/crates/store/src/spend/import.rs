//! Lists of what providers billed, as whoever reads such files wrote them.

use patchbay_domain::{JsonText, ProviderId, UnixMillis, UsageImportId};
use rusqlite::{Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::id;

/// One import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageImportRecord {
    /// Its id.
    pub id: UsageImportId,
    /// Whose list it is.
    pub provider: ProviderId,
    /// The file's name.
    pub name: String,
    /// Its rows, as JSON.
    pub body: JsonText,
    /// When it was read.
    pub created_at: UnixMillis,
}

impl Store {
    /// Keeps an import.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where the id is taken or the body is no JSON.
    pub async fn save_usage_import(&self, import: UsageImportRecord) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO usage_import (id, provider, name, body, created_at)
                     VALUES (:id, :provider, :name, :body, :created_at)",
                )?
                .execute(named_params! {
                    ":id": import.id.into_bytes(),
                    ":provider": import.provider.as_str(),
                    ":name": import.name,
                    ":body": import.body.0,
                    ":created_at": import.created_at.0,
                })?;
            changes.add(Change::Spend);
            Ok(())
        })
        .await
    }

    /// Every import, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn usage_imports(&self) -> Result<Vec<UsageImportRecord>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT * FROM usage_import ORDER BY created_at DESC, id DESC")?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// Forgets an import. The ledger stays as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_usage_import(&self, import: UsageImportId) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM usage_import WHERE id = ?1")?
                .execute([import.into_bytes()])?;
            if removed == 0 {
                return Err(StoreError::NotFound(Subject::UsageImport(import)));
            }
            changes.add(Change::Spend);
            Ok(())
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<UsageImportRecord, StoreError> {
    Ok(UsageImportRecord {
        id: id(row, "id", UsageImportId::from_bytes)?,
        provider: ProviderId::new(row.get::<_, String>("provider")?),
        name: row.get("name")?,
        body: JsonText(row.get("body")?),
        created_at: UnixMillis(row.get("created_at")?),
    })
}
