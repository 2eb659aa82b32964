//! Finding answers by their receipts. Money is nano-dollars, times are milliseconds since 1970 UTC.

use patchbay_domain as domain;

use crate::replies::CostView;

wire! {
    /// Which answers to look for. What is `null` or `false` does not matter.
    #[derive(Default)]
    pub struct ReceiptSearch {
        /// More than one attempt was needed.
        pub switched: bool,
        /// There is no whole answer.
        pub failed: bool,
        /// Two ways in raced.
        pub hedged: bool,
        /// A half answer was gone on with.
        pub continued: bool,
        /// It cost more than this, in dollars as decimal text.
        pub cost_above: Option<String>,
        /// Its first token came later than this, in milliseconds.
        pub first_token_above_millis: Option<u64>,
        /// By this provider.
        pub provider_id: Option<String>,
        /// By models whose id holds this.
        pub model: Option<String>,
        /// Before the answer with this run; for the next page.
        pub before_run_id: Option<String>,
        /// At most so many; 1 to 200.
        pub limit: u32,
    }

    /// An answer that was found.
    pub struct FoundReceipt {
        /// Its run.
        pub run_id: String,
        /// Its conversation; `null` where that is gone, or there was none.
        pub conversation_id: Option<String>,
        /// The conversation's title.
        pub title: Option<String>,
        /// Where in a comparison it stands, or what it judged stands; then its conversation is in no
        /// list of chats.
        pub comparison_case: Option<FoundCase>,
        /// How the question begins.
        pub question: Option<String>,
        /// The route's name at the time.
        pub route_name: Option<String>,
        /// What was asked for, or the model that answered.
        pub model: String,
        /// When it began.
        pub started_at: i64,
        /// `answered`, `failed`, `stopped`, `interrupted` or `running`.
        pub outcome: String,
        /// `chat`, `compare`, `gateway` or `lab`.
        pub origin: String,
        /// `answer`, `judge` (of other answers) or `merge` (one answer made of several).
        pub purpose: String,
        /// The id of the app that asked through the gateway.
        pub app: Option<String>,
        /// Every attempt in short.
        pub attempts: Vec<FoundAttempt>,
        /// All of it together.
        pub cost: CostView,
        /// Until the first token of the attempt that answered.
        pub first_token_millis: Option<u64>,
    }

    /// The answers to one prompt of a comparison.
    pub struct FoundCase {
        /// Of which comparison.
        pub comparison_id: String,
        /// In which round.
        pub round_id: String,
        /// Which prompt; 0 for the first.
        pub case_index: u32,
        /// Which time; 0 for the first.
        pub repeat: u32,
    }

    /// An attempt in short.
    pub struct FoundAttempt {
        /// The provider's name at the time.
        pub provider_name: String,
        /// Why it was made.
        #[cfg_attr(feature = "generate", ts(type = "MadeBecause"))]
        pub made_because: domain::run::MadeBecause,
        /// How it ended.
        #[cfg_attr(feature = "generate", ts(type = "AttemptStatus"))]
        pub status: domain::AttemptStatus,
        /// Why it failed.
        #[cfg_attr(feature = "generate", ts(type = "FailureClass | null"))]
        pub failure: Option<domain::FailureClass>,
        /// The HTTP status.
        pub http_status: Option<u16>,
    }

    /// One run whose receipt is asked for.
    pub struct ReceiptReference {
        /// Which.
        pub run_id: String,
    }

    /// One party that read the text.
    pub struct ReaderView {
        /// Its name.
        pub name: String,
        /// `provider`, or `host` for one behind a gateway.
        pub role: String,
        /// It runs on this computer.
        pub is_local: bool,
        /// What it declares about the text; `null` where it declares nothing that we know of.
        pub policy: Option<DataPolicyView>,
    }

    /// What a provider declares.
    pub struct DataPolicyView {
        /// `no`, `unpaid_only`, `depends_on_host` or `unknown`.
        #[cfg_attr(feature = "generate", ts(type = "Training"))]
        pub training: domain::route::Training,
        /// For how many days it keeps the text.
        pub keeps_days: Option<u32>,
        /// The rest, in one sentence.
        pub words: String,
        /// The page that says so.
        pub source: String,
        /// When that was read, as `2026-07`.
        pub as_of: String,
    }
}
