//! Going on with answers as chats.

use patchbay_domain::message::{path_to, title_from};
use patchbay_domain::{ConversationId, MergeId, Message, Role, RoundId};
use patchbay_store::{ConversationRecord, ConversationSummary, NewConversation};

use super::prepare::{copy_path, message};
use crate::{Engine, EngineError, clock};

impl Engine {
    /// Makes chats of the answers to one case, of these columns or of all that were answered. They are
    /// copies: the comparison keeps its own.
    ///
    /// # Errors
    /// No such answer is there, or the database cannot be written.
    pub async fn continue_case(
        &self,
        round: RoundId,
        case: u32,
        repeat: u32,
        columns: &[u32],
    ) -> Result<Vec<ConversationSummary>, EngineError> {
        let mut chats = Vec::new();
        for (key, answer) in self.store.case_answers(round, case, Some(repeat)).await? {
            let is_wanted = columns.is_empty() || columns.contains(&key.column);
            let Some(answer) = answer.filter(|answer| is_wanted && !answer.text.is_empty()) else {
                continue;
            };
            let record = self.record(answer.conversation).await?;
            let path = path_to(&record.messages, answer.id);
            chats.push(self.chat_of(&record, &path).await?);
        }
        if chats.is_empty() {
            return Err(EngineError::NotFound("The answer"));
        }
        Ok(chats)
    }

    /// Makes a chat of an answer that is made of several.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn continue_merged(
        &self,
        round: RoundId,
        merge: MergeId,
    ) -> Result<ConversationSummary, EngineError> {
        let merged = self.store.merged(round).await?;
        let merged = merged.into_iter().find(|merged| merged.id == merge);
        let merged = merged.ok_or(EngineError::NotFound("The merged answer"))?;
        let case = self.case_answers(round, merged.case, merged.repeat).await?;
        let asked = case.prompt;
        let written = case.merged.into_iter().find(|(one, _)| one.id == merge);
        let written = written.and_then(|(_, message)| message);
        let conversation = clock::conversation_id();
        let now = self.clock.now();
        let question = message(conversation, None, Role::User, asked.clone(), now);
        let text = merged.text.unwrap_or_default();
        let by_hand = message(conversation, Some(question.id), Role::Assistant, text, now);
        // What a model wrote keeps its receipt.
        let answer = match written {
            Some(written) => Message {
                id: by_hand.id,
                conversation,
                parent: by_hand.parent,
                ..written
            },
            None => by_hand,
        };
        let new = NewConversation {
            id: conversation,
            title: title_from(&asked),
            title_is_custom: false,
            system_prompt: String::new(),
            parameters: patchbay_domain::Parameters::default(),
            created_at: now,
        };
        self.keep_chat(new, vec![question, answer]).await
    }

    async fn chat_of(
        &self,
        record: &ConversationRecord,
        path: &[&Message],
    ) -> Result<ConversationSummary, EngineError> {
        let conversation = clock::conversation_id();
        let new = NewConversation {
            id: conversation,
            title: record.summary.title.clone(),
            title_is_custom: record.summary.title_is_custom,
            system_prompt: record.system_prompt.clone(),
            parameters: record.parameters.clone(),
            created_at: self.clock.now(),
        };
        let copies = copy_path(path, conversation);
        let target = record.summary.last_target.clone();
        let chat = self.keep_chat(new, copies).await?;
        // The next question goes to whoever gave this answer.
        if let (Some(endpoint), Some(target)) = (&record.summary.last_endpoint, target) {
            self.store
                .set_last_target(chat.id, endpoint.clone(), target)
                .await?;
        }
        self.summary_of(chat.id).await
    }

    async fn keep_chat(
        &self,
        new: NewConversation,
        messages: Vec<Message>,
    ) -> Result<ConversationSummary, EngineError> {
        let id = new.id;
        self.store.create_chat(new, messages).await?;
        self.summary_of(id).await
    }

    async fn summary_of(&self, id: ConversationId) -> Result<ConversationSummary, EngineError> {
        Ok(self.record(id).await?.summary)
    }
}
