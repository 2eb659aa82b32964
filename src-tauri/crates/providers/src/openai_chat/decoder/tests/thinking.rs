//! Thinking: where it stands, what goes back, and the tier of service that it was bought at.

use patchbay_domain::JsonText;
use patchbay_domain::price::ServiceTier;

use super::super::super::dialect::{ReasoningReturn, ThinkTags};
use super::*;

fn decode_as(dialect: Dialect, chunks: &[Value]) -> Vec<Result<StreamEvent, Failure>> {
    let mut decoder = Decoder::new(dialect, None, Scrubber::default());
    chunks
        .iter()
        .flat_map(|chunk| decoder.push(&event(&chunk.to_string())))
        .collect()
}

fn finished() -> Value {
    json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] })
}

fn returning(reasoning_return: ReasoningReturn) -> Dialect {
    Dialect {
        reasoning_return,
        ..Dialect::default()
    }
}

fn items(events: Vec<Result<StreamEvent, Failure>>) -> Vec<(String, Value)> {
    events
        .into_iter()
        .filter_map(|event| match event {
            Ok(StreamEvent::ReasoningItem {
                format,
                item: JsonText(item),
            }) => Some((format, serde_json::from_str(&item).unwrap())),
            _ => None,
        })
        .collect()
}

#[test]
fn tags_in_the_text_are_thinking_and_what_was_held_back_is_told_before_the_end() {
    let said = |text: &str| delta(json!({ "content": text }));
    let events = decode_as(
        Dialect::default(),
        &[
            said("<th"),
            said("ink>\nHm"),
            said(".</thi"),
            said("nk>\n\nYes"),
            finished(),
        ],
    );
    assert_eq!(events[1..4], [reasoning("Hm"), reasoning("."), text("Yes")]);
    let held = decode_as(Dialect::default(), &[said("<th"), finished()]);
    assert_eq!(held[1], text("<th"));
    assert!(matches!(held[2], Ok(StreamEvent::Finished { .. })));
    let never = Dialect {
        think_tags: ThinkTags::Never,
        ..Dialect::default()
    };
    assert_eq!(decode_as(never, &[said("<think>")])[1], text("<think>"));
}

#[test]
fn an_error_does_not_swallow_the_last_letters() {
    let mut decoder = Decoder::default();
    decoder.push(&event(&delta(json!({ "content": " <t" })).to_string()));
    let events = decoder.push(&event(r#"{"error":{"message":"it broke"}}"#));
    assert_eq!(events[0], text(" <t"));
    assert!(events[1].is_err());
}

#[test]
fn details_are_put_together_and_go_back_as_they_came() {
    let pieces = |pieces: Value| delta(json!({ "reasoning_details": pieces }));
    let chunks = [
        pieces(
            json!([{ "type": "reasoning.text", "text": "Let ", "format": "anthropic-claude-v1", "index": 0 }]),
        ),
        pieces(json!([{ "type": "reasoning.text", "text": "me.", "index": 0, "id": null }])),
        pieces(json!([{ "type": "reasoning.text", "signature": "c2ln", "index": 0 }])),
        pieces(json!([{ "type": "reasoning.summary", "summary": "So.", "index": 1 }])),
        pieces(
            json!([{ "type": "reasoning.encrypted", "data": "YWJj", "id": "rs_1", "index": 2 }]),
        ),
        pieces(
            json!([{ "type": "reasoning.encrypted", "data": "ZGVm", "id": "rs_2", "index": 2 }]),
        ),
        finished(),
    ];
    let dialect = returning(ReasoningReturn::ReasoningDetails);
    let events = decode_as(dialect, &chunks);
    assert_eq!(
        events[1..4],
        [reasoning("Let "), reasoning("me."), reasoning("So.")]
    );
    assert!(matches!(
        events.last(),
        Some(Ok(StreamEvent::Finished { .. }))
    ));
    let expected = [
        json!({ "type": "reasoning.text", "text": "Let me.", "format": "anthropic-claude-v1", "index": 0, "signature": "c2ln" }),
        json!({ "type": "reasoning.summary", "summary": "So.", "index": 1 }),
        json!({ "type": "reasoning.encrypted", "data": "YWJj", "id": "rs_1", "index": 2 }),
        json!({ "type": "reasoning.encrypted", "data": "ZGVm", "id": "rs_2", "index": 2 }),
    ]
    .map(|item| ("openai_chat.reasoning_details".to_owned(), item));
    assert_eq!(items(events), expected);
    // Nobody keeps what nobody wants back.
    assert_eq!(items(decode_as(Dialect::default(), &chunks)), []);
}

#[test]
fn details_without_an_index_are_one_where_they_stream_and_several_where_they_are_whole() {
    let dialect = returning(ReasoningReturn::ReasoningDetails);
    let words = |text: &str| json!({ "type": "reasoning.text", "text": text });
    let streamed = decode_as(
        dialect,
        &[
            delta(json!({ "reasoning": "a", "reasoning_details": [words("a")] })),
            delta(json!({ "reasoning": "b", "reasoning_details": [words("b")] })),
            finished(),
        ],
    );
    assert_eq!(streamed[1..3], [reasoning("a"), reasoning("b")]);
    let streamed: Vec<Value> = items(streamed).into_iter().map(|(_, item)| item).collect();
    assert_eq!(streamed, [words("ab")]);
    let whole = json!({ "choices": [{ "message": { "content": "c", "reasoning_details": [words("a"), words("b")] }, "finish_reason": "stop" }] });
    let mut decoder = Decoder::new(dialect, None, Scrubber::default());
    let whole = decoder.push_whole(&whole.to_string()).into_vec();
    let whole: Vec<Value> = items(whole).into_iter().map(|(_, item)| item).collect();
    assert_eq!(whole, [words("a"), words("b")]);
}

#[test]
fn plain_thinking_goes_back_where_it_is_wanted() {
    let call = delta(
        json!({ "tool_calls": [{ "id": "a", "function": { "name": "one", "arguments": "{}" } }] }),
    );
    let thought = delta(json!({ "reasoning_content": "Hm, " }));
    let more = delta(json!({ "reasoning_content": "so." }));
    let kept = |reasoning_return, chunks: &[&Value]| {
        let chunks: Vec<Value> = chunks.iter().map(|chunk| (*chunk).clone()).collect();
        items(decode_as(returning(reasoning_return), &chunks)).len()
    };
    let end = finished();
    use ReasoningReturn::{Never, ReasoningContent, ReasoningContentWithTools};
    assert_eq!(kept(Never, &[&thought, &call, &end]), 0);
    assert_eq!(kept(ReasoningContentWithTools, &[&thought, &end]), 0);
    assert_eq!(kept(ReasoningContentWithTools, &[&thought, &call, &end]), 1);
    assert_eq!(kept(ReasoningContent, &[&thought, &more, &end]), 1);
    let events = decode_as(returning(ReasoningContent), &[thought, more, end]);
    let expected = ("openai_chat.reasoning_content".to_owned(), json!("Hm, so."));
    assert_eq!(items(events), [expected]);
}

#[test]
fn the_tier_of_service_is_the_one_that_was_given() {
    let tier = |chunks: &[Value]| {
        decode(chunks).into_iter().find_map(|event| match event {
            Ok(StreamEvent::Usage { service_tier, .. }) => Some(service_tier),
            _ => None,
        })
    };
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1 } });
    let beside = |word: &str| json!({ "id": "a", "service_tier": word, "choices": [] });
    assert_eq!(
        tier(&[beside("flex"), usage.clone()]),
        Some(Some(ServiceTier::Flex))
    );
    assert_eq!(
        tier(&[beside("default"), usage.clone()]),
        Some(Some(ServiceTier::Standard))
    );
    assert_eq!(tier(&[beside("auto"), usage.clone()]), Some(None));
    let inside = json!({ "usage": { "prompt_tokens": 1, "service_tier": "priority" } });
    assert_eq!(
        tier(&[beside("default"), inside]),
        Some(Some(ServiceTier::Priority))
    );
}

#[test]
fn the_signature_of_a_call_is_kept_with_its_id() {
    let call = json!({ "function": { "name": "one", "arguments": "{}" },
        "extra_content": { "google": { "thought_signature": "c2ln" } } });
    let chunks = [delta(json!({ "tool_calls": [call] })), finished()];
    let kept = items(decode_as(
        returning(ReasoningReturn::ToolExtraContent),
        &chunks,
    ));
    let item =
        json!({ "id": "call_a_0", "extra_content": { "google": { "thought_signature": "c2ln" } } });
    assert_eq!(kept, [("openai_chat.tool_extra_content".to_owned(), item)]);
    assert_eq!(items(decode_as(Dialect::default(), &chunks)), []);
}
