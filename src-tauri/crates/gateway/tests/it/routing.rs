//! Whom an app is answered by.

use patchbay_domain::Endpoint;
use patchbay_domain::route::{Route, RouteEntry};
use patchbay_domain::run::HalfAnswer;
use serde_json::{Value, json};

use crate::client::Call;
use crate::support::{Bench, add_provider, question};

/// A route that asks these scripted models in turn.
async fn route(bench: &Bench, name: &str, plays: &[&str], half_answer: HalfAnswer) {
    let entries = plays.iter().map(|model| RouteEntry::Endpoint {
        endpoint: Endpoint {
            provider: bench.provider.clone(),
            model: (*model).to_owned(),
        },
    });
    let mut route = Route::new(bench.engine.new_route_id(), name, entries.collect());
    route.half_answer = half_answer;
    bench.engine.save_route(route).await.unwrap();
}

#[tokio::test]
async fn a_route_falls_back_and_says_so() {
    let bench = Bench::start().await;
    route(
        &bench,
        "My Route",
        &["500", "count-to-3"],
        HalfAnswer::Replace,
    )
    .await;
    for name in ["My Route", "my-route"] {
        let reply = bench
            .post("/v1/chat/completions", &question(name, json!({})))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.header("x-patchbay-model"), Some("count-to-3"));
        let attempts = reply.json()["patchbay"]["attempts"].clone();
        let attempts = attempts.as_array().unwrap();
        assert!(attempts.len() >= 2);
        assert_eq!(attempts[0]["failure"], "server_error");
    }
}

#[tokio::test]
async fn half_an_answer_is_replaced_only_where_nothing_of_it_was_given_out() {
    let bench = Bench::start().await;
    route(
        &bench,
        "r",
        &["cut-after-3", "count-to-5"],
        HalfAnswer::Replace,
    )
    .await;
    let body = question("r", json!({ "stream": true }));
    let given = bench.post("/v1/chat/completions", &body).await;
    assert!(given.body.contains("\"error\""), "{}", given.body);
    let held = Call::post("/v1/chat/completions", &body)
        .token(&bench.token)
        .header("X-Patchbay-Hold-Back", "true")
        .send(bench.address())
        .await;
    let text: String = held
        .events()
        .iter()
        .filter_map(|(_, data)| serde_json::from_str::<Value>(data).ok())
        .filter_map(|chunk| {
            chunk["choices"][0]["delta"]["content"]
                .as_str()
                .map(str::to_owned)
        })
        .collect();
    assert_eq!(text, "1 2 3 4 5", "{}", held.body);
    let whole = bench
        .post("/v1/chat/completions", &question("r", json!({})))
        .await;
    assert_eq!(
        whole.json()["choices"][0]["message"]["content"],
        "1 2 3 4 5"
    );
}

#[tokio::test]
async fn models_are_asked_in_turn_and_providers_as_the_request_wants() {
    let bench = Bench::start().await;
    let other = add_provider(&bench.engine, "Other One", &bench.server.base_url(), None).await;
    let names = json!([bench.model("500"), format!("{}/count-to-2", other.as_str())]);
    let body = json!({ "models": names, "messages": [{ "role": "user", "content": "a" }] });
    let reply = bench.post("/v1/chat/completions", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-patchbay-provider"), Some(other.as_str()));
    let alone = json!({
        "models": names,
        "provider": { "allow_fallbacks": false },
        "messages": [{ "role": "user", "content": "a" }],
    });
    let reply = bench.post("/v1/chat/completions", &alone).await;
    assert_eq!(reply.status, 502, "{}", reply.body);
    let ordered = json!({
        "models": names,
        "provider": { "order": ["Other One"] },
        "messages": [{ "role": "user", "content": "a" }],
    });
    let reply = bench.post("/v1/chat/completions", &ordered).await;
    assert_eq!(reply.header("x-patchbay-attempts"), Some("1"));
    let nobody = json!({
        "models": names,
        "provider": { "only": ["Nobody"] },
        "messages": [{ "role": "user", "content": "a" }],
    });
    assert_eq!(
        bench.post("/v1/chat/completions", &nobody).await.status,
        400
    );
}

#[tokio::test]
async fn the_list_of_models_names_routes_and_models() {
    let bench = Bench::start().await;
    route(&bench, "Quick and cheap", &["answer"], HalfAnswer::Replace).await;
    let list = Call::get("/v1/models")
        .token(&bench.token)
        .send(bench.address())
        .await;
    let list = list.json();
    assert_eq!(list["object"], "list");
    assert_eq!(list["data"][0]["id"], "quick-and-cheap");
    assert_eq!(list["data"][0]["owned_by"], "patchbay");
    let one = Call::get("/v1/models/quick-and-cheap")
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert_eq!(one.json()["object"], "model");
    let none = Call::get("/v1/models/acme/none")
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert_eq!(none.status, 404);
}
