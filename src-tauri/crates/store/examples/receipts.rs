//! Measures what is read from many attempts: the search of receipts, and how endpoints fare.
//!
//! `cargo run --release -p patchbay-store --example receipts -- <new folder> [runs]`. Each run has two
//! attempts. Times are wall-clock.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers: it prints, and a panic says where"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use patchbay_domain::receipt::Timings;
use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, Cost, CostKind, Endpoint, Failure, FailureClass,
    FinishReason, NanoUsd, ProviderId, RunId, UnixMillis, Usage,
};
use patchbay_store::{FinishRun, NewRun, RunFilter, RunOrigin, Store, StoreOptions, Synchronous};
use tokio::task::JoinSet;
use uuid::Uuid;

const NOW: i64 = 1_795_000_000_000;
const ENDPOINTS: u128 = 60;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let runs = std::env::args()
        .nth(2)
        .map_or(100_000, |count| count.parse().unwrap());
    let options = StoreOptions {
        synchronous: Synchronous::Normal,
        ..StoreOptions::new(UnixMillis(NOW))
    };
    let (store, _) = Store::open(&folder, &options).unwrap();
    let started = Instant::now();
    let mut set = JoinSet::new();
    for number in 0..runs {
        let store = store.clone();
        set.spawn(async move { fill(&store, number).await });
        // As many at once as share a transaction.
        if set.len() >= 256 {
            set.join_next().await.unwrap().unwrap();
        }
    }
    while set.join_next().await.is_some() {}
    println!("{runs} runs written in {:.1?}", started.elapsed());
    // Opened again, with the statistics that closing leaves.
    store.close(Duration::from_secs(600)).await.unwrap();
    let (store, _) = Store::open(&folder, &options).unwrap();
    for since in [NOW, NOW + i64::try_from(runs).unwrap() * 900] {
        timed("recent_samples", || async {
            store.recent_samples(UnixMillis(since)).await.unwrap().len()
        })
        .await;
    }
    search(&store, runs).await;
    store.close(Duration::from_secs(600)).await.unwrap();
}

async fn search(store: &Store, runs: u128) {
    let all = RunFilter::default;
    let middle = i64::try_from(runs / 2).unwrap();
    let filters = [
        ("newest", all()),
        (
            "in the middle",
            RunFilter {
                before: Some((UnixMillis(NOW + middle * 1_000), id(0))),
                ..all()
            },
        ),
        (
            "switched",
            RunFilter {
                switched: true,
                ..all()
            },
        ),
        (
            "failed: none",
            RunFilter {
                failed: true,
                ..all()
            },
        ),
        (
            "hedged: none",
            RunFilter {
                hedged: true,
                ..all()
            },
        ),
        (
            "above a cost: none",
            RunFilter {
                cost_above: Some(NanoUsd(1_000_000)),
                ..all()
            },
        ),
        (
            "above a first token: none",
            RunFilter {
                first_token_above_millis: Some(60_000),
                ..all()
            },
        ),
        (
            "a provider: none",
            RunFilter {
                provider: Some(ProviderId::new("nobody")),
                ..all()
            },
        ),
        (
            "a model: none",
            RunFilter {
                model: Some("nothing".to_owned()),
                ..all()
            },
        ),
        (
            "a route: none",
            RunFilter {
                route_name: Some("nothing".to_owned()),
                ..all()
            },
        ),
        (
            "all at once: none",
            RunFilter {
                switched: true,
                tried_again: true,
                model: Some("MODEL".to_owned()),
                provider: Some(ProviderId::new("provider-1")),
                cost_above: Some(NanoUsd(1_000_000)),
                ..all()
            },
        ),
    ];
    for (name, filter) in filters {
        timed(name, || async {
            store.find_runs(filter.clone()).await.unwrap().len()
        })
        .await;
    }
}

fn id(number: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(number))
}

async fn fill(store: &Store, number: u128) {
    let started_at = UnixMillis(NOW + i64::try_from(number).unwrap() * 1_000);
    let endpoint = |number: u128| Endpoint {
        provider: ProviderId::new(format!("provider-{}", number % ENDPOINTS % 12)),
        model: format!("maker/model-{}", number % ENDPOINTS),
    };
    let run = NewRun {
        id: id(number),
        origin: RunOrigin::Gateway,
        requested: endpoint(number),
        target: None,
        route_name: Some("usual".to_owned()),
        skipped: Vec::new(),
        purpose: patchbay_domain::receipt::Purpose::Answer,
        app: None,
        budget_note: None,
        started_at,
    };
    store.begin_lone_run(run, None).await.unwrap();
    let failed = Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(number * 2)),
        run: id(number),
        ordinal: 0,
        endpoint: endpoint(number),
        provider_name: "Provider".to_owned(),
        key_label: Some("work".to_owned()),
        key_id: Some("default".to_owned()),
        started_at,
        timings: Timings {
            opened: Some(100),
            first_token: None,
            ended: Some(200),
        },
        status: AttemptStatus::Failed,
        failure: Some(Failure::new(FailureClass::ServerError, "broken")),
        left_because: None,
        finish_reason: None,
        served_model: None,
        served_by: None,
        request_id: None,
        malformed_events: 0,
        warnings: Vec::new(),
        usage: None,
        raw_usage: None,
        rates: None,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost::FREE,
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: Some("half an answer ".repeat(20)),
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    };
    let answered = Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(number * 2 + 1)),
        ordinal: 1,
        endpoint: endpoint(number + 1),
        timings: Timings {
            opened: Some(100),
            first_token: Some(300),
            ended: Some(2_300),
        },
        status: AttemptStatus::Answered,
        failure: None,
        finish_reason: Some(FinishReason::Stop),
        usage: Some(Usage {
            input: 500,
            output: 101,
            ..Usage::ZERO
        }),
        cost: Cost {
            amount: Some(NanoUsd(2_000)),
            kind: CostKind::Computed,
        },
        made_because: MadeBecause::NextEndpoint,
        ..failed.clone()
    };
    store.settle_attempt(failed).await.unwrap();
    let finish = FinishRun {
        tool_calls: None,
        thinking: None,
        run: id(number),
        outcome: Outcome::Answered {
            reason: FinishReason::Stop,
        },
        text: String::new(),
        reasoning: String::new(),
        attempt: Some(answered),
        ended_at: UnixMillis(started_at.0 + 2_500),
    };
    assert!(store.finish_run(finish).await.unwrap());
}

/// The first call reads what is not in memory yet; the fastest of ten is what computing takes.
async fn timed<F: Future<Output = usize>>(what: &str, work: impl Fn() -> F) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..10 {
        let before = Instant::now();
        found = work().await;
        times.push(before.elapsed());
    }
    println!(
        "{what}: {found} found, first {:.2?}, slowest {:.2?}, fastest {:.2?}",
        times[0],
        times.iter().max().unwrap(),
        times.iter().min().unwrap()
    );
}
