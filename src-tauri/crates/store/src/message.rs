//! Messages: the tree, and the text of the one that is being written.

use patchbay_domain::{
    Attempt, ConversationId, Message, MessageId, MessageStatus, RunId, UnixMillis,
};
use rusqlite::{Connection, Row, named_params};

use crate::attempt;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{id, optional_id, word};

/// An answer as far as it has come. The whole text each time, not what was added.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialAnswer {
    /// The message that is being written.
    pub message: MessageId,
    /// All of its text so far.
    pub text: String,
    /// All of its thinking so far.
    pub reasoning: String,
    /// The running attempt with what it has counted so far, so that a crash leaves an estimate
    /// instead of an unknown cost.
    pub attempt: Option<Attempt>,
}

impl Store {
    /// Saves an answer as far as it has come. Returns whether it was still being written: late news
    /// of one that has ended changes nothing. It is not synced to the disk: a power cut may take it, a
    /// crash of this process does not.
    ///
    /// # Errors
    /// Where the database cannot be written; the next call may succeed.
    pub async fn save_partial(&self, partial: PartialAnswer) -> Result<bool, StoreError> {
        self.write_provisionally(move |connection, _| {
            let changed = connection
                .prepare_cached(
                    "UPDATE message SET text = :text, reasoning = :reasoning
                     WHERE id = :id AND status = 'streaming'",
                )?
                .execute(named_params! {
                    ":text": partial.text,
                    ":reasoning": partial.reasoning,
                    ":id": partial.message.into_bytes(),
                })?;
            if let Some(attempt) = &partial.attempt {
                attempt::write(connection, attempt)?;
            }
            Ok(changed > 0)
        })
        .await
    }
}

pub(crate) fn insert(connection: &Connection, message: &Message) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO message (id, conversation, parent, role, text, reasoning, status, run,
                                  created_at)
             VALUES (:id, :conversation, :parent, :role, :text, :reasoning, :status, :run, :at)",
        )?
        .execute(named_params! {
            ":id": message.id.into_bytes(),
            ":conversation": message.conversation.into_bytes(),
            ":parent": message.parent.map(MessageId::into_bytes),
            ":role": message.role.as_str(),
            ":text": message.text,
            ":reasoning": message.reasoning,
            ":status": message.status.as_str(),
            ":run": message.run.map(RunId::into_bytes),
            ":at": message.created_at.0,
        })?;
    Ok(())
}

/// Ends the writing of an answer. One that has ended keeps what it has.
pub(crate) fn settle(
    connection: &Connection,
    message: MessageId,
    text: &str,
    reasoning: &str,
    status: MessageStatus,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE message SET text = :text, reasoning = :reasoning, status = :status
             WHERE id = :id AND status = 'streaming'",
        )?
        .execute(named_params! {
            ":text": text,
            ":reasoning": reasoning,
            ":status": status.as_str(),
            ":id": message.into_bytes(),
        })?;
    Ok(())
}

/// Makes sure that a message belongs to a conversation.
pub(crate) fn require(
    connection: &Connection,
    conversation: ConversationId,
    message: MessageId,
) -> Result<(), StoreError> {
    let exists = connection
        .prepare_cached("SELECT 1 FROM message WHERE conversation = ?1 AND id = ?2")?
        .exists([conversation.into_bytes(), message.into_bytes()])?;
    if !exists {
        return Err(StoreError::NotFound(Subject::Message(message)));
    }
    Ok(())
}

pub(crate) fn all_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Vec<Message>, StoreError> {
    connection
        .prepare_cached(
            "SELECT id, conversation, parent, role, text, reasoning, status, run, created_at
             FROM message WHERE conversation = ?1 ORDER BY serial",
        )?
        .query_and_then([conversation.into_bytes()], read)?
        .collect()
}

pub(crate) fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: id(row, "id", MessageId::from_bytes)?,
        conversation: id(row, "conversation", ConversationId::from_bytes)?,
        parent: optional_id(row, "parent", MessageId::from_bytes)?,
        role: word(row, "message", "role")?,
        text: row.get("text")?,
        reasoning: row.get("reasoning")?,
        status: word(row, "message", "status")?,
        run: optional_id(row, "run", RunId::from_bytes)?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}
