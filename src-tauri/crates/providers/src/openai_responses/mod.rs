//! The OpenAI responses format and those who speak it: OpenAI, Azure, xAI, OpenRouter, LiteLLM, and
//! the local servers.
//!
//! A reply is a list of items (thinking, messages, calls of tools), and the stream tells each of them
//! several times over: in pieces, whole, within its item, and within the list at the end. Servers
//! leave out any of these, so the decoder takes each word from whatever tells it first, once.
//!
//! Nothing is ever stored at the provider: thinking comes back encrypted and is sent again.

mod decoder;
mod dialect;
mod provider;
mod request;
mod usage;
mod wire;

pub use decoder::Decoder;
pub use dialect::ResponsesDialect;
pub use provider::OpenAiResponses;
pub use request::body;
pub(crate) use usage::read_again as usage_event;

/// The format's name in [`ReasoningItem`](patchbay_domain::StreamEvent::ReasoningItem).
pub const FORMAT: &str = "openai_responses";
