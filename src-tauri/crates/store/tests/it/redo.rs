//! What apps ask goes through the redo log: whatever shares a transaction, is killed or does not fit, the
//! database ends up as if each entry had been written alone.
//!
//! Long because all that can happen to a log is held to the same rows.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, AttemptStatus, Failure, FailureClass, JsonText};
use patchbay_store::{FinishRun, RunOrigin, Store, StoreError, StoreOptions};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::child::{Other, say};
use crate::crash::Random;
use crate::support::*;

const COST: i64 = 1_000;

/// One thing that happens to a run of an app.
#[derive(Clone, Debug)]
enum Step {
    Begin {
        with_attempt: bool,
        keeps_texts: bool,
    },
    Attempt(Box<Attempt>),
    Finish(Box<FinishRun>),
}

async fn take(store: &Store, number: u128, step: Step) {
    match step {
        Step::Begin {
            with_attempt,
            keeps_texts,
        } => {
            let first = with_attempt.then(|| running_attempt(number));
            let request = app_request(keeps_texts, "How many legs?");
            store
                .begin_app_run(new_run(number, RunOrigin::Gateway), first, request)
                .await
                .unwrap();
        }
        Step::Attempt(attempt) => store.put_app_attempt(*attempt).await.unwrap(),
        Step::Finish(finish) => store.finish_app_run(*finish).await.unwrap(),
    }
}

/// A second attempt of a run.
fn second(number: u128, attempt: Attempt) -> Attempt {
    Attempt {
        id: attempt_id(number + 1_000),
        ordinal: 1,
        ..attempt
    }
}

/// The ways in which a run of an app goes.
fn life(number: u128, kind: u8, keeps_texts: bool) -> Vec<Step> {
    let begin = |with_attempt| Step::Begin {
        with_attempt,
        keeps_texts,
    };
    let put = |attempt| Step::Attempt(Box::new(attempt));
    let end = |outcome, attempt| {
        Step::Finish(Box::new(FinishRun {
            outcome,
            tool_calls: Some(JsonText("[]".to_owned())),
            ..finish(number, "Four words are here.", attempt)
        }))
    };
    let answered = || finish(number, "", None).outcome;
    let failed = |class| Outcome::Failed {
        failure: Failure::new(class, "No."),
    };
    match kind {
        // Answered, and told twice.
        0 => {
            let last = end(answered(), Some(answered_attempt(number, COST)));
            vec![begin(true), last.clone(), last]
        }
        // Settled before its end.
        1 => vec![
            begin(true),
            put(answered_attempt(number, COST)),
            end(answered(), Some(answered_attempt(number, 7))),
        ],
        // One way in failed, and the next one answered.
        2 => vec![
            begin(true),
            put(failed_attempt(number)),
            put(second(number, running_attempt(number))),
            end(
                answered(),
                Some(second(number, answered_attempt(number, COST))),
            ),
        ],
        // Stopped by its app with a race still open.
        3 => vec![
            begin(true),
            put(second(number, running_attempt(number))),
            end(Outcome::Stopped, Some(failed_attempt(number))),
        ],
        // Nobody was asked.
        4 => vec![begin(false), end(failed(FailureClass::NotFound), None)],
        // A budget said no.
        5 => vec![
            begin(true),
            end(
                failed(FailureClass::OverBudget),
                Some(failed_attempt(number)),
            ),
        ],
        // It goes on.
        6 => vec![begin(true)],
        // It was never begun: nothing of it may stay.
        _ => vec![end(answered(), None), put(answered_attempt(number, COST))],
    }
}

/// Every row of the tables that are written, in words.
fn rows(folder: &Path) -> Vec<String> {
    let connection = Connection::open(folder.join("patchbay.sqlite3")).unwrap();
    let mut found = Vec::new();
    for table in [
        "run",
        "attempt",
        "app_request",
        "spend_day",
        "spend_slice",
        "spend_conversation",
    ] {
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table}"))
            .unwrap();
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| {
                (0..columns)
                    .map(|column| row.get::<_, Value>(column))
                    .collect::<Result<Vec<_>, _>>()
            })
            .unwrap();
        for row in rows {
            let row = row.unwrap();
            found.push(format!("{table}: {row:?}"));
        }
    }
    found.sort();
    found
}

/// Carries the lives out, each step of a run after the one before; `turns` says whose is next, and
/// whether the database takes all in after it.
async fn live(store: &Store, lives: &[Vec<Step>], turns: &[(usize, bool)], alone: bool) {
    let mut next = vec![0; lives.len()];
    let rest = (0..lives.len()).cycle().map(|index| (index, false));
    let steps: usize = lives.iter().map(Vec::len).sum();
    let mut taken = 0;
    for (index, is_taken_in) in turns.iter().copied().chain(rest) {
        if taken == steps {
            break;
        }
        let index = index % lives.len();
        if let Some(step) = lives[index].get(next[index]) {
            next[index] += 1;
            taken += 1;
            take(store, index as u128 + 1, step.clone()).await;
        }
        if is_taken_in || alone {
            store.flush().await.unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_together_is_what_is_written_alone(
        kinds in prop::collection::vec((0_u8..8, any::<bool>()), 1..6),
        turns in prop::collection::vec((0_usize..6, prop::bool::weighted(0.2)), 0..40),
        cut in prop::option::weighted(0.5, 0_usize..20),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let lives: Vec<Vec<Step>> = kinds
                .iter()
                .enumerate()
                .map(|(index, (kind, texts))| life(index as u128 + 1, *kind, *texts))
                .collect();
            let (alone, together) = (TempDir::new().unwrap(), TempDir::new().unwrap());
            let store = quick(alone.path());
            live(&store, &lives, &turns, true).await;
            close(&store).await;
            let store = quick(together.path());
            live(&store, &lives, &turns, false).await;
            // What a killed process leaves: files that the database has in part.
            let logs = cut.map(|bytes| {
                ["patchbay.redo-a", "patchbay.redo-b"].map(|name| {
                    let path = together.path().join(name);
                    let mut log = std::fs::read(&path).unwrap();
                    log.truncate(log.len().saturating_sub(bytes));
                    (path, log)
                })
            });
            close(&store).await;
            if let Some(logs) = logs {
                for (path, log) in logs {
                    std::fs::write(path, log).unwrap();
                }
                let store = quick(together.path());
                store.flush().await.unwrap();
                close(&store).await;
            }
            assert_eq!(rows(alone.path()), rows(together.path()));
        });
    }
}

/// The other process: apps ask and are answered, and nothing is ever read.
pub(crate) async fn write_for_ever(folder: &Path) {
    let (store, _) = open(folder).unwrap();
    store.recover(NOW).await.unwrap();
    let first = std::fs::read_to_string(folder.join("first")).unwrap();
    let counter = Arc::new(AtomicU64::new(first.parse().unwrap()));
    let mut streams = JoinSet::new();
    for _ in 0..4 {
        let (store, counter) = (store.clone(), Arc::clone(&counter));
        streams.spawn(async move {
            loop {
                let number = u128::from(counter.fetch_add(1, Ordering::Relaxed));
                let request = app_request(true, &format!("Question {number}"));
                store
                    .begin_app_run(
                        new_run(number, RunOrigin::Gateway),
                        Some(running_attempt(number)),
                        request,
                    )
                    .await
                    .unwrap();
                say(&format!("begun {number}"));
                let settled = answered_attempt(number, COST);
                store
                    .finish_app_run(finish(number, "Four words are here.", Some(settled)))
                    .await
                    .unwrap();
                say(&format!("finished {number}"));
            }
        });
    }
    while streams.join_next().await.is_some() {}
}

#[test]
fn a_killed_process_loses_nothing_that_was_logged() {
    let mut random = Random::drawn();
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (mut begun, mut finished) = (HashSet::new(), HashSet::new());
    let mut cut = 0;
    for kill in 0..12_u64 {
        std::fs::write(
            folder.path().join("first"),
            (kill * 100_000 + 1).to_string(),
        )
        .unwrap();
        let mut other = Other::start("write-logged", folder.path());
        let mut said = Vec::new();
        for _ in 0..random.below(300) {
            said.push(other.next().unwrap());
        }
        let moment = Instant::now() + Duration::from_micros(random.below(20_000));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        said.extend(other.kill());
        for words in said {
            let (what, number) = words.split_once(' ').unwrap();
            let number: u128 = number.parse().unwrap();
            match what {
                "begun" => begun.insert(number),
                _ => finished.insert(number),
            };
        }
        cut += runtime.block_on(check(folder.path(), &begun, &finished));
    }
    assert!(!finished.is_empty() && cut > 0, "the kills never met a run");
}

async fn check(folder: &Path, begun: &HashSet<u128>, finished: &HashSet<u128>) -> u64 {
    let (store, _) = open(folder).unwrap();
    let recovered = store.recover(after(60_000)).await.unwrap();
    assert!(recovered.runs <= 4, "{recovered:?}");
    for number in begun {
        let found = store.run(run(*number)).await.unwrap();
        let outcome = found
            .unwrap_or_else(|| panic!("run {number} is gone"))
            .outcome;
        if finished.contains(number) {
            assert!(
                matches!(outcome, Some(Outcome::Answered { .. })),
                "{outcome:?}"
            );
            let request = store.app_request(run(*number)).await.unwrap().unwrap();
            assert_eq!(request.answer.as_deref(), Some("Four words are here."));
        }
    }
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    close(&store).await;
    // What was answered, whether it was told or not, was counted once.
    let connection = Connection::open(folder.join("patchbay.sqlite3")).unwrap();
    let [answered, known, summed]: [i64; 3] = connection
        .query_row(
            "SELECT (SELECT count(*) FROM run WHERE status = 'answered'),
                    (SELECT sum(cost_amount) FROM attempt), (SELECT sum(known) FROM spend_day)",
            [],
            |row| {
                Ok([
                    row.get(0)?,
                    row.get::<_, Option<i64>>(1)?.unwrap_or(0),
                    row.get::<_, Option<i64>>(2)?.unwrap_or(0),
                ])
            },
        )
        .unwrap();
    assert!(answered >= i64::try_from(finished.len()).unwrap());
    assert_eq!((answered * COST, answered * COST), (known, summed));
    recovered.runs
}

#[tokio::test]
async fn where_the_database_is_full_nothing_new_begins_and_what_was_taken_is_kept() {
    let folder = TempDir::new().unwrap();
    let options = StoreOptions {
        max_pages: Some(250),
        ..StoreOptions::new(NOW)
    };
    let (store, _) = Store::open(folder.path(), &options).unwrap();
    let long = "x".repeat(20_000);
    let mut begun = Vec::new();
    let error = loop {
        let number = begun.len() as u128 + 1;
        assert!(number < 1_000, "twenty megabytes fitted");
        let request = app_request(true, &long);
        match store
            .begin_app_run(new_run(number, RunOrigin::Gateway), None, request)
            .await
        {
            Ok(()) => begun.push(number),
            Err(error) => break error,
        }
        if number.is_multiple_of(10) {
            // Reading goes on, with what is there.
            store.run(run(1)).await.unwrap().unwrap();
        }
    };
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error:?}");
    // What goes on can end.
    let ended: HashMap<u128, &str> = [(1, "The first."), (2, "The second.")].into();
    for (number, text) in &ended {
        store
            .finish_app_run(finish(*number, text, None))
            .await
            .unwrap();
    }
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    for number in begun {
        let request = store.app_request(run(number)).await.unwrap().unwrap();
        assert_eq!(
            request.question.map(|question| question.len()),
            Some(20_000)
        );
        assert_eq!(request.answer.as_deref(), ended.get(&number).copied());
    }
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    close(&store).await;
}

/// A version that is made later finds what this one left behind when it was killed.
#[tokio::test]
async fn a_log_of_an_earlier_version_is_read() {
    let folder = TempDir::new().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/redo-8.txt");
    std::fs::copy(fixture, folder.path().join("patchbay.redo-a")).unwrap();
    let (store, _) = open(folder.path()).unwrap();
    let found = store.run(run(1)).await.unwrap().unwrap();
    let attempts = found.receipt.attempts;
    assert_eq!(
        attempts,
        [failed_attempt(1), second(1, answered_attempt(1, COST))]
    );
    assert!(
        attempts
            .iter()
            .all(|one| one.status != AttemptStatus::Running)
    );
    let request = store.app_request(run(1)).await.unwrap().unwrap();
    assert_eq!(request.answer.as_deref(), Some("Four words are here."));
    assert!(request.has_instructions);
    close(&store).await;
}

/// Makes the fixture of [`a_log_of_an_earlier_version_is_read`] anew.
#[tokio::test]
#[ignore = "for a version whose format differs"]
async fn write_the_fixture() {
    let folder = TempDir::new().unwrap();
    let store = quick(folder.path());
    for step in life(1, 2, true) {
        take(&store, 1, step).await;
    }
    let log = std::fs::read(folder.path().join("patchbay.redo-a")).unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/redo-8.txt");
    std::fs::write(fixture, log).unwrap();
}
