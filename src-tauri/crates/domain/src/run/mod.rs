//! The run machine: one answer being made, as a pure function of what happened so far.
//!
//! Inputs go in, effects come out as data, and a driver in the engine carries them out. So every rule
//! about retries, switches, time limits and half answers is tested without a network, a clock or a
//! database, and thousands of fault schedules can be replayed from a seed.
//!
//! Long because all that goes in and all that comes out is one vocabulary.
//!
//! **Invariant:** exactly one [`Effect::Finish`], and nothing after it.
//! **Invariant:** every opened attempt is settled exactly once.
//! **Invariant:** until the end at least one timer runs, so that no order of events waits for ever.
//! **Invariant:** the text on screen is always that of one attempt, or of one and those that were asked
//! to continue it, which the receipt says.
//! **Invariant:** at most two attempts are open at a time, and two only until the first token.

mod machine;
#[cfg(test)]
mod simulation;
mod step;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use machine::RunMachine;
use serde::{Deserialize, Serialize};

use crate::content::JsonText;
use crate::embedding::Vector;
use crate::failure::Failure;
use crate::model::Endpoint;
use crate::money::NanoUsd;
use crate::price::ServiceTier;
use crate::provider::WireFamily;
use crate::receipt::{AttemptStatus, Timings};
use crate::stream::{FinishReason, StreamEvent};
use crate::usage::{RawUsage, Usage};
use crate::words::word_enum;

word_enum! {
    /// What becomes of half an answer whose attempt failed.
    pub enum HalfAnswer {
        /// Another way in answers from the beginning. The half is kept in the receipt.
        Replace = "replace",
        /// Another way in goes on where it broke off, where it can; the others begin again.
        Continue = "continue",
        /// It stays as it is, and the run ends with the failure.
        Keep = "keep",
    }
}

word_enum! {
    /// Why an attempt was made.
    pub enum MadeBecause {
        /// It is the first of its run.
        First = "first",
        /// The same way in once more.
        Retry = "retry",
        /// The same way in with its next key.
        NextKey = "next_key",
        /// The way in before it failed.
        NextEndpoint = "next_endpoint",
        /// The first token of the way in before it was late.
        Hedge = "hedge",
        /// It goes on with a half answer.
        Continuation = "continuation",
        /// The same way in from the beginning, since it does not go on with half answers.
        Restart = "restart",
        /// The network is gone.
        LastResort = "last_resort",
    }
}

/// How long to wait for what, and how often to try. All times in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Until the provider has accepted the request.
    pub connect_millis: u64,
    /// From there to the first token.
    pub first_token_millis: u64,
    /// Between two events of the stream.
    pub silence_millis: u64,
    /// For the whole run, with all its attempts.
    pub total_millis: u64,
    /// Requests to the same endpoint.
    pub attempts_per_endpoint: u32,
    /// Requests in all.
    pub attempts: u32,
    /// The longest wait that a provider may ask for. If it asks for more, the run goes on elsewhere.
    pub longest_wait_millis: u64,
    /// Bytes of text and thinking together.
    pub text_bytes: usize,
}

impl Limits {
    /// For a provider reached over the network.
    pub const REMOTE: Self = Self {
        connect_millis: 15_000,
        first_token_millis: 120_000,
        silence_millis: 60_000,
        total_millis: 30 * 60_000,
        attempts_per_endpoint: 2,
        attempts: 6,
        longest_wait_millis: 20_000,
        text_bytes: 8 * 1024 * 1024,
    };

    /// For a route with more than one way in: what is late is worth leaving.
    pub const ROUTE: Self = Self {
        connect_millis: 8_000,
        first_token_millis: 12_000,
        silence_millis: 15_000,
        total_millis: 15 * 60_000,
        ..Self::REMOTE
    };

    /// For the model in this process: loading and reading a long prompt take a slow computer minutes,
    /// and an answer is never asked for twice, since the same weights would fail again.
    pub const LOCAL: Self = Self {
        connect_millis: 300_000,
        first_token_millis: 600_000,
        silence_millis: 120_000,
        total_millis: 60 * 60_000,
        attempts_per_endpoint: 1,
        ..Self::REMOTE
    };
}

/// How long one endpoint is given. All times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Until the provider has accepted the request.
    pub connect_millis: u64,
    /// From there to the first token.
    pub first_token_millis: u64,
    /// Between two events of the stream.
    pub silence_millis: u64,
}

impl From<&Limits> for Patience {
    fn from(limits: &Limits) -> Self {
        Self {
            connect_millis: limits.connect_millis,
            first_token_millis: limits.first_token_millis,
            silence_millis: limits.silence_millis,
        }
    }
}

/// An endpoint, and what the run must know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEndpoint {
    /// Whom to ask for which model.
    pub endpoint: Endpoint,
    /// The canonical model: what refuses a request here refuses it there too.
    pub model_key: String,
    /// Keys to try, one after the other. At least one; where none is needed, that one is no key.
    pub keys: u32,
    /// How long it is given.
    pub patience: Patience,
    /// Tokens of prompt and answer together, where that is known.
    pub context_length: Option<u64>,
    /// It asks no money, so an empty account does not stop it.
    pub is_free: bool,
    /// It continues half an answer that it is shown.
    pub takes_prefill: bool,
    /// A second way in starts where the first token is later than this.
    pub hedge_after_millis: Option<u64>,
    /// Asked only where the network is gone.
    pub is_last_resort: bool,
}

impl From<Endpoint> for PlannedEndpoint {
    fn from(endpoint: Endpoint) -> Self {
        Self {
            model_key: endpoint.model.clone(),
            endpoint,
            keys: 1,
            patience: Patience::from(&Limits::REMOTE),
            context_length: None,
            is_free: false,
            takes_prefill: false,
            hedge_after_millis: None,
            is_last_resort: false,
        }
    }
}

/// A route worked out for one request: whom to ask, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Empty where every way in was left out.
    pub endpoints: Vec<PlannedEndpoint>,
    /// How often, and how long in all. The endpoints know how long each of them is given.
    pub limits: Limits,
    /// What becomes of half an answer.
    pub half_answer: HalfAnswer,
    /// What was given out is read at once by somebody who cannot take it back, so an answer that has
    /// begun is continued or ends, and never begins again.
    pub is_final: bool,
    /// Tokens of the prompt, estimated: what refused it had no room for so many.
    pub input_tokens: u64,
    /// What the run ends with where there is nobody to ask.
    pub nobody: Option<Failure>,
}

/// What a timer is for. Those of an attempt carry its ordinal. There is at most one of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// Until the provider has accepted the request.
    Connect(u32),
    /// Until the first token.
    FirstToken(u32),
    /// Until the next event.
    Silence(u32),
    /// For usage that comes after the finish reason.
    Tail(u32),
    /// Until a second way in is asked too.
    Hedge,
    /// Before the next attempt.
    Retry,
    /// For the whole run.
    Total,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Begin. The first input, once.
    Begin,
    /// The provider accepted the request.
    Opened {
        /// Which attempt, by its ordinal.
        attempt: u32,
    },
    /// An event of the answer.
    Stream {
        /// Which attempt, by its ordinal.
        attempt: u32,
        /// The event.
        event: StreamEvent,
    },
    /// The request or its stream failed.
    Failed {
        /// Which attempt, by its ordinal.
        attempt: u32,
        /// How.
        failure: Failure,
    },
    /// The stream came to its end.
    Ended {
        /// Which attempt, by its ordinal.
        attempt: u32,
    },
    /// A timer ran out.
    TimerFired(Timer),
    /// The person pressed stop.
    StopRequested,
    /// Patchbay is closing.
    ShutDown,
}

/// Something to be done by the driver, in the order given.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send the request to the plan's endpoint with this index.
    Open {
        /// The ordinal of the new attempt.
        attempt: u32,
        /// Index into [`Plan::endpoints`].
        endpoint: usize,
        /// Which of its keys, from 0.
        key: u32,
        /// Why.
        because: MadeBecause,
        /// The half answer to go on with.
        continues: Option<String>,
    },
    /// Drop the stream of this attempt.
    Abort {
        /// Which attempt, by its ordinal.
        attempt: u32,
    },
    /// Start this timer, in place of a running one of its kind.
    StartTimer {
        /// What for.
        timer: Timer,
        /// From now.
        millis: u64,
    },
    /// Forget this timer.
    StopTimer(Timer),
    /// Append to the answer.
    AppendText(String),
    /// Append to the thinking.
    AppendReasoning(String),
    /// Append to a tool call of the answer.
    AppendToolCall {
        /// Which call, from 0.
        index: u32,
        /// Its id, in its first piece.
        id: Option<String>,
        /// The tool's name, in its first piece.
        name: Option<String>,
        /// More of its arguments.
        arguments: String,
    },
    /// Thinking that its format wants back.
    AppendReasoningItem {
        /// Which format made it.
        format: String,
        /// The item.
        item: JsonText,
    },
    /// Give out the vectors that were asked for, in their order.
    GiveVectors(Arc<[Vector]>),
    /// Tell what the format says beside the answer.
    Aside {
        /// Which format.
        family: WireFamily,
        /// An object.
        fields: JsonText,
    },
    /// Throw the half answer away; another attempt begins again. It is kept in the settlement.
    Discard,
    /// Tell that the usage so far is this.
    ShowUsage {
        /// Of which attempt.
        attempt: u32,
        /// Tokens.
        usage: Usage,
    },
    /// The run leaves an attempt for another one.
    Switch(Switch),
    /// The attempt is over: write its row. Exactly once each.
    Settle(Box<Settlement>),
    /// The run is over. Exactly once.
    Finish(Outcome),
}

/// What happens after a failed attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Switch {
    /// The attempt that failed.
    pub from_attempt: u32,
    /// The endpoint that is asked next, as an index into [`Plan::endpoints`].
    pub to_endpoint: usize,
    /// Whether it is the same endpoint once more, with the same key.
    pub is_retry: bool,
    /// Whether it is the same endpoint with its next key.
    pub is_next_key: bool,
    /// Why the next attempt is made.
    pub because: MadeBecause,
    /// How long the run waits first, in milliseconds.
    pub wait_millis: u64,
    /// Why.
    pub failure: Failure,
}

/// Everything known about an attempt when it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Which attempt, by its ordinal.
    pub attempt: u32,
    /// Index into [`Plan::endpoints`].
    pub endpoint: usize,
    /// How it ended.
    pub status: AttemptStatus,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What the run does next because of it, in words for people.
    pub left_because: Option<String>,
    /// From the attempt's start.
    pub timings: Timings,
    /// Why the model stopped.
    pub finish_reason: Option<FinishReason>,
    /// The model that said it answered.
    pub served_model: Option<String>,
    /// The host behind a gateway.
    pub served_by: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// Events that could not be read.
    pub malformed_events: u32,
    /// What a person should know about an answer that came, in sentences.
    pub warnings: Vec<String>,
    /// Tokens, by the last count.
    pub usage: Option<Usage>,
    /// The usage object as it came.
    pub raw_usage: Option<RawUsage>,
    /// What the provider said it charged.
    pub reported_cost: Option<NanoUsd>,
    /// The tier of service that the provider says it gave.
    pub service_tier: Option<ServiceTier>,
    /// Whether any text or thinking came.
    pub received_anything: bool,
    /// What it wrote of a half answer that a later attempt replaces or continues.
    pub replaced_text: Option<String>,
    /// Where it goes on with the answer of an earlier attempt: how many characters come before.
    pub continues_at: Option<u64>,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// With a whole answer.
    Answered {
        /// Why the model stopped.
        reason: FinishReason,
    },
    /// The person stopped it. The text stays.
    Stopped,
    /// Patchbay closed. The text stays.
    Interrupted,
    /// No attempt gave a whole answer. The text of the last one stays.
    Failed {
        /// Why the last one failed.
        failure: Failure,
    },
}
