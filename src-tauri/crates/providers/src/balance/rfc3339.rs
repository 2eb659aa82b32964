//! Moments as RFC 3339 writes them, and as Python does: without a zone, which then means UTC.

use patchbay_domain::UnixMillis;

/// `2026-12-01T00:00:00Z`, with or without fractions of a second and an offset.
pub(super) fn unix_millis(text: &str) -> Option<UnixMillis> {
    let text = text.trim();
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let mut date = date.splitn(3, '-').map(number);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (clock, offset_minutes) = split_offset(clock)?;
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(number);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        // A leap second is taken as the one that follows.
        && second <= 60;
    if !in_range {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let seconds = days_since_1970(year, month, day) * 86_400
        + hour * 3_600
        + (minute - offset_minutes) * 60
        + second;
    Some(UnixMillis(seconds * 1_000 + number(&thousandths)?))
}

fn number(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The clock and its offset from UTC in minutes.
fn split_offset(clock: &str) -> Option<(&str, i64)> {
    if let Some(clock) = clock.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = clock.rfind(['+', '-']) else {
        return Some((clock, 0));
    };
    let (clock, offset) = clock.split_at(at);
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let minutes = number(hours)? * 60 + number(minutes)?;
    Some((
        clock,
        if offset.starts_with('-') {
            -minutes
        } else {
            minutes
        },
    ))
}

/// Days since 1970-01-01 in the Gregorian calendar. Years are counted from March, so that the day
/// that leap years add is their last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    let before_month = (153 * month + 2) / 5;
    year * 365 + leap_days + before_month + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_in_every_form() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-11-25T16:10:09Z", 1_795_623_009_000),
            ("2026-11-25T16:10:09.25Z", 1_795_623_009_250),
            ("2026-11-25T17:10:09+01:00", 1_795_623_009_000),
            ("2026-11-25 10:40:09.123456-05:30", 1_795_623_009_123),
            ("2026-11-25T16:10:09", 1_795_623_009_000),
            ("2024-02-29T12:00:00Z", 1_709_208_000_000),
            ("2000-03-01T00:00:00Z", 951_868_800_000),
        ] {
            assert_eq!(unix_millis(text), Some(UnixMillis(expected)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_left_out() {
        for text in [
            "",
            "soon",
            "2026-11-25",
            "2026-13-01T00:00:00Z",
            "2026-11-25T24:00:00Z",
            "2026-11-25T1:2",
            "é-11-25T00:00:00+é",
        ] {
            assert_eq!(unix_millis(text), None, "{text}");
        }
    }
}
