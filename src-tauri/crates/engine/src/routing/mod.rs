//! Which way in answers: routes, what is known of the ways in, how they fare, and the plan of a run.
//!
//! The rules are the domain's. Here are their facts: what the store and the presets know, read once
//! and kept until something changes, so that a run asks neither the disk nor a list of models.

mod access;
mod colour_cache;
mod health;
mod known;
mod proposal;
mod resolve;
mod routes;
mod thrift;
mod wall;

pub(crate) use self::access::free;
pub(crate) use self::colour_cache::ColourCache;
pub use self::health::EndpointHealth;
pub(crate) use self::health::HealthKeeper;
pub use self::known::declared_policy_of;
pub(crate) use self::known::{Known, KnownCache, Reach};
pub use self::resolve::PlannedRoute;
pub(crate) use self::resolve::{Resolved, alone};
