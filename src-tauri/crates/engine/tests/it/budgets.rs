//! Budgets hold: whatever is asked at once, nothing is sent that could break one.

use patchbay_domain::budget::{Budget, Period, Scope, Stage};
use patchbay_domain::route::{Route, RouteEntry, Target};
use patchbay_domain::{
    BudgetId, Endpoint, FailureClass, MessageStatus, NanoUsd, Parameters, ProviderId, RouteId,
};
use patchbay_engine::{EngineError, OwnPrice, Question, SpendFilter, SpendOrder};

use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use crate::support::{Answered, Bench, form, open};

fn budget(limit: i64) -> Budget {
    Budget {
        id: BudgetId::from_bytes([0; 16]),
        scope: Scope::Everything,
        period: Period::Month,
        limit: NanoUsd(limit),
        warns_at: None,
        saves_at: None,
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    }
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path()).await;
    let models = ["echo:a", "echo:dear", "echo:cheap"];
    let server = ScriptedProvider::start_with(ScriptedOptions {
        more_models: models.map(str::to_owned).to_vec(),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let saved = engine
        .save_provider(form("Scripted", &server.base_url(), None))
        .await
        .unwrap();
    Bench {
        engine,
        server,
        provider: saved.record.id,
        folder,
    }
}

/// One dollar a million tokens, so that a token costs a thousand nano-dollars.
async fn priced(bench: &Bench, model: &str, dollars: &str) -> Endpoint {
    let endpoint = bench.endpoint(model);
    let price = OwnPrice {
        input: Some(dollars.to_owned()),
        output: Some(dollars.to_owned()),
        ..OwnPrice::default()
    };
    bench.engine.set_own_price(&endpoint, &price).await.unwrap();
    endpoint
}

fn question(text: &str, max_tokens: Option<u32>) -> Question {
    Question::New {
        text: text.to_owned(),
        system_prompt: String::new(),
        parameters: Parameters {
            max_tokens,
            ..Parameters::default()
        },
    }
}

async fn ask(bench: &Bench, endpoint: &Endpoint, max_tokens: Option<u32>) -> Answered {
    let target = Target::Endpoint {
        endpoint: endpoint.clone(),
    };
    let asked = bench.put_to(target, question("Hello", max_tokens)).await;
    asked.unwrap().end().await
}

#[tokio::test]
async fn a_spent_budget_stops_what_costs_and_says_so() {
    let bench = bench().await;
    let endpoint = priced(&bench, "echo:a", "1000").await;
    let answered = ask(&bench, &endpoint, Some(300)).await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    assert!(answered.attempts[0].reserved.unwrap() >= answered.attempts[0].cost.amount.unwrap());
    let spent = answered.attempts[0].cost.amount.unwrap();
    bench
        .engine
        .save_budget(None, budget(spent.0))
        .await
        .unwrap();
    let requests = bench.server.chat_requests().len();
    let refused = ask(&bench, &endpoint, Some(300)).await;
    assert_eq!(refused.message.status, MessageStatus::Failed);
    assert_eq!(
        bench.server.chat_requests().len(),
        requests,
        "nothing was sent"
    );
    let standing = &bench.engine.budgets().await.unwrap()[0];
    assert_eq!((standing.stage, standing.used.spent), (Stage::Spent, spent));
    assert_eq!(standing.name, "Everything");
    let detail = bench
        .engine
        .conversation(refused.message.conversation)
        .await
        .unwrap();
    let run = detail.runs.values().next().unwrap();
    let failure = run.failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::OverBudget);
    assert!(
        failure.message.contains("Everything, a month"),
        "{}",
        failure.message
    );
    // It is a request all the same, and no failure of anybody's.
    let today = bench.engine.today();
    let today = SpendFilter::between(today, today);
    let overview = bench.engine.spend_overview(today.clone()).await.unwrap();
    assert_eq!((overview.refused.stopped, overview.refused.unasked), (1, 1));
    assert_eq!(overview.refused_today, overview.refused);
    assert_eq!((overview.span.first_tries, overview.span.answered), (1, 1));
    let newest = SpendOrder::Newest;
    let (stopped, has_more) = bench
        .engine
        .stopped_answers(today, newest, 0, 10)
        .await
        .unwrap();
    assert_eq!((stopped.len(), has_more), (1, false));
    assert_eq!(stopped[0].run.id, refused.message.run.unwrap());
    assert_eq!(stopped[0].run.question.as_deref(), Some("Hello"));
}

#[tokio::test]
async fn an_answer_is_held_to_what_the_budget_leaves() {
    let bench = bench().await;
    let endpoint = priced(&bench, "echo:a", "1").await;
    // A prompt of some hundred bytes at most, and about a thousand tokens of answer.
    bench
        .engine
        .save_budget(None, budget(1_200_000))
        .await
        .unwrap();
    let answered = ask(&bench, &endpoint, Some(4_000)).await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    let sent = bench.server.chat_requests().pop().unwrap().json();
    let end = sent["max_tokens"]
        .as_u64()
        .or(sent["max_completion_tokens"].as_u64())
        .unwrap();
    assert!((900..1_200).contains(&end), "{end}");
    let detail = bench
        .engine
        .conversation(answered.message.conversation)
        .await
        .unwrap();
    let note = detail
        .runs
        .values()
        .next()
        .unwrap()
        .budget_note
        .clone()
        .unwrap();
    assert!(note.contains(&format!("{end} tokens")), "{note}");
}

#[tokio::test]
async fn many_at_once_never_break_a_budget() {
    let bench = bench().await;
    let endpoint = priced(&bench, "echo:a", "100").await;
    // Room for about three worst cases of some 46 thousand nano-dollars a token.
    let limit = 100_000_000;
    bench.engine.save_budget(None, budget(limit)).await.unwrap();
    let mut going = Vec::new();
    for number in 0..40 {
        let target = Target::Endpoint {
            endpoint: endpoint.clone(),
        };
        let text = format!("Say {}", "word ".repeat(20 + number));
        going.push(
            bench
                .put_to(target, question(&text, Some(300)))
                .await
                .unwrap(),
        );
        let standing = &bench.engine.budgets().await.unwrap()[0];
        // What is being let go counts twice for a moment, so only what is settled is exact here.
        assert!(standing.used.spent.0 <= limit, "{:?}", standing.used);
    }
    let (mut whole, mut refused) = (0, 0);
    for one in going {
        match one.end().await.message.status {
            MessageStatus::Complete => whole += 1,
            MessageStatus::Failed => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(whole > 0 && refused > 0, "{whole} whole, {refused} refused");
    let day = bench.engine.today();
    let overview = bench
        .engine
        .spend_overview(SpendFilter::between(day, day))
        .await
        .unwrap();
    assert!(overview.span.known.0 <= limit);
    assert_eq!(overview.reserved, NanoUsd(0));
}

#[tokio::test]
async fn a_budget_that_saves_asks_another_route_and_the_receipt_says_so() {
    let bench = bench().await;
    let dear = priced(&bench, "echo:dear", "1000").await;
    let cheap = priced(&bench, "echo:cheap", "1").await;
    let entries = vec![RouteEntry::Endpoint { endpoint: cheap }];
    let route = Route::new(bench.engine.new_route_id(), "Cheap", entries);
    let route = bench.engine.save_route(route).await.unwrap();
    ask(&bench, &dear, Some(300)).await;
    let saving = Budget {
        saves_at: Some(1),
        saves_with: Some(route.id),
        stops: false,
        ..budget(1_000_000)
    };
    bench.engine.save_budget(None, saving).await.unwrap();
    let spared = ask(&bench, &dear, Some(300)).await;
    assert_eq!(spared.attempts[0].endpoint.model, "echo:cheap");
    let detail = bench
        .engine
        .conversation(spared.message.conversation)
        .await
        .unwrap();
    let note = detail
        .runs
        .values()
        .next()
        .unwrap()
        .budget_note
        .clone()
        .unwrap();
    assert!(
        note.contains("Cheap") && note.contains("Everything"),
        "{note}"
    );
}

/// Two ways in to a model that the catalogue knows, the one that is asked at one dollar a million tokens.
async fn asked_beside(other: &str) -> (Answered, Option<String>) {
    let bench = bench().await;
    let dear = priced(&bench, "echo:dear", "1000").await;
    ask(&bench, &dear, Some(300)).await;
    let server = ScriptedProvider::start_with(ScriptedOptions {
        more_models: vec!["gpt-4o".to_owned()],
        ..ScriptedOptions::default()
    })
    .unwrap();
    let mut ways = Vec::new();
    for (name, dollars) in [("First", "1"), ("Second", other)] {
        let saved = bench
            .engine
            .save_provider(form(name, &server.base_url(), None))
            .await
            .unwrap();
        let endpoint = Endpoint {
            provider: saved.record.id,
            model: "gpt-4o".to_owned(),
        };
        let price = OwnPrice {
            input: Some(dollars.to_owned()),
            output: Some(dollars.to_owned()),
            ..OwnPrice::default()
        };
        bench.engine.set_own_price(&endpoint, &price).await.unwrap();
        ways.push(endpoint);
    }
    let saving = Budget {
        saves_at: Some(1),
        stops: false,
        ..budget(1_000_000)
    };
    bench.engine.save_budget(None, saving).await.unwrap();
    let answered = ask(&bench, &ways[0], Some(300)).await;
    let detail = bench
        .engine
        .conversation(answered.message.conversation)
        .await
        .unwrap();
    let note = detail.runs.values().next().unwrap().budget_note.clone();
    (answered, note)
}

#[tokio::test]
async fn a_budget_that_saves_says_so_only_where_it_changed_something() {
    let (spared, note) = asked_beside("0.5").await;
    assert_eq!(spared.attempts[0].provider_name, "Second");
    assert!(note.unwrap().contains("cheapest way in"));

    // What was chosen is the cheapest: it is asked alone, as without a budget, and nothing is said.
    let (same, note) = asked_beside("2").await;
    assert!(!same.attempts.is_empty());
    for attempt in &same.attempts {
        assert_eq!(attempt.provider_name, "First");
    }
    assert_eq!(note, None);
}

#[tokio::test]
async fn what_has_no_price_is_refused_only_where_the_budget_says_so() {
    let bench = bench().await;
    let endpoint = bench.endpoint("echo:a");
    let kept = bench
        .engine
        .save_budget(None, budget(1_000_000_000))
        .await
        .unwrap();
    let refused = ask(&bench, &endpoint, None).await;
    assert_eq!(refused.message.status, MessageStatus::Failed);
    let detail = bench
        .engine
        .conversation(refused.message.conversation)
        .await
        .unwrap();
    let run = detail.runs.values().next().unwrap();
    let failure = run.failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::OverBudget);
    assert!(
        failure.message.contains("Everything, a month") && failure.message.contains("price"),
        "{}",
        failure.message
    );
    let loose = Budget {
        refuses_unknown: false,
        ..kept.budget
    };
    bench
        .engine
        .save_budget(Some(loose.id), loose)
        .await
        .unwrap();
    let answered = ask(&bench, &endpoint, None).await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
    let standing = &bench.engine.budgets().await.unwrap()[0];
    assert_eq!(standing.used.unknown, 1, "and it is said");
}

#[tokio::test]
async fn a_budget_that_cannot_be_is_refused_with_its_field() {
    let bench = bench().await;
    let field = async |budget: Budget| match bench.engine.save_budget(None, budget).await {
        Err(EngineError::Input(input)) => input.field,
        other => panic!("{other:?}"),
    };
    assert_eq!(field(budget(0)).await, "limit");
    let lost = Budget {
        saves_at: Some(50),
        saves_with: Some(RouteId::from_bytes([9; 16])),
        ..budget(5)
    };
    assert_eq!(field(lost).await, "savesWithRouteId");
    bench.engine.save_budget(None, budget(5)).await.unwrap();
    assert_eq!(field(budget(7)).await, "scope");
    let other = Budget {
        scope: Scope::Provider {
            provider: ProviderId::new("x"),
        },
        ..budget(7)
    };
    assert!(bench.engine.save_budget(None, other).await.is_ok());
}
