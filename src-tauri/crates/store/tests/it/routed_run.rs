//! What a run was to ask, and runs without a conversation.

use patchbay_domain::route::{SkipReason, Skipped, Target};
use patchbay_domain::run::Outcome;
use patchbay_domain::{AttemptStatus, Cost, CostKind, FailureClass, NanoUsd, Usage};
use patchbay_store::{
    Change, FinishRun, RecoveryReport, RunConversation, RunFilter, RunOrigin, Store, StoreError,
};
use tokio::sync::broadcast::error::TryRecvError;

use crate::support::*;

fn skipped() -> Vec<Skipped> {
    vec![
        Skipped {
            endpoint: Some(endpoint()),
            name: "Acme".to_owned(),
            entry: 1,
            reason: SkipReason::CircuitOpen {
                until: after(5_000),
                class: FailureClass::Overloaded,
            },
        },
        Skipped {
            endpoint: None,
            name: "acme/gone".to_owned(),
            entry: 2,
            reason: SkipReason::NotListed,
        },
    ]
}

#[tokio::test]
async fn what_a_run_was_to_ask_comes_back() {
    let (store, folder) = temporary();
    let route = Target::Route { id: route_id(1) };
    let mut first = begin(1, "q");
    first.run.target = Some(route.clone());
    first.run.route_name = Some("Everyday".to_owned());
    first.run.skipped = skipped();
    store.begin_run(first).await.unwrap();
    store.finish_run(finish(1, "a", None)).await.unwrap();
    close(&store).await;

    let (store, _) = open(folder.path()).unwrap();
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.summary.last_target, Some(route.clone()));
    assert_eq!(record.summary.last_endpoint, Some(endpoint()));
    assert_eq!(record.runs[0].target, Some(route));
    assert_eq!(record.runs[0].route_name.as_deref(), Some("Everyday"));
    assert_eq!(record.runs[0].skipped, skipped());

    let model = Target::Model {
        key: "acme/large".to_owned(),
    };
    let again = RunConversation::Existing(conversation(1));
    let mut second = begin_in(again, 2, Some(message(11)), "q");
    second.run.target = Some(model.clone());
    store.begin_run(second).await.unwrap();
    let list = store.conversations().await.unwrap();
    assert_eq!(list[0].last_target, Some(model));
    let again = RunConversation::Existing(conversation(1));
    let third = begin_in(again, 3, Some(message(11)), "q");
    store.begin_run(third).await.unwrap();
    let list = store.conversations().await.unwrap();
    assert_eq!(list[0].last_target, None, "nothing older stands in for it");
}

async fn abandon(store: &Store, number: u128, usage: Option<Usage>) {
    store
        .begin_lone_run(new_run(number, RunOrigin::Gateway), None)
        .await
        .unwrap();
    let mut attempt = running_attempt(number);
    attempt.usage = usage;
    store.begin_attempt(attempt).await.unwrap();
}

#[tokio::test]
async fn a_run_without_a_conversation_has_a_receipt() {
    let (store, _folder) = temporary();
    store
        .begin_lone_run(new_run(1, RunOrigin::Lab), None)
        .await
        .unwrap();
    let taken = store.begin_lone_run(new_run(1, RunOrigin::Lab), None).await;
    assert!(matches!(taken, Err(StoreError::Contradiction(_))));
    store.begin_attempt(running_attempt(1)).await.unwrap();
    let mut changes = store.changes();
    let settled = answered_attempt(1, 70);
    let ended = finish(1, "not kept", Some(settled.clone()));
    assert!(store.finish_run(ended.clone()).await.unwrap());
    assert_eq!(changes.recv().await.unwrap(), Change::Spend);
    // No conversation, so nothing in the list is new.
    assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
    assert!(!store.finish_run(ended).await.unwrap());
    assert_eq!(store.receipt(run(1)).await.unwrap().attempts, [settled]);
    let sum = spend_between(&store, NOW, after(1));
    assert_eq!((sum.known, sum.attempts), (NanoUsd(70), 1));
    assert!(store.conversations().await.unwrap().is_empty());

    store
        .begin_lone_run(new_run(2, RunOrigin::Lab), None)
        .await
        .unwrap();
    let failed = FinishRun {
        tool_calls: None,
        thinking: None,
        outcome: Outcome::Failed {
            failure: failed_attempt(2).failure.unwrap(),
        },
        ..finish(2, "", Some(failed_attempt(2)))
    };
    store.finish_run(failed).await.unwrap();
    let found = store.find_runs(RunFilter::default()).await.unwrap();
    let ends: Vec<AttemptStatus> = found.iter().map(|run| run.status).collect();
    assert_eq!(ends, [AttemptStatus::Failed, AttemptStatus::Answered]);
    assert_eq!(found[0].cost, Cost::FREE);
}

#[tokio::test]
async fn a_crash_closes_runs_without_a_conversation_too() {
    let (store, folder) = temporary();
    let counted = Usage {
        input: 1_000_000,
        ..Usage::ZERO
    };
    abandon(&store, 1, None).await;
    abandon(&store, 2, Some(counted)).await;
    store
        .begin_lone_run(new_run(3, RunOrigin::Lab), None)
        .await
        .unwrap();
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    let report = store.recover(after(9)).await.unwrap();
    let expected = RecoveryReport {
        runs: 3,
        messages: 0,
        attempts: 2,
    };
    assert_eq!(report, expected);
    let again = store.recover(after(10)).await.unwrap();
    assert_eq!(again, RecoveryReport::default());
    let found = store.find_runs(RunFilter::default()).await.unwrap();
    for run in &found {
        assert_eq!(run.status, AttemptStatus::Interrupted);
        assert_eq!(run.ended_at, Some(after(9)));
    }
    assert_eq!(found[2].cost, Cost::UNKNOWN, "nothing was counted");
    let estimate = Cost {
        amount: Some(NanoUsd(3_000_000_000)),
        kind: CostKind::Estimated,
    };
    assert_eq!(found[1].cost, estimate);
}
