//! What may still be asked, in the headers of each family's maker.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use patchbay_domain::WireFamily;

use super::routes::{Dialect, Route};
use super::script::Script;

/// Requests in one period, where the options do not say.
const REQUESTS: usize = 10_000;
/// Prompt tokens in one period; used up tokens refuse nobody.
const TOKENS: usize = 2_000_000;
/// When all of it can be used again.
const PERIOD: Duration = Duration::from_secs(60);

/// What one key has asked for in one family so far, this request included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) requests: usize,
    pub(super) tokens: usize,
}

/// Whether this request is one more than may be asked.
pub(super) fn is_spent(used: Used, limit: Option<usize>) -> bool {
    used.requests > limit.unwrap_or(REQUESTS)
}

/// How long a key waits that has used all.
pub(super) fn period() -> Duration {
    PERIOD
}

/// The script with what is left told, where the family's maker tells it on answers.
pub(super) fn told(script: Script, route: &Route, used: Used, limit: Option<usize>) -> Script {
    let limit = limit.unwrap_or(REQUESTS);
    let requests = (limit, limit.saturating_sub(used.requests));
    let tokens = (TOKENS, TOKENS.saturating_sub(used.tokens));
    match (route.family, route.dialect) {
        (WireFamily::OpenAiChat | WireFamily::OpenAiResponses, Dialect::Plain) => openai(
            openai(script, "requests", requests, PERIOD),
            "tokens",
            tokens,
            PERIOD,
        ),
        (WireFamily::OpenAiChat, Dialect::Together) => script
            .header("x-ratelimit-limit", requests.0.to_string())
            .header("x-ratelimit-remaining", requests.1.to_string())
            .header("x-ratelimit-reset", "1")
            .header("x-tokenlimit-limit", tokens.0.to_string())
            .header("x-tokenlimit-remaining", tokens.1.to_string()),
        (WireFamily::AnthropicMessages, Dialect::Plain) => {
            let script = anthropic(script, "requests", requests, PERIOD);
            anthropic(script, "input-tokens", tokens, PERIOD)
        }
        // OpenRouter tells it on refusals only, the others not at all.
        _ => script,
    }
}

/// A refusal with the allowance that is spent, and until when.
pub(super) fn spent(
    script: Script,
    family: WireFamily,
    dialect: Dialect,
    left: Duration,
) -> Script {
    let requests = (50, 0);
    match (family, dialect) {
        (_, Dialect::OpenRouter) => script
            .header("x-ratelimit-limit", "50")
            .header("x-ratelimit-remaining", "0")
            .header("x-ratelimit-reset", moment(left).as_millis().to_string()),
        (WireFamily::AnthropicMessages, _) => anthropic(script, "requests", requests, left),
        (WireFamily::OpenAiChat | WireFamily::OpenAiResponses, _) => {
            openai(script, "requests", requests, left)
        }
        // They have no such headers.
        _ => script,
    }
}

fn openai(script: Script, kind: &str, counts: (usize, usize), left: Duration) -> Script {
    let names: [&'static str; 3] = match kind {
        "requests" => [
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ],
        _ => [
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-tokens",
        ],
    };
    with(script, names, counts, duration(left))
}

fn anthropic(script: Script, kind: &str, counts: (usize, usize), left: Duration) -> Script {
    let names: [&'static str; 3] = match kind {
        "requests" => [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
        _ => [
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-input-tokens-reset",
        ],
    };
    with(script, names, counts, rfc3339(moment(left)))
}

fn with(
    script: Script,
    [limit, remaining, reset]: [&'static str; 3],
    counts: (usize, usize),
    until: String,
) -> Script {
    script
        .header(limit, counts.0.to_string())
        .header(remaining, counts.1.to_string())
        .header(reset, until)
}

/// `1m0s`, `2.5s`, `120ms`, as Go writes them and OpenAI sends them.
fn duration(left: Duration) -> String {
    let millis = left.as_millis();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{}s", millis as f64 / 1_000.0),
        _ => format!("{}m{}s", millis / 60_000, (millis % 60_000) / 1_000),
    }
}

/// The time since 1970 after so long.
#[expect(
    clippy::disallowed_methods,
    reason = "a server has a clock of its own, as its Date header shows"
)]
fn moment(left: Duration) -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .saturating_add(left)
}

/// The next whole second, as Anthropic writes moments.
fn rfc3339(moment: Duration) -> String {
    let seconds = moment.as_secs() + u64::from(moment.subsec_nanos() > 0);
    let (mut days, of_day) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let february = days_of_year(year) - 337;
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (of_day / 3_600, of_day % 3_600 / 60, of_day % 60);
    let day = days + 1;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn days_of_year(year: u64) -> u64 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    if is_leap { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_their_makers_write_them() {
        for (millis, expected) in [
            (120, "120ms"),
            (2_500, "2.5s"),
            (3_000, "3s"),
            (360_000, "6m0s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), expected);
        }
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_825_600, "2000-02-29T12:00:00Z"),
            (1_795_338_000, "2026-11-22T09:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_secs(seconds)), expected);
        }
        let odd = Duration::from_millis(1_795_338_000_001);
        assert_eq!(rfc3339(odd), "2026-11-22T09:00:01Z");
    }
}
