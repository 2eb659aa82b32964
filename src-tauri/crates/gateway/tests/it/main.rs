//! The gateway over real sockets: a scripted provider behind it, and clients that say exactly which
//! bytes they send.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod apps;
mod chat;
mod client;
mod embeddings;
mod faults;
mod messages;
mod packages;
mod responses;
mod routing;
mod safety;
mod several;
mod support;
