//! Apps: what they may ask, what is kept of it, and how they are shut out.

use patchbay_domain::{AppRules, UnixMillis};
use patchbay_engine::{AppForm, AppRequestFilter, shown_once};
use serde_json::json;

use crate::client::{Call, read_until};
use crate::support::{Bench, question};

#[tokio::test]
async fn a_revoked_token_is_refused_at_once_and_what_it_asks_is_cut() {
    let bench = Bench::start().await;
    let body = question(&bench.model("drip"), json!({ "stream": true }));
    let call = Call::post("/v1/chat/completions", &body).token(&bench.token);
    let mut socket = call.begin(bench.address()).await;
    bench.server.release(1);
    read_until(&mut socket, "\"1").await;
    bench.engine.revoke_app(&bench.app).await.unwrap();
    read_until(&mut socket, "stopped").await;
    let reply = bench.chat("answer", json!({})).await;
    assert_eq!(reply.status, 401);
    let (_, token) = bench.engine.renew_app_token(&bench.app).await.unwrap();
    let renewed = Call::get("/v1/models")
        .token(&shown_once(&token))
        .send(bench.address())
        .await;
    assert_eq!(renewed.status, 200);
    let old = Call::get("/v1/models")
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert_eq!(old.status, 401);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let rules = AppRules {
        expires_at: Some(UnixMillis(1)),
        ..AppRules::default()
    };
    let bench = Bench::with_rules(rules).await;
    let reply = bench.chat("answer", json!({})).await;
    assert_eq!(reply.status, 401);
    assert!(reply.body.contains("expired"), "{}", reply.body);
}

#[tokio::test]
async fn an_app_asks_for_what_it_may_and_no_more_often_than_it_may() {
    let rules = AppRules {
        models: vec!["scripted/answer".to_owned()],
        requests_a_minute: Some(2),
        ..AppRules::default()
    };
    let bench = Bench::with_rules(rules).await;
    let forbidden = bench.chat("count-to-3", json!({})).await;
    assert_eq!(forbidden.status, 403, "{}", forbidden.body);
    assert_eq!(forbidden.json()["error"]["code"], "model_not_allowed");
    assert_eq!(bench.chat("answer", json!({})).await.status, 200);
    let limited = bench.chat("answer", json!({})).await;
    assert_eq!(limited.status, 429);
    let wait: u64 = limited.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[tokio::test]
async fn no_text_is_kept_of_an_app_that_keeps_none() {
    let rules = AppRules {
        keeps_texts: false,
        ..AppRules::default()
    };
    let bench = Bench::with_rules(rules).await;
    assert_eq!(bench.chat("answer", json!({})).await.status, 200);
    let line = bench.settled().await.remove(0);
    assert_eq!(line.question, None);
    let detail = bench.engine.app_request(line.run.id).await.unwrap();
    assert_eq!(detail.record.answer, None);
    assert_eq!(detail.record.request, None);
    assert_eq!(detail.run.receipt.attempts.len(), 1, "the receipt is kept");
    assert!(bench.engine.open_app_request(line.run.id).await.is_err());
}

#[tokio::test]
async fn traffic_is_history_that_can_be_searched_and_gone_on_with() {
    let bench = Bench::start().await;
    let reply = Call::post(
        "/v1/chat/completions",
        &json!({ "model": bench.model("count-to-3"), "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Count the zebras." },
        ] }),
    )
    .token(&bench.token)
    .header("X-Title", "Zoo")
    .header("HTTP-Referer", "https://zoo.example")
    .send(bench.address())
    .await;
    assert_eq!(reply.status, 200);
    bench.chat("answer", json!({})).await;
    let lines = bench.settled().await;
    assert_eq!(lines.len(), 2);
    let found = |text: &str| AppRequestFilter {
        text: Some(text.to_owned()),
        limit: 10,
        ..AppRequestFilter::default()
    };
    let zebras = bench.engine.app_requests(found("zebr")).await.unwrap();
    assert_eq!(zebras.len(), 1);
    assert_eq!(zebras[0].client.title.as_deref(), Some("Zoo"));
    assert_eq!(
        zebras[0].client.address.as_deref(),
        Some("https://zoo.example")
    );
    let chat = bench
        .engine
        .open_app_request(zebras[0].run.id)
        .await
        .unwrap();
    let opened = bench.engine.conversation(chat.id).await.unwrap();
    let texts: Vec<&str> = opened
        .record
        .messages
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    assert_eq!(texts, ["Count the zebras.", "1 2 3"]);
    assert_eq!(opened.record.system_prompt, "Be brief.");
    assert_eq!(opened.runs.len(), 1, "the answer keeps its receipt");
    let again = bench
        .engine
        .open_app_request(zebras[0].run.id)
        .await
        .unwrap();
    assert_eq!(again.id, chat.id);
    assert_eq!(bench.engine.forget_app_texts(None).await.unwrap(), 2);
    assert!(
        bench
            .engine
            .app_requests(found("zebr"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        bench.engine.check_integrity().await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn two_apps_cannot_be_called_the_same() {
    let bench = Bench::start().await;
    let form = |name: &str| AppForm {
        name: name.to_owned(),
        rules: AppRules::default(),
    };
    assert!(bench.engine.create_app(form("test APP")).await.is_err());
    let (second, _) = bench.engine.create_app(form("Second")).await.unwrap();
    bench.engine.delete_app(&second.id).await.unwrap();
    let (third, _) = bench.engine.create_app(form("Second")).await.unwrap();
    assert_ne!(third.id, second.id, "an id is not given twice");
    assert!(bench.engine.restore_app(&second.id).await.is_err());
}
