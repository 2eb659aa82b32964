//! Reading and changing conversations.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_domain::message::newest_leaf;
use patchbay_domain::route::{Skipped, Target};
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    ConversationId, Endpoint, Failure, Message, MessageId, MessageStatus, Parameters, Receipt,
    RunId,
};
use patchbay_store::{ConversationRecord, ConversationSummary, RunRecord};

use crate::{Engine, EngineError};

/// The longest title, in characters.
const TITLE_CHARACTERS: usize = 200;

/// The longest system prompt, in bytes: more than any model reads, and small enough to type in.
const SYSTEM_PROMPT_BYTES: usize = 1024 * 1024;

/// A conversation with all that is known about its answers.
#[derive(Clone, Debug)]
pub struct ConversationDetail {
    /// As stored.
    pub record: ConversationRecord,
    /// The runs behind its answers.
    pub runs: HashMap<RunId, RunDetail>,
}

/// The cables of models, 0 to 5, by the ids that ways in give them.
pub type Colours = Arc<HashMap<String, u8>>;

/// The run behind an answer.
#[derive(Clone, Debug)]
pub struct RunDetail {
    /// Whom it was meant for.
    pub endpoint: Endpoint,
    /// The cables of the models that were asked, among others.
    pub colours: Colours,
    /// What was chosen; `None` in history from before routes.
    pub target: Option<Target>,
    /// The route's name at the time.
    pub route_name: Option<String>,
    /// Who was left out, and why.
    pub skipped: Vec<Skipped>,
    /// What a budget changed about it, in one sentence.
    pub budget_note: Option<String>,
    /// Everything that was tried.
    pub receipt: Receipt,
    /// Why there is no whole answer.
    pub failure: Option<Failure>,
}

impl RunDetail {
    pub(crate) fn of(run: RunRecord, colours: &Colours) -> Self {
        Self {
            colours: Arc::clone(colours),
            endpoint: run.requested,
            target: run.target,
            route_name: run.route_name,
            skipped: run.skipped,
            budget_note: run.budget_note,
            receipt: run.receipt,
            failure: match run.outcome {
                Some(Outcome::Failed { failure }) => Some(failure),
                _ => None,
            },
        }
    }
}

impl Engine {
    /// Every conversation that was not deleted, the one spoken in last first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn conversations(&self) -> Result<Vec<ConversationSummary>, EngineError> {
        Ok(self.store.conversations().await?)
    }

    /// One conversation, whole.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn conversation(
        &self,
        id: ConversationId,
    ) -> Result<ConversationDetail, EngineError> {
        let mut record = self
            .store
            .conversation(id)
            .await?
            .ok_or(EngineError::NotFound("The chat"))?;
        let colours = Arc::new(self.store.colours().await?);
        let mut runs = HashMap::with_capacity(record.runs.len());
        for run in std::mem::take(&mut record.runs) {
            runs.insert(run.id, RunDetail::of(run, &colours));
        }
        // What a live run has shown is newer than what it has saved, until its end is saved: from then
        // on the store knows best, and the run itself may hear of it a moment later.
        for message in &mut record.messages {
            let run = message.run.and_then(|run| runs.get_mut(&run));
            self.show_live(message, run);
        }
        Ok(ConversationDetail { record, runs })
    }

    /// Shows a message that is being written, and its run, as they are now.
    pub(crate) fn show_live(&self, message: &mut Message, of: Option<&mut RunDetail>) {
        if message.status != MessageStatus::Streaming {
            return;
        }
        let Some(live) = message.run.and_then(|run| self.live_run(run)) else {
            return;
        };
        let snapshot = live.snapshot();
        *message = snapshot.answer;
        if let Some(run) = of {
            run.receipt = Receipt {
                attempts: snapshot.attempts,
            };
        }
    }

    /// Gives a conversation a title of the person's own.
    ///
    /// # Errors
    /// The title is empty or too long, the conversation is gone, or the database cannot be written.
    pub async fn rename_conversation(
        &self,
        id: ConversationId,
        title: &str,
    ) -> Result<(), EngineError> {
        let title: String = title.split_whitespace().collect::<Vec<_>>().join(" ");
        if title.is_empty() {
            return Err(EngineError::input(
                "title",
                "A chat needs a title.",
                "Type one.",
            ));
        }
        if title.chars().count() > TITLE_CHARACTERS {
            return Err(EngineError::input(
                "title",
                format!("A title has at most {TITLE_CHARACTERS} characters."),
                "Shorten it.",
            ));
        }
        Ok(self.store.rename(id, title).await?)
    }

    /// Deletes a conversation; it can be brought back for a day. Its runs are stopped.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_conversation(&self, id: ConversationId) -> Result<(), EngineError> {
        self.stop_runs_of(id);
        Ok(self.store.delete(id, self.clock.now()).await?)
    }

    /// Brings a deleted conversation back.
    ///
    /// # Errors
    /// It is gone for good, or the database cannot be written.
    pub async fn restore_conversation(&self, id: ConversationId) -> Result<(), EngineError> {
        Ok(self.store.restore(id).await?)
    }

    /// Shows the branch through `message`, down to its newest end.
    ///
    /// # Errors
    /// The conversation or the message is gone, or the database cannot be written.
    pub async fn set_leaf(
        &self,
        id: ConversationId,
        message: MessageId,
    ) -> Result<ConversationDetail, EngineError> {
        let record = self
            .store
            .conversation(id)
            .await?
            .ok_or(EngineError::NotFound("The chat"))?;
        if record.messages.iter().all(|known| known.id != message) {
            return Err(EngineError::NotFound("The message"));
        }
        self.store
            .set_active_leaf(id, newest_leaf(&record.messages, message))
            .await?;
        self.conversation(id).await
    }

    /// Sets what a conversation asks with from now on.
    ///
    /// # Errors
    /// A value is out of range, the conversation is gone, or the database cannot be written.
    pub async fn set_options(
        &self,
        id: ConversationId,
        system_prompt: String,
        parameters: Parameters,
    ) -> Result<(), EngineError> {
        check_options(&system_prompt, &parameters)?;
        Ok(self
            .store
            .set_instructions(id, system_prompt, parameters)
            .await?)
    }
}

pub(crate) fn check_options(
    system_prompt: &str,
    parameters: &Parameters,
) -> Result<(), EngineError> {
    if system_prompt.len() > SYSTEM_PROMPT_BYTES {
        return Err(EngineError::input(
            "system_prompt",
            "The system prompt is longer than 1 MB.",
            "Shorten it.",
        ));
    }
    parameters.validate().map_err(|error| {
        let sentence = error.to_string();
        let mut characters = sentence.chars();
        let sentence: String = characters
            .next()
            .map(|first| first.to_uppercase().chain(characters).collect())
            .unwrap_or_default();
        EngineError::input(
            "parameters",
            format!("{sentence}."),
            "Change the value, or leave it empty.",
        )
    })
}
