//! Models as providers list them, and endpoints: one way to reach one model.

use serde::{Deserialize, Serialize};

use crate::id::ProviderId;

/// One model as its provider lists it. What the provider does not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelListing {
    /// The id to send.
    pub id: String,
    /// A name for people, where there is one.
    pub name: Option<String>,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// Who made it, where the provider says so.
    pub owned_by: Option<String>,
}

/// One way to reach a model: "way in" where people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// Who answers.
    pub provider: ProviderId,
    /// The model's id as that provider spells it.
    pub model: String,
}
