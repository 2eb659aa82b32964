//! Points in time, and the one way to ask for the current one.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Milliseconds from `earlier` to `self`; 0 where the clock was set back in between.
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

/// Tells the time. The engine holds the real one, tests hold one that they move by hand.
pub trait Clock: Send + Sync {
    /// The time of day, which a person or a time server may set back or forward.
    fn now(&self) -> UnixMillis;

    /// Milliseconds since some fixed moment; never goes back. Durations are measured with this.
    fn monotonic_millis(&self) -> u64;
}
