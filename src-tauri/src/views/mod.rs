//! From the words of the engine to those of the contract, one file a subject. Nothing is decided here.

mod conversations;
mod errors;
mod facts;
mod models;
mod providers;
mod receipts;
mod runs;

pub(crate) use conversations::{
    conversation, endpoint, endpoint_from, message_with, parameters_from, summary,
};
pub(crate) use errors::error;
pub(crate) use facts::{local_model, spend, vault};
pub(crate) use models::{model, model_detail};
pub(crate) use providers::{local_server, preset, provider, provider_test};
pub(crate) use runs::RunContext;
