//! What each model is asked for, and how.

use super::*;

#[test]
fn thinking_is_asked_for_in_the_words_of_each_generation() {
    let asked = |model: &str, wish| {
        let sent = sent(&hello(model, effort(wish)));
        (
            sent.get("thinking").cloned().unwrap_or_default(),
            sent["output_config"]["effort"].clone(),
            sent["max_tokens"].clone(),
        )
    };
    let adaptive = json!({ "type": "adaptive", "display": "summarized" });
    let budget = |tokens: u32| json!({ "type": "enabled", "budget_tokens": tokens });
    use ReasoningEffort::{High, Low, Max, Medium, Minimal, None};
    for (model, wish, expected) in [
        (
            "claude-opus-5-5",
            High,
            (adaptive.clone(), json!("high"), json!(32_000)),
        ),
        (
            "claude-opus-5-5",
            Max,
            (adaptive.clone(), json!("max"), json!(64_000)),
        ),
        (
            "claude-opus-5-5",
            None,
            (Value::Null, json!("low"), json!(32_000)),
        ),
        (
            "claude-sonnet-5-5",
            None,
            (
                json!({ "type": "between_tools" }),
                Value::Null,
                json!(32_000),
            ),
        ),
        (
            "claude-opus-5",
            None,
            (json!({ "type": "disabled" }), Value::Null, json!(32_000)),
        ),
        (
            "claude-opus-4-7",
            None,
            (Value::Null, Value::Null, json!(32_000)),
        ),
        (
            "claude-sonnet-4-6",
            Minimal,
            (adaptive, json!("low"), json!(32_000)),
        ),
        (
            "claude-opus-4-5",
            Max,
            (budget(32_000), json!("high"), json!(64_000)),
        ),
        (
            "claude-haiku-4-5",
            Medium,
            (budget(8_192), Value::Null, json!(40_192)),
        ),
        (
            "claude-opus-4-1",
            Max,
            (budget(16_000), Value::Null, json!(32_000)),
        ),
        (
            "claude-3-5-haiku-20241022",
            High,
            (Value::Null, Value::Null, json!(8_192)),
        ),
        ("kimi-k3", Low, (budget(4_096), Value::Null, json!(12_288))),
        (
            "kimi-k3",
            None,
            (json!({ "type": "disabled" }), Value::Null, json!(8_192)),
        ),
    ] {
        assert_eq!(asked(model, wish), expected, "{model} {wish:?}");
    }
}

#[test]
fn a_budget_leaves_room_for_the_answer_the_person_chose() {
    let asked = |max_tokens| {
        let parameters = Parameters {
            max_tokens: Some(max_tokens),
            ..effort(ReasoningEffort::High)
        };
        let sent = sent(&hello("claude-sonnet-4-5", parameters));
        assert_eq!(sent["max_tokens"], max_tokens);
        sent["thinking"]["budget_tokens"].as_u64()
    };
    assert_eq!(asked(50_000), Some(16_384));
    assert_eq!(asked(10_000), Some(5_000));
    assert_eq!(asked(2_047), None, "too little to think at all");
}

#[test]
fn sampling_is_sent_where_the_model_takes_it() {
    let sampled = |model: &str, parameters: Parameters| {
        let sent = sent(&hello(
            model,
            Parameters {
                temperature: Some(0.7),
                ..parameters
            },
        ));
        sent.get("temperature").cloned()
    };
    assert_eq!(
        sampled("claude-opus-4-6", Parameters::default()),
        Some(json!(0.7))
    );
    assert_eq!(sampled("claude-opus-4-7", Parameters::default()), None);
    assert_eq!(
        sampled("claude-opus-4-6", effort(ReasoningEffort::Low)),
        None
    );
    assert_eq!(
        sampled("claude-opus-4-6", effort(ReasoningEffort::None)),
        Some(json!(0.7))
    );
    assert_eq!(sampled("glm-5.3", Parameters::default()), Some(json!(0.7)));
    let both = Parameters {
        temperature: Some(0.5),
        top_p: Some(0.9),
        seed: Some(1),
        stop: vec!["END".to_owned()],
        ..Parameters::default()
    };
    let sent = sent(&hello("claude-sonnet-4-5", both));
    assert_eq!(sent["temperature"], 0.5);
    assert_eq!(
        sent.get("top_p"),
        None,
        "several models refuse both at once"
    );
    assert_eq!(sent.get("seed"), None);
    assert_eq!(sent["stop_sequences"], json!(["END"]));
}

#[test]
fn a_tool_that_must_be_called_leaves_no_time_to_think() {
    let request = ChatRequest {
        tools: vec![tool_named("a")],
        tool_choice: ToolChoice::Required,
        ..hello("claude-sonnet-4-5", effort(ReasoningEffort::High))
    };
    assert_eq!(sent(&request).get("thinking"), None);
}

#[test]
fn a_schema_and_added_fields_share_the_output_configuration() {
    let schema = r#"{"type":"object","properties":{"z":{"minimum":1.50},"a":{}}}"#;
    let request = ChatRequest {
        extra_body: Some(JsonText(
            r#"{"output_config":{"task_budget":{"type":"tokens","total":9}},"speed":"fast","max_tokens":7}"#
                .to_owned(),
        )),
        ..hello(
            "claude-opus-5",
            Parameters {
                response_format: ResponseFormat::Schema {
                    name: "answer".to_owned(),
                    schema: JsonText(schema.to_owned()),
                    is_strict: true,
                },
                ..effort(ReasoningEffort::Medium)
            },
        )
    };
    let bytes = String::from_utf8(body(&request).unwrap()).unwrap();
    assert!(
        bytes.contains(schema),
        "the order of its fields says something: {bytes}"
    );
    let mut sent = sent(&request);
    sent["output_config"]["format"]["schema"].take();
    assert_eq!(
        sent["output_config"],
        json!({ "effort": "medium", "task_budget": { "type": "tokens", "total": 9 },
            "format": { "type": "json_schema", "schema": null } })
    );
    assert_eq!(
        (&sent["speed"], &sent["max_tokens"]),
        (&json!("fast"), &json!(7))
    );
}
