//! OpenAI's endpoints.

pub(crate) mod chat;
pub(crate) mod completions;
pub(crate) mod embeddings;
pub(crate) mod models;
pub(crate) mod preferences;
pub(crate) mod responses;
mod usage;
