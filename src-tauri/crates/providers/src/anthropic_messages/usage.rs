//! Usage, which comes in two pieces: what was read at the beginning, what was written at the end.
//!
//! `input_tokens` leaves out what came from the cache or went into it, so the classes do not overlap
//! as they come. Thinking is inside `output_tokens`; newer servers say in `output_tokens_details` how
//! much it was, with older ones it stays in the output, which is charged the same.

use patchbay_domain::{RawUsage, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::wire::{Count, lenient};
use crate::usage::{LONGEST_RAW, count, service_tier};

/// The counts of the prompt. Where one of them is filled in, so are all.
const INPUT_COUNTS: [&str; 3] = [
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireUsage {
    #[serde(deserialize_with = "lenient")]
    input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    output_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_read_input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_creation_input_tokens: Option<Count>,
    /// How the writes divide.
    #[serde(deserialize_with = "lenient")]
    cache_creation: Option<CacheCreation>,
    #[serde(deserialize_with = "lenient")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(deserialize_with = "lenient")]
    server_tool_use: Option<ServerToolUse>,
    #[serde(deserialize_with = "lenient")]
    service_tier: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    #[serde(deserialize_with = "lenient")]
    ephemeral_5m_input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    ephemeral_1h_input_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    #[serde(deserialize_with = "lenient")]
    thinking_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ServerToolUse {
    #[serde(deserialize_with = "lenient")]
    web_search_requests: Option<Count>,
}

/// What the events of one answer said of its usage.
#[derive(Debug, Default)]
pub(super) struct UsageSoFar(Map<String, Value>);

impl UsageSoFar {
    /// Adds what one event says, and tells what is known now; `None` where that is nothing, as in
    /// the zeros with which some servers begin.
    ///
    /// Counts are those of the whole answer, so a later one replaces an earlier one. A zero that
    /// follows a count is no count: servers that say all in one event fill the other with zeros.
    pub(super) fn add(&mut self, raw: &RawValue) -> Option<StreamEvent> {
        if raw.get().len() > LONGEST_RAW {
            return None;
        }
        let said: Map<String, Value> = serde_json::from_str(raw.get()).ok()?;
        let counts_input = INPUT_COUNTS.iter().any(|name| is_filled(said.get(*name)));
        for (name, value) in said {
            let is_input = INPUT_COUNTS.contains(&name.as_str());
            let says_nothing = match &value {
                Value::Null => true,
                Value::Number(_) if is_input && counts_input => false,
                Value::Number(_) => !is_filled(Some(&value)),
                _ => false,
            };
            if says_nothing && self.0.contains_key(&name) {
                continue;
            }
            self.0.insert(name, value);
        }
        self.event()
    }

    fn event(&self) -> Option<StreamEvent> {
        let raw = serde_json::to_string(&self.0).ok()?;
        let wire: WireUsage = serde_json::from_str(&raw).ok()?;
        let usage = split(&wire);
        if usage.is_zero() {
            return None;
        }
        Some(StreamEvent::Usage {
            usage,
            raw: RawUsage(raw),
            reported_cost: None,
            service_tier: wire.service_tier.as_deref().and_then(service_tier),
        })
    }
}

/// The event of an object that was kept, which is what all events together said.
pub(crate) fn read_again(raw: &RawValue) -> Option<StreamEvent> {
    UsageSoFar::default().add(raw)
}

fn is_filled(value: Option<&Value>) -> bool {
    value.is_some_and(|value| match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
        Value::String(text) => text.parse::<u64>().is_ok_and(|count| count > 0),
        _ => false,
    })
}

fn split(wire: &WireUsage) -> Usage {
    let (short, long) = wire.cache_creation.as_ref().map_or((0, 0), |writes| {
        (
            count(writes.ephemeral_5m_input_tokens),
            count(writes.ephemeral_1h_input_tokens),
        )
    });
    // The division may be missing, or older than the sum.
    let writes = count(wire.cache_creation_input_tokens).max(short.saturating_add(long));
    let output = count(wire.output_tokens);
    let details = wire.output_tokens_details.as_ref();
    let reasoning = details
        .map_or(0, |details| count(details.thinking_tokens))
        .min(output);
    Usage {
        input: count(wire.input_tokens),
        cache_read: count(wire.cache_read_input_tokens),
        cache_write: writes.saturating_sub(long),
        cache_write_long: long,
        output: output - reasoning,
        reasoning,
        web_searches: wire
            .server_tool_use
            .as_ref()
            .map_or(0, |tools| count(tools.web_search_requests)),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::price::ServiceTier;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn after(pieces: &[Value]) -> Option<(Usage, Value, Option<ServiceTier>)> {
        let mut so_far = UsageSoFar::default();
        let mut last = None;
        for piece in pieces {
            let text = piece.to_string();
            last = so_far.add(serde_json::from_str(&text).unwrap());
        }
        match last? {
            StreamEvent::Usage {
                usage,
                raw,
                service_tier,
                ..
            } => Some((usage, serde_json::from_str(&raw.0).unwrap(), service_tier)),
            other => panic!("{other:?}"),
        }
    }

    fn usage(pieces: &[Value]) -> Usage {
        after(pieces).unwrap().0
    }

    #[test]
    fn fresh_read_and_written_tokens_are_counted_once_each() {
        let start = json!({ "input_tokens": 21, "cache_read_input_tokens": 300,
            "cache_creation_input_tokens": 1_456, "output_tokens": 1, "service_tier": "priority",
            "cache_creation": { "ephemeral_5m_input_tokens": 456, "ephemeral_1h_input_tokens": 1_000 } });
        let end = json!({ "output_tokens": 503, "server_tool_use": { "web_search_requests": 2 } });
        let (counted, raw, tier) = after(&[start, end]).unwrap();
        assert_eq!(
            counted,
            Usage {
                input: 21,
                cache_read: 300,
                cache_write: 456,
                cache_write_long: 1_000,
                output: 503,
                web_searches: 2,
                ..Usage::default()
            }
        );
        assert_eq!(raw["output_tokens"], 503);
        assert_eq!(raw["cache_creation"]["ephemeral_1h_input_tokens"], 1_000);
        assert_eq!(tier, Some(ServiceTier::Priority));
    }

    #[test]
    fn writes_without_a_division_are_short_ones() {
        let counted = usage(&[json!({ "cache_creation_input_tokens": 50, "input_tokens": 1 })]);
        assert_eq!((counted.cache_write, counted.cache_write_long), (50, 0));
    }

    #[test]
    fn a_later_count_replaces_an_earlier_one_and_a_lonely_zero_does_not() {
        let start = json!({ "input_tokens": 1_000, "output_tokens": 1 });
        let refined =
            json!({ "input_tokens": 0, "cache_read_input_tokens": 1_000, "output_tokens": 9 });
        let counted = usage(&[start.clone(), refined]);
        assert_eq!((counted.input, counted.cache_read), (0, 1_000));
        let zeros = json!({ "input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 9 });
        assert_eq!(usage(&[start, zeros]).input, 1_000);
    }

    #[test]
    fn thinking_is_taken_out_of_the_output_where_it_is_told() {
        let counted = usage(&[
            json!({ "output_tokens": 100, "output_tokens_details": { "thinking_tokens": 80 } }),
        ]);
        assert_eq!((counted.output, counted.reasoning), (20, 80));
        assert_eq!(usage(&[json!({ "output_tokens": 100 })]).output, 100);
    }

    #[test]
    fn what_counts_nothing_is_no_usage() {
        for piece in [
            json!({}),
            json!(null),
            json!([1]),
            json!({ "input_tokens": 0, "output_tokens": 0 }),
            json!({ "input_tokens": "many" }),
        ] {
            assert_eq!(after(std::slice::from_ref(&piece)), None, "{piece}");
        }
    }

    proptest! {
        #[test]
        fn no_token_is_lost_or_counted_twice(
            input in any::<u32>(), read in any::<u32>(), short in any::<u32>(), long in any::<u32>(),
            output in any::<u64>(), thinking in any::<u64>(),
        ) {
            let (short, long) = (u64::from(short), u64::from(long));
            let wire = WireUsage {
                input_tokens: Some(Count(u64::from(input))),
                cache_read_input_tokens: Some(Count(u64::from(read))),
                cache_creation_input_tokens: Some(Count(short + long)),
                cache_creation: Some(CacheCreation {
                    ephemeral_5m_input_tokens: Some(Count(short)),
                    ephemeral_1h_input_tokens: Some(Count(long)),
                }),
                output_tokens: Some(Count(output)),
                output_tokens_details: Some(OutputDetails { thinking_tokens: Some(Count(thinking)) }),
                ..WireUsage::default()
            };
            let usage = split(&wire);
            prop_assert_eq!(usage.total_input(), u64::from(input) + u64::from(read) + short + long);
            prop_assert_eq!(usage.total_output(), output);
        }
    }
}
