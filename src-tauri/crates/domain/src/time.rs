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

    /// The date in UTC, such as `2026-11-25`.
    pub fn utc_date(self) -> String {
        // Days of eras of 400 years that begin in March, so that the leap day is a year's last.
        let days = self.0.div_euclid(86_400_000) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = (month_from_march + 2) % 12 + 1;
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// Tells the time. The engine holds the real one, tests hold one that they move by hand.
pub trait Clock: Send + Sync {
    /// The time of day, which a person or a time server may set back or forward.
    fn now(&self) -> UnixMillis;

    /// Milliseconds since some fixed moment; never goes back. Durations are measured with this.
    fn monotonic_millis(&self) -> u64;
}
