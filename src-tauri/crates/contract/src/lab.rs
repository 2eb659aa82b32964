//! The latency lab: the same tiny prompt through chosen ways in. Money is nano-dollars, times are
//! milliseconds since 1970 UTC, durations milliseconds with a fraction.

use serde::{Deserialize, Serialize};

use crate::replies::CostView;
use crate::requests::EndpointView;

wire! {
    /// What to measure.
    pub struct LabRequest {
        /// Through which ways in; 1 to 12.
        pub endpoints: Vec<EndpointView>,
        /// The one that the others are held against, as an index; `null` for none.
        pub baseline: Option<u32>,
        /// How often each is asked; 1 to 200. The ways in take turns.
        pub rounds: u32,
        /// What is asked.
        pub prompt: String,
        /// The longest answer in tokens; 1 to 1,000.
        pub max_tokens: u32,
    }

    /// What a measurement would cost, told before it begins.
    pub struct LabEstimate {
        /// Each way in: `null` where its price is not known.
        pub nano_usd: Vec<Option<i64>>,
        /// All together; `null` where one of them is not known.
        pub total_nano_usd: Option<i64>,
        /// Requests in all.
        pub requests: u32,
    }

    /// A measurement, going on or done.
    pub struct LabView {
        /// Its id.
        pub id: String,
        /// When it began.
        pub started_at: i64,
        /// What was asked.
        pub request: LabRequest,
        /// Requests that are over.
        pub done: u32,
        /// Requests in all.
        pub total: u32,
        /// It was stopped before its end.
        pub is_stopped: bool,
        /// It is still going on.
        pub is_running: bool,
        /// One row a way in, in the order of the request.
        pub rows: Vec<LabRowView>,
        /// What it cost so far.
        pub cost: CostView,
    }

    /// What was measured through one way in.
    pub struct LabRowView {
        /// Which.
        pub endpoint: EndpointView,
        /// Its name for people: the provider's, and the host behind it where one was named.
        pub name: String,
        /// Answers.
        pub answered: u32,
        /// Failures.
        pub failed: u32,
        /// The newest failure, in one sentence.
        pub failure: Option<String>,
        /// Until the first token.
        pub first_token: Option<LabFigure>,
        /// Until the whole answer.
        pub total: Option<LabFigure>,
        /// Until the first token, minus that of the baseline in the same round.
        pub added_first_token: Option<LabFigure>,
        /// Until the whole answer, minus that of the baseline in the same round.
        pub added_total: Option<LabFigure>,
        /// What it cost.
        pub cost: CostView,
    }

    /// A median with its 95 % interval.
    pub struct LabFigure {
        /// The median.
        pub median: f64,
        /// The lower end; `null` where there are too few samples for one (fewer than six).
        pub low: Option<f64>,
        /// The upper end.
        pub high: Option<f64>,
        /// Samples.
        pub samples: u32,
    }

    /// One measurement.
    pub struct LabReference {
        /// Which.
        pub id: String,
    }

    /// A measurement as a text to be kept.
    pub struct LabExport {
        /// Which.
        pub id: String,
        /// `markdown`, `csv` (one line a request) or `json`.
        pub format: String,
    }
}

/// What happens while a measurement goes on.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum LabEvent {
    /// As it stands.
    Progress {
        /// All of it.
        lab: LabView,
    },
}
