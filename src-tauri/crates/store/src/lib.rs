//! Everything that outlives the process, in one SQLite file.
//!
//! The seam exists so that nobody else knows SQL: the engine says what happened in the domain's
//! words, and the store keeps it. One thread owns the only writing connection, so writes have a
//! total order and never fight for a lock; writes that wait together share one transaction and one
//! sync of the disk. Reads run beside it on three read-only connections.
//!
//! **Invariant:** a reply to a write means that it is on the disk: in the database, or for what apps ask
//! in the redo log beside it, which every read and every other write takes into the database first.
//! **Invariant:** no key is ever written here: no column may hold one. What has a place for text that
//! others made, such as what the test of a key said, is given it without the key.
//! **Invariant:** an attempt that was settled is never changed, so nothing is counted twice. Pricing it
//! again is the one exception, and leaves what stood there before in the audit.
//! **Invariant:** the sums by day and by conversation equal the sums over the attempts.
//! **Invariant:** `rusqlite` appears in no public signature but as the source of an error.
#![warn(missing_docs)]

mod app;
mod app_request;
mod attempt;
mod balance;
mod change;
mod choice;
mod colour;
mod comparison;
mod continued;
mod conversation;
mod error;
mod folder;
mod found_run;
mod health;
mod integrity;
mod key;
mod lab;
mod merged;
mod message;
mod migration;
mod model;
mod open;
mod past;
mod price;
mod provider;
mod readers;
mod recovery;
mod redo;
mod round;
mod round_cells;
mod route;
mod run;
mod run_origin;
mod search;
mod setting;
mod spend;
mod store;
mod values;
mod vote;
mod writer;

pub use app::AppRecord;
pub use app_request::{
    AppRequestFilter, AppRequestLine, AppRequestRecord, AskedTexts, Client, NewAppRequest,
};
pub use balance::{FetchedBalance, KeyBalance};
pub use change::Change;
pub use comparison::{ComparisonRecord, ComparisonSummary};
pub use conversation::{ConversationRecord, ConversationSummary, NewConversation};
pub use error::{StoreError, Subject};
pub use found_run::{FoundCase, FoundConversation, FoundRun, QUESTION_LENGTH, RunFilter, Tried};
pub use key::{KeyTest, ProviderKey};
pub use merged::MergedRecord;
pub use message::PartialAnswer;
pub use model::{ListedModel, ModelRefresh, RefreshFailure};
pub use open::{OpenReport, StoreOptions, Synchronous};
pub use past::PastQuestion;
pub use price::PriceRecord;
pub use provider::{ExtraHeader, ProviderRecord};
pub use recovery::RecoveryReport;
pub use round::{NewRound, RoundRecord, RoundState, RoundSummary};
pub use round_cells::{BeginCell, CellRecord, ColumnSpend, RoundPlace};
pub use run::{BeginRun, FinishRun, NewRun, RunConversation, RunRecord};
pub use run_origin::RunOrigin;
pub use search::{SearchHit, SnippetPart};
pub use spend::{
    AuditLine, AuditRecord, BalanceReading, BudgetRecord, ConversationName, DayGroup, DaySum,
    GroupSum, LastTags, LedgerRow, Refused, Repriced, SpanTally, SpendBy, SpendFilter, SpendOrder,
    SpentRun, Tally, UnknownGroup, UsageImportRecord, UsageRow,
};
pub use store::Store;
pub use vote::VoteRecord;
