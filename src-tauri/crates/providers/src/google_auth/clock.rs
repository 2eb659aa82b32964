//! The real clock, for what nobody passes one to.

use std::sync::LazyLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use patchbay_domain::{Clock, UnixMillis};

/// The computer's clock. Signed requests hold the time of day, since Google refuses old ones.
pub(crate) struct SystemClock;

/// One for all, so that what one provider measured means the same to the next.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that others are passed"
    )]
    fn now(&self) -> UnixMillis {
        // A clock before 1970 is wrong, and Google will say so.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = since.map_or(0, |since| since.as_millis());
        UnixMillis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    fn monotonic_millis(&self) -> u64 {
        u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
