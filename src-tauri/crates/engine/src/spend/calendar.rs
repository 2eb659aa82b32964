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

/// When a day begins here. One that has no midnight begins when its calendar says so.
pub(crate) fn start_of(day: Day) -> UnixMillis {
    let midnight = day.date().to_zoned(TimeZone::system());
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
