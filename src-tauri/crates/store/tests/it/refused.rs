//! What was asked for and refused is counted, although no attempt tells of it.

use patchbay_domain::run::Outcome;
use patchbay_domain::{
    Attempt, AttemptStatus, Cost, Day, Failure, FailureClass, ProviderId, UnixMillis,
};
use patchbay_store::{FinishRun, Refused, RunOrigin, SpendFilter, SpendOrder, Store};

use crate::support::*;

fn all() -> SpendFilter {
    let day = |text: &str| text.parse::<Day>().unwrap();
    SpendFilter::between(day("1970-01-01"), day("9999-12-31"))
}

fn failed(number: u128, class: FailureClass, attempt: Option<Attempt>) -> FinishRun {
    let failure = Failure::new(class, "Nobody was asked.");
    FinishRun {
        outcome: Outcome::Failed { failure },
        ..finish(number, "", attempt)
    }
}

/// Run 1 is answered, 2 and 3 are stopped by a budget before anybody was asked, 4 has no way in, 5 is
/// stopped when it is about to be sent, 6 fails at its provider, 7 is stopped by the person, 8 goes on.
async fn filled(store: &Store) {
    for number in 1..=8 {
        let mut begun = begin(number, "q");
        if number == 3 {
            begun.run.origin = RunOrigin::Compare;
            begun.run.started_at = after(-40 * 24 * 60 * 60 * 1_000);
        }
        store.begin_run(begun).await.unwrap();
    }
    let over = FailureClass::OverBudget;
    let refused_attempt = Attempt {
        failure: Some(Failure::new(over, "It leaves nothing.")),
        cost: Cost::FREE,
        status: AttemptStatus::Failed,
        ..running_attempt(5)
    };
    for finished in [
        finish(1, "An answer.", Some(answered_attempt(1, 10))),
        failed(2, over, None),
        failed(3, over, None),
        failed(4, FailureClass::NoWayIn, None),
        failed(5, over, Some(refused_attempt)),
        failed(6, FailureClass::RateLimited, Some(failed_attempt(6))),
        FinishRun {
            outcome: Outcome::Stopped,
            ..finish(7, "", None)
        },
    ] {
        store.finish_run(finished).await.unwrap();
    }
}

#[tokio::test]
async fn a_question_that_a_budget_stopped_is_counted_and_found() {
    let (store, _folder) = temporary();
    filled(&store).await;
    let refused = async |filter: SpendFilter| {
        let Refused { stopped, unasked } = store.refused(filter).await.unwrap();
        (stopped, unasked)
    };
    assert_eq!(refused(all()).await, (3, 3));
    let today = store.spend_total(all()).await.unwrap();
    assert_eq!((today.first_tries, today.answered), (3, 1));
    let compared = SpendFilter {
        origin: Some(RunOrigin::Compare),
        ..all()
    };
    assert_eq!(refused(compared.clone()).await, (1, 1));
    let chat = SpendFilter {
        conversation: Some(conversation(4)),
        ..all()
    };
    assert_eq!(refused(chat).await, (0, 1));
    let of_provider = SpendFilter {
        provider: Some(ProviderId::new("acme")),
        ..all()
    };
    assert_eq!(refused(of_provider.clone()).await, (0, 0));
    // The first day of which anything is known is that of a question that was refused.
    let first = store.first_spend_day().await.unwrap().unwrap();
    assert_eq!(
        refused(SpendFilter::between(first, first)).await,
        (1, 1),
        "{first}"
    );

    let found = async |filter: SpendFilter, order, offset| {
        let found = store.stopped_runs(filter, order, offset, 2).await.unwrap();
        let found = found.into_iter().map(|spent| {
            assert_eq!(spent.run.failure, Some(FailureClass::OverBudget));
            assert_eq!(spent.cost, Cost::FREE);
            (spent.run.id, spent.attempts)
        });
        found.collect::<Vec<_>>()
    };
    let newest = SpendOrder::Newest;
    assert_eq!(
        found(all(), newest, 0).await,
        [(run(5), 1), (run(2), 0)],
        "of the same moment, the newest id first"
    );
    assert_eq!(found(all(), newest, 2).await, [(run(3), 0)]);
    assert_eq!(found(compared, SpendOrder::Dearest, 0).await.len(), 1);
    assert!(found(of_provider, newest, 0).await.is_empty());
    close(&store).await;
}

#[tokio::test]
async fn what_a_crash_cut_is_not_refused() {
    let (store, _folder) = temporary();
    store.begin_run(begin(1, "q")).await.unwrap();
    store.recover(UnixMillis(NOW.0 + 1)).await.unwrap();
    assert_eq!(store.refused(all()).await.unwrap(), Refused::default());
    assert_eq!(store.first_spend_day().await.unwrap(), None);
    close(&store).await;
}
