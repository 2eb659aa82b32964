//! Days of the calendar that hangs where the person is.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use patchbay_domain::{Day, UnixMillis};

/// A moment as a clock on the wall shows it.
pub(crate) fn here(moment: UnixMillis) -> Zoned {
    Timestamp::from_millisecond(moment.0)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::system())
}

/// The day of a moment.
pub(crate) fn today(now: UnixMillis) -> Day {
    Day::new(here(now).date())
}

/// When a day begins here.
pub(crate) fn start_of(day: Day) -> UnixMillis {
    start_in(day, TimeZone::system())
}

/// When a day begins in a zone. One that loses or gains an hour, or has no midnight at all, begins when
/// its calendar says so.
fn start_in(day: Day, zone: TimeZone) -> UnixMillis {
    let midnight = day.date().to_zoned(zone);
    let start = midnight.and_then(|zoned| zoned.start_of_day());
    UnixMillis(start.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
}

/// The part of a span of days that is over now, 0 to 1.
pub(crate) fn part_over(first: Day, last: Day, now: UnixMillis) -> f64 {
    let start = start_of(first).0;
    let end = start_of(last.plus(1)).0;
    let length = (end - start).max(1);
    ((now.0 - start) as f64 / length as f64).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of_day(zoned: &str) -> i64 {
        let now: Zoned = zoned.parse().unwrap();
        let day = Day::new(now.date());
        let start = |day| start_in(day, now.time_zone().clone());
        (start(day.plus(1)).0 - start(day).0) / 3_600_000
    }

    #[test]
    fn days_of_a_changing_clock_have_23_and_25_hours() {
        assert_eq!(hours_of_day("2026-03-29T12:00[Europe/Berlin]"), 23);
        assert_eq!(hours_of_day("2026-10-25T12:00[Europe/Berlin]"), 25);
        assert_eq!(hours_of_day("2026-11-22T12:00[Europe/Berlin]"), 24);
    }

    #[test]
    fn a_month_begins_on_its_first_day_here() {
        let now: Zoned = "2026-11-22T00:30[Asia/Tokyo]".parse().unwrap();
        let month = start_in(
            Day::new(now.date()).first_of_month(),
            now.time_zone().clone(),
        );
        let expected: Zoned = "2026-11-01T00:00[Asia/Tokyo]".parse().unwrap();
        assert_eq!(month.0, expected.timestamp().as_millisecond());
    }

    #[test]
    fn a_part_of_a_period_is_between_nothing_and_all() {
        let day: Day = "2026-11-10".parse().unwrap();
        let noon = UnixMillis(start_of(day).0 + 12 * 3_600_000);
        assert!((part_over(day, day, noon) - 0.5).abs() < 0.05);
        assert!(part_over(day.plus(1), day.plus(1), noon) < f64::EPSILON);
        assert!(part_over(day.plus(-5), day.plus(-2), noon) > 0.999);
        assert_eq!(today(noon), day);
    }
}
