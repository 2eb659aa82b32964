//! Killed while routes, circuits, measurements and runs without a conversation are written: what was
//! acknowledged is there, whole.

use std::collections::BTreeSet;
use std::path::Path;

use patchbay_domain::route::{Circuit, Route, RouteEntry};
use patchbay_domain::{AttemptStatus, Endpoint, Failure, FailureClass, JsonText, ProviderId};
use patchbay_store::{FoundRun, RunFilter, RunOrigin, Store};
use tempfile::TempDir;

use crate::child::{Other, say};
use crate::support::*;

const KILLS: u32 = 6;

/// Things that are acknowledged before each kill.
const HEARD: u32 = 30;

/// The other process: writes one of each kind after the other, and tells each thing that the store
/// acknowledged.
pub(crate) async fn write_for_ever(folder: &Path) {
    let (store, _) = open(folder).unwrap();
    store.recover(NOW).await.unwrap();
    let first = store.labs().await.unwrap().len();
    let first = u128::try_from(first).unwrap() + 1;
    for number in first.. {
        // A run that was cut is not begun again under the same number.
        let run_number = 1_000_000 * (1 + u128::from(std::process::id())) + number;
        store
            .begin_lone_run(new_run(run_number, RunOrigin::Lab), None)
            .await
            .unwrap();
        store
            .begin_attempt(running_attempt(run_number))
            .await
            .unwrap();
        say(&format!("begun {run_number}"));
        let settled = answered_attempt(run_number, 1);
        store
            .finish_run(finish(run_number, "", Some(settled)))
            .await
            .unwrap();
        say(&format!("finished {run_number}"));
        store.save_route(route(number), NOW).await.unwrap();
        say(&format!("route {number}"));
        store
            .save_circuit(endpoint_of(number), circuit())
            .await
            .unwrap();
        say(&format!("circuit {number}"));
        let body = JsonText(format!("{{\"number\": {number}}}"));
        store.save_lab(lab_id(number), NOW, body).await.unwrap();
        say(&format!("lab {number}"));
    }
}

fn route(number: u128) -> Route {
    let entry = RouteEntry::Endpoint {
        endpoint: endpoint_of(number),
    };
    Route::new(route_id(number), format!("Route {number}"), vec![entry])
}

fn endpoint_of(number: u128) -> Endpoint {
    Endpoint {
        provider: ProviderId::new("acme"),
        model: format!("model-{number}"),
    }
}

fn circuit() -> Circuit {
    let mut circuit = Circuit::default();
    for _ in 0..3 {
        circuit.failed(&Failure::new(FailureClass::ServerError, "broken"), NOW, 0);
    }
    circuit
}

#[test]
fn kills_lose_no_route_and_no_run_that_was_acknowledged() {
    let folder = TempDir::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut acknowledged = BTreeSet::new();
    for kill in 0..KILLS {
        let mut other = Other::start("write-routed", folder.path());
        // Each kill meets the writer at another kind of write.
        for _ in 0..HEARD + kill {
            acknowledged.insert(other.next().unwrap());
        }
        acknowledged.extend(other.kill());
        runtime.block_on(check(folder.path(), &acknowledged));
    }
}

async fn check(folder: &Path, acknowledged: &BTreeSet<String>) {
    let (store, _) = open(folder).unwrap();
    assert!(store.recover(after(1)).await.unwrap().runs <= 1);
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let circuits = store.circuits().await.unwrap();
    let labs = store.labs().await.unwrap();
    let runs = all_runs(&store).await;
    for said in acknowledged {
        let (what, number) = said.split_once(' ').unwrap();
        let number: u128 = number.parse().unwrap();
        let is_there = match what {
            "route" => store.route(route_id(number)).await.unwrap() == Some(route(number)),
            "circuit" => circuits.contains(&(endpoint_of(number), circuit())),
            "lab" => labs.iter().any(|(id, _, _)| *id == lab_id(number)),
            "begun" => runs.iter().any(|found| found.id == run(number)),
            "finished" => runs
                .iter()
                .any(|found| found.id == run(number) && found.status == AttemptStatus::Answered),
            other => panic!("no {other}"),
        };
        assert!(is_there, "{said} is gone");
    }
    for found in runs {
        assert_ne!(found.status, AttemptStatus::Running);
        let [tried] = found.tried.as_slice() else {
            // Killed between its beginning and its first attempt.
            assert!(found.tried.is_empty() && found.status == AttemptStatus::Interrupted);
            continue;
        };
        assert_eq!(tried.status, found.status);
    }
    close(&store).await;
}

async fn all_runs(store: &Store) -> Vec<FoundRun> {
    let filter = RunFilter {
        limit: u32::MAX,
        ..RunFilter::default()
    };
    store.find_runs(filter).await.unwrap()
}
