//! What was spent. Money is nano-dollars, times are milliseconds since 1970 UTC, days are dates of the
//! person's own calendar such as `2026-11-25`.
//!
//! Long because all that crosses about spend stands in one place.

use patchbay_domain as domain;
use serde::{Deserialize, Serialize};

use crate::models::PriceTagView;
use crate::providers::KeyView;
use crate::receipts::FoundCase;
use crate::replies::CostView;
use crate::requests::{EndpointView, TypedKey};

wire! {
    /// A span of whole days, and what in it is looked at. What is `null` does not matter.
    pub struct SpendQuery {
        /// The first day.
        pub from: String,
        /// The last day, which belongs to it.
        pub to: String,
        /// Through this provider only.
        pub provider_id: Option<String>,
        /// Of this model only, by its canonical name.
        pub model_key: Option<String>,
        /// `chat`, `compare`, `lab` or `gateway`.
        pub origin: Option<String>,
        /// `answer`, `judge` or `merge`.
        pub purpose: Option<String>,
        /// Of this app of the gateway only.
        pub app: Option<String>,
        /// In this chat only.
        pub conversation_id: Option<String>,
        /// With this key only: its slot, together with `providerId`.
        pub key_id: Option<String>,
        /// Costs known in this way only.
        #[cfg_attr(feature = "generate", ts(type = "CostKind | null"))]
        pub cost_kind: Option<domain::CostKind>,
    }

    /// What attempts add up to.
    #[derive(Default)]
    pub struct SpendSums {
        /// Every amount that is known. With `unknown` above 0 the truth is larger.
        pub known_nano_usd: i64,
        /// The part that providers said they charged.
        pub reported_nano_usd: i64,
        /// The part that is tokens times a known rate.
        pub computed_nano_usd: i64,
        /// The part that is an estimate.
        pub estimated_nano_usd: i64,
        /// Attempts that have ended.
        pub attempts: u64,
        /// Those whose cost the provider said.
        pub reported: u64,
        /// Those whose cost was computed.
        pub computed: u64,
        /// Those whose cost is an estimate.
        pub estimated: u64,
        /// Those whose cost nobody knows.
        pub unknown: u64,
        /// Attempts that gave the answer.
        pub answered: u64,
        /// Attempts that failed.
        pub failed: u64,
        /// What attempts cost that gave no answer: failures, losers of races, half answers.
        pub wasted_nano_usd: i64,
    }

    /// Tokens by what they were.
    #[derive(Default)]
    pub struct SpendTokens {
        /// Read afresh.
        pub input: u64,
        /// Read from a cache.
        pub cache_read: u64,
        /// Written to a cache.
        pub cache_write: u64,
        /// Of the answer, as people see it.
        pub output: u64,
        /// Thought.
        pub reasoning: u64,
        /// Sound and pictures, both ways.
        pub media: u64,
        /// Searches of the web.
        pub web_searches: u64,
    }

    /// The figures at the top.
    pub struct SpendOverview {
        /// Today.
        pub today: SpendSums,
        /// This month so far.
        pub month: SpendSums,
        /// The last month, whole.
        pub last_month: SpendSums,
        /// What this month comes to if it goes on as it did; `null` before there is a day to go by.
        pub pace_nano_usd: Option<i64>,
        /// Days of this month that are over, today with the part of it that is over.
        pub days_over: f64,
        /// Days that this month has.
        pub days_of_month: u32,
        /// All within the query.
        pub span: SpendSums,
        /// Answers that began within the query, those that nobody was asked for too.
        pub answers: u64,
        /// Of those, how many needed more than one attempt.
        pub fell_back: u64,
        /// Of those, how many gave none, those that a budget stopped not among them.
        pub failed_answers: u64,
        /// Of those, how many a budget stopped.
        pub stopped_answers: u64,
        /// Answers that a budget stopped today.
        pub stopped_today: u64,
        /// Tokens within the query.
        pub tokens: SpendTokens,
        /// What caches saved within the query, against reading all afresh: charged rates, less what
        /// writing to caches cost more. `null` where no rate is known.
        pub cache_saved_nano_usd: Option<i64>,
        /// Paid within the query where the maker's list price is known too.
        pub compared_paid_nano_usd: i64,
        /// The makers' list price of the same tokens.
        pub compared_list_nano_usd: i64,
        /// Attempts of which both are known.
        pub compared_attempts: u64,
        /// What is on its way: the worst case of all attempts that have not ended.
        pub reserved_nano_usd: i64,
        /// The first day of which anything is known; `null` for an empty history.
        pub first_day: Option<String>,
        /// Today, by the person's calendar.
        pub today_date: String,
    }

    /// What to draw.
    pub struct SpendChartRequest {
        /// Of what.
        pub query: SpendQuery,
        /// `provider`, `model`, `origin`, `app`, `conversation`, `key`, `purpose` or `cost_kind`.
        pub by: String,
    }

    /// Bars by day, and what each of their parts adds up to.
    pub struct SpendChart {
        /// Every day of the span, the empty ones too.
        pub days: Vec<String>,
        /// The parts, the dearest first. At most 200; what is behind them is the last, with the key
        /// `rest`.
        pub groups: Vec<SpendGroup>,
        /// What is known of each day beside the groups that have days of their own, in the order of
        /// `days`.
        pub others_by_day_nano_usd: Vec<i64>,
        /// Attempts of each day whose cost nobody knows, of all groups, in the order of `days`.
        pub unknown_by_day: Vec<u64>,
    }

    /// One part of a chart.
    pub struct SpendGroup {
        /// What it is, in the words of the query.
        pub key: String,
        /// Its name for people.
        pub name: String,
        /// For a key, its provider.
        pub provider_id: Option<String>,
        /// The cable of its model, 0 to 5, where it is one.
        pub colour: Option<u8>,
        /// All of it.
        pub sums: SpendSums,
        /// Its tokens.
        pub tokens: SpendTokens,
        /// Words of the answers, where they were counted.
        pub words: u64,
        /// What a thousand words of answers cost, where enough were counted; `null` otherwise.
        pub thousand_words_nano_usd: Option<i64>,
        /// What is known of each day, in the order of `days`, for the seven dearest; empty for the others.
        pub by_day_nano_usd: Vec<i64>,
    }

    /// Which answers to show.
    pub struct SpendAnswersRequest {
        /// Of what.
        pub query: SpendQuery,
        /// Only those that a budget stopped. Where the query asks for a provider, a model, a key or a cost,
        /// there are none.
        pub only_stopped: bool,
        /// `dearest` or `newest`.
        pub order: String,
        /// How many to skip.
        pub offset: u32,
        /// At most so many; 1 to 200.
        pub limit: u32,
    }

    /// One answer with what it cost.
    pub struct SpendAnswer {
        /// Its run; opens its receipt.
        pub run_id: String,
        /// Its chat; `null` where that is gone, or there was none.
        pub conversation_id: Option<String>,
        /// The chat's title.
        pub title: Option<String>,
        /// How the question begins.
        pub question: Option<String>,
        /// The model that answered, or was asked.
        pub model: String,
        /// Through whom.
        pub provider_name: String,
        /// `chat`, `compare`, `lab` or `gateway`.
        pub origin: String,
        /// `answer`, `judge` (of other answers) or `merge` (one answer made of several).
        pub purpose: String,
        /// Where in a comparison it stands, or what it judged stands; then its conversation is in no
        /// list of chats.
        pub comparison_case: Option<FoundCase>,
        /// The id of the app that asked through the gateway.
        pub app: Option<String>,
        /// When it began.
        pub started_at: i64,
        /// All attempts within the query together.
        pub cost: CostView,
        /// Their tokens.
        pub tokens: SpendTokens,
        /// Attempts within the query.
        pub attempts: u32,
        /// A budget stopped it.
        pub is_stopped: bool,
    }

    /// A page of answers.
    pub struct SpendAnswers {
        /// In the order asked for.
        pub answers: Vec<SpendAnswer>,
        /// There are more.
        pub has_more: bool,
    }

    /// What is paid above the makers' list prices.
    pub struct MarkupView {
        /// One for each way in to each model, the largest difference first.
        pub rows: Vec<MarkupRow>,
        /// What topping up costs, for each provider that asks a fee and was used.
        pub fees: Vec<TopUpFeeView>,
        /// Where a provider's own list and its bill disagree.
        pub warnings: Vec<MarkupWarning>,
    }

    /// One way in to one model, against its maker's list.
    pub struct MarkupRow {
        /// The way in.
        pub endpoint: EndpointView,
        /// Its provider's name.
        pub provider_name: String,
        /// The canonical model.
        pub model_key: String,
        /// The model's name for people.
        pub model_name: String,
        /// The cable of its model.
        pub colour: Option<u8>,
        /// Paid, where both are known.
        pub paid_nano_usd: i64,
        /// The list price of the same tokens; `null` where nobody knows it.
        pub list_nano_usd: Option<i64>,
        /// `paid / list - 1` in percent; `null` where it says nothing.
        pub percent: Option<f64>,
        /// Attempts that are compared.
        pub attempts: u64,
        /// Attempts that are not, since one of the two is not known.
        pub not_compared: u64,
        /// Which price the charge goes by.
        pub paid_tag: Option<PriceTagView>,
        /// Which list the maker's price stood on.
        pub list_tag: Option<PriceTagView>,
        /// Whose way in this is: the maker answers itself.
        pub is_direct: bool,
        /// What makes the two less than alike, in sentences: an alias that moves, rounded weights, an
        /// old price.
        pub caveats: Vec<String>,
    }

    /// A fee for topping up.
    pub struct TopUpFeeView {
        /// Whose.
        pub provider_id: String,
        /// Its name.
        pub provider_name: String,
        /// What it asks, in one sentence.
        pub words: String,
        /// What that comes to on what was spent there, by card; `null` where it cannot be told.
        pub by_card_nano_usd: Option<i64>,
        /// The same, by crypto currency.
        pub by_crypto_nano_usd: Option<i64>,
        /// What was spent there.
        pub spent_nano_usd: i64,
        /// The page that says so.
        pub source: String,
        /// When that was read, as `2026-07`.
        pub as_of: String,
    }

    /// A list and a bill that disagree.
    pub struct MarkupWarning {
        /// The way in.
        pub endpoint: EndpointView,
        /// Its provider's name.
        pub provider_name: String,
        /// What it said it charged.
        pub billed_nano_usd: i64,
        /// What its list makes of the same tokens.
        pub by_list_nano_usd: i64,
        /// Attempts.
        pub attempts: u64,
        /// In one sentence.
        pub words: String,
    }

    /// What to work out.
    pub struct MathRequest {
        /// The last so many days; 1 to 366.
        pub days: u32,
        /// What everything would have cost on these models, by their canonical names; at most 8.
        pub model_keys: Vec<String>,
    }

    /// Real usage, priced elsewhere.
    pub struct MathView {
        /// The first day.
        pub from: String,
        /// The last day.
        pub to: String,
        /// One for each model that was used, the dearest first.
        pub rows: Vec<MathRow>,
        /// What everything would have cost on the models asked for.
        pub elsewhere: Vec<MathElsewhere>,
        /// What follows from the numbers, in plain sentences. Empty where there is too little.
        pub findings: Vec<MathFinding>,
        /// Why nothing or little is said; `null` where there is enough.
        pub too_thin: Option<String>,
    }

    /// One model as it was used.
    pub struct MathRow {
        /// The canonical model.
        pub model_key: String,
        /// Its name for people.
        pub model_name: String,
        /// The cable of its model.
        pub colour: Option<u8>,
        /// Through whom, the most used first.
        pub ways: Vec<MathWay>,
        /// Paid.
        pub paid_nano_usd: i64,
        /// The maker's list price of the same tokens.
        pub list_nano_usd: Option<i64>,
        /// The part of all that was spent, 0 to 1.
        pub share: f64,
        /// Attempts.
        pub attempts: u64,
        /// Attempts whose tokens nobody counted: no way in can be priced on them.
        pub without_tokens: u64,
        /// The cheapest way in; `null` where none can be priced.
        pub cheapest: Option<u32>,
    }

    /// One way in to a model, used or not.
    pub struct MathWay {
        /// Which.
        pub endpoint: EndpointView,
        /// Its provider's name.
        pub provider_name: String,
        /// Attempts that took it.
        pub attempts: u64,
        /// Paid there.
        pub paid_nano_usd: i64,
        /// What all of the model's tokens would have cost there; `null` where its price is not known.
        pub would_be_nano_usd: Option<i64>,
        /// Which list that price stood on.
        pub price_tag: Option<PriceTagView>,
        /// Until the first token, the median on this computer; `null` where it was not measured.
        pub first_token_millis: Option<u64>,
        /// Measurements behind that.
        pub measured: u32,
        /// The maker answers itself.
        pub is_direct: bool,
        /// There is a key for it, or none is needed.
        pub is_usable: bool,
    }

    /// All usage, on one other model.
    pub struct MathElsewhere {
        /// The canonical model.
        pub model_key: String,
        /// Its name for people.
        pub model_name: String,
        /// By its cheapest way in.
        pub provider_name: Option<String>,
        /// What it would have cost, the same count of tokens assumed; `null` where no price is known.
        pub would_be_nano_usd: Option<i64>,
        /// What was paid for the attempts that could be priced.
        pub paid_nano_usd: i64,
        /// Attempts that could be priced.
        pub attempts: u64,
    }

    /// One sentence, and what stands behind it.
    pub struct MathFinding {
        /// The sentence.
        pub words: String,
        /// Numbers behind it, as name and value.
        pub evidence: Vec<EvidenceView>,
        /// What it would save a month; `null` where it saves nothing.
        pub saves_nano_usd: Option<i64>,
    }

    /// One number behind a sentence.
    pub struct EvidenceView {
        /// What it is.
        pub name: String,
        /// As people read it.
        pub value: String,
    }

    /// A provider's own figure beside ours.
    pub struct ReconcileView {
        /// Whose.
        pub provider_id: String,
        /// Its name.
        pub provider_name: String,
        /// Which key's slot.
        pub key_id: String,
        /// Its label.
        pub key_label: String,
        /// Whether its balance can be asked for at all.
        pub can_ask: bool,
        /// When the figures begin; `null` where there is only one reading.
        pub from: Option<i64>,
        /// When they end: the newest reading.
        pub to: Option<i64>,
        /// What went by the provider's figures; `null` where they cannot be subtracted.
        pub theirs_nano_usd: Option<i64>,
        /// What went by ours.
        pub ours: SpendSums,
        /// `ours / theirs - 1` in percent; `null` where it says nothing.
        pub drift_percent: Option<f64>,
        /// In one sentence.
        pub words: String,
        /// What may be behind a drift, the likeliest first.
        pub reasons: Vec<String>,
        /// Readings, the newest first, at most 50.
        pub readings: Vec<ReadingView>,
    }

    /// A balance at a time.
    pub struct ReadingView {
        /// When.
        pub at: i64,
        /// What was left or used, as the provider wrote it.
        pub words: String,
    }

    /// Days that are looked at, as dates in UTC; both belong to the span.
    pub struct OrganisationSpan {
        /// The first.
        pub from: String,
        /// The last.
        pub to: String,
    }

    /// Asks a provider what its organisation was charged on these days.
    pub struct OrganisationRead {
        /// Whom.
        pub provider_id: String,
        /// The first day, a date in UTC.
        pub from: String,
        /// The last.
        pub to: String,
    }

    /// Stores the key with which a provider tells what its organisation used.
    pub struct AdminKeySet {
        /// For which provider. The key is bound to the origin of its base URL.
        pub provider_id: String,
        /// The key. It goes one way only.
        #[cfg_attr(feature = "generate", ts(type = "string"))]
        pub key: TypedKey,
        /// Keep it for this session only, outside the keychain.
        pub session_only: bool,
    }

    /// What a provider's whole organisation was charged, beside the ledger.
    pub struct OrganisationView {
        /// Whose.
        pub provider_id: String,
        /// Its name.
        pub provider_name: String,
        /// Where the admin key is.
        pub key: KeyView,
        /// How admin keys begin.
        pub key_prefix: String,
        /// Where they are made.
        pub key_url: String,
        /// What the costs leave out or count besides, in one sentence.
        pub note: String,
        /// When they were read last; `null` for never.
        pub read_at: Option<i64>,
        /// When a reading failed, where the newest one did.
        pub failed_at: Option<i64>,
        /// Why, in plain words.
        pub failure: Option<String>,
        /// The first UTC day that is compared; `null` where none of the span was read.
        pub from: Option<String>,
        /// The last one.
        pub to: Option<String>,
        /// What the compared days cost by the provider.
        pub theirs_nano_usd: Option<i64>,
        /// What they cost by the ledger.
        pub ours: SpendSums,
        /// `ours / theirs - 1` in percent; `null` where it says nothing.
        pub drift_percent: Option<f64>,
        /// In one or a few sentences.
        pub words: String,
        /// What may be behind a drift, the likeliest first.
        pub reasons: Vec<String>,
        /// UTC days of the span of which a side knows something, the newest first, at most 366.
        pub days: Vec<OrganisationDayView>,
    }

    /// One UTC day of an organisation.
    pub struct OrganisationDayView {
        /// Its date.
        pub day: String,
        /// What it cost by the provider; `null` where that was not told.
        pub theirs_nano_usd: Option<i64>,
        /// What it cost by the ledger.
        pub ours_nano_usd: i64,
        /// Attempts of the ledger.
        pub our_attempts: u64,
        /// Those of them whose cost nobody knows.
        pub our_unknown: u64,
        /// `ours / theirs - 1` in percent; `null` where it says nothing.
        pub drift_percent: Option<f64>,
        /// Whether the two are further apart than rounding explains.
        pub differs: bool,
        /// Tokens by the provider; `null` where it did not tell.
        pub their_tokens: Option<u64>,
        /// Tokens by the ledger.
        pub our_tokens: u64,
        /// Requests by the provider; `null` where it did not tell.
        pub their_requests: Option<u64>,
    }

    /// A provider's list of what it billed.
    pub struct UsageImport {
        /// Whose.
        pub provider_id: String,
        /// The file's name.
        pub name: String,
        /// The file's text, CSV.
        pub text: String,
    }

    /// An import.
    pub struct UsageImportReference {
        /// Which.
        pub import_id: String,
    }

    /// An import, matched against the ledger.
    pub struct UsageImportView {
        /// Its id.
        pub import_id: String,
        /// Whose.
        pub provider_id: String,
        /// Its name.
        pub provider_name: String,
        /// The file's name.
        pub name: String,
        /// When it was read.
        pub created_at: i64,
        /// What kind of file it is, for people, such as "OpenRouter activity".
        pub format: String,
        /// What a row stands for: `request`, or `day` for all of a model on a day.
        pub grain: String,
        /// The first day of its rows.
        pub from: String,
        /// The last day of its rows.
        pub to: String,
        /// Rows that were read.
        pub rows: u64,
        /// Rows that could not be read.
        pub unreadable: u64,
        /// Rows with a counterpart.
        pub matched: u64,
        /// Rows of theirs without one.
        pub only_theirs: u64,
        /// Rows of ours without one.
        pub only_ours: u64,
        /// All that they billed; `null` where the file has no money.
        pub theirs_nano_usd: Option<i64>,
        /// All of ours in the same days.
        pub ours_nano_usd: i64,
        /// `ours / theirs - 1` in percent.
        pub drift_percent: Option<f64>,
        /// The rows, those that differ first; at most 500.
        pub lines: Vec<UsageImportLine>,
    }

    /// One row of an import.
    pub struct UsageImportLine {
        /// `equal`, `differs`, `only_theirs` or `only_ours`.
        pub verdict: String,
        /// When, or the day.
        pub when: String,
        /// For which model.
        pub model: String,
        /// Tokens by their count.
        pub their_tokens: Option<u64>,
        /// Tokens by ours.
        pub our_tokens: Option<u64>,
        /// What they billed.
        pub their_nano_usd: Option<i64>,
        /// What we know of.
        pub our_nano_usd: Option<i64>,
        /// Our answer's run, where there is one.
        pub run_id: Option<String>,
        /// What may be behind a difference.
        pub because: Option<String>,
    }

    /// Attempts through one way in whose cost nobody knows.
    pub struct UnknownView {
        /// The way in.
        pub endpoint: EndpointView,
        /// Its provider's name.
        pub provider_name: String,
        /// How many.
        pub attempts: u64,
        /// Those with a count of tokens: a price makes them known.
        pub with_tokens: u64,
        /// The first of them.
        pub first_at: i64,
        /// The last of them.
        pub last_at: i64,
        /// Why, in one sentence.
        pub because: String,
        /// There is a price now.
        pub has_price: bool,
        /// What they would cost by that price; `null` where there is none.
        pub would_be_nano_usd: Option<i64>,
    }

    /// Which attempts to price again.
    pub struct RepriceRequest {
        /// Through which way in; `null` for all.
        pub endpoint: Option<EndpointView>,
        /// The first day; `null` for the first there is.
        pub from: Option<String>,
        /// The last day; `null` for today.
        pub to: Option<String>,
        /// `unknown` for those without a cost; `all` to work every one out again from what the
        /// provider counted, at the rates of its own time where those are kept.
        pub which: String,
        /// Only says what would change.
        pub is_trial: bool,
    }

    /// What pricing again changed, or would.
    pub struct RepriceView {
        /// Attempts that were looked at.
        pub looked_at: u64,
        /// Attempts that changed.
        pub changed: u64,
        /// What was known of all before.
        pub before_nano_usd: i64,
        /// What is known of all now.
        pub after_nano_usd: i64,
        /// Unknown before.
        pub unknown_before: u64,
        /// Unknown now.
        pub unknown_after: u64,
        /// The line in the audit; `null` where nothing changed, or it was a trial.
        pub audit_id: Option<String>,
    }

    /// One change of history.
    pub struct AuditView {
        /// Its id.
        pub audit_id: String,
        /// When.
        pub at: i64,
        /// What was done, in one sentence.
        pub words: String,
        /// Attempts that changed.
        pub changed: u64,
        /// What was known of all before.
        pub before_nano_usd: i64,
        /// What was known of all after.
        pub after_nano_usd: i64,
    }

    /// What to write to a file.
    pub struct SpendExport {
        /// Of what.
        pub query: SpendQuery,
        /// `rows` for every attempt, `sums` for days, models and ways in, `statement` for a page of
        /// HTML to keep, `organisation` for what the query's provider charged its organisation by day.
        pub what: String,
        /// `csv` or `json`; a statement is HTML.
        pub format: String,
    }

    /// A file that was written.
    pub struct SavedFile {
        /// Its name.
        pub name: String,
        /// The folder that it lies in.
        pub folder: String,
        /// Its size in bytes.
        pub bytes: u64,
    }

    /// A file to show in the folder that it lies in.
    pub struct FileReveal {
        /// Its name, as [`SavedFile`] told it.
        pub name: String,
    }

    /// The currency that amounts are shown in.
    pub struct CurrencyView {
        /// Three letters, such as `EUR`.
        pub code: String,
        /// What a dollar is worth in it, as decimal text.
        pub per_usd: String,
        /// The day of that rate.
        pub as_of: String,
        /// Where the rate was found; empty where nobody said.
        pub source: String,
    }

    /// Which currency amounts are shown in.
    pub struct CurrencyChoice {
        /// `null` for dollars alone.
        pub currency: Option<CurrencyView>,
    }

    /// A count against a free allowance.
    pub struct FreeTierView {
        /// Whose.
        pub provider_id: String,
        /// Its name.
        pub provider_name: String,
        /// Which key's slot; `null` where it is the account's.
        pub key_id: Option<String>,
        /// The key's label.
        pub key_label: Option<String>,
        /// For which model; `null` for all.
        pub model: Option<String>,
        /// `minute` or `day`.
        pub window: String,
        /// `requests` or `tokens`.
        pub unit: String,
        /// How many this computer sent within it.
        pub used: u64,
        /// How many are allowed; `null` where nobody said.
        pub limit: Option<u64>,
        /// How many the provider said are left.
        pub left: Option<u64>,
        /// When the provider said that.
        pub said_at: Option<i64>,
        /// When it starts anew.
        pub resets_at: Option<i64>,
    }
}

/// Whom a budget holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum BudgetScopeView {
    /// Everything.
    Everything,
    /// One provider.
    Provider {
        /// Which.
        provider_id: String,
    },
    /// One model, whoever reaches it.
    Model {
        /// Its canonical name.
        model_key: String,
    },
    /// One chat.
    Conversation {
        /// Which.
        conversation_id: String,
    },
    /// One app of the gateway.
    App {
        /// Which.
        app: String,
    },
}

wire! {
    /// A budget, as it is set.
    pub struct BudgetView {
        /// Its id; `null` for one that is new.
        pub budget_id: Option<String>,
        /// Whom it holds.
        pub scope: BudgetScopeView,
        /// `day`, `week` or `month`.
        #[cfg_attr(feature = "generate", ts(type = "BudgetPeriod"))]
        pub period: domain::budget::Period,
        /// The most, in dollars as decimal text.
        pub limit: String,
        /// Says so from this part of it on, in percent; `null` for never.
        pub warns_at: Option<u8>,
        /// Takes cheaper ways in from this part of it on, in percent; `null` for never.
        pub saves_at: Option<u8>,
        /// Asks this route instead from there on; `null` for the cheapest way in to what was asked.
        pub saves_with_route_id: Option<String>,
        /// Nothing that costs is asked once it is spent.
        pub stops: bool,
        /// Where nobody knows a price, nothing is asked that could break the budget.
        pub refuses_unknown: bool,
    }

    /// A budget and where it stands.
    pub struct BudgetStanding {
        /// As it is set.
        pub budget: BudgetView,
        /// Whom it holds, for people.
        pub name: String,
        /// The most.
        pub limit_nano_usd: i64,
        /// Spent in this period.
        pub spent_nano_usd: i64,
        /// On its way, at its worst.
        pub reserved_nano_usd: i64,
        /// Attempts in this period whose cost nobody knows.
        pub unknown: u64,
        /// `fine`, `warned`, `saving` or `spent`.
        #[cfg_attr(feature = "generate", ts(type = "BudgetStage"))]
        pub stage: domain::budget::Stage,
        /// What the period comes to if it goes on like this; `null` where it is too early to say.
        pub pace_nano_usd: Option<i64>,
        /// When it starts anew.
        pub resets_at: i64,
        /// Where it stands, in one sentence.
        pub words: String,
    }

    /// One budget.
    pub struct BudgetReference {
        /// Which.
        pub budget_id: String,
    }
}
