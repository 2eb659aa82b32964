//! The store from outside: one binary, so that it links once.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that panics has failed; seeds and other processes are told by printing"
)]

mod attempt;
mod basics;
mod child;
mod crash;
mod full_disk;
mod keys;
mod listing;
mod model;
mod opening;
mod prices;
mod recovery;
mod spend;
mod support;
mod tables;
mod together;
