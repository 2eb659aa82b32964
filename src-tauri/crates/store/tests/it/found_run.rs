//! The search of receipts.

use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Attempt, AttemptStatus, Cost, CostKind, Endpoint, FailureClass, FinishReason, NanoUsd,
    ProviderId, UnixMillis,
};
use patchbay_store::{
    FinishRun, FoundConversation, FoundRun, QUESTION_LENGTH, RunFilter, RunOrigin, Store, Tried,
};

use crate::support::*;

fn at(provider: &str, model: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(provider),
        model: model.to_owned(),
    }
}

fn numbers(found: &[FoundRun]) -> Vec<u128> {
    found
        .iter()
        .map(|run| u128::from_be_bytes(run.id.into_bytes()))
        .collect()
}

async fn find(store: &Store, filter: RunFilter) -> Vec<u128> {
    numbers(&store.find_runs(filter).await.unwrap())
}

/// One attempt after the other; those with an ordinal above 0 get ids of their own.
async fn settle(store: &Store, attempts: &[Attempt]) {
    for (ordinal, attempt) in (0_u32..).zip(attempts) {
        let number = u128::from_be_bytes(attempt.run.into_bytes()) * 100 + u128::from(ordinal);
        let attempt = Attempt {
            id: attempt_id(number),
            ordinal,
            ..attempt.clone()
        };
        store.settle_attempt(attempt).await.unwrap();
    }
}

async fn end(store: &Store, number: u128, outcome: Outcome) {
    let finish = FinishRun {
        tool_calls: None,
        thinking: None,
        outcome,
        ..finish(number, "a", None)
    };
    assert!(store.finish_run(finish).await.unwrap());
}

fn answered() -> Outcome {
    Outcome::Answered {
        reason: FinishReason::Stop,
    }
}

/// Seven runs, one for each kind of history.
async fn seven() -> (Store, tempfile::TempDir) {
    let (store, folder) = temporary();
    // 1: an answer in a conversation, by one request.
    let mut first = begin(1, &"ü".repeat(300));
    first.run.route_name = Some("Everyday".to_owned());
    store.begin_run(first).await.unwrap();
    settle(&store, &[answered_attempt(1, 5)]).await;
    end(&store, 1, answered()).await;
    // 2: the same endpoint again.
    let lone = |number: u128, origin| {
        let mut new = new_run(number, origin);
        new.started_at = after(i64::try_from(number).unwrap());
        new
    };
    let begun = async |number, origin| {
        store
            .begin_lone_run(lone(number, origin), None)
            .await
            .unwrap()
    };
    begun(2, RunOrigin::Lab).await;
    let again = Attempt {
        made_because: MadeBecause::Retry,
        ..answered_attempt(2, 100)
    };
    settle(&store, &[failed_attempt(2), again]).await;
    end(&store, 2, answered()).await;
    // 3: another key.
    begun(3, RunOrigin::Gateway).await;
    let key = Attempt {
        key_id: Some("2".to_owned()),
        made_because: MadeBecause::NextKey,
        ..answered_attempt(3, 100)
    };
    settle(&store, &[failed_attempt(3), key]).await;
    end(&store, 3, answered()).await;
    // 4: a race; both cost something.
    begun(4, RunOrigin::Gateway).await;
    let loser = Attempt {
        status: AttemptStatus::Stopped,
        cost: Cost {
            amount: Some(NanoUsd(60)),
            kind: CostKind::Estimated,
        },
        ..answered_attempt(4, 60)
    };
    let mut winner = Attempt {
        endpoint: at("beta", "acme/large"),
        made_because: MadeBecause::Hedge,
        ..answered_attempt(4, 60)
    };
    winner.timings.first_token = Some(900);
    settle(&store, &[loser, winner]).await;
    end(&store, 4, answered()).await;
    // 5: half an answer, and a model that went on with it.
    begun(5, RunOrigin::Gateway).await;
    let rest = Attempt {
        endpoint: at("acme", "acme/SMALL"),
        made_because: MadeBecause::Continuation,
        continues_at: Some(13),
        ..answered_attempt(5, 1)
    };
    settle(&store, &[failed_attempt(5), rest]).await;
    end(&store, 5, answered()).await;
    // 6: a failure, of unknown cost.
    begun(6, RunOrigin::Compare).await;
    let lost = Attempt {
        cost: Cost::UNKNOWN,
        ..failed_attempt(6)
    };
    let failure = lost.failure.clone().unwrap();
    settle(&store, &[lost]).await;
    end(&store, 6, Outcome::Failed { failure }).await;
    // 7: it goes on, and has asked nobody yet.
    begun(7, RunOrigin::Gateway).await;
    (store, folder)
}

#[tokio::test]
async fn runs_are_found_by_what_happened_in_them() {
    let (store, _folder) = seven().await;
    let all = RunFilter::default;
    assert_eq!(find(&store, all()).await, [7, 6, 5, 4, 3, 2, 1]);
    let cases: [(RunFilter, &[u128]); 17] = [
        (
            RunFilter {
                switched: true,
                ..all()
            },
            &[5, 4, 3],
        ),
        (
            RunFilter {
                tried_again: true,
                ..all()
            },
            &[5, 4, 3, 2],
        ),
        (
            RunFilter {
                failed: true,
                ..all()
            },
            &[6],
        ),
        (
            RunFilter {
                hedged: true,
                ..all()
            },
            &[4],
        ),
        (
            RunFilter {
                continued: true,
                ..all()
            },
            &[5],
        ),
        (
            RunFilter {
                cost_above: Some(NanoUsd(99)),
                ..all()
            },
            &[4, 3, 2],
        ),
        (
            RunFilter {
                cost_above: Some(NanoUsd(100)),
                ..all()
            },
            &[4],
        ),
        (
            RunFilter {
                first_token_above_millis: Some(200),
                ..all()
            },
            &[4],
        ),
        (
            RunFilter {
                first_token_above_millis: Some(199),
                ..all()
            },
            &[5, 4, 3, 2, 1],
        ),
        (
            RunFilter {
                provider: Some(ProviderId::new("beta")),
                ..all()
            },
            &[4],
        ),
        (
            RunFilter {
                model: Some("E/small".to_owned()),
                ..all()
            },
            &[5],
        ),
        (
            RunFilter {
                model: Some("%".to_owned()),
                ..all()
            },
            &[],
        ),
        (
            RunFilter {
                route_name: Some("Everyday".to_owned()),
                ..all()
            },
            &[1],
        ),
        (
            RunFilter {
                origin: Some(RunOrigin::Lab),
                ..all()
            },
            &[2],
        ),
        (
            RunFilter {
                since: Some(after(5)),
                ..all()
            },
            &[7, 6, 5],
        ),
        (
            RunFilter {
                since: Some(after(3)),
                until: Some(after(5)),
                ..all()
            },
            &[4, 3],
        ),
        (
            RunFilter {
                switched: true,
                tried_again: true,
                cost_above: Some(NanoUsd(1)),
                provider: Some(ProviderId::new("acme")),
                model: Some("large".to_owned()),
                first_token_above_millis: Some(500),
                origin: Some(RunOrigin::Gateway),
                hedged: true,
                since: Some(NOW),
                until: Some(after(5)),
                before: Some((after(5), run(1))),
                ..all()
            },
            &[4],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(find(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_line_says_what_was_tried_and_what_it_cost() {
    let (store, _folder) = seven().await;
    let found = store.find_runs(RunFilter::default()).await.unwrap();
    let [running, failed, _, raced, .., first] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(running.status, AttemptStatus::Running);
    assert_eq!((running.ended_at, running.cost), (None, Cost::FREE));
    assert_eq!(failed.failure, Some(FailureClass::RateLimited));
    assert_eq!((failed.cost, failed.first_token), (Cost::UNKNOWN, None));
    let tried = |endpoint, because, status| Tried {
        endpoint,
        provider_name: "Acme".to_owned(),
        because,
        status,
        failure: None,
        http_status: None,
    };
    assert_eq!(
        raced.tried,
        [
            tried(endpoint(), MadeBecause::First, AttemptStatus::Stopped),
            tried(
                at("beta", "acme/large"),
                MadeBecause::Hedge,
                AttemptStatus::Answered
            ),
        ]
    );
    let cost = Cost {
        amount: Some(NanoUsd(120)),
        kind: CostKind::Estimated,
    };
    assert_eq!((raced.cost, raced.first_token), (cost, Some(900)));
    assert_eq!((&raced.conversation, &raced.question), (&None, &None));
    assert_eq!(raced.origin, RunOrigin::Gateway);

    let place = FoundConversation {
        id: conversation(1),
        title: "ü".repeat(300),
    };
    assert_eq!(first.conversation, Some(place));
    let length = usize::try_from(QUESTION_LENGTH).unwrap();
    assert_eq!(first.question, Some("ü".repeat(length)));
    assert_eq!(first.route_name.as_deref(), Some("Everyday"));
    assert_eq!(
        (first.started_at, first.ended_at),
        (NOW, Some(after(2_000)))
    );
}

#[tokio::test]
async fn the_text_of_a_deleted_conversation_is_not_shown() {
    let (store, _folder) = seven().await;
    let first = async || {
        let found = store.find_runs(RunFilter::default()).await.unwrap();
        found.into_iter().next_back().unwrap()
    };
    store.delete(conversation(1), after(1)).await.unwrap();
    let hidden = first().await;
    assert_eq!((hidden.conversation, hidden.question), (None, None));
    store.restore(conversation(1)).await.unwrap();
    assert!(first().await.question.is_some());
    store.delete(conversation(1), after(1)).await.unwrap();
    store.purge_deleted(after(2)).await.unwrap();
    let purged = first().await;
    assert_eq!((purged.conversation, purged.question), (None, None));
    assert_eq!(purged.tried.len(), 1);
}

#[tokio::test]
async fn pages_neither_overlap_nor_leave_out() {
    let (store, _folder) = temporary();
    // Five began in the same millisecond.
    for number in 1..=12 {
        let mut new = new_run(number, RunOrigin::Gateway);
        new.started_at = after(i64::try_from(number.min(8)).unwrap());
        store.begin_lone_run(new, None).await.unwrap();
    }
    let mut all = Vec::new();
    let mut before: Option<(UnixMillis, _)> = None;
    loop {
        let filter = RunFilter {
            before,
            limit: 3,
            ..RunFilter::default()
        };
        let page = store.find_runs(filter).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some((last.started_at, last.id));
        all.extend(numbers(&page));
    }
    assert_eq!(all, (1..=12).rev().collect::<Vec<_>>());
}
