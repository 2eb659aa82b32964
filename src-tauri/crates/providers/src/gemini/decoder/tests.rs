use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

type Event = Result<StreamEvent, Failure>;

fn event(data: &str) -> SseEvent {
    SseEvent {
        name: None,
        data: data.to_owned(),
    }
}

fn decode_as(model: &str, chunks: &[Value]) -> Vec<Event> {
    let context = ReplyContext {
        model: model.to_owned(),
        ..ReplyContext::default()
    };
    let mut decoder = Decoder::new(context, Scrubber::default());
    chunks
        .iter()
        .flat_map(|chunk| decoder.push(&event(&chunk.to_string())))
        .collect()
}

/// What follows the event that says who answers.
fn decode(chunks: &[Value]) -> Vec<Event> {
    decode_as("gemini-3.8-flash", chunks).split_off(1)
}

fn parts(parts: Value) -> Value {
    json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }] })
}

fn text(text: &str) -> Event {
    Ok(StreamEvent::Text {
        text: text.to_owned(),
    })
}

fn reasoning(text: &str) -> Event {
    Ok(StreamEvent::Reasoning {
        text: text.to_owned(),
    })
}

fn item(item: Value) -> Event {
    Ok(StreamEvent::ReasoningItem {
        format: "gemini".to_owned(),
        item: JsonText(item.to_string()),
    })
}

fn finished(reason: FinishReason) -> Event {
    Ok(StreamEvent::Finished { reason })
}

#[test]
fn thinking_words_and_signatures_are_kept_apart() {
    let thought = json!({ "text": "Hm", "thought": true, "thoughtSignature": "c2ln" });
    let empty = json!({ "text": "", "thoughtSignature": "c2ln" });
    let events = decode(&[
        parts(json!([{ "text": "Well", "thought": true }, thought])),
        parts(
            json!([{ "text": "Hello" }, { "text": "" }, { "text": null }, { "text": " there", "thought": false }]),
        ),
        parts(json!([empty])),
    ]);
    let expected = [
        reasoning("Well"),
        reasoning("Hm"),
        item(thought),
        text("Hello"),
        text(" there"),
        item(empty),
    ];
    assert_eq!(events, expected);
}

#[test]
fn a_call_keeps_its_id_or_gets_one_and_its_signature_names_it() {
    let call = json!({ "functionCall": { "id": "fc-1", "name": "look", "args": { "b": 1.50, "a": [1] } }, "thoughtSignature": "c2ln" });
    let nameless = json!({ "functionCall": { "args": {} } });
    let bare = json!({ "functionCall": { "name": "look" } });
    let events = decode(&[
        json!({ "responseId": "r1", "candidates": [{ "content": { "parts": [call, bare, bare, nameless] } }] }),
        json!({ "candidates": [{ "finishReason": "STOP" }] }),
    ]);
    let id_of = |event: &Event| match event {
        Ok(StreamEvent::ToolCall { id: Some(id), .. }) => id.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(id_of(&events[0]), "fc-1");
    assert_eq!(
        events[1],
        item(json!({ "functionCall": { "id": "fc-1" }, "thoughtSignature": "c2ln" }))
    );
    // Two equal calls are two calls.
    assert!(id_of(&events[2]).starts_with("call_"));
    assert_ne!(id_of(&events[2]), id_of(&events[3]));
    assert!(
        matches!(&events[3], Ok(StreamEvent::ToolCall { index: 2, arguments, .. }) if arguments == "{}")
    );
    assert!(matches!(events[4], Ok(StreamEvent::Malformed { .. })));
    assert_eq!(events[5], finished(FinishReason::ToolCalls));
}

#[test]
fn an_id_is_made_up_of_what_tells_one_answer_from_another() {
    let id = |response: &str| {
        let chunk = json!({ "responseId": response, "candidates": [{ "content": { "parts": [{ "functionCall": { "name": "look" } }] } }] });
        decode(&[chunk])[0].clone()
    };
    assert_eq!(id("r1"), id("r1"));
    assert_ne!(id("r1"), id("r2"));
}

#[test]
fn every_word_for_an_end_has_its_meaning() {
    use FailureClass::*;
    let end = |word: &str| {
        decode(&[json!({ "candidates": [{ "finishReason": word, "content": {} }] })])
            .pop()
            .unwrap()
    };
    for (word, expected) in [
        ("STOP", FinishReason::Stop),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("RECITATION", FinishReason::ContentFilter),
        ("PROHIBITED_CONTENT", FinishReason::ContentFilter),
        ("BLOCKLIST", FinishReason::ContentFilter),
        ("SPII", FinishReason::ContentFilter),
        ("IMAGE_SAFETY", FinishReason::ContentFilter),
        ("LANGUAGE", FinishReason::Other),
        ("OTHER", FinishReason::Other),
        ("A_NEW_WORD", FinishReason::Other),
    ] {
        assert_eq!(end(word), finished(expected), "{word}");
    }
    for (word, class) in [
        ("MALFORMED_FUNCTION_CALL", StreamCut),
        ("UNEXPECTED_TOOL_CALL", StreamCut),
        ("MISSING_THOUGHT_SIGNATURE", InvalidRequest),
    ] {
        let failure = end(word).unwrap_err();
        assert_eq!(
            (failure.class, failure.code.as_deref()),
            (class, Some(word))
        );
    }
}

#[test]
fn an_end_without_a_reason_is_none() {
    let chunks = [
        json!({ "candidates": [{ "finishReason": "FINISH_REASON_UNSPECIFIED" }] }),
        json!({ "candidates": [{ "finishReason": "" }] }),
    ];
    assert_eq!(decode(&chunks), []);
}

#[test]
fn a_blocked_prompt_is_a_failure_that_follows_its_usage() {
    let events = decode_as(
        "gemini-3.8-flash",
        &[json!({
            "promptFeedback": { "blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Not this." },
            "usageMetadata": { "promptTokenCount": 7, "totalTokenCount": 7 }, "modelVersion": "gemini-3.8-flash",
        })],
    );
    assert!(matches!(events[1], Ok(StreamEvent::Usage { .. })));
    let failure = events[2].clone().unwrap_err();
    assert_eq!(failure.class, FailureClass::ContentFiltered);
    assert_eq!(
        failure.message,
        "The provider's filter refused the prompt (\"PROHIBITED_CONTENT\"). Not this."
    );
}

#[test]
fn feedback_that_blocks_nothing_is_none() {
    let feedback = [
        json!({}),
        json!({ "blockReason": "BLOCK_REASON_UNSPECIFIED" }),
        json!({ "safetyRatings": [] }),
    ];
    for feedback in feedback {
        let chunk = json!({ "promptFeedback": feedback, "modelVersion": "x" });
        assert_eq!(decode(&[chunk]), []);
    }
}

#[test]
fn what_cannot_be_shown_is_told_once_of_each_kind() {
    let picture = json!({ "inlineData": { "mimeType": "image/png", "data": "AAAA" }, "thoughtSignature": "c2ln" });
    let sketch =
        json!({ "inlineData": { "mimeType": "image/png", "data": "AAAA" }, "thought": true });
    let code = json!({ "executableCode": { "language": "PYTHON", "code": "1" }, "thoughtSignature": "c2ln" });
    let sound = json!({ "inlineData": { "mimeType": "audio/L16", "data": "AAAA" } });
    let events = decode(&[parts(json!([sketch, picture, picture, code, sound]))]);
    let sentences: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Ok(StreamEvent::Warning { sentence }) => Some(sentence.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(
        sentences,
        [
            "The model sent a picture, which Patchbay cannot show yet.",
            "The model let Google run code for it. The code and its output are not shown yet.",
            "The model sent sound, which Patchbay cannot play yet.",
        ]
    );
    assert!(events.contains(&item(code)));
    assert_eq!(events.len(), 4);
}

fn searches(events: &[Event]) -> Option<u64> {
    events.iter().rev().find_map(|event| match event {
        Ok(StreamEvent::Usage { usage, .. }) => Some(usage.web_searches),
        _ => None,
    })
}

#[test]
fn searches_are_counted_as_google_charges_them() {
    let grounded = |queries: Value| json!({ "candidates": [{ "groundingMetadata": { "webSearchQueries": queries } }] });
    let usage = json!({ "usageMetadata": { "promptTokenCount": 1 } });
    let chunks = [
        grounded(json!(["", "a", "b"])),
        usage.clone(),
        grounded(json!(["a", "c", " "])),
    ];
    assert_eq!(searches(&decode_as("gemini-3.8-flash", &chunks)), Some(3));
    assert_eq!(searches(&decode_as("gemini-2.5-pro", &chunks)), Some(1));
    assert_eq!(
        searches(&decode_as("gemini-flash-latest", &chunks)),
        Some(3)
    );
    assert_eq!(searches(&decode_as("gemini-2.5-pro", &[usage])), Some(0));
    // Who really answers counts.
    let served = json!({ "modelVersion": "gemini-2.5-flash", "candidates": [] });
    let chunks = [&[served], &chunks[..]].concat();
    assert_eq!(
        searches(&decode_as("gemini-flash-latest", &chunks)),
        Some(1)
    );
}

#[test]
fn a_usage_that_counts_nothing_replaces_none() {
    let chunks = [
        json!({ "usageMetadata": { "promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7 }, "responseId": "r" }),
        json!({ "usageMetadata": { "promptTokenCount": 3, "totalTokenCount": 3 } }),
        json!({ "usageMetadata": {} }),
        json!({ "usageMetadata": null }),
    ];
    assert_eq!(decode(&chunks).len(), 1);
}

#[test]
fn missing_and_odd_candidates_are_no_error() {
    for chunk in [
        json!({}),
        json!({ "candidates": null }),
        json!({ "candidates": "x" }),
        json!({ "candidates": [null, 7, [], {}] }),
        json!({ "candidates": [{ "content": 7 }, { "content": { "parts": [null, 7, { "text": 7 }, { "functionCall": 7 }] } }] }),
        json!({ "candidates": [{ "index": 1, "content": { "parts": [{ "text": "another answer" }] } }] }),
        json!({ "error": null }),
        json!({ "error": {} }),
    ] {
        let events = decode_as("gemini-3.8-flash", std::slice::from_ref(&chunk));
        let is_start = |event: &Event| matches!(event, Ok(StreamEvent::Started { .. }));
        assert!(events.iter().all(is_start), "{chunk}: {events:?}");
    }
}

#[test]
fn an_error_ends_the_stream_and_keeps_its_delay() {
    let mut decoder = Decoder::default();
    let error = json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down",
        "details": [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s" }] } });
    let failure = decoder
        .push(&event(&error.to_string()))
        .pop()
        .unwrap()
        .unwrap_err();
    assert_eq!(failure.class, FailureClass::RateLimited);
    assert_eq!(failure.retry_after_millis, Some(34_000));
    assert!(decoder.is_done());
    assert!(
        decoder
            .push(&event(&parts(json!([{ "text": "more" }])).to_string()))
            .is_empty()
    );
}

#[test]
fn a_whole_reply_may_be_one_object_or_a_list() {
    let whole = |body: &Value| Decoder::default().push_whole(&body.to_string()).into_vec();
    let answer =
        |words: &str| json!({ "candidates": [{ "content": { "parts": [{ "text": words }] } }] });
    assert_eq!(whole(&answer("a"))[1..], [text("a")]);
    assert_eq!(
        whole(&json!([answer("a"), answer("b")]))[1..],
        [text("a"), text("b")]
    );
    let failure = whole(
        &json!([{ "error": { "code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE" } }]),
    );
    assert_eq!(
        failure[0].clone().unwrap_err().class,
        FailureClass::Overloaded
    );
    for body in [json!([]), json!({ "detail": "x" }), json!({})] {
        let failure = whole(&body).pop().unwrap().unwrap_err();
        assert_eq!(failure.class, FailureClass::UnexpectedContent, "{body}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_speak_after_the_end(lines in prop::collection::vec("\\PC{0,60}", 0..6)) {
        let mut decoder = Decoder::default();
        for line in lines {
            let was_done = decoder.is_done();
            let events = decoder.push(&event(&line));
            prop_assert!(!was_done || events.is_empty());
        }
    }
}
