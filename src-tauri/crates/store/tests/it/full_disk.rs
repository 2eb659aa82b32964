//! A full disk: the caller is told, nothing saved is lost, and the next write works once there is
//! room.

use std::path::Path;
use std::process::Command;

use patchbay_domain::MessageStatus;
use patchbay_store::{PartialAnswer, Store, StoreError, StoreOptions};
use tempfile::TempDir;

use crate::child::{Other, say};
use crate::support::*;

fn partial(number: u128, bytes: usize) -> PartialAnswer {
    PartialAnswer {
        message: message(number * 10 + 1),
        text: "x".repeat(bytes),
        reasoning: String::new(),
        attempt: None,
    }
}

/// Lets an answer grow until it does not fit; returns its last length that was saved.
async fn grow_until_full(store: &Store, number: u128) -> usize {
    for step in 1..1_000 {
        match store.save_partial(partial(number, step * 10_000)).await {
            Ok(is_saved) => assert!(is_saved),
            Err(StoreError::DiskFull { .. }) => return (step - 1) * 10_000,
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("ten megabytes fitted");
}

#[tokio::test]
async fn a_write_that_does_not_fit_fails_alone() {
    let folder = TempDir::new().unwrap();
    let options = StoreOptions {
        max_pages: Some(200),
        ..StoreOptions::new(NOW)
    };
    let (store, _) = Store::open(folder.path(), &options).unwrap();
    store.begin_run(begin(1, "kept")).await.unwrap();
    let saved = grow_until_full(&store, 1).await;
    assert!(saved > 100_000);
    // What fits is written, what was saved is there, and reading goes on.
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text.len(), saved);
    assert!(store.save_partial(partial(1, 10)).await.unwrap());
    store
        .finish_run(finish(1, "short", Some(answered_attempt(1, 5))))
        .await
        .unwrap();
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    close(&store).await;
}

/// The other process, on a disk of its own: full because of a large file, until that goes.
pub(crate) async fn fill(folder: &Path) {
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0_u8; 1_000_000]).unwrap();
    let data = folder.join("data");
    let (store, _) = open(&data).unwrap();
    store.begin_run(begin(1, "kept")).await.unwrap();
    store.begin_attempt(running_attempt(1)).await.unwrap();
    let saved = grow_until_full(&store, 1).await;
    let whole = "y".repeat(saved + 100_000);
    let last = finish(1, &whole, Some(answered_attempt(1, 5)));
    let error = store.finish_run(last.clone()).await.unwrap_err();
    assert!(matches!(&error, StoreError::DiskFull { .. }), "{error:?}");
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text.len(), saved);
    assert_eq!(record.messages[1].status, MessageStatus::Streaming);
    say(&error.sentence());

    std::fs::remove_file(ballast).unwrap();
    assert!(store.finish_run(last).await.unwrap());
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text, whole);
    assert_eq!(spend_between(&store, NOW, after(1)).known.0, 5);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    close(&store).await;
    say("saved");
}

/// Mounts a disk of six megabytes over the folder that its task is about, and goes on there.
const ON_A_SMALL_DISK: &str =
    r#"mount -t tmpfs -o size=6m tmpfs "$PATCHBAY_STORE_TEST_FOLDER" && exec "$0" "$@""#;

#[cfg(target_os = "linux")]
#[test]
fn a_real_full_disk_is_survived() {
    let own_mounts = Command::new("unshare").args(["-rm", "true"]).status();
    if !own_mounts.is_ok_and(|status| status.success()) {
        println!("left out: this system lets nobody mount a small disk of their own");
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["-rm", "sh", "-c", ON_A_SMALL_DISK])
        .arg(std::env::current_exe().unwrap());
    let mut other = Other::spawn(command, "fill", folder.path());
    let said = other.next().unwrap();
    assert!(
        said.contains("is full") && said.contains("patchbay.sqlite3"),
        "{said}"
    );
    assert_eq!(other.next().as_deref(), Some("saved"));
    other.wait();
}
