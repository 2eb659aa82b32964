//! What apps asked, as history: listed, read, and gone on with as a chat.

use patchbay_domain::message::title_from;
use patchbay_domain::{ChatRequest, Message, MessageStatus, Part, Role, RunId};
use patchbay_store::{
    AppRequestFilter, AppRequestLine, AppRequestRecord, ConversationSummary, NewConversation,
};

use crate::conversations::RunDetail;
use crate::{Engine, EngineError, clock};

/// One request of an app with all that is kept of it.
#[derive(Clone, Debug)]
pub struct AppRequestDetail {
    /// What was asked and answered.
    pub record: AppRequestRecord,
    /// What was asked, turn by turn; empty where it is not kept.
    pub turns: Vec<(Role, String)>,
    /// The receipt.
    pub run: RunDetail,
}

impl Engine {
    /// What apps asked, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn app_requests(
        &self,
        filter: AppRequestFilter,
    ) -> Result<Vec<AppRequestLine>, EngineError> {
        Ok(self.store.app_requests(filter).await?)
    }

    /// One of them.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn app_request(&self, run: RunId) -> Result<AppRequestDetail, EngineError> {
        let record = self
            .store
            .app_request(run)
            .await?
            .ok_or(EngineError::NotFound("The request"))?;
        let turns = asked(&record).map_or_else(Vec::new, |request| match &request.embedding {
            Some(embedding) => vec![(Role::User, embedding.input.in_words())],
            None => request
                .messages
                .iter()
                .map(|turn| (turn.role, words_of(turn)))
                .collect(),
        });
        Ok(AppRequestDetail {
            turns,
            run: self.receipt(run).await?,
            record,
        })
    }

    /// Makes a chat of what an app asked and was answered, to be gone on with. The answer keeps its
    /// receipt. A request that was opened before opens the same chat.
    ///
    /// # Errors
    /// Nothing of it is kept, it asked for embeddings, or the database cannot be written.
    pub async fn open_app_request(&self, run: RunId) -> Result<ConversationSummary, EngineError> {
        let detail = self.app_request(run).await?;
        if let Some(opened) = detail.record.opened_as
            && let Some(chat) = self.store.conversation(opened).await?
        {
            return Ok(chat.summary);
        }
        if detail.record.is_for_embeddings() {
            return Err(EngineError::input(
                "run",
                "This request asked for embeddings: its answer is numbers, and nothing that could be gone \
                 on with.",
                "Its texts are here, to be copied.",
            ));
        }
        let Some(request) = asked(&detail.record) else {
            return Err(EngineError::input(
                "run",
                "The texts of this request were not kept.",
                "Switch on \u{201c}Keep texts\u{201d} for the app, and it will be there next time.",
            ));
        };
        let now = self.clock.now();
        let conversation = clock::conversation_id();
        let mut parent = None;
        let mut messages = Vec::new();
        let mut system = Vec::new();
        for turn in &request.messages {
            let text = words_of(turn);
            if turn.role == Role::System {
                system.push(text);
                continue;
            }
            let message = Message {
                id: clock::message_id(),
                conversation,
                parent,
                role: turn.role,
                text,
                reasoning: String::new(),
                status: MessageStatus::Complete,
                run: None,
                created_at: now,
            };
            parent = Some(message.id);
            messages.push(message);
        }
        if let Some(answer) = detail
            .record
            .answer
            .as_ref()
            .filter(|text| !text.is_empty())
        {
            messages.push(Message {
                id: clock::message_id(),
                conversation,
                parent,
                role: Role::Assistant,
                text: answer.clone(),
                reasoning: String::new(),
                status: MessageStatus::Complete,
                run: Some(run),
                created_at: now,
            });
        }
        let question = detail.record.question.as_deref().unwrap_or_default();
        let new = NewConversation {
            id: conversation,
            title: title_from(question),
            title_is_custom: false,
            system_prompt: system.join("\n\n"),
            parameters: request.parameters,
            created_at: now,
        };
        self.store.create_chat(new, messages).await?;
        if let Some(target) = detail.run.target.clone() {
            self.store
                .set_last_target(conversation, detail.run.endpoint.clone(), target)
                .await?;
        }
        self.store.note_opened_as(run, conversation).await?;
        Ok(self.record(conversation).await?.summary)
    }

    /// Removes what an app asked and was answered; receipts and spend stay. `None` for all apps.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn forget_app_texts(&self, app: Option<String>) -> Result<u64, EngineError> {
        Ok(self.store.forget_app_texts(app).await?)
    }
}

fn asked(record: &AppRequestRecord) -> Option<ChatRequest> {
    serde_json::from_str(&record.request.as_ref()?.0).ok()
}

/// A turn in words, with what it holds beside them named.
fn words_of(turn: &patchbay_domain::ChatMessage) -> String {
    let mut pieces = Vec::new();
    for part in &turn.parts {
        match part {
            Part::Text { text } => pieces.push(text.clone()),
            Part::Image { .. } => pieces.push("[picture]".to_owned()),
            Part::Document { name, .. } => {
                pieces.push(format!("[{}]", name.as_deref().unwrap_or("document")));
            }
            Part::ToolCall {
                name, arguments, ..
            } => pieces.push(format!("```json\n// {name}\n{}\n```", arguments.0)),
            Part::ToolResult { name, text, .. } => {
                pieces.push(format!("```text\n{name}:\n{text}\n```"));
            }
            Part::ReasoningItem { .. } => {}
        }
    }
    pieces.join("\n\n")
}
