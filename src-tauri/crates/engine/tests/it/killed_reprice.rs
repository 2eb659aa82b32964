//! `kill -9` at random moments while thousands of attempts are priced again: the audit says exactly what
//! was changed, says that the rest was not, and doing it again goes on where it was cut.
//!
//! The test starts itself again as a child that prices. After each kill the parent opens the folder and
//! sets the audit beside the attempts.

use std::path::Path;
use std::time::Duration;

use patchbay_domain::receipt::{Purpose, Timings};
use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, Cost, Day, Endpoint, FinishReason, RunId, UnixMillis, Usage,
};
use patchbay_engine::{
    Engine, OwnPrice, RepriceOutcome, RepriceRequest, RepriceWhich, RunOrigin, SpendFilter,
};
use patchbay_store::{FinishRun, NewRun, Store, StoreOptions, Synchronous};
use patchbay_testkit::ScriptedProvider;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::child::{self, tell};
use crate::support::{form, open};

const CHILD: &str = "PATCHBAY_TEST_REPRICE_FOLDER";
const TEST: &str = "killed_reprice::whatever_is_killed_the_audit_says_what_was_priced";

/// Attempts without a cost.
const ATTEMPTS: u64 = 3_000;

/// Kills; then it is left to end.
const KILLS: u32 = 5;

/// What one comes to: a thousand tokens at a dollar a million.
const EACH: i64 = 1_000_000;

const BEGAN: i64 = 1_795_000_000_000;

#[test]
fn whatever_is_killed_the_audit_says_what_was_priced() {
    let runtime = child::runtime();
    if let Some(folder) = std::env::var_os(CHILD) {
        runtime.block_on(price(Path::new(&folder)));
        return;
    }
    let mut moments = child::Moments::new();
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedProvider::start().unwrap();
    runtime.block_on(prepare(folder.path(), &server.base_url()));
    let mut priced = 0;
    for kill in 0..=KILLS {
        let after = moments.next(20, 500);
        let is_done = child::run(
            TEST,
            [(CHILD, folder.path().as_os_str())],
            (kill < KILLS).then_some(after),
        );
        let now = runtime.block_on(check(folder.path()));
        assert!(now >= priced, "nothing is undone");
        priced = now;
        if is_done {
            break;
        }
    }
    assert_eq!(priced, ATTEMPTS);
}

async fn prepare(folder: &Path, base_url: &str) {
    let engine = open(folder).await;
    let saved = engine
        .save_provider(form("Scripted", base_url, None))
        .await
        .unwrap();
    let endpoint = Endpoint {
        provider: saved.record.id,
        model: "answer".to_owned(),
    };
    let own = OwnPrice {
        input: Some("1".to_owned()),
        output: Some("1".to_owned()),
        ..OwnPrice::default()
    };
    engine.set_own_price(&endpoint, &own).await.unwrap();
    engine.close().await;
    let options = StoreOptions {
        synchronous: Synchronous::Normal,
        ..StoreOptions::new(UnixMillis(BEGAN))
    };
    let (store, _) = Store::open(folder, &options).unwrap();
    let mut writing = JoinSet::new();
    for number in 0..ATTEMPTS {
        let (store, endpoint) = (store.clone(), endpoint.clone());
        writing.spawn(async move { write(&store, number, endpoint).await });
        if writing.len() >= 64 {
            writing.join_next().await.unwrap().unwrap();
        }
    }
    while let Some(written) = writing.join_next().await {
        written.unwrap();
    }
    store.close(Duration::from_secs(60)).await.unwrap();
}

/// One answer whose tokens were counted, and of which nobody knew the price, a minute after the other.
async fn write(store: &Store, number: u64, endpoint: Endpoint) {
    let at = UnixMillis(BEGAN + i64::try_from(number).unwrap() * 60_000);
    let run = RunId::from_uuid(Uuid::from_u128(u128::from(number) + 1));
    let attempt = Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(u128::from(number) + 1)),
        run,
        ordinal: 0,
        endpoint: endpoint.clone(),
        provider_name: "Scripted".to_owned(),
        key_label: None,
        key_id: None,
        started_at: at,
        timings: Timings::default(),
        status: AttemptStatus::Answered,
        failure: None,
        left_because: None,
        finish_reason: Some(FinishReason::Stop),
        served_model: None,
        served_by: None,
        request_id: None,
        malformed_events: 0,
        warnings: Vec::new(),
        usage: Some(Usage {
            input: 400,
            output: 600,
            ..Usage::ZERO
        }),
        raw_usage: None,
        rates: None,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost::UNKNOWN,
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: None,
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    };
    let begun = NewRun {
        id: run,
        origin: RunOrigin::Gateway,
        requested: endpoint,
        target: None,
        route_name: None,
        skipped: Vec::new(),
        purpose: Purpose::Answer,
        app: None,
        budget_note: None,
        started_at: at,
    };
    store.begin_lone_run(begun, None).await.unwrap();
    let finish = FinishRun {
        tool_calls: None,
        thinking: None,
        run,
        outcome: Outcome::Answered {
            reason: FinishReason::Stop,
        },
        text: String::new(),
        reasoning: String::new(),
        attempt: Some(attempt),
        ended_at: at,
    };
    store.finish_run(finish).await.unwrap();
}

fn everything() -> SpendFilter {
    let day = |text: &str| text.parse::<Day>().unwrap();
    SpendFilter::between(day("1970-01-01"), day("9999-12-31"))
}

async fn priced_now(engine: &Engine) -> RepriceOutcome {
    let request = RepriceRequest {
        endpoint: None,
        from: None,
        // The attempts lie ahead of a clock that stands before them.
        to: Some("9999-12-31".parse().unwrap()),
        which: RepriceWhich::Unknown,
        is_trial: false,
    };
    engine.reprice(&request).await.unwrap()
}

/// As the child: prices what is left, until it is killed or done.
async fn price(folder: &Path) {
    let engine = open(folder).await;
    tell("going");
    let outcome = priced_now(&engine).await;
    assert_eq!(outcome.unknown_after, 0);
    tell("done");
    engine.close().await;
}

/// The audit and the attempts say the same; returns how many are priced.
async fn check(folder: &Path) -> u64 {
    let engine = open(folder).await;
    let total = engine.spend_overview(everything()).await.unwrap().span;
    let audit = engine.spend_audit().await.unwrap();
    let changed: u64 = audit.iter().map(|job| job.changed).sum();
    assert_eq!(total.attempts, ATTEMPTS);
    assert_eq!(total.unknown, ATTEMPTS - changed, "{audit:?}");
    let known: i64 = audit.iter().map(|job| job.after.0 - job.before.0).sum();
    assert_eq!(total.known.0, known);
    assert_eq!(known, i64::try_from(changed).unwrap() * EACH);
    for (index, job) in audit.iter().enumerate() {
        let words = &job.words;
        assert!(
            words.starts_with(&format!("Priced {} attempts without a cost", job.changed)),
            "{words}"
        );
        // Only the last one can have come to its end.
        assert_eq!(job.is_whole, !words.contains("cut short"), "{words}");
        assert!(index == 0 || !job.is_whole);
    }
    engine.close().await;
    changed
}
