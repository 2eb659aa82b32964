//! What stands in one cell: moments, counts and amounts as people and programs write them.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use patchbay_domain::money::parse_dollars;
use patchbay_domain::{Day, NanoUsd};

/// A day in UTC and, where the text has one, the moment.
pub(super) fn moment(text: &str) -> Option<(Day, Option<i64>)> {
    let of = |timestamp: Timestamp| {
        let day = Day::new(timestamp.to_zoned(TimeZone::UTC).date());
        Some((day, Some(timestamp.as_millisecond())))
    };
    if text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        // Seconds reach eleven digits in the year 5138.
        let millis = if text.len() > 11 {
            number
        } else {
            number.checked_mul(1_000)?
        };
        return of(Timestamp::from_millisecond(millis).ok()?);
    }
    if let Ok(date) = text.parse::<Date>()
        && text.len() <= 10
    {
        return Some((Day::new(date), None));
    }
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return of(timestamp);
    }
    // Without a zone: these files are in UTC.
    let time: DateTime = text.parse().ok()?;
    of(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

pub(super) fn start_of(day: Day) -> Option<i64> {
    let start = day.date().to_zoned(TimeZone::UTC).ok()?;
    Some(start.timestamp().as_millisecond())
}

/// A count, with marks between thousands or with zeros behind a point.
pub(super) fn whole(text: &str) -> Option<u64> {
    let text = text.replace(',', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if !fraction.bytes().all(|byte| byte == b'0') {
        return None;
    }
    whole.parse().ok()
}

/// An amount, and how many decimals it is written with.
pub(super) fn dollars(text: &str, has_commas: bool) -> Option<(NanoUsd, u32)> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let rest = rest.strip_prefix('$').unwrap_or(rest).trim();
    let plain = if has_commas && rest.matches(',').count() == 1 && !rest.contains('.') {
        rest.replace(',', ".")
    } else {
        let whole = rest.split('.').next().unwrap_or_default();
        let mut groups = whole.split(',').skip(1);
        // A mark that stands elsewhere than between thousands could be a point.
        if !groups.all(|group| group.len() == 3) {
            return None;
        }
        rest.replace(',', "")
    };
    let amount = parse_dollars(&format!("{sign}{plain}")).ok()?;
    let places = if plain.contains(['e', 'E']) {
        9
    } else {
        plain
            .split_once('.')
            .map_or(0, |(_, fraction)| fraction.len())
    };
    Some((amount, u32::try_from(places).unwrap_or(u32::MAX)))
}
