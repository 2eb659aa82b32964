//! Usage objects, translated into classes that do not overlap.

use patchbay_domain::money::parse_dollars;
use patchbay_domain::{NanoUsd, RawUsage, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Count, lenient};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireUsage<'a> {
    #[serde(deserialize_with = "lenient")]
    prompt_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens: Option<Count>,
    /// The names of newer formats; some gateways send both. Not an alias: both at once must be fine.
    #[serde(deserialize_with = "lenient")]
    input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    output_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    total_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
    #[serde(deserialize_with = "lenient")]
    completion_tokens_details: Option<CompletionDetails>,
    /// DeepSeek.
    #[serde(deserialize_with = "lenient")]
    prompt_cache_hit_tokens: Option<Count>,
    /// Moonshot.
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<Count>,
    /// Gateways in front of Anthropic.
    #[serde(deserialize_with = "lenient")]
    cache_read_input_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_creation_input_tokens: Option<Count>,
    /// Perplexity, and a few that count thinking beside the details.
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<Count>,
    /// OpenRouter: a number of dollars. Perplexity: an object with a total.
    #[serde(borrow)]
    cost: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_details: Option<&'a RawValue>,
    /// OpenRouter: the model's own price was paid with the person's own key elsewhere.
    #[serde(deserialize_with = "lenient")]
    is_byok: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    #[serde(deserialize_with = "lenient")]
    cached_tokens: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    cache_write_tokens: Option<Count>,
    /// LiteLLM's name for the same.
    #[serde(deserialize_with = "lenient")]
    cache_creation_tokens: Option<Count>,
    /// How the writes divide into short and long ones.
    #[serde(deserialize_with = "lenient")]
    cache_creation_token_details: Option<CacheWriteDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheWriteDetails {
    #[serde(deserialize_with = "lenient")]
    ephemeral_1h_input_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    #[serde(deserialize_with = "lenient")]
    reasoning_tokens: Option<Count>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CostObject<'a> {
    #[serde(borrow)]
    total_cost: Option<&'a RawValue>,
    #[serde(borrow)]
    upstream_inference_cost: Option<&'a RawValue>,
}

/// The largest usage object that is worth keeping with every attempt, in bytes.
const LONGEST_RAW: usize = 16 * 1024;

/// The usage event for this object; `None` where it counts nothing, as `{}` does.
pub(super) fn event(raw: &RawValue) -> Option<StreamEvent> {
    if raw.get().len() > LONGEST_RAW {
        return None;
    }
    let wire: WireUsage<'_> = serde_json::from_str(raw.get()).ok()?;
    let reported_cost = reported_cost(&wire);
    let counts = [
        wire.prompt_tokens,
        wire.completion_tokens,
        wire.input_tokens,
        wire.output_tokens,
    ];
    if counts.iter().all(Option::is_none) && reported_cost.is_none() {
        return None;
    }
    Some(StreamEvent::Usage {
        usage: split(&wire),
        raw: RawUsage(raw.get().to_owned()),
        reported_cost,
        service_tier: None,
    })
}

fn split(wire: &WireUsage<'_>) -> Usage {
    let count = |count: Option<Count>| count.map_or(0, |count| count.0);
    let prompt = count(wire.prompt_tokens.or(wire.input_tokens));
    let completion = count(wire.completion_tokens.or(wire.output_tokens));
    let details = wire.prompt_tokens_details.as_ref();
    // The same tokens under several names: the largest is the one that was filled in.
    let cache_read = [
        details.and_then(|details| details.cached_tokens),
        wire.prompt_cache_hit_tokens,
        wire.cached_tokens,
        wire.cache_read_input_tokens,
    ]
    .map(count)
    .into_iter()
    .fold(0, u64::max);
    let all_writes = [
        details.and_then(|details| details.cache_write_tokens),
        details.and_then(|details| details.cache_creation_tokens),
        wire.cache_creation_input_tokens,
    ]
    .map(count)
    .into_iter()
    .fold(0, u64::max);
    let cache_write_long = details
        .and_then(|details| details.cache_creation_token_details.as_ref())
        .map_or(0, |details| count(details.ephemeral_1h_input_tokens))
        .min(all_writes);
    let from_cache = cache_read.saturating_add(all_writes);
    let reasoning = wire
        .completion_tokens_details
        .as_ref()
        .map_or(0, |details| count(details.reasoning_tokens))
        .max(count(wire.reasoning_tokens));
    Usage {
        // More from the cache than in the prompt: so this provider counts the two apart.
        input: prompt.checked_sub(from_cache).unwrap_or(prompt),
        cache_read,
        cache_write: all_writes - cache_write_long,
        cache_write_long,
        output: visible_output(prompt, completion, reasoning, wire.total_tokens),
        reasoning,
        ..Usage::default()
    }
}

/// Thinking is inside the completion tokens of most, and beside those of some (xAI): the total tells.
fn visible_output(prompt: u64, completion: u64, reasoning: u64, total: Option<Count>) -> u64 {
    let beside = prompt.saturating_add(completion).saturating_add(reasoning);
    if reasoning > 0 && total.is_some_and(|total| total.0 == beside) {
        return completion;
    }
    completion.checked_sub(reasoning).unwrap_or(completion)
}

fn reported_cost(wire: &WireUsage<'_>) -> Option<NanoUsd> {
    let cost = wire.cost?;
    let charged = dollars(cost).or_else(|| {
        let object: CostObject<'_> = serde_json::from_str(cost.get()).ok()?;
        dollars(object.total_cost?)
    })?;
    if wire.is_byok != Some(true) {
        return Some(charged);
    }
    // The charge is then the gateway's fee alone; what the host took comes on top, if it is known.
    let details: CostObject<'_> = serde_json::from_str(wire.cost_details?.get()).ok()?;
    let upstream = dollars(details.upstream_inference_cost?)?;
    Some(NanoUsd(charged.0.saturating_add(upstream.0)))
}

/// An amount as it is written, never through floating point. Nobody is charged less than nothing.
fn dollars(raw: &RawValue) -> Option<NanoUsd> {
    let text = raw.get().trim_matches('"');
    parse_dollars(text).ok().filter(|amount| amount.0 >= 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Option<(Usage, Option<NanoUsd>)> {
        let raw: &RawValue = serde_json::from_str(text).unwrap();
        event(raw).map(|event| match event {
            StreamEvent::Usage {
                usage,
                reported_cost,
                ..
            } => (usage, reported_cost),
            other => panic!("{other:?}"),
        })
    }

    fn usage(text: &str) -> Usage {
        read(text).unwrap().0
    }

    #[test]
    fn openai_counts_cached_and_reasoning_inside() {
        let usage = usage(
            r#"{"prompt_tokens":1000,"completion_tokens":500,"total_tokens":1500,
                "prompt_tokens_details":{"cached_tokens":900,"audio_tokens":0},
                "completion_tokens_details":{"reasoning_tokens":400}}"#,
        );
        let expected = Usage {
            input: 100,
            cache_read: 900,
            output: 100,
            reasoning: 400,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn deepseek_and_moonshot_name_the_cache_differently() {
        let expected = Usage {
            input: 36,
            cache_read: 64,
            output: 5,
            ..Usage::default()
        };
        assert_eq!(
            usage(
                r#"{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36,"prompt_tokens_details":{"cached_tokens":64}}"#
            ),
            expected
        );
        assert_eq!(
            usage(r#"{"prompt_tokens":100,"completion_tokens":5,"cached_tokens":64}"#),
            expected
        );
    }

    #[test]
    fn cache_writes_are_neither_counted_twice_nor_as_fresh_input() {
        let usage = usage(
            r#"{"prompt_tokens":1000,"completion_tokens":1,"cache_read_input_tokens":300,"cache_creation_input_tokens":600,
                "prompt_tokens_details":{"cached_tokens":300,"cache_creation_tokens":600,
                "cache_creation_token_details":{"ephemeral_5m_input_tokens":200,"ephemeral_1h_input_tokens":400}}}"#,
        );
        let expected = Usage {
            input: 100,
            cache_read: 300,
            cache_write: 200,
            cache_write_long: 400,
            output: 1,
            reasoning: 0,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn thinking_beside_the_completion_is_told_by_the_total() {
        let counted = |total: u64| {
            usage(
                &json!({ "prompt_tokens": 10, "completion_tokens": 50, "total_tokens": total,
                "completion_tokens_details": { "reasoning_tokens": 30 } })
                .to_string(),
            )
        };
        assert_eq!(counted(60).output, 20);
        assert_eq!(counted(90).output, 50);
        assert_eq!(counted(90).reasoning, 30);
    }

    #[test]
    fn a_cost_is_read_digit_by_digit() {
        let cost = |text: &str| read(text).and_then(|(_, cost)| cost);
        assert_eq!(cost(r#"{"cost":0.0000123456789}"#), Some(NanoUsd(12_346)));
        assert_eq!(cost(r#"{"cost":1.5e-6}"#), Some(NanoUsd(1_500)));
        assert_eq!(cost(r#"{"cost":"0.25"}"#), Some(NanoUsd(250_000_000)));
        assert_eq!(
            cost(r#"{"cost":{"input_tokens_cost":0.1,"total_cost":0.3}}"#),
            Some(NanoUsd(300_000_000))
        );
        assert_eq!(cost(r#"{"prompt_tokens":1,"cost":null}"#), None);
        assert_eq!(cost(r#"{"prompt_tokens":1,"cost":-1}"#), None);
    }

    #[test]
    fn with_the_persons_own_key_the_hosts_price_comes_on_top() {
        let cost = |details: &str| {
            read(&format!(
                r#"{{"prompt_tokens":1,"cost":0.05,"is_byok":true{details}}}"#
            ))
            .unwrap()
            .1
        };
        assert_eq!(
            cost(r#","cost_details":{"upstream_inference_cost":1}"#),
            Some(NanoUsd(1_050_000_000))
        );
        assert_eq!(cost(""), None);
    }

    #[test]
    fn what_counts_nothing_is_no_usage() {
        for text in ["{}", "null", "[]", "7", "\"x\"", r#"{"total_tokens":null}"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn odd_numbers_are_read_where_they_are_counts() {
        let usage = usage(
            r#"{"prompt_tokens":"12","completion_tokens":3.0,"prompt_tokens_details":{"cached_tokens":-5},"completion_tokens_details":[]}"#,
        );
        assert_eq!(
            usage,
            Usage {
                input: 12,
                output: 3,
                ..Usage::default()
            }
        );
    }

    proptest! {
        #[test]
        fn nothing_underflows_and_no_token_is_lost(
            prompt in any::<u64>(), completion in any::<u64>(), cached in any::<u64>(),
            written in any::<u64>(), reasoning in any::<u64>(), total in any::<u64>(),
        ) {
            let usage = usage(&json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
                "prompt_tokens_details": { "cached_tokens": cached, "cache_write_tokens": written },
                "completion_tokens_details": { "reasoning_tokens": reasoning },
            }).to_string());
            prop_assert!(usage.total_input() >= prompt);
            prop_assert!(usage.total_output() >= completion);
        }
    }
}
