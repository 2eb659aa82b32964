//! Trying keys: what a list proves, and what it does not.

use std::borrow::Cow;

use patchbay_domain::{FailureClass, UnixMillis};
use patchbay_providers::{BalanceShape, Credential, KeyCheck, ProviderConfig, probe};

use super::server::{Answer, Asked, Server, json};
use super::{config, http};

const LIST: &str = r#"{"data":[{"id":"a"},{"id":"b"}]}"#;

fn refused() -> Answer {
    json(
        401,
        r#"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#,
    )
}

fn no_model() -> Answer {
    json(
        400,
        r#"{"error":{"message":"you must provide a model parameter"}}"#,
    )
}

fn is_list(asked: &Asked) -> bool {
    asked.path.ends_with("/models")
}

fn without_list(base: &str) -> ProviderConfig {
    ProviderConfig {
        models_path: Cow::Borrowed(""),
        ..config(base)
    }
}

#[tokio::test]
async fn a_list_that_needs_the_key_proves_it() {
    let server = Server::start(|asked| {
        if asked.has_key() {
            json(200, LIST)
        } else {
            refused()
        }
    })
    .await;
    let found = probe(&http(), config(&server.base("/v1")), None).await;
    assert_eq!(found.result.unwrap().len(), 2);
    assert_eq!(found.key, KeyCheck::Accepted);
    assert_eq!(found.server_date, Some(UnixMillis(1_795_623_009_000)));
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_refused_key_is_refused_and_the_servers_time_is_known() {
    let server = Server::start(|_| refused()).await;
    let found = probe(&http(), config(&server.base("/v1")), None).await;
    assert_eq!(
        found.result.unwrap_err().class,
        FailureClass::Authentication
    );
    assert_eq!(found.key, KeyCheck::Refused);
    assert_eq!(found.server_date, Some(UnixMillis(1_795_623_009_000)));
    assert_eq!(server.asked().len(), 1);
}

/// Several gateways show their list to anybody, so that a mistyped key seems to be good.
#[tokio::test]
async fn a_public_list_does_not_make_a_bad_key_good() {
    let server = Server::start(|asked| {
        if is_list(asked) {
            json(200, LIST)
        } else {
            refused()
        }
    })
    .await;
    for balance in [Some(BalanceShape::Openrouter), None] {
        let found = probe(&http(), config(&server.base("/v1")), balance).await;
        assert_eq!(
            found.result.unwrap_err().class,
            FailureClass::Authentication,
            "{balance:?}"
        );
        assert_eq!(found.key, KeyCheck::Refused);
    }
}

#[tokio::test]
async fn a_balance_proves_the_key_and_is_kept() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.has_key()) {
        ("/v1/models", _) => json(200, LIST),
        ("/api/v1/key", true) => json(200, r#"{"data":{"limit_remaining":5}}"#),
        _ => refused(),
    })
    .await;
    let found = probe(
        &http(),
        config(&server.base("/v1")),
        Some(BalanceShape::Openrouter),
    )
    .await;
    assert_eq!(found.key, KeyCheck::Accepted);
    assert_eq!(found.balance.unwrap().lines[0].amount, "5");
    assert_eq!(found.result.unwrap().len(), 2);
}

/// A proxy lets a key ask for models and not for its own budget.
#[tokio::test]
async fn a_balance_that_is_refused_does_not_spoil_a_key_that_opens_the_list() {
    let server = Server::start(|asked| {
        if is_list(asked) && asked.has_key() {
            json(200, LIST)
        } else {
            refused()
        }
    })
    .await;
    let found = probe(
        &http(),
        config(&server.base("/v1")),
        Some(BalanceShape::Litellm),
    )
    .await;
    assert_eq!(found.result.unwrap().len(), 2);
    assert_eq!((found.key, found.balance), (KeyCheck::Accepted, None));
}

/// LiteLLM's proxy without its database's library falls over a request without a key, and knows of a
/// wrong key only that it would have to look it up.
#[tokio::test]
async fn a_proxy_without_a_database_tells_a_good_key_from_a_bad_one() {
    let server = Server::start(|asked| match (asked.path.as_str(), asked.has_key()) {
        ("/v1/models", true) => json(200, LIST),
        ("/key/info", true) => json(
            500,
            r#"{"error":{"message":"Database not connected.","type":"internal_server_error","param":"None","code":"500"}}"#,
        ),
        _ => json(500, "Internal Server Error"),
    })
    .await;
    let balance = Some(BalanceShape::Litellm);
    let found = probe(&http(), config(&server.base("/v1")), balance).await;
    assert_eq!(found.result.unwrap().len(), 2);
    assert_eq!(found.key, KeyCheck::Accepted);

    let server = Server::start(|_| {
        json(
            400,
            r#"{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}"#,
        )
    })
    .await;
    let found = probe(&http(), config(&server.base("/v1")), balance).await;
    assert_eq!(found.key, KeyCheck::Refused);
    assert_eq!(
        found.result.unwrap_err().class,
        FailureClass::Authentication
    );
}

#[tokio::test]
async fn where_there_is_no_list_an_empty_request_tells_a_good_key_from_a_bad_one() {
    let server = Server::start(|asked| {
        if asked.has_key() {
            no_model()
        } else {
            refused()
        }
    })
    .await;
    let found = probe(&http(), without_list(&server.base("/v4")), None).await;
    assert_eq!(found.result.unwrap(), []);
    assert_eq!(found.key, KeyCheck::Accepted);
    let asked = server.asked();
    assert_eq!(asked[0].path, "/v4/chat/completions");
    assert_eq!(
        asked.iter().map(Asked::has_key).collect::<Vec<_>>(),
        [true, false]
    );

    let server = Server::start(|_| refused()).await;
    let found = probe(&http(), without_list(&server.base("/v4")), None).await;
    assert_eq!(found.key, KeyCheck::Refused);
    assert!(found.result.is_err());
}

#[tokio::test]
async fn a_server_that_looks_at_the_request_first_proves_nothing() {
    let server = Server::start(|_| no_model()).await;
    let found = probe(&http(), without_list(&server.base("/v4")), None).await;
    assert_eq!(found.key, KeyCheck::Unchecked);
    assert_eq!(found.result.unwrap(), []);
    // The same behind a public list.
    let server = Server::start(|asked| {
        if is_list(asked) {
            json(200, LIST)
        } else {
            no_model()
        }
    })
    .await;
    let found = probe(&http(), config(&server.base("/v1")), None).await;
    assert_eq!(found.key, KeyCheck::Unchecked);
    assert_eq!(found.result.unwrap().len(), 2);
}

#[tokio::test]
async fn a_server_that_is_down_is_not_taken_for_one_that_looks_at_the_request() {
    for (status, is_up) in [(500, true), (502, false), (503, false), (404, false)] {
        let server = Server::start(move |_| json(status, "{}")).await;
        let found = probe(&http(), without_list(&server.base("/v4")), None).await;
        assert_eq!(found.result.is_ok(), is_up, "{status}");
        assert_eq!(found.key, KeyCheck::Unchecked, "{status}");
    }
}

/// Z.ai says with status 429 that there is no money.
#[tokio::test]
async fn an_empty_account_is_told_before_a_question_is_asked() {
    let server = Server::start(|_| {
        json(
            429,
            r#"{"error":{"code":"1113","message":"Insufficient balance"}}"#,
        )
    })
    .await;
    let found = probe(&http(), without_list(&server.base("/api/paas/v4")), None).await;
    assert_eq!(
        found.result.unwrap_err().class,
        FailureClass::PaymentRequired
    );
    assert_eq!(found.key, KeyCheck::Accepted);
}

#[tokio::test]
async fn a_server_without_keys_is_asked_once() {
    let server = Server::start(|_| json(200, LIST)).await;
    let config = ProviderConfig {
        credential: Credential::None,
        ..config(&server.base("/v1"))
    };
    let found = probe(&http(), config, None).await;
    assert_eq!(found.key, KeyCheck::NotSent);
    assert_eq!(found.result.unwrap().len(), 2);
    assert_eq!(server.asked().len(), 1);
}
