//! Runs that are going on.

use patchbay_contract::events::{RunChange, RunEvent};
use patchbay_contract::replies::{AttemptView, RunView};
use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, Failure, Receipt};
use patchbay_engine::{Choice, RunDetail, RunUpdate, SequencedUpdate};

use super::conversations::message_with;
use super::receipts::{self, colour_in, run_view, usage};

/// What follows the run of an answer through its events.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) choice: Choice,
    pub(crate) run_id: String,
}

impl RunContext {
    /// The view of the run, with the attempts made so far.
    pub(crate) fn view(&self, attempts: &[Attempt]) -> RunView {
        self.view_with(attempts, None)
    }

    /// The same; `failure` is told where no attempt has one.
    fn view_with(&self, attempts: &[Attempt], failure: Option<Failure>) -> RunView {
        let receipt = Receipt {
            attempts: attempts.to_vec(),
        };
        let of_attempt = receipt.last().and_then(|attempt| attempt.failure.clone());
        let failure = of_attempt.or(failure);
        run_view(
            &self.run_id,
            &RunDetail {
                endpoint: self.choice.endpoint.clone(),
                colours: self.choice.colours.clone(),
                target: Some(self.choice.target.clone()),
                route_name: self.choice.route_name.clone(),
                skipped: self.choice.skipped.clone(),
                budget_note: self.choice.budget_note.clone(),
                receipt,
                failure,
            },
        )
    }

    fn attempt(&self, attempt: &Attempt) -> AttemptView {
        let colour = colour_in(&self.choice.colours, &attempt.endpoint.model);
        receipts::attempt(attempt, colour)
    }

    /// An update as the window takes it. `attempts` are all that were settled so far, `outcome` is how the run
    /// ended, once that is known: where nobody was asked, no attempt tells why.
    pub(crate) fn event(
        &self,
        sequenced: &SequencedUpdate,
        attempts: &[Attempt],
        outcome: Option<&Outcome>,
    ) -> RunEvent {
        let change = match &sequenced.update {
            RunUpdate::Attempt(begun) => RunChange::Attempt {
                attempt: self.attempt(begun),
            },
            RunUpdate::Text(text) => RunChange::Text { text: text.clone() },
            RunUpdate::Reasoning(text) => RunChange::Reasoning { text: text.clone() },
            RunUpdate::Discard => RunChange::Discard,
            // Apps alone are told of these, and no window joins what an app asks.
            RunUpdate::ToolCall { .. }
            | RunUpdate::ReasoningItem { .. }
            | RunUpdate::Embeddings(_)
            | RunUpdate::Aside { .. }
            | RunUpdate::Over(_) => RunChange::Text {
                text: String::new(),
            },
            RunUpdate::Usage(count) => RunChange::Usage {
                usage: usage(count),
            },
            RunUpdate::Settled(settled) => RunChange::Settled {
                attempt: self.attempt(settled),
            },
            RunUpdate::Switched(switch) => RunChange::Switched {
                from_attempt: switch.from_attempt,
                is_retry: switch.is_retry,
                made_because: switch.because,
                wait_millis: switch.wait_millis,
                because: switch.failure.class.sentence(
                    attempts
                        .iter()
                        .find(|attempt| attempt.ordinal == switch.from_attempt)
                        .map_or("The provider", |attempt| attempt.provider_name.as_str()),
                ),
            },
            RunUpdate::Unsaved { sentence, advice } => RunChange::Unsaved {
                sentence: sentence.clone(),
                advice: advice.clone(),
            },
            RunUpdate::Ended(answer) => {
                let is_failed = answer.status == patchbay_domain::MessageStatus::Failed;
                let failure = match outcome {
                    Some(Outcome::Failed { failure }) => Some(failure.clone()),
                    _ => None,
                };
                let mut run = self.view_with(attempts, failure);
                // An attempt that failed before another one answered is no failure of the answer.
                run.failure = run.failure.filter(|_| is_failed);
                RunChange::Ended {
                    answer: message_with(answer, Some(run)),
                }
            }
        };
        RunEvent {
            sequence: sequenced.sequence,
            change,
        }
    }
}
