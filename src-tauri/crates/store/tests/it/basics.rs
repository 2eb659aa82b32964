//! What goes in comes out again, and survives closing.

use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, FinishReason, MessageStatus, NanoUsd, Parameters, Receipt};
use patchbay_store::{Change, PartialAnswer, RunConversation, Store, StoreError, Subject};
use tokio::sync::broadcast::error::TryRecvError;

use crate::support::*;

#[tokio::test]
async fn a_whole_run_is_there_after_closing_and_opening() {
    let (store, folder) = temporary();
    store
        .begin_run(begin(1, "What is a patch bay?"))
        .await
        .unwrap();
    let first = failed_attempt(1);
    let second = Attempt {
        id: attempt_id(2),
        ordinal: 1,
        ..answered_attempt(1, 1_234)
    };
    store.begin_attempt(running_attempt(1)).await.unwrap();
    store.settle_attempt(first.clone()).await.unwrap();
    store
        .begin_attempt(Attempt {
            status: patchbay_domain::AttemptStatus::Running,
            ..second.clone()
        })
        .await
        .unwrap();
    let ended = store
        .finish_run(finish(1, "A board of sockets.", Some(second.clone())))
        .await;
    assert!(ended.unwrap());
    close(&store).await;

    let (store, report) = open(folder.path()).unwrap();
    assert!(!report.is_new);
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.active_leaf, Some(message(11)));
    assert_eq!(record.summary.last_endpoint, Some(endpoint()));
    assert_eq!(record.summary.updated_at, after(2_000));
    assert_eq!(record.messages.len(), 2);
    assert_eq!(record.messages[1].text, "A board of sockets.");
    assert_eq!(record.messages[1].status, MessageStatus::Complete);
    assert_eq!(record.messages[1].run, Some(run(1)));
    assert_eq!(record.runs.len(), 1);
    assert_eq!(
        record.runs[0].outcome,
        Some(Outcome::Answered {
            reason: FinishReason::Stop
        })
    );
    let receipt = Receipt {
        attempts: vec![first, second],
    };
    assert_eq!(record.runs[0].receipt, receipt);
    assert_eq!(store.receipt(run(1)).await.unwrap(), receipt);
    assert_eq!(store.receipts(conversation(1)).await.unwrap(), record.runs);
    assert_eq!(store.conversations().await.unwrap(), [record.summary]);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_failed_run_keeps_its_failure() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    let attempt = failed_attempt(1);
    let failure = attempt.failure.clone().unwrap();
    let outcome = Outcome::Failed { failure };
    let mut finish = finish(1, "", Some(attempt));
    finish.outcome = outcome.clone();
    store.finish_run(finish).await.unwrap();
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.runs[0].outcome, Some(outcome));
    assert_eq!(record.messages[1].status, MessageStatus::Failed);
}

#[tokio::test]
async fn nothing_is_counted_twice() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    let attempt = answered_attempt(1, 500);
    for _ in 0..2 {
        store.settle_attempt(attempt.clone()).await.unwrap();
    }
    assert!(
        store
            .finish_run(finish(1, "first", Some(attempt.clone())))
            .await
            .unwrap()
    );
    let dearer = answered_attempt(1, 9_999);
    assert!(
        !store
            .finish_run(finish(1, "second", Some(dearer.clone())))
            .await
            .unwrap()
    );
    store.settle_attempt(dearer).await.unwrap();
    let late = PartialAnswer {
        message: message(11),
        text: "late".to_owned(),
        reasoning: String::new(),
        attempt: Some(running_attempt(1)),
    };
    assert!(!store.save_partial(late).await.unwrap());

    let sum = spend_between(&store, NOW, after(1));
    assert_eq!(
        sum,
        SpendSum {
            known: NanoUsd(500),
            attempts: 1,
            ..SpendSum::default()
        }
    );
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text, "first");
    assert_eq!(record.runs[0].receipt.attempts, [attempt]);
}

#[tokio::test]
async fn a_run_is_begun_whole_or_not_at_all() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "one")).await.unwrap();
    // A parent in another conversation.
    let foreign = begin_in(
        RunConversation::New(new_conversation(2, "two")),
        2,
        Some(message(11)),
        "two",
    );
    assert!(matches!(
        store.begin_run(foreign).await,
        Err(StoreError::Contradiction(_))
    ));
    assert!(store.conversation(conversation(2)).await.unwrap().is_none());
    // A conversation that is not there.
    let nowhere = begin_in(RunConversation::Existing(conversation(3)), 3, None, "three");
    let error = store.begin_run(nowhere).await.unwrap_err();
    let StoreError::NotFound(subject) = error else {
        panic!("{error:?}")
    };
    assert_eq!(subject, Subject::Conversation(conversation(3)));
    assert_eq!(store.conversations().await.unwrap().len(), 1);
}

#[tokio::test]
async fn deleting_can_be_undone_and_purging_keeps_the_bill() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "secret words")).await.unwrap();
    let second = Attempt {
        id: attempt_id(2),
        ordinal: 1,
        ..answered_attempt(1, 700)
    };
    store.settle_attempt(failed_attempt(1)).await.unwrap();
    store
        .finish_run(finish(1, "answer", Some(second)))
        .await
        .unwrap();

    store.delete(conversation(1), after(10)).await.unwrap();
    assert!(store.conversations().await.unwrap().is_empty());
    assert!(store.conversation(conversation(1)).await.unwrap().is_none());
    assert!(store.search("secret", 10).await.unwrap().is_empty());
    store.restore(conversation(1)).await.unwrap();
    assert_eq!(store.search("secret", 10).await.unwrap().len(), 1);

    store.delete(conversation(1), after(10)).await.unwrap();
    assert_eq!(store.purge_deleted(after(10)).await.unwrap(), 0);
    assert_eq!(store.purge_deleted(after(11)).await.unwrap(), 1);
    assert!(matches!(
        store.restore(conversation(1)).await,
        Err(StoreError::NotFound(_))
    ));
    assert_eq!(spend_between(&store, NOW, after(1)).known, NanoUsd(700));
    let receipt = store.receipt(run(1)).await.unwrap();
    assert!(
        receipt
            .attempts
            .iter()
            .all(|attempt| attempt.replaced_text.is_none())
    );
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_conversation_with_a_live_run_is_not_purged() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    store.delete(conversation(1), NOW).await.unwrap();
    assert_eq!(store.purge_deleted(after(1)).await.unwrap(), 0);
    assert!(store.finish_run(finish(1, "a", None)).await.unwrap());
    assert_eq!(store.purge_deleted(after(1)).await.unwrap(), 1);
}

#[tokio::test]
async fn titles_instructions_and_branches_can_be_changed() {
    let (store, _folder) = temporary();
    store
        .create_conversation(new_conversation(1, "old"))
        .await
        .unwrap();
    store
        .rename(conversation(1), "new".to_owned())
        .await
        .unwrap();
    let parameters = Parameters {
        temperature: Some(0.1),
        seed: Some(7),
        ..Parameters::default()
    };
    store
        .set_instructions(conversation(1), "Be brief.".to_owned(), parameters.clone())
        .await
        .unwrap();
    for number in [1, 2] {
        let place = RunConversation::Existing(conversation(1));
        store
            .begin_run(begin_in(place, number, None, "q"))
            .await
            .unwrap();
        store.finish_run(finish(number, "a", None)).await.unwrap();
    }
    store
        .set_active_leaf(conversation(1), message(11))
        .await
        .unwrap();
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(
        (
            record.summary.title.as_str(),
            record.summary.title_is_custom
        ),
        ("new", true)
    );
    assert_eq!(record.system_prompt, "Be brief.");
    assert_eq!(record.parameters, parameters);
    assert_eq!(record.active_leaf, Some(message(11)));
    let missing = store.set_active_leaf(conversation(1), message(99)).await;
    assert!(matches!(missing, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn changes_are_told_after_they_are_there() {
    let (store, _folder) = temporary();
    let mut changes = store.changes();
    store.begin_run(begin(1, "q")).await.unwrap();
    assert_eq!(changes.recv().await.unwrap(), Change::Conversations);
    assert_eq!(
        changes.recv().await.unwrap(),
        Change::Conversation(conversation(1))
    );
    assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
    let partial = PartialAnswer {
        message: message(11),
        text: "a".to_owned(),
        reasoning: String::new(),
        attempt: None,
    };
    store.save_partial(partial).await.unwrap();
    assert!(store.rename(conversation(9), "x".to_owned()).await.is_err());
    assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
    store
        .finish_run(finish(1, "a", Some(answered_attempt(1, 1))))
        .await
        .unwrap();
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(changes.recv().await.unwrap());
    }
    assert!(told.contains(&Change::Spend), "{told:?}");
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (store, folder) = temporary();
    let clone: Store = store.clone();
    close(&store).await;
    assert!(matches!(clone.flush().await, Err(StoreError::Closed)));
    assert!(matches!(
        clone.conversations().await,
        Err(StoreError::Closed)
    ));
    close(&clone).await;
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("sqlite3"))
        .collect();
    assert_eq!(
        names,
        ["patchbay.sqlite3"],
        "no log is left beside the file"
    );
}
