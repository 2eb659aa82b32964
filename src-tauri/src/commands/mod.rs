//! Every command of the window: parse, call, map. The list is the contract's.

mod app;
mod cases;
mod comparisons;
mod conversations;
mod gateway;
mod keys;
mod lab;
mod local_model;
mod models;
mod providers;
mod receipts;
mod routes;
mod runs;
mod spend;
mod spend_proof;
mod telemetry;

use patchbay_contract::{ErrorCode, IpcError};

use self::app::*;
use self::cases::*;
use self::comparisons::*;
use self::conversations::*;
use self::gateway::*;
use self::keys::*;
use self::lab::*;
use self::local_model::*;
use self::models::*;
use self::providers::*;
use self::receipts::*;
use self::routes::*;
use self::runs::*;
use self::spend::*;
use self::spend_proof::*;
use self::telemetry::*;

/// What a command answers with.
pub(crate) type Reply<T> = Result<T, IpcError>;

/// Registers the commands of the contract.
pub(crate) fn handler() -> impl Fn(tauri::ipc::Invoke) -> bool + Send + Sync + 'static {
    patchbay_contract::with_commands!(tauri::generate_handler)
}

/// Reads an id that the window was given earlier.
pub(crate) fn id<T: std::str::FromStr>(text: &str, what: &str) -> Reply<T> {
    text.parse().map_err(|_| {
        IpcError::new(
            ErrorCode::NotFound,
            format!("{what} is not there any more."),
            "Open it again from the list.",
        )
    })
}
