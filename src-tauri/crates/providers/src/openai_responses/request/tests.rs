//! Long because the bodies are written out.

use patchbay_domain::content::{Media, MediaSource};
use patchbay_domain::{ChatMessage, FailureClass, JsonText, Parameters, Part, Role};
use serde_json::Value;

use super::*;
use crate::effort::EffortSet;
use crate::openai_responses::FORMAT;

fn sent(request: &ChatRequest, dialect: ResponsesDialect) -> Value {
    serde_json::from_slice(&body(request, dialect).unwrap()).unwrap()
}

fn request(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        model: "maker/model".to_owned(),
        messages,
        ..ChatRequest::default()
    }
}

fn turn(role: Role, parts: Vec<Part>) -> ChatMessage {
    ChatMessage {
        role,
        parts,
        cache: None,
    }
}

fn words(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn json_text(value: &Value) -> JsonText {
    JsonText(value.to_string())
}

fn thinking(format: &str, item: &str) -> Part {
    Part::ReasoningItem {
        format: format.to_owned(),
        item: JsonText(item.to_owned()),
    }
}

fn question() -> ChatRequest {
    request(vec![ChatMessage::text(Role::User, "\"Hi\"\n")])
}

#[test]
fn what_nobody_chose_is_not_sent() {
    let mut request = question();
    request
        .messages
        .insert(0, ChatMessage::text(Role::System, "Be brief."));
    request
        .messages
        .insert(1, ChatMessage::text(Role::System, "Be kind."));
    assert_eq!(
        sent(&request, ResponsesDialect::default()),
        json!({
            "model": "maker/model",
            "instructions": "Be brief.\n\nBe kind.",
            "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "\"Hi\"\n" }] }],
            "stream": true,
            "store": false,
            "include": ["reasoning.encrypted_content"],
        })
    );
}

#[test]
fn what_a_model_does_not_take_is_not_sent() {
    let mut request = question();
    request
        .messages
        .insert(0, ChatMessage::text(Role::System, "Be brief."));
    request.cache_key = Some("chat-1".to_owned());
    request.parameters.reasoning_effort = Some(ReasoningEffort::Max);
    let least = ResponsesDialect {
        instructions: false,
        reasoning: false,
        summary: false,
        encrypted_reasoning: false,
        returned_reasoning: false,
        store: false,
        cache_key: false,
        efforts: EffortSet::LOW_TO_HIGH,
    };
    assert_eq!(
        sent(&request, least),
        json!({
            "model": "maker/model",
            "input": [
                { "type": "message", "role": "system", "content": [{ "type": "input_text", "text": "Be brief." }] },
                { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "\"Hi\"\n" }] },
            ],
            "stream": true,
        })
    );
    assert_eq!(
        left_out(&request, least),
        ["The reasoning effort was left out: this model takes none."]
    );
}

#[test]
fn what_was_chosen_is_sent_under_the_names_of_this_format() {
    let request = ChatRequest {
        parameters: Parameters {
            temperature: Some(0.7),
            top_p: Some(0.9),
            seed: Some(42),
            max_tokens: Some(100),
            stop: vec!["END".to_owned()],
            reasoning_effort: Some(ReasoningEffort::Max),
            response_format: ResponseFormat::Schema {
                name: "city".to_owned(),
                schema: json_text(&json!({ "type": "object" })),
                is_strict: true,
            },
        },
        tools: vec![Tool {
            name: "weather".to_owned(),
            description: Some("Tells the weather.".to_owned()),
            parameters: json_text(&json!({ "type": "object", "properties": {} })),
            is_strict: false,
        }],
        tool_choice: ToolChoice::Named("weather".to_owned()),
        cache_key: Some("chat-1".to_owned()),
        ..question()
    };
    let mut body = sent(&request, ResponsesDialect::default());
    body["input"] = Value::Null;
    assert_eq!(
        body,
        json!({
            "model": "maker/model",
            "input": null,
            "stream": true,
            "store": false,
            "include": ["reasoning.encrypted_content"],
            "reasoning": { "effort": "xhigh", "summary": "auto" },
            "text": { "format": { "type": "json_schema", "name": "city", "schema": { "type": "object" }, "strict": true } },
            "tools": [{
                "type": "function",
                "name": "weather",
                "description": "Tells the weather.",
                "parameters": { "type": "object", "properties": {} },
                "strict": false,
            }],
            "tool_choice": { "type": "function", "name": "weather" },
            "max_output_tokens": 100,
            "temperature": 0.7,
            "top_p": 0.9,
            "prompt_cache_key": "chat-1",
        })
    );
    let warnings = left_out(&request, ResponsesDialect::default());
    assert!(
        warnings.len() == 1 && warnings[0].contains("seed"),
        "{warnings:?}"
    );
}

#[test]
fn forms_choices_and_efforts() {
    let with = |change: fn(&mut ChatRequest)| {
        let mut request = question();
        change(&mut request);
        sent(&request, ResponsesDialect::default())
    };
    let json_mode = with(|request| request.parameters.response_format = ResponseFormat::Json);
    assert_eq!(
        json_mode["text"],
        json!({ "format": { "type": "json_object" } })
    );
    let unthinking =
        with(|request| request.parameters.reasoning_effort = Some(ReasoningEffort::None));
    assert_eq!(unthinking["reasoning"], json!({ "effort": "none" }));
    // A choice without tools is refused by the provider, so it is not sent.
    let without_tools = with(|request| request.tool_choice = ToolChoice::Required);
    assert!(without_tools.get("tool_choice").is_none());
    let mut request = question();
    request.tools = vec![Tool {
        name: "now".to_owned(),
        description: None,
        parameters: json_text(&json!({})),
        is_strict: true,
    }];
    for (choice, expected) in [
        (ToolChoice::Auto, Value::Null),
        (ToolChoice::None, json!("none")),
        (ToolChoice::Required, json!("required")),
    ] {
        request.tool_choice = choice;
        assert_eq!(
            sent(&request, ResponsesDialect::default())["tool_choice"],
            expected
        );
    }
    request.parameters.reasoning_effort = Some(ReasoningEffort::Low);
    let unverified = ResponsesDialect {
        summary: false,
        ..ResponsesDialect::default()
    };
    assert_eq!(
        sent(&request, unverified)["reasoning"],
        json!({ "effort": "low" })
    );
}

#[test]
fn pictures_and_documents_are_sent_with_their_bytes_or_their_address() {
    let media = |media_type: &str, source| Media {
        media_type: media_type.to_owned(),
        source,
    };
    let bytes = || MediaSource::Base64("AAEC".to_owned());
    let url = || MediaSource::Url("https://a.example/x".to_owned());
    let request = request(vec![turn(
        Role::User,
        vec![
            words("What is this?"),
            Part::Image {
                media: media("image/png", bytes()),
            },
            Part::Image {
                media: media("image/jpeg", url()),
            },
            Part::Document {
                name: Some("bill.pdf".to_owned()),
                media: media("application/pdf", bytes()),
            },
            Part::Document {
                name: None,
                media: media("application/pdf", bytes()),
            },
            Part::Document {
                name: Some("bill.pdf".to_owned()),
                media: media("application/pdf", url()),
            },
        ],
    )]);
    assert_eq!(
        sent(&request, ResponsesDialect::default())["input"],
        json!([{ "type": "message", "role": "user", "content": [
            { "type": "input_text", "text": "What is this?" },
            { "type": "input_image", "image_url": "data:image/png;base64,AAEC", "detail": "auto" },
            { "type": "input_image", "image_url": "https://a.example/x", "detail": "auto" },
            { "type": "input_file", "filename": "bill.pdf", "file_data": "data:application/pdf;base64,AAEC" },
            { "type": "input_file", "filename": "document.pdf", "file_data": "data:application/pdf;base64,AAEC" },
            { "type": "input_file", "file_url": "https://a.example/x" },
        ] }])
    );
}

#[test]
fn calls_results_and_thinking_keep_their_order() {
    let item =
        r#"{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAA","number":1.10}"#;
    let request = request(vec![
        ChatMessage::text(Role::User, "Weather?"),
        turn(
            Role::Assistant,
            vec![
                thinking(FORMAT, item),
                thinking("anthropic", r#"{"signature":"x"}"#),
                words("Let me"),
                words("look."),
                Part::ToolCall {
                    id: "call_a".to_owned(),
                    name: "weather".to_owned(),
                    arguments: JsonText(r#"{"city": "Köln"}"#.to_owned()),
                },
            ],
        ),
        turn(
            Role::User,
            vec![
                Part::ToolResult {
                    id: "call_a".to_owned(),
                    name: "weather".to_owned(),
                    text: "Rain".to_owned(),
                    is_error: false,
                },
                words("And tomorrow?"),
            ],
        ),
    ]);
    let body = String::from_utf8(body(&request, ResponsesDialect::default()).unwrap()).unwrap();
    // Byte for byte, the odd number too.
    assert!(body.contains(item), "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        body["input"],
        json!([
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "Weather?" }] },
            { "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA", "number": 1.10 },
            { "type": "message", "role": "assistant", "content": [
                { "type": "output_text", "text": "Let me" },
                { "type": "output_text", "text": "look." },
            ] },
            { "type": "function_call", "call_id": "call_a", "name": "weather", "arguments": "{\"city\": \"Köln\"}" },
            { "type": "function_call_output", "call_id": "call_a", "output": "Rain" },
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "And tomorrow?" }] },
        ])
    );
}

#[test]
fn thinking_is_sent_back_before_what_it_led_to_or_not_at_all() {
    let kinds = |parts: Vec<Part>, dialect| {
        let body = sent(&request(vec![turn(Role::Assistant, parts)]), dialect);
        let items = body["input"].as_array().unwrap().clone();
        let kind = |item: &Value| {
            item["id"]
                .as_str()
                .or(item["type"].as_str())
                .unwrap()
                .to_owned()
        };
        items.iter().map(kind).collect::<Vec<_>>()
    };
    let first = || thinking(FORMAT, r#"{"type":"reasoning","id":"rs_1"}"#);
    let second = || thinking(FORMAT, r#"{"type":"reasoning","id":"rs_2"}"#);
    let all = ResponsesDialect::default();
    // Told late, as by servers that tell it only in the list at the end.
    assert_eq!(
        kinds(vec![words("x"), first(), second()], all),
        ["rs_1", "rs_2", "message"]
    );
    // Cut.
    assert_eq!(
        kinds(vec![first(), words("x"), second()], all),
        ["rs_1", "message"]
    );
    assert!(kinds(vec![first()], all).is_empty());
    let foreign = ResponsesDialect {
        returned_reasoning: false,
        ..all
    };
    assert_eq!(kinds(vec![first(), words("x")], foreign), ["message"]);
    let asked = request(vec![turn(Role::Assistant, vec![first(), words("x")])]);
    assert_eq!(left_out(&asked, foreign).len(), 1);
    assert!(left_out(&asked, all).is_empty());
}

#[test]
fn extra_fields_win_and_no_number_changes() {
    let mut request = question();
    request.parameters.temperature = Some(0.5);
    request.extra_body = Some(JsonText(
        r#"{"temperature":1.10,"service_tier":"flex","big":12345678901234567890123}"#.to_owned(),
    ));
    let text = String::from_utf8(body(&request, ResponsesDialect::default()).unwrap()).unwrap();
    for expected in [
        r#""temperature":1.10"#,
        r#""service_tier":"flex""#,
        r#""big":12345678901234567890123"#,
        r#""model":"maker/model""#,
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("0.5"), "{text}");
}

#[test]
fn what_has_no_place_is_refused_before_anything_is_sent() {
    let picture = || Part::Image {
        media: Media {
            media_type: "image/png".to_owned(),
            source: MediaSource::Base64("AA==".to_owned()),
        },
    };
    let refused = |request: ChatRequest| {
        let failure = body(&request, ResponsesDialect::default()).unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest);
        failure.message
    };
    let of = |role, part| refused(request(vec![turn(role, vec![part])]));
    assert!(of(Role::System, picture()).contains("system prompt"));
    assert!(of(Role::Assistant, picture()).contains("assistant"));
    let call = Part::ToolCall {
        id: "a".to_owned(),
        name: "b".to_owned(),
        arguments: JsonText("{}".to_owned()),
    };
    assert!(of(Role::User, call).contains("user"));
    assert!(of(Role::Assistant, thinking(FORMAT, "not json")).contains("not a JSON object"));
    let with = |change: fn(&mut ChatRequest)| {
        let mut request = question();
        change(&mut request);
        refused(request)
    };
    let extra = with(|request| request.extra_body = Some(JsonText("[1]".to_owned())));
    assert!(extra.contains("object"), "{extra}");
    let schema = with(|request| {
        request.parameters.response_format = ResponseFormat::Schema {
            name: "x".to_owned(),
            schema: JsonText("{".to_owned()),
            is_strict: true,
        };
    });
    assert!(schema.contains("schema"), "{schema}");
}
