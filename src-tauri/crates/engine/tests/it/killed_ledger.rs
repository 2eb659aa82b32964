//! `kill -9` at random moments in the middle of a thousand answers: what was charged and what stands in
//! the ledger are the same, to the nano-dollar.
//!
//! The test starts itself again as a child that asks and asks. After the last kill the parent sets the
//! rows beside the bill of the scripted provider: every charge has its one row, every row that claims a
//! charge has its one charge, and what a kill left open was held for at least what it came to.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use patchbay_domain::route::{Policy, Route, RouteEntry, Target};
use patchbay_domain::{
    AttemptStatus, CostKind, Endpoint, NanoUsd, Parameters, Rates, RunId, Usage,
};
use patchbay_engine::{
    Choice, Engine, OwnPrice, Question, RunFilter, RunOrigin, RunSink, RunUpdate, SequencedUpdate,
    SpendFilter, StartRun,
};
use patchbay_testkit::{Billed, Pace, ScriptedOptions, ScriptedProvider};

use crate::child::{self, tell};
use crate::support::{form, open};

const CHILD: &str = "PATCHBAY_TEST_LEDGER_FOLDER";
const TEST: &str = "killed_ledger::a_thousand_answers_cost_what_was_billed_whatever_is_killed";

/// Answers that are asked for in all.
const ANSWERS: usize = 1_000;

/// Kills; then it is left to end.
const KILLS: u32 = 10;

/// Asked at once.
const AT_ONCE: usize = 6;

/// What a million tokens cost, read and written, in dollars.
const RATES: (&str, &str) = ("3.7", "11.3");

/// The models that answer, and those that fail first.
const ENDPOINTS: [&str; 5] = ["echo:a", "usage-cached", "503", "cut-after-3", "echo:b"];

#[test]
fn a_thousand_answers_cost_what_was_billed_whatever_is_killed() {
    let runtime = child::runtime();
    if let Some(folder) = std::env::var_os(CHILD) {
        runtime.block_on(ask_on(Path::new(&folder)));
        return;
    }
    let mut moments = child::Moments::new();
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedProvider::start_with(ScriptedOptions {
        pace: Pace::Every(Duration::from_millis(1)),
        more_models: ENDPOINTS.map(str::to_owned).to_vec(),
        ..ScriptedOptions::default()
    })
    .unwrap();
    runtime.block_on(prepare(folder.path(), &server.base_url()));
    for kill in 0..=KILLS {
        let after = moments.next(20, 900);
        if child::run(
            TEST,
            [(CHILD, folder.path().as_os_str())],
            (kill < KILLS).then_some(after),
        ) {
            break;
        }
    }
    runtime.block_on(server.wait_until_idle());
    runtime.block_on(compare(folder.path(), server.bill()));
}

async fn prepare(folder: &Path, base_url: &str) {
    let engine = open(folder).await;
    let saved = engine
        .save_provider(form("Ledger", base_url, None))
        .await
        .unwrap();
    let endpoint = |model: &str| Endpoint {
        provider: saved.record.id.clone(),
        model: model.to_owned(),
    };
    for model in ENDPOINTS {
        let price = OwnPrice {
            input: Some(RATES.0.to_owned()),
            output: Some(RATES.1.to_owned()),
            ..OwnPrice::default()
        };
        engine
            .set_own_price(&endpoint(model), &price)
            .await
            .unwrap();
    }
    // One that always answers, one that falls back, one whose stream breaks and is begun again.
    for (name, models) in [
        ("plain", &["echo:a", "usage-cached"][..]),
        ("falls back", &["503", "echo:b"]),
        ("breaks", &["cut-after-3", "usage-cached"]),
    ] {
        let entries = models
            .iter()
            .map(|model| RouteEntry::Endpoint {
                endpoint: endpoint(model),
            })
            .collect();
        let route = Route {
            policy: Policy::AsListed,
            ..Route::new(engine.new_route_id(), name, entries)
        };
        engine.save_route(route).await.unwrap();
    }
    engine.close().await;
}

/// As the child: asks what is missing of the thousand, until it is killed or done.
async fn ask_on(folder: &Path) {
    let engine = Arc::new(open(folder).await);
    let begun = all_runs(&engine).await.len();
    let routes = engine.routes().await.unwrap();
    tell("going");
    let asked = futures::stream::iter(begun..ANSWERS).map(|number| {
        let engine = Arc::clone(&engine);
        let id = routes[number % routes.len()].id;
        async move {
            let question = Question::New {
                text: format!("Number {number} of process {}", std::process::id()),
                system_prompt: String::new(),
                parameters: Parameters::default(),
            };
            let start = StartRun {
                question,
                target: Target::Route { id },
                origin: RunOrigin::Chat,
            };
            let (told, mut ended) = tokio::sync::mpsc::unbounded_channel();
            let sink = Box::new(move |_: RunId, _: &Choice| {
                Box::new(move |batch: Vec<SequencedUpdate>| {
                    let is_over =
                        |update: &SequencedUpdate| matches!(update.update, RunUpdate::Ended(_));
                    if batch.iter().any(is_over) {
                        let _ = told.send(());
                    }
                    true
                }) as RunSink
            });
            engine.start_run(start, Some(sink)).await.unwrap();
            ended.recv().await.unwrap();
        }
    });
    asked
        .buffer_unordered(AT_ONCE)
        .for_each(|()| async {})
        .await;
    tell("done");
    engine.close().await;
}

async fn all_runs(engine: &Engine) -> Vec<patchbay_engine::FoundRun> {
    let mut runs = Vec::new();
    let mut before = None;
    loop {
        let page = engine
            .find_receipts(RunFilter::default(), before, 200)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        runs.extend(page);
    }
    runs
}

fn price(billed: &Billed) -> i64 {
    let usage = Usage {
        input: billed.input as u64,
        cache_read: billed.cache_read as u64,
        output: billed.output as u64,
        reasoning: billed.reasoning as u64,
        ..Usage::ZERO
    };
    let read = |text: &str| patchbay_domain::money::parse_dollars(text).unwrap().0;
    let rates = Rates {
        input: Some(patchbay_domain::NanoUsdPerMTok(read(RATES.0))),
        output: Some(patchbay_domain::NanoUsdPerMTok(read(RATES.1))),
        ..Rates::default()
    };
    rates.price(&usage).amount.unwrap().0
}

async fn compare(folder: &Path, bill: Vec<Billed>) {
    let engine = open(folder).await;
    let runs = all_runs(&engine).await;
    assert!(runs.len() >= ANSWERS, "{} runs", runs.len());
    // By question and model: no run asks one model twice unless it failed the first time.
    let mut charges: HashMap<(String, String), Vec<i64>> = HashMap::new();
    for billed in &bill {
        let key = (billed.text.clone(), billed.model.clone());
        charges.entry(key).or_default().push(price(billed));
    }
    let (mut settled, mut open_rows, mut open_charges, mut known) = (0_i64, 0, 0_i64, 0_i64);
    for run in &runs {
        let receipt = engine.receipt(run.id).await.unwrap().receipt;
        let question = run.question.clone().unwrap();
        for attempt in receipt.attempts {
            let key = (question.clone(), attempt.endpoint.model.clone());
            known += attempt.cost.amount.map_or(0, |amount| amount.0);
            match attempt.status {
                AttemptStatus::Answered => {
                    let of_key = charges.get_mut(&key).expect("an answer that was billed");
                    let amount = attempt.cost.amount.unwrap();
                    let at = of_key.iter().position(|charge| *charge == amount.0);
                    of_key.remove(at.expect("the row says what was billed"));
                    settled += amount.0;
                }
                AttemptStatus::Interrupted => {
                    open_rows += 1;
                    assert_ne!(
                        attempt.cost.kind,
                        CostKind::Computed,
                        "nobody knows for certain"
                    );
                    let charged = charges.get_mut(&key).and_then(Vec::pop).unwrap_or(0);
                    assert!(
                        NanoUsd(charged) <= attempt.reserved.unwrap(),
                        "{charged} was charged, {:?} was held",
                        attempt.reserved
                    );
                    open_charges += charged;
                }
                AttemptStatus::Failed | AttemptStatus::Stopped => {
                    assert!(charges.get(&key).is_none_or(Vec::is_empty), "{attempt:?}");
                }
                AttemptStatus::Running => panic!("{attempt:?}"),
            }
        }
    }
    let without_row: Vec<_> = charges
        .iter()
        .filter(|(_, left)| !left.is_empty())
        .collect();
    assert!(
        without_row.is_empty(),
        "charges without a row: {without_row:?}"
    );
    let total: i64 = bill.iter().map(price).sum();
    assert_eq!(settled + open_charges, total, "to the nano-dollar");
    assert!(
        open_rows <= KILLS as usize * AT_ONCE,
        "{open_rows} were left open"
    );
    // The sums that people see are those rows.
    let day = |text: &str| text.parse().unwrap();
    let filter = SpendFilter::between(day("1970-01-01"), day("9999-12-31"));
    let overview = engine.spend_overview(filter).await.unwrap();
    assert_eq!(overview.span.known.0, known);
    assert_eq!(overview.reserved, NanoUsd(0), "nothing is held any more");
    engine.close().await;
}
