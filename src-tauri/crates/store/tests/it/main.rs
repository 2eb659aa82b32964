//! The store from outside: one binary, so that it links once.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed; seeds and other processes are told by printing"
)]

mod app_request;
mod attempt;
mod basics;
mod child;
mod comparison;
mod crash;
mod found_run;
mod full_disk;
mod health;
mod keys;
mod lab;
mod listing;
mod model;
mod older_schema;
mod opening;
mod prices;
mod recovery;
mod redo;
mod refused;
mod route;
mod routed_crash;
mod routed_run;
mod spend;
mod spend_audit;
mod spend_sums;
mod support;
mod tables;
mod together;
