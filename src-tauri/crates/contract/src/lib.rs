//! What crosses between Rust and the web view: commands, requests, replies, events, error codes.
//!
//! The TypeScript under `ui/src/lib/ipc/gen` is generated from here (`cargo xtask gen`), and so are
//! the list of registered commands and the window's permissions: there is no second list to drift.
//!
//! **Invariant:** no type here can hold a key on its way out. Keys come in through
//! [`requests::KeySet`] and [`requests::ProviderDraft`] and never go back.
#![warn(missing_docs)]

#[macro_use]
mod macros;

pub mod commands;
pub mod compare;
pub mod error;
pub mod events;
pub mod gateway;
pub mod lab;
pub mod models;
pub mod providers;
pub mod ranking;
pub mod receipts;
pub mod replies;
pub mod requests;
pub mod routing;
pub mod spend;
pub mod vocabulary;

pub use commands::COMMANDS;
pub use error::{ErrorCode, IpcError};
