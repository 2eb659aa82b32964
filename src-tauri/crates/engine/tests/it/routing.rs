//! Routes at work: which way in is asked, what is learnt from it, and what the receipt says.
//!
//! Long because each rule is shown over real sockets, with the same two providers.

use std::sync::Arc;

use patchbay_domain::route::{Gate, Placed, Policy, Route, RouteEntry, SkipReason, Target};
use patchbay_domain::run::{HalfAnswer, MadeBecause};
use patchbay_domain::{
    AttemptStatus, Endpoint, FailureClass, MessageStatus, NanoUsd, Parameters, ProviderId,
};
use patchbay_engine::{
    EngineError, ExportFormat, LabPlan, OwnPrice, ProviderForm, Question, RunFilter,
};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};
use tokio::sync::mpsc;

use crate::support::{Answered, Bench, DEADLINE, form, new_key, open};

/// Two providers on one server: the same models by two ways in.
struct Two {
    bench: Bench,
    first: ProviderId,
    second: ProviderId,
}

impl Two {
    async fn start() -> Self {
        Self::with(ScriptedOptions {
            more_models: vec![
                "first-token-after-3000ms".to_owned(),
                "first-token-after-400ms".to_owned(),
                "cut-after-40".to_owned(),
            ],
            ..ScriptedOptions::default()
        })
        .await
    }

    async fn with(options: ScriptedOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path()).await;
        let server = ScriptedProvider::start_with(options).unwrap();
        let mut ids = Vec::new();
        for name in ["First", "Second"] {
            let saved = engine
                .save_provider(form(name, &server.base_url(), None))
                .await
                .unwrap();
            ids.push(saved.record.id);
        }
        Self {
            first: ids[0].clone(),
            second: ids[1].clone(),
            bench: Bench {
                engine,
                server,
                provider: ids[0].clone(),
                folder,
            },
        }
    }

    fn way(&self, provider: &ProviderId, model: &str) -> RouteEntry {
        RouteEntry::Endpoint {
            endpoint: endpoint(provider, model),
        }
    }

    async fn save(
        &self,
        name: &str,
        entries: Vec<RouteEntry>,
        change: impl FnOnce(&mut Route),
    ) -> Route {
        let mut route = Route::new(self.bench.engine.new_route_id(), name, entries);
        route.local_when_offline = false;
        change(&mut route);
        self.bench.engine.save_route(route).await.unwrap()
    }

    async fn ask(&self, target: Target) -> Answered {
        let question = Question::New {
            text: "Hello there".to_owned(),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        self.bench
            .put_to(target, question)
            .await
            .unwrap()
            .end()
            .await
    }

    async fn ask_route(&self, route: &Route) -> Answered {
        self.ask(Target::Route { id: route.id }).await
    }
}

fn endpoint(provider: &ProviderId, model: &str) -> Endpoint {
    Endpoint {
        provider: provider.clone(),
        model: model.to_owned(),
    }
}

fn story(answered: &Answered) -> Vec<(String, &'static str, &'static str)> {
    answered
        .attempts
        .iter()
        .map(|attempt| {
            (
                format!("{} {}", attempt.provider_name, attempt.endpoint.model),
                attempt.made_because.as_str(),
                attempt.status.as_str(),
            )
        })
        .collect()
}

fn told(parts: &[(&str, &'static str, &'static str)]) -> Vec<(String, &'static str, &'static str)> {
    parts
        .iter()
        .map(|(who, why, how)| ((*who).to_owned(), *why, *how))
        .collect()
}

#[tokio::test]
async fn a_route_goes_on_and_its_receipt_is_kept() {
    let two = Two::start().await;
    let entries = vec![two.way(&two.first, "503"), two.way(&two.second, "answer")];
    let route = two.save("everyday", entries, |_| {}).await;
    let answered = two.ask_route(&route).await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    assert_eq!(
        story(&answered),
        told(&[
            ("First 503", "first", "failed"),
            ("First 503", "retry", "failed"),
            ("Second answer", "next_endpoint", "answered"),
        ])
    );
    let stored = two
        .bench
        .engine
        .conversation(answered.message.conversation)
        .await
        .unwrap();
    let run = &stored.runs[&answered.message.run.unwrap()];
    assert_eq!(run.route_name.as_deref(), Some("everyday"));
    assert_eq!(run.target, Some(Target::Route { id: route.id }));
    assert_eq!(run.receipt.attempts.len(), 3);
    assert_eq!(stored.record.summary.last_target, run.target);
}

#[tokio::test]
async fn a_model_is_a_route_of_all_its_ways_in_the_cheapest_first() {
    let two = Two::start().await;
    let price = |input: &str| OwnPrice {
        input: Some(input.to_owned()),
        output: Some(input.to_owned()),
        ..OwnPrice::default()
    };
    // A name that the catalogue knows is one model wherever it is listed.
    let models = two.bench.engine.models().await.unwrap();
    let shared = models.iter().find(|choice| {
        choice.canonical_id.is_some()
            && models
                .iter()
                .filter(|other| other.key == choice.key)
                .count()
                > 1
    });
    let Some(shared) = shared else {
        // The scripted names are nobody's models, so each way in is a model of its own.
        let own = models
            .iter()
            .find(|choice| choice.endpoint.model == "answer")
            .unwrap();
        let answered = two
            .ask(Target::Model {
                key: own.key.clone(),
            })
            .await;
        assert_eq!(answered.message.status, MessageStatus::Complete);
        return;
    };
    let dear = endpoint(&two.first, &shared.endpoint.model);
    let cheap = endpoint(&two.second, &shared.endpoint.model);
    two.bench
        .engine
        .set_own_price(&dear, &price("9"))
        .await
        .unwrap();
    two.bench
        .engine
        .set_own_price(&cheap, &price("1"))
        .await
        .unwrap();
    let target = Target::Model {
        key: shared.key.clone(),
    };
    let planned = two
        .bench
        .engine
        .plan_route(None, Some(target.clone()), "Hi", None)
        .await
        .unwrap();
    let order: Vec<_> = planned
        .plan
        .steps
        .iter()
        .map(|step| &step.endpoint)
        .collect();
    assert_eq!(order, [&cheap, &dear]);
    assert_eq!(planned.plan.steps[0].placed, Placed::Cheapest);
}

#[tokio::test]
async fn the_next_key_comes_before_the_next_way_in_and_that_before_the_next_model() {
    let two = Two::with(ScriptedOptions {
        expected_keys: vec!["sk-made-up-right-0123456789".to_owned()],
        ..ScriptedOptions::default()
    })
    .await;
    for key in ["sk-made-up-wrong-1111111111", "sk-made-up-empty-2222222222"] {
        two.bench
            .engine
            .set_key(&two.first, new_key(key))
            .await
            .unwrap();
    }
    two.bench
        .engine
        .set_key(&two.second, new_key("sk-made-up-right-0123456789"))
        .await
        .unwrap();
    two.bench.engine.refresh_models(&two.second).await.unwrap();
    let question = |target| {
        let question = Question::New {
            text: "Hello there".to_owned(),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        two.bench.put_to(target, question)
    };
    // The first provider lists nothing with such keys, so it is asked as a way in of its own.
    let alone = question(Target::Endpoint {
        endpoint: endpoint(&two.first, "answer"),
    });
    let alone = alone.await.unwrap().end().await;
    let classes: Vec<_> = alone
        .attempts
        .iter()
        .map(|attempt| attempt.failure.as_ref().unwrap().class)
        .collect();
    assert_eq!(alone.attempts.len(), 2, "{classes:?}");
    assert_eq!(alone.attempts[1].made_because, MadeBecause::NextKey);
    assert_eq!(alone.message.status, MessageStatus::Failed);
}

#[tokio::test]
async fn a_broken_way_in_is_left_alone_across_a_restart_and_found_again_by_one_probe() {
    let two = Two::start().await;
    let entries = vec![
        two.way(&two.first, "503-until-recovered"),
        two.way(&two.second, "answer"),
    ];
    let route = two.save("everyday", entries, |_| {}).await;
    for _ in 0..2 {
        two.ask_route(&route).await;
    }
    let broken = endpoint(&two.first, "503-until-recovered");
    let health = two.bench.engine.health_of(&broken).unwrap();
    assert!(
        matches!(
            health.gate,
            Gate::Open {
                class: FailureClass::Overloaded,
                ..
            }
        ),
        "{health:?}"
    );
    let skipping = two.ask_route(&route).await;
    assert_eq!(
        story(&skipping),
        told(&[("Second answer", "first", "answered")])
    );
    let stored = two
        .bench
        .engine
        .conversation(skipping.message.conversation)
        .await
        .unwrap();
    let run = &stored.runs[&skipping.message.run.unwrap()];
    assert!(matches!(
        run.skipped[0].reason,
        SkipReason::CircuitOpen { .. }
    ));

    // The next start knows it too.
    two.bench.engine.close().await;
    let engine = open(two.bench.folder.path()).await;
    let health = engine.health_of(&broken).unwrap();
    assert!(matches!(health.gate, Gate::Open { .. }), "{health:?}");
    assert!(health.summary.samples >= 3, "{:?}", health.summary);
    // A person who knows better closes it.
    engine.reset_health(&broken);
    assert_eq!(engine.health_of(&broken).unwrap().gate, Gate::Closed);
    engine.close().await;
}

#[tokio::test]
async fn saving_a_provider_closes_what_only_the_person_could_mend() {
    let two = Two::start().await;
    let entries = vec![two.way(&two.first, "402"), two.way(&two.second, "answer")];
    let route = two.save("everyday", entries, |_| {}).await;
    two.ask_route(&route).await;
    let unpaid = endpoint(&two.first, "402");
    assert!(matches!(
        two.bench.engine.health_of(&unpaid).unwrap().gate,
        Gate::Open { .. }
    ));
    let again = ProviderForm {
        id: Some(two.first.clone()),
        ..form("First", &two.bench.server.base_url(), None)
    };
    two.bench.engine.save_provider(again).await.unwrap();
    assert_eq!(
        two.bench.engine.health_of(&unpaid).unwrap().gate,
        Gate::Closed
    );
}

#[tokio::test]
async fn a_late_first_token_is_raced_and_the_loser_is_settled() {
    let two = Two::start().await;
    let entries = vec![
        two.way(&two.first, "first-token-after-3000ms"),
        two.way(&two.second, "answer"),
    ];
    let route = two
        .save("hedged", entries, |route| {
            route.is_hedged = true;
            // Nothing is measured yet, so the second starts after half of this.
            route.limits.first_token_millis = 1_000;
            route.limits.connect_millis = 20_000;
        })
        .await;
    let answered = two.ask_route(&route).await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    let mut told_of = answered.attempts.clone();
    told_of.sort_by_key(|attempt| attempt.ordinal);
    assert_eq!(told_of.len(), 2, "{told_of:?}");
    assert_eq!(told_of[0].status, AttemptStatus::Stopped);
    assert_eq!(
        told_of[0].left_because.as_deref(),
        Some("another way in was faster")
    );
    assert_eq!(told_of[1].made_because, MadeBecause::Hedge);
    assert_eq!(told_of[1].status, AttemptStatus::Answered);
    let found = two
        .bench
        .engine
        .find_receipts(
            RunFilter {
                hedged: true,
                ..RunFilter::default()
            },
            None,
            10,
        )
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn what_was_measured_orders_the_fastest_first() {
    let two = Two::start().await;
    for _ in 0..2 {
        two.ask(Target::Endpoint {
            endpoint: endpoint(&two.first, "first-token-after-400ms"),
        })
        .await;
        two.ask(Target::Endpoint {
            endpoint: endpoint(&two.second, "answer"),
        })
        .await;
    }
    let entries = vec![
        two.way(&two.first, "first-token-after-400ms"),
        two.way(&two.second, "answer"),
    ];
    let route = two
        .save("fast", entries, |route| route.policy = Policy::Fastest)
        .await;
    let planned = two
        .bench
        .engine
        .plan_route(Some(route.clone()), None, "Hi", None)
        .await
        .unwrap();
    assert_eq!(planned.plan.steps[0].endpoint.model, "answer");
    assert!(planned.plan.steps[1].measured.first_token_p50.unwrap() >= 400);
    assert_eq!(planned.plan.steps[1].measured.samples, 2);
    let answered = two.ask_route(&route).await;
    assert_eq!(
        answered.attempts[0].endpoint.model, "answer",
        "the run does what the plan said"
    );
}

#[tokio::test]
async fn a_route_that_leaves_everybody_out_says_why_and_asks_nobody() {
    let two = Two::start().await;
    let entries = vec![
        two.way(&two.first, "answer"),
        two.way(&two.second, "answer"),
    ];
    let route = two
        .save("private", entries, |route| {
            route.requirements.local_only = true
        })
        .await;
    let answered = two.ask_route(&route).await;
    assert_eq!(answered.message.status, MessageStatus::Failed);
    assert!(answered.attempts.is_empty());
    let stored = two
        .bench
        .engine
        .conversation(answered.message.conversation)
        .await
        .unwrap();
    let run = &stored.runs[&answered.message.run.unwrap()];
    assert_eq!(run.failure.as_ref().unwrap().class, FailureClass::NoWayIn);
    assert_eq!(run.skipped.len(), 2);
    assert!(
        run.skipped
            .iter()
            .all(|skipped| skipped.reason == SkipReason::NotLocal)
    );
    assert!(two.bench.server.chat_requests().is_empty());
}

#[tokio::test]
async fn half_an_answer_is_replaced_in_the_text_and_kept_in_the_receipt() {
    let two = Two::start().await;
    let entries = vec![
        two.way(&two.first, "cut-after-40"),
        two.way(&two.second, "answer"),
    ];
    let route = two
        .save("everyday", entries, |route| {
            route.half_answer = HalfAnswer::Replace
        })
        .await;
    let answered = two.ask_route(&route).await;
    assert!(
        answered.message.text.starts_with("A patch bay"),
        "{}",
        answered.message.text
    );
    let half = answered.attempts[0].replaced_text.as_deref().unwrap();
    assert!(half.starts_with("1 2 3"), "{half}");
}

#[tokio::test]
async fn routes_are_written_changed_ordered_and_brought_back() {
    let two = Two::start().await;
    let engine = &two.bench.engine;
    let entries = || vec![two.way(&two.first, "answer")];
    let first = two.save("  every   day ", entries(), |_| {}).await;
    assert_eq!(first.name, "every day");
    let second = two.save("work", entries(), |_| {}).await;
    let taken = engine
        .save_route(Route {
            name: "WORK".to_owned(),
            ..first.clone()
        })
        .await;
    assert!(matches!(taken, Err(EngineError::Input(input)) if input.field == "name"));
    let empty = engine
        .save_route(Route {
            entries: Vec::new(),
            ..first.clone()
        })
        .await;
    assert!(matches!(empty, Err(EngineError::Input(input)) if input.field == "entries"));
    engine
        .reorder_routes(vec![second.id, first.id])
        .await
        .unwrap();
    let names = |routes: Vec<Route>| {
        routes
            .into_iter()
            .map(|route| route.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(engine.routes().await.unwrap()), ["work", "every day"]);
    engine.delete_route(second.id).await.unwrap();
    assert_eq!(names(engine.routes().await.unwrap()), ["every day"]);
    let gone = two
        .bench
        .put_to(
            Target::Route { id: second.id },
            Question::New {
                text: "Hi".to_owned(),
                system_prompt: String::new(),
                parameters: Parameters::default(),
            },
        )
        .await;
    assert!(matches!(gone, Err(EngineError::NotFound(_))));
    engine.restore_route(second.id).await.unwrap();
    assert_eq!(engine.routes().await.unwrap().len(), 2);
    let template = engine.route_template().await.unwrap();
    assert_eq!(template.name, "everyday");
    // Nobody knows these models or has used one, so that any of them would be a draw of lots.
    assert_eq!(template.entries, []);
    two.ask(Target::Endpoint {
        endpoint: endpoint(&two.second, "answer"),
    })
    .await;
    let template = engine.route_template().await.unwrap();
    let [RouteEntry::Model { key }] = template.entries.as_slice() else {
        panic!("{:?}", template.entries);
    };
    assert!(key.ends_with("answer"), "{key}");
}

#[tokio::test]
async fn receipts_are_found_by_what_happened() {
    let two = Two::start().await;
    let entries = vec![two.way(&two.first, "503"), two.way(&two.second, "answer")];
    let route = two.save("everyday", entries, |_| {}).await;
    let switched = two.ask_route(&route).await;
    two.ask(Target::Endpoint {
        endpoint: endpoint(&two.second, "answer"),
    })
    .await;
    two.ask(Target::Endpoint {
        endpoint: endpoint(&two.second, "401"),
    })
    .await;
    let find = |filter: RunFilter| two.bench.engine.find_receipts(filter, None, 50);
    let found = find(RunFilter {
        tried_again: true,
        ..RunFilter::default()
    })
    .await
    .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(Some(found[0].id), switched.message.run);
    assert_eq!(found[0].tried.len(), 3);
    assert_eq!(found[0].tried[0].http_status, Some(503));
    let failed = find(RunFilter {
        failed: true,
        ..RunFilter::default()
    })
    .await
    .unwrap();
    assert_eq!(failed.len(), 1);
    let dear = find(RunFilter {
        cost_above: Some(NanoUsd(1_000_000_000_000)),
        ..RunFilter::default()
    });
    assert!(dear.await.unwrap().is_empty());
    let all = find(RunFilter::default()).await.unwrap();
    assert_eq!(all.len(), 3);
    let rest = two
        .bench
        .engine
        .find_receipts(RunFilter::default(), Some(all[0].id), 50)
        .await
        .unwrap();
    assert_eq!(rest.len(), 2, "the page after the newest");
    let detail = two.bench.engine.receipt(found[0].id).await.unwrap();
    assert_eq!(detail.receipt.attempts.len(), 3);
}

#[tokio::test]
async fn the_lab_asks_in_turn_counts_and_keeps() {
    let two = Two::start().await;
    let engine = Arc::new(two.bench.engine);
    let plan = LabPlan {
        endpoints: vec![
            endpoint(&two.first, "answer"),
            endpoint(&two.second, "first-token-after-400ms"),
        ],
        baseline: Some(0),
        rounds: 6,
        prompt: "Say hi.".to_owned(),
        max_tokens: 16,
    };
    let estimate = engine.estimate_lab(&plan).await.unwrap();
    assert_eq!(estimate.requests, 12);
    let (sender, mut progress) = mpsc::unbounded_channel();
    let begun = engine
        .start_lab(plan, move |lab| drop(sender.send(lab.clone())))
        .await
        .unwrap();
    let mut last = begun.clone();
    while last.is_running {
        last = tokio::time::timeout(DEADLINE, progress.recv())
            .await
            .unwrap()
            .unwrap();
    }
    assert_eq!(last.samples.len(), 12);
    assert_ne!(
        last.samples[0].endpoint, last.samples[2].endpoint,
        "the second round begins with the other"
    );
    let figures = last.figures();
    let added = figures.rows[1].added_first_token.unwrap();
    assert!(
        added.median >= 300.0 && added.interval.is_some(),
        "{added:?}"
    );
    assert_eq!((figures.rows[0].answered, figures.rows[0].failed), (6, 0));

    let kept = engine.labs().await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].samples, last.samples);
    let markdown = engine
        .export_lab(begun.id, ExportFormat::Markdown)
        .await
        .unwrap();
    assert!(markdown.contains("| baseline |"), "{markdown}");
    let csv = engine
        .export_lab(begun.id, ExportFormat::Csv)
        .await
        .unwrap();
    assert_eq!(csv.lines().count(), 13);
    // Its requests are runs like all others.
    let runs = engine
        .find_receipts(RunFilter::default(), None, 50)
        .await
        .unwrap();
    assert_eq!(runs.len(), 12);
    assert!(
        runs.iter()
            .all(|run| run.conversation.is_none() && run.status == AttemptStatus::Answered)
    );
    engine.delete_lab(begun.id).await.unwrap();
    assert!(engine.labs().await.unwrap().is_empty());
    assert_eq!(
        engine
            .find_receipts(RunFilter::default(), None, 50)
            .await
            .unwrap()
            .len(),
        12
    );
}

#[tokio::test]
async fn a_measurement_can_be_stopped_and_keeps_what_it_has() {
    let two = Two::start().await;
    let engine = Arc::new(two.bench.engine);
    let plan = LabPlan {
        endpoints: vec![endpoint(&two.first, "answer")],
        baseline: None,
        rounds: 200,
        prompt: "Say hi.".to_owned(),
        max_tokens: 16,
    };
    let refused = engine
        .estimate_lab(&LabPlan {
            rounds: 0,
            ..plan.clone()
        })
        .await;
    assert!(matches!(refused, Err(EngineError::Input(input)) if input.field == "rounds"));
    let (sender, mut progress) = mpsc::unbounded_channel();
    let begun = engine
        .start_lab(plan, move |lab| drop(sender.send(lab.clone())))
        .await
        .unwrap();
    let first = tokio::time::timeout(DEADLINE, progress.recv())
        .await
        .unwrap()
        .unwrap();
    assert!(first.is_running);
    engine.stop_lab(begun.id);
    let mut last = first;
    while last.is_running {
        last = tokio::time::timeout(DEADLINE, progress.recv())
            .await
            .unwrap()
            .unwrap();
    }
    assert!(last.is_stopped && last.samples.len() < 200);
    assert_eq!(
        engine.labs().await.unwrap()[0].samples.len(),
        last.samples.len()
    );
}

#[tokio::test]
async fn the_wall_judges_a_route_by_its_own_ways_in() {
    let two = Two::start().await;
    let entries = vec![two.way(&two.first, "answer"), two.way(&two.second, "echo")];
    let route = two.save("everyday", entries, |_| {}).await;
    let verdicts = two.bench.engine.test_route(&route).await.unwrap();
    assert_eq!(verdicts.len(), 16);
    let passed = |verdicts: &[patchbay_domain::wall::Verdict]| {
        verdicts
            .iter()
            .filter(|verdict| verdict.word == patchbay_domain::wall::VerdictWord::Pass)
            .count()
    };
    assert_eq!(passed(&verdicts), 16, "{verdicts:?}");
    let alone = two
        .save("alone", vec![two.way(&two.first, "answer")], |_| {})
        .await;
    let verdicts = two.bench.engine.test_route(&alone).await.unwrap();
    assert!(passed(&verdicts) < 16);
    assert!(
        two.bench.server.chat_requests().is_empty(),
        "nothing is sent"
    );
}

#[tokio::test]
async fn what_a_provider_allows_is_told_and_a_spent_allowance_left_alone() {
    let two = Two::with(ScriptedOptions {
        request_limit: Some(2),
        ..ScriptedOptions::default()
    })
    .await;
    let way = endpoint(&two.first, "answer");
    for _ in 0..2 {
        two.ask(Target::Endpoint {
            endpoint: way.clone(),
        })
        .await;
    }
    let health = two.bench.engine.health_of(&way).unwrap();
    let (limits, _) = health.rate_limits.expect("the headers were read");
    assert_eq!(limits.requests.unwrap().remaining, Some(0));
    let route = two
        .save(
            "everyday",
            vec![two.way(&two.first, "answer"), two.way(&two.second, "echo")],
            |_| {},
        )
        .await;
    let planned = two
        .bench
        .engine
        .plan_route(Some(route), None, "Hi", None)
        .await
        .unwrap();
    let reasons: Vec<_> = planned
        .plan
        .skipped
        .iter()
        .map(|skipped| &skipped.reason)
        .collect();
    assert!(
        matches!(reasons[..], [SkipReason::RateLimitedUntil { .. }]),
        "{reasons:?}"
    );
}
