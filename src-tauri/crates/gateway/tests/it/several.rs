//! Several answers to one request, which is what `n` asks for.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_domain::{AppRules, AttemptStatus};
use serde_json::{Value, json};

use crate::support::Bench;

#[tokio::test]
async fn each_answer_is_a_run_with_a_receipt_of_its_own() {
    let bench = Bench::start().await;
    let one = bench.chat("count-to-3", json!({})).await.json();
    let reply = bench.chat("count-to-3", json!({ "n": 3, "seed": 7 })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    let choices = body["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 3);
    for (index, choice) in choices.iter().enumerate() {
        assert_eq!(choice["index"], index);
        assert_eq!(choice["message"]["content"], "1 2 3");
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(choice["patchbay"]["attempts"].as_array().unwrap().len(), 1);
    }
    for tokens in ["prompt_tokens", "completion_tokens", "total_tokens"] {
        let of_one = one["usage"][tokens].as_u64().unwrap();
        assert_eq!(body["usage"][tokens], of_one * 3, "{tokens}");
    }
    assert_eq!(body["patchbay"]["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(reply.header("x-patchbay-attempts"), Some("3"));
    // The one before, and three that can each be found by its number.
    let lines = bench.settled().await;
    assert_eq!(lines.len(), 4);
    let runs: BTreeSet<String> = lines[..3]
        .iter()
        .map(|line| line.run.id.to_string())
        .collect();
    let named = reply.header("x-patchbay-run").unwrap();
    assert_eq!(
        named
            .split(", ")
            .map(str::to_owned)
            .collect::<BTreeSet<_>>(),
        runs
    );
    let told = choices.iter().map(|choice| &choice["patchbay"]["run"]);
    let told: BTreeSet<String> = told.map(|run| run.as_str().unwrap().to_owned()).collect();
    assert_eq!(told, runs);
    // One seed for all would be one answer for all.
    let sent = bench.server.chat_requests();
    let seeds: BTreeSet<u64> = sent
        .iter()
        .filter_map(|sent| sent.json()["seed"].as_u64())
        .collect();
    assert_eq!(seeds, BTreeSet::from([7, 8, 9]));
    assert!(sent.iter().all(|sent| sent.json().get("n").is_none()));
}

#[tokio::test]
async fn in_a_stream_each_piece_says_whose_it_is() {
    let bench = Bench::start().await;
    let more = json!({ "n": 3, "stream": true, "stream_options": { "include_usage": true } });
    let reply = bench.chat("count-to-5", more).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let events = reply.events();
    assert_eq!(events.last().unwrap().1, "[DONE]");
    let chunks: Vec<Value> = events[..events.len() - 1]
        .iter()
        .map(|(_, data)| serde_json::from_str(data).unwrap())
        .collect();
    assert!(chunks.iter().all(|chunk| chunk["id"] == chunks[0]["id"]));
    let (last, pieces) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert_eq!(last["patchbay"]["attempts"].as_array().unwrap().len(), 3);
    assert!(last["usage"]["completion_tokens"].as_u64().unwrap() >= 3);
    let mut texts: BTreeMap<u64, String> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    for piece in pieces {
        let choice = &piece["choices"][0];
        let index = choice["index"].as_u64().unwrap();
        assert!(!ended.contains(&index), "{index} goes on after its end");
        let text = choice["delta"]["content"].as_str().unwrap_or_default();
        texts.entry(index).or_default().push_str(text);
        if choice["finish_reason"] == "stop" {
            ended.insert(index);
        }
    }
    let whole = "1 2 3 4 5".to_owned();
    let wanted = (0..3).map(|index| (index, whole.clone()));
    assert_eq!(texts, wanted.collect::<BTreeMap<_, _>>());
    assert_eq!(ended, BTreeSet::from([0, 1, 2]));
    assert_eq!(bench.settled().await.len(), 3);
}

#[tokio::test]
async fn where_one_fails_there_is_an_error_and_nothing_goes_on() {
    let bench = Bench::start().await;
    for stream in [false, true] {
        let reply = bench
            .chat("429-day", json!({ "n": 2, "stream": stream }))
            .await;
        assert_eq!(reply.status, 429, "{}", reply.body);
        assert_eq!(reply.json()["error"]["code"], "rate_limited");
    }
    // Cut in the middle, which is told in the stream.
    let reply = bench
        .chat("cut-after-4", json!({ "n": 2, "stream": true }))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let events = reply.events();
    let error: Value = serde_json::from_str(&events.last().unwrap().1).unwrap();
    assert!(error["error"]["code"].is_string(), "{error}");
    for line in bench.settled().await {
        assert_ne!(line.run.status, AttemptStatus::Answered);
    }
}

#[tokio::test]
async fn each_answer_counts_as_a_request_of_the_app() {
    let bench = Bench::with_rules(AppRules {
        requests_at_once: Some(2),
        ..AppRules::default()
    })
    .await;
    let reply = bench.chat("count-to-3", json!({ "n": 3 })).await;
    assert_eq!(reply.status, 429, "{}", reply.body);
    assert_eq!(reply.json()["error"]["code"], "rate_limit_exceeded");
    let reply = bench.chat("count-to-3", json!({ "n": 2 })).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}
