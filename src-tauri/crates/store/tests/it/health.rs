//! Circuits and rate limits survive a restart; samples are what the attempts say.

use patchbay_domain::route::{Circuit, MOST_SAMPLES, Sample};
use patchbay_domain::{
    Allowance, Attempt, AttemptStatus, Endpoint, Failure, FailureClass, ProviderId, RateLimits,
    Reset,
};
use patchbay_store::{Change, RunOrigin, Store};
use rusqlite::Connection;
use tokio::sync::broadcast::error::TryRecvError;

use crate::support::*;

fn at(provider: &str, model: &str) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(provider),
        model: model.to_owned(),
    }
}

fn open_circuit() -> Circuit {
    let mut circuit = Circuit::default();
    for _ in 0..3 {
        circuit.failed(&Failure::new(FailureClass::ServerError, "broken"), NOW, 0);
    }
    assert!(!circuit.is_closed());
    circuit
}

#[tokio::test]
async fn an_open_circuit_survives_and_a_closed_one_leaves_nothing() {
    let (store, folder) = temporary();
    let mut changes = store.changes();
    let circuit = open_circuit();
    for endpoint in [at("beta", "b"), at("acme", "a"), at("acme", "b")] {
        store.save_circuit(endpoint, circuit.clone()).await.unwrap();
        assert_eq!(changes.recv().await.unwrap(), Change::Health);
    }
    store
        .save_circuit(at("acme", "b"), Circuit::default())
        .await
        .unwrap();
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(
        store.circuits().await.unwrap(),
        [
            (at("acme", "a"), circuit.clone()),
            (at("beta", "b"), circuit.clone())
        ]
    );
    let mut changes = store.changes();
    store
        .forget_circuits(ProviderId::new("acme"))
        .await
        .unwrap();
    assert_eq!(changes.recv().await.unwrap(), Change::Health);
    store
        .forget_circuits(ProviderId::new("acme"))
        .await
        .unwrap();
    assert_eq!(changes.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(
        store.circuits().await.unwrap(),
        [(at("beta", "b"), circuit)]
    );
}

#[tokio::test]
async fn the_newest_rate_limits_are_kept() {
    let (store, folder) = temporary();
    let limits = |remaining| RateLimits {
        requests: Some(Allowance {
            limit: Some(100),
            remaining: Some(remaining),
            resets: Some(Reset::AfterMillis(1_000)),
        }),
        input_tokens: Some(Allowance {
            limit: None,
            remaining: None,
            resets: Some(Reset::At(after(5))),
        }),
        ..RateLimits::default()
    };
    for remaining in [9, 8] {
        let moment = after(i64::try_from(remaining).unwrap());
        store
            .save_rate_limits(at("acme", "a"), limits(remaining), moment)
            .await
            .unwrap();
    }
    close(&store).await;
    let (store, _) = open(folder.path()).unwrap();
    assert_eq!(
        store.rate_limits().await.unwrap(),
        [(at("acme", "a"), limits(8), after(8))]
    );
}

#[tokio::test]
async fn what_is_known_of_a_provider_goes_with_it() {
    let (store, folder) = temporary();
    store.put_provider(provider("acme", 0)).await.unwrap();
    for endpoint in [at("acme", "a"), at("local", "small")] {
        store
            .save_circuit(endpoint.clone(), open_circuit())
            .await
            .unwrap();
        store
            .save_rate_limits(endpoint, RateLimits::default(), NOW)
            .await
            .unwrap();
    }
    close(&store).await;
    // As whatever purges providers one day will do it.
    let connection = Connection::open(folder.path().join("patchbay.sqlite3")).unwrap();
    connection
        .execute("DELETE FROM provider WHERE id = 'acme'", [])
        .unwrap();
    drop(connection);
    let (store, _) = open(folder.path()).unwrap();
    let left = |endpoint: &Endpoint| endpoint.provider.is_local();
    let circuits = store.circuits().await.unwrap();
    assert!(circuits.len() == 1 && left(&circuits[0].0));
    let limits = store.rate_limits().await.unwrap();
    assert!(limits.len() == 1 && left(&limits[0].0));
}

/// Settles attempt `number` of run 1; returns it.
async fn settle(store: &Store, number: u128, attempt: Attempt) -> Attempt {
    let attempt = Attempt {
        id: attempt_id(number),
        run: run(1),
        ordinal: u32::try_from(number).unwrap(),
        ..attempt
    };
    store.settle_attempt(attempt.clone()).await.unwrap();
    attempt
}

#[tokio::test]
async fn samples_are_those_of_the_attempts() {
    let (store, _folder) = temporary();
    store
        .begin_lone_run(new_run(1, RunOrigin::Lab), None)
        .await
        .unwrap();
    let mut expected = Vec::new();
    let mut others = Vec::new();
    for number in 0..MOST_SAMPLES as u128 + 20 {
        let started_at = after(i64::try_from(number).unwrap() * 10);
        let class = FailureClass::ALL[usize::try_from(number).unwrap() % FailureClass::ALL.len()];
        let attempt = match number % 4 {
            0 => answered_attempt(1, 5),
            1 => Attempt {
                failure: Some(Failure::new(class, "words")),
                ..failed_attempt(1)
            },
            2 => Attempt {
                status: AttemptStatus::Stopped,
                ..answered_attempt(1, 5)
            },
            _ => Attempt {
                usage: None,
                ..answered_attempt(1, 5)
            },
        };
        let attempt = settle(
            &store,
            number,
            Attempt {
                started_at,
                ..attempt
            },
        )
        .await;
        expected.push((endpoint(), Sample::of(&attempt)));
    }
    for (number, other) in (200..).zip([at("acme", "small"), at("beta", "acme/large")]) {
        let attempt = Attempt {
            endpoint: other.clone(),
            ..answered_attempt(1, 1)
        };
        let attempt = settle(&store, number, attempt).await;
        others.push((other, Sample::of(&attempt)));
    }
    // Neither one that runs, nor one from before.
    let running = Attempt {
        id: attempt_id(300),
        run: run(1),
        ordinal: 300,
        started_at: after(9_999),
        ..running_attempt(1)
    };
    store.begin_attempt(running).await.unwrap();
    let old = Attempt {
        endpoint: at("acme", "old"),
        started_at: after(-1),
        ..answered_attempt(1, 1)
    };
    settle(&store, 301, old).await;

    let mut expected = expected.split_off(20);
    expected.sort_by_key(|(_, sample)| sample.at);
    expected.append(&mut others);
    assert_eq!(store.recent_samples(NOW).await.unwrap(), expected);
    assert!(
        expected
            .iter()
            .any(|(_, sample)| sample.tokens_per_second.is_some())
            && expected
                .iter()
                .any(|(_, sample)| sample.is_ok == Some(false))
    );
}

#[tokio::test]
async fn a_new_store_has_no_samples() {
    let (store, _folder) = temporary();
    assert!(store.recent_samples(NOW).await.unwrap().is_empty());
}
