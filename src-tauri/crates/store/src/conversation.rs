//! Conversations: the list, and one with everything in it.

use patchbay_domain::route::Target;
use patchbay_domain::{
    ConversationId, Endpoint, Message, MessageId, Parameters, ProviderId, UnixMillis,
};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::run::{NewRun, RunRecord, runs_of};
use crate::store::Store;
use crate::values::{from_json, id, optional_id, optional_json, to_json};
use crate::{attempt, comparison, message, route};

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationSummary {
    /// Its id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// Whether a person chose the title.
    pub title_is_custom: bool,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When a run last began or ended in it.
    pub updated_at: UnixMillis,
    /// What was asked last.
    pub last_endpoint: Option<Endpoint>,
    /// What the person had chosen for it; `None` where nothing was asked since there is a choice.
    pub last_target: Option<Target>,
}

/// One conversation with all its branches.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationRecord {
    /// As in the list.
    pub summary: ConversationSummary,
    /// Standing instructions; empty for none.
    pub system_prompt: String,
    /// How to sample.
    pub parameters: Parameters,
    /// The end of the branch that is shown.
    pub active_leaf: Option<MessageId>,
    /// Every message of every branch, in the order in which they were written.
    pub messages: Vec<Message>,
    /// Every run, oldest first, with its receipt.
    pub runs: Vec<RunRecord>,
}

/// A conversation to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewConversation {
    /// Its id.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// Whether a person chose the title.
    pub title_is_custom: bool,
    /// Standing instructions; empty for none.
    pub system_prompt: String,
    /// How to sample.
    pub parameters: Parameters,
    /// Now.
    pub created_at: UnixMillis,
}

impl Store {
    /// Makes an empty conversation.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where the id is taken.
    pub async fn create_conversation(&self, new: NewConversation) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            insert(connection, &new)?;
            changes.add(Change::Conversations);
            Ok(())
        })
        .await
    }

    /// Every conversation that is not deleted, the one that was used last first. Those that hold the
    /// answers of comparisons are not among them.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn conversations(&self) -> Result<Vec<ConversationSummary>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT id, title, title_is_custom, created_at, updated_at, last_provider,
                            last_model, last_target
                     FROM conversation WHERE deleted_at IS NULL AND round IS NULL
                     ORDER BY updated_at DESC, id DESC",
                )?
                .query_and_then([], summary)?
                .collect()
        })
        .await
    }

    /// One conversation with its messages, runs and receipts; `None` where it is not there or was
    /// deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn conversation(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<ConversationRecord>, StoreError> {
        self.read(move |connection| record(connection, conversation))
            .await
    }

    /// Gives a conversation the title that a person chose. Its place in the list stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn rename(
        &self,
        conversation: ConversationId,
        title: String,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE conversation SET title = :title, title_is_custom = 1
                     WHERE id = :id AND deleted_at IS NULL",
                )?
                .execute(named_params! { ":title": title, ":id": conversation.into_bytes() })?;
            found(changed, conversation)?;
            changes.add(Change::Conversations);
            Ok(())
        })
        .await
    }

    /// Sets the standing instructions and how to sample.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_instructions(
        &self,
        conversation: ConversationId,
        system_prompt: String,
        parameters: Parameters,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE conversation SET system_prompt = :prompt, parameters = :parameters
                     WHERE id = :id AND deleted_at IS NULL",
                )?
                .execute(named_params! {
                    ":prompt": system_prompt,
                    ":parameters": to_json(&parameters)?,
                    ":id": conversation.into_bytes(),
                })?;
            found(changed, conversation)?;
            changes.add(Change::Conversation(conversation));
            Ok(())
        })
        .await
    }

    /// Shows another branch.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the conversation has no such message.
    pub async fn set_active_leaf(
        &self,
        conversation: ConversationId,
        leaf: MessageId,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            message::require(connection, conversation, leaf)?;
            let changed = connection
                .prepare_cached(
                    "UPDATE conversation SET active_leaf = :leaf
                     WHERE id = :id AND deleted_at IS NULL",
                )?
                .execute(named_params! {
                    ":leaf": leaf.into_bytes(),
                    ":id": conversation.into_bytes(),
                })?;
            found(changed, conversation)?;
            changes.add(Change::Conversation(conversation));
            Ok(())
        })
        .await
    }

    /// Takes a conversation out of the list. Nothing is lost until [`Store::purge_deleted`]; doing it
    /// twice changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete(
        &self,
        conversation: ConversationId,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.set_deleted(conversation, Some(now)).await
    }

    /// Undoes [`Store::delete`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where it was purged.
    pub async fn restore(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.set_deleted(conversation, None).await
    }

    async fn set_deleted(
        &self,
        conversation: ConversationId,
        at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE conversation
                     SET deleted_at = CASE WHEN :at IS NULL THEN NULL
                                      ELSE coalesce(deleted_at, :at) END
                     WHERE id = :id",
                )?
                .execute(named_params! {
                    ":at": at.map(|at| at.0),
                    ":id": conversation.into_bytes(),
                })?;
            found(changed, conversation)?;
            changes.add(Change::Conversations);
            changes.add(Change::Conversation(conversation));
            Ok(())
        })
        .await
    }

    /// Erases the text of every conversation that was deleted before `before`, for good. What its
    /// answers cost stays in the sums. A conversation with a run that goes on is left for later.
    /// Comparisons and routes that were deleted before then go too. Returns how many conversations were erased.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn purge_deleted(&self, before: UnixMillis) -> Result<u64, StoreError> {
        self.write(move |connection, changes| {
            comparison::mark_answers_of_deleted(connection, before)?;
            attempt::erase_text_of_deleted(connection, before)?;
            let purged = connection
                .prepare_cached(
                    "DELETE FROM conversation WHERE deleted_at < :before AND NOT EXISTS (
                         SELECT 1 FROM run
                         WHERE run.conversation = conversation.id AND run.status = 'running')",
                )?
                .execute(named_params! { ":before": before.0 })?;
            if purged > 0 {
                changes.add(Change::Conversations);
            }
            if comparison::purge_deleted(connection, before)? {
                changes.add(Change::Comparisons);
            }
            if route::purge_deleted(connection, before)? {
                changes.add(Change::Routes);
            }
            Ok(u64::try_from(purged).unwrap_or(u64::MAX))
        })
        .await
    }
}

pub(crate) fn insert(connection: &Connection, new: &NewConversation) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO conversation (id, title, title_is_custom, system_prompt, parameters,
                                       created_at, updated_at)
             VALUES (:id, :title, :custom, :prompt, :parameters, :at, :at)",
        )?
        .execute(named_params! {
            ":id": new.id.into_bytes(),
            ":title": new.title,
            ":custom": new.title_is_custom,
            ":prompt": new.system_prompt,
            ":parameters": to_json(&new.parameters)?,
            ":at": new.created_at.0,
        })?;
    Ok(())
}

/// Notes that something happened in a conversation. The clock may have been set back; a conversation
/// never moves down the list because of it.
pub(crate) fn touch(
    connection: &Connection,
    conversation: ConversationId,
    at: UnixMillis,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE conversation SET updated_at = max(updated_at, :at) WHERE id = :id")?
        .execute(named_params! { ":at": at.0, ":id": conversation.into_bytes() })?;
    Ok(())
}

/// Notes what is asked, and shows the branch of the new answer.
pub(crate) fn turn_to(
    connection: &Connection,
    conversation: ConversationId,
    leaf: MessageId,
    run: &NewRun,
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached(
            "UPDATE conversation
             SET active_leaf = :leaf, last_provider = :provider, last_model = :model,
                 last_target = :target
             WHERE id = :id AND deleted_at IS NULL",
        )?
        .execute(named_params! {
            ":leaf": leaf.into_bytes(),
            ":provider": run.requested.provider.as_str(),
            ":model": run.requested.model,
            ":target": run.target.as_ref().map(to_json).transpose()?,
            ":id": conversation.into_bytes(),
        })?;
    found(changed, conversation)
}

pub(crate) fn found(changed: usize, conversation: ConversationId) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::NotFound(Subject::Conversation(conversation)));
    }
    Ok(())
}

fn record(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<ConversationRecord>, StoreError> {
    let own = connection
        .prepare_cached(
            "SELECT id, title, title_is_custom, created_at, updated_at, last_provider, last_model,
                    last_target, system_prompt, parameters, active_leaf
             FROM conversation WHERE id = ?1 AND deleted_at IS NULL",
        )?
        .query_row([conversation.into_bytes()], |row| {
            Ok(summary(row).and_then(|summary| {
                Ok(ConversationRecord {
                    summary,
                    system_prompt: row.get("system_prompt")?,
                    parameters: from_json(row, "conversation", "parameters")?,
                    active_leaf: optional_id(row, "active_leaf", MessageId::from_bytes)?,
                    messages: Vec::new(),
                    runs: Vec::new(),
                })
            }))
        })
        .optional()?;
    let Some(record) = own else { return Ok(None) };
    let mut record = record?;
    record.messages = message::all_of(connection, conversation)?;
    record.runs = runs_of(connection, conversation)?;
    Ok(Some(record))
}

fn summary(row: &Row<'_>) -> Result<ConversationSummary, StoreError> {
    let provider: Option<String> = row.get("last_provider")?;
    let model: Option<String> = row.get("last_model")?;
    Ok(ConversationSummary {
        id: id(row, "id", ConversationId::from_bytes)?,
        title: row.get("title")?,
        title_is_custom: row.get("title_is_custom")?,
        created_at: UnixMillis(row.get("created_at")?),
        updated_at: UnixMillis(row.get("updated_at")?),
        last_endpoint: provider.zip(model).map(|(provider, model)| Endpoint {
            provider: ProviderId::new(provider),
            model,
        }),
        last_target: optional_json(row, "conversation", "last_target")?,
    })
}
