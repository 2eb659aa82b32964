//! What was asked before: the questions that had a whole answer, and what their answers used.

use patchbay_domain::{Attempt, ConversationId, MessageId, UnixMillis};
use rusqlite::{OptionalExtension as _, Row};

use crate::attempt;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::id;

/// A question from history that had a whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastQuestion {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The message.
    pub question: MessageId,
}

impl Store {
    /// Every question of chats that a model answered whole, asked from `since` (of all time for `None`)
    /// until `until`, both included; the newest first, each once.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn past_questions(
        &self,
        since: Option<UnixMillis>,
        until: UnixMillis,
    ) -> Result<Vec<PastQuestion>, StoreError> {
        let since = since.map_or(i64::MIN, |since| since.0);
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT question.id, question.conversation
                     FROM message AS question
                     JOIN conversation ON conversation.id = question.conversation
                     WHERE question.role = 'user' AND question.created_at BETWEEN ?1 AND ?2
                       AND conversation.round IS NULL AND conversation.deleted_at IS NULL
                       AND EXISTS (
                         SELECT 1 FROM message AS answer
                         WHERE answer.conversation = question.conversation
                           AND answer.parent = question.id AND answer.role = 'assistant'
                           AND answer.status = 'complete' AND answer.run IS NOT NULL)
                     ORDER BY question.serial DESC",
                )?
                .query_and_then([since, until.0], question)?
                .collect()
        })
        .await
    }

    /// The texts of messages, in their order; empty for one that is gone.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn message_texts(&self, messages: Vec<MessageId>) -> Result<Vec<String>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT text FROM message WHERE id = ?1")?;
            messages
                .iter()
                .map(|message| {
                    let found = statement.query_row([message.into_bytes()], |row| row.get(0));
                    Ok(found.optional()?.unwrap_or_default())
                })
                .collect()
        })
        .await
    }

    /// Every attempt of a chat that answered and began from `since` (of all time for `None`) until
    /// `until`, both included; oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn answered_in_chats(
        &self,
        since: Option<UnixMillis>,
        until: UnixMillis,
    ) -> Result<Vec<Attempt>, StoreError> {
        let since = since.map_or(i64::MIN, |since| since.0);
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT attempt.* FROM attempt JOIN run ON run.id = attempt.run
                     WHERE attempt.started_at BETWEEN ?1 AND ?2 AND attempt.status = 'answered'
                       AND run.origin = 'chat'
                     ORDER BY attempt.started_at",
                )?
                .query_and_then([since, until.0], attempt::read)?
                .collect()
        })
        .await
    }
}

fn question(row: &Row<'_>) -> Result<PastQuestion, StoreError> {
    Ok(PastQuestion {
        conversation: id(row, "conversation", ConversationId::from_bytes)?,
        question: id(row, "id", MessageId::from_bytes)?,
    })
}
