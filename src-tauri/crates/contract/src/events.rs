//! What Rust pushes. Two kinds, never mixed: a channel for the tokens of one run, and one event of
//! the app for facts that were stored.

use serde::{Deserialize, Serialize};

use crate::replies::{AttemptView, MessageView, UsageView};

/// The name of the app-wide event; its payload is a [`StoreChanged`].
pub const STORE_CHANGED: &str = "store-changed";

/// The name of the app-wide event that asks the window to do something, such as a menu entry would;
/// its payload is one word.
pub const WINDOW_ACTION: &str = "window-action";

/// What was stored since the last one. A window that shows it asks again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct StoreChanged {
    /// The list of conversations.
    pub conversation_list: bool,
    /// The contents of these conversations.
    pub conversation_ids: Vec<String>,
    /// Providers, their keys or their models.
    pub providers: bool,
    /// Routes.
    pub routes: bool,
    /// How ways in fare.
    pub health: bool,
    /// Measurements of the latency lab.
    pub labs: bool,
    /// The list of comparisons, or which rounds they have. Read open rounds again too.
    pub comparisons: bool,
    /// These rounds: where they stand, or their cells.
    pub round_ids: Vec<String>,
    /// Votes.
    pub votes: bool,
    /// What was spent.
    pub spend: bool,
    /// Budgets, or the currency that amounts are shown in.
    pub budgets: bool,
    /// The apps of the gateway.
    pub apps: bool,
    /// What apps asked.
    pub app_requests: bool,
    /// Settings.
    pub settings: bool,
}

/// One event of a run. `sequence` counts up from 0 without a gap.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct RunEvent {
    /// 0, 1, 2 and so on.
    pub sequence: u64,
    /// What happened.
    pub change: RunChange,
}

/// What happened in a run. Exactly one `ended`, and nothing after it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum RunChange {
    /// A way in is being asked, or has sent its first token.
    Attempt {
        /// As far as it is known.
        attempt: AttemptView,
    },
    /// Text to be appended.
    Text {
        /// Only what is new.
        text: String,
    },
    /// Thinking to be appended.
    Reasoning {
        /// Only what is new.
        text: String,
    },
    /// The half answer is thrown away; another attempt begins again.
    Discard,
    /// Tokens so far.
    Usage {
        /// By the last count.
        usage: UsageView,
    },
    /// An attempt is over.
    Settled {
        /// All that is known about it.
        attempt: AttemptView,
    },
    /// The run leaves one way in, and waits for or goes to another.
    Switched {
        /// The attempt that failed.
        from_attempt: u32,
        /// Whether the same way in is asked once more.
        is_retry: bool,
        /// Why the next attempt is made.
        #[cfg_attr(feature = "generate", ts(type = "MadeBecause"))]
        made_because: patchbay_domain::run::MadeBecause,
        /// How long it waits first.
        wait_millis: u64,
        /// Why, in one sentence.
        because: String,
    },
    /// The answer could not be written to the disk yet. Patchbay goes on trying; the text is kept
    /// here until then.
    Unsaved {
        /// What happened.
        sentence: String,
        /// What to do.
        advice: String,
    },
    /// The run is over, and this is what was stored.
    Ended {
        /// The answer as it stands in the history.
        answer: MessageView,
    },
}
