use patchbay_domain::content::{
    CacheLifetime, Media, MediaSource, Part, ReasoningEffort, Tool, ToolChoice,
};
use patchbay_domain::{ChatMessage, Parameters, Role};
use serde_json::{Value, json};

use super::super::dialect::{DocumentPart, ReasoningReturn, ReasoningSwitch, SystemRole};
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

fn asking(messages: Vec<ChatMessage>) -> ChatRequest {
    ChatRequest {
        model: "maker/model".to_owned(),
        messages,
        ..ChatRequest::default()
    }
}

fn sent(request: &ChatRequest, dialect: Dialect) -> Value {
    serde_json::from_slice(&body(request, dialect).unwrap().json).unwrap()
}

fn refusal(request: &ChatRequest, dialect: Dialect) -> String {
    let failure = body(request, dialect).unwrap_err();
    assert_eq!(failure.class, FailureClass::InvalidRequest);
    failure.message
}

fn with(parameters: Parameters, dialect: Dialect) -> Value {
    let request = ChatRequest {
        parameters,
        ..asking(vec![
            ChatMessage::text(Role::System, "Be brief."),
            ChatMessage::text(Role::User, "\"Hi\"\n"),
        ])
    };
    sent(&request, dialect)
}

#[test]
fn what_nobody_chose_is_not_sent() {
    assert_eq!(
        with(Parameters::default(), Dialect::default()),
        json!({
            "model": "maker/model",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": "\"Hi\"\n" },
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
        })
    );
}

#[test]
fn what_was_chosen_is_sent_under_the_name_the_provider_knows() {
    let parameters = Parameters {
        temperature: Some(0.7),
        top_p: Some(0.9),
        seed: Some(42),
        max_tokens: Some(100),
        stop: vec!["END".to_owned()],
        ..Parameters::default()
    };
    let usual = with(parameters.clone(), Dialect::default());
    assert_eq!(usual["temperature"], 0.7);
    assert_eq!(usual["top_p"], 0.9);
    assert_eq!(usual["seed"], 42);
    assert_eq!(usual["max_tokens"], 100);
    assert_eq!(usual["stop"], json!(["END"]));
    let dialect = Dialect {
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        stream_options: false,
        seed_field: SeedField::RandomSeed,
        system_role: SystemRole::Developer,
        ..Dialect::default()
    };
    let other = with(parameters.clone(), dialect);
    assert_eq!(other["max_completion_tokens"], 100);
    assert_eq!(other["random_seed"], 42);
    assert_eq!(other["messages"][0]["role"], "developer");
    for absent in ["max_tokens", "stream_options", "seed"] {
        assert!(other.get(absent).is_none(), "{absent}");
    }
    let without_seed = Dialect {
        seed_field: SeedField::Absent,
        ..Dialect::default()
    };
    assert!(with(parameters, without_seed).get("seed").is_none());
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
fn tools_and_the_choice_among_them() {
    let tool = Tool {
        name: "look_up".to_owned(),
        description: Some("Looks a word up.".to_owned()),
        parameters: JsonText(r#"{"type":"object","properties":{"z":{},"a":{}}}"#.to_owned()),
        is_strict: true,
    };
    let request = |choice| ChatRequest {
        tools: vec![tool.clone()],
        tool_choice: choice,
        ..asking(vec![])
    };
    let any = Dialect {
        tool_choice_any: true,
        ..Dialect::default()
    };
    let usual = body(&request(ToolChoice::Required), Dialect::default()).unwrap();
    let usual = String::from_utf8(usual.json).unwrap();
    // The order of a schema's fields is the order in which they are filled in.
    assert!(
        usual.contains(
            r#""parameters":{"type":"object","properties":{"z":{},"a":{}}},"strict":true"#
        ),
        "{usual}"
    );
    assert!(usual.contains(r#""tool_choice":"required""#));
    assert_eq!(
        sent(&request(ToolChoice::Required), any)["tool_choice"],
        "any"
    );
    assert_eq!(sent(&request(ToolChoice::None), any)["tool_choice"], "none");
    assert_eq!(
        sent(&request(ToolChoice::Named("look_up".to_owned())), any)["tool_choice"],
        json!({ "type": "function", "function": { "name": "look_up" } })
    );
    assert!(
        sent(&request(ToolChoice::Auto), any)
            .get("tool_choice")
            .is_none()
    );
    let broken = ChatRequest {
        tools: vec![Tool {
            parameters: JsonText("[]".to_owned()),
            ..tool.clone()
        }],
        ..asking(vec![])
    };
    assert!(refusal(&broken, any).contains("look_up"));
}

#[test]
fn a_schema_is_held_to_or_turned_into_an_instruction_with_a_warning() {
    let schema = ResponseFormat::Schema {
        name: "word".to_owned(),
        schema: JsonText(r#"{"type":"object","properties":{"b":{},"a":{}}}"#.to_owned()),
        is_strict: true,
    };
    let request = |response_format: &ResponseFormat| ChatRequest {
        parameters: Parameters {
            response_format: response_format.clone(),
            ..Parameters::default()
        },
        ..asking(vec![
            ChatMessage::text(Role::System, "Be brief."),
            ChatMessage::text(Role::User, "Hi"),
        ])
    };
    let modes = |json_modes| Dialect {
        json_modes,
        ..Dialect::default()
    };
    let held = body(&request(&schema), modes(JsonModes::SchemaOnly)).unwrap();
    assert!(held.warnings.is_empty());
    let held: Value = serde_json::from_slice(&held.json).unwrap();
    assert_eq!(held["response_format"]["type"], "json_schema");
    assert_eq!(held["response_format"]["json_schema"]["name"], "word");
    assert_eq!(held["response_format"]["json_schema"]["strict"], true);

    let told = body(&request(&schema), modes(JsonModes::ObjectOnly)).unwrap();
    assert_eq!(told.warnings.len(), 1);
    let told: Value = serde_json::from_slice(&told.json).unwrap();
    assert_eq!(told["response_format"], json!({ "type": "json_object" }));
    assert_eq!(told["messages"][0]["content"], "Be brief.");
    assert_eq!(told["messages"][1]["role"], "system");
    assert!(
        told["messages"][1]["content"]
            .as_str()
            .unwrap()
            .ends_with(r#"{"type":"object","properties":{"b":{},"a":{}}}"#)
    );

    let object = sent(
        &request(&ResponseFormat::Json),
        modes(JsonModes::ObjectAndSchema),
    );
    assert_eq!(object["response_format"], json!({ "type": "json_object" }));
    let object = sent(
        &request(&ResponseFormat::Json),
        modes(JsonModes::SchemaOnly),
    );
    assert_eq!(
        object["response_format"]["json_schema"]["schema"],
        json!({ "type": "object" })
    );
}

#[test]
fn the_reasoning_effort_has_many_places() {
    let fields = |effort, reasoning_switch| {
        let parameters = Parameters {
            reasoning_effort: Some(effort),
            ..Parameters::default()
        };
        let dialect = Dialect {
            reasoning_switch,
            ..Dialect::default()
        };
        let mut sent = with(parameters, dialect);
        let object = sent.as_object_mut().unwrap();
        for usual in ["model", "messages", "stream", "stream_options"] {
            object.remove(usual);
        }
        sent
    };
    use ReasoningEffort::{Max, None};
    for (switch, max, none) in [
        (ReasoningSwitch::Absent, json!({}), json!({})),
        (
            ReasoningSwitch::Effort,
            json!({ "reasoning_effort": "high" }),
            json!({ "reasoning_effort": "low" }),
        ),
        (
            ReasoningSwitch::Object,
            json!({ "reasoning": { "effort": "high" } }),
            json!({ "reasoning": { "effort": "low" } }),
        ),
        (
            ReasoningSwitch::Thinking,
            json!({ "thinking": { "type": "enabled" } }),
            json!({ "thinking": { "type": "disabled" } }),
        ),
        (
            ReasoningSwitch::ThinkingAndEffort,
            json!({ "thinking": { "type": "enabled" }, "reasoning_effort": "high" }),
            json!({ "thinking": { "type": "disabled" } }),
        ),
        (
            ReasoningSwitch::EnableThinking,
            json!({ "enable_thinking": true }),
            json!({ "enable_thinking": false }),
        ),
        (
            ReasoningSwitch::ChatTemplate,
            json!({ "chat_template_kwargs": { "enable_thinking": true } }),
            json!({ "chat_template_kwargs": { "enable_thinking": false } }),
        ),
    ] {
        assert_eq!(fields(Max, switch), max, "{switch:?}");
        assert_eq!(fields(None, switch), none, "{switch:?}");
    }
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
fn the_cache_key_has_two_names_and_extra_fields_have_the_last_word() {
    let request = ChatRequest {
        cache_key: Some("conversation-7".to_owned()),
        extra_body: Some(JsonText(
            r#"{"temperature":0.10,"provider":{"order":["b","a"]},"stream_options":null}"#
                .to_owned(),
        )),
        ..asking(vec![])
    };
    assert_eq!(
        sent(&request, Dialect::openai())["prompt_cache_key"],
        "conversation-7"
    );
    let openrouter = body(&request, Dialect::openrouter()).unwrap();
    let openrouter = String::from_utf8(openrouter.json).unwrap();
    for part in [
        r#""session_id":"conversation-7""#,
        r#""temperature":0.10"#,
        r#""provider":{"order":["b","a"]}"#,
        r#""stream_options":null"#,
    ] {
        assert_eq!(
            openrouter.matches(part).count(),
            1,
            "{part} in {openrouter}"
        );
    }
    let plain = sent(&request, Dialect::default());
    assert!(plain.get("session_id").is_none() && plain.get("prompt_cache_key").is_none());
    let broken = ChatRequest {
        extra_body: Some(JsonText("[1]".to_owned())),
        ..asking(vec![])
    };
    assert!(refusal(&broken, Dialect::default()).contains("extra fields"));
}
