use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn decode(mut decoder: Decoder, events: &[Value]) -> Vec<Result<StreamEvent, Failure>> {
    let data = |event: &Value| SseEvent {
        name: None,
        data: event.to_string(),
    };
    events
        .iter()
        .flat_map(|event| decoder.push(&data(event)))
        .collect()
}

fn text(events: &[Result<StreamEvent, Failure>]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            Ok(StreamEvent::Text { text }) => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn message(text: &str) -> Value {
    json!({ "type": "message", "id": "msg_1", "content": [{ "type": "output_text", "text": text }] })
}

#[test]
fn the_id_from_the_headers_is_the_one_for_the_support_desk() {
    let decoder = Decoder::new(Some("req-1".to_owned()), Scrubber::default());
    let created =
        json!({ "type": "response.created", "response": { "id": "resp_1", "model": "m" } });
    let events = decode(decoder, &[created.clone(), created]);
    assert_eq!(
        events,
        [Ok(StreamEvent::Started {
            request_id: Some("req-1".to_owned()),
            model: Some("m".to_owned()),
            served_by: None,
        })]
    );
}

#[test]
fn a_key_in_an_error_goes_no_further() {
    let scrubber = Scrubber::new(["made-up-key-0123".into()]);
    let event = json!({ "type": "error", "code": "invalid_api_key", "message": "Bad key made-up-key-0123" });
    let events = decode(Decoder::new(None, scrubber), &[event]);
    let Err(failure) = &events[0] else {
        panic!("{events:?}");
    };
    assert_eq!(failure.class, FailureClass::Authentication);
    assert!(!failure.message.contains("made-up-key"), "{failure}");
}

#[test]
fn an_error_after_a_stop_text_spoils_nothing() {
    let decoder = Decoder::default().with_stop(vec!["END".to_owned()]);
    let delta = json!({ "type": "response.output_text.delta", "delta": "One END" });
    let error = json!({ "type": "error", "message": "gone" });
    let events = decode(decoder, &[delta, error]);
    assert!(events.iter().all(Result::is_ok), "{events:?}");
    assert_eq!(text(&events), "One ");
    assert_eq!(
        events.last(),
        Some(&Ok(StreamEvent::Finished {
            reason: FinishReason::Stop
        }))
    );
}

#[test]
fn a_call_whose_name_comes_last_is_told_whole() {
    let piece = |delta: &str| json!({ "type": "response.function_call_arguments.delta", "output_index": 0, "delta": delta });
    let done = json!({ "type": "response.output_item.done", "output_index": 0,
        "item": { "type": "function_call", "call_id": "c", "name": "now", "arguments": "{\"a\":1}" } });
    let events = decode(Decoder::default(), &[piece("{\"a\""), piece(":1}"), done]);
    assert_eq!(
        events.last(),
        Some(&Ok(StreamEvent::ToolCall {
            index: 0,
            id: Some("c".to_owned()),
            name: Some("now".to_owned()),
            arguments: "{\"a\":1}".to_owned(),
        }))
    );
    assert_eq!(events.len(), 2, "{events:?}");
}

#[test]
fn two_calls_at_one_index_are_two() {
    let done = |id: &str| {
        json!({ "type": "response.output_item.done", "output_index": 0,
            "item": { "type": "function_call", "call_id": id, "name": "now", "arguments": "{}" } })
    };
    let events = decode(Decoder::default(), &[done("a"), done("b"), done("b")]);
    let indexes: Vec<u32> = events
        .iter()
        .filter_map(|event| match event {
            Ok(StreamEvent::ToolCall { index, .. }) => Some(*index),
            _ => None,
        })
        .collect();
    assert_eq!(indexes, [0, 1]);
}

#[test]
fn half_a_call_at_the_end_of_the_room_is_not_mended() {
    let added = json!({ "type": "response.output_item.added", "output_index": 0,
        "item": { "type": "function_call", "call_id": "a", "name": "now", "arguments": "" } });
    let end = json!({ "type": "response.incomplete", "response": { "status": "incomplete",
        "incomplete_details": { "reason": "max_output_tokens" } } });
    let events = decode(Decoder::default(), &[added, end]);
    assert!(
        matches!(
            events.last(),
            Some(Ok(StreamEvent::Finished {
                reason: FinishReason::Length
            }))
        ),
        "{events:?}"
    );
    assert!(!format!("{events:?}").contains("{}"), "{events:?}");
}

proptest! {
    /// A server may leave out any of the ways in which it tells a word, as long as one is left.
    #[test]
    fn every_word_is_said_once(
        words in prop::collection::vec("[a-c]{1,3}", 1..5),
        pieces in any::<bool>(), whole in any::<bool>(), item in any::<bool>(), added in any::<bool>(),
        lost in any::<prop::sample::Index>(), loses in any::<bool>(),
    ) {
        let full = words.concat();
        let mut events = vec![json!({ "type": "response.created", "response": { "id": "r" } })];
        if added {
            events.push(json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "message" } }));
        }
        if pieces {
            // The last pieces may be lost on the way.
            let kept = if loses { lost.index(words.len()) } else { words.len() };
            events.extend(words[..kept].iter().map(|word| json!({ "type": "response.output_text.delta", "delta": word })));
        }
        if whole {
            events.push(json!({ "type": "response.output_text.done", "text": full }));
        }
        if item {
            events.push(json!({ "type": "response.output_item.done", "output_index": 0, "item": message(&full) }));
        }
        events.push(json!({ "type": "response.completed", "response": { "status": "completed", "output": [message(&full)] } }));
        let events = decode(Decoder::default(), &events);
        prop_assert_eq!(text(&events), full);
    }
}
