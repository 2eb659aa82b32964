//! From a cell to what is written and what is sent.

use std::collections::HashMap;

use patchbay_domain::compare::{Case, CasePrompt, CellKey, Column, fill};
use patchbay_domain::message::{path_to, prompt, title_from};
use patchbay_domain::{
    ChatRequest, ConversationId, Message, MessageId, MessageStatus, Role, RunId, UnixMillis,
};
use patchbay_store::{ConversationRecord, NewConversation, RoundRecord, RunConversation};

use crate::{Engine, EngineError, clock};

/// A cell worked out.
pub(super) struct PreparedCell {
    pub(super) conversation: RunConversation,
    pub(super) earlier: Vec<Message>,
    pub(super) question: Option<Message>,
    pub(super) answer: Message,
    pub(super) request: ChatRequest,
}

impl Engine {
    /// Works out what a cell asks. One that was asked before asks in the same conversation again.
    pub(super) async fn prepare_cell(
        &self,
        column: &Column,
        case: &Case,
        before: Option<ConversationId>,
        run: RunId,
    ) -> Result<PreparedCell, EngineError> {
        let now = self.clock.now();
        if let Some(record) = self.conversation_of_cell(before).await? {
            return again(&record, run, now);
        }
        let conversation = clock::conversation_id();
        let (system_prompt, earlier, question) = match &case.prompt {
            CasePrompt::Text(text) => {
                let question = message(conversation, None, Role::User, text.clone(), now);
                (fill(&column.system_prompt, &case.row), Vec::new(), question)
            }
            CasePrompt::Past {
                conversation: from,
                question,
            } => {
                let record = self.past(*from).await?;
                let (earlier, question) = copied(&record, *question, conversation, now)?;
                let own = fill(&column.system_prompt, &case.row);
                let system = if own.is_empty() {
                    record.system_prompt
                } else {
                    own
                };
                (system, earlier, question)
            }
        };
        let path: Vec<&Message> = earlier.iter().chain([&question]).collect();
        let request = ChatRequest {
            messages: prompt(&system_prompt, &path),
            parameters: column.parameters.clone(),
            ..ChatRequest::default()
        };
        Ok(PreparedCell {
            conversation: RunConversation::New(NewConversation {
                id: conversation,
                title: title_from(&question.text),
                title_is_custom: false,
                system_prompt,
                parameters: column.parameters.clone(),
                created_at: now,
            }),
            answer: answer(conversation, question.id, run, now),
            earlier,
            question: Some(question),
            request,
        })
    }

    /// What a case asks in a column, for an estimate: nothing is written.
    pub(super) async fn request_of(
        &self,
        column: &Column,
        case: &Case,
    ) -> Result<ChatRequest, EngineError> {
        let run = RunId::from_bytes([0; 16]);
        Ok(self.prepare_cell(column, case, None, run).await?.request)
    }

    /// Fills a column of past answers: the newest whole answer to each question.
    pub(super) async fn fill_past(
        &self,
        round: &RoundRecord,
        case: &Case,
        key: CellKey,
    ) -> Result<(), EngineError> {
        let CasePrompt::Past {
            conversation,
            question,
        } = &case.prompt
        else {
            return Ok(());
        };
        let found = self.past(*conversation).await.map(|record| {
            let answers = record.messages.iter().rev();
            answers
                .filter(|message| message.parent == Some(*question))
                .filter(|message| message.status == MessageStatus::Complete)
                .find_map(|message| message.run)
        });
        let run = match found {
            Ok(run) => run,
            Err(EngineError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        match run {
            Some(run) => {
                self.store
                    .fill_cell(round.id, key, *conversation, run)
                    .await?
            }
            None => {
                let problem = "History holds no whole answer to this any more.".to_owned();
                self.store
                    .set_cell_problem(round.id, key, Some(problem))
                    .await?;
            }
        }
        Ok(())
    }

    async fn past(&self, conversation: ConversationId) -> Result<ConversationRecord, EngineError> {
        self.store
            .conversation(conversation)
            .await?
            .ok_or(EngineError::NotFound("The chat with the question"))
    }

    async fn conversation_of_cell(
        &self,
        conversation: Option<ConversationId>,
    ) -> Result<Option<ConversationRecord>, EngineError> {
        match conversation {
            Some(conversation) => Ok(self.store.conversation(conversation).await?),
            None => Ok(None),
        }
    }
}

/// Another answer to the last question of a conversation.
fn again(
    record: &ConversationRecord,
    run: RunId,
    now: UnixMillis,
) -> Result<PreparedCell, EngineError> {
    let question = record
        .messages
        .iter()
        .rev()
        .find(|message| message.role == Role::User)
        .ok_or(EngineError::NotFound("The question"))?;
    let path = path_to(&record.messages, question.id);
    Ok(PreparedCell {
        request: ChatRequest {
            messages: prompt(&record.system_prompt, &path),
            parameters: record.parameters.clone(),
            ..ChatRequest::default()
        },
        conversation: RunConversation::Existing(record.summary.id),
        earlier: Vec::new(),
        question: None,
        answer: answer(record.summary.id, question.id, run, now),
    })
}

/// What was said up to a question, as messages of another conversation.
pub(super) fn copied(
    record: &ConversationRecord,
    question: MessageId,
    conversation: ConversationId,
    now: UnixMillis,
) -> Result<(Vec<Message>, Message), EngineError> {
    let path = path_to(&record.messages, question);
    let mut copies = copy_path(&path, conversation);
    let last = copies.pop().filter(|last| last.role == Role::User);
    let mut question = last.ok_or(EngineError::NotFound("The question"))?;
    question.created_at = now;
    Ok((copies, question))
}

/// The same messages with ids of their own.
pub(super) fn copy_path(path: &[&Message], conversation: ConversationId) -> Vec<Message> {
    let mut ids: HashMap<MessageId, MessageId> = HashMap::new();
    path.iter()
        .map(|message| {
            let id = clock::message_id();
            ids.insert(message.id, id);
            Message {
                id,
                conversation,
                parent: message.parent.and_then(|parent| ids.get(&parent).copied()),
                ..(*message).clone()
            }
        })
        .collect()
}

pub(super) fn message(
    conversation: ConversationId,
    parent: Option<MessageId>,
    role: Role,
    text: String,
    created_at: UnixMillis,
) -> Message {
    Message {
        id: clock::message_id(),
        conversation,
        parent,
        role,
        text,
        reasoning: String::new(),
        status: MessageStatus::Complete,
        run: None,
        created_at,
    }
}

pub(super) fn answer(
    conversation: ConversationId,
    question: MessageId,
    run: RunId,
    created_at: UnixMillis,
) -> Message {
    Message {
        status: MessageStatus::Streaming,
        run: Some(run),
        ..message(
            conversation,
            Some(question),
            Role::Assistant,
            String::new(),
            created_at,
        )
    }
}
