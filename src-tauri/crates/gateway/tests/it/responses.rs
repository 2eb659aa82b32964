//! Answers that are gone on from by their number, read again and removed.

use patchbay_domain::AppRules;
use patchbay_engine::{AppForm, shown_once};
use serde_json::{Value, json};

use crate::client::{Call, Reply};
use crate::support::Bench;

async fn ask(bench: &Bench, plays: &str, more: Value) -> Reply {
    let mut body = json!({ "model": bench.model(plays), "input": "Count." });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    bench.post("/v1/responses", &body).await
}

async fn answered(bench: &Bench, plays: &str, more: Value) -> Value {
    let reply = ask(bench, plays, more).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

async fn on(bench: &Bench, method: &'static str, id: &Value, token: &str) -> Reply {
    Call::get(&format!("/v1/responses/{}", id.as_str().unwrap()))
        .method(method)
        .token(token)
        .send(bench.address())
        .await
}

fn sent(bench: &Bench) -> Value {
    bench.server.chat_requests().pop().unwrap().json()["messages"].take()
}

#[tokio::test]
async fn an_answer_is_gone_on_from_by_its_number() {
    let bench = Bench::start().await;
    let first = answered(&bench, "count-to-3", json!({ "instructions": "Be brief." })).await;
    assert_eq!(first["store"], true);
    let more = json!({
        "input": "And on.", "instructions": "Be kind.", "previous_response_id": first["id"],
    });
    let second = answered(&bench, "count-to-5", more).await;
    assert_eq!(second["previous_response_id"], first["id"]);
    let words = |number: usize| sent(&bench)[number]["content"].clone();
    // The instructions of the answer before held for that one alone.
    assert_eq!(sent(&bench).as_array().unwrap().len(), 4);
    assert_eq!(
        [words(0), words(1), words(2), words(3)],
        ["Be kind.", "Count.", "1 2 3", "And on."]
    );
    // The third has none, and stands on both.
    let more = json!({ "input": "Enough.", "previous_response_id": second["id"], "stream": true });
    assert_eq!(ask(&bench, "count-to-2", more).await.status, 200);
    let all: Vec<Value> = (0..5).map(words).collect();
    assert_eq!(all, ["Count.", "1 2 3", "And on.", "1 2 3 4 5", "Enough."]);
}

#[tokio::test]
async fn what_a_tool_said_finds_the_call_of_the_answer_before() {
    let bench = Bench::start().await;
    let tools =
        json!([{ "type": "function", "name": "get_weather", "parameters": { "type": "object" } }]);
    let first = answered(&bench, "tool-call", json!({ "tools": tools })).await;
    let call = first["output"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["type"] == "function_call")
        .unwrap();
    let output = json!([{
        "type": "function_call_output", "call_id": call["call_id"], "output": "Rain.",
    }]);
    let more = json!({ "tools": tools, "input": output, "previous_response_id": first["id"] });
    answered(&bench, "answer", more).await;
    let sent = sent(&bench);
    assert_eq!(sent[1]["tool_calls"][0]["id"], call["call_id"]);
    assert_eq!(sent[1]["tool_calls"][0]["function"]["name"], call["name"]);
    assert_eq!(sent[2]["role"], "tool");
    assert_eq!(sent[2]["content"], "Rain.");
}

#[tokio::test]
async fn signed_thinking_goes_back_to_who_signed_it() {
    let bench = Bench::start().await;
    let thinker = bench.add_anthropic("sk-ant-not-real").await;
    let model = json!(format!("{}/reasoning", thinker.as_str()));
    let first = answered(&bench, "-", json!({ "model": model })).await;
    let more = json!({ "model": model, "input": "Why?", "previous_response_id": first["id"] });
    answered(&bench, "-", more).await;
    let before = sent(&bench)[1].clone();
    assert_eq!(before["role"], "assistant");
    assert_eq!(before["content"][0]["type"], "thinking");
    assert!(before["content"][0]["signature"].is_string(), "{before}");
    assert_eq!(before["content"][1]["type"], "text");
}

#[tokio::test]
async fn an_answer_is_read_again_and_removed() {
    let bench = Bench::start().await;
    let given = answered(&bench, "count-to-3", json!({})).await;
    let again = on(&bench, "GET", &given["id"], &bench.token).await;
    assert_eq!(again.status, 200, "{}", again.body);
    let again = again.json();
    for field in [
        "id", "model", "output", "usage", "status", "patchbay", "store",
    ] {
        assert_eq!(again[field], given[field], "{field}");
    }
    let removed = on(&bench, "DELETE", &given["id"], &bench.token).await;
    assert_eq!(removed.json()["deleted"], true);
    for method in ["GET", "DELETE"] {
        let gone = on(&bench, method, &given["id"], &bench.token).await;
        assert_eq!(gone.status, 404, "{method}: {}", gone.body);
    }
    // Its receipt is not what was removed.
    let line = bench.settled().await.remove(0);
    assert!(line.question.is_none() && line.run.ended_at.is_some());
}

#[tokio::test]
async fn nobody_goes_on_from_what_is_not_theirs_or_not_kept() {
    let bench = Bench::start().await;
    let given = answered(&bench, "count-to-3", json!({})).await;
    let form = AppForm {
        name: "Another".to_owned(),
        rules: AppRules::default(),
    };
    let (_, token) = bench.engine.create_app(form).await.unwrap();
    let another = shown_once(&token);
    for method in ["GET", "DELETE"] {
        let theirs = on(&bench, method, &given["id"], &another).await;
        assert_eq!(theirs.status, 404, "{method}: {}", theirs.body);
    }
    assert_eq!(
        on(&bench, "GET", &given["id"], &bench.token).await.status,
        200
    );
    let refused = async |bench: &Bench, previous: Value, says: &str| {
        let reply = ask(bench, "answer", json!({ "previous_response_id": previous })).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        let error = &reply.json()["error"];
        assert_eq!(error["param"], "previous_response_id");
        assert_eq!(error["code"], "previous_response_not_found");
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
    };
    refused(&bench, json!("resp_nobody"), "no answer").await;
    refused(
        &bench,
        json!("resp_01890000-0000-7000-8000-000000000000"),
        "no answer of that number",
    )
    .await;
    let picture = json!([{ "role": "user", "content": [
        { "type": "input_text", "text": "What is it?" },
        { "type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=" },
    ] }]);
    let with_picture = answered(&bench, "answer", json!({ "input": picture })).await;
    refused(&bench, with_picture["id"].clone(), "pictures").await;
    let asked = bench.server.chat_requests().len();
    let rules = AppRules {
        keeps_texts: false,
        ..AppRules::default()
    };
    let secretive = Bench::with_rules(rules).await;
    let given = answered(&secretive, "count-to-3", json!({})).await;
    assert_eq!(given["store"], false);
    refused(&secretive, given["id"].clone(), "not kept").await;
    assert_eq!(
        bench.server.chat_requests().len(),
        asked,
        "nobody was asked"
    );
}
