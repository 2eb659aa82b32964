//! Databases of earlier versions, kept as they were, open and can be used.

use std::fs;
use std::path::Path;

use patchbay_domain::run::MadeBecause;
use patchbay_domain::{Day, UnixMillis};
use patchbay_store::{AppRequestFilter, RunFilter, SpendBy, SpendFilter, SpendOrder};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::support::*;

fn folder_with(fixture: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fs::copy(
        fixtures.join(fixture),
        folder.path().join("patchbay.sqlite3"),
    )
    .unwrap();
    folder
}

#[tokio::test]
async fn a_database_of_schema_1_opens_and_can_be_used() {
    let folder = folder_with("schema-1.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!(report.schema_before, 1);
    assert!(!report.is_new);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    // What examples/fixture.rs put there.
    let list = store.conversations().await.unwrap();
    let titles: Vec<&str> = list.iter().map(|summary| summary.title.as_str()).collect();
    assert_eq!(titles, ["What is a patch bay?", "Une crème brûlée"]);
    let record = store.conversation(list[0].id).await.unwrap().unwrap();
    assert_eq!(
        record.messages.len(),
        4,
        "a question, an edit of it, and an answer to each"
    );
    assert_eq!(record.runs.len(), 2);
    assert_eq!(record.runs[0].receipt.attempts.len(), 2);
    let sum = spend_between(&store, NOW, after(60_000));
    assert_eq!(
        (sum.known.0, sum.attempts, sum.unknown_attempts),
        (4_321, 3, 1)
    );
    assert_eq!(store.search("sockets", 5).await.unwrap().len(), 1);
    assert_eq!(store.providers().await.unwrap().len(), 1);
    assert_eq!(store.models().await.unwrap().len(), 2);
    assert_eq!(
        store.setting("theme").await.unwrap(),
        Some(serde_json::json!("dark"))
    );
    assert_eq!(store.colours().await.unwrap()["acme/large"], 0);
    assert_eq!(store.recover(after(1)).await.unwrap().runs, 1);
    store.begin_run(begin(9, "still usable")).await.unwrap();
    close(&store).await;
}

#[tokio::test]
async fn a_database_of_schema_2_opens_and_can_be_used() {
    let folder = folder_with("schema-2.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!((report.schema_before, report.schema), (2, 8));
    let backup = Connection::open(report.backup.unwrap()).unwrap();
    let schema: i64 = backup
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(schema, 2);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    // What examples/fixture.rs put there.
    let list = store.conversations().await.unwrap();
    assert!(list[0].last_endpoint.is_some());
    assert_eq!(list[0].last_target, None);
    let record = store.conversation(list[0].id).await.unwrap().unwrap();
    let first = &record.runs[0];
    assert_eq!((&first.target, &first.route_name), (&None, &None));
    assert!(first.skipped.is_empty());
    let reasons: Vec<MadeBecause> = first
        .receipt
        .attempts
        .iter()
        .map(|attempt| attempt.made_because)
        .collect();
    assert_eq!(reasons, [MadeBecause::First, MadeBecause::Retry]);
    let answered = &first.receipt.attempts[1];
    assert_eq!(
        (answered.continues_at, &answered.data_policy),
        (None, &None)
    );
    let found = store.find_runs(RunFilter::default()).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!(store.recent_samples(NOW).await.unwrap().len(), 3);
    assert_eq!(store.all_keys().await.unwrap().len(), 1);
    assert!(store.price_override(endpoint()).await.unwrap().is_some());
    assert!(store.routes().await.unwrap().is_empty());
    assert_eq!(store.recover(after(1)).await.unwrap().runs, 1);
    store.begin_run(begin(9, "still usable")).await.unwrap();
    close(&store).await;
}

#[tokio::test]
async fn a_database_of_schema_3_opens_and_can_be_used() {
    let folder = folder_with("schema-3.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!((report.schema_before, report.schema), (3, 8));
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    // What examples/fixture.rs put there is in the lists as before.
    let list = store.conversations().await.unwrap();
    assert!(!list.is_empty());
    let record = store.conversation(list[0].id).await.unwrap().unwrap();
    assert!(!record.runs.is_empty());
    assert!(!store.routes().await.unwrap().is_empty());
    assert!(!store.labs().await.unwrap().is_empty());
    assert!(store.comparisons().await.unwrap().is_empty());
    assert!(store.votes(None).await.unwrap().is_empty());
    store.recover(after(1)).await.unwrap();
    store.begin_run(begin(9, "still usable")).await.unwrap();
    close(&store).await;
}

#[tokio::test]
async fn a_database_of_schema_4_opens_with_the_sums_of_what_was_spent() {
    let folder = folder_with("schema-4.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!((report.schema_before, report.schema), (4, 8));
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let day = |text: &str| text.parse::<Day>().unwrap();
    let all = SpendFilter::between(day("1970-01-01"), day("9999-12-31"));
    let total = store.spend_total(all.clone()).await.unwrap();
    let before = spend_between(&store, UnixMillis(0), UnixMillis(i64::MAX));
    assert_eq!(total.known, before.known);
    assert_eq!(total.attempts, before.attempts);
    assert_eq!(total.unknown, before.unknown_attempts);
    assert!(total.attempts > 0 && total.known.0 > 0);
    let runs = store
        .spent_runs(all, SpendOrder::Dearest, 0, 50)
        .await
        .unwrap();
    assert!(!runs.is_empty());
    store.begin_run(begin(9, "still usable")).await.unwrap();
    close(&store).await;
}

#[tokio::test]
async fn a_database_of_schema_5_opens_with_what_was_refused_and_sums_by_month() {
    let folder = folder_with("schema-5.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!((report.schema_before, report.schema), (5, 8));
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let day = |text: &str| text.parse::<Day>().unwrap();
    let all = SpendFilter::between(day("1970-01-01"), day("9999-12-31"));
    // What examples/fixture.rs put there: two that a budget stopped, one of them before anybody was
    // asked, and one that had no way in.
    let refused = store.refused(all.clone()).await.unwrap();
    assert_eq!((refused.stopped, refused.unasked), (2, 2));
    // The audit from before is a job of one part.
    let audit = store.spend_audit().await.unwrap();
    assert_eq!((audit.len(), audit[0].changed), (1, 1));
    assert!(audit[0].is_whole);
    let total = store.spend_total(all.clone()).await.unwrap();
    let before = spend_between(&store, UnixMillis(0), UnixMillis(i64::MAX));
    assert_eq!(total.known, before.known);
    for by in [
        SpendBy::Provider,
        SpendBy::Model,
        SpendBy::Endpoint,
        SpendBy::Key,
        SpendBy::Conversation,
    ] {
        let groups = store.dearest_groups(all.clone(), by, 50).await.unwrap();
        let known: i64 = groups.iter().map(|group| group.tally.known.0).sum();
        // A run of the gateway has no chat.
        let expected = match by {
            SpendBy::Conversation => before.known.0 - 4_321,
            _ => before.known.0,
        };
        assert_eq!(known, expected, "{by:?}");
    }
    assert_eq!(store.budgets().await.unwrap().len(), 1);
    store.recover(after(1)).await.unwrap();
    store.begin_run(begin(9, "still usable")).await.unwrap();
    close(&store).await;
}

#[tokio::test]
async fn a_database_of_schema_7_opens_with_what_apps_asked() {
    let folder = folder_with("schema-7.sqlite3");
    let (store, report) = open(folder.path()).unwrap();
    assert_eq!((report.schema_before, report.schema), (7, 8));
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let asked = store
        .app_requests(AppRequestFilter {
            text: Some("zebra".to_owned()),
            limit: 10,
            ..AppRequestFilter::default()
        })
        .await
        .unwrap();
    assert_eq!(asked.len(), 1);
    let kept = store.app_request(asked[0].run.id).await.unwrap().unwrap();
    assert_eq!(kept.answer.as_deref(), Some("Four."));
    assert!(!kept.has_instructions && kept.thinking.is_none());
    close(&store).await;
}
