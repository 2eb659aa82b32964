//! From the words of the engine to those of the contract, one file a subject. Nothing is decided here.

mod against;
mod compare;
mod conversations;
mod errors;
mod facts;
pub(crate) mod gateway;
mod lab;
mod models;
mod providers;
mod ranking;
mod receipts;
mod routing;
mod runs;
pub(crate) mod spend;
pub(crate) mod spend_proof;

pub(crate) use against::{against, replay, replay_outcome};
pub(crate) use compare::{
    case, comparison, comparison_summary, definition, definition_from, estimate, judging_from,
    merged, round, rows,
};
pub(crate) use conversations::{
    conversation, endpoint_from, message_with, parameters_from, summary,
};
pub(crate) use errors::error;
pub(crate) use facts::{local_model, spend, vault};
pub(crate) use lab::{lab, lab_estimate, lab_plan};
pub(crate) use models::{model, model_detail};
pub(crate) use providers::{local_server, preset, provider, provider_test};
pub(crate) use ranking::{ranking, ranking_filter};
pub(crate) use receipts::{found_receipt, run_view};
pub(crate) use routing::{
    amount, endpoint_health, plan, route, route_from, route_id, target_from, verdict,
};
pub(crate) use runs::RunContext;
