//! Every documented name in every family: what is written can be read again, and says the same.

use serde_json::{Value, json};

use super::*;
use crate::scripted::documented::DOCUMENTED;
use crate::scripted::models::{Circumstances, reply};
use crate::scripted::request::RecordedRequest;
use crate::scripted::routes::route;
use crate::scripted::script::Reply;

mod heard;
mod odd;

use self::heard::{Heard, read_stream, read_whole};

/// Names whose bytes are not all JSON, or not all there.
const BROKEN: [&str; 2] = ["not-json-event", "invalid-utf8"];

/// One way to ask: the path and the query of a stream, and of a whole answer.
const WAYS: [(&str, &str, &str); 10] = [
    ("/v1/chat/completions", "", "/v1/chat/completions"),
    (
        "/openrouter/api/v1/chat/completions",
        "",
        "/openrouter/api/v1/chat/completions",
    ),
    (
        "/deepseek/chat/completions",
        "",
        "/deepseek/chat/completions",
    ),
    (
        "/together/v1/chat/completions",
        "",
        "/together/v1/chat/completions",
    ),
    ("/v1/responses", "", "/v1/responses"),
    ("/v1/messages", "", "/v1/messages"),
    (
        "/v1beta/models/{model}:streamGenerateContent",
        "alt=sse",
        "/v1beta/models/{model}:generateContent",
    ),
    (
        "/v1/projects/p/locations/l/publishers/google/models/{model}:streamGenerateContent",
        "alt=sse",
        "/v1/projects/p/locations/l/publishers/google/models/{model}:generateContent",
    ),
    ("/api/chat", "", "/api/chat"),
    (
        "/nanogpt/api/v1/chat/completions",
        "",
        "/nanogpt/api/v1/chat/completions",
    ),
];

fn request(path: &str, query: &str, model: &str, streams: bool) -> RecordedRequest {
    let message = json!([{ "role": "user", "content": "Hello there" }]);
    let contents = json!([{ "role": "user", "parts": [{ "text": "Hello there" }] }]);
    let body = if path.contains("{model}") {
        json!({ "contents": contents })
    } else if path.ends_with("/responses") {
        json!({ "model": model, "stream": streams, "input": message })
    } else {
        json!({ "model": model, "stream": streams, "messages": message, "max_tokens": 500,
            "stream_options": { "include_usage": true } })
    };
    RecordedRequest {
        method: "POST".to_owned(),
        path: path.replace("{model}", model),
        query: query.to_owned(),
        headers: vec![],
        body: body.to_string(),
    }
}

fn reply_to(request: &RecordedRequest) -> Option<Script> {
    let circumstances = Circumstances {
        earlier: 0,
        since_first: std::time::Duration::ZERO,
        has_recovered: false,
        redirect_to: "http://localhost/".to_owned(),
        models: &[],
    };
    match reply(request, &route(request), &circumstances) {
        Reply::Send(script) | Reply::SendLate(_, script) => Some(script),
        Reply::Reset | Reply::Silent => None,
    }
}

/// All bytes, with what is repeated for ever there once.
fn bytes(script: &Script) -> Vec<u8> {
    let sent = script.steps.iter().filter_map(|step| match step {
        Step::Send(bytes) | Step::RepeatForEver(bytes) => Some(bytes.as_ref()),
        _ => None,
    });
    sent.collect::<Vec<_>>().concat()
}

/// Names under which the chat format says two calls in a way that only it has.
const ODD_CALLS: [&str; 2] = ["tool-calls-no-index", "tool-calls-same-index"];

fn names() -> Vec<String> {
    DOCUMENTED
        .iter()
        .filter(|(name, _)| !ODD_CALLS.contains(name))
        .map(|(name, _)| name.replace("-N", "-4"))
        .collect()
}

fn header<'a>(script: &'a Script, name: &str) -> Option<&'a str> {
    let found = script.headers.iter().find(|(header, _)| *header == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn every_name_is_well_formed_and_says_the_same_in_every_family() {
    let plain = |name: &str| reply_to(&request(WAYS[0].0, "", name, true));
    for (path, query, _) in WAYS {
        for name in names() {
            let asked = request(path, query, &name, true);
            let family = asked.family();
            // What only the OpenAI format has a field for.
            if matches!(
                name.as_str(),
                "no-stream-options" | "max-completion-tokens-only"
            ) {
                continue;
            }
            let Some(script) = reply_to(&asked) else {
                assert!(plain(&name).is_none(), "{path} {name}");
                continue;
            };
            let place = format!("{path} {name}");
            let bytes = bytes(&script);
            if matches!(
                name.as_str(),
                "404-html" | "html-200" | "html-407" | "html-502" | "redirect"
            ) {
                assert!(
                    header(&script, "content-type")
                        .unwrap()
                        .starts_with("text/")
                );
                continue;
            }
            if script.status != 200 {
                heard::assert_is_error(family, &serde_json::from_slice(&bytes).unwrap(), &place);
                let same = plain(&name).unwrap().status;
                assert_eq!(script.status, same, "{place}");
                continue;
            }
            if name == "not-streamed" {
                let whole = read_whole(family, &serde_json::from_slice(&bytes).unwrap());
                assert!(whole.text.starts_with("A patch bay"), "{place}");
                continue;
            }
            let heard = read_stream(family, &bytes, BROKEN.contains(&name.as_str()), &place);
            check_against_chat(family, &name, &heard, &place);
        }
    }
}

/// What the other families say is what OpenAI chat says.
fn check_against_chat(family: WireFamily, name: &str, heard: &Heard, place: &str) {
    if family != WireFamily::OpenAiChat && name == "content-policy" {
        assert_eq!(
            heard.finish.as_deref(),
            Some("PROHIBITED_CONTENT"),
            "{place}"
        );
        return;
    }
    let chat = reply_to(&request(WAYS[0].0, "", name, true)).unwrap();
    let is_broken = BROKEN.contains(&name);
    let chat = read_stream(WireFamily::OpenAiChat, &bytes(&chat), is_broken, name);
    assert_eq!(heard.text, chat.text, "{place}");
    assert_eq!(heard.thought, chat.thought, "{place}");
    assert_eq!(heard.tool, chat.tool, "{place}");
    assert_eq!(heard.has_error, chat.has_error, "{place}");
    // Without the mark for the end these two do not say how they ended.
    let ends_with_its_finish = !matches!(family, WireFamily::OpenAiResponses | WireFamily::Ollama);
    if name != "no-done" || ends_with_its_finish {
        assert_eq!(heard.finish.is_some(), chat.finish.is_some(), "{place}");
    }
    let is_counted = heard.finish.is_some() && chat.counts.is_some();
    // Only OpenRouter says what the model `cost` says everywhere.
    if is_counted && name != "cost" {
        let same = match (family, name) {
            // It does not say how often it counted.
            (WireFamily::OpenAiResponses | WireFamily::Ollama, "usage-cumulative") => chat.counts,
            _ => heard.counts,
        };
        assert_eq!(same, chat.counts, "{place}");
    }
    match name {
        "length" | "content-filter" => {
            let finish = heard.finish.as_deref().unwrap();
            let said = ["length", "max_tokens", "max_output_tokens", "MAX_TOKENS"]
                .contains(&finish)
                || ["content_filter", "refusal", "SAFETY"].contains(&finish);
            // Ollama filters nothing.
            assert_eq!(
                said,
                (family, name) != (WireFamily::Ollama, "content-filter"),
                "{place}"
            );
        }
        "usage-media" => {
            let apart = match family {
                WireFamily::OpenAiChat => (Some(300), None),
                WireFamily::Gemini | WireFamily::Vertex => (Some(300), Some(100)),
                _ => (None, None),
            };
            assert_eq!((heard.audio, heard.images), apart, "{place}");
        }
        "usage-cached" if family != WireFamily::Ollama => {
            assert!(heard.cached.unwrap() >= 700, "{place}");
        }
        "usage-cumulative" if family == WireFamily::AnthropicMessages => {
            assert!(heard.counted > 5, "{place}");
        }
        "empty-stop" => assert_eq!(heard.counts, None, "{place}"),
        "reasoning" => assert!(!heard.thought.is_empty(), "{place}"),
        _ => {}
    }
}

#[test]
fn a_whole_answer_says_what_the_stream_says() {
    for (path, query, whole_path) in WAYS {
        for name in names() {
            if matches!(
                name.as_str(),
                "not-json-event"
                    | "invalid-utf8"
                    | "long-line"
                    | "endless"
                    | "endless-large"
                    | "empty-body"
            ) {
                continue;
            }
            let Some(streamed) = reply_to(&request(path, query, &name, true)) else {
                continue;
            };
            let asked = request(whole_path, "", &name, false);
            let family = asked.family();
            let whole = reply_to(&asked).unwrap();
            let place = format!("{whole_path} {name}");
            assert_eq!(whole.status, streamed.status, "{place}");
            assert_eq!(whole.bill, streamed.bill, "{place}");
            if whole.status != 200 || name == "not-streamed" || name == "html-200" {
                continue;
            }
            assert_eq!(
                header(&whole, "content-type"),
                Some("application/json"),
                "{place}"
            );
            let body = serde_json::from_slice::<Value>(&bytes(&whole));
            if [
                "cut-after-4",
                "end-after-4",
                "stall-after-4",
                "stall-after-4-for-4ms",
            ]
            .contains(&name.as_str())
            {
                assert!(body.is_err(), "{place}");
                continue;
            }
            let body = body.unwrap();
            let streamed = read_stream(family, &bytes(&streamed), false, &place);
            if streamed.has_error {
                heard::assert_is_error(family, &body, &place);
                continue;
            }
            let whole = read_whole(family, &body);
            assert_eq!(
                (&whole.text, &whole.thought),
                (&streamed.text, &streamed.thought),
                "{place}"
            );
            assert_eq!(whole.tool, streamed.tool, "{place}");
            if name != "no-done" {
                assert_eq!(whole.finish, streamed.finish, "{place}");
            }
        }
    }
}

#[test]
fn gemini_streams_an_array_where_nobody_asked_for_events() {
    for name in [
        "answer",
        "usage-cached",
        "error-in-stream",
        "content-policy",
    ] {
        let script = reply_to(&request(WAYS[6].0, "", name, true)).unwrap();
        assert_eq!(header(&script, "content-type"), Some("application/json"));
        let array: Vec<Value> = serde_json::from_slice(&bytes(&script)).unwrap();
        assert!(!array.is_empty(), "{name}");
    }
}

#[test]
fn ten_megabytes_come_in_one_event_and_endless_tokens_in_many() {
    for (path, query, _) in WAYS {
        let long = reply_to(&request(path, query, "long-line", true)).unwrap();
        let heard = read_stream(
            request(path, query, "long-line", true).family(),
            &bytes(&long),
            false,
            path,
        );
        assert_eq!(heard.text.len(), LONG_TEXT_BYTES, "{path}");
        let endless = reply_to(&request(path, query, "endless", true)).unwrap();
        let repeats = |step: &Step| matches!(step, Step::RepeatForEver(bytes) if !bytes.is_empty());
        assert!(endless.steps.iter().any(repeats), "{path}");
    }
}

#[test]
fn each_familys_words_for_trouble() {
    for (at, name, status, pointer, said) in [
        (
            0,
            "429-for-ever",
            429,
            "/error/code",
            json!("rate_limit_exceeded"),
        ),
        (0, "no-balance-429", 429, "/error/code", json!("1113")),
        (1, "402", 402, "/error/code", json!(402)),
        (
            4,
            "context-too-long",
            400,
            "/error/code",
            json!("context_length_exceeded"),
        ),
        (5, "529", 529, "/error/type", json!("overloaded_error")),
        (5, "402", 402, "/error/type", json!("billing_error")),
        (
            5,
            "400-no-credit",
            400,
            "/error/type",
            json!("invalid_request_error"),
        ),
        (
            6,
            "429-in-body",
            429,
            "/error/details/0/retryDelay",
            json!("1.5s"),
        ),
        (6, "503", 503, "/error/status", json!("UNAVAILABLE")),
        (7, "404-model", 404, "/error/status", json!("NOT_FOUND")),
        (
            8,
            "404-model",
            404,
            "/error",
            json!("The model '404-model' not found."),
        ),
    ] {
        let (path, query, _) = WAYS[at];
        let script = reply_to(&request(path, query, name, true)).unwrap();
        assert_eq!(script.status, status, "{path} {name}");
        let body: Value = serde_json::from_slice(&bytes(&script)).unwrap();
        assert_eq!(body.pointer(pointer), Some(&said), "{path} {name}: {body}");
    }
    let limited = reply_to(&request("/v1/messages", "", "429-retry-after", true)).unwrap();
    assert_eq!(header(&limited, "retry-after"), Some("2"));
    assert_eq!(
        header(&limited, "anthropic-ratelimit-requests-remaining"),
        Some("0")
    );
}
