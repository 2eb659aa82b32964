//! Going on from an answer that was given to an app: what is kept of it stands in for the conversation
//! that another server would have kept.

use std::time::Duration;

use patchbay_domain::content::{Media, MediaSource};
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    App, Attempt, ChatMessage, ChatRequest, JsonText, Part, Role, RunId, UnixMillis,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use crate::{Engine, EngineError};

/// The field of [`EngineError::Input`] where an answer cannot be gone on from.
pub const PREVIOUS_ANSWER: &str = "previous_response_id";

/// An app is told of the end a moment before it is written; whoever goes on at once waits this long.
const WRITTEN_WITHIN: Duration = Duration::from_secs(5);

/// An answer to an app, as it is kept.
#[derive(Clone, Debug)]
pub struct KeptAnswer {
    /// Its run.
    pub run: RunId,
    /// When it was asked for.
    pub started_at: UnixMillis,
    /// How it ended; `None` while it goes on.
    pub outcome: Option<Outcome>,
    /// Its words.
    pub text: String,
    /// The tools that it calls.
    pub calls: Vec<KeptCall>,
    /// Thinking that its format wants back.
    pub thinking: Vec<Part>,
    /// Who was asked.
    pub attempts: Vec<Attempt>,
    /// What a budget changed about it, in one sentence.
    pub budget_note: Option<String>,
    request: Option<ChatRequest>,
    has_instructions: bool,
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct KeptCall {
    /// Links it to its result.
    pub id: String,
    /// The tool.
    pub name: String,
    /// As the model wrote them.
    pub arguments: String,
}

impl Engine {
    /// An answer that was given to this app.
    ///
    /// # Errors
    /// There is none of this number, or its texts are not kept; [`EngineError::Input`] of
    /// [`PREVIOUS_ANSWER`]. Another app's answer is none. Or the database cannot be read.
    pub async fn kept_answer(&self, app: &App, run: RunId) -> Result<KeptAnswer, EngineError> {
        self.until_written(app, run).await;
        let unknown = || {
            EngineError::input(
                PREVIOUS_ANSWER,
                "This app was given no answer of that number.",
                "Numbers begin with resp_ and are those of this Patchbay.",
            )
        };
        let record = self.store.app_request(run).await?.ok_or_else(unknown)?;
        if record.app != app.id || record.is_for_embeddings() {
            return Err(unknown());
        }
        let run_record = self.store.run(run).await?.ok_or_else(unknown)?;
        if record.question.is_none() && record.answer.is_none() {
            return Err(EngineError::input(
                PREVIOUS_ANSWER,
                "The texts of this answer are not kept.",
                "Switch on \u{201c}Keep texts\u{201d} for the app, or send the whole conversation as input.",
            ));
        }
        Ok(KeptAnswer {
            run,
            started_at: run_record.started_at,
            outcome: run_record.outcome,
            text: record.answer.unwrap_or_default(),
            calls: read(record.tool_calls.as_ref()).unwrap_or_default(),
            thinking: read(record.thinking.as_ref()).unwrap_or_default(),
            request: read(record.request.as_ref()),
            has_instructions: record.has_instructions,
            attempts: run_record.receipt.attempts,
            budget_note: run_record.budget_note,
        })
    }

    /// Removes the texts of one answer to this app; its receipt stays. Says whether there were any.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn forget_answer(&self, app: &App, run: RunId) -> Result<bool, EngineError> {
        self.until_written(app, run).await;
        Ok(self.store.forget_app_request(app.id.clone(), run).await?)
    }

    /// Waits for the end of this app's own run; another's is none of its business, nor how long it takes.
    async fn until_written(&self, app: &App, run: RunId) {
        let live = crate::lock(&self.live)
            .get(&run)
            .filter(|live| live.app.as_ref() == Some(&app.id))
            .map(|live| live.run.clone());
        let Some(live) = live else {
            return;
        };
        let (news, mut heard) = mpsc::unbounded_channel();
        live.attach(|_| Box::new(move |_| news.send(()).is_ok()));
        // It is let go of with the last update.
        let last = async { while heard.recv().await.is_some() {} };
        let _ = tokio::time::timeout(WRITTEN_WITHIN, last).await;
    }
}

impl KeptAnswer {
    /// The turns up to its end, for a request that goes on from it. Instructions are left out: they
    /// held for this answer alone.
    ///
    /// # Errors
    /// It has no end that could be gone on from, or not all that was asked is kept.
    pub fn turns(self) -> Result<Vec<ChatMessage>, EngineError> {
        let whole = "Send the whole conversation as input.";
        let refused = |sentence| Err(EngineError::input(PREVIOUS_ANSWER, sentence, whole));
        let (Some(Outcome::Answered { .. }), false) =
            (&self.outcome, self.text.is_empty() && self.calls.is_empty())
        else {
            return refused("There is no whole answer of that number to go on from.");
        };
        let Some(request) = self.request else {
            return refused("The request before was too long to be kept.");
        };
        let mut turns = request.messages;
        if turns.iter().flat_map(|turn| &turn.parts).any(lacks_bytes) {
            return refused("The request before held pictures or documents, which are not kept.");
        }
        if self.has_instructions && turns.first().is_some_and(|turn| turn.role == Role::System) {
            turns.remove(0);
        }
        let mut parts = self.thinking;
        if !self.text.is_empty() {
            parts.push(Part::Text { text: self.text });
        }
        parts.extend(self.calls.into_iter().map(|call| Part::ToolCall {
            id: call.id,
            name: call.name,
            arguments: JsonText(match call.arguments.trim() {
                "" => "{}".to_owned(),
                written => written.to_owned(),
            }),
        }));
        turns.push(ChatMessage {
            role: Role::Assistant,
            parts,
            cache: None,
        });
        Ok(turns)
    }
}

fn read<T: DeserializeOwned>(kept: Option<&JsonText>) -> Option<T> {
    serde_json::from_str(&kept?.0).ok()
}

/// What stays of a picture whose bytes were not kept.
fn lacks_bytes(part: &Part) -> bool {
    let is_empty =
        |media: &Media| matches!(&media.source, MediaSource::Base64(bytes) if bytes.is_empty());
    match part {
        Part::Image { media } | Part::Document { media, .. } => is_empty(media),
        _ => false,
    }
}
