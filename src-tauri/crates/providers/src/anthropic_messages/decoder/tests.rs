use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn decode(events: &[Value]) -> Vec<Result<StreamEvent, Failure>> {
    let mut decoder = Decoder::default();
    events
        .iter()
        .flat_map(|event| {
            decoder.push(&SseEvent {
                name: None,
                data: event.to_string(),
            })
        })
        .collect()
}

/// Without the `Started` that every answer begins with.
fn decode_blocks(events: &[Value]) -> Vec<StreamEvent> {
    let mut decoded = decode(events).into_iter().map(Result::unwrap);
    assert!(matches!(decoded.next(), Some(StreamEvent::Started { .. })));
    decoded.collect()
}

fn start(index: u64, block: Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn stop(index: u64) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

fn call(index: u32, id: Option<&str>, name: Option<&str>, arguments: &str) -> StreamEvent {
    StreamEvent::ToolCall {
        index,
        id: id.map(str::to_owned),
        name: name.map(str::to_owned),
        arguments: arguments.to_owned(),
    }
}

#[test]
fn calls_are_counted_by_themselves_and_never_merged() {
    let events = decode_blocks(&[
        start(0, json!({ "type": "text", "text": "" })),
        start(
            1,
            json!({ "type": "tool_use", "id": "toolu_a", "name": "one", "input": {} }),
        ),
        start(
            2,
            json!({ "type": "tool_use", "id": "toolu_b", "name": "two", "input": {} }),
        ),
        delta(
            2,
            json!({ "type": "input_json_delta", "partial_json": "{\"b\":2}" }),
        ),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": "{\"a\"" }),
        ),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": ":1}" }),
        ),
        stop(1),
        stop(2),
    ]);
    assert_eq!(
        events,
        [
            call(0, Some("toolu_a"), Some("one"), ""),
            call(1, Some("toolu_b"), Some("two"), ""),
            call(1, None, None, "{\"b\":2}"),
            call(0, None, None, "{\"a\""),
            call(0, None, None, ":1}"),
        ]
    );
}

#[test]
fn a_call_without_an_id_gets_one_that_no_other_answer_has() {
    for answer in ["msg_1", "msg_2"] {
        let events = decode_blocks(&[
            json!({ "type": "message_start", "message": { "id": answer } }),
            start(0, json!({ "type": "tool_use", "name": "one" })),
        ]);
        let id = format!("toolu_{}_0", answer.replace('_', ""));
        assert_eq!(events, [call(0, Some(&id), Some("one"), "")]);
    }
}

#[test]
fn arguments_that_come_whole_or_not_at_all_are_json() {
    let tool = |index: u64, input: Value| {
        start(
            index,
            json!({ "type": "tool_use", "id": format!("t{index}"), "name": "n", "input": input }),
        )
    };
    let events = decode_blocks(&[
        tool(0, json!({ "a": 1 })),
        stop(0),
        tool(1, json!({})),
        stop(1),
        tool(2, Value::Null),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" } }),
    ]);
    let arguments: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::ToolCall {
                id: None,
                index,
                arguments,
                ..
            } => Some((*index, arguments.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(arguments, [(0, "{\"a\":1}"), (1, "{}"), (2, "{}")]);
    assert_eq!(
        events.last(),
        Some(&StreamEvent::Finished {
            reason: FinishReason::ToolCalls
        })
    );
}

#[test]
fn signed_thinking_is_kept_to_be_sent_back_and_unsigned_is_not() {
    let events = decode_blocks(&[
        start(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
        ),
        delta(0, json!({ "type": "thinking_delta", "thinking": "a\"b" })),
        delta(0, json!({ "type": "thinking_delta", "thinking": "c" })),
        delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
        stop(0),
        start(1, json!({ "type": "thinking", "thinking": "d" })),
        stop(1),
        start(
            2,
            json!({ "type": "redacted_thinking", "data": "xyz", "more": 1 }),
        ),
        stop(2),
    ]);
    let items: Vec<Value> = events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::ReasoningItem { item, format } => {
                assert_eq!(format, "anthropic_messages");
                Some(serde_json::from_str(&item.0).unwrap())
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        items,
        [
            json!({ "type": "thinking", "thinking": "a\"bc", "signature": "sig" }),
            json!({ "type": "redacted_thinking", "data": "xyz", "more": 1 }),
        ]
    );
}

#[test]
fn thinking_whose_words_are_withheld_is_kept_all_the_same() {
    let events = decode_blocks(&[
        start(
            0,
            json!({ "type": "thinking", "thinking": "", "signature": "" }),
        ),
        delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
        stop(0),
    ]);
    assert!(matches!(&events[..], [StreamEvent::ReasoningItem { .. }]));
}

#[test]
fn what_the_providers_own_tools_do_is_no_call_of_ours() {
    let events = decode_blocks(&[
        start(
            0,
            json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} }),
        ),
        delta(
            0,
            json!({ "type": "input_json_delta", "partial_json": "{\"query\":1}" }),
        ),
        stop(0),
        start(
            1,
            json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": [] }),
        ),
        stop(1),
        start(2, json!({ "type": "text", "text": "" })),
        delta(2, json!({ "type": "citations_delta", "citation": {} })),
        delta(2, json!({ "type": "text_delta", "text": "Found." })),
    ]);
    assert_eq!(
        events,
        [StreamEvent::Text {
            text: "Found.".to_owned()
        }]
    );
}

#[test]
fn an_error_in_the_stream_is_classed_by_its_type() {
    use FailureClass::*;
    for (kind, class) in [
        ("overloaded_error", Overloaded),
        ("rate_limit_error", RateLimited),
        ("api_error", ServerError),
        ("timeout_error", ServerError),
        ("authentication_error", Authentication),
        ("permission_error", PermissionDenied),
        ("billing_error", PaymentRequired),
        ("invalid_request_error", InvalidRequest),
        ("not_found_error", ModelNotFound),
    ] {
        let event = json!({ "type": "error", "error": { "type": kind, "message": "Words" }, "request_id": "req_1" });
        let [Err(failure)] = &decode(&[event])[..] else {
            panic!("{kind}");
        };
        assert_eq!(
            (failure.class, failure.message.as_str()),
            (class, "Words"),
            "{kind}"
        );
    }
}

#[test]
fn the_reply_headers_id_is_on_the_failure() {
    let mut decoder = Decoder::new(Some("req_7".to_owned()), Scrubber::default());
    let decoded = decoder.push(&SseEvent {
        name: Some("error".to_owned()),
        data: "not even JSON".to_owned(),
    });
    let [Err(failure)] = &decoded[..] else {
        panic!("{decoded:?}");
    };
    assert_eq!(failure.request_id.as_deref(), Some("req_7"));
    assert!(decoder.is_done());
}

#[test]
fn reasons_to_stop_are_told_apart() {
    use FinishReason::*;
    for (word, reason) in [
        ("end_turn", Stop),
        ("stop_sequence", Stop),
        ("max_tokens", Length),
        ("model_context_window_exceeded", Length),
        ("tool_use", ToolCalls),
        ("refusal", ContentFilter),
        ("pause_turn", Other),
        ("a_word_of_tomorrow", Other),
    ] {
        let event = json!({ "type": "message_delta", "delta": { "stop_reason": word } });
        assert_eq!(
            decode(&[event]),
            [Ok(StreamEvent::Finished { reason })],
            "{word}"
        );
    }
    for nothing in [json!(null), json!(""), json!(7)] {
        let event = json!({ "type": "message_delta", "delta": { "stop_reason": nothing } });
        assert_eq!(decode(&[event]), []);
    }
}

#[test]
fn a_refusal_says_why_where_the_provider_does() {
    let event = json!({ "type": "message_delta", "delta": { "stop_reason": "refusal",
        "stop_details": { "type": "refusal", "category": "cyber", "explanation": "Against the rules." } } });
    assert_eq!(
        decode(&[event]),
        [
            Ok(StreamEvent::Warning {
                sentence: "Against the rules.".to_owned()
            }),
            Ok(StreamEvent::Finished {
                reason: FinishReason::ContentFilter
            }),
        ]
    );
}

#[test]
fn a_whole_reply_that_is_no_message_is_a_failure() {
    let failure = |body: &str| {
        let mut decoded = Decoder::default().push_whole(body);
        decoded.pop().unwrap().unwrap_err()
    };
    assert_eq!(failure("{}").class, FailureClass::UnexpectedContent);
    assert_eq!(failure("[]").class, FailureClass::UnexpectedContent);
    assert_eq!(
        failure(r#"{"detail":"no"}"#).class,
        FailureClass::UnexpectedContent
    );
    assert_eq!(
        failure(r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#).class,
        FailureClass::Overloaded
    );
}

proptest! {
    /// No order of events makes it panic, say an empty word, or go on after its end.
    #[test]
    fn any_order_of_events_is_read(kinds in prop::collection::vec((0_u8..10, 0_u64..3), 0..40)) {
        let events: Vec<Value> = kinds
            .into_iter()
            .map(|(kind, index)| match kind {
                0 => json!({ "type": "message_start", "message": { "id": "m", "usage": { "input_tokens": index } } }),
                1 => start(index, json!({ "type": "text", "text": "" })),
                2 => start(index, json!({ "type": "tool_use", "id": "t", "name": "n", "input": {} })),
                3 => start(index, json!({ "type": "thinking", "thinking": "" })),
                4 => delta(index, json!({ "type": "text_delta", "text": "x" })),
                5 => delta(index, json!({ "type": "input_json_delta", "partial_json": "" })),
                6 => delta(index, json!({ "type": "signature_delta", "signature": "s" })),
                7 => stop(index),
                8 => json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } }),
                _ => json!({ "type": "ping" }),
            })
            .collect();
        let decoded = decode(&events);
        let started = decoded.iter().filter(|event| matches!(event, Ok(StreamEvent::Started { .. }))).count();
        let finished = decoded.iter().filter(|event| matches!(event, Ok(StreamEvent::Finished { .. }))).count();
        prop_assert!(started <= 1 && finished <= 1);
        for event in decoded {
            if let Ok(StreamEvent::Text { text } | StreamEvent::Reasoning { text }) = event {
                prop_assert!(!text.is_empty());
            }
        }
    }
}
