//! OpenAI's embeddings: the forms of input and answer, who may make them, and what is kept of them.
//!
//! Long because what must not happen to vectors is proven case by case.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_domain::route::{Route, RouteEntry, SkipReason};
use patchbay_domain::{
    AppRules, BudgetId, Endpoint, FailureClass, NanoUsd, ProviderId, WireFamily,
};
use patchbay_engine::{OwnPrice, ProviderForm};
use patchbay_gateway::GatewayOptions;
use patchbay_testkit::{ScriptedModel, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::client::{Call, Reply};
use crate::support::{Bench, add_provider};

/// A model that the catalogue knows, so that it is the same at every provider.
const KNOWN: &str = "text-embedding-3-small";

fn server(plays: &str) -> ScriptedProvider {
    ScriptedProvider::start_with(ScriptedOptions {
        more_models: ["vectors-8", "vectors-too-few-8", "vectors-16"]
            .map(str::to_owned)
            .to_vec(),
        models: vec![ScriptedModel::new(KNOWN, plays)],
        ..ScriptedOptions::default()
    })
    .unwrap()
}

async fn bench() -> Bench {
    bench_with(AppRules::default()).await
}

async fn bench_with(rules: AppRules) -> Bench {
    Bench::behind(server("vectors-8"), rules, GatewayOptions::default()).await
}

async fn embed(bench: &Bench, model: &str, more: Value) -> Reply {
    let mut body = json!({ "model": model, "input": "a few words" });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    bench.post("/v1/embeddings", &body).await
}

fn numbers(item: &Value) -> Vec<f64> {
    let list = item["embedding"].as_array().unwrap();
    list.iter().map(|number| number.as_f64().unwrap()).collect()
}

fn unpacked(item: &Value) -> Vec<f32> {
    let bytes = STANDARD
        .decode(item["embedding"].as_str().unwrap())
        .unwrap();
    let (chunks, rest) = bytes.as_chunks::<4>();
    assert!(rest.is_empty());
    chunks
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect()
}

fn endpoint(provider: &ProviderId, model: &str) -> Endpoint {
    Endpoint {
        provider: provider.clone(),
        model: model.to_owned(),
    }
}

async fn route(bench: &Bench, name: &str, ways: &[(&ProviderId, &str)]) {
    let entries = ways.iter().map(|(provider, model)| RouteEntry::Endpoint {
        endpoint: endpoint(provider, model),
    });
    let route = Route::new(bench.engine.new_route_id(), name, entries.collect());
    bench.engine.save_route(route).await.unwrap();
}

/// Whom the newest request left out, and why.
async fn skipped(bench: &Bench) -> Vec<SkipReason> {
    let line = bench.settled().await.remove(0);
    let receipt = bench.engine.receipt(line.run.id).await.unwrap();
    receipt
        .skipped
        .into_iter()
        .map(|skipped| skipped.reason)
        .collect()
}

#[tokio::test]
async fn every_form_of_input_has_its_vectors_in_both_encodings() {
    let bench = bench().await;
    let model = bench.model("vectors-8");
    for (input, count) in [
        (json!("one text"), 1),
        (json!(["one text", "another", "a third"]), 3),
        (json!([11, 12, 13]), 1),
        (json!([[11, 12], [13]]), 2),
    ] {
        let reply = embed(&bench, &model, json!({ "input": input })).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let floats = reply.json();
        assert_eq!(floats["object"], "list");
        assert_eq!(floats["model"], "vectors-8");
        let sent = bench.server.embedding_requests().pop().unwrap().json();
        assert_eq!(sent["input"], input, "it arrives as it was sent");
        let packed = json!({ "input": input, "encoding_format": "base64" });
        let packed = embed(&bench, &model, packed).await.json();
        for body in [&floats, &packed] {
            let data = body["data"].as_array().unwrap();
            assert_eq!(data.len(), count);
            for (index, item) in data.iter().enumerate() {
                assert_eq!(item["object"], "embedding");
                assert_eq!(item["index"], index);
            }
        }
        for at in 0..count {
            let digits = numbers(&floats["data"][at]);
            let rounded: Vec<f32> = digits.iter().map(|number| *number as f32).collect();
            assert_eq!(digits.len(), 8);
            assert_eq!(unpacked(&packed["data"][at]), rounded);
        }
        let tokens = floats["usage"]["prompt_tokens"].as_u64().unwrap();
        assert!(tokens > 0);
        assert_eq!(floats["usage"]["total_tokens"], tokens);
    }
}

#[tokio::test]
async fn the_encoding_that_was_asked_for_is_given_whatever_the_provider_writes() {
    let bench = bench().await;
    for plays in ["vectors-in-digits-4", "vectors-without-base64-4"] {
        let reply = embed(
            &bench,
            &bench.model(plays),
            json!({ "encoding_format": "base64" }),
        )
        .await;
        assert_eq!(reply.status, 200, "{plays}: {}", reply.body);
        assert_eq!(unpacked(&reply.json()["data"][0]).len(), 4, "{plays}");
        assert_eq!(reply.header("x-patchbay-attempts"), Some("1"));
    }
    let more = json!({ "input": ["a", "b"] });
    let usual = embed(&bench, &bench.model("vectors-4"), more.clone()).await;
    let backwards = embed(&bench, &bench.model("vectors-backwards-4"), more).await;
    assert_eq!(usual.json()["data"], backwards.json()["data"]);
}

#[tokio::test]
async fn dimensions_and_unknown_fields_reach_whoever_is_asked_in_these_words() {
    let bench = bench().await;
    let more = json!({ "dimensions": 3, "user": "u-1", "truncate": true, "metadata": null });
    let reply = embed(&bench, &bench.model("vectors-8"), more).await;
    assert_eq!(numbers(&reply.json()["data"][0]).len(), 3);
    let sent = bench.server.embedding_requests().pop().unwrap().json();
    assert_eq!(
        sent,
        json!({ "model": "vectors-8", "input": "a few words", "dimensions": 3,
                "user": "u-1", "truncate": true })
    );
}

#[tokio::test]
async fn what_it_cost_is_exact_and_stands_in_headers_body_and_receipt() {
    let bench = bench().await;
    let price = OwnPrice {
        input: Some("0.02".to_owned()),
        output: Some("0".to_owned()),
        ..OwnPrice::default()
    };
    let way = endpoint(&bench.provider, "vectors-8");
    bench.engine.set_own_price(&way, &price).await.unwrap();
    let reply = embed(&bench, &bench.model("vectors-8"), json!({})).await;
    let body = reply.json();
    // Three tokens at 20 nano-dollars each.
    assert_eq!(body["usage"]["prompt_tokens"], 3);
    assert_eq!(reply.header("x-patchbay-cost-usd"), Some("0.000000060"));
    assert_eq!(body["patchbay"]["cost_usd"], 6e-8);
    assert_eq!(body["patchbay"]["attempts"][0]["status"], "answered");
    let line = bench.settled().await.remove(0);
    let receipt = bench.engine.receipt(line.run.id).await.unwrap();
    let attempt = &receipt.receipt.attempts[0];
    assert_eq!(attempt.cost.amount, Some(NanoUsd(60)));
    let uncounted = embed(&bench, &bench.model("vectors-uncounted-8"), json!({})).await;
    assert_eq!(uncounted.status, 200);
    assert_eq!(uncounted.header("x-patchbay-cost-usd"), None);
    assert!(uncounted.json().get("usage").is_none());
    assert!(uncounted.json()["patchbay"]["cost_usd"].is_null());
}

#[tokio::test]
async fn the_price_of_a_known_model_is_the_embedded_lists() {
    let bench = bench().await;
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            preset: Some("openai".to_owned()),
            ..form("OpenAI", &bench.server.base_url())
        })
        .await
        .unwrap();
    let id = saved.record.id;
    let reply = embed(&bench, &format!("{}/{KNOWN}", id.as_str()), json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("x-patchbay-cost-usd"), Some("0.000000060"));
}

#[tokio::test]
async fn the_same_model_elsewhere_answers_where_one_provider_fails_and_the_receipt_tells_it() {
    let bench = Bench::behind(
        server("500"),
        AppRules::default(),
        GatewayOptions::default(),
    )
    .await;
    let second = server("vectors-8");
    let other = add_provider(&bench.engine, "Other", &second.base_url(), None).await;
    route(
        &bench,
        "index",
        &[(&bench.provider, KNOWN), (&other, KNOWN)],
    )
    .await;
    let by_route = embed(&bench, "index", json!({})).await;
    assert_eq!(by_route.status, 200, "{}", by_route.body);
    assert_eq!(by_route.header("x-patchbay-provider"), Some(other.as_str()));
    let attempts = by_route.json()["patchbay"]["attempts"].clone();
    let attempts = attempts.as_array().unwrap();
    assert!(attempts.len() >= 2);
    assert_eq!(attempts[0]["failure"], "server_error");
    assert_eq!(attempts.last().unwrap()["status"], "answered");
    let line = bench.settled().await.remove(0);
    let receipt = bench.engine.receipt(line.run.id).await.unwrap();
    assert_eq!(receipt.receipt.attempts.len(), attempts.len());
    // The canonical name, its half and the provider that should come first lead to the same model.
    for name in [&format!("openai/{KNOWN}"), KNOWN] {
        let reply = embed(&bench, name, json!({ "provider": { "order": ["Other"] } })).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.body);
        assert_eq!(reply.header("x-patchbay-provider"), Some(other.as_str()));
    }
}

#[tokio::test]
async fn no_other_model_ever_answers_in_place_of_the_one_that_a_name_stands_for() {
    let bench = Bench::behind(
        server("500"),
        AppRules::default(),
        GatewayOptions::default(),
    )
    .await;
    let ways = [(&bench.provider, KNOWN), (&bench.provider, "vectors-16")];
    route(&bench, "mixed", &ways).await;
    for more in [json!({}), json!({ "provider": { "sort": "price" } })] {
        let reply = embed(&bench, "mixed", more).await;
        assert_eq!(reply.status, 502, "{}", reply.body);
        let asked = bench.server.embedding_requests();
        assert!(asked.iter().all(|request| request.model() == KNOWN));
    }
    let body = embed(&bench, "mixed", json!({})).await;
    assert_eq!(body.status, 502);
    let reason = SkipReason::OtherEmbeddingModel {
        model: format!("openai/{KNOWN}"),
    };
    assert_eq!(skipped(&bench).await, [reason]);
    // An app that names both itself has said that either will do, and is told which one it was.
    let names = json!({ "model": bench.model(KNOWN), "models": [bench.model("vectors-16")] });
    let reply = embed(&bench, "", names).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.json()["model"], "vectors-16");
    assert_eq!(reply.header("x-patchbay-model"), Some("vectors-16"));
}

#[tokio::test]
async fn fewer_vectors_than_texts_are_no_answer_and_a_cut_reply_is_none() {
    let bench = bench().await;
    for plays in ["vectors-too-few-8", "vectors-cut-8", "html-200"] {
        let more = json!({ "input": ["a", "b"] });
        let reply = embed(&bench, &bench.model(plays), more).await;
        assert_eq!(reply.status, 502, "{plays}: {}", reply.body);
        assert!(reply.json()["error"]["message"].is_string());
    }
}

fn form(name: &str, base_url: &str) -> ProviderForm {
    crate::support::form(name, base_url, Some("sk-scripted-0123456789"))
}

#[tokio::test]
async fn who_makes_none_is_not_asked_and_the_error_says_why() {
    let bench = bench().await;
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            family: Some(WireFamily::AnthropicMessages),
            ..form("Claudes", &bench.server.base_url())
        })
        .await
        .unwrap();
    let claude = saved.record.id;
    route(&bench, "claudes", &[(&claude, "answer")]).await;
    let asked = bench.server.requests().len();
    for name in [
        &format!("{}/answer", claude.as_str()),
        "claudes",
        "local/tiny",
    ] {
        let reply = embed(&bench, name, json!({})).await;
        assert_eq!(reply.status, 400, "{name}: {}", reply.body);
        let error = &reply.json()["error"];
        assert_eq!(error["code"], "no_embeddings", "{name}");
        assert_eq!(error["type"], "invalid_request_error");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("nobody that may be asked makes them"),
            "{message}"
        );
        assert_eq!(skipped(&bench).await, [SkipReason::NoEmbeddings], "{name}");
    }
    assert_eq!(bench.server.requests().len(), asked, "nothing was sent");
    let line = bench.settled().await.remove(0);
    assert_eq!(line.run.failure, Some(FailureClass::NoEmbeddings));
}

#[tokio::test]
async fn a_provider_of_googles_format_is_asked_in_its_own_words() {
    let bench = bench().await;
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            family: Some(WireFamily::Gemini),
            ..form("Studio", &bench.server.url("/v1beta"))
        })
        .await
        .unwrap();
    let name = format!("{}/vectors-8", saved.record.id.as_str());
    let more = json!({ "input": ["a", "b c"], "dimensions": 4, "encoding_format": "base64",
                       "user": "u" });
    let reply = embed(&bench, &name, more).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let body = reply.json();
    assert_eq!(unpacked(&body["data"][1]).len(), 4);
    assert_eq!(body["usage"]["prompt_tokens"], 3);
    let sent = bench.server.embedding_requests().pop().unwrap();
    assert_eq!(sent.path, "/v1beta/models/vectors-8:batchEmbedContents");
    assert!(!sent.body.contains("user"));
    let tokens = embed(&bench, &name, json!({ "input": [1, 2] })).await;
    assert_eq!(tokens.status, 400, "{}", tokens.body);
}

#[tokio::test]
async fn a_budget_that_is_spent_stops_embeddings_in_openais_shape() {
    let bench = bench().await;
    let price = OwnPrice {
        input: Some("1".to_owned()),
        output: Some("0".to_owned()),
        ..OwnPrice::default()
    };
    let way = endpoint(&bench.provider, "vectors-8");
    bench.engine.set_own_price(&way, &price).await.unwrap();
    let model = bench.model("vectors-8");
    assert_eq!(embed(&bench, &model, json!({})).await.status, 200);
    bench.settled().await;
    let budget = Budget {
        id: BudgetId::from_bytes([0; 16]),
        scope: Scope::App {
            app: bench.app.clone(),
        },
        period: Period::Month,
        limit: NanoUsd(30_000),
        warns_at: None,
        saves_at: None,
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    };
    bench.engine.save_budget(None, budget).await.unwrap();
    let within = embed(&bench, &model, json!({ "input": "a" })).await;
    assert_eq!(
        within.status, 200,
        "one token is within it: {}",
        within.body
    );
    let sent = bench.server.embedding_requests().len();
    let long = "word ".repeat(50_000);
    let refused = embed(&bench, &model, json!({ "input": long })).await;
    assert_eq!(refused.status, 402, "{}", refused.body);
    let error = &refused.json()["error"];
    assert_eq!(error["type"], "insufficient_quota");
    assert_eq!(error["code"], "over_budget");
    assert_eq!(
        bench.server.embedding_requests().len(),
        sent,
        "nothing was sent"
    );
}

#[tokio::test]
async fn what_is_kept_is_what_was_asked_and_how_many_vectors_there_were() {
    let bench = bench().await;
    let more = json!({ "input": ["the first text", "the second"] });
    let reply = embed(&bench, &bench.model("vectors-8"), more).await;
    let line = bench.settled().await.remove(0);
    assert_eq!(line.endpoint, "embeddings");
    assert_eq!(
        line.question.as_deref(),
        Some("the first text\n\nthe second")
    );
    let detail = bench.engine.app_request(line.run.id).await.unwrap();
    assert_eq!(
        detail.record.answer.as_deref(),
        Some("2 vectors of 8 numbers")
    );
    assert_eq!(detail.turns.len(), 1);
    assert_eq!(detail.turns[0].1, "the first text\n\nthe second");
    let digits = reply.json()["data"][0]["embedding"].to_string();
    assert!(!format!("{detail:?}").contains(digits.trim_matches(['[', ']'])));
    let refused = bench
        .engine
        .open_app_request(line.run.id)
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("embeddings"), "{refused}");

    let quiet = bench_with(AppRules {
        keeps_texts: false,
        ..AppRules::default()
    })
    .await;
    embed(&quiet, &quiet.model("vectors-8"), json!({})).await;
    let line = quiet.settled().await.remove(0);
    let record = quiet.engine.app_request(line.run.id).await.unwrap().record;
    assert_eq!(
        (record.question, record.answer, record.request),
        (None, None, None)
    );
}

#[tokio::test]
async fn a_request_of_many_long_texts_is_answered_and_only_its_beginning_is_kept() {
    let bench = bench().await;
    let text = "word ".repeat(1_600);
    let texts: Vec<&str> = std::iter::repeat_n(text.as_str(), 2_048).collect();
    let reply = embed(
        &bench,
        &bench.model("vectors-16"),
        json!({ "input": texts }),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.body.len());
    let body = reply.json();
    assert_eq!(body["data"].as_array().unwrap().len(), 2_048);
    assert_eq!(body["usage"]["prompt_tokens"], 2_048 * 1_600);
    let line = bench.settled().await.remove(0);
    let record = bench.engine.app_request(line.run.id).await.unwrap().record;
    assert!(record.question.unwrap().len() <= 64 * 1024);
    assert_eq!(record.request, None);
    assert_eq!(
        record.answer.as_deref(),
        Some("2,048 vectors of 16 numbers")
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_before_anybody_is_asked() {
    let bench = bench().await;
    let asked = bench.server.requests().len();
    for (more, field) in [
        (json!({ "input": [] }), "input"),
        (json!({ "input": { "text": "a" } }), "input"),
        (json!({ "encoding_format": "hex" }), "encoding_format"),
        (json!({ "dimensions": 0 }), "dimensions"),
        (json!({ "stream": true }), "stream"),
    ] {
        let reply = embed(&bench, &bench.model("vectors-8"), more).await;
        assert_eq!(reply.status, 400, "{}", reply.body);
        assert_eq!(reply.json()["error"]["param"], field);
    }
    assert_eq!(bench.server.requests().len(), asked);
    let unknown = embed(&bench, "no-such-model", json!({})).await;
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.json()["error"]["code"], "model_not_found");
}

#[tokio::test]
async fn the_list_names_models_for_embeddings_where_they_can_be_asked_for() {
    let bench = bench().await;
    let list = |headers: Vec<(&'static str, &'static str)>| {
        let mut call = Call::get("/v1/models").token(&bench.token);
        for (name, value) in headers {
            call = call.header(name, value);
        }
        let address = bench.address();
        async move { call.send(address).await.body }
    };
    let name = format!("openai/{KNOWN}");
    let all = list(vec![]).await;
    let one = format!(r#""id":"{name}""#);
    assert!(
        all.contains(&one) && all.contains(r#""type":"embedding""#),
        "{all}"
    );
    let chats = list(vec![("anthropic-version", "2023-06-01")]).await;
    assert!(chats.contains("answer") && !chats.contains(&name));
}
