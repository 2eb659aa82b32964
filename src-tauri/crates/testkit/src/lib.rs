//! For tests only: a provider that does what its model names say, a collector that keeps what it is
//! sent, a clock that is moved by hand, and a home folder that goes away.
//!
//! The seam exists so that every test of Patchbay, from a decoder to the real window, meets the same
//! faults. It is only ever a dev-dependency: nothing here is part of what people install.

pub mod clock;
pub mod collector;
pub mod home;
pub mod scripted;

pub use clock::ManualClock;
pub use collector::{Collected, Collector};
pub use home::TemporaryHome;
pub use scripted::{
    Billed, Pace, QUICK_FAULTS, RecordedRequest, ScriptedDay, ScriptedModel, ScriptedOptions,
    ScriptedOrganisation, ScriptedPrices, ScriptedProvider,
};
