use patchbay_domain::content::{JsonText, Media, Tool as OfferedTool};
use patchbay_domain::{FailureClass, Parameters};
use serde_json::{Value, json};

use super::*;

fn sent(request: &ChatRequest) -> Value {
    serde_json::from_slice(&body(request).unwrap()).unwrap()
}

fn request(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        model: "qwen3:8b".to_owned(),
        messages,
        ..ChatRequest::default()
    }
}

fn hello(parameters: Parameters) -> ChatRequest {
    ChatRequest {
        parameters,
        ..request(vec![ChatMessage::text(Role::User, "Hi")])
    }
}

fn turn(role: Role, parts: Vec<Part>) -> ChatMessage {
    ChatMessage {
        role,
        parts,
        cache: None,
    }
}

fn picture(source: MediaSource) -> Part {
    Part::Image {
        media: Media {
            media_type: "image/png".to_owned(),
            source,
        },
    }
}

fn weather() -> OfferedTool {
    OfferedTool {
        name: "weather".to_owned(),
        description: None,
        parameters: JsonText(r#"{"type":"object"}"#.to_owned()),
        is_strict: true,
    }
}

#[test]
fn what_nobody_chose_is_not_sent() {
    let messages = vec![
        ChatMessage::text(Role::System, "Be brief."),
        ChatMessage::text(Role::User, "Hi"),
    ];
    assert_eq!(
        sent(&request(messages)),
        json!({
            "model": "qwen3:8b",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "Hi" },
            ],
            "stream": true,
        })
    );
}

#[test]
fn what_was_chosen_stands_under_the_options() {
    let request = ChatRequest {
        extra_body: Some(JsonText(
            r#"{"options":{"num_ctx":16384,"seed":9},"keep_alive":"1h"}"#.to_owned(),
        )),
        ..hello(Parameters {
            temperature: Some(0.5),
            top_p: Some(0.9),
            seed: Some(1),
            max_tokens: Some(100),
            stop: vec!["END".to_owned()],
            response_format: ResponseFormat::Json,
            ..Parameters::default()
        })
    };
    let sent = sent(&request);
    assert_eq!(
        sent["options"],
        json!({ "temperature": 0.5, "top_p": 0.9, "seed": 9, "num_predict": 100,
            "stop": ["END"], "num_ctx": 16_384 })
    );
    assert_eq!(sent["keep_alive"], "1h");
    assert_eq!(sent["format"], "json");
}

#[test]
fn a_schema_is_sent_as_an_object() {
    let sent = sent(&hello(Parameters {
        response_format: ResponseFormat::Schema {
            name: "a".to_owned(),
            schema: JsonText(r#"{"type":"object"}"#.to_owned()),
            is_strict: true,
        },
        ..Parameters::default()
    }));
    assert_eq!(sent["format"], json!({ "type": "object" }));
}

#[test]
fn most_models_think_or_not_and_one_family_has_levels() {
    let asked = |model: &str, effort| {
        let request = ChatRequest {
            model: model.to_owned(),
            ..hello(Parameters {
                reasoning_effort: Some(effort),
                ..Parameters::default()
            })
        };
        sent(&request)["think"].clone()
    };
    assert_eq!(asked("qwen3:8b", ReasoningEffort::High), true);
    assert_eq!(asked("qwen3:8b", ReasoningEffort::None), false);
    assert_eq!(asked("gpt-oss:20b", ReasoningEffort::None), "low");
    assert_eq!(
        asked("library/gpt-oss:20b", ReasoningEffort::Medium),
        "medium"
    );
    assert_eq!(asked("gpt-oss:120b-cloud", ReasoningEffort::Max), "high");
}

#[test]
fn tools_are_offered_called_and_answered() {
    let messages = vec![
        turn(
            Role::User,
            vec![
                Part::Text {
                    text: "Weather?".to_owned(),
                },
                picture(MediaSource::Base64("AAAA".to_owned())),
            ],
        ),
        turn(
            Role::Assistant,
            vec![Part::ToolCall {
                id: "call_1_0".to_owned(),
                name: "weather".to_owned(),
                arguments: JsonText(r#"{"place":"Bern"}"#.to_owned()),
            }],
        ),
        turn(
            Role::User,
            vec![
                Part::ToolResult {
                    id: "call_1_0".to_owned(),
                    name: "weather".to_owned(),
                    text: "Rain".to_owned(),
                    is_error: false,
                },
                Part::Text {
                    text: "And tomorrow?".to_owned(),
                },
            ],
        ),
    ];
    let request = ChatRequest {
        tools: vec![weather()],
        ..request(messages)
    };
    let sent = sent(&request);
    assert_eq!(
        sent["messages"],
        json!([
            { "role": "user", "content": "Weather?", "images": ["AAAA"] },
            { "role": "assistant", "content": "", "tool_calls": [
                { "id": "call_1_0", "function": { "name": "weather", "arguments": { "place": "Bern" } } }
            ] },
            { "role": "tool", "content": "Rain", "tool_name": "weather", "tool_call_id": "call_1_0" },
            { "role": "user", "content": "And tomorrow?" },
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{ "type": "function", "function": { "name": "weather", "parameters": { "type": "object" } } }])
    );
    let without = ChatRequest {
        tool_choice: ToolChoice::None,
        ..request
    };
    assert_eq!(self::sent(&without).get("tools"), None);
}

#[test]
fn what_has_no_place_is_refused_and_never_left_out() {
    let document = Part::Document {
        name: None,
        media: Media {
            media_type: "application/pdf".to_owned(),
            source: MediaSource::Base64("AAAA".to_owned()),
        },
    };
    let address = MediaSource::Url("https://a.example/b.png".to_owned());
    let must_call = ChatRequest {
        tools: vec![weather()],
        tool_choice: ToolChoice::Required,
        ..hello(Parameters::default())
    };
    for request in [
        request(vec![turn(Role::User, vec![document])]),
        request(vec![turn(Role::User, vec![picture(address)])]),
        request(vec![turn(
            Role::Assistant,
            vec![picture(MediaSource::Base64("AAAA".to_owned()))],
        )]),
        must_call,
    ] {
        let failure = body(&request).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest, "{failure}");
    }
}
