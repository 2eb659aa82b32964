//! Routes: what a person writes down, how it is worked out, how the ways in fare. Money is
//! nano-dollars, times are milliseconds since 1970 UTC, durations milliseconds.

use patchbay_domain as domain;
use serde::{Deserialize, Serialize};

use crate::requests::EndpointView;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum TargetView {
    /// One way in, and no other.
    Endpoint {
        /// Which.
        endpoint: EndpointView,
    },
    /// A model, by all its ways in.
    Model {
        /// `key` of the model.
        key: String,
    },
    /// A route.
    Route {
        /// Which.
        id: String,
    },
}

/// One entry of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum RouteEntryView {
    /// One way in.
    Endpoint {
        /// Which.
        endpoint: EndpointView,
    },
    /// A model, by all its ways in.
    Model {
        /// `key` of the model.
        key: String,
    },
}

wire! {
    /// A route, as it is shown and saved.
    #[derive(PartialEq, Eq)]
    pub struct RouteView {
        /// `null` for one that is not saved yet.
        pub id: Option<String>,
        /// 1 to 60 characters; no two routes have the same.
        pub name: String,
        /// Whom to ask, in this order; 1 to 64.
        pub entries: Vec<RouteEntryView>,
        /// In which order the ways in are asked.
        #[cfg_attr(feature = "generate", ts(type = "Policy"))]
        pub policy: domain::route::Policy,
        /// With the policy `my_best`: only votes with this tag count; `null` for all.
        #[serde(default)]
        pub best_for: Option<String>,
        /// What a way in must have.
        pub requirements: RequirementsView,
        /// How long to wait for what, and how often to try.
        pub limits: RouteLimitsView,
        /// A second way in starts where the first token is late.
        pub is_hedged: bool,
        /// What becomes of half an answer.
        #[cfg_attr(feature = "generate", ts(type = "HalfAnswer"))]
        pub half_answer: domain::run::HalfAnswer,
        /// The model on this computer is asked where the network is gone.
        pub local_when_offline: bool,
    }

    /// What a way in must have to be asked.
    #[derive(PartialEq, Eq)]
    pub struct RequirementsView {
        /// The most that one answer may cost, estimated, in dollars as decimal text such as `0.02`.
        pub answer_ceiling: Option<String>,
        /// The most that a million answer tokens may cost, in dollars as decimal text.
        pub output_ceiling: Option<String>,
        /// The prompt fits, where the size of the context is known.
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
        /// Nobody who declares to train models with it.
        pub no_training: bool,
        /// Nobody who declares to keep it.
        pub no_keeping: bool,
        /// Only these regions, where a provider's is known.
        pub regions: Vec<String>,
        /// Never these providers.
        pub excluded: Vec<String>,
    }

    /// How long to wait for what, and how often to try.
    #[derive(PartialEq, Eq)]
    pub struct RouteLimitsView {
        /// Until a provider has accepted the request: 500 ms to 10 min.
        pub connect_millis: u64,
        /// From there to the first token: 500 ms to 1 h. Models that think first are given five
        /// times as long.
        pub first_token_millis: u64,
        /// Between two tokens: 500 ms to 1 h.
        pub silence_millis: u64,
        /// For the whole answer: 1 s to 24 h.
        pub total_millis: u64,
        /// Tries of one way in: 1 to 10.
        pub attempts_per_endpoint: u32,
        /// Tries in all: 1 to 50.
        pub attempts: u32,
    }

    /// One route.
    pub struct RouteReference {
        /// Which.
        pub id: String,
    }

    /// All routes in a new order.
    pub struct RouteOrder {
        /// Every one, the first one first.
        pub ids: Vec<String>,
    }

    /// What would happen now? Either a route as it is being edited, or what the picker chose.
    pub struct PlanRequest {
        /// The route being edited; wins over `target`.
        pub route: Option<RouteView>,
        /// What would be asked.
        pub target: Option<TargetView>,
        /// The text in the composer.
        pub text: String,
        /// The conversation that it would go on with, whose text counts too.
        pub conversation_id: Option<String>,
    }

    /// What would happen now.
    pub struct PlanView {
        /// Whom to ask, in this order.
        pub steps: Vec<PlanStepView>,
        /// Who is left out, and why.
        pub skipped: Vec<SkippedView>,
        /// Tokens of the prompt, estimated.
        pub input_tokens: u64,
    }

    /// One way in of a plan.
    pub struct PlanStepView {
        /// Whom to ask for which model.
        pub endpoint: EndpointView,
        /// The provider's name.
        pub provider_name: String,
        /// `key` of the model.
        pub model_key: String,
        /// Which entry of the route; `null` for the last resort.
        pub entry: Option<u32>,
        /// Why it stands here: a word to branch on, such as `cheapest` or `last_resort`.
        pub placed: String,
        /// The same for people, such as "cheapest for this text".
        pub because: String,
        /// What this text is likely to cost there, in nano-dollars; `null` where nobody knows.
        pub likely_nano_usd: Option<i64>,
        /// What it may cost with the longest answer.
        pub worst_nano_usd: Option<i64>,
        /// Keys that can be tried.
        pub keys: u32,
        /// Tokens of prompt and answer together.
        pub context_length: Option<u64>,
        /// It can go on with half an answer.
        pub takes_prefill: bool,
        /// A second way in starts where the first token is later than this; `null` for never.
        pub hedge_after_millis: Option<u64>,
        /// How it fared here.
        pub health: HealthView,
    }

    /// A way in, or an entry, that a plan leaves out.
    pub struct SkippedView {
        /// The way in; `null` where the entry names a model that nobody lists.
        pub endpoint: Option<EndpointView>,
        /// The provider's name, or what the entry says.
        pub name: String,
        /// Which entry of the route.
        pub entry: u32,
        /// A word to branch on, such as `no_key` or `circuit_open`.
        pub reason: String,
        /// The same for people: a sentence without a full stop, such as "no key" or "paused until
        /// 14:03 after an error of its own". Times in it are this computer's.
        pub because: String,
        /// Until when, for what passes by itself.
        pub until: Option<i64>,
    }

    /// How one way in fares on this computer.
    pub struct HealthView {
        /// `closed`, `open`, or `probing`.
        pub circuit: String,
        /// Until when it is left alone.
        pub paused_until: Option<i64>,
        /// Why, in one sentence.
        pub paused_because: Option<String>,
        /// Attempts that the figures rest on, the newest 64 at most; older ones count for less.
        pub samples: u32,
        /// Half of the first tokens came sooner.
        pub first_token_p50: Option<u64>,
        /// Nineteen of twenty came sooner.
        pub first_token_p95: Option<u64>,
        /// Answer tokens a second.
        pub tokens_per_second: Option<f64>,
        /// The share that failed, 0 to 1.
        pub failed_share: Option<f64>,
        /// The newest attempt.
        pub latest_at: Option<i64>,
        /// What the provider says may still be asked; empty where it says nothing.
        pub allowances: Vec<AllowanceView>,
    }

    /// One allowance of a provider.
    pub struct AllowanceView {
        /// `requests`, `tokens`, `input tokens` or `output tokens`.
        pub label: String,
        /// In one period.
        pub limit: Option<u64>,
        /// Of that, not used yet.
        pub remaining: Option<u64>,
        /// When all of it can be used again.
        pub resets_at: Option<i64>,
        /// When the provider said so.
        pub as_of: i64,
    }

    /// The health of one way in.
    pub struct EndpointHealthView {
        /// Which.
        pub endpoint: EndpointView,
        /// How it fares.
        pub health: HealthView,
    }

    /// Plays the sixteen faults against a route's settings. Nothing leaves this computer.
    pub struct RouteTestRequest {
        /// The route, saved or not.
        pub route: RouteView,
    }

    /// How a route's settings stand up to the faults.
    pub struct RouteTestView {
        /// Sixteen, in their order.
        pub verdicts: Vec<VerdictView>,
    }

    /// How they stand up to one fault.
    pub struct VerdictView {
        /// 1 to 16.
        pub fault: u32,
        /// What the provider does, in a few words.
        pub title: String,
        /// What a route should do.
        pub wanted: String,
        /// `pass`, `partial`, `safe` or `fail`.
        pub verdict: String,
        /// What this route did, in one sentence.
        pub because: String,
        /// Which setting would change that; `null` where it passes.
        pub advice: Option<String>,
        /// How long the answer took, by the clock of the test.
        pub took_millis: u64,
        /// Every attempt.
        pub attempts: Vec<WallAttemptView>,
    }

    /// One attempt of a test.
    pub struct WallAttemptView {
        /// `first` or `second`: which of the two stand-ins was asked.
        pub who: String,
        /// From the start of the test.
        pub at_millis: u64,
        /// How long it took.
        pub took_millis: u64,
        /// How it ended, such as "429 rate limited" or "answered".
        pub words: String,
        /// It gave the answer.
        pub is_answer: bool,
    }
}
