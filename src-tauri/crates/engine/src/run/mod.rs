//! Runs: the pure machine of the domain, driven over real providers, a real clock and the store.

mod driver;
mod journal;
mod live;
mod tool_calls;

pub(crate) use driver::{Connected, Driver, EndpointAccess, Finished, Observer, told_apart};
pub(crate) use live::LiveRun;
pub use live::{RunSink, RunSnapshot, RunUpdate, SequencedUpdate};
