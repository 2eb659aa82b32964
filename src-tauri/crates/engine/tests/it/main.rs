//! The use cases over a real store, real sockets and a scripted provider, with no keychain, no
//! window and no network.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod bad_input;
mod budgets;
mod child;
mod compare;
mod conversations;
mod deleted_keys;
mod families;
mod keys;
mod killed;
mod killed_ledger;
mod killed_reprice;
mod killed_round;
mod list_clock;
mod litellm_export;
mod organisations;
mod prices;
mod providers;
mod real_servers;
mod replay;
mod routing;
mod runs;
mod sixteen;
mod spend_books;
mod spend_overview;
mod support;
mod telemetry;
