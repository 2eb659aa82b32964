//! Gemini's own format, `generateContent`, on Google AI Studio and on Google Cloud (Vertex AI).
//!
//! Both speak the same language; they differ in addresses, in what opens them, and in that Google
//! Cloud knows no ids of tool calls. The wire types are our own, every field is optional and unknown
//! ones are ignored.

mod cloud;
mod contents;
mod decoder;
mod embeddings;
mod models;
mod provider;
mod request;
mod thinking;
mod usage;
mod wire;
mod words;

pub use cloud::GoogleCloud;
pub use decoder::{Decoder, ReplyContext};
pub use models::{model_version, parse_models, parse_publisher_models};
pub use provider::Gemini;
pub use request::{Platform, body};
pub(crate) use usage::read_again as usage_event;

/// The format of the reasoning items that this family makes and takes back.
pub const FORMAT: &str = "gemini";
