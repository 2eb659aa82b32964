//! Routes: which models and ways in may answer, in which order, under which conditions.
//!
//! A [`Route`] is what a person wrote down. [`plan`] works it out for one request and says of every
//! way in why it stands where it stands, or why it is left out. It is a pure function: the route
//! editor asks it the same question that a run asks, and gets the same answer.

mod circuit;
mod declared;
mod health;
mod measured;
mod need;
mod one_model;
mod order;
mod planning;
mod quote;
mod skip;
mod ways;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::circuit::{Circuit, CircuitState, Gate};
pub use self::declared::{DeclaredPolicy, Training};
pub use self::health::{Health, HealthBook};
pub use self::measured::{MOST_SAMPLES, Measured, Sample, Summary};
pub use self::need::{EmbeddingNeed, Need};
pub use self::one_model::embedding_model;
pub use self::planning::{CostEstimate, Placed, PlanStep, RoutePlan, Spared, over_budget, plan};
pub use self::quote::{LONG_ANSWER, Quoted, quote};
pub use self::skip::{SkipReason, Skipped};
pub use self::ways::{WayIn, WaysIn};
use crate::id::{ProviderId, RouteId};
use crate::model::Endpoint;
use crate::money::{NanoUsd, NanoUsdPerMTok};
use crate::run::{HalfAnswer, Limits};
use crate::words::word_enum;

/// The most entries of a route; more is a mistake.
pub const MAX_ENTRIES: usize = 64;

word_enum! {
    /// In which order a route's ways in are asked.
    pub enum Policy {
        /// As the person wrote them down; of one model, in the order of the providers.
        AsListed = "as_listed",
        /// The cheapest for this request first, those in trouble last.
        Cheapest = "cheapest",
        /// The one whose first token came soonest on this computer first, those in trouble last.
        Fastest = "fastest",
        /// Price, speed and failures weighed against each other.
        Balanced = "balanced",
        /// The model that the person's own votes put first, by [`Route::best_for`]; those that fail more
        /// often than they answer last, and before them those that the votes do not rank.
        MyBest = "my_best",
    }
}

/// An entry of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RouteEntry {
    /// A model, by all its ways in.
    Model {
        /// `maker/model`, or the key of a way in whose model is not certain.
        key: String,
    },
    /// One way in.
    Endpoint {
        /// Which.
        endpoint: Endpoint,
    },
}

/// What a person chose to ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Target {
    /// This way in and no other.
    Endpoint {
        /// Which.
        endpoint: Endpoint,
    },
    /// A model, by all its ways in.
    Model {
        /// As in [`RouteEntry::Model`].
        key: String,
    },
    /// A route.
    Route {
        /// Which.
        id: RouteId,
    },
}

/// What a way in must have to be asked. Everything is off by default but the fit of the context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requirements {
    /// The most that one answer may cost, by an estimate: the prompt, and an answer of usual length or
    /// the longest that the request allows. A way in whose price is not known is left out.
    pub answer_ceiling: Option<NanoUsd>,
    /// The most that a million answer tokens may cost.
    pub output_ceiling: Option<NanoUsdPerMTok>,
    /// The prompt and the answer fit, where the size is known.
    pub context_fits: bool,
    /// It takes pictures.
    pub images: bool,
    /// It calls tools.
    pub tools: bool,
    /// It thinks before it answers.
    pub reasoning: bool,
    /// It keeps to a JSON schema.
    pub json_schema: bool,
    /// Its weights can be downloaded.
    pub open_weights: bool,
    /// It runs on this computer.
    pub local_only: bool,
    /// Its maker answers, with nobody between.
    pub direct_only: bool,
    /// Nobody who reads it declares that models are trained with it. Those who declare nothing stay.
    pub no_training: bool,
    /// Nobody who reads it declares that it is kept. Those who declare nothing stay.
    pub no_keeping: bool,
    /// Only these regions, where a provider's region is known; empty for any.
    pub regions: Vec<String>,
    /// Never these providers.
    pub excluded: Vec<ProviderId>,
}

impl Default for Requirements {
    fn default() -> Self {
        Self {
            answer_ceiling: None,
            output_ceiling: None,
            context_fits: true,
            images: false,
            tools: false,
            reasoning: false,
            json_schema: false,
            open_weights: false,
            local_only: false,
            direct_only: false,
            no_training: false,
            no_keeping: false,
            regions: Vec::new(),
            excluded: Vec::new(),
        }
    }
}

/// A named, ordered list of models and ways in, with all that decides between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Its id.
    pub id: RouteId,
    /// Its name, as the picker and the gateway know it.
    pub name: String,
    /// Whom to ask. At least one.
    pub entries: Vec<RouteEntry>,
    /// In which order.
    pub policy: Policy,
    /// With [`Policy::MyBest`]: only votes with this tag count; `None` for all of the person's votes.
    #[serde(default)]
    pub best_for: Option<String>,
    /// Under which conditions.
    pub requirements: Requirements,
    /// How long to wait for what, and how often to try.
    pub limits: Limits,
    /// Start a second way in where the first token is late.
    pub is_hedged: bool,
    /// What becomes of half an answer.
    pub half_answer: HalfAnswer,
    /// Ask the model in this process where the network is gone.
    pub local_when_offline: bool,
}

/// Why a route cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Without a name nobody finds it.
    #[error("a route needs a name")]
    NoName,
    /// The name is longer than a picker can show.
    #[error("a route's name has at most {0} characters")]
    LongName(usize),
    /// Nobody to ask.
    #[error("a route needs at least one model or way in")]
    NoEntries,
    /// More than anybody asks in turn.
    #[error("a route has at most {MAX_ENTRIES} entries")]
    ManyEntries,
    /// A time limit or a count that no run can keep.
    #[error("{field} must be between {least} and {most}")]
    OutOfRange {
        /// Which one, in words.
        field: &'static str,
        /// The least.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A ceiling below nothing.
    #[error("a price ceiling must be above 0")]
    Ceiling,
}

/// The longest name, in characters.
const NAME_LENGTH: usize = 60;

impl Route {
    /// A route with usual settings.
    pub fn new(id: RouteId, name: impl Into<String>, entries: Vec<RouteEntry>) -> Self {
        Self {
            id,
            name: name.into(),
            entries,
            policy: Policy::AsListed,
            best_for: None,
            requirements: Requirements::default(),
            limits: Limits::ROUTE,
            is_hedged: false,
            half_answer: HalfAnswer::Replace,
            local_when_offline: true,
        }
    }

    /// Checks what a person wrote down.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), RouteError> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err(RouteError::NoName);
        }
        if name.chars().count() > NAME_LENGTH {
            return Err(RouteError::LongName(NAME_LENGTH));
        }
        if self.entries.is_empty() {
            return Err(RouteError::NoEntries);
        }
        if self.entries.len() > MAX_ENTRIES {
            return Err(RouteError::ManyEntries);
        }
        let limits = &self.limits;
        let second = 1_000;
        for (field, value, least, most) in [
            (
                "the time to connect",
                limits.connect_millis,
                500,
                600 * second,
            ),
            (
                "the time to the first token",
                limits.first_token_millis,
                500,
                3_600 * second,
            ),
            (
                "the silence between tokens",
                limits.silence_millis,
                500,
                3_600 * second,
            ),
            (
                "the time of the whole run",
                limits.total_millis,
                second,
                24 * 3_600 * second,
            ),
            (
                "tries of one way in",
                u64::from(limits.attempts_per_endpoint),
                1,
                10,
            ),
            ("tries in all", u64::from(limits.attempts), 1, 50),
        ] {
            if !(least..=most).contains(&value) {
                return Err(RouteError::OutOfRange { field, least, most });
            }
        }
        let requirements = &self.requirements;
        let is_wrong = requirements
            .answer_ceiling
            .is_some_and(|ceiling| ceiling.0 <= 0)
            || requirements
                .output_ceiling
                .is_some_and(|ceiling| ceiling.0 < 0);
        if is_wrong {
            return Err(RouteError::Ceiling);
        }
        Ok(())
    }
}
