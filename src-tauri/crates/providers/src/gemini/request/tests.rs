//! The answer's own parts come back as they were sent: see `contents`.

use patchbay_domain::content::{Media, MediaSource, ReasoningEffort};
use patchbay_domain::{ChatMessage, FailureClass, JsonText, Part, Role};
use serde_json::json;

use super::*;

fn sent_to(platform: Platform, request: &ChatRequest) -> Value {
    serde_json::from_slice(&body(request, platform).unwrap()).unwrap()
}

fn sent(request: &ChatRequest) -> Value {
    sent_to(Platform::AiStudio, request)
}

fn refused(request: &ChatRequest) -> String {
    let failure = body(request, Platform::AiStudio).unwrap_err();
    assert_eq!(failure.class, FailureClass::InvalidRequest);
    failure.message
}

fn request(model: &str, messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
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

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: JsonText(arguments.to_owned()),
    }
}

fn result(id: &str, is_error: bool) -> Part {
    Part::ToolResult {
        id: id.to_owned(),
        name: "look".to_owned(),
        text: "seen".to_owned(),
        is_error,
    }
}

fn item(item: &Value) -> Part {
    Part::ReasoningItem {
        format: "gemini".to_owned(),
        item: JsonText(item.to_string()),
    }
}

#[test]
fn what_nobody_chose_is_not_sent() {
    let request = request(
        "gemini-2.0-flash",
        vec![
            ChatMessage::text(Role::System, "Be brief."),
            ChatMessage::text(Role::User, "Hi"),
        ],
    );
    assert_eq!(
        sent(&request),
        json!({
            "systemInstruction": { "parts": [{ "text": "Be brief." }] },
            "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }],
        })
    );
}

#[test]
fn what_was_chosen_has_googles_names() {
    let mut request = request(
        "gemini-3.8-flash",
        vec![ChatMessage::text(Role::User, "Hi")],
    );
    request.parameters = Parameters {
        temperature: Some(0.5),
        top_p: Some(0.9),
        seed: Some(0x1_8000_0007),
        max_tokens: Some(100),
        stop: vec!["END".to_owned()],
        reasoning_effort: Some(ReasoningEffort::High),
        response_format: ResponseFormat::Schema {
            name: "answer".to_owned(),
            schema: JsonText(r#"{"type":"object","additionalProperties":false}"#.to_owned()),
            is_strict: true,
        },
    };
    assert_eq!(
        sent(&request)["generationConfig"],
        json!({
            "temperature": 0.5, "topP": 0.9, "seed": 7, "maxOutputTokens": 100, "stopSequences": ["END"],
            "responseMimeType": "application/json",
            "responseJsonSchema": { "type": "object", "additionalProperties": false },
            "thinkingConfig": { "includeThoughts": true, "thinkingLevel": "high" },
        })
    );
    request.model = "gemini-2.0-flash".to_owned();
    let config = &sent(&request)["generationConfig"];
    assert_eq!(config["responseSchema"], json!({ "type": "object" }));
    assert!(config.get("responseJsonSchema").is_none() && config.get("thinkingConfig").is_none());
    request.parameters.response_format = ResponseFormat::Json;
    let config = &sent(&request)["generationConfig"];
    assert_eq!(config["responseMimeType"], "application/json");
    assert!(config.get("responseSchema").is_none());
}

#[test]
fn the_two_sides_take_turns() {
    let messages = vec![
        ChatMessage::text(Role::User, "a"),
        ChatMessage::text(Role::User, "b"),
        ChatMessage::text(Role::Assistant, ""),
        ChatMessage::text(Role::User, "c"),
        ChatMessage::text(Role::Assistant, "d"),
        ChatMessage::text(Role::Assistant, "e"),
    ];
    assert_eq!(
        sent(&request("gemini-2.5-pro", messages))["contents"],
        json!([
            { "role": "user", "parts": [{ "text": "a" }, { "text": "b" }, { "text": "c" }] },
            { "role": "model", "parts": [{ "text": "d" }, { "text": "e" }] },
        ])
    );
}

#[test]
fn models_without_instructions_read_them_as_words() {
    let messages = vec![
        ChatMessage::text(Role::System, "Be brief."),
        ChatMessage::text(Role::User, "Hi"),
    ];
    let sent = sent(&request("gemma-3-27b-it", messages));
    assert!(sent.get("systemInstruction").is_none());
    assert_eq!(
        sent["contents"],
        json!([{ "role": "user", "parts": [{ "text": "Be brief." }, { "text": "Hi" }] }])
    );
}

#[test]
fn pictures_and_documents_go_as_bytes_or_by_address() {
    let media = |media_type: &str, source| Media {
        media_type: media_type.to_owned(),
        source,
    };
    let parts = vec![
        Part::Image {
            media: media("image/png", MediaSource::Base64("AA==".to_owned())),
        },
        Part::Document {
            name: Some("a.pdf".to_owned()),
            media: media(
                "application/pdf",
                MediaSource::Url("https://a.example/a.pdf".to_owned()),
            ),
        },
    ];
    assert_eq!(
        sent(&request(
            "gemini-2.5-pro",
            vec![turn(Role::User, parts.clone())]
        ))["contents"][0]["parts"],
        json!([
            { "inlineData": { "mimeType": "image/png", "data": "AA==" } },
            { "fileData": { "mimeType": "application/pdf", "fileUri": "https://a.example/a.pdf" } },
        ])
    );
    let words = refused(&request("gemini-2.5-pro", vec![turn(Role::System, parts)]));
    assert_eq!(words, "Gemini takes nothing but words as instructions.");
}

fn tool_conversation(model: &str, answer: Vec<Part>) -> ChatRequest {
    let mut request = request(
        model,
        vec![
            ChatMessage::text(Role::User, "Look"),
            turn(Role::Assistant, answer),
            turn(Role::User, vec![result("c1", false), result("c2", true)]),
        ],
    );
    request.tools = vec![Tool {
        name: "look".to_owned(),
        description: Some("Looks.".to_owned()),
        parameters: JsonText(
            r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"string"}}}"#
                .to_owned(),
        ),
        is_strict: false,
    }];
    request
}

#[test]
fn tools_calls_and_their_results() {
    let calls = vec![call("c1", r#"{"z":1.50,"a":2}"#), call("c2", "")];
    let mut request = tool_conversation("gemini-2.5-pro", calls);
    let written = String::from_utf8(body(&request, Platform::AiStudio).unwrap()).unwrap();
    // Neither the order of fields nor the digits change on the way.
    assert!(written.contains(r#""args":{"z":1.50,"a":2}"#), "{written}");
    assert!(written.contains(r#""parametersJsonSchema":{"type":"object","properties":{"z""#));
    let sent = sent(&request);
    assert_eq!(
        sent["contents"][1]["parts"][1],
        json!({ "functionCall": { "id": "c2", "name": "look", "args": {} } })
    );
    assert_eq!(
        sent["contents"][2],
        json!({ "role": "user", "parts": [
            { "functionResponse": { "id": "c1", "name": "look", "response": { "output": "seen" } } },
            { "functionResponse": { "id": "c2", "name": "look", "response": { "error": "seen" } } },
        ]})
    );
    assert!(sent.get("toolConfig").is_none());
    for (choice, expected) in [
        (ToolChoice::None, json!({ "mode": "NONE" })),
        (ToolChoice::Required, json!({ "mode": "ANY" })),
        (
            ToolChoice::Named("look".to_owned()),
            json!({ "mode": "ANY", "allowedFunctionNames": ["look"] }),
        ),
    ] {
        request.tool_choice = choice;
        let sent = sent_to(Platform::AiStudio, &request);
        assert_eq!(sent["toolConfig"]["functionCallingConfig"], expected);
    }
    request.messages[1] = turn(Role::Assistant, vec![call("c1", "[1]")]);
    refused(&request);
    request.messages[1] = turn(Role::Assistant, vec![call("c1", "{")]);
    refused(&request);
}

#[test]
fn google_cloud_knows_no_ids_of_calls() {
    let request = tool_conversation("gemini-2.5-pro", vec![call("c1", "{}"), call("c2", "{}")]);
    let sent = sent_to(Platform::GoogleCloud, &request);
    assert!(!sent.to_string().contains("\"id\""), "{sent}");
}

#[test]
fn old_models_get_schemas_in_their_dialect() {
    let mut request = tool_conversation("gemini-2.0-flash", vec![call("c1", "{}")]);
    request.tools[0].parameters = JsonText(
        r#"{"$schema":"x","type":"object","additionalProperties":false,"properties":{"strict":{"type":"string"}}}"#.to_owned(),
    );
    let declared =
        |request: &ChatRequest| sent(request)["tools"][0]["functionDeclarations"][0].clone();
    assert_eq!(
        declared(&request),
        json!({ "name": "look", "description": "Looks.",
            "parameters": { "type": "object", "properties": { "strict": { "type": "string" } } } })
    );
    request.tools[0].parameters = JsonText(r#"{"type":"object","properties":{}}"#.to_owned());
    assert_eq!(
        declared(&request),
        json!({ "name": "look", "description": "Looks." })
    );
}

#[test]
fn signed_parts_go_back_as_they_came() {
    let thought = json!({ "text": "Hm", "thought": true, "thoughtSignature": "dDE=", "new": 1 });
    let alone = json!({ "text": "", "thoughtSignature": "dDI=" });
    let for_call = json!({ "functionCall": { "id": "c1" }, "thoughtSignature": "dDM=" });
    let for_words = json!({ "text": "end.", "thoughtSignature": "dDQ=" });
    let gone = json!({ "text": "of words that were edited", "thoughtSignature": "dDU=" });
    let foreign = Part::ReasoningItem {
        format: "anthropic".to_owned(),
        item: JsonText(r#"{"type":"thinking"}"#.to_owned()),
    };
    let answer = vec![
        item(&thought),
        foreign,
        item(&for_call),
        item(&gone),
        text("To the end."),
        item(&for_words),
        call("c1", "{}"),
        call("c2", "{}"),
        item(&alone),
    ];
    let sent = sent(&tool_conversation("gemini-3.8-flash", answer));
    let call = |id: &str| json!({ "id": id, "name": "look", "args": {} });
    assert_eq!(
        sent["contents"][1]["parts"],
        json!([
            thought,
            { "text": "To the " },
            { "text": "end.", "thoughtSignature": "dDQ=" },
            { "functionCall": call("c1"), "thoughtSignature": "dDM=" },
            { "functionCall": call("c2") },
            alone,
        ])
    );
}

#[test]
fn calls_of_another_model_bear_the_documented_mark_where_one_is_asked_for() {
    let signatures = |model: &str| {
        let calls = vec![call("c1", "{}"), call("c2", "{}")];
        let sent = sent(&tool_conversation(model, calls));
        let parts = sent["contents"][1]["parts"].clone();
        [0, 1].map(|place: usize| parts[place]["thoughtSignature"].clone())
    };
    let mark = json!("skip_thought_signature_validator");
    assert_eq!(
        signatures("gemini-3-pro-preview"),
        [mark.clone(), Value::Null]
    );
    assert_eq!(signatures("gemini-flash-latest"), [mark, Value::Null]);
    assert_eq!(signatures("gemini-2.5-pro"), [Value::Null, Value::Null]);
}

#[test]
fn extra_fields_come_last_and_take_nothing_away() {
    let mut request = request(
        "gemini-2.0-flash",
        vec![ChatMessage::text(Role::User, "Hi")],
    );
    request.parameters.temperature = Some(0.5);
    request.parameters.top_p = Some(0.5);
    request.extra_body = Some(JsonText(
        r#"{"generationConfig":{"topK":5,"topP":1},"safetySettings":[{"threshold":"OFF"}],"contents":[]}"#
            .to_owned(),
    ));
    assert_eq!(
        sent(&request),
        json!({
            "contents": [], "safetySettings": [{ "threshold": "OFF" }],
            "generationConfig": { "temperature": 0.5, "topP": 1, "topK": 5 },
        })
    );
    for extra in ["[1]", "7", "null", "{", ""] {
        request.extra_body = Some(JsonText(extra.to_owned()));
        refused(&request);
    }
}
