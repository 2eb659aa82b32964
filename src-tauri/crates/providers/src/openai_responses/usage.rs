//! Usage objects, translated into classes that do not overlap.

use patchbay_domain::{RawUsage, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{Count, lenient};
use crate::openai_chat::ReportedCost;
use crate::usage::{Cost, LONGEST_RAW, count, service_tier, visible_output};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireUsage<'a> {
    #[serde(deserialize_with = "lenient")]
    input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    output_tokens: Option<Count>,
    /// The names of the chat format, which gateways that translate forget to replace. Not an alias:
    /// both at once must be fine.
    #[serde(deserialize_with = "lenient")]
    prompt_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    total_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    input_tokens_details: Option<InputDetails>,
    #[serde(deserialize_with = "lenient")]
    prompt_tokens_details: Option<InputDetails>,
    #[serde(deserialize_with = "lenient")]
    output_tokens_details: Option<OutputDetails>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens_details: Option<OutputDetails>,
    /// xAI: tools that ran at its end.
    #[serde(deserialize_with = "lenient")]
    server_side_tool_usage_details: Option<ToolDetails>,
    /// For this and what follows see [`Cost`].
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_details: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    is_byok: Option<bool>,
    #[serde(borrow)]
    cost_in_usd_ticks: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_write_tokens: Option<Count>,
    /// LiteLLM's name for the same.
    #[serde(deserialize_with = "lenient")]
    cache_creation_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ToolDetails {
    #[serde(deserialize_with = "lenient")]
    web_search_calls: Option<Count>,
}

/// What the usage object does not say itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside<'a> {
    /// Searches of the web among the items.
    pub(super) searches: u64,
    /// The reply's own word for its tier.
    pub(super) service_tier: Option<&'a str>,
    /// What a cost in the object means.
    pub(super) reported_cost: ReportedCost,
}

/// The usage event for this object; `None` where it counts nothing, as `{}` does.
pub(super) fn event(raw: &RawValue, beside: Beside<'_>) -> Option<StreamEvent> {
    if raw.get().len() > LONGEST_RAW {
        return None;
    }
    let wire: WireUsage<'_> = serde_json::from_str(raw.get()).ok()?;
    let cost = Cost {
        cost: wire.cost,
        details: wire.cost_details,
        is_byok: wire.is_byok == Some(true),
        usd_ticks: wire.cost_in_usd_ticks,
    };
    let reported_cost = cost.reported(beside.reported_cost);
    let counts = [
        wire.input_tokens,
        wire.output_tokens,
        wire.prompt_tokens,
        wire.completion_tokens,
    ];
    if counts.iter().all(Option::is_none) && reported_cost.is_none() {
        return None;
    }
    Some(StreamEvent::Usage {
        usage: split(&wire, beside.searches),
        raw: RawUsage(raw.get().to_owned()),
        reported_cost,
        service_tier: beside.service_tier.and_then(service_tier),
    })
}

/// The event of an object that was kept, without what was said beside it.
pub(crate) fn read_again(raw: &RawValue) -> Option<StreamEvent> {
    event(raw, Beside::default())
}

fn split(wire: &WireUsage<'_>, searches: u64) -> Usage {
    let input = count(wire.input_tokens.or(wire.prompt_tokens));
    let output = count(wire.output_tokens.or(wire.completion_tokens));
    let inputs = [&wire.input_tokens_details, &wire.prompt_tokens_details];
    let inputs = || inputs.into_iter().flatten();
    // The same tokens under several names: the largest is the one that was filled in.
    let cache_read = inputs().map(|details| count(details.cached_tokens));
    let cache_read = cache_read.fold(0, u64::max);
    let cache_write = inputs()
        .flat_map(|details| [details.cache_write_tokens, details.cache_creation_tokens])
        .map(count)
        .fold(0, u64::max);
    let reasoning = [&wire.output_tokens_details, &wire.completion_tokens_details]
        .into_iter()
        .flatten()
        .map(|details| count(details.reasoning_tokens))
        .fold(0, u64::max);
    let tools = wire.server_side_tool_usage_details.as_ref();
    let from_cache = cache_read.saturating_add(cache_write);
    Usage {
        // More from the cache than in the prompt: so this provider counts the two apart.
        input: input.checked_sub(from_cache).unwrap_or(input),
        cache_read,
        cache_write,
        output: visible_output(input, output, reasoning, wire.total_tokens),
        reasoning,
        web_searches: searches.max(tools.map_or(0, |tools| count(tools.web_search_calls))),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::NanoUsd;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str, beside: Beside<'_>) -> Option<StreamEvent> {
        event(serde_json::from_str(text).unwrap(), beside)
    }

    fn usage(text: &str) -> Usage {
        match read(text, Beside::default()) {
            Some(StreamEvent::Usage { usage, .. }) => usage,
            other => panic!("{other:?}"),
        }
    }

    fn cost(text: &str, meaning: ReportedCost) -> Option<NanoUsd> {
        let beside = Beside {
            reported_cost: meaning,
            ..Beside::default()
        };
        match read(text, beside) {
            Some(StreamEvent::Usage { reported_cost, .. }) => reported_cost,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn cached_written_and_reasoning_tokens_are_inside() {
        let usage = usage(
            r#"{"input_tokens":1000,"input_tokens_details":{"cached_tokens":600,"cache_write_tokens":300},
                "output_tokens":500,"output_tokens_details":{"reasoning_tokens":400},"total_tokens":1500}"#,
        );
        let expected = Usage {
            input: 100,
            cache_read: 600,
            cache_write: 300,
            output: 100,
            reasoning: 400,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn a_gateway_may_forget_to_rename_or_to_count() {
        let expected = Usage {
            input: 36,
            cache_read: 64,
            output: 2,
            reasoning: 3,
            ..Usage::default()
        };
        assert_eq!(
            usage(
                r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":64},
                    "completion_tokens_details":{"reasoning_tokens":3}}"#
            ),
            expected
        );
        assert_eq!(
            usage(
                r#"{"input_tokens":"100","output_tokens":2.0,"total_tokens":105,"input_tokens_details":{"cached_tokens":64},
                    "output_tokens_details":{"reasoning_tokens":3},"prompt_tokens":null}"#
            ),
            expected
        );
        for nothing in ["{}", r#"{"total_tokens":0}"#, "[]", "12"] {
            assert_eq!(read(nothing, Beside::default()), None, "{nothing}");
        }
    }

    #[test]
    fn details_of_an_unexpected_type_are_none() {
        let expected = Usage {
            input: 12,
            output: 3,
            ..Usage::default()
        };
        assert_eq!(
            usage(
                r#"{"input_tokens":12,"output_tokens":3,"input_tokens_details":null,"output_tokens_details":[]}"#
            ),
            expected
        );
    }

    #[test]
    fn a_cost_counts_where_its_unit_is_known() {
        let text = r#"{"input_tokens":1,"cost":0.01,"is_byok":true,
            "cost_details":{"upstream_inference_cost":0.2},"cost_in_usd_ticks":37756000}"#;
        for (meaning, expected) in [
            (ReportedCost::Ignored, None),
            (ReportedCost::Dollars, Some(NanoUsd(210_000_000))),
            (ReportedCost::DollarsOrUnknown, Some(NanoUsd(210_000_000))),
            (ReportedCost::UsdTicks, Some(NanoUsd(3_775_600))),
        ] {
            assert_eq!(cost(text, meaning), expected, "{meaning:?}");
        }
    }

    #[test]
    fn searches_are_counted_once_whoever_counts_them() {
        let text = r#"{"input_tokens":1,"server_side_tool_usage_details":{"web_search_calls":3,"x_search_calls":9}}"#;
        let searches = |searches| {
            let beside = Beside {
                searches,
                ..Beside::default()
            };
            match read(text, beside) {
                Some(StreamEvent::Usage { usage, .. }) => usage.web_searches,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((searches(3), searches(0), searches(4)), (3, 3, 4));
    }

    proptest! {
        #[test]
        fn nothing_underflows_and_no_token_is_lost(
            input in any::<u64>(), output in any::<u64>(), cached in any::<u64>(),
            written in any::<u64>(), reasoning in any::<u64>(), total in any::<u64>(), ticks in any::<u64>(),
        ) {
            let usage = usage(&json!({
                "input_tokens": input, "output_tokens": output, "total_tokens": total, "cost_in_usd_ticks": ticks,
                "input_tokens_details": { "cached_tokens": cached, "cache_write_tokens": written },
                "output_tokens_details": { "reasoning_tokens": reasoning },
            }).to_string());
            prop_assert!(usage.total_input() >= input);
            prop_assert!(usage.total_output() >= output);
        }
    }
}
