//! OpenAI's chat completions.

use serde_json::{Value, json};

use crate::client::{Call, read_until};
use crate::support::{Bench, question};

/// The pieces of a stream, without its end mark.
fn chunks(events: &[(Option<String>, String)]) -> Vec<Value> {
    events
        .iter()
        .filter(|(_, data)| data != "[DONE]")
        .map(|(_, data)| serde_json::from_str(data).unwrap())
        .collect()
}

fn text_of(chunks: &[Value]) -> String {
    chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect()
}

#[tokio::test]
async fn a_whole_answer_says_who_gave_it() {
    let bench = Bench::start().await;
    let reply = bench.chat("count-to-3", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["model"], "count-to-3");
    assert_eq!(body["choices"][0]["message"]["role"], "assistant");
    assert_eq!(body["choices"][0]["message"]["content"], "1 2 3");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert!(body["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    assert_eq!(
        reply.header("x-patchbay-provider"),
        Some(bench.provider.as_str())
    );
    assert_eq!(reply.header("x-patchbay-attempts"), Some("1"));
    assert_eq!(body["patchbay"]["attempts"][0]["status"], "answered");
    let line = &bench.settled().await[0];
    assert_eq!(
        reply.header("x-patchbay-run"),
        Some(line.run.id.to_string().as_str())
    );
    assert_eq!(line.question.as_deref(), Some("Say something."));
}

#[tokio::test]
async fn a_stream_is_chunks_and_an_end() {
    let bench = Bench::start().await;
    let reply = bench
        .chat(
            "count-to-5",
            json!({ "stream": true, "stream_options": { "include_usage": true } }),
        )
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    let events = reply.events();
    assert_eq!(events.last().unwrap().1, "[DONE]");
    let chunks = chunks(&events);
    assert_eq!(text_of(&chunks), "1 2 3 4 5");
    let ids: Vec<&Value> = chunks.iter().map(|chunk| &chunk["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    let last = chunks.last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["total_tokens"].as_u64().unwrap() > 0);
    assert!(chunks[0]["usage"].is_null() && chunks[0].get("usage").is_some());
    let finish = &chunks[chunks.len() - 2]["choices"][0]["finish_reason"];
    assert_eq!(finish, "stop");
}

#[tokio::test]
async fn a_stream_without_usage_has_none() {
    let bench = Bench::start().await;
    let reply = bench.chat("count-to-2", json!({ "stream": true })).await;
    let chunks = chunks(&reply.events());
    assert!(chunks.iter().all(|chunk| chunk.get("usage").is_none()));
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["choices"].as_array().unwrap().len() == 1)
    );
}

#[tokio::test]
async fn tools_are_called_whole_and_in_pieces() {
    let bench = Bench::start().await;
    let tools = json!([{ "type": "function", "function": {
        "name": "weather",
        "parameters": { "type": "object", "properties": { "city": { "type": "string" } } },
    } }]);
    let whole = bench
        .chat("tool-call", json!({ "tools": tools }))
        .await
        .json();
    let message = &whole["choices"][0]["message"];
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
    let call = &message["tool_calls"][0];
    assert!(message["content"].is_null());
    assert_eq!(call["type"], "function");
    let arguments: Value =
        serde_json::from_str(call["function"]["arguments"].as_str().unwrap()).unwrap();
    assert!(arguments.is_object());

    let streamed = bench
        .chat("tool-call", json!({ "tools": tools, "stream": true }))
        .await;
    let chunks = chunks(&streamed.events());
    let pieces: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array())
        .flatten()
        .collect();
    assert_eq!(pieces[0]["function"]["name"], call["function"]["name"]);
    assert!(pieces[0]["id"].is_string());
    let joined: String = pieces
        .iter()
        .filter_map(|piece| piece["function"]["arguments"].as_str())
        .collect();
    assert_eq!(serde_json::from_str::<Value>(&joined).unwrap(), arguments);
}

#[tokio::test]
async fn unknown_fields_reach_a_way_in_of_the_same_format() {
    let bench = Bench::start().await;
    let more = json!({ "logit_bias": { "50256": -100 }, "user": "u-1", "metadata": null });
    let reply = bench.chat("answer", more).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let sent = bench.server.chat_requests().pop().unwrap().json();
    assert_eq!(sent["logit_bias"], json!({ "50256": -100 }));
    assert_eq!(sent["user"], "u-1");
    assert!(sent.get("metadata").is_none());
    assert_eq!(sent["model"], "answer");
    assert_eq!(sent["stream"], true);
}

#[tokio::test]
async fn a_conversation_of_tools_and_pictures_arrives_as_it_was_sent() {
    let bench = Bench::start().await;
    let body = json!({
        "model": bench.model("answer"),
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "What is this?" },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AAAA" } },
            ] },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "call_1", "type": "function",
                  "function": { "name": "look", "arguments": "{\"x\":1}" } },
            ] },
            { "role": "tool", "tool_call_id": "call_1", "content": "A cat." },
        ],
        "temperature": 0.5,
        "max_completion_tokens": 50,
        "stop": "END",
    });
    let reply = bench.post("/v1/chat/completions", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let sent = bench.server.chat_requests().pop().unwrap().json();
    assert_eq!(sent["messages"][0]["content"], "Be brief.");
    assert_eq!(
        sent["messages"][1]["content"][1]["image_url"]["url"],
        "data:image/png;base64,AAAA"
    );
    assert_eq!(sent["messages"][2]["tool_calls"][0]["id"], "call_1");
    assert_eq!(sent["messages"][3]["role"], "tool");
    assert_eq!(sent["messages"][3]["content"], "A cat.");
    assert_eq!(sent["stop"], json!(["END"]));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anybody_is_asked() {
    let bench = Bench::start().await;
    let audio = json!([{ "role": "user", "content": [
        { "type": "input_audio", "input_audio": { "data": "AA", "format": "wav" } },
    ] }]);
    for (more, field) in [
        (json!({ "n": 0 }), "n"),
        (json!({ "n": 17 }), "n"),
        (json!({ "messages": [] }), "messages"),
        (json!({ "messages": audio }), "messages[0].content"),
        (json!({ "tool_choice": "sometimes" }), "tool_choice"),
        (json!({ "model": "" }), "model"),
    ] {
        let reply = bench.chat("answer", more).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert_eq!(reply.json()["error"]["param"], field);
        assert_eq!(reply.json()["error"]["type"], "invalid_request_error");
    }
    let broken = Call::get("/v1/chat/completions")
        .method("POST")
        .token(&bench.token)
        .header("Content-Length", "0")
        .send(bench.address())
        .await;
    assert_eq!(broken.status, 400);
    let unknown = bench
        .post(
            "/v1/chat/completions",
            &question("no-such-model", json!({})),
        )
        .await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["error"]["code"], "model_not_found");
    assert!(bench.server.chat_requests().is_empty());
}

#[tokio::test]
async fn failures_have_the_status_that_packages_act_on() {
    let bench = Bench::start().await;
    for (plays, status, code) in [
        ("401", 502, "key_missing"),
        ("400", 400, "invalid_request"),
        ("429-day", 429, "rate_limited"),
        ("402", 402, "insufficient_quota"),
    ] {
        let reply = bench.chat(plays, json!({})).await;
        assert_eq!(reply.status, status, "{plays}: {}", reply.body);
        assert_eq!(reply.json()["error"]["code"], code, "{plays}");
        let streamed = bench.chat(plays, json!({ "stream": true })).await;
        assert_eq!(streamed.status, status, "{plays}: {}", streamed.body);
        if status == 429 {
            let wait: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!(wait > 80_000, "{wait}");
        }
    }
}

#[tokio::test]
async fn half_an_answer_ends_with_an_error_and_never_as_a_whole_one() {
    let bench = Bench::start().await;
    let reply = bench.chat("cut-after-3", json!({ "stream": true })).await;
    assert_eq!(reply.status, 200);
    let events = reply.events();
    let last: Value = serde_json::from_str(&events.last().unwrap().1).unwrap();
    assert!(last["error"]["message"].is_string(), "{last}");
    assert!(!reply.body.contains("[DONE]"));
    let whole = bench.chat("cut-after-3:again", json!({})).await;
    assert_eq!(whole.status, 502, "{}", whole.body);
}

#[tokio::test]
async fn a_client_that_hangs_up_cancels_what_it_asked() {
    let bench = Bench::start().await;
    let body = question(&bench.model("drip"), json!({ "stream": true }));
    let call = Call::post("/v1/chat/completions", &body).token(&bench.token);
    let mut socket = call.begin(bench.address()).await;
    bench.server.release(2);
    read_until(&mut socket, "\"2").await;
    drop(socket);
    let lines = bench.settled().await;
    assert_eq!(lines[0].run.status.as_str(), "stopped");
    let closed = async {
        while bench.server.open_replies() > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::client::DEADLINE, closed)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_old_format_of_completions_works() {
    let bench = Bench::start().await;
    let body = json!({ "model": bench.model("count-to-2"), "prompt": "Count." });
    let reply = bench.post("/v1/completions", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.json()["object"], "text_completion");
    assert_eq!(reply.json()["choices"][0]["text"], "1 2");
    let body = json!({ "model": bench.model("count-to-2"), "prompt": "Count.", "stream": true });
    let streamed = bench.post("/v1/completions", &body).await;
    let text: String = chunks(&streamed.events())
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, "1 2");
    let refused = bench
        .post(
            "/v1/completions",
            &json!({ "model": "x", "prompt": "a", "best_of": 3 }),
        )
        .await;
    assert_eq!(refused.status, 400);
}
