//! Tool calls, in the ways in which servers cut and number them.

use super::*;

fn piece(call: Value) -> Value {
    delta(json!({ "tool_calls": [call] }))
}

fn function(name: &str, arguments: &str) -> Value {
    json!({ "name": name, "arguments": arguments })
}

/// Each call as id, name and arguments, and why the model stopped.
fn calls(chunks: &[Value]) -> (Vec<(String, String, String)>, Option<FinishReason>) {
    let mut calls: Vec<(String, String, String)> = Vec::new();
    let mut finish = None;
    for event in decode(chunks) {
        match event.unwrap() {
            StreamEvent::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let index = usize::try_from(index).unwrap();
                if index == calls.len() {
                    calls.push((id.unwrap(), name.unwrap_or_default(), arguments));
                } else {
                    assert_eq!((id, name), (None, None), "told twice");
                    calls[index].2.push_str(&arguments);
                }
            }
            StreamEvent::Finished { reason } => finish = Some(reason),
            _ => {}
        }
    }
    (calls, finish)
}

fn expect(chunks: &[Value], expected: &[(&str, &str, &str)]) {
    let owned = |(id, name, arguments): &(&str, &str, &str)| {
        (
            (*id).to_owned(),
            (*name).to_owned(),
            (*arguments).to_owned(),
        )
    };
    let expected: Vec<_> = expected.iter().map(owned).collect();
    assert_eq!(calls(chunks).0, expected);
}

#[test]
fn pieces_find_their_call_by_index() {
    expect(
        &[
            piece(
                json!({ "index": 0, "id": "a", "type": "function", "function": function("one", "") }),
            ),
            piece(json!({ "index": 1, "id": "b", "function": function("two", "{") })),
            piece(json!({ "index": 0, "function": { "arguments": "{\"x\":" } })),
            piece(
                json!({ "index": 1, "id": null, "function": { "name": null, "arguments": "}" } }),
            ),
            piece(json!({ "index": 0, "id": "", "function": { "arguments": "1}" } })),
        ],
        &[("a", "one", "{\"x\":1}"), ("b", "two", "{}")],
    );
}

#[test]
fn an_index_that_is_missing_or_always_zero_or_used_again_merges_nothing() {
    for index in [Value::Null, json!(0)] {
        expect(
            &[
                piece(json!({ "index": index, "id": "a", "function": function("one", "{\"x\":") })),
                piece(json!({ "index": index, "function": { "arguments": "1}" } })),
                piece(json!({ "index": index, "id": "b", "function": function("one", "{}") })),
                piece(json!({ "index": index, "id": "a", "function": { "arguments": " " } })),
            ],
            &[("a", "one", "{\"x\":1} "), ("b", "one", "{}")],
        );
    }
}

#[test]
fn whole_calls_without_ids_get_ids_that_another_answer_does_not_share() {
    let whole = json!({ "id": "chatcmpl-7", "choices": [{ "delta": { "tool_calls": [
        { "function": { "name": "one", "arguments": { "x": 1 } } },
        { "index": 0, "function": { "name": "two", "arguments": {} } },
        { "index": 0, "function": { "name": "two", "arguments": null } },
    ] } }] });
    expect(
        &[whole],
        &[
            ("call_chatcmpl7_0", "one", "{\"x\":1}"),
            ("call_chatcmpl7_1", "two", "{}"),
            ("call_chatcmpl7_2", "two", ""),
        ],
    );
}

#[test]
fn one_id_for_all_calls_does_not_make_them_one() {
    expect(
        &[
            piece(json!({ "index": 0, "id": "same", "function": function("one", "{}") })),
            piece(json!({ "index": 1, "id": "same", "function": function("two", "{}") })),
        ],
        &[("same", "one", "{}"), ("call_a_1", "two", "{}")],
    );
}

#[test]
fn an_id_that_comes_late_still_leads_to_its_call() {
    expect(
        &[
            piece(json!({ "index": 0, "function": function("one", "{") })),
            piece(json!({ "index": 0, "id": "late", "function": { "arguments": "\"x\":" } })),
            piece(json!({ "id": "late", "function": { "arguments": "1}" } })),
        ],
        &[("call_a_0", "one", "{\"x\":1}")],
    );
}

#[test]
fn a_name_that_comes_late_is_waited_for() {
    let chunks = [
        piece(json!({ "index": 0, "id": "a", "function": { "arguments": "{" } })),
        piece(json!({ "index": 0, "function": function("one", "}") })),
    ];
    expect(&chunks, &[("a", "one", "{}")]);
    let first = decode(&chunks[..1]);
    assert!(
        !first
            .iter()
            .any(|event| matches!(event, Ok(StreamEvent::ToolCall { .. })))
    );
}

#[test]
fn the_first_form_of_the_format_is_a_call_too() {
    let chunks = [
        delta(json!({ "function_call": function("one", "") })),
        delta(json!({ "function_call": { "arguments": "{\"x\":" } })),
        delta(json!({ "function_call": { "arguments": "1}" } })),
        json!({ "choices": [{ "delta": {}, "finish_reason": "function_call" }] }),
    ];
    let (calls, finish) = calls(&chunks);
    assert_eq!(calls[0].1, "one");
    assert_eq!(calls[0].2, "{\"x\":1}");
    assert_eq!((calls.len(), finish), (1, Some(FinishReason::ToolCalls)));
}

#[test]
fn a_stop_that_waits_for_tools_is_no_end_and_a_length_stays_one() {
    let reason = |word: &str| {
        calls(&[
            piece(json!({ "index": 0, "id": "a", "function": function("one", "{}") })),
            json!({ "choices": [{ "delta": {}, "finish_reason": word }] }),
        ])
        .1
    };
    assert_eq!(reason("stop"), Some(FinishReason::ToolCalls));
    assert_eq!(reason("length"), Some(FinishReason::Length));
}

#[test]
fn odd_calls_are_no_calls() {
    for odd in [
        json!(null),
        json!([]),
        json!("x"),
        json!([null, 7, "x", {}]),
        json!([{ "index": 0, "function": {} }]),
        json!({ "function": [] }),
    ] {
        let chunk = delta(json!({ "tool_calls": odd, "function_call": null }));
        assert_eq!(decode(std::slice::from_ref(&chunk)).len(), 1, "{chunk}");
    }
}

proptest! {
    /// However the arguments are cut, they are the same in the end.
    #[test]
    fn arguments_come_together(pieces in prop::collection::vec("[a-zé{}\":,]{0,4}", 1..8), index in prop::option::of(0_u64..3)) {
        let mut chunks = vec![piece(json!({ "index": index, "id": "a", "function": function("one", "") }))];
        chunks.extend(pieces.iter().map(|text| piece(json!({ "index": index, "function": { "arguments": text } }))));
        let (calls, _) = calls(&chunks);
        prop_assert_eq!(&calls[0].2, &pieces.concat());
        prop_assert_eq!(calls.len(), 1);
    }
}
