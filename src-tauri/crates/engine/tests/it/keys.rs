//! A key goes to its own server and nowhere else: not to another origin, not to the disk.

use patchbay_domain::{FailureClass, MessageStatus};
use patchbay_engine::{EngineError, KeySourceName, NewKey, ProviderForm, SecretString};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use crate::support::{Bench, form, new_key};

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
    bench.engine.set_key(&id, new_key(KEY)).await.unwrap();
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
async fn a_key_in_two_pieces_is_refused_by_a_test_as_by_saving() {
    let bench = Bench::start().await;
    let before = bench.server.requests().len();
    let pasted = form("Other", &bench.server.base_url(), Some("Bearer sk-made-up"));
    let tested = bench.engine.test_provider(pasted.clone()).await;
    let saved = bench.engine.save_provider(pasted).await;
    let (tested, saved) = (tested.unwrap_err(), saved.unwrap_err());
    assert_eq!(tested.to_string(), saved.to_string());
    assert!(tested.to_string().contains("in one piece"), "{tested}");
    assert_eq!(bench.server.requests().len(), before, "nobody was asked");
}

#[tokio::test]
async fn a_redirect_does_not_take_the_key_along() {
    let bench = Bench::start().await;
    bench
        .engine
        .set_key(&bench.provider, new_key(KEY))
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
        .set_key(&bench.provider, new_key("sk-one two"))
        .await;
    let Err(EngineError::Input(input)) = refused else {
        panic!("{refused:?}")
    };
    assert!(!format!("{input:?}").contains("sk-one"), "{input:?}");
}

const EMPTY: &str = "sk-empty-0123456789abcdef0123456789";
const BUSY: &str = "sk-busy-0123456789abcdef0123456789";

/// A bench whose server takes these keys, with a provider that has them in this order.
async fn bench_with_keys(keys: &[&str]) -> Bench {
    let mut bench = Bench::start().await;
    let options = ScriptedOptions {
        expected_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        ..ScriptedOptions::default()
    };
    bench.server = ScriptedProvider::start_with(options).unwrap();
    let first = form("Several", &bench.server.base_url(), keys.first().copied());
    bench.provider = bench.engine.save_provider(first).await.unwrap().record.id;
    for key in &keys[1..] {
        bench
            .engine
            .set_key(&bench.provider, new_key(key))
            .await
            .unwrap();
    }
    bench
}

#[tokio::test]
async fn the_next_key_is_tried_when_one_is_empty_or_busy_and_the_receipt_says_so() {
    let bench = bench_with_keys(&[EMPTY, BUSY, KEY]).await;
    let answered = bench.ask("answer", "Hello").await.end().await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    let tried: Vec<_> = answered
        .attempts
        .iter()
        .map(|attempt| {
            let class = attempt.failure.as_ref().map(|failure| failure.class);
            (attempt.key_label.as_deref().unwrap(), class)
        })
        .collect();
    assert_eq!(
        tried,
        [
            ("Key 1", Some(FailureClass::PaymentRequired)),
            ("Key 2", Some(FailureClass::RateLimited)),
            ("Key 3", None),
        ]
    );
}

#[tokio::test]
async fn keys_can_be_ordered_named_switched_off_and_removed() {
    let bench = bench_with_keys(&[EMPTY, KEY]).await;
    let provider = bench.provider.clone();
    let slots = bench.engine.provider_detail(&provider).await.unwrap().keys;
    let ids: Vec<String> = slots.iter().map(|key| key.slot.id.clone()).collect();
    let named = NewKey {
        id: Some(ids[1].clone()),
        label: Some("work".to_owned()),
        key: None,
        session_only: true,
    };
    bench.engine.set_key(&provider, named).await.unwrap();
    let taken = NewKey {
        id: Some(ids[0].clone()),
        label: Some("work".to_owned()),
        key: None,
        session_only: true,
    };
    let refused = bench.engine.set_key(&provider, taken).await;
    assert!(matches!(refused, Err(EngineError::Input(_))), "{refused:?}");

    let attempts = async || {
        let answered = bench.ask("answer", "Hello").await.end().await;
        let labels = answered.attempts.into_iter();
        labels
            .map(|attempt| attempt.key_label.unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(attempts().await, ["Key 1", "work"]);
    let reversed = vec![ids[1].clone(), ids[0].clone()];
    bench
        .engine
        .reorder_keys(&provider, reversed)
        .await
        .unwrap();
    assert_eq!(attempts().await, ["work"]);
    bench
        .engine
        .switch_key(&provider, &ids[1], true)
        .await
        .unwrap();
    assert_eq!(
        attempts().await,
        ["Key 1"],
        "its key has no money, and no other is on"
    );
    bench.engine.delete_key(&provider, &ids[0]).await.unwrap();
    let left = bench.engine.provider_detail(&provider).await.unwrap().keys;
    assert_eq!(left.len(), 1);
    let refused = bench.ask("answer", "Hello").await.end().await;
    let failure = refused.attempts[0].failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::KeyMissing);
    assert!(failure.message.contains("switched off"), "{failure:?}");
}

#[tokio::test]
async fn a_test_of_a_key_says_what_is_wrong_and_is_kept_with_it() {
    let bench = bench_with_keys(&[KEY, EMPTY]).await;
    let provider = bench.provider.clone();
    let slots = bench.engine.provider_detail(&provider).await.unwrap().keys;
    let good = bench
        .engine
        .test_key(&provider, &slots[0].slot.id)
        .await
        .unwrap();
    assert!(good.models.is_ok(), "{good:?}");
    let wrong = NewKey {
        id: Some(slots[0].slot.id.clone()),
        label: None,
        key: Some(SecretString::from(
            "sk-ant-api03-of-somebody-else-0123456789",
        )),
        session_only: true,
    };
    let replaced = bench.engine.set_key(&provider, wrong).await.unwrap();
    assert_eq!(
        replaced.keys[0].slot.last_test, None,
        "that was another key"
    );
    let bad = bench
        .engine
        .test_key(&provider, &slots[0].slot.id)
        .await
        .unwrap();
    let failed = bad.models.unwrap_err();
    assert_eq!(failed.failure.class, FailureClass::Authentication);
    assert_eq!(
        failed.belongs_to.map(|preset| preset.id.as_str()),
        Some("anthropic")
    );
    let kept = bench.engine.provider_detail(&provider).await.unwrap();
    let said = kept.keys[0].slot.last_test.clone().unwrap().said;
    assert_eq!(said["isGood"], false);
    assert!(!said.to_string().contains("sk-ant"), "{said}");
}

#[tokio::test]
async fn what_is_left_of_a_key_is_asked_for_and_kept_with_its_time() {
    let mut bench = Bench::start().await;
    let saved = bench
        .engine
        .save_provider(ProviderForm {
            preset: Some("deepseek".to_owned()),
            ..form("DeepSeek", &bench.server.url("/deepseek"), Some(KEY))
        })
        .await
        .unwrap();
    bench.provider = saved.record.id.clone();
    let slot = saved.keys[0].slot.id.clone();
    let asked = bench
        .engine
        .refresh_balance(&bench.provider, &slot)
        .await
        .unwrap();
    let kept = asked.keys[0].balance.clone().unwrap();
    assert!(
        !patchbay_engine::balance_of(&kept).lines.is_empty(),
        "{kept:?}"
    );
    assert_eq!(kept.failure, None);
    let fetched_at = kept.balance.unwrap().at;

    // The server is gone: the older figure stays, with the reason beside it.
    bench.server = ScriptedProvider::start().unwrap();
    let asked = bench
        .engine
        .refresh_balance(&bench.provider, &slot)
        .await
        .unwrap();
    let kept = asked.keys[0].balance.clone().unwrap();
    assert!(kept.failure.is_some());
    assert_eq!(kept.balance.unwrap().at, fetched_at);
}
