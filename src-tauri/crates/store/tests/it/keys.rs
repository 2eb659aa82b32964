//! Slots for keys, what their tests said, and what is left of them.

use patchbay_domain::ProviderId;
use patchbay_store::{
    Change, FetchedBalance, KeyBalance, KeyTest, ProviderKey, RefreshFailure, Store, StoreError,
    Subject,
};
use serde_json::json;

use crate::support::*;

fn acme() -> ProviderId {
    ProviderId::new("acme")
}

fn key(id: &str, position: i64) -> ProviderKey {
    ProviderKey {
        provider: acme(),
        id: id.to_owned(),
        label: format!("Key {id}"),
        position,
        created_at: NOW,
        is_disabled: false,
        last_test: None,
    }
}

async fn with_keys(ids: &[&str]) -> (Store, tempfile::TempDir) {
    let (store, folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    for (position, id) in (0..).zip(ids) {
        store.put_key(key(id, position)).await.unwrap();
    }
    (store, folder)
}

async fn order(store: &Store) -> Vec<String> {
    let keys = store.keys_of(acme()).await.unwrap();
    keys.into_iter().map(|key| key.id).collect()
}

#[tokio::test]
async fn keys_are_added_changed_and_removed() {
    let (store, folder) = with_keys(&["default", "2"]).await;
    let test = KeyTest {
        at: after(5),
        said: json!({"accepted": true, "later": {"unknown": [1, null, "x"]}}),
    };
    store
        .set_key_test(acme(), "2".to_owned(), Some(test.clone()))
        .await
        .unwrap();
    store
        .rename_key(acme(), "2".to_owned(), "Office".to_owned())
        .await
        .unwrap();
    let office = ProviderKey {
        label: "Office".to_owned(),
        position: 4,
        is_disabled: true,
        ..key("2", 4)
    };
    // Settings change; when it was made and what its test said do not.
    store
        .put_key(ProviderKey {
            created_at: after(9),
            ..office.clone()
        })
        .await
        .unwrap();
    close(&store).await;

    let (store, _) = open(folder.path()).unwrap();
    let office = ProviderKey {
        last_test: Some(test),
        ..office
    };
    assert_eq!(
        store.keys_of(acme()).await.unwrap(),
        [key("default", 0), office.clone()]
    );
    store
        .set_key_test(acme(), "2".to_owned(), None)
        .await
        .unwrap();
    store
        .remove_key(acme(), "default".to_owned())
        .await
        .unwrap();
    let untested = ProviderKey {
        last_test: None,
        ..office
    };
    assert_eq!(
        store.all_keys().await.unwrap(),
        std::slice::from_ref(&untested)
    );
    store.delete_provider(acme(), NOW).await.unwrap();
    assert!(store.all_keys().await.unwrap().is_empty());
    store.restore_provider(acme()).await.unwrap();
    assert_eq!(store.all_keys().await.unwrap(), [untested]);
}

#[tokio::test]
async fn the_order_of_keys_can_be_changed_in_part() {
    let (store, _folder) = with_keys(&["default", "2", "3", "4"]).await;
    let move_up = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    store
        .reorder_keys(acme(), move_up(&["4", "2", "default", "3"]))
        .await
        .unwrap();
    assert_eq!(order(&store).await, ["4", "2", "default", "3"]);
    store.reorder_keys(acme(), move_up(&["3"])).await.unwrap();
    assert_eq!(order(&store).await, ["3", "4", "2", "default"]);
    let missing = store.reorder_keys(acme(), move_up(&["2", "9"])).await;
    assert!(matches!(
        missing,
        Err(StoreError::NotFound(Subject::Key { .. }))
    ));
    assert_eq!(order(&store).await, ["3", "4", "2", "default"]);
}

#[tokio::test]
async fn a_slot_is_given_once() {
    let (store, _folder) = with_keys(&[]).await;
    let mut given = Vec::new();
    for position in 0..3 {
        let id = store.free_key_id(acme()).await.unwrap();
        store.put_key(key(&id, position)).await.unwrap();
        given.push(id);
    }
    assert_eq!(given, ["default", "2", "3"]);
    store.remove_key(acme(), "3".to_owned()).await.unwrap();
    assert_eq!(store.free_key_id(acme()).await.unwrap(), "4");
}

#[tokio::test]
async fn what_cannot_be_a_slot_is_refused() {
    let (store, _folder) = with_keys(&["default", "2"]).await;
    let taken = store
        .rename_key(acme(), "2".to_owned(), "Key default".to_owned())
        .await;
    assert!(matches!(taken, Err(StoreError::KeyLabelTaken)));
    let mut same = key("3", 3);
    same.label = "Key 2".to_owned();
    assert!(matches!(
        store.put_key(same).await,
        Err(StoreError::KeyLabelTaken)
    ));
    // Its own label again is no conflict.
    store
        .rename_key(acme(), "2".to_owned(), "Key 2".to_owned())
        .await
        .unwrap();
    for id in ["", "a b", "sk-proj-0123456789abcdef", "Key", "ü"] {
        let refused = store.put_key(key(id, 0)).await;
        assert!(
            matches!(refused, Err(StoreError::Contradiction(_))),
            "{id}: {refused:?}"
        );
    }
    let nobody = ProviderKey {
        provider: ProviderId::new("nobody"),
        ..key("2", 0)
    };
    assert!(matches!(
        store.put_key(nobody).await,
        Err(StoreError::NotFound(Subject::Provider(_)))
    ));
    for missing in [
        store.remove_key(acme(), "7".to_owned()).await,
        store
            .rename_key(acme(), "7".to_owned(), "x".to_owned())
            .await,
        store.set_key_test(acme(), "7".to_owned(), None).await,
    ] {
        assert!(matches!(
            missing,
            Err(StoreError::NotFound(Subject::Key { .. }))
        ));
    }
}

#[tokio::test]
async fn a_balance_stays_when_it_cannot_be_asked_for_again() {
    let (store, _folder) = with_keys(&["default", "2"]).await;
    let balance = FetchedBalance {
        at: after(1),
        said: json!({"remaining": 12_340_000_000_i64, "later": {"unknown": true}}),
    };
    let failure = RefreshFailure {
        at: after(2),
        words: "Acme did not answer.".to_owned(),
    };
    let mut changes = store.changes();
    let first = || "default".to_owned();
    store
        .set_balance(acme(), first(), balance.clone())
        .await
        .unwrap();
    // The slots are told of before it.
    while changes.recv().await.unwrap() != Change::Balances {}
    store
        .set_balance_failure(acme(), first(), failure.clone())
        .await
        .unwrap();
    store
        .set_balance_failure(acme(), "2".to_owned(), failure.clone())
        .await
        .unwrap();
    let known = |key_id: &str, balance, failure| KeyBalance {
        provider: acme(),
        key_id: key_id.to_owned(),
        balance,
        failure,
    };
    assert_eq!(
        store.balances().await.unwrap(),
        [
            known("2", None, Some(failure.clone())),
            known("default", Some(balance.clone()), Some(failure.clone())),
        ]
    );
    store
        .set_balance(acme(), first(), balance.clone())
        .await
        .unwrap();
    store.remove_key(acme(), "2".to_owned()).await.unwrap();
    assert_eq!(
        store.balances().await.unwrap(),
        [known("default", Some(balance.clone()), None)]
    );
    for missing in [
        store.set_balance(acme(), "9".to_owned(), balance).await,
        store
            .set_balance_failure(acme(), "9".to_owned(), failure)
            .await,
    ] {
        assert!(matches!(
            missing,
            Err(StoreError::NotFound(Subject::Key { .. }))
        ));
    }
}
