//! An answer as it comes together.

use std::sync::Arc;

use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, FinishReason, JsonText, RunId, Usage, Vector, WireFamily};
use patchbay_engine::{AppRun, RunUpdate};

/// More calls than any model makes in one answer.
const MOST_CALLS: usize = 1_024;

/// A call of a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// All that was said so far.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) run: RunId,
    /// What a budget changed, in one sentence.
    pub(crate) note: Option<String>,
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) calls: Vec<Call>,
    /// Thinking to be sent back, each with the format that made it.
    pub(crate) items: Vec<(String, JsonText)>,
    /// What a format says beside the answer, in the order in which it came.
    pub(crate) asides: Vec<(WireFamily, JsonText)>,
    /// What was asked for in place of words.
    pub(crate) vectors: Option<Arc<[Vector]>>,
    pub(crate) usage: Option<Usage>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) outcome: Option<Outcome>,
}

impl Answer {
    pub(crate) fn of(run: &AppRun) -> Self {
        Self {
            run: run.run,
            note: run.choice.budget_note.clone(),
            text: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            items: Vec::new(),
            asides: Vec::new(),
            vectors: None,
            usage: None,
            attempts: Vec::new(),
            outcome: None,
        }
    }

    /// Takes what is new.
    pub(crate) fn take(&mut self, update: &RunUpdate) {
        match update {
            RunUpdate::Text(text) => self.text.push_str(text),
            RunUpdate::Reasoning(text) => self.reasoning.push_str(text),
            RunUpdate::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let index = *index as usize;
                // Calls are counted from 0, each after the one before; a decoder skips none.
                while self.calls.len() <= index && self.calls.len() < MOST_CALLS {
                    self.calls.push(Call::default());
                }
                let Some(call) = self.calls.get_mut(index) else {
                    return;
                };
                if let Some(id) = id {
                    call.id.clone_from(id);
                }
                if let Some(name) = name {
                    call.name.clone_from(name);
                }
                call.arguments.push_str(arguments);
            }
            RunUpdate::ReasoningItem { format, item } => {
                self.items.push((format.clone(), item.clone()));
            }
            RunUpdate::Aside { family, fields } => self.asides.push((*family, fields.clone())),
            RunUpdate::Embeddings(vectors) => self.vectors = Some(Arc::clone(vectors)),
            RunUpdate::Discard => {
                self.vectors = None;
                self.text.clear();
                self.reasoning.clear();
                self.calls.clear();
                self.items.clear();
                self.asides.clear();
            }
            RunUpdate::Usage(usage) => self.usage = Some(*usage),
            RunUpdate::Attempt(news) | RunUpdate::Settled(news) => {
                if let RunUpdate::Settled(settled) = update {
                    self.usage = settled.usage.or(self.usage);
                }
                match self
                    .attempts
                    .iter_mut()
                    .find(|attempt| attempt.id == news.id)
                {
                    Some(attempt) => attempt.clone_from(news),
                    None => self.attempts.push((**news).clone()),
                }
            }
            RunUpdate::Over(outcome) => self.outcome = Some((**outcome).clone()),
            RunUpdate::Switched(_) | RunUpdate::Unsaved { .. } | RunUpdate::Ended(_) => {}
        }
    }

    /// Why the model stopped, where it did.
    pub(crate) fn finish(&self) -> Option<FinishReason> {
        match self.outcome {
            Some(Outcome::Answered { reason }) => Some(reason),
            _ => None,
        }
    }

    /// The model that answered, as its provider spells it.
    pub(crate) fn model(&self) -> &str {
        self.attempts.last().map_or("", |attempt| {
            attempt
                .served_model
                .as_deref()
                .unwrap_or(&attempt.endpoint.model)
        })
    }

    /// The name of who answered.
    pub(crate) fn provider_name(&self) -> &str {
        self.attempts
            .last()
            .map_or("The provider", |attempt| attempt.provider_name.as_str())
    }
}
