//! The OpenAI chat completions format and those who speak it, each with an accent.
//!
//! The wire types are our own, every field is optional and unknown ones are ignored: strict types
//! are what breaks other clients whenever a provider adds a word.

mod decoder;
mod dialect;
mod models;
mod provider;
mod request;
mod usage;
mod wire;

/// The format of thinking that OpenRouter wants back: one detail of its list.
const REASONING_DETAILS: &str = "openai_chat.reasoning_details";

/// The format of what belongs to one tool call: an object with the `id` of the call and its
/// `extra_content`.
const TOOL_EXTRA_CONTENT: &str = "openai_chat.tool_extra_content";

/// The format of thinking in plain words: a JSON string.
const REASONING_CONTENT: &str = "openai_chat.reasoning_content";

pub use decoder::Decoder;
pub use dialect::{
    CacheKeyField, Continuation, Dialect, DocumentPart, EffortWords, JsonModes, MaxTokensField,
    ReasoningReturn, ReasoningSwitch, ReportedCost, SeedField, SystemRole, ThinkTags,
};
pub(crate) use models::fetch_models;
pub use models::{ListContext, ModelListShape, parse_models};
pub use provider::OpenAiChat;
pub use request::{RequestBody, body};
pub(crate) use usage::read_again as usage_event;
