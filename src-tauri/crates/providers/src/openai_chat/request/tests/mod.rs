use patchbay_domain::content::{ReasoningEffort, Tool, ToolChoice};
use patchbay_domain::{ChatMessage, FailureClass, Parameters, Role};
use serde_json::{Value, json};

use super::super::dialect::{ReasoningSwitch, SystemRole};
use super::*;

mod turns;

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
