//! How long a provider asks to wait. It says so in one of six places.

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use serde_json::Value;

use super::body::ErrorBody;
use crate::rate_limits;

/// Headers: milliseconds, seconds, a date, or the moment at which a limit ends.
pub(super) fn from_headers(headers: &HeaderMap, status: u16) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| millis(text, 1.0)) {
        return Some(millis);
    }
    if let Some(value) = text(RETRY_AFTER.as_str()) {
        let waited = millis(value, 1_000.0).or_else(|| until_date(headers, value));
        if waited.is_some() {
            return waited;
        }
    }
    if status != 429 {
        return None;
    }
    until_reset(headers, text("x-ratelimit-reset")?)
}

/// An allowance that is spent, in the headers by which a provider tells how much may still be asked.
/// That is when all of it can be used again, which a plain answer to "when may I come back?" can only
/// better, so it counts last.
pub(super) fn from_spent_allowance(headers: &HeaderMap, status: u16) -> Option<u64> {
    // 529: Anthropic is overloaded, which its own limits say nothing about.
    if !matches!(status, 429 | 503) {
        return None;
    }
    rate_limits::spent_millis(headers)
}

/// The body: a field, Google's `RetryInfo`, a header inside it, or a phrase.
pub(super) fn from_body(body: &ErrorBody) -> Option<u64> {
    let object = &body.object;
    let places = [object, &object["metadata"]];
    for place in places {
        for (field, unit) in [
            ("retry_after_ms", 1.0),
            ("retry_after", 1_000.0),
            ("retry_after_seconds", 1_000.0),
        ] {
            let waited = match &place[field] {
                Value::Number(number) => millis(&number.to_string(), unit),
                Value::String(text) => millis(text, unit).or_else(|| duration(text)),
                _ => None,
            };
            if waited.is_some() {
                return waited;
            }
        }
    }
    let details = object["details"].as_array().into_iter().flatten();
    let google = details
        .filter_map(|detail| detail["retryDelay"].as_str())
        .find_map(duration);
    google.or_else(|| phrase(body.message.as_deref()?))
}

/// A number of `unit` milliseconds.
fn millis(text: &str, unit: f64) -> Option<u64> {
    let number: f64 = text.parse().ok()?;
    // A negative or endless delay is none.
    (number.is_finite() && number >= 0.0).then(|| (number * unit).ceil() as u64)
}

/// From the reply's own `Date`, so that a wrong clock on this computer does not matter.
fn until_date(headers: &HeaderMap, value: &str) -> Option<u64> {
    let then = httpdate::parse_http_date(value).ok()?;
    let now = reply_date(headers)?;
    let wait = then.duration_since(now).unwrap_or_default();
    u64::try_from(wait.as_millis()).ok()
}

fn reply_date(headers: &HeaderMap) -> Option<std::time::SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

/// `X-RateLimit-Reset`: seconds to go, or a moment in seconds or milliseconds since 1970.
fn until_reset(headers: &HeaderMap, value: &str) -> Option<u64> {
    const IN_SECONDS: u64 = 1_000_000_000;
    const IN_MILLIS: u64 = 1_000_000_000_000;
    if let Some(wait) = duration(value) {
        return Some(wait);
    }
    let moment = match millis(value, 1.0)? {
        seconds if seconds < IN_SECONDS => return millis(value, 1_000.0),
        seconds if seconds < IN_MILLIS => seconds * 1_000,
        moment => moment,
    };
    let now = reply_date(headers)?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    Some(moment.saturating_sub(u64::try_from(now.as_millis()).ok()?))
}

/// `34.5s`, `6m0s`, `20ms`, `1h2m`.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let (millis, rest) = leading_duration(text.trim())?;
    rest.is_empty().then_some(millis)
}

/// "Please try again in 1.2s", "retry after 5 seconds".
fn phrase(message: &str) -> Option<u64> {
    let lower = message.to_lowercase();
    [
        "try again in ",
        "retry in ",
        "retry after ",
        "try again after ",
        "wait for ",
        "wait ",
    ]
    .iter()
    .find_map(|lead| {
        let at = lower.find(lead)? + lead.len();
        leading_duration(lower[at..].trim_start()).map(|(millis, _)| millis)
    })
}

/// The duration at the start of `text` and what follows it. A number without a unit is none.
fn leading_duration(text: &str) -> Option<(u64, &str)> {
    let mut rest = text;
    let mut total: Option<u64> = None;
    loop {
        let digits = rest.find(|character: char| !character.is_ascii_digit() && character != '.');
        let (number, after) = rest.split_at(digits.unwrap_or(rest.len()));
        let letters = after.trim_start();
        let end = letters.find(|character: char| !character.is_ascii_alphabetic());
        let (unit, after) = letters.split_at(end.unwrap_or(letters.len()));
        let unit = match unit {
            "ms" | "millisecond" | "milliseconds" => 1.0,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60_000.0,
            "h" | "hour" | "hours" => 3_600_000.0,
            "d" | "day" | "days" => 86_400_000.0,
            _ => break,
        };
        let Some(part) = millis(number, unit) else {
            break;
        };
        total = Some(total.unwrap_or(0).saturating_add(part));
        rest = after;
    }
    total.map(|total| (total, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn headers_in_every_form() {
        let date = ("date", "Sun, 22 Nov 2026 09:00:00 GMT");
        for (status, pairs, expected) in [
            (429, vec![("retry-after", "2")], Some(2_000)),
            (503, vec![("retry-after", "0.5")], Some(500)),
            (
                429,
                vec![("retry-after-ms", "350"), ("retry-after", "1")],
                Some(350),
            ),
            (429, vec![("retry-after", "86400")], Some(86_400_000)),
            (
                429,
                vec![date, ("retry-after", "Sun, 22 Nov 2026 09:01:30 GMT")],
                Some(90_000),
            ),
            (
                429,
                vec![date, ("retry-after", "Sun, 22 Nov 2026 08:00:00 GMT")],
                Some(0),
            ),
            (
                429,
                vec![("retry-after", "Sun, 22 Nov 2026 09:01:30 GMT")],
                None,
            ),
            (429, vec![("retry-after", "soon")], None),
            (429, vec![("retry-after", "-1")], None),
            (429, vec![("retry-after", "1e999")], None),
            (429, vec![("x-ratelimit-reset", "7")], Some(7_000)),
            (429, vec![("x-ratelimit-reset", "6m0s")], Some(360_000)),
            (
                429,
                vec![date, ("x-ratelimit-reset", "1795338010")],
                Some(10_000),
            ),
            (
                429,
                vec![date, ("x-ratelimit-reset", "1795338010500")],
                Some(10_500),
            ),
            (500, vec![("x-ratelimit-reset", "7")], None),
            (429, vec![], None),
        ] {
            assert_eq!(
                from_headers(&headers(&pairs), status),
                expected,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn bodies_in_every_form() {
        for (body, expected) in [
            (
                r#"{"error":{"details":[{"@type":"x"},{"retryDelay":"34.5s"}]}}"#,
                Some(34_500),
            ),
            (r#"{"error":{"message":"x","retry_after":3}}"#, Some(3_000)),
            (
                r#"{"error":{"message":"x","metadata":{"retry_after_seconds":4}}}"#,
                Some(4_000),
            ),
            (
                r#"{"error":{"message":"x","retry_after_ms":"20"}}"#,
                Some(20),
            ),
            (
                r#"{"error":{"message":"Rate limit reached. Please try again in 1.2s. See"}}"#,
                Some(1_200),
            ),
            (
                r#"{"error":{"message":"Please try again in 6m0s."}}"#,
                Some(360_000),
            ),
            (
                r#"{"error":{"message":"Please try again in 20ms."}}"#,
                Some(20),
            ),
            (
                r#"{"error":{"message":"Please retry after 5 seconds."}}"#,
                Some(5_000),
            ),
            (r#"{"error":{"message":"Try again in a moment"}}"#, None),
            (r#"{"error":{"message":"Try again in 5"}}"#, None),
        ] {
            assert_eq!(from_body(&ErrorBody::read(body)), expected, "{body}");
        }
    }
}
