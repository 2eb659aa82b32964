//! The OpenAI chat completions format and those who speak it, each with an accent.
//!
//! The wire types are our own, every field is optional and unknown ones are ignored: strict types
//! are what breaks other clients whenever a provider adds a word.

mod decoder;
mod models;
mod provider;
mod request;
mod usage;
mod wire;

pub use decoder::Decoder;
pub use models::{ModelListError, parse_models};
pub use provider::{ConfigError, OpenAiChat, OpenAiChatConfig};
pub use request::{Dialect, MaxTokensField, body};
