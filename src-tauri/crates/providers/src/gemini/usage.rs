//! Google's usage object, translated into classes that do not overlap.
//!
//! Prompt, answer, thinking and what Google's tools read stand side by side and add up to the total;
//! cached tokens are inside the prompt. The details divide each of these by the kind of content.

use patchbay_domain::price::ServiceTier;
use patchbay_domain::{RawUsage, StreamEvent, Usage};

use super::wire::{ModalityCount, UsageMetadata};
use crate::usage::{LONGEST_RAW, count};

/// The usage event for this object; `None` where it counts nothing, as `{}` does. `tier` is what the
/// reply's headers said, and `web_searches` what the answer has cost in searches so far.
pub(super) fn event(
    raw: &str,
    tier: Option<ServiceTier>,
    web_searches: u64,
) -> Option<StreamEvent> {
    if raw.len() > LONGEST_RAW {
        return None;
    }
    let wire: UsageMetadata = serde_json::from_str(raw).ok()?;
    let counts = [
        wire.prompt_token_count,
        wire.candidates_token_count,
        wire.thoughts_token_count,
        wire.tool_use_prompt_token_count,
        wire.total_token_count,
    ];
    if counts.iter().all(Option::is_none) {
        return None;
    }
    Some(StreamEvent::Usage {
        usage: Usage {
            web_searches,
            ..split(&wire)
        },
        raw: RawUsage(raw.to_owned()),
        reported_cost: None,
        service_tier: named_tier(&wire).or(tier),
    })
}

/// The event of an object that was kept, without searches, which are counted beside it.
pub(crate) fn read_again(raw: &str) -> Option<StreamEvent> {
    event(raw, None, 0)
}

/// The tier that this word of Google's means; `None` for words that name none of ours, such as
/// throughput that was bought in advance and is not charged by the token.
pub(super) fn service_tier(word: &str) -> Option<ServiceTier> {
    match word.trim().to_ascii_lowercase().as_str() {
        "on_demand" | "standard" | "service_tier_standard" => Some(ServiceTier::Standard),
        "on_demand_priority" | "priority" | "service_tier_priority" => Some(ServiceTier::Priority),
        "on_demand_flex" | "flex" | "service_tier_flex" => Some(ServiceTier::Flex),
        _ => None,
    }
}

fn named_tier(wire: &UsageMetadata) -> Option<ServiceTier> {
    [&wire.traffic_type, &wire.service_tier]
        .into_iter()
        .flatten()
        .find_map(|word| service_tier(word))
}

fn split(wire: &UsageMetadata) -> Usage {
    let input = split_input(wire);
    let (output, reasoning) = split_output(wire);
    let audio_output = of_kind(wire.candidates_tokens_details.as_ref(), "AUDIO").min(output);
    let image_output =
        of_kind(wire.candidates_tokens_details.as_ref(), "IMAGE").min(output - audio_output);
    Usage {
        output: output - audio_output - image_output,
        reasoning,
        audio_output,
        image_output,
        ..input
    }
}

/// Moving pictures and documents are charged as text, and so stay with it; but Gemini 3 counts the
/// pages of a PDF as pictures.
fn split_input(wire: &UsageMetadata) -> Usage {
    let prompt = count(wire.prompt_token_count);
    let tools = count(wire.tool_use_prompt_token_count);
    let cached = count(wire.cached_content_token_count);
    let (prompt_details, cache_details, tool_details) = (
        wire.prompt_tokens_details.as_ref(),
        wire.cache_tokens_details.as_ref(),
        wire.tool_use_prompt_tokens_details.as_ref(),
    );
    let audio_cache_read = of_kind(cache_details, "AUDIO").min(cached);
    // More from the cache than in the prompt: so this server counts the two apart.
    let (fresh, cached_inside) = match prompt.checked_sub(cached) {
        Some(fresh) => (fresh, true),
        None => (prompt, false),
    };
    // The details of the prompt count what came from the cache as well.
    let fresh_of = |kind: &str| {
        let all = of_kind(prompt_details, kind);
        if cached_inside {
            all.saturating_sub(of_kind(cache_details, kind))
        } else {
            all
        }
    };
    let audio = fresh_of("AUDIO").min(fresh);
    let image = fresh_of("IMAGE").min(fresh - audio);
    let tool_audio = of_kind(tool_details, "AUDIO").min(tools);
    let tool_image = of_kind(tool_details, "IMAGE").min(tools - tool_audio);
    Usage {
        input: (fresh - audio - image).saturating_add(tools - tool_audio - tool_image),
        cache_read: cached - audio_cache_read,
        audio_input: audio.saturating_add(tool_audio),
        audio_cache_read,
        image_input: image.saturating_add(tool_image),
        ..Usage::default()
    }
}

/// The answer, and the thinking beside it.
fn split_output(wire: &UsageMetadata) -> (u64, u64) {
    let answer = count(wire.candidates_token_count);
    let thoughts = count(wire.thoughts_token_count);
    let Some(total) = wire.total_token_count else {
        return (answer, thoughts);
    };
    let input =
        count(wire.prompt_token_count).saturating_add(count(wire.tool_use_prompt_token_count));
    let Some(output) = total.0.checked_sub(input) else {
        return (answer, thoughts);
    };
    // Gateways that copy the format may count the thinking inside the answer: the total tells.
    if thoughts > 0 && output == answer {
        return (answer.saturating_sub(thoughts), thoughts.min(answer));
    }
    // What is in the total and nowhere else was charged all the same. Thinking costs what the answer
    // does, so it matters little which of the two it was.
    let rest = output.saturating_sub(answer.saturating_add(thoughts));
    match (wire.candidates_token_count, wire.thoughts_token_count) {
        (Some(_), None) => (answer, rest),
        (None, _) => (rest, thoughts),
        (Some(_), Some(_)) => (answer, thoughts),
    }
}

fn of_kind(details: Option<&Vec<ModalityCount>>, kind: &str) -> u64 {
    details
        .into_iter()
        .flatten()
        .filter(|detail| detail.modality.as_deref() == Some(kind))
        .map(|detail| count(detail.token_count))
        .fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn usage(object: Value) -> Usage {
        match event(&object.to_string(), None, 0).unwrap() {
            StreamEvent::Usage { usage, .. } => usage,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn thinking_stands_beside_the_answer() {
        let usage = usage(json!({
            "promptTokenCount": 12, "candidatesTokenCount": 5, "thoughtsTokenCount": 384, "totalTokenCount": 401,
        }));
        let expected = Usage {
            input: 12,
            output: 5,
            reasoning: 384,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn cached_tokens_are_inside_the_prompt_and_kinds_inside_both() {
        let usage = usage(json!({
            "promptTokenCount": 1000, "cachedContentTokenCount": 600, "candidatesTokenCount": 7, "totalTokenCount": 1007,
            "promptTokensDetails": [
                { "modality": "TEXT", "tokenCount": 500 }, { "modality": "AUDIO", "tokenCount": 300 },
                { "modality": "IMAGE", "tokenCount": 150 }, { "modality": "VIDEO", "tokenCount": 50 },
            ],
            "cacheTokensDetails": [
                { "modality": "TEXT", "tokenCount": 400 }, { "modality": "AUDIO", "tokenCount": 100 },
                { "modality": "IMAGE", "tokenCount": 100 },
            ],
        }));
        let expected = Usage {
            input: 150,
            cache_read: 500,
            audio_input: 200,
            audio_cache_read: 100,
            image_input: 50,
            output: 7,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
        assert_eq!(usage.total_input(), 1_000);
    }

    #[test]
    fn what_googles_tools_read_is_input_beside_the_prompt() {
        let usage = usage(json!({
            "promptTokenCount": 20, "toolUsePromptTokenCount": 4_000, "candidatesTokenCount": 30,
            "thoughtsTokenCount": 100, "totalTokenCount": 4_150,
            "toolUsePromptTokensDetails": [{ "modality": "TEXT", "tokenCount": 3_000 }, { "modality": "IMAGE", "tokenCount": 1_000 }],
        }));
        assert_eq!((usage.input, usage.image_input), (3_020, 1_000));
        assert_eq!((usage.output, usage.reasoning), (30, 100));
    }

    #[test]
    fn pictures_and_sound_in_the_answer_have_their_own_class() {
        let usage = usage(json!({
            "promptTokenCount": 9, "candidatesTokenCount": 1_310, "totalTokenCount": 1_319,
            "candidatesTokensDetails": [{ "modality": "IMAGE", "tokenCount": 1_290 }, { "modality": "TEXT", "tokenCount": 20 }],
        }));
        assert_eq!((usage.output, usage.image_output), (20, 1_290));
    }

    #[test]
    fn an_answer_cut_while_thinking_has_no_answer_tokens() {
        let usage = usage(
            json!({ "promptTokenCount": 9, "thoughtsTokenCount": 91, "totalTokenCount": 100 }),
        );
        assert_eq!((usage.output, usage.reasoning), (0, 91));
    }

    #[test]
    fn the_total_tells_what_the_parts_leave_out() {
        let usage_of = |object: Value| {
            let usage = usage(object);
            (usage.output, usage.reasoning)
        };
        let only_in_total =
            json!({ "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 400 });
        assert_eq!(usage_of(only_in_total), (5, 385));
        let inside = json!({ "promptTokenCount": 10, "candidatesTokenCount": 50, "thoughtsTokenCount": 30, "totalTokenCount": 60 });
        assert_eq!(usage_of(inside), (20, 30));
        let no_answer = json!({ "promptTokenCount": 10, "totalTokenCount": 25 });
        assert_eq!(usage_of(no_answer), (15, 0));
    }

    #[test]
    fn the_tier_has_two_places_and_two_spellings() {
        let tier = |object: Value, header| match event(&object.to_string(), header, 0) {
            Some(StreamEvent::Usage { service_tier, .. }) => service_tier,
            other => panic!("{other:?}"),
        };
        let with = |field: &str, word: &str| json!({ "promptTokenCount": 1, field: word });
        for (object, expected) in [
            (
                with("trafficType", "ON_DEMAND"),
                Some(ServiceTier::Standard),
            ),
            (
                with("trafficType", "ON_DEMAND_FLEX"),
                Some(ServiceTier::Flex),
            ),
            (
                with("trafficType", "ON_DEMAND_PRIORITY"),
                Some(ServiceTier::Priority),
            ),
            (with("trafficType", "PROVISIONED_THROUGHPUT"), None),
            (with("serviceTier", "flex"), Some(ServiceTier::Flex)),
            (
                with("serviceTier", "SERVICE_TIER_PRIORITY"),
                Some(ServiceTier::Priority),
            ),
            (with("other", "x"), None),
        ] {
            assert_eq!(tier(object.clone(), None), expected, "{object}");
        }
        let header = Some(ServiceTier::Flex);
        assert_eq!(tier(with("other", "x"), header), header);
    }

    #[test]
    fn what_counts_nothing_is_no_usage() {
        for text in [
            "{}",
            "null",
            "[]",
            "7",
            r#"{"promptTokenCount":null,"trafficType":"ON_DEMAND"}"#,
        ] {
            assert_eq!(event(text, None, 0), None, "{text}");
        }
    }

    #[test]
    fn odd_numbers_and_details_are_read_as_far_as_they_go() {
        let usage = usage(json!({
            "promptTokenCount": "12", "candidatesTokenCount": 3.0, "cachedContentTokenCount": -5,
            "promptTokensDetails": [null, { "modality": 7, "tokenCount": 3 }], "candidatesTokensDetails": {},
        }));
        assert_eq!(
            (usage.input, usage.output, usage.total_input()),
            (12, 3, 12)
        );
    }

    proptest! {
        #[test]
        fn nothing_underflows_and_no_token_is_lost_or_counted_twice(
            prompt in 0..u64::MAX / 8, tools in 0..u64::MAX / 8, answer in 0..u64::MAX / 8,
            thoughts in 0..u64::MAX / 8, cached in any::<u64>(), kinds in prop::array::uniform6(any::<u64>()),
        ) {
            let detail = |audio: u64, image: u64| json!([
                { "modality": "AUDIO", "tokenCount": audio }, { "modality": "IMAGE", "tokenCount": image },
            ]);
            let usage = usage(json!({
                "promptTokenCount": prompt, "toolUsePromptTokenCount": tools, "candidatesTokenCount": answer,
                "thoughtsTokenCount": thoughts, "cachedContentTokenCount": cached,
                "totalTokenCount": prompt + tools + answer + thoughts,
                "promptTokensDetails": detail(kinds[0], kinds[1]), "cacheTokensDetails": detail(kinds[2], kinds[3]),
                "candidatesTokensDetails": detail(kinds[4], kinds[5]),
            }));
            prop_assert_eq!(usage.total_output(), answer + thoughts);
            if cached <= prompt {
                prop_assert_eq!(usage.total_input(), prompt + tools);
            } else {
                prop_assert!(usage.total_input() >= prompt + tools);
            }
        }
    }
}
