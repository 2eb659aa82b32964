//! Chats that are made of what is there already.

use patchbay_domain::route::Target;
use patchbay_domain::{ConversationId, Endpoint, Message};
use rusqlite::named_params;

use crate::change::Change;
use crate::conversation::{self, NewConversation};
use crate::error::StoreError;
use crate::message;
use crate::store::Store;
use crate::values::to_json;

impl Store {
    /// Makes a conversation of messages that are there already, the first one first; the last one is
    /// the end of the branch that is shown.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where an id is taken.
    pub async fn create_chat(
        &self,
        new: NewConversation,
        messages: Vec<Message>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            conversation::insert(connection, &new)?;
            for message in &messages {
                message::insert(connection, message)?;
            }
            if let Some(last) = messages.last() {
                connection
                    .prepare_cached("UPDATE conversation SET active_leaf = ?2 WHERE id = ?1")?
                    .execute((new.id.into_bytes(), last.id.into_bytes()))?;
            }
            changes.add(Change::Conversations);
            Ok(())
        })
        .await
    }

    /// Notes whom a conversation asks next.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_last_target(
        &self,
        conversation: ConversationId,
        endpoint: Endpoint,
        target: Target,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE conversation
                     SET last_provider = :provider, last_model = :model, last_target = :target
                     WHERE id = :id AND deleted_at IS NULL",
                )?
                .execute(named_params! {
                    ":provider": endpoint.provider.as_str(),
                    ":model": endpoint.model,
                    ":target": to_json(&target)?,
                    ":id": conversation.into_bytes(),
                })?;
            changes.add(Change::Conversations);
            conversation::found(changed, conversation)
        })
        .await
    }
}
