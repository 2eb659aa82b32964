//! Anthropic's messages.

use patchbay_domain::WireFamily;
use patchbay_engine::{AppRequestFilter, ProviderForm};
use serde_json::{Value, json};

use crate::client::Call;
use crate::support::{Bench, form};

fn question(model: &str, more: Value) -> Value {
    let mut body = json!({
        "model": model,
        "max_tokens": 100,
        "messages": [{ "role": "user", "content": "Say something." }],
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    body
}

async fn ask(bench: &Bench, plays: &str, more: Value) -> crate::client::Reply {
    // Anthropic's package sends its key so.
    Call::post("/v1/messages", &question(&bench.model(plays), more))
        .header("x-api-key", &bench.token)
        .header("anthropic-version", "2023-06-01")
        .send(bench.address())
        .await
}

#[tokio::test]
async fn an_answer_of_another_format_is_a_message() {
    let bench = Bench::start().await;
    let reply = ask(&bench, "count-to-3", json!({ "system": "Be brief." })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(body["type"], "message");
    assert_eq!(
        body["content"],
        json!([{ "type": "text", "text": "1 2 3" }])
    );
    assert_eq!(body["stop_reason"], "end_turn");
    assert!(body["usage"]["output_tokens"].as_u64().unwrap() > 0);
    let sent = bench.server.chat_requests().pop().unwrap().json();
    assert_eq!(sent["messages"][0]["role"], "system");
}

#[tokio::test]
async fn a_stream_has_every_event_in_its_order() {
    let bench = Bench::start().await;
    let reply = ask(&bench, "reasoning", json!({ "stream": true })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let events = reply.events();
    let names: Vec<&str> = events
        .iter()
        .filter_map(|(name, _)| name.as_deref())
        .collect();
    assert_eq!(names.first(), Some(&"message_start"));
    assert_eq!(names[names.len() - 2..], ["message_delta", "message_stop"]);
    let mut open = None;
    let mut next = 0;
    let (mut thinking, mut text) = (String::new(), String::new());
    for (name, data) in &events {
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!(data["type"].as_str(), name.as_deref());
        match name.as_deref().unwrap() {
            "content_block_start" => {
                assert_eq!(open, None, "one block at a time");
                assert_eq!(data["index"], next);
                open = Some(next);
                next += 1;
            }
            "content_block_delta" => {
                assert_eq!(data["index"].as_u64(), open);
                thinking.push_str(data["delta"]["thinking"].as_str().unwrap_or_default());
                text.push_str(data["delta"]["text"].as_str().unwrap_or_default());
            }
            "content_block_stop" => {
                assert_eq!(data["index"].as_u64(), open.take());
            }
            _ => {}
        }
    }
    assert!(!thinking.is_empty() && !text.is_empty());
    assert_eq!(next, 2);
}

#[tokio::test]
async fn tools_go_there_and_back() {
    let bench = Bench::start().await;
    let tools = json!([{ "name": "weather", "input_schema": { "type": "object" } }]);
    let reply = ask(&bench, "tool-call", json!({ "tools": tools }))
        .await
        .json();
    assert_eq!(reply["stop_reason"], "tool_use");
    let call = &reply["content"][0];
    assert_eq!(call["type"], "tool_use");
    assert!(call["input"].is_object());
    let back = json!({ "tools": tools, "messages": [
        { "role": "user", "content": "What is the weather?" },
        { "role": "assistant", "content": [call] },
        { "role": "user", "content": [
            { "type": "tool_result", "tool_use_id": call["id"], "content": "Rain.", "is_error": false },
        ] },
    ] });
    let reply = ask(&bench, "answer", back).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let sent = bench.server.chat_requests().pop().unwrap().json();
    assert_eq!(sent["messages"][1]["tool_calls"][0]["id"], call["id"]);
    assert_eq!(sent["messages"][2]["role"], "tool");
    assert_eq!(sent["messages"][2]["content"], "Rain.");
}

#[tokio::test]
async fn errors_have_anthropics_shape() {
    let bench = Bench::start().await;
    let missing = Call::post("/v1/messages", &json!({}))
        .send(bench.address())
        .await;
    assert_eq!(missing.status, 401);
    assert_eq!(missing.json()["type"], "error");
    assert_eq!(missing.json()["error"]["type"], "authentication_error");
    let limited = ask(&bench, "429-day", json!({})).await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.json()["error"]["type"], "rate_limit_error");
    let cut = ask(&bench, "cut-after-3", json!({ "stream": true })).await;
    let events = cut.events();
    assert_eq!(events.last().unwrap().0.as_deref(), Some("error"));
    let no_limit = Call::post(
        "/v1/messages",
        &json!({ "model": bench.model("answer"), "messages": [{ "role": "user", "content": "a" }] }),
    )
    .header("x-api-key", &bench.token)
    .send(bench.address())
    .await;
    assert_eq!(no_limit.status, 400);
}

#[tokio::test]
async fn tokens_are_estimated_where_nobody_can_be_asked() {
    let bench = Bench::start().await;
    let reply = count(&bench, &bench.model("answer")).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.json()["input_tokens"].as_u64().unwrap() > 0);
    assert_eq!(reply.header("x-patchbay-estimated"), Some("true"));
    assert!(bench.server.chat_requests().is_empty());
    let unknown = count(&bench, "nobody/knows").await;
    assert_eq!(unknown.status, 404, "{}", unknown.body);
}

#[tokio::test]
async fn tokens_are_counted_by_whoever_would_be_asked() {
    let bench = Bench::start().await;
    let counter = bench.add_anthropic("sk-ant-not-real").await;
    let model = format!("{}/answer", counter.as_str());
    let reply = count(&bench, &model).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-patchbay-estimated"), None);
    let asked = bench.server.requests().pop().unwrap();
    assert_eq!(asked.path, "/v1/messages/count_tokens");
    assert_eq!(reply.json()["input_tokens"], asked.prompt_tokens());
    assert_eq!(asked.header("x-api-key"), Some("sk-ant-not-real"));
    // It is no request of an app: it costs nothing, and nobody answers.
    let filter = AppRequestFilter {
        limit: 10,
        ..AppRequestFilter::default()
    };
    assert!(bench.engine.app_requests(filter).await.unwrap().is_empty());
    assert!(bench.server.chat_requests().is_empty());
}

#[tokio::test]
async fn google_counts_too() {
    let bench = Bench::start().await;
    let form = ProviderForm {
        family: Some(WireFamily::Gemini),
        ..form("Studio", &bench.server.url("/v1beta"), Some("AIza-made-up"))
    };
    let saved = bench.engine.save_provider(form).await.unwrap();
    let reply = count(&bench, &format!("{}/answer", saved.record.id.as_str())).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-patchbay-estimated"), None);
    let asked = bench.server.requests().pop().unwrap();
    assert_eq!(asked.path, "/v1beta/models/answer:countTokens");
    assert_eq!(reply.json()["input_tokens"], asked.prompt_tokens());
    assert!(bench.server.chat_requests().is_empty());
}

async fn count(bench: &Bench, model: &str) -> crate::client::Reply {
    let body = question(model, json!({ "max_tokens": 100, "temperature": 0.5 }));
    Call::post("/v1/messages/count_tokens", &body)
        .header("x-api-key", &bench.token)
        .send(bench.address())
        .await
}
