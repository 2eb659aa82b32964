//! A key goes to its own server and nowhere else: not to another origin, not to the disk.

use patchbay_domain::{FailureClass, MessageStatus};
use patchbay_engine::{EngineError, KeySourceName, ProviderForm, SecretString};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use crate::support::{Bench, form};

const KEY: &str = "sk-made-up-0123456789abcdef0123456789abcdef";

#[tokio::test]
async fn a_key_for_this_session_is_used_and_never_written() {
    let bench = Bench::start().await;
    let options = ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        ..ScriptedOptions::default()
    };
    let server = ScriptedProvider::start_with(options).unwrap();
    let saved = bench
        .engine
        .save_provider(form("Keyed", &server.base_url(), Some(KEY)))
        .await
        .unwrap();
    assert_eq!(saved.key.source, Some(KeySourceName::Session));
    assert!(
        saved.models.is_some_and(|(count, _)| count > 0),
        "the key opened the list"
    );

    let mut keyed = bench;
    keyed.provider = saved.record.id.clone();
    for model in ["answer", "key-echo", "401"] {
        let answered = keyed.ask(model, "Hello").await.end().await;
        assert!(
            !format!("{answered:?}").contains(KEY),
            "{model}: {answered:?}"
        );
        if model == "401" {
            let failure = answered.attempts[0].failure.clone().unwrap();
            assert_eq!(
                failure.class,
                FailureClass::Authentication,
                "there is a key, and it is bad"
            );
        }
    }
    assert!(!format!("{:?}", keyed.engine.providers().await.unwrap()).contains(KEY));

    keyed.engine.close().await;
    for entry in walk(keyed.folder.path()) {
        let bytes = std::fs::read(&entry).unwrap();
        let found = bytes
            .windows(KEY.len())
            .any(|window| window == KEY.as_bytes());
        assert!(!found, "the key is in {}", entry.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path))
        } else {
            files.push(path)
        }
    }
    files
}

#[tokio::test]
async fn a_changed_address_does_not_take_the_key_along() {
    let bench = Bench::start().await;
    let other = ScriptedProvider::start().unwrap();
    let id = bench.provider.clone();
    bench
        .engine
        .set_key(&id, SecretString::from(KEY), true)
        .await
        .unwrap();
    let moved = ProviderForm {
        id: Some(id),
        ..form("Scripted", &other.base_url(), None)
    };
    bench.engine.test_provider(moved.clone()).await.unwrap();
    let saved = bench.engine.save_provider(moved).await.unwrap();
    assert_eq!(saved.key.source, None);
    for request in other.requests() {
        assert_eq!(
            request.header("authorization"),
            None,
            "the key went to another origin"
        );
    }
}

#[tokio::test]
async fn a_redirect_does_not_take_the_key_along() {
    let bench = Bench::start().await;
    bench
        .engine
        .set_key(&bench.provider, SecretString::from(KEY), true)
        .await
        .unwrap();
    let before = bench.server.requests().len();
    let answered = bench.ask("redirect", "Hello").await.end().await;
    assert_eq!(answered.message.status, MessageStatus::Failed);
    let failure = answered.attempts[0].failure.clone().unwrap();
    assert_eq!(failure.class, FailureClass::Redirected);
    assert_eq!(
        bench.server.requests().len(),
        before + 1,
        "nobody followed the redirect"
    );
}

#[tokio::test]
async fn what_is_refused_for_its_key_is_not_saved_and_can_be_saved_again() {
    let bench = Bench::start().await;
    let mut wanted = form("Second", &bench.server.base_url(), Some(KEY));
    wanted.key_for_session_only = false;
    let refused = bench.engine.save_provider(wanted).await;
    assert!(matches!(refused, Err(EngineError::Vault(_))), "{refused:?}");
    let names = async || {
        let details = bench.engine.providers().await.unwrap().into_iter();
        details.map(|detail| detail.record.name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Scripted"]);
    let mut again = form("Second", &bench.server.base_url(), Some(KEY));
    again.key_for_session_only = true;
    bench.engine.save_provider(again).await.unwrap();
    assert_eq!(names().await, ["Scripted", "Second"], "saved once");
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_without_being_repeated() {
    let bench = Bench::start().await;
    let refused = bench
        .engine
        .set_key(&bench.provider, SecretString::from("sk-one two"), true)
        .await;
    let Err(EngineError::Input(input)) = refused else {
        panic!("{refused:?}")
    };
    assert!(!format!("{input:?}").contains("sk-one"), "{input:?}");
}
