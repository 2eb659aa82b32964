//! Why a way in is left out of a plan.

use serde::{Deserialize, Serialize};

use crate::failure::FailureClass;
use crate::model::Endpoint;
use crate::money::{NanoUsd, NanoUsdPerMTok};
use crate::time::UnixMillis;

/// One entry, or one way in of an entry, that a plan leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The way in; `None` where the entry names a model that nobody lists.
    pub endpoint: Option<Endpoint>,
    /// Its provider's name, or what the entry says.
    pub name: String,
    /// Index into the route's entries.
    pub entry: usize,
    /// Why.
    pub reason: SkipReason,
}

/// Why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum SkipReason {
    /// No provider lists it any more.
    NotListed,
    /// Its provider wants a key and has none.
    NoKey,
    /// It cannot be asked, in words for people.
    Unavailable {
        /// A sentence.
        because: String,
    },
    /// It failed too often lately and is left alone for a while.
    CircuitOpen {
        /// Until when.
        until: UnixMillis,
        /// What it failed with last.
        class: FailureClass,
    },
    /// Another run is finding out whether it works again.
    BeingProbed,
    /// Its provider said that nothing may be asked before then.
    RateLimitedUntil {
        /// Until when.
        until: UnixMillis,
    },
    /// The prompt and the answer do not fit.
    ContextTooSmall {
        /// Tokens that fit.
        context: u64,
        /// Tokens that are needed.
        needed: u64,
    },
    /// The answer may cost more than is left of the budget.
    OverBudget {
        /// What it may cost.
        worst: NanoUsd,
        /// What is left.
        left: NanoUsd,
        /// The budget's name; empty in plans from before budgets had one.
        #[serde(default)]
        budget: String,
    },
    /// Nobody knows its price, and a budget asks nobody without one.
    PriceUnknownToBudget {
        /// The budget's name.
        budget: String,
    },
    /// The answer is likely to cost more than the route allows.
    AboveCeiling {
        /// What it is likely to cost.
        likely: NanoUsd,
        /// What is allowed.
        ceiling: NanoUsd,
    },
    /// A million answer tokens cost more than the route allows.
    RateAboveCeiling {
        /// What they cost.
        rate: NanoUsdPerMTok,
        /// What is allowed.
        ceiling: NanoUsdPerMTok,
    },
    /// Nobody knows its price, so that no ceiling can be promised.
    PriceUnknown,
    /// It takes no pictures.
    NoImages,
    /// It takes no documents.
    NoDocuments,
    /// It calls no tools.
    NoTools,
    /// It keeps to no JSON schema.
    NoJsonSchema,
    /// It does not think before it answers.
    NoReasoning,
    /// Its weights are not open.
    NotOpenWeights,
    /// It does not run on this computer.
    NotLocal,
    /// Somebody stands between it and its maker, or nobody knows.
    NotDirect,
    /// Its provider declares that models may be trained with what is sent.
    MayTrain,
    /// Its provider declares that what is sent is kept.
    Keeps {
        /// For so many days.
        days: u32,
    },
    /// It is in another region.
    OtherRegion {
        /// Which.
        region: String,
    },
    /// The person left its provider out.
    Excluded,
    /// It is no model for conversations.
    NotChat,
    /// It makes no embeddings.
    NoEmbeddings,
    /// Embeddings were asked for, and those of another model do not mix with them.
    OtherEmbeddingModel {
        /// The one that this route's embeddings are made with.
        model: String,
    },
}

impl SkipReason {
    /// Whether it would have been asked but for a budget.
    pub fn is_about_a_budget(&self) -> bool {
        matches!(
            self,
            Self::OverBudget { .. } | Self::PriceUnknownToBudget { .. }
        )
    }
}
