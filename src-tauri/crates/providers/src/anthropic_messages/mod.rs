//! Anthropic's messages format, and those who copied it so that its tools work with their models.
//!
//! The wire types are our own, every field is optional and unknown ones are ignored. What Claude
//! models accept differs from one to the next, and a field too many is refused; the table that says
//! so is in `rules`.

mod blocks;
mod content;
mod decoder;
mod models;
mod prefill;
mod provider;
mod request;
mod rules;
mod usage;
mod wire;

use patchbay_domain::WireFamily;

pub use decoder::Decoder;
pub use models::parse_models;
pub(crate) use prefill::claude_takes_prefill;
pub use provider::AnthropicMessages;
pub(crate) use provider::versioned;
pub use request::body;
pub(crate) use usage::read_again as usage_event;

/// The word under which thinking is kept that only this format can read.
pub const REASONING_FORMAT: &str = WireFamily::AnthropicMessages.as_str();
