//! What Rust answers. Times are milliseconds since 1970 UTC, durations milliseconds, money
//! nano-dollars.

use patchbay_domain as domain;

use crate::models::PriceTagView;
use crate::receipts::ReaderView;
use crate::requests::{EndpointView, ParametersView};
use crate::routing::{SkippedView, TargetView};

wire! {
    /// What the app is and how its storage stands.
    pub struct AppInformation {
        /// The version of Patchbay.
        pub version: String,
        /// Where history, settings and models are.
        pub data_folder: String,
        /// Where the log is.
        pub log_folder: String,
        /// `null` where history can be read and written.
        pub storage_problem: Option<StorageProblem>,
        /// What start-up did that a person should know, in whole sentences.
        pub notices: Vec<String>,
    }

    /// Why history cannot be used, and what to do.
    pub struct StorageProblem {
        /// What happened.
        pub title: String,
        /// What to do next.
        pub advice: String,
        /// The cause in technical words.
        pub detail: String,
    }

    /// A conversation in the list.
    pub struct ConversationSummary {
        /// Its id.
        pub id: String,
        /// Its title.
        pub title: String,
        /// When something was last said in it.
        pub updated_at: i64,
        /// When it was begun.
        pub created_at: i64,
    }

    /// A conversation as it is shown.
    pub struct ConversationView {
        /// As in the list.
        pub summary: ConversationSummary,
        /// Standing instructions.
        pub system_prompt: String,
        /// How to sample.
        pub parameters: ParametersView,
        /// Whom it asked last.
        pub endpoint: Option<EndpointView>,
        /// What was chosen last.
        pub target: Option<TargetView>,
        /// The end of the branch that is shown.
        pub active_leaf: Option<String>,
        /// Every message of every branch, oldest first.
        pub messages: Vec<MessageView>,
    }

    /// One message.
    pub struct MessageView {
        /// Its id.
        pub id: String,
        /// The message that it follows.
        pub parent_id: Option<String>,
        /// Who speaks.
        #[cfg_attr(feature = "generate", ts(type = "Role"))]
        pub role: domain::Role,
        /// What is said.
        pub text: String,
        /// What the model thought first.
        pub reasoning: String,
        /// Where it stands.
        #[cfg_attr(feature = "generate", ts(type = "MessageStatus"))]
        pub status: domain::MessageStatus,
        /// When it was made.
        pub created_at: i64,
        /// The run that wrote it, for answers.
        pub run: Option<RunView>,
    }

    /// The run behind an answer.
    pub struct RunView {
        /// Its id.
        pub id: String,
        /// Whom it was meant for.
        pub endpoint: EndpointView,
        /// The cable of that model, 0 to 5, kept for good. What answered has that of its attempt.
        pub colour: u8,
        /// What was chosen; `null` in history from before routes.
        pub target: Option<TargetView>,
        /// The route's name at the time.
        pub route_name: Option<String>,
        /// Who was left out, and why.
        pub skipped: Vec<SkippedView>,
        /// Everything that was tried.
        pub receipt: ReceiptView,
        /// Why there is no whole answer.
        pub failure: Option<FailureView>,
    }

    /// Everything that was tried for one answer.
    pub struct ReceiptView {
        /// In the order in which it was tried.
        pub attempts: Vec<AttemptView>,
        /// All of it together.
        pub cost: CostView,
        /// What those cost that gave no answer.
        pub wasted: CostView,
        /// Every party that read the text.
        pub readers: Vec<ReaderView>,
        /// What a budget changed about this answer, in one sentence; `null` for nothing.
        pub budget_note: Option<String>,
    }

    /// One request to one way in.
    pub struct AttemptView {
        /// 0 for the first.
        pub ordinal: u32,
        /// Who was asked.
        pub provider_id: String,
        /// Its name at the time.
        pub provider_name: String,
        /// For which model, as the provider spells it.
        pub model: String,
        /// Which key; `null` where none is needed.
        pub key_label: Option<String>,
        /// When it began.
        pub started_at: i64,
        /// Until the provider accepted it.
        pub opened_millis: Option<u64>,
        /// Until the first token.
        pub first_token_millis: Option<u64>,
        /// Until the end.
        pub total_millis: Option<u64>,
        /// How it ended.
        #[cfg_attr(feature = "generate", ts(type = "AttemptStatus"))]
        pub status: domain::AttemptStatus,
        /// Why it failed.
        pub failure: Option<FailureView>,
        /// What the run did next.
        pub left_because: Option<String>,
        /// Why the model stopped.
        #[cfg_attr(feature = "generate", ts(type = "FinishReason | null"))]
        pub finish_reason: Option<domain::FinishReason>,
        /// The model that said it answered, where it is another than was asked for.
        pub served_model: Option<String>,
        /// The host behind a gateway.
        pub served_by: Option<String>,
        /// The provider's id of the request.
        pub request_id: Option<String>,
        /// Events that could not be read and were left out.
        pub malformed_events: u32,
        /// What a person should know about the answer, in whole sentences.
        pub warnings: Vec<String>,
        /// Tokens; `null` where the provider did not count them.
        pub usage: Option<UsageView>,
        /// Answer tokens a second, after the first.
        pub tokens_per_second: Option<f64>,
        /// What it cost.
        pub cost: CostView,
        /// How the tokens make up the cost; empty where no rates are known.
        pub cost_lines: Vec<CostLine>,
        /// What the tokens cost by the price list; `null` where that is not known.
        pub computed_nano_usd: Option<i64>,
        /// What the provider itself says that it charged.
        pub reported_nano_usd: Option<i64>,
        /// What the same tokens cost by the maker's own list; `null` where that is not known.
        pub list_nano_usd: Option<i64>,
        /// The list that the maker's price stood on.
        pub list_tag: Option<PriceTagView>,
        /// What it was held for before it was sent: its worst case. `null` where no price is known.
        pub reserved_nano_usd: Option<i64>,
        /// The list that the rates stood on.
        pub price_tag: Option<PriceTagView>,
        /// The tier of service that the provider says it gave, where it says so.
        #[cfg_attr(feature = "generate", ts(type = "ServiceTier | null"))]
        pub service_tier: Option<domain::price::ServiceTier>,
        /// What it wrote of a half answer that a later attempt replaced or continued.
        pub replaced_text: Option<String>,
        /// The cable of its model, 0 to 5, kept for good.
        pub colour: u8,
        /// Why it was made.
        #[cfg_attr(feature = "generate", ts(type = "MadeBecause"))]
        pub made_because: domain::run::MadeBecause,
        /// Where it goes on with the answer of an earlier attempt, in characters (code points).
        pub continues_at: Option<u64>,
    }

    /// Tokens, in classes that do not overlap.
    pub struct UsageView {
        /// Prompt, read afresh.
        pub input: u64,
        /// Prompt, from the cache.
        pub cache_read: u64,
        /// Prompt, written to the short cache.
        pub cache_write: u64,
        /// Prompt, written to the cache that lasts an hour.
        pub cache_write_long: u64,
        /// Answer that can be seen.
        pub output: u64,
        /// Thinking.
        pub reasoning: u64,
        /// Prompt, sound, from the cache or not.
        pub audio_input: u64,
        /// Prompt, pictures.
        pub image_input: u64,
        /// Answer, sound.
        pub audio_output: u64,
        /// Answer, pictures.
        pub image_output: u64,
        /// Searches of the web. Not tokens.
        pub web_searches: u64,
    }

    /// One line of a cost: tokens of one class times their rate.
    pub struct CostLine {
        /// The class in words, such as `input` or `cache read`.
        pub label: String,
        /// How many tokens, requests or searches.
        pub count: u64,
        /// Nano-dollars for `per` of them.
        pub rate_nano_usd: i64,
        /// For how many the rate is: 1,000,000 tokens, 1,000 searches, 1 request.
        pub per: u64,
        /// Nano-dollars, rounded half to even.
        pub nano_usd: i64,
        /// The rate is that of a wider class, because this one has none of its own.
        pub is_guess: bool,
    }

    /// An amount and how sure it is.
    pub struct CostView {
        /// Nano-dollars; `null` exactly where `kind` is `unknown`.
        pub nano_usd: Option<i64>,
        /// How it is known.
        #[cfg_attr(feature = "generate", ts(type = "CostKind"))]
        pub kind: domain::CostKind,
    }

    /// A failure, told to people.
    pub struct FailureView {
        /// What kind; the window branches on it.
        #[cfg_attr(feature = "generate", ts(type = "FailureClass"))]
        pub class: domain::FailureClass,
        /// Whose doing.
        #[cfg_attr(feature = "generate", ts(type = "Side"))]
        pub side: domain::Side,
        /// What happened.
        pub sentence: String,
        /// What to do next.
        pub advice: String,
        /// The provider's own words, with secrets removed.
        pub words: String,
        /// The HTTP status.
        pub status: Option<u16>,
        /// The provider's own code.
        pub code: Option<String>,
        /// The provider's id of the request.
        pub request_id: Option<String>,
    }

    /// A run has begun.
    pub struct RunStarted {
        /// The run.
        pub run_id: String,
        /// Its conversation, which may be new.
        pub conversation: ConversationSummary,
        /// The question, where one was asked.
        pub question: Option<MessageView>,
        /// The answer, still empty.
        pub answer: MessageView,
    }

    /// A run as it stands, for a window that joins late. Events follow from `next_sequence` on.
    pub struct RunSnapshot {
        /// The run.
        pub run_id: String,
        /// The sequence number of the next event.
        pub next_sequence: u64,
        /// The answer so far, or whole.
        pub answer: MessageView,
        /// Whether it is over, so that no event follows.
        pub is_over: bool,
    }

    /// The model on this computer.
    pub struct LocalModelView {
        /// `missing`, `fetching`, `preparing`, `ready` or `unusable`.
        pub state: String,
        /// Its name.
        pub name: String,
        /// Bytes done so far.
        pub done_bytes: u64,
        /// Bytes in all.
        pub total_bytes: u64,
        /// What is wrong, where something is.
        pub problem: Option<String>,
    }

    /// What was spent.
    pub struct SpendToday {
        /// Since midnight here; exact over what is known.
        pub today_nano_usd: i64,
        /// Attempts today whose cost nobody knows.
        pub today_unknown: u64,
        /// Whether a part of today's sum is an estimate.
        pub today_estimated: bool,
        /// Since the first of the month here.
        pub month_nano_usd: i64,
        /// Attempts this month whose cost nobody knows.
        pub month_unknown: u64,
        /// The budget that is nearest to its end, of those that hold everything; where there is none,
        /// of the others.
        pub budget: Option<crate::spend::BudgetStanding>,
    }

    /// How the keychain stands.
    pub struct VaultView {
        /// `ready`, `no_bus`, `no_service`, `locked`, `waiting` or `failed`.
        pub state: String,
        /// What that means, in one line.
        pub title: String,
        /// What to do next.
        pub explanation: String,
    }
}
