//! The words and rules of Patchbay, with no way to touch the world.
//!
//! Everything here is a plain value or a pure function. Time, ids and randomness are passed in, so
//! that each rule can be tested with numbers written out, and replayed from a seed when it fails.
//!
//! **Invariant:** this crate knows no runtime, no HTTP, no database, no keychain and no window.
#![warn(missing_docs)]

pub mod amount;
pub mod app;
pub mod balance;
pub mod budget;
pub mod catalogue;
pub mod compare;
pub mod content;
pub mod day;
pub mod embedding;
pub mod failure;
pub mod id;
pub mod joint;
pub mod message;
pub mod model;
pub mod money;
pub mod price;
pub mod provider;
pub mod ranking;
pub mod rate_limit;
pub mod rates;
pub mod receipt;
pub mod request;
pub mod route;
pub mod run;
pub mod statistics;
pub mod stream;
pub mod time;
pub mod usage;
pub mod wall;
mod words;

pub use app::{App, AppEndpoint, AppRules};
pub use balance::{Balance, BalanceKind, BalanceLine};
pub use content::{ChatMessage, JsonText, Part};
pub use day::Day;
pub use embedding::{EmbeddingInput, EmbeddingRequest, Vector, VectorEncoding};
pub use failure::{Failure, FailureClass, Remedy, Side};
pub use id::{
    AttemptId, AuditId, BudgetId, ComparisonId, ConversationId, LabId, MergeId, MessageId, Origin,
    ProviderId, RoundId, RouteId, RunId, UsageImportId, VoteId,
};
pub use joint::Joint;
pub use message::{Message, MessageStatus, Role};
pub use model::{Capabilities, Endpoint, Modalities, ModelListing};
pub use money::{Cost, CostKind, NanoUsd, NanoUsdPerMTok};
pub use price::Price;
pub use provider::{EventStream, ModelProvider, WireFamily};
pub use rate_limit::{Allowance, RateLimits, Reset};
pub use rates::{CostClass, CostLine, Rates};
pub use receipt::{Attempt, AttemptStatus, ListPrice, Purpose, Receipt};
pub use request::{ChatRequest, ForeignFields, Parameters};
pub use stream::{FinishReason, StreamEvent};
pub use time::{Clock, UnixMillis};
pub use usage::{RawUsage, Usage};
