//! From what a person asks to what is written and what is sent.

use patchbay_domain::message::{path_to, prompt, title_from};
use patchbay_domain::{
    ChatRequest, ConversationId, Message, MessageId, MessageStatus, Parameters, Role, RunId,
};
use patchbay_store::{ConversationRecord, NewConversation, RunConversation};

use crate::conversations::check_options;
use crate::{Engine, EngineError, clock};

/// The longest question, in bytes. More than any model reads.
const QUESTION_BYTES: usize = 4 * 1024 * 1024;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Question {
    /// A new conversation.
    New {
        /// What the person says.
        text: String,
        /// Standing instructions; empty for none.
        system_prompt: String,
        /// How to sample.
        parameters: Parameters,
    },
    /// A message in a conversation: after its end, or as a new branch.
    Follow {
        /// The conversation.
        conversation: ConversationId,
        /// The message that it follows; `None` for another first message.
        parent: Option<MessageId>,
        /// What the person says.
        text: String,
    },
    /// Another answer to a message of the person's.
    Again {
        /// The conversation.
        conversation: ConversationId,
        /// The person's message.
        question: MessageId,
    },
}

impl Engine {
    /// Works out what is written and what is sent.
    pub(crate) async fn prepare(
        &self,
        question: Question,
        run: RunId,
    ) -> Result<Prepared, EngineError> {
        let now = self.clock.now();
        let user = |conversation, parent, text: String| Message {
            id: clock::message_id(),
            conversation,
            parent,
            role: Role::User,
            text,
            reasoning: String::new(),
            status: MessageStatus::Complete,
            run: None,
            created_at: now,
        };
        let answer = |conversation, parent| Message {
            id: clock::message_id(),
            conversation,
            parent: Some(parent),
            role: Role::Assistant,
            text: String::new(),
            reasoning: String::new(),
            status: MessageStatus::Streaming,
            run: Some(run),
            created_at: now,
        };
        match question {
            Question::New {
                text,
                system_prompt,
                parameters,
            } => {
                check_question(&text)?;
                check_options(&system_prompt, &parameters)?;
                let conversation = clock::conversation_id();
                let new = NewConversation {
                    id: conversation,
                    title: title_from(&text),
                    title_is_custom: false,
                    system_prompt: system_prompt.clone(),
                    parameters: parameters.clone(),
                    created_at: now,
                };
                let question = user(conversation, None, text);
                Ok(Prepared {
                    request: request(&system_prompt, &[&question], parameters),
                    conversation: RunConversation::New(new),
                    answer: answer(conversation, question.id),
                    question: Some(question),
                })
            }
            Question::Follow {
                conversation,
                parent,
                text,
            } => {
                check_question(&text)?;
                let record = self.record(conversation).await?;
                let question = user(conversation, parent, text);
                let mut path = match parent {
                    Some(parent) => path_to(&record.messages, parent),
                    None => Vec::new(),
                };
                if parent.is_some() && path.is_empty() {
                    return Err(EngineError::NotFound("The message that this follows"));
                }
                if path
                    .last()
                    .is_some_and(|last| last.status == MessageStatus::Streaming)
                {
                    return Err(EngineError::Busy(
                        "The answer before is still being written.",
                    ));
                }
                path.push(&question);
                Ok(Prepared {
                    request: request(&record.system_prompt, &path, record.parameters.clone()),
                    conversation: RunConversation::Existing(conversation),
                    answer: answer(conversation, question.id),
                    question: Some(question),
                })
            }
            Question::Again {
                conversation,
                question,
            } => {
                let record = self.record(conversation).await?;
                let path = path_to(&record.messages, question);
                if path.last().is_none_or(|last| last.role != Role::User) {
                    return Err(EngineError::NotFound("The question"));
                }
                Ok(Prepared {
                    request: request(&record.system_prompt, &path, record.parameters.clone()),
                    conversation: RunConversation::Existing(conversation),
                    answer: answer(conversation, question),
                    question: None,
                })
            }
        }
    }

    pub(crate) async fn record(
        &self,
        id: ConversationId,
    ) -> Result<ConversationRecord, EngineError> {
        self.store
            .conversation(id)
            .await?
            .ok_or(EngineError::NotFound("The chat"))
    }
}

/// A question worked out.
pub(crate) struct Prepared {
    pub(crate) conversation: RunConversation,
    pub(crate) question: Option<Message>,
    pub(crate) answer: Message,
    pub(crate) request: ChatRequest,
}

fn request(system_prompt: &str, path: &[&Message], parameters: Parameters) -> ChatRequest {
    // The model is filled in for each endpoint.
    ChatRequest {
        messages: prompt(system_prompt, path),
        parameters,
        ..ChatRequest::default()
    }
}

fn check_question(text: &str) -> Result<(), EngineError> {
    if text.trim().is_empty() {
        return Err(EngineError::input(
            "text",
            "There is nothing to send.",
            "Type a message.",
        ));
    }
    if text.len() > QUESTION_BYTES {
        return Err(EngineError::input(
            "text",
            "The message is longer than 4 MB.",
            "Send a part of it.",
        ));
    }
    Ok(())
}
