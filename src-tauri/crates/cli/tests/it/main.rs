//! The real program: what it prints, what it leaves, and with which code it ends.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod asking;
mod comparing;
mod keychain;
mod service;
mod serving;
mod setup;
mod spending;
mod support;
mod usage;
