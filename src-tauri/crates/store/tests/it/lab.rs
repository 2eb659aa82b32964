//! Measurements of the latency lab.

use patchbay_domain::JsonText;
use patchbay_store::{Change, StoreError, Subject};

use crate::support::*;

#[tokio::test]
async fn measurements_come_back_newest_first() {
    let (store, folder) = temporary();
    let body = |text: &str| JsonText(text.to_owned());
    let mut changes = store.changes();
    store
        .save_lab(lab_id(1), after(1), body(r#"{"rounds": 3}"#))
        .await
        .unwrap();
    assert_eq!(changes.recv().await.unwrap(), Change::Labs);
    store
        .save_lab(lab_id(2), after(2), body("[]"))
        .await
        .unwrap();
    store
        .save_lab(lab_id(1), after(1), body(r#"{"rounds": 4}"#))
        .await
        .unwrap();
    let broken = store.save_lab(lab_id(3), after(3), body("{")).await;
    assert!(matches!(broken, Err(StoreError::Contradiction(_))));
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(
        store.labs().await.unwrap(),
        [
            (lab_id(2), after(2), body("[]")),
            (lab_id(1), after(1), body(r#"{"rounds": 4}"#)),
        ]
    );
    store.delete_lab(lab_id(2)).await.unwrap();
    assert_eq!(store.labs().await.unwrap().len(), 1);
    let gone = store.delete_lab(lab_id(2)).await;
    assert!(matches!(gone, Err(StoreError::NotFound(Subject::Lab(_)))));
}
