//! Moments as text, such as `2026-09-22T00:00:00Z`.

use patchbay_domain::UnixMillis;

/// A moment in the form of RFC 3339, or in Python's, which leaves the zone out where it is UTC; `None`
/// for anything else. Digits after the third behind the point are dropped.
pub(crate) fn parse_moment(text: &str) -> Option<UnixMillis> {
    let text = text.trim();
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    };
    let is_mark = |at: usize, marks: &[u8]| {
        text.as_bytes()
            .get(at)
            .is_some_and(|byte| marks.contains(byte))
    };
    if !(is_mark(4, b"-")
        && is_mark(7, b"-")
        && is_mark(10, b"Tt ")
        && is_mark(13, b":")
        && is_mark(16, b":"))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let is_moment = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        // The sixtieth second is a leap second.
        && second <= 60;
    if !is_moment {
        return None;
    }
    let (fraction, zone) = fraction_millis(text.get(19..)?);
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(UnixMillis(
        (seconds - zone_seconds(zone)?) * 1_000 + fraction,
    ))
}

/// `.25` and the like, and what follows.
fn fraction_millis(rest: &str) -> (i64, &str) {
    let Some(digits) = rest.strip_prefix('.') else {
        return (0, rest);
    };
    let end = digits
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(digits.len());
    let (digits, zone) = digits.split_at(end);
    let millis = digits
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(3)
        .fold(0, |millis, digit| millis * 10 + i64::from(digit - b'0'));
    (millis, zone)
}

/// `Z`, `+02:00`, `-07:30`, or nothing: how far ahead of UTC the clock stood.
fn zone_seconds(zone: &str) -> Option<i64> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let number = |digits: &str| digits.parse::<u8>().ok().map(i64::from);
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

/// Days of the Gregorian calendar, with years that begin in March so that the odd day comes last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

/// The midnight UTC at or before a moment, as `2026-11-25T00:00:00Z`.
pub(crate) fn midnight_text(moment: UnixMillis) -> String {
    format!("{}T00:00:00Z", moment.utc_date())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_read_in_every_zone() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00.5Z", 951_825_600_500),
            ("2000-03-01t00:00:00z", 951_868_800_000),
            ("2026-11-25T16:10:09Z", 1_795_623_009_000),
            ("2026-11-25T17:10:09+01:00", 1_795_623_009_000),
            ("2026-11-25 10:40:09.123456-05:30", 1_795_623_009_123),
            ("2026-11-25T16:10:09", 1_795_623_009_000),
            ("2026-11-25T16:10:09.25", 1_795_623_009_250),
            (" 2016-12-31T23:59:60Z\n", 1_483_228_800_000),
        ] {
            assert_eq!(parse_moment(text), Some(UnixMillis(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "now",
            "2026-13-01T00:00:00Z",
            "2026-01-01",
            "2026-11-25T1:2",
            "20é6-01-01T00:00:00Z",
            "2026-01-01T25:00:00Z",
            "2026-01-01T00:00:00+99:00",
            "2026-01-01T00:00:00+-1:00",
            "2026-01-01T00:00:00 CET",
            "é-11-25T00:00:00+é",
            "+026-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn midnights_are_written_as_they_are_read(millis in -60_000_000_000_000_i64..250_000_000_000_000) {
            let midnight = millis.div_euclid(86_400_000) * 86_400_000;
            let text = midnight_text(UnixMillis(millis));
            prop_assert_eq!(parse_moment(&text), Some(UnixMillis(midnight)), "{}", text);
        }

        #[test]
        fn every_day_agrees_with_another_calendar(seconds in 0_u64..250_000_000_000) {
            // The other crate writes dates of HTTP, which hold the same numbers in another order.
            let date = httpdate::HttpDate::from(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
            let fields: Vec<&str> = date.split([' ', ',']).filter(|field| !field.is_empty()).collect();
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let month = months.iter().position(|name| *name == fields[2]).unwrap() + 1;
            let text = format!("{}-{month:02}-{}T{}Z", fields[3], fields[1], fields[4]);
            prop_assert_eq!(parse_moment(&text), i64::try_from(seconds * 1_000).ok().map(UnixMillis), "{}", text);
        }
    }
}
