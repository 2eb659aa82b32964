use patchbay_domain::NanoUsd;
use proptest::prelude::*;
use serde_json::json;

use super::super::dialect::ReportedCost;
use super::*;

fn read_as(dialect: Dialect, text: &str) -> Option<(Usage, Option<NanoUsd>)> {
    let raw: &RawValue = serde_json::from_str(text).unwrap();
    event(raw, dialect, None).map(|event| match event {
        StreamEvent::Usage {
            usage,
            reported_cost,
            ..
        } => (usage, reported_cost),
        other => panic!("{other:?}"),
    })
}

fn read(text: &str) -> Option<(Usage, Option<NanoUsd>)> {
    read_as(Dialect::openrouter(), text)
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
fn sound_and_pictures_are_counted_apart_and_once() {
    let usage = usage(
        r#"{"prompt_tokens":1000,"completion_tokens":300,"total_tokens":1300,
            "prompt_tokens_details":{"cached_tokens":400,"audio_tokens":300,"image_tokens":200,
            "cached_tokens_details":{"text_tokens":300,"audio_tokens":100}},
            "completion_tokens_details":{"reasoning_tokens":100,"audio_tokens":80,"image_tokens":20}}"#,
    );
    let expected = Usage {
        input: 200,
        cache_read: 300,
        audio_input: 200,
        audio_cache_read: 100,
        image_input: 200,
        output: 100,
        reasoning: 100,
        audio_output: 80,
        image_output: 20,
        ..Usage::default()
    };
    assert_eq!(usage, expected);
    assert_eq!((usage.total_input(), usage.total_output()), (1000, 300));
}

#[test]
fn thinking_that_is_only_in_the_total_is_found_where_the_dialect_says_so() {
    let text = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":404}"#;
    assert_eq!((usage(text).output, usage(text).reasoning), (5, 0));
    let dialect = Dialect {
        thinking_only_in_total: true,
        ..Dialect::default()
    };
    let (usage, _) = read_as(dialect, text).unwrap();
    assert_eq!((usage.output, usage.reasoning), (5, 389));
    let (plain, _) = read_as(dialect, r#"{"prompt_tokens":10,"completion_tokens":5}"#).unwrap();
    assert_eq!(plain.reasoning, 0);
}

#[test]
fn searches_of_the_web_are_counted() {
    let searches = |field: &str| usage(&format!(r#"{{"prompt_tokens":1,{field}}}"#)).web_searches;
    assert_eq!(
        searches(r#""server_tool_use":{"web_search_requests":2}"#),
        2
    );
    assert_eq!(searches(r#""num_search_queries":3"#), 3);
    assert_eq!(searches(r#""server_tool_use":null"#), 0);
}

#[test]
fn a_cost_is_believed_only_where_its_unit_is_known() {
    let text = r#"{"prompt_tokens":1,"cost":0.5,"cost_in_usd_ticks":37756000}"#;
    let cost = |reported_cost| {
        let dialect = Dialect {
            reported_cost,
            ..Dialect::default()
        };
        read_as(dialect, text).unwrap().1
    };
    assert_eq!(cost(ReportedCost::Ignored), None);
    assert_eq!(cost(ReportedCost::Dollars), Some(NanoUsd(500_000_000)));
    assert_eq!(cost(ReportedCost::UsdTicks), Some(NanoUsd(3_775_600)));
    let unsure = ReportedCost::DollarsOrUnknown;
    assert_eq!(cost(unsure), Some(NanoUsd(500_000_000)));
    // LiteLLM's proxy, of a model that it has no price of.
    let dialect = Dialect {
        reported_cost: unsure,
        ..Dialect::default()
    };
    assert_eq!(
        read_as(dialect, r#"{"prompt_tokens":1,"cost":0.0}"#)
            .unwrap()
            .1,
        None
    );
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
        audio in any::<u64>(), image in any::<u64>(), cached_audio in any::<u64>(),
    ) {
        let usage = usage(&json!({
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
            "prompt_tokens_details": { "cached_tokens": cached, "cache_write_tokens": written,
                "audio_tokens": audio, "image_tokens": image,
                "cached_tokens_details": { "audio_tokens": cached_audio } },
            "completion_tokens_details": { "reasoning_tokens": reasoning, "audio_tokens": audio },
        }).to_string());
        prop_assert!(usage.total_input() >= prompt);
        prop_assert!(usage.total_output() >= completion);
    }
}
