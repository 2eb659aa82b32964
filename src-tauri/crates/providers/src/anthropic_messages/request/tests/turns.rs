//! Turns, parts and tools.

use super::*;

#[test]
fn what_nobody_chose_is_not_sent_but_the_longest_answer_must_be() {
    let messages = vec![
        ChatMessage::text(Role::System, "Be brief."),
        ChatMessage::text(Role::User, "\"Hi\"\n"),
    ];
    assert_eq!(
        sent(&request("claude-opus-5-5", messages)),
        json!({
            "model": "claude-opus-5-5",
            "max_tokens": 32_000,
            "system": "Be brief.",
            "messages": [{ "role": "user", "content": "\"Hi\"\n" }],
            "stream": true,
        })
    );
    let usual = |model: &str| sent(&hello(model, Parameters::default()))["max_tokens"].clone();
    assert_eq!(usual("claude-3-haiku-20240307"), 4_096);
    assert_eq!(usual("some-model"), 8_192);
}

#[test]
fn turns_of_one_role_are_joined_and_empty_ones_left_out() {
    let messages = vec![
        ChatMessage::text(Role::System, "One."),
        ChatMessage::text(Role::User, "a"),
        ChatMessage::text(Role::Assistant, "  \n"),
        ChatMessage::text(Role::User, "b"),
        ChatMessage::text(Role::System, "Two."),
        ChatMessage::text(Role::Assistant, "Once upon a \n"),
    ];
    let sent = sent(&request("claude-opus-4-6", messages));
    let words = |text: &str| json!({ "type": "text", "text": text });
    assert_eq!(sent["system"], json!([words("One."), words("Two.")]));
    assert_eq!(
        sent["messages"],
        json!([
            { "role": "user", "content": [words("a"), words("b")] },
            { "role": "assistant", "content": "Once upon a" },
        ])
    );
}

#[test]
fn pictures_and_documents_go_as_bytes_or_addresses() {
    let parts = vec![
        Part::Image {
            media: media("image/png", MediaSource::Base64("AAAA".to_owned())),
        },
        Part::Image {
            media: media(
                "image/png",
                MediaSource::Url("https://a.example/b.png".to_owned()),
            ),
        },
        Part::Document {
            name: Some("Report".to_owned()),
            media: media("application/pdf", MediaSource::Base64("BBBB".to_owned())),
        },
        text("What is this?"),
    ];
    let sent = sent(&request("claude-sonnet-5", vec![turn(Role::User, parts)]));
    assert_eq!(
        sent["messages"][0]["content"],
        json!([
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
            { "type": "image", "source": { "type": "url", "url": "https://a.example/b.png" } },
            { "type": "document", "title": "Report",
              "source": { "type": "base64", "media_type": "application/pdf", "data": "BBBB" } },
            { "type": "text", "text": "What is this?" },
        ])
    );
}

#[test]
fn what_has_no_place_is_refused_and_never_left_out() {
    let picture = Part::Image {
        media: media("image/png", MediaSource::Base64("AAAA".to_owned())),
    };
    let word_file = Part::Document {
        name: None,
        media: media("application/msword", MediaSource::Base64("AAAA".to_owned())),
    };
    let call = |arguments: &str| Part::ToolCall {
        id: "a".to_owned(),
        name: "weather".to_owned(),
        arguments: JsonText(arguments.to_owned()),
    };
    for (role, part) in [
        (Role::Assistant, picture.clone()),
        (Role::System, picture),
        (Role::User, word_file),
        (Role::User, call("{}")),
        (Role::Assistant, call("[1]")),
        (Role::Assistant, call("{\"a\":")),
    ] {
        refused(&request("claude-opus-5", vec![turn(role, vec![part])]));
    }
    let json = hello(
        "claude-opus-5",
        Parameters {
            response_format: ResponseFormat::Json,
            ..Parameters::default()
        },
    );
    assert!(refused(&json).message.contains("schema"));
}

#[test]
fn a_tool_is_called_and_answers_behind_the_thinking_that_led_to_it() {
    let signed = r#"{"type":"thinking","thinking":"Rain?","signature":"c2lnbmVk","z":1}"#;
    let messages = vec![
        ChatMessage::text(Role::User, "Weather?"),
        turn(
            Role::Assistant,
            vec![
                Part::ReasoningItem {
                    format: "anthropic_messages".to_owned(),
                    item: JsonText(signed.to_owned()),
                },
                Part::ReasoningItem {
                    format: "openai_responses".to_owned(),
                    item: JsonText("{}".to_owned()),
                },
                Part::ToolCall {
                    id: "toolu_1".to_owned(),
                    name: "weather".to_owned(),
                    arguments: JsonText(r#"{"place":"Bern","days":1.50}"#.to_owned()),
                },
            ],
        ),
        turn(
            Role::User,
            vec![
                text("Hurry."),
                Part::ToolResult {
                    id: "toolu_1".to_owned(),
                    name: "weather".to_owned(),
                    text: "No such place".to_owned(),
                    is_error: true,
                },
            ],
        ),
    ];
    let request = ChatRequest {
        tools: vec![tool_named("weather")],
        tool_choice: ToolChoice::Named("weather".to_owned()),
        ..request("claude-opus-4-6", messages)
    };
    let bytes = String::from_utf8(body(&request).unwrap()).unwrap();
    assert!(
        bytes.contains(signed),
        "what was signed is sent to the letter"
    );
    assert!(bytes.contains(r#""days":1.50"#), "and so are arguments");
    let sent = sent(&request);
    assert_eq!(
        sent["messages"][1]["content"][1],
        json!({ "type": "tool_use", "id": "toolu_1", "name": "weather",
            "input": { "place": "Bern", "days": 1.5 } })
    );
    assert_eq!(
        sent["messages"][2]["content"],
        json!([
            { "type": "tool_result", "tool_use_id": "toolu_1", "content": "No such place", "is_error": true },
            { "type": "text", "text": "Hurry." },
        ])
    );
    assert_eq!(
        sent["tools"],
        json!([{ "name": "weather", "description": "Tells the weather.", "strict": true,
            "input_schema": { "type": "object", "properties": {} } }])
    );
    assert_eq!(
        sent["tool_choice"],
        json!({ "type": "tool", "name": "weather" })
    );
}

#[test]
fn a_choice_of_tools_is_sent_where_it_says_something() {
    let choice = |tool_choice, tools| {
        let request = ChatRequest {
            tools,
            tool_choice,
            ..hello("claude-opus-5", Parameters::default())
        };
        sent(&request).get("tool_choice").cloned()
    };
    let tools = || vec![tool_named("a")];
    assert_eq!(choice(ToolChoice::Auto, tools()), None);
    assert_eq!(
        choice(ToolChoice::None, tools()),
        Some(json!({ "type": "none" }))
    );
    assert_eq!(
        choice(ToolChoice::Required, tools()),
        Some(json!({ "type": "any" }))
    );
    assert_eq!(choice(ToolChoice::Required, vec![]), None);
}

#[test]
fn cache_hints_become_marks_the_server_accepts() {
    let marks = |lifetimes: &[CacheLifetime]| -> Vec<Value> {
        let messages = lifetimes.iter().enumerate().map(|(at, lifetime)| {
            let role = [Role::User, Role::Assistant][at % 2];
            ChatMessage {
                cache: Some(*lifetime),
                ..ChatMessage::text(role, "words")
            }
        });
        let system = ChatMessage {
            cache: Some(CacheLifetime::Long),
            ..ChatMessage::text(Role::System, "Be brief.")
        };
        let messages = std::iter::once(system).chain(messages).collect();
        let sent = sent(&request("claude-opus-5", messages));
        let turns = sent["messages"].as_array().unwrap();
        std::iter::once(&sent["system"])
            .chain(turns.iter().map(|turn| &turn["content"]))
            .map(|content| content[0]["cache_control"].clone())
            .collect()
    };
    use CacheLifetime::{Long, Short};
    let (long, short) = (
        json!({ "type": "ephemeral", "ttl": "1h" }),
        json!({ "type": "ephemeral" }),
    );
    assert_eq!(marks(&[]), std::slice::from_ref(&long));
    assert_eq!(
        marks(&[Short, Long]),
        [long.clone(), short.clone(), short.clone()],
        "a long one behind a short one is refused"
    );
    let none = Value::Null;
    assert_eq!(
        marks(&[Long, Long, Long, Short, Short]),
        [long.clone(), none.clone(), none, long, short.clone(), short],
        "and so are more than four"
    );
}
