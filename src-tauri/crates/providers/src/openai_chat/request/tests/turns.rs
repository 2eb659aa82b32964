//! Turns and their parts.

use patchbay_domain::content::{CacheLifetime, Media, MediaSource, Part};

use super::super::super::dialect::{DocumentPart, ReasoningReturn};
use super::*;

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn media(media_type: &str, source: MediaSource) -> Media {
    Media {
        media_type: media_type.to_owned(),
        source,
    }
}

fn base64(media_type: &str) -> Media {
    media(media_type, MediaSource::Base64("AAEC".to_owned()))
}

fn picture() -> Part {
    Part::Image {
        media: base64("image/png"),
    }
}

fn document(source: MediaSource) -> Part {
    Part::Document {
        name: Some("offer.pdf".to_owned()),
        media: media("application/pdf", source),
    }
}

fn call(id: &str, arguments: &str) -> Part {
    Part::ToolCall {
        id: id.to_owned(),
        name: "look_up".to_owned(),
        arguments: JsonText(arguments.to_owned()),
    }
}

fn result(id: &str, text: &str) -> Part {
    Part::ToolResult {
        id: id.to_owned(),
        name: "look_up".to_owned(),
        text: text.to_owned(),
        is_error: false,
    }
}

fn turn(role: Role, parts: Vec<Part>) -> ChatMessage {
    ChatMessage {
        role,
        parts,
        cache: None,
    }
}

#[test]
fn pictures_and_documents_stand_among_the_words_in_order() {
    let address = MediaSource::Url("https://a.example/b.pdf".to_owned());
    let request = asking(vec![turn(
        Role::User,
        vec![
            text("Compare"),
            picture(),
            document(MediaSource::Base64("JVBE".to_owned())),
            document(address.clone()),
        ],
    )]);
    let with = |document_part| Dialect {
        document_part,
        ..Dialect::default()
    };
    let content = &sent(&request, with(DocumentPart::FileOrUrl))["messages"][0]["content"];
    assert_eq!(
        *content,
        json!([
            { "type": "text", "text": "Compare" },
            { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAEC" } },
            { "type": "file", "file": { "filename": "offer.pdf", "file_data": "data:application/pdf;base64,JVBE" } },
            { "type": "file", "file": { "filename": "offer.pdf", "file_data": "https://a.example/b.pdf" } },
        ])
    );
    let content = &sent(&request, with(DocumentPart::DocumentUrl))["messages"][0]["content"];
    assert_eq!(
        content[3],
        json!({ "type": "document_url", "document_url": "https://a.example/b.pdf", "document_name": "offer.pdf" })
    );
    assert!(refusal(&request, with(DocumentPart::Absent)).contains("no documents"));
    assert!(refusal(&request, with(DocumentPart::File)).contains("addresses"));
}

#[test]
fn what_has_no_place_is_refused_and_never_left_out() {
    let plain = MediaSource::Url("http://a.example/b.png".to_owned());
    for parts in [vec![picture()], vec![result("a", "b")]] {
        refusal(
            &asking(vec![turn(Role::Assistant, parts)]),
            Dialect::openrouter(),
        );
    }
    refusal(
        &asking(vec![turn(Role::System, vec![picture()])]),
        Dialect::default(),
    );
    refusal(
        &asking(vec![turn(Role::User, vec![call("a", "{}")])]),
        Dialect::default(),
    );
    let picture = Part::Image {
        media: media("image/png", plain),
    };
    refusal(
        &asking(vec![turn(Role::User, vec![picture])]),
        Dialect::default(),
    );
}

#[test]
fn tool_results_follow_their_calls_and_come_before_new_words() {
    let request = asking(vec![
        ChatMessage::text(Role::User, "Look both up."),
        turn(
            Role::Assistant,
            vec![
                call("call_one", "{\"word\":\"patch\"}"),
                call("call_two", ""),
            ],
        ),
        turn(
            Role::User,
            vec![
                text("And hurry."),
                result("call_one", "a piece"),
                result("call_two", "a harbour"),
            ],
        ),
    ]);
    let messages = &sent(&request, Dialect::default())["messages"];
    assert_eq!(
        *messages,
        json!([
            { "role": "user", "content": "Look both up." },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "call_one", "type": "function", "function": { "name": "look_up", "arguments": "{\"word\":\"patch\"}" } },
                { "id": "call_two", "type": "function", "function": { "name": "look_up", "arguments": "{}" } },
            ] },
            { "role": "tool", "content": "a piece", "tool_call_id": "call_one" },
            { "role": "tool", "content": "a harbour", "tool_call_id": "call_two" },
            { "role": "user", "content": "And hurry." },
        ])
    );
    let short = Dialect {
        short_tool_ids: true,
        ..Dialect::default()
    };
    let messages = &sent(&request, short)["messages"];
    let id = messages[1]["tool_calls"][1]["id"].as_str().unwrap();
    assert_eq!(id.len(), 9);
    assert_eq!(messages[3]["tool_call_id"], id);
}

#[test]
fn earlier_thinking_goes_back_only_to_the_format_that_made_it() {
    let item = |format: &str, item: &str| Part::ReasoningItem {
        format: format.to_owned(),
        item: JsonText(item.to_owned()),
    };
    let detail = r#"{"type":"reasoning.text","text":"t","signature":"s","index":0}"#;
    let thinking = vec![
        item("anthropic.thinking", r#"{"thinking":"foreign"}"#),
        item("openai_chat.reasoning_content", r#""First, ""#),
        item("openai_chat.reasoning_content", r#""then.""#),
        item("openai_chat.reasoning_details", detail),
        text("Yes."),
    ];
    let with_tools: Vec<_> = thinking.iter().cloned().chain([call("a", "{}")]).collect();
    let request = asking(vec![
        turn(Role::Assistant, thinking),
        turn(Role::Assistant, with_tools),
    ]);
    let returned = |reasoning_return| {
        let dialect = Dialect {
            reasoning_return,
            ..Dialect::default()
        };
        let body = String::from_utf8(body(&request, dialect).unwrap().json).unwrap();
        assert!(!body.contains("foreign"));
        body
    };
    let count = |body: &str, field: &str| body.matches(field).count();
    assert_eq!(count(&returned(ReasoningReturn::Never), "reasoning"), 0);
    let all = returned(ReasoningReturn::ReasoningContent);
    assert_eq!(count(&all, r#""reasoning_content":"First, then.""#), 2);
    let with_tools = returned(ReasoningReturn::ReasoningContentWithTools);
    assert_eq!(
        count(&with_tools, r#""reasoning_content":"First, then.""#),
        1
    );
    let details = returned(ReasoningReturn::ReasoningDetails);
    assert_eq!(
        count(&details, &format!(r#""reasoning_details":[{detail}]"#)),
        2
    );
}

#[test]
fn cache_hints_are_for_those_who_understand_them() {
    let hinted = |role, parts, lifetime| ChatMessage {
        cache: Some(lifetime),
        ..turn(role, parts)
    };
    let request = asking(vec![
        hinted(Role::System, vec![text("Be brief.")], CacheLifetime::Long),
        hinted(Role::User, vec![text("a"), picture()], CacheLifetime::Short),
        turn(Role::Assistant, vec![call("one", "{}")]),
        hinted(Role::User, vec![result("one", "b")], CacheLifetime::Short),
    ]);
    let messages = &sent(&request, Dialect::openrouter())["messages"];
    assert_eq!(
        messages[0]["content"],
        json!([{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral", "ttl": "1h" } }])
    );
    assert!(messages[1]["content"][0].get("cache_control").is_none());
    assert_eq!(
        messages[1]["content"][1]["cache_control"],
        json!({ "type": "ephemeral" })
    );
    assert_eq!(
        messages[3]["content"][0]["cache_control"],
        json!({ "type": "ephemeral" })
    );
    let plain = sent(&request, Dialect::default()).to_string();
    assert!(!plain.contains("cache_control"), "{plain}");
}

#[test]
fn the_signature_of_a_call_goes_back_with_that_call() {
    let extra = r#"{"google":{"thought_signature":"c2ln"}}"#;
    let item = Part::ReasoningItem {
        format: "openai_chat.tool_extra_content".to_owned(),
        item: JsonText(format!(r#"{{"id":"two","extra_content":{extra}}}"#)),
    };
    let parts = vec![call("one", "{}"), call("two", "{}"), item];
    let request = asking(vec![turn(Role::Assistant, parts)]);
    let google = Dialect {
        reasoning_return: ReasoningReturn::ToolExtraContent,
        ..Dialect::default()
    };
    let calls = &sent(&request, google)["messages"][0]["tool_calls"];
    assert!(calls[0].get("extra_content").is_none());
    assert_eq!(calls[1]["extra_content"].to_string(), extra);
    let plain = sent(&request, Dialect::default()).to_string();
    assert!(!plain.contains("extra_content"));
}
