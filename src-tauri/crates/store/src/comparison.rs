//! Comparisons as a person set them up.

use patchbay_domain::compare::Definition;
use patchbay_domain::{ComparisonId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::round::{self, RoundSummary};
use crate::store::Store;
use crate::values::{from_json, id, to_json};

/// One line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonSummary {
    /// Its id.
    pub id: ComparisonId,
    /// Its name.
    pub name: String,
    /// When it was last saved or run.
    pub updated_at: UnixMillis,
    /// Its newest round.
    pub newest: Option<RoundSummary>,
}

/// One comparison with its rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonRecord {
    /// Its id.
    pub id: ComparisonId,
    /// As it would be run next.
    pub definition: Definition,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When it was last saved or run.
    pub updated_at: UnixMillis,
    /// Every execution, oldest first.
    pub rounds: Vec<RoundSummary>,
}

impl Store {
    /// Keeps a comparison, or replaces one; a deleted one comes back. Whether it can be run is for
    /// [`Definition::validate`] to say, before.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn save_comparison(
        &self,
        comparison: ComparisonId,
        definition: Definition,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO comparison (id, name, definition, created_at, updated_at)
                     VALUES (:id, :name, :definition, :now, :now)
                     ON CONFLICT (id) DO UPDATE SET name = excluded.name,
                         definition = excluded.definition, updated_at = excluded.updated_at,
                         deleted_at = NULL",
                )?
                .execute(named_params! {
                    ":id": comparison.into_bytes(),
                    ":name": definition.name,
                    ":definition": to_json(&definition)?,
                    ":now": now.0,
                })?;
            changes.add(Change::Comparisons);
            Ok(())
        })
        .await
    }

    /// Every comparison that is not deleted, the one that was used last first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn comparisons(&self) -> Result<Vec<ComparisonSummary>, StoreError> {
        self.read(|connection| {
            let mut found: Vec<ComparisonSummary> = connection
                .prepare_cached(
                    "SELECT id, name, updated_at FROM comparison WHERE deleted_at IS NULL
                     ORDER BY updated_at DESC, id DESC",
                )?
                .query_and_then([], summary)?
                .collect::<Result<_, StoreError>>()?;
            for comparison in &mut found {
                comparison.newest = round::newest_of(connection, comparison.id)?;
            }
            Ok(found)
        })
        .await
    }

    /// One comparison; `None` where it is not there or was deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn comparison(
        &self,
        comparison: ComparisonId,
    ) -> Result<Option<ComparisonRecord>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT id, definition, created_at, updated_at FROM comparison
                     WHERE id = ?1 AND deleted_at IS NULL",
                )?
                .query_and_then([comparison.into_bytes()], record)?
                .next()
                .transpose()?;
            let Some(mut found) = found else {
                return Ok(None);
            };
            found.rounds = round::rounds_of(connection, comparison)?;
            Ok(Some(found))
        })
        .await
    }

    /// Takes a comparison out of the list. It stays until [`Store::purge_deleted`]; doing it twice
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_comparison(
        &self,
        comparison: ComparisonId,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.set_comparison_deleted(comparison, Some(now)).await
    }

    /// Undoes [`Store::delete_comparison`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was purged.
    pub async fn restore_comparison(&self, comparison: ComparisonId) -> Result<(), StoreError> {
        self.set_comparison_deleted(comparison, None).await
    }

    async fn set_comparison_deleted(
        &self,
        comparison: ComparisonId,
        at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE comparison
                     SET deleted_at = CASE WHEN :at IS NULL THEN NULL
                                      ELSE coalesce(deleted_at, :at) END
                     WHERE id = :id",
                )?
                .execute(named_params! {
                    ":at": at.map(|at| at.0),
                    ":id": comparison.into_bytes(),
                })?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::Comparison(comparison)));
            }
            changes.add(Change::Comparisons);
            Ok(())
        })
        .await
    }
}

/// Marks the answers of comparisons that are about to be purged, so that their texts go the way of
/// all deleted ones.
pub(crate) fn mark_answers_of_deleted(
    connection: &Connection,
    before: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE conversation SET deleted_at = 0
             WHERE deleted_at IS NULL AND round IN (
                 SELECT comparison_round.id FROM comparison_round
                 JOIN comparison ON comparison.id = comparison_round.comparison
                 WHERE comparison.deleted_at < ?1)",
        )?
        .execute([before.0])?;
    Ok(())
}

/// Returns whether there was one.
pub(crate) fn purge_deleted(
    connection: &Connection,
    before: UnixMillis,
) -> Result<bool, StoreError> {
    let purged = connection
        .prepare_cached("DELETE FROM comparison WHERE deleted_at < ?1")?
        .execute([before.0])?;
    Ok(purged > 0)
}

fn summary(row: &Row<'_>) -> Result<ComparisonSummary, StoreError> {
    Ok(ComparisonSummary {
        id: id(row, "id", ComparisonId::from_bytes)?,
        name: row.get("name")?,
        updated_at: UnixMillis(row.get("updated_at")?),
        newest: None,
    })
}

fn record(row: &Row<'_>) -> Result<ComparisonRecord, StoreError> {
    Ok(ComparisonRecord {
        id: id(row, "id", ComparisonId::from_bytes)?,
        definition: from_json(row, "comparison", "definition")?,
        created_at: UnixMillis(row.get("created_at")?),
        updated_at: UnixMillis(row.get("updated_at")?),
        rounds: Vec::new(),
    })
}
