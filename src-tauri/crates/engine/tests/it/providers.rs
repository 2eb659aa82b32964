//! Providers: added, changed, removed, brought back; forms that cannot be used.

use patchbay_engine::{EngineError, ProviderForm};

use crate::support::{Bench, form};

#[tokio::test]
async fn a_saved_provider_lists_its_models() {
    let bench = Bench::start().await;
    let models = bench.engine.models().await.unwrap();
    assert!(
        models
            .iter()
            .any(|model| model.endpoint == bench.endpoint("echo"))
    );
    assert!(
        models.iter().all(|model| model.colour.is_none()),
        "no cable before the first use"
    );
    bench.ask("echo", "Hello").await.end().await;
    let models = bench.engine.models().await.unwrap();
    let used = models
        .iter()
        .find(|model| model.endpoint == bench.endpoint("echo"))
        .unwrap();
    assert!(used.colour.is_some());
}

#[tokio::test]
async fn a_removed_provider_is_gone_with_its_models_and_comes_back_with_them() {
    let bench = Bench::start().await;
    bench.engine.delete_provider(&bench.provider).await.unwrap();
    assert!(bench.engine.providers().await.unwrap().is_empty());
    assert!(bench.engine.models().await.unwrap().is_empty());
    bench
        .engine
        .restore_provider(&bench.provider)
        .await
        .unwrap();
    assert!(!bench.engine.models().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_receipt_outlives_its_provider() {
    let bench = Bench::start().await;
    let answering = bench.ask("answer", "Hello").await;
    let started = answering.started.clone();
    answering.end().await;
    bench.engine.delete_provider(&bench.provider).await.unwrap();
    let detail = bench
        .engine
        .conversation(started.conversation.id)
        .await
        .unwrap();
    assert_eq!(
        detail.runs[&started.run].receipt.attempts[0].provider_name,
        "Scripted"
    );
}

#[tokio::test]
async fn forms_that_cannot_be_used_name_their_field() {
    let bench = Bench::start().await;
    let good = form("Name", &bench.server.base_url(), None);
    let cases = [
        (
            "name",
            ProviderForm {
                name: "  ".to_owned(),
                ..good.clone()
            },
        ),
        (
            "base_url",
            ProviderForm {
                base_url: "not an address".to_owned(),
                ..good.clone()
            },
        ),
        (
            "base_url",
            ProviderForm {
                base_url: "ftp://example.com".to_owned(),
                ..good.clone()
            },
        ),
        (
            "extra_headers",
            ProviderForm {
                extra_headers: vec![("Host".to_owned(), "example.com".to_owned())],
                ..good.clone()
            },
        ),
        (
            "extra_headers",
            ProviderForm {
                extra_headers: vec![("X-Note".to_owned(), "a\nb".to_owned())],
                ..good
            },
        ),
    ];
    for (field, wrong) in cases {
        let refused = bench.engine.save_provider(wrong).await;
        let Err(EngineError::Input(input)) = refused else {
            panic!("{field}: {refused:?}")
        };
        assert_eq!(input.field, field);
    }
    assert_eq!(bench.engine.providers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn extra_headers_reach_the_provider() {
    let bench = Bench::start().await;
    let changed = ProviderForm {
        id: Some(bench.provider.clone()),
        extra_headers: vec![("X-Team".to_owned(), "blue".to_owned())],
        ..form("Scripted", &bench.server.base_url(), None)
    };
    bench.engine.save_provider(changed).await.unwrap();
    bench.ask("answer", "Hello").await.end().await;
    assert_eq!(
        bench.server.chat_requests()[0].header("x-team"),
        Some("blue")
    );
}
