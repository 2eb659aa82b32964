//! The measurements of the latency lab, each as whoever measures wrote it.

use patchbay_domain::{JsonText, LabId, UnixMillis};
use rusqlite::Row;

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::id;

impl Store {
    /// Keeps a measurement, or replaces one.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where `body` is no JSON.
    pub async fn save_lab(
        &self,
        lab: LabId,
        created_at: UnixMillis,
        body: JsonText,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO lab (id, created_at, body) VALUES (?1, ?2, ?3)
                     ON CONFLICT (id) DO UPDATE SET created_at = excluded.created_at,
                         body = excluded.body",
                )?
                .execute((lab.into_bytes(), created_at.0, &body.0))?;
            changes.add(Change::Labs);
            Ok(())
        })
        .await
    }

    /// Every measurement, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn labs(&self) -> Result<Vec<(LabId, UnixMillis, JsonText)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, created_at, body FROM lab ORDER BY created_at DESC, id DESC",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// Removes a measurement for good. The receipts of its runs stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_lab(&self, lab: LabId) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM lab WHERE id = ?1")?
                .execute([lab.into_bytes()])?;
            if removed == 0 {
                return Err(StoreError::NotFound(Subject::Lab(lab)));
            }
            changes.add(Change::Labs);
            Ok(())
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<(LabId, UnixMillis, JsonText), StoreError> {
    Ok((
        id(row, "id", LabId::from_bytes)?,
        UnixMillis(row.get("created_at")?),
        JsonText(row.get("body")?),
    ))
}
