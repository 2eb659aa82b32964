//! What was asked before: the questions that had a whole answer, and what their answers used.

use patchbay_domain::{Attempt, ConversationId, MessageId, UnixMillis};
use rusqlite::Row;

use crate::attempt;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::id;

/// A question from history that had a whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastQuestion {
    /// Its conversation.
    pub conversation: ConversationId,
    /// The message.
    pub question: MessageId,
    /// Its text.
    pub text: String,
}

impl Store {
    /// The newest questions of chats that a model answered whole, the newest first, each once.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn past_questions(&self, limit: u32) -> Result<Vec<PastQuestion>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT question.id, question.conversation, question.text
                     FROM message AS answer
                     JOIN message AS question ON question.conversation = answer.conversation
                         AND question.id = answer.parent
                     JOIN conversation ON conversation.id = answer.conversation
                     WHERE answer.role = 'assistant' AND answer.status = 'complete'
                       AND answer.run IS NOT NULL AND question.role = 'user'
                       AND conversation.round IS NULL AND conversation.deleted_at IS NULL
                     GROUP BY question.serial ORDER BY question.serial DESC LIMIT ?1",
                )?
                .query_and_then([limit], question)?
                .collect()
        })
        .await
    }

    /// Every attempt of a chat that answered since `since`, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn answered_in_chats(&self, since: UnixMillis) -> Result<Vec<Attempt>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT attempt.* FROM attempt JOIN run ON run.id = attempt.run
                     WHERE attempt.started_at >= ?1 AND attempt.status = 'answered'
                       AND run.origin = 'chat'
                     ORDER BY attempt.started_at",
                )?
                .query_and_then([since.0], attempt::read)?
                .collect()
        })
        .await
    }
}

fn question(row: &Row<'_>) -> Result<PastQuestion, StoreError> {
    Ok(PastQuestion {
        conversation: id(row, "conversation", ConversationId::from_bytes)?,
        question: id(row, "id", MessageId::from_bytes)?,
        text: row.get("text")?,
    })
}
