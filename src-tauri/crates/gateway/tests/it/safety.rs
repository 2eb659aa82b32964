//! Who is not let in, and what cannot be done to a gateway that is reached by everybody on this
//! computer.

use std::time::Duration;

use patchbay_domain::AppRules;
use patchbay_gateway::GatewayOptions;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Call, DEADLINE, Reply};
use crate::support::{Bench, question};

#[tokio::test]
async fn it_listens_on_loopback_alone() {
    let bench = Bench::start().await;
    assert!(bench.address().ip().is_loopback());
    let health = Call::get("/health").send(bench.address()).await;
    assert_eq!(health.status, 200);
    assert_eq!(health.json()["status"], "ok");
}

#[tokio::test]
async fn nobody_without_a_token_is_answered() {
    let bench = Bench::start().await;
    for call in [
        Call::get("/v1/models"),
        Call::post("/v1/chat/completions", &json!({})),
        Call::get("/v1/models").token("pb-wrong"),
        Call::get("/v1/models").header("Authorization", "Basic cGI6"),
    ] {
        let reply = call.send(bench.address()).await;
        assert_eq!(reply.status, 401, "{}", reply.body);
        assert_eq!(reply.json()["error"]["code"], "invalid_api_key");
    }
    assert!(bench.server.chat_requests().is_empty());
}

#[tokio::test]
async fn a_name_that_was_made_to_resolve_here_is_refused() {
    let bench = Bench::start().await;
    let port = bench.address().port();
    let evil = format!("evil.example:{port}");
    for path in ["/health", "/v1/models", "/v1/chat/completions"] {
        let reply = Call::get(path)
            .header("Host", &evil)
            .token(&bench.token)
            .send(bench.address())
            .await;
        assert_eq!(reply.status, 421, "{path}: {}", reply.body);
    }
    let twice = Call::get("/v1/models")
        .header("Host", &bench.address().to_string())
        .header("Host", &evil)
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert!([400, 421].contains(&twice.status), "{}", twice.status);
}

#[tokio::test]
async fn a_web_page_asks_only_where_its_app_allows_it() {
    let rules = AppRules {
        origins: vec!["http://localhost:5173".to_owned()],
        ..AppRules::default()
    };
    let bench = Bench::with_rules(rules).await;
    let from = |origin: &str| {
        Call::get("/v1/models")
            .token(&bench.token)
            .header("Origin", origin)
    };
    for origin in ["https://evil.example", "null", "http://localhost:5174"] {
        let reply = from(origin).send(bench.address()).await;
        assert_eq!(reply.status, 403, "{origin}");
        assert_eq!(reply.header("access-control-allow-origin"), None);
        let asked = from(origin)
            .method("OPTIONS")
            .header("Access-Control-Request-Method", "POST")
            .send(bench.address())
            .await;
        assert_eq!(asked.status, 403, "{origin}");
    }
    let allowed = from("http://localhost:5173").send(bench.address()).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("http://localhost:5173")
    );
    let asked = from("http://localhost:5173")
        .method("OPTIONS")
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization")
        .send(bench.address())
        .await;
    assert_eq!(asked.status, 204);
    assert_eq!(
        asked.header("access-control-allow-headers"),
        Some("authorization")
    );
}

#[tokio::test]
async fn a_body_that_is_too_long_or_too_slow_is_refused() {
    let options = GatewayOptions {
        body_bytes: 1_000,
        body_limit: Duration::from_millis(200),
        ..GatewayOptions::default()
    };
    let bench = Bench::with(AppRules::default(), options).await;
    let long = question(&bench.model("answer"), json!({ "user": "x".repeat(2_000) }));
    let reply = bench.post("/v1/chat/completions", &long).await;
    assert_eq!(reply.status, 413, "{}", reply.body);
    let mut socket = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 500\r\nConnection: close\r\n\r\n{{",
        bench.address(),
        bench.token
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(DEADLINE, socket.read_to_end(&mut bytes))
        .await
        .expect("it gives up by itself")
        .unwrap();
    assert_eq!(Reply::parse(&bytes).status, 408);
    assert!(bench.server.chat_requests().is_empty());
}

#[tokio::test]
async fn more_connections_than_it_takes_wait_and_are_served() {
    let options = GatewayOptions {
        connections: 1,
        ..GatewayOptions::default()
    };
    let bench = Bench::with(AppRules::default(), options).await;
    let idle = TcpStream::connect(bench.address()).await.unwrap();
    let waits = Call::get("/health");
    let waiting = waits.send(bench.address());
    let waiting = std::pin::pin!(waiting);
    let (reply, ()) = tokio::join!(waiting, async move { drop(idle) });
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let bench = Bench::start().await;
    let reply = Call::get("/v1/models")
        .token(&bench.token)
        .header("X-Long", &"x".repeat(400 * 1024))
        .send(bench.address())
        .await;
    assert_eq!(reply.status, 431, "{}", reply.body);
}

#[tokio::test]
async fn what_is_not_there_says_what_is() {
    let bench = Bench::start().await;
    let reply = Call::get("/chat/completions")
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert_eq!(reply.status, 404);
    assert!(reply.body.contains("base URL"), "{}", reply.body);
    let method = Call::get("/v1/chat/completions")
        .token(&bench.token)
        .send(bench.address())
        .await;
    assert_eq!(method.status, 405);
}
