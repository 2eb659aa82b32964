use patchbay_domain::{JsonText, RawUsage, Vector};
use serde_json::{Value, json};

use super::*;

fn reader(inputs: usize) -> Reader {
    Reader {
        request_id: Some("req-1".to_owned()),
        inputs,
        dimensions: None,
        dialect: Dialect::default(),
        scrubber: Scrubber::default(),
    }
}

fn wanted(input: EmbeddingInput) -> EmbeddingRequest {
    EmbeddingRequest {
        input,
        dimensions: None,
        encoding: VectorEncoding::Float,
    }
}

fn texts(texts: &[&str]) -> EmbeddingInput {
    EmbeddingInput::Texts(texts.iter().map(|&text| text.to_owned()).collect())
}

fn sent(request: &ChatRequest, wanted: &EmbeddingRequest) -> Value {
    serde_json::from_slice(&body(request, wanted, true).unwrap()).unwrap()
}

fn vectors(events: &[StreamEvent]) -> &[Vector] {
    events
        .iter()
        .find_map(|event| match event {
            StreamEvent::Embeddings { vectors } => Some(vectors.as_slice()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn what_is_asked_is_written_as_openai_reads_it() {
    let request = ChatRequest {
        model: "m".to_owned(),
        extra_body: Some(JsonText(r#"{"user":"u","truncate":true}"#.to_owned())),
        ..ChatRequest::default()
    };
    for (input, expected) in [
        (texts(&["a"]), json!("a")),
        (texts(&["a", "b"]), json!(["a", "b"])),
        (EmbeddingInput::Tokens(vec![vec![1, 2]]), json!([1, 2])),
        (
            EmbeddingInput::Tokens(vec![vec![1], vec![2]]),
            json!([[1], [2]]),
        ),
    ] {
        let sent = sent(&request, &wanted(input));
        assert_eq!(
            sent,
            json!({ "model": "m", "input": expected, "user": "u", "truncate": true })
        );
    }
    let more = EmbeddingRequest {
        dimensions: Some(256),
        encoding: VectorEncoding::Base64,
        ..wanted(texts(&["a"]))
    };
    let sent = sent(&ChatRequest::default(), &more);
    assert_eq!(sent["dimensions"], 256);
    assert_eq!(sent["encoding_format"], "base64");
    let plain = body(&ChatRequest::default(), &more, false).unwrap();
    let plain: Value = serde_json::from_slice(&plain).unwrap();
    assert!(plain.get("encoding_format").is_none());
}

#[test]
fn vectors_keep_every_digit_and_come_in_the_order_of_the_texts() {
    let body = r#"{"object":"list","model":"text-x-2","data":[
        {"index":1,"embedding":"AACAPwAAAEA="},
        {"index":0,"embedding":[ 0.10, -1e-7,
            3 ]}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#;
    let events = reader(2).read(body).unwrap();
    let vectors = vectors(&events);
    assert_eq!(vectors[0].data, "[0.10,-1e-7,3]");
    assert_eq!((vectors[0].numbers, vectors[1].numbers), (3, 2));
    assert_eq!(vectors[1].encoding, VectorEncoding::Base64);
    assert_eq!(vectors[1].data, "AACAPwAAAEA=");
    let usage = events.iter().find_map(|event| match event {
        StreamEvent::Usage { usage, raw, .. } => Some((usage, raw)),
        _ => None,
    });
    let (usage, raw) = usage.unwrap();
    assert_eq!((usage.input, usage.output), (8, 0));
    assert_eq!(
        *raw,
        RawUsage(r#"{"prompt_tokens":8,"total_tokens":8}"#.to_owned())
    );
    assert!(matches!(
        &events[0],
        StreamEvent::Started { model: Some(model), request_id: Some(id), .. }
            if model == "text-x-2" && id == "req-1"
    ));
    assert!(matches!(events.last(), Some(StreamEvent::Finished { .. })));
}

#[test]
fn a_reply_that_is_no_vectors_is_a_failure_that_another_way_in_can_mend() {
    for (body, class) in [
        ("", FailureClass::UnexpectedContent),
        ("<html>", FailureClass::UnexpectedContent),
        ("{}", FailureClass::UnexpectedContent),
        (r#"{"data":[]}"#, FailureClass::UnexpectedContent),
        (r#"{"data":{}}"#, FailureClass::UnexpectedContent),
        (
            r#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"data":[{"embedding":[[1,2]]}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"data":[{"embedding":[]}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"data":[{"embedding":[1,null]}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"data":[{"embedding":"AAA="}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"data":[{"index":1,"embedding":[1]}]}"#,
            FailureClass::UnexpectedContent,
        ),
        (
            r#"{"error":{"message":"Too many requests","code":429}}"#,
            FailureClass::RateLimited,
        ),
    ] {
        assert_eq!(reader(1).read(body).unwrap_err().class, class, "{body}");
    }
}

#[test]
fn vectors_of_another_length_than_was_asked_for_are_told_of() {
    let short = Reader {
        dimensions: Some(2),
        ..reader(1)
    };
    let body = r#"{"data":[{"embedding":[1,2,3]}]}"#;
    let events = short.read(body).unwrap();
    let warned = events.iter().any(|event| {
        matches!(event, StreamEvent::Warning { sentence }
            if sentence == "Vectors of 2 numbers were asked for, and the provider gave 3.")
    });
    assert!(warned, "{events:?}");
}
