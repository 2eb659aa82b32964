//! What the headers of a reply say may still be asked.
//!
//! Every maker has names of its own, and those who copy a format mostly copy its headers too. A value
//! that cannot be read is as good as a missing one. There is no clock here: a reset stays what it was,
//! a time to go or a moment of the provider's clock, and a moment becomes a time to go only by the
//! `Date` of the same reply.

use http::HeaderMap;
use http::header::DATE;
use patchbay_domain::{Allowance, RateLimits, Reset, UnixMillis, WireFamily};

use crate::errors::duration_millis;
use crate::presets::RateLimitHeaders;
use crate::rfc3339;

/// Numbers below this are seconds to go; above it, seconds since 1970.
const FIRST_MOMENT_IN_SECONDS: f64 = 1e9;

/// Numbers above this are milliseconds since 1970.
const FIRST_MOMENT_IN_MILLIS: f64 = 1e12;

/// Every shape that is known, for refusals, where it is plain what a spent allowance means.
const SHAPES: [RateLimitHeaders; 4] = [
    RateLimitHeaders::Openai,
    RateLimitHeaders::Anthropic,
    RateLimitHeaders::Together,
    RateLimitHeaders::Openrouter,
];

impl RateLimitHeaders {
    /// The names to try where nobody documents any: those of the format's maker.
    pub fn usual(family: WireFamily) -> Self {
        match family {
            WireFamily::OpenAiChat | WireFamily::OpenAiResponses => Self::Openai,
            WireFamily::AnthropicMessages => Self::Anthropic,
            WireFamily::Gemini | WireFamily::Vertex | WireFamily::Ollama => Self::None,
        }
    }

    /// These, or where none are documented those of the format's maker.
    pub(crate) fn or_usual(self, family: WireFamily) -> Self {
        match self {
            Self::None => Self::usual(family),
            known => known,
        }
    }
}

/// The allowances that these headers tell, in the names of this shape; empty where they tell none.
pub fn read(shape: RateLimitHeaders, headers: &HeaderMap) -> RateLimits {
    let named = |name: &dyn Fn(&str) -> Vec<String>| allowance(headers, name);
    match shape {
        RateLimitHeaders::None => RateLimits::default(),
        RateLimitHeaders::Openai | RateLimitHeaders::Groq => RateLimits {
            requests: named(&|field| vec![format!("x-ratelimit-{field}-requests")]),
            tokens: named(&|field| vec![format!("x-ratelimit-{field}-tokens")]),
            ..RateLimits::default()
        },
        RateLimitHeaders::Anthropic => {
            let of = |kind: &'static str| {
                allowance(headers, &|field| {
                    vec![format!("anthropic-ratelimit-{kind}-{field}")]
                })
            };
            RateLimits {
                requests: of("requests"),
                tokens: of("tokens"),
                input_tokens: of("input-tokens"),
                output_tokens: of("output-tokens"),
            }
        }
        // The twin that moves with the load is the one that is enforced.
        RateLimitHeaders::Together => RateLimits {
            requests: named(&|field| {
                vec![
                    format!("x-ratelimit-{field}-dynamic"),
                    format!("x-ratelimit-{field}"),
                ]
            }),
            tokens: named(&|field| {
                vec![
                    format!("x-tokenlimit-{field}-dynamic"),
                    format!("x-tokenlimit-{field}"),
                ]
            }),
            ..RateLimits::default()
        },
        RateLimitHeaders::Openrouter => RateLimits {
            requests: named(&|field| vec![format!("x-ratelimit-{field}")]),
            ..RateLimits::default()
        },
    }
}

/// For how many milliseconds an allowance that these headers call spent stays so, whoever's names they
/// use. `None` where none is spent, none says until when, or only a moment is said and no `Date`.
pub(crate) fn spent_millis(headers: &HeaderMap) -> Option<u64> {
    let now = reply_moment(headers);
    let waits = SHAPES.iter().flat_map(|shape| {
        let limits = read(*shape, headers);
        let spent: Vec<_> = limits
            .named()
            .filter(|(_, allowance)| allowance.remaining == Some(0))
            .filter_map(|(_, allowance)| allowance.resets)
            .collect();
        spent
    });
    waits
        .filter_map(|reset| match reset {
            Reset::AfterMillis(millis) => Some(millis),
            Reset::At(moment) => u64::try_from(moment.0.saturating_sub(now?)).ok(),
        })
        .filter(|millis| *millis > 0)
        .max()
}

/// Milliseconds since 1970 by the provider's clock.
fn reply_moment(headers: &HeaderMap) -> Option<i64> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?;
    let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// `names` tells under which names each of `limit`, `remaining` and `reset` may stand.
fn allowance(headers: &HeaderMap, names: &dyn Fn(&str) -> Vec<String>) -> Option<Allowance> {
    let text = |field: &str| {
        names(field).into_iter().find_map(|name| {
            let value = headers.get(name)?.to_str().ok()?.trim();
            (!value.is_empty()).then(|| value.to_owned())
        })
    };
    let allowance = Allowance {
        limit: text("limit").as_deref().and_then(count),
        remaining: text("remaining").as_deref().and_then(count),
        resets: text("reset").as_deref().and_then(reset),
    };
    (allowance != Allowance::default()).then_some(allowance)
}

/// A whole number, also where it is written as a decimal. What is left of an allowance that was
/// overdrawn is nothing.
fn count(text: &str) -> Option<u64> {
    if let Ok(count) = text.parse() {
        return Some(count);
    }
    let number: f64 = text.parse().ok()?;
    // Beyond 2^53 a float is no count any more.
    (number.is_finite() && number <= 9_007_199_254_740_992.0).then_some(number.max(0.0) as u64)
}

/// A duration (`6m0s`), a moment of RFC 3339, or a bare number, which its size tells apart.
fn reset(text: &str) -> Option<Reset> {
    if let Some(millis) = duration_millis(text) {
        return Some(Reset::AfterMillis(millis));
    }
    if let Some(moment) = rfc3339::parse_moment(text) {
        return Some(Reset::At(moment));
    }
    let number: f64 = text.parse().ok()?;
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    Some(if number < FIRST_MOMENT_IN_SECONDS {
        Reset::AfterMillis((number * 1_000.0).ceil() as u64)
    } else if number < FIRST_MOMENT_IN_MILLIS {
        Reset::At(UnixMillis((number * 1_000.0) as i64))
    } else {
        Reset::At(UnixMillis(number as i64))
    })
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

    fn after(limit: u64, remaining: u64, millis: u64) -> Option<Allowance> {
        Some(Allowance {
            limit: Some(limit),
            remaining: Some(remaining),
            resets: Some(Reset::AfterMillis(millis)),
        })
    }

    fn at(limit: u64, remaining: u64, moment: i64) -> Option<Allowance> {
        Some(Allowance {
            limit: Some(limit),
            remaining: Some(remaining),
            resets: Some(Reset::At(UnixMillis(moment))),
        })
    }

    #[test]
    fn documented_sets_are_read() {
        let openai = headers(&[
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]);
        let expected = RateLimits {
            requests: after(60, 59, 1_000),
            tokens: after(150_000, 149_984, 360_000),
            ..RateLimits::default()
        };
        assert_eq!(read(RateLimitHeaders::Openai, &openai), expected);
        // Groq counts requests by the day and tokens by the minute.
        let groq = headers(&[
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-limit-tokens", "18000"),
            ("x-ratelimit-remaining-requests", "14370"),
            ("x-ratelimit-remaining-tokens", "17997"),
            ("x-ratelimit-reset-requests", "2m59.56s"),
            ("x-ratelimit-reset-tokens", "120ms"),
        ]);
        let expected = RateLimits {
            requests: after(14_400, 14_370, 179_560),
            tokens: after(18_000, 17_997, 120),
            ..RateLimits::default()
        };
        assert_eq!(read(RateLimitHeaders::Groq, &groq), expected);
        let anthropic = headers(&[
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "2026-11-22T09:00:01Z"),
            ("anthropic-ratelimit-tokens-limit", "80000"),
            ("anthropic-ratelimit-tokens-remaining", "75000"),
            ("anthropic-ratelimit-tokens-reset", "2026-11-22T09:00:04Z"),
            ("anthropic-ratelimit-input-tokens-limit", "50000"),
            ("anthropic-ratelimit-input-tokens-remaining", "48000"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-11-22T10:00:03+01:00",
            ),
            ("anthropic-ratelimit-output-tokens-limit", "30000"),
            ("anthropic-ratelimit-output-tokens-remaining", "27000"),
            (
                "anthropic-ratelimit-output-tokens-reset",
                "2026-11-22T09:00:06Z",
            ),
        ]);
        let expected = RateLimits {
            requests: at(50, 49, 1_795_338_001_000),
            tokens: at(80_000, 75_000, 1_795_338_004_000),
            input_tokens: at(50_000, 48_000, 1_795_338_003_000),
            output_tokens: at(30_000, 27_000, 1_795_338_006_000),
        };
        assert_eq!(read(RateLimitHeaders::Anthropic, &anthropic), expected);
        let together = headers(&[
            ("x-ratelimit-limit", "10"),
            ("x-ratelimit-limit-dynamic", "4"),
            ("x-ratelimit-remaining", "9"),
            ("x-ratelimit-remaining-dynamic", "3"),
            ("x-ratelimit-reset", "1"),
            ("x-tokenlimit-limit", "3000"),
            ("x-tokenlimit-remaining", "2990"),
        ]);
        let limits = read(RateLimitHeaders::Together, &together);
        assert_eq!(limits.requests, after(4, 3, 1_000));
        let tokens = limits.tokens.unwrap();
        assert_eq!((tokens.limit, tokens.resets), (Some(3_000), None));
        let openrouter = headers(&[
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1795338010500"),
        ]);
        let limits = read(RateLimitHeaders::Openrouter, &openrouter);
        assert_eq!(limits.requests, at(20, 0, 1_795_338_010_500));
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let junk = headers(&[
            ("x-ratelimit-limit-requests", "many"),
            ("x-ratelimit-remaining-requests", "-3"),
            ("x-ratelimit-reset-requests", "soon"),
            ("x-ratelimit-limit-tokens", "nan"),
            ("x-ratelimit-reset-tokens", "-1"),
        ]);
        let limits = read(RateLimitHeaders::Openai, &junk);
        // Overdrawn, so nothing is left.
        let overdrawn = Allowance {
            remaining: Some(0),
            ..Allowance::default()
        };
        assert_eq!(limits.requests, Some(overdrawn));
        assert_eq!(limits.tokens, None);
        let none = headers(&[("content-type", "application/json")]);
        for shape in SHAPES {
            assert!(read(shape, &none).is_empty(), "{shape:?}");
        }
        assert!(read(RateLimitHeaders::None, &junk).is_empty());
        for (text, expected) in [
            ("0.5", Some(Reset::AfterMillis(500))),
            ("1795338010", Some(Reset::At(UnixMillis(1_795_338_010_000)))),
            ("1h2m3s", Some(Reset::AfterMillis(3_723_000))),
            ("1e999", None),
            ("", None),
        ] {
            assert_eq!(reset(text), expected, "{text}");
        }
    }

    #[test]
    fn a_spent_allowance_tells_how_long() {
        let date = ("date", "Sun, 22 Nov 2026 09:00:00 GMT");
        for (pairs, expected) in [
            (
                vec![
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "8.64s"),
                    ("x-ratelimit-remaining-tokens", "12"),
                    ("x-ratelimit-reset-tokens", "6m0s"),
                ],
                Some(8_640),
            ),
            (
                vec![
                    date,
                    ("anthropic-ratelimit-input-tokens-remaining", "0"),
                    (
                        "anthropic-ratelimit-input-tokens-reset",
                        "2026-11-22T09:00:30Z",
                    ),
                ],
                Some(30_000),
            ),
            (
                vec![
                    ("anthropic-ratelimit-requests-remaining", "0"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-22T09:00:30Z"),
                ],
                None,
            ),
            (
                vec![
                    date,
                    ("anthropic-ratelimit-requests-remaining", "0"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-22T08:00:30Z"),
                ],
                None,
            ),
            (vec![("x-ratelimit-remaining-requests", "0")], None),
            (
                vec![
                    ("x-ratelimit-remaining-requests", "1"),
                    ("x-ratelimit-reset-requests", "8s"),
                ],
                None,
            ),
        ] {
            assert_eq!(spent_millis(&headers(&pairs)), expected, "{pairs:?}");
        }
    }
}
