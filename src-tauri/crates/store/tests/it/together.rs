//! Readers beside the writer, and many writers at once.

use patchbay_domain::{Attempt, MessageStatus, NanoUsd};
use patchbay_store::{PartialAnswer, RunConversation, StoreError};
use tokio::task::JoinSet;

use crate::support::*;

const RUNS: u128 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_readers_see_whole_runs_while_one_writes() {
    let (store, _folder) = temporary();
    store
        .create_conversation(new_conversation(1, "busy"))
        .await
        .unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..3 {
        let store = store.clone();
        readers.spawn(async move {
            let mut looks = 0_u32;
            loop {
                let record = store.conversation(conversation(1)).await.unwrap().unwrap();
                assert_eq!(
                    record.messages.len(),
                    record.runs.len() * 2,
                    "half of a run was seen"
                );
                for (run, pair) in record.runs.iter().zip(record.messages.chunks(2)) {
                    let is_running = pair[1].status == MessageStatus::Streaming;
                    assert_eq!(run.outcome.is_none(), is_running);
                    assert_eq!(run.receipt.attempts.is_empty(), is_running);
                }
                let sum = spend_between(&store, NOW, after(1));
                assert_eq!(sum.known.0, i64::try_from(sum.attempts).unwrap() * 7);
                looks += 1;
                if sum.attempts == u64::try_from(RUNS).unwrap() {
                    return looks;
                }
            }
        });
    }
    for number in 1..=RUNS {
        let place = RunConversation::Existing(conversation(1));
        store
            .begin_run(begin_in(place, number, None, "q"))
            .await
            .unwrap();
        let attempt = answered_attempt(number, 7);
        store
            .finish_run(finish(number, "a", Some(attempt)))
            .await
            .unwrap();
    }
    while let Some(looks) = readers.join_next().await {
        assert!(looks.unwrap() > 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_get_their_own_answers() {
    let (store, _folder) = temporary();
    let mut writers = JoinSet::new();
    // More than the queue holds, so that callers have to wait for room too.
    for number in 1..=600_u128 {
        let store = store.clone();
        writers.spawn(async move {
            // Each id is used twice.
            let conversation = new_conversation(number.div_ceil(2), "x");
            store.create_conversation(conversation).await.is_ok()
        });
    }
    let mut made = 0;
    while let Some(is_made) = writers.join_next().await {
        made += u32::from(is_made.unwrap());
    }
    assert_eq!(made, 300);
    assert_eq!(store.conversations().await.unwrap().len(), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_in_the_middle_loses_nothing_that_was_acknowledged() {
    let (store, folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    let mut writers = JoinSet::new();
    for number in 0..400_u128 {
        let store = store.clone();
        writers.spawn(async move {
            let attempt = Attempt {
                id: attempt_id(number),
                ordinal: u32::try_from(number).unwrap(),
                ..answered_attempt(1, 3)
            };
            match store.settle_attempt(attempt).await {
                Ok(()) => 1_i64,
                Err(StoreError::Closed) => 0,
                Err(error) => panic!("{error:?}"),
            }
        });
    }
    // Somewhere in the middle.
    let mut acknowledged = 0;
    for _ in 0..50 {
        acknowledged += writers.join_next().await.unwrap().unwrap();
    }
    close(&store).await;
    while let Some(is_written) = writers.join_next().await {
        acknowledged += is_written.unwrap();
    }
    let (store, _) = open(folder.path()).unwrap();
    let sum = spend_between(&store, NOW, after(1));
    assert_eq!(sum.known, NanoUsd(acknowledged * 3));
}

#[tokio::test]
async fn a_caller_that_goes_away_harms_nobody() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    let partial = PartialAnswer {
        message: message(11),
        text: "kept".to_owned(),
        reasoning: String::new(),
        attempt: None,
    };
    {
        let mut abandoned = Box::pin(store.save_partial(partial));
        // Far enough to be queued, and no further.
        let _ = futures_poll_once(abandoned.as_mut()).await;
    }
    store.flush().await.unwrap();
    let record = store.conversation(conversation(1)).await.unwrap().unwrap();
    assert_eq!(record.messages[1].text, "kept");
}

async fn futures_poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
