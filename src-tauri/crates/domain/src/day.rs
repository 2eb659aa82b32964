//! Days of the person's own calendar.
//!
//! A moment belongs to the day that it was where the person was then. That is settled when something
//! is written and never again, so that a journey moves no money from one day to the next.

use std::fmt;

use jiff::ToSpan as _;
use jiff::civil::Date;

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

impl Day {
    /// That date.
    pub const fn new(date: Date) -> Self {
        Self(date)
    }

    /// Its date.
    pub const fn date(self) -> Date {
        self.0
    }

    /// As it is stored: 2026-11-25 is `20_261_125`, so that numbers sort as days do.
    pub fn number(self) -> i64 {
        i64::from(self.0.year()) * 10_000
            + i64::from(self.0.month()) * 100
            + i64::from(self.0.day())
    }

    /// The inverse of [`Self::number`]; `None` for a number that is no day.
    pub fn from_number(number: i64) -> Option<Self> {
        let year = i16::try_from(number / 10_000).ok()?;
        let month = i8::try_from(number / 100 % 100).ok()?;
        let day = i8::try_from(number % 100).ok()?;
        Date::new(year, month, day).ok().map(Self)
    }

    /// So many days later, or earlier; stays at the ends of the calendar.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days.days()))
    }

    /// The first of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        Self(self.0.first_of_month())
    }

    /// The last of its month.
    #[must_use]
    pub fn last_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// The Monday of its week.
    #[must_use]
    pub fn monday(self) -> Self {
        let since = self.0.weekday().to_monday_zero_offset();
        self.plus(-i32::from(since))
    }

    /// Days from `earlier` to this one; below 0 where that is later.
    pub fn days_since(self, earlier: Self) -> i32 {
        self.0.since(earlier.0).map_or(0, |span| span.get_days())
    }
}

impl fmt::Display for Day {
    /// As `2026-11-25`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::str::FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        assert_eq!(day("2026-11-26").monday(), day("2026-11-23"));
        assert_eq!(day("2026-11-23").monday(), day("2026-11-23"));
        assert_eq!(day("2026-03-01").monday(), day("2026-02-23"));
        assert_eq!(day("2028-02-10").last_of_month(), day("2028-02-29"));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for number in [0, 20_261_301, 20_260_230, -5, i64::MAX] {
            assert_eq!(Day::from_number(number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn numbers_sort_as_days_do(start in 0_i32..40_000, step in 1_i32..4_000) {
            let (first, second) = (day("1970-01-01").plus(start), day("1970-01-01").plus(start + step));
            prop_assert!(first.number() < second.number());
            prop_assert_eq!(Day::from_number(second.number()), Some(second));
            prop_assert_eq!(second.days_since(first), step);
            prop_assert_eq!(second.to_string().parse::<Day>().unwrap(), second);
        }
    }
}
