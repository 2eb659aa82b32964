//! Models as providers list them, and endpoints: one way to reach one model.

use serde::{Deserialize, Serialize};

use crate::id::ProviderId;
use crate::price::Price;
use crate::time::UnixMillis;

/// Kinds of content that a model takes or gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Modalities {
    /// Words.
    pub text: bool,
    /// Pictures.
    pub image: bool,
    /// PDF documents, read as a whole.
    pub pdf: bool,
    /// Sound.
    pub audio: bool,
    /// Moving pictures.
    pub video: bool,
}

/// What a model can do. What is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// What it reads.
    pub input: Option<Modalities>,
    /// What it gives.
    pub output: Option<Modalities>,
    /// It asks for tools.
    pub tools: Option<bool>,
    /// It thinks before it answers.
    pub reasoning: Option<bool>,
    /// It keeps to a JSON schema.
    pub json_schema: Option<bool>,
    /// Its weights can be downloaded.
    pub open_weights: Option<bool>,
}

impl Capabilities {
    /// These, and from `other` what is not known here.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            tools: self.tools.or(other.tools),
            reasoning: self.reasoning.or(other.reasoning),
            json_schema: self.json_schema.or(other.json_schema),
            open_weights: self.open_weights.or(other.open_weights),
        }
    }
}

/// One model as its provider lists it. What the provider does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelListing {
    /// The id to send.
    pub id: String,
    /// A name for people, where there is one.
    pub name: Option<String>,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// Tokens of the longest answer.
    pub max_output: Option<u64>,
    /// Who made it, where the provider says so.
    pub owned_by: Option<String>,
    /// When it came out.
    pub released_at: Option<UnixMillis>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How far its weights were rounded, such as `fp8`, where the provider says so.
    pub quantization: Option<String>,
    /// What the provider's own list asks for it.
    pub price: Option<Price>,
    /// It holds conversations. Lists name models for embeddings, pictures and speech too.
    pub is_chat: Option<bool>,
}

/// One way to reach a model: "way in" where people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Endpoint {
    /// Who answers.
    pub provider: ProviderId,
    /// The model's id as that provider spells it.
    pub model: String,
}
