//! What was spent today and this month, by the days of the person's own calendar.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use patchbay_domain::UnixMillis;
use patchbay_store::SpendSum;

use crate::{Engine, EngineError};

/// Two sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendSummary {
    /// Since midnight here.
    pub today: SpendSum,
    /// Since the first of the month here.
    pub month: SpendSum,
}

impl Engine {
    /// What was spent today and this month.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_today(&self) -> Result<SpendSummary, EngineError> {
        let now = Timestamp::from_millisecond(self.clock.now().0).unwrap_or(Timestamp::UNIX_EPOCH);
        let (day, month, end) = periods(&now.to_zoned(TimeZone::system()));
        Ok(SpendSummary {
            today: self.store.spend_between(day, end).await?,
            month: self.store.spend_between(month, end).await?,
        })
    }
}

/// The starts of this day and this month, and the start of tomorrow. A day that loses or gains an
/// hour, or has no midnight at all, begins when its calendar says so.
fn periods(now: &Zoned) -> (UnixMillis, UnixMillis, UnixMillis) {
    let start = |zoned: Result<Zoned, jiff::Error>| {
        UnixMillis(
            zoned
                .unwrap_or_else(|_| now.clone())
                .timestamp()
                .as_millisecond(),
        )
    };
    let day = start(now.start_of_day());
    let month = start(now.first_of_month().and_then(|first| first.start_of_day()));
    let tomorrow = start(
        now.checked_add(1.day())
            .and_then(|next| next.start_of_day()),
    );
    (day, month, tomorrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of_day(zoned: &str) -> i64 {
        let (day, _, tomorrow) = periods(&zoned.parse().unwrap());
        (tomorrow.0 - day.0) / 3_600_000
    }

    #[test]
    fn days_of_a_changing_clock_have_23_and_25_hours() {
        assert_eq!(hours_of_day("2026-03-29T12:00[Europe/Berlin]"), 23);
        assert_eq!(hours_of_day("2026-10-25T12:00[Europe/Berlin]"), 25);
        assert_eq!(hours_of_day("2026-11-22T12:00[Europe/Berlin]"), 24);
    }

    #[test]
    fn a_month_begins_on_its_first_day_here() {
        let (_, month, _) = periods(&"2026-11-22T00:30[Asia/Tokyo]".parse().unwrap());
        let expected: Zoned = "2026-11-01T00:00[Asia/Tokyo]".parse().unwrap();
        assert_eq!(month.0, expected.timestamp().as_millisecond());
    }
}
