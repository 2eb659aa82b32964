//! Answers that are made of several: by a model, whose words are in a conversation of their own, or by
//! hand.

use patchbay_domain::{ConversationId, JsonText, MergeId, RoundId, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{id, optional_id};

/// One answer made of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedRecord {
    /// Its id.
    pub id: MergeId,
    /// In which round.
    pub round: RoundId,
    /// Of which case.
    pub case: u32,
    /// At which repeat.
    pub repeat: u32,
    /// How it was made, as a word.
    pub kind: String,
    /// What it is made of.
    pub parts: JsonText,
    /// Its text, where it was made by hand.
    pub text: Option<String>,
    /// Where a model wrote it.
    pub conversation: Option<ConversationId>,
    /// When it was made.
    pub created_at: UnixMillis,
}

impl Store {
    /// Keeps a merged answer, or replaces the text and the parts of one.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where it has neither text nor conversation, or both, or the round
    /// is not there.
    pub async fn save_merged(&self, merged: MergedRecord) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            save(connection, &merged)?;
            changes.add(Change::Round(merged.round));
            Ok(())
        })
        .await
    }

    /// Takes a merged answer out of its round and returns it, for whoever may want it back.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_merged(&self, merge: MergeId) -> Result<MergedRecord, StoreError> {
        self.write(move |connection, changes| {
            let merged = connection
                .prepare_cached("DELETE FROM merged_answer WHERE id = ?1 RETURNING *")?
                .query_and_then([merge.into_bytes()], read)?
                .next()
                .transpose()?
                .ok_or(StoreError::NotFound(Subject::Merge(merge)))?;
            changes.add(Change::Round(merged.round));
            Ok(merged)
        })
        .await
    }

    /// The merged answers of a round, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn merged(&self, round: RoundId) -> Result<Vec<MergedRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM merged_answer WHERE round = ?1 ORDER BY created_at, id",
                )?
                .query_and_then([round.into_bytes()], read)?
                .collect()
        })
        .await
    }
}

/// In a transaction of its caller.
pub(crate) fn save(connection: &Connection, merged: &MergedRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO merged_answer (id, round, case_index, repeat_index, kind, parts, text,
                                        conversation, created_at)
             VALUES (:id, :round, :case, :repeat, :kind, :parts, :text, :conversation, :at)
             ON CONFLICT (id) DO UPDATE SET parts = excluded.parts, text = excluded.text",
        )?
        .execute(named_params! {
            ":id": merged.id.into_bytes(),
            ":round": merged.round.into_bytes(),
            ":case": merged.case,
            ":repeat": merged.repeat,
            ":kind": merged.kind,
            ":parts": merged.parts.0,
            ":text": merged.text,
            ":conversation": merged.conversation.map(ConversationId::into_bytes),
            ":at": merged.created_at.0,
        })?;
    Ok(())
}

fn read(row: &Row<'_>) -> Result<MergedRecord, StoreError> {
    Ok(MergedRecord {
        id: id(row, "id", MergeId::from_bytes)?,
        round: id(row, "round", RoundId::from_bytes)?,
        case: row.get("case_index")?,
        repeat: row.get("repeat_index")?,
        kind: row.get("kind")?,
        parts: JsonText(row.get("parts")?),
        text: row.get("text")?,
        conversation: optional_id(row, "conversation", ConversationId::from_bytes)?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}
