//! Asking what is left of a key.

use patchbay_domain::{BalanceKind, FailureClass};
use patchbay_providers::{BalanceShape, Credential, ProviderConfig, fetch_balance};

use super::server::{Server, json};
use super::{KEY, config, http};

#[tokio::test]
async fn a_balance_is_asked_with_the_key_at_the_documented_path() {
    for (shape, method, path, body) in [
        (
            BalanceShape::Openrouter,
            "GET",
            "/api/v1/key",
            r#"{"data":{"limit_remaining":5}}"#,
        ),
        (
            BalanceShape::Deepseek,
            "GET",
            "/user/balance",
            r#"{"balance_infos":[{"currency":"USD","total_balance":"5"}]}"#,
        ),
        (
            BalanceShape::Nanogpt,
            "POST",
            "/api/check-balance",
            r#"{"usd_balance":"5"}"#,
        ),
        (
            BalanceShape::Moonshot,
            "GET",
            "/v1/users/me/balance",
            r#"{"data":{"available_balance":5}}"#,
        ),
        (
            BalanceShape::Novita,
            "GET",
            "/openapi/v1/billing/balance/detail",
            r#"{"availableBalance":"5"}"#,
        ),
        (
            BalanceShape::Litellm,
            "GET",
            "/key/info",
            r#"{"info":{"max_budget":5}}"#,
        ),
    ] {
        let server = Server::start(move |_| json(200, body)).await;
        let balance = fetch_balance(http(), config(&server.base("/v1")), shape)
            .await
            .unwrap();
        assert_eq!(balance.lines.len(), 1, "{shape:?}");
        let asked = server.asked();
        assert_eq!(
            (asked[0].method.as_str(), asked[0].path.as_str()),
            (method, path)
        );
        assert!(asked[0].has_key() && !asked[0].path.contains(KEY));
        let is_named = asked[0].headers.contains(&format!("x-api-key: {KEY}"));
        assert_eq!(is_named, shape == BalanceShape::Nanogpt);
    }
}

#[tokio::test]
async fn a_refusal_is_a_failure_of_its_class_and_repeats_no_key() {
    let server = Server::start(|_| {
        json(
            401,
            &format!(r#"{{"error":{{"message":"No auth for {KEY}","code":401}}}}"#),
        )
    })
    .await;
    let asked = fetch_balance(
        http(),
        config(&server.base("/v1")),
        BalanceShape::Openrouter,
    )
    .await;
    let failure = asked.unwrap_err();
    assert_eq!(failure.class, FailureClass::Authentication);
    assert!(!failure.message.contains(KEY), "{failure}");
}

#[tokio::test]
async fn a_reply_without_figures_is_no_balance_of_zero() {
    let server = Server::start(|_| json(200, r#"{"data":{}}"#)).await;
    let asked = fetch_balance(
        http(),
        config(&server.base("/v1")),
        BalanceShape::Openrouter,
    )
    .await;
    assert_eq!(asked.unwrap_err().class, FailureClass::UnexpectedContent);
}

#[tokio::test]
async fn nothing_is_asked_without_a_key() {
    let server = Server::start(|_| json(200, "{}")).await;
    let config = ProviderConfig {
        credential: Credential::None,
        ..config(&server.base("/v1"))
    };
    let asked = fetch_balance(http(), config, BalanceShape::Litellm).await;
    assert_eq!(asked.unwrap_err().class, FailureClass::KeyMissing);
    assert!(server.asked().is_empty());
}

/// The key must not follow a balance to another server.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start(|_| json(200, r#"{"data":{"limit_remaining":5}}"#)).await;
    let target = other.base("/api/v1/key");
    let server = Server::start(move |_| json(302, &target)).await;
    let asked = fetch_balance(
        http(),
        config(&server.base("/v1")),
        BalanceShape::Openrouter,
    )
    .await;
    assert_eq!(asked.unwrap_err().class, FailureClass::Redirected);
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn what_is_left_comes_first() {
    let body = r#"{"data":{"usage":1,"limit":6,"limit_remaining":5}}"#;
    let server = Server::start(move |_| json(200, body)).await;
    let asked = fetch_balance(
        http(),
        config(&server.base("/v1")),
        BalanceShape::Openrouter,
    )
    .await;
    assert_eq!(asked.unwrap().lines[0].kind, BalanceKind::Remaining);
}
