//! Anthropic's endpoints.

pub(crate) mod messages;
pub(crate) mod models;
