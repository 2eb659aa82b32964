use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn event(data: &str) -> SseEvent {
    SseEvent {
        name: None,
        data: data.to_owned(),
    }
}

fn decode(chunks: &[Value]) -> Vec<Result<StreamEvent, Failure>> {
    let mut decoder = Decoder::default();
    chunks
        .iter()
        .flat_map(|chunk| decoder.push(&event(&chunk.to_string())))
        .collect()
}

fn delta(delta: Value) -> Value {
    json!({ "id": "a", "choices": [{ "index": 0, "delta": delta }] })
}

fn text(text: &str) -> Result<StreamEvent, Failure> {
    Ok(StreamEvent::Text {
        text: text.to_owned(),
    })
}

fn reasoning(text: &str) -> Result<StreamEvent, Failure> {
    Ok(StreamEvent::Reasoning {
        text: text.to_owned(),
    })
}

#[test]
fn content_comes_as_text_null_parts_or_not_at_all() {
    let events = decode(&[
        delta(json!({ "role": "assistant" })),
        delta(json!({ "content": null })),
        delta(json!({ "content": "" })),
        delta(json!({ "content": "a" })),
        delta(
            json!({ "content": [{ "type": "text", "text": "b" }, { "type": "image" }, { "type": "text", "text": "c" }] }),
        ),
        delta(json!({ "content": { "type": "text", "text": "d" } })),
        delta(json!({ "content": 7 })),
        delta(json!({ "refusal": "e" })),
        delta(Value::Null),
    ]);
    assert_eq!(events[1..], ["a", "b", "c", "d", "e"].map(text));
}

#[test]
fn chances_of_tokens_stand_beside_their_text() {
    let logprobs = json!({ "content": [{ "token": "a", "logprob": -0.5, "top_logprobs": [] }] });
    let events = decode(&[
        json!({ "id": "x", "choices": [
            { "index": 0, "delta": { "content": "a" }, "logprobs": logprobs },
        ] }),
        json!({ "choices": [{ "index": 0, "delta": { "content": "b" }, "logprobs": null }] }),
    ]);
    let fields = JsonText(json!({ "logprobs": logprobs }).to_string());
    let aside = Ok(StreamEvent::Aside {
        family: WireFamily::OpenAiChat,
        fields,
    });
    assert_eq!(events[1..], [text("a"), aside, text("b")]);
}

#[test]
fn a_picture_is_not_left_out_silently() {
    let image =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } });
    let events = decode(&[
        delta(json!({ "content": "Here.", "images": [image] })),
        delta(json!({ "content": "", "images": null })),
        delta(json!({ "content": "", "images": [] })),
    ]);
    let [
        Ok(StreamEvent::Started { .. }),
        said,
        Ok(StreamEvent::Warning { sentence }),
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(*said, text("Here."));
    assert!(sentence.contains("picture"));
}

#[test]
fn thinking_has_three_places_and_is_told_once() {
    let events = decode(&[
        delta(json!({ "reasoning_content": "a", "reasoning": "a", "content": "" })),
        delta(json!({ "reasoning": "b", "reasoning_details": [{ "text": "b" }] })),
        delta(
            json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "c" }] }] }),
        ),
        delta(json!({ "reasoning_content": null, "content": "d" })),
    ]);
    assert_eq!(
        events[1..],
        [reasoning("a"), reasoning("b"), reasoning("c"), text("d")]
    );
}

#[test]
fn missing_empty_and_odd_choices_are_no_error() {
    for chunk in [
        json!({ "choices": [] }),
        json!({ "choices": null }),
        json!({}),
        json!({ "choices": "x" }),
        json!({ "choices": [null, 7, [], {}] }).clone(),
        json!({ "choices": [{ "index": 1, "delta": { "content": "another answer" } }] }),
        json!({ "usage": {} }),
        json!({ "usage": null, "x_groq": {}, "error": null }),
    ] {
        let events = decode(std::slice::from_ref(&chunk));
        let said = events
            .iter()
            .any(|event| !matches!(event, Ok(StreamEvent::Started { .. })));
        assert!(!said, "{chunk}: {events:?}");
    }
}

#[test]
fn finished_comes_before_usage_and_only_once() {
    let last = json!({ "id": "a", "choices": [{ "delta": {}, "finish_reason": "stop" }],
        "x_groq": { "usage": { "prompt_tokens": 1, "completion_tokens": 2 } } });
    let events = decode(&[last.clone(), last]);
    assert!(matches!(
        events[1],
        Ok(StreamEvent::Finished {
            reason: FinishReason::Stop
        })
    ));
    assert!(matches!(events[2], Ok(StreamEvent::Usage { .. })));
    let finishes = events
        .iter()
        .filter(|event| matches!(event, Ok(StreamEvent::Finished { .. })))
        .count();
    assert_eq!(finishes, 1);
}

#[test]
fn every_word_for_the_end_is_known_or_other() {
    let reason = |word: &str| {
        let chunk = json!({ "id": "a", "choices": [{ "delta": {}, "finish_reason": word }] });
        decode(&[chunk]).into_iter().nth(1)
    };
    for (word, expected) in [
        ("stop", FinishReason::Stop),
        ("eos", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("SAFETY", FinishReason::ContentFilter),
        ("function_call", FinishReason::ToolCalls),
        ("something new", FinishReason::Other),
    ] {
        assert_eq!(
            reason(word),
            Some(Ok(StreamEvent::Finished { reason: expected })),
            "{word}"
        );
    }
    assert_eq!(reason(""), None);
    assert_eq!(reason("null"), None);
    for (word, class) in [
        ("error", FailureClass::ServerError),
        ("insufficient_system_resource", FailureClass::Overloaded),
        ("abort", FailureClass::StreamCut),
    ] {
        assert_eq!(reason(word).unwrap().unwrap_err().class, class, "{word}");
    }
}

#[test]
fn an_error_in_a_chunk_ends_the_answer_after_its_last_text() {
    let mut decoder = Decoder::default();
    let chunk = json!({
        "id": "a", "provider": "Acme",
        "error": { "code": "server_error", "message": "Provider disconnected" },
        "choices": [{ "index": 0, "delta": { "content": "half" }, "finish_reason": "error" }],
    });
    let events = decoder.push(&event(&chunk.to_string()));
    assert_eq!(events[1], text("half"));
    let failure = events[2].as_ref().unwrap_err();
    assert_eq!(failure.class, FailureClass::ServerError);
    assert_eq!(failure.code.as_deref(), Some("server_error"));
    assert_eq!(events.len(), 3);
    assert!(decoder.is_done());
    assert!(decoder.push(&event("{\"choices\":[]}")).is_empty());
}

#[test]
fn an_error_has_many_shapes_in_a_stream() {
    for data in [
        r#"{"error":"it broke"}"#,
        r#"{"error":{"message":"it broke","code":500}}"#,
        r#"{"object":"error","message":"it broke","code":500}"#,
        r#"{"choices":[{"index":0,"error":{"message":"it broke"}}]}"#,
        r#"{"base_resp":{"status_code":1013,"status_msg":"it broke"}}"#,
    ] {
        let events = Decoder::default().push(&event(data));
        let failure = events.last().unwrap().as_ref().unwrap_err();
        assert_eq!(failure.class, FailureClass::ServerError, "{data}");
        assert!(failure.message.contains("it broke"), "{data}");
    }
    let named = SseEvent {
        name: Some("error".to_owned()),
        data: r#"{"message":"it broke"}"#.to_owned(),
    };
    assert!(Decoder::default().push(&named)[0].is_err());
}

#[test]
fn what_is_not_json_is_named_without_being_repeated() {
    for data in [
        "{\"choices\":[{\"secret",
        "secret",
        "\"secret\"",
        "[\"secret\"]",
        "{\"secret\":}",
    ] {
        let events = Decoder::default().push(&event(data));
        let [Ok(StreamEvent::Malformed { reason })] = events.as_slice() else {
            panic!("{data}: {events:?}")
        };
        assert!(!reason.contains("secret"));
    }
}

#[test]
fn the_end_mark_ends_and_proves_nothing() {
    let mut decoder = Decoder::default();
    assert!(decoder.push(&event(" [DONE] ")).is_empty());
    assert!(decoder.is_done() && !decoder.is_finished());
}

#[test]
fn a_whole_reply_is_an_answer_too() {
    let mut decoder = Decoder::new(
        Dialect::default(),
        Some("req-1".to_owned()),
        Scrubber::default(),
    );
    let reply = json!({
        "id": "chatcmpl-1", "model": "maker/model", "object": "chat.completion",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hi." }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 2 },
    });
    // DeepSeek keeps the connection alive with blank lines before the reply.
    let events = decoder.push_whole(&format!("\n\n\n{reply}"));
    let [
        Ok(StreamEvent::Started {
            request_id, model, ..
        }),
        said,
        finished,
        Ok(StreamEvent::Usage { .. }),
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        (request_id.as_deref(), model.as_deref()),
        (Some("req-1"), Some("maker/model"))
    );
    assert_eq!(*said, text("Hi."));
    assert_eq!(
        *finished,
        Ok(StreamEvent::Finished {
            reason: FinishReason::Stop
        })
    );
    assert!(decoder.is_done());
}

#[test]
fn a_whole_reply_that_is_no_answer_is_a_failure() {
    for (body, class) in [
        (r#"{"detail":"Not Found"}"#, FailureClass::UnexpectedContent),
        ("{}", FailureClass::UnexpectedContent),
        ("null", FailureClass::UnexpectedContent),
        (
            r#"{"error":{"message":"no","code":429}}"#,
            FailureClass::RateLimited,
        ),
        (
            r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
            FailureClass::PaymentRequired,
        ),
    ] {
        let events = Decoder::default().push_whole(body);
        assert_eq!(
            events.last().unwrap().as_ref().unwrap_err().class,
            class,
            "{body}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(data in "\\PC{0,80}") {
        let _ = Decoder::default().push(&event(&data));
        let _ = Decoder::default().push_whole(&data);
    }

    #[test]
    fn text_is_never_empty(pieces in prop::collection::vec("[a-z]{0,3}", 0..6)) {
        let chunks: Vec<Value> = pieces.iter().map(|piece| delta(json!({ "content": piece }))).collect();
        let said: String = decode(&chunks).into_iter().filter_map(|event| match event {
            Ok(StreamEvent::Text { text }) => { assert!(!text.is_empty()); Some(text) }
            _ => None,
        }).collect();
        prop_assert_eq!(said, pieces.concat());
    }
}

mod thinking;
mod tools;
