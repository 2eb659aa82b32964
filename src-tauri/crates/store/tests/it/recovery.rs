//! What a crash left open is closed, once, at the cost that can be known.

use patchbay_domain::rates::Rates;
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    Attempt, AttemptStatus, Cost, CostKind, MessageStatus, NanoUsd, UnixMillis, Usage,
};
use patchbay_store::{PartialAnswer, RecoveryReport, Store};

use crate::support::*;

/// Begins run `number`, saves `text` of it, and leaves it.
async fn abandon(store: &Store, number: u128, attempt: Attempt, text: &str) {
    store.begin_run(begin(number, "question")).await.unwrap();
    store
        .begin_attempt(Attempt {
            usage: None,
            ..attempt.clone()
        })
        .await
        .unwrap();
    let partial = PartialAnswer {
        message: message(number * 10 + 1),
        text: text.to_owned(),
        reasoning: String::new(),
        attempt: Some(attempt),
    };
    assert!(store.save_partial(partial).await.unwrap());
}

#[tokio::test]
async fn open_runs_are_closed_with_their_text_and_what_they_cost() {
    let (store, folder) = temporary();
    let usage = Some(Usage {
        input: 1_000_000,
        output: 0,
        ..Usage::default()
    });
    let unknown = running_attempt(1);
    let estimated = Attempt {
        usage,
        ..running_attempt(2)
    };
    let free = Attempt {
        rates: Some(Rates::FREE),
        ..running_attempt(3)
    };
    abandon(&store, 1, unknown, "half of one").await;
    abandon(&store, 2, estimated, "half of two").await;
    abandon(&store, 3, free, "half of three").await;
    store.begin_run(begin(4, "never sent")).await.unwrap();
    store.begin_run(begin(5, "done")).await.unwrap();
    store
        .finish_run(finish(5, "whole", Some(answered_attempt(5, 70))))
        .await
        .unwrap();
    // Nothing that runs is in a sum.
    let before = spend_between(&store, NOW, after(1));
    assert_eq!((before.known, before.attempts), (NanoUsd(70), 1));
    close(&store).await;

    let (store, _) = open(folder.path()).unwrap();
    let report = store.recover(after(99_000)).await.unwrap();
    assert_eq!(
        report,
        RecoveryReport {
            runs: 4,
            messages: 4,
            attempts: 3
        }
    );
    for _ in 0..2 {
        let again = store.recover(after(99_001)).await.unwrap();
        assert_eq!(again, RecoveryReport::default());
    }
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].status, MessageStatus::Interrupted);
    assert_eq!(record.messages[1].text, "half of one");
    assert_eq!(record.runs[0].outcome, Some(Outcome::Interrupted));
    assert_eq!(record.runs[0].ended_at, Some(after(99_000)));
    // A crash is no use of a conversation: it stays where it was in the list.
    assert_eq!(record.summary.updated_at, NOW);

    let cost = async |number| {
        let receipt = store.receipt(run(number)).await.unwrap();
        assert_eq!(receipt.attempts[0].status, AttemptStatus::Interrupted);
        receipt.attempts[0].cost
    };
    assert_eq!(cost(1).await, Cost::UNKNOWN);
    let estimate = Cost {
        amount: Some(NanoUsd(3_000_000_000)),
        kind: CostKind::Estimated,
    };
    assert_eq!(cost(2).await, estimate);
    assert_eq!(cost(3).await, Cost::FREE);

    let sum = spend_between(&store, NOW, after(1));
    assert_eq!(sum.known, NanoUsd(3_000_000_070));
    assert_eq!(sum.estimated, NanoUsd(3_000_000_000));
    assert_eq!((sum.attempts, sum.unknown_attempts), (4, 1));
    assert_eq!(store.search("half", 10).await.unwrap().len(), 3);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn late_news_of_an_interrupted_run_changes_nothing() {
    let (store, _folder) = temporary();
    abandon(&store, 1, running_attempt(1), "half").await;
    store.recover(after(1)).await.unwrap();
    assert!(
        !store
            .finish_run(finish(1, "whole", Some(answered_attempt(1, 9))))
            .await
            .unwrap()
    );
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text, "half");
    assert_eq!(record.runs[0].receipt.cost(), Cost::UNKNOWN);
}

#[tokio::test]
async fn a_run_that_ends_leaves_no_attempt_running() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    store.begin_attempt(running_attempt(1)).await.unwrap();
    store.finish_run(finish(1, "a", None)).await.unwrap();
    let receipt = store.receipt(run(1)).await.unwrap();
    assert_eq!(receipt.attempts[0].status, AttemptStatus::Interrupted);
    assert_eq!(
        store.recover(UnixMillis(0)).await.unwrap(),
        RecoveryReport::default()
    );
}
