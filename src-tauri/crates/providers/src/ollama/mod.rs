//! Ollama's own format, which says what its compatible endpoint leaves out: how many tokens a model
//! can hold here, how far its weights were rounded, and that a prompt was cut.

mod context;
mod decoder;
mod models;
mod provider;
mod request;
mod usage;
mod wire;

pub use decoder::Decoder;
pub use provider::Ollama;
pub use request::body;
pub(crate) use usage::read_again as usage_event;
