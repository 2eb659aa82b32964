//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use patchbay_domain::{Clock, UnixMillis};

/// Two hands, as in life: the time of day, which may jump, and the monotonic one, which may not.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    monotonic: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `now`; its monotonic hand stands at 0.
    pub fn new(now: UnixMillis) -> Self {
        Self {
            now: AtomicI64::new(now.0),
            monotonic: AtomicU64::new(0),
        }
    }

    /// Lets `millis` milliseconds pass on both hands.
    pub fn advance(&self, millis: u64) {
        self.monotonic.fetch_add(millis, Ordering::SeqCst);
        self.now
            .fetch_add(i64::try_from(millis).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Sets the time of day, forward or back, as a time server does. The monotonic hand stays.
    pub fn jump_to(&self, now: UnixMillis) {
        self.now.store(now.0, Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// 2026-11-22 09:00 UTC.
    fn default() -> Self {
        Self::new(UnixMillis(1_795_338_000_000))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.load(Ordering::SeqCst))
    }

    fn monotonic_millis(&self) -> u64 {
        self.monotonic.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_time_of_day_jumps_back() {
        let clock = ManualClock::default();
        let start = clock.now();
        clock.advance(1_500);
        clock.jump_to(UnixMillis(start.0 - 60_000));
        assert_eq!(clock.now(), UnixMillis(start.0 - 60_000));
        assert_eq!(clock.monotonic_millis(), 1_500);
    }
}
