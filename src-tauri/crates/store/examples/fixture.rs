//! Writes a small database with something in every table, for `tests/fixtures`.
//!
//! `cargo run -p patchbay-store --example fixture -- <new folder>` leaves `patchbay.sqlite3` there.
//! When a schema is released, keep its file as `tests/fixtures/schema-<n>.sqlite3`, and never write
//! it anew: it stands for the files that people have.
//!
//! Long because it puts something into every table.
#![expect(
    clippy::unwrap_used,
    reason = "a tool for developers: a panic says where"
)]

use std::path::PathBuf;
use std::time::Duration;

use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::rates::Rates;
use patchbay_domain::receipt::Timings;
use patchbay_domain::route::{
    Circuit, DeclaredPolicy, Route, RouteEntry, SkipReason, Skipped, Target, Training,
};
use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Allowance, Attempt, AttemptId, AttemptStatus, AuditId, BudgetId, ConversationId, Cost,
    CostKind, Endpoint, Failure, FailureClass, FinishReason, JsonText, LabId, Message, MessageId,
    MessageStatus, ModelListing, NanoUsd, NanoUsdPerMTok, Origin, Parameters, Price, ProviderId,
    RateLimits, RawUsage, Reset, Role, RouteId, RunId, UnixMillis, Usage, UsageImportId,
};
use patchbay_store::{
    AskedTexts, AuditLine, BeginRun, Client, FetchedBalance, FinishRun, NewAppRequest,
    NewConversation, NewRun, PartialAnswer, ProviderKey, ProviderRecord, Repriced, RunConversation,
    RunOrigin, Store, StoreOptions, UsageImportRecord,
};
use uuid::Uuid;

const NOW: i64 = 1_795_000_000_000;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let (store, report) = Store::open(&folder, &StoreOptions::new(UnixMillis(NOW))).unwrap();
    assert!(report.is_new, "give a new folder");
    settings(&store).await;
    let first = new_conversation(1, "What is a patch bay?");
    store
        .begin_run(run(RunConversation::New(first), 1, "What is a patch bay?"))
        .await
        .unwrap();
    store.settle_attempt(failed(1, 1)).await.unwrap();
    finish(&store, 1, "A board of sockets.", answered(1, 2)).await;
    let again = RunConversation::Existing(ConversationId::from_uuid(Uuid::from_u128(1)));
    store
        .begin_run(run(again, 2, "What is a patchbay, in one word?"))
        .await
        .unwrap();
    let unknown = Attempt {
        cost: Cost::UNKNOWN,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        ordinal: 0,
        ..answered(2, 3)
    };
    finish(&store, 2, "Switchboard.", unknown).await;
    interrupted(&store).await;
    routes(&store).await;
    spend(&store).await;
    store.close(Duration::from_secs(30)).await.unwrap();
}

async fn settings(store: &Store) {
    let acme = ProviderRecord {
        id: ProviderId::new("acme"),
        name: "Acme".to_owned(),
        family: "openai_chat".to_owned(),
        preset: Some("acme".to_owned()),
        has_attribution: false,
        options: serde_json::json!({"region": "eu", "later": {"deep": [1, null]}})
            .as_object()
            .cloned()
            .unwrap_or_default(),
        base_url: "https://api.example.com/v1".to_owned(),
        origin: Origin::from_serialized("https://api.example.com"),
        extra_headers: vec![("X-Title".to_owned(), "Patchbay".to_owned())],
        position: 0,
        created_at: UnixMillis(NOW),
    };
    store.put_provider(acme.clone()).await.unwrap();
    let listing = |id: &str| ModelListing {
        id: id.to_owned(),
        name: Some(id.to_uppercase()),
        context_length: Some(128_000),
        owned_by: Some("acme".to_owned()),
        ..ModelListing::default()
    };
    let models = vec![listing("acme/large"), listing("acme/small")];
    store
        .replace_models(acme.id, models, UnixMillis(NOW))
        .await
        .unwrap();
    store
        .set_setting("theme", serde_json::json!("dark"))
        .await
        .unwrap();
    store
        .colours_of(vec![vec!["acme/large".to_owned()]])
        .await
        .unwrap();
    keys_and_prices(store).await;
}

/// What came with schema 2.
async fn keys_and_prices(store: &Store) {
    let (acme, key) = (ProviderId::new("acme"), "default".to_owned());
    store
        .put_key(ProviderKey {
            provider: acme.clone(),
            id: key.clone(),
            label: "work".to_owned(),
            position: 0,
            created_at: UnixMillis(NOW),
            is_disabled: false,
            last_test: None,
        })
        .await
        .unwrap();
    let balance = FetchedBalance {
        at: UnixMillis(NOW),
        said: serde_json::json!({"remaining": "12.50"}),
    };
    store.set_balance(acme, key, balance).await.unwrap();
    let tag = PriceTag {
        source: PriceSource::Provider,
        name: "Acme's list".to_owned(),
        as_of: UnixMillis(NOW),
    };
    let rates = Rates {
        input: Some(NanoUsdPerMTok(3_000_000_000)),
        output: Some(NanoUsdPerMTok(15_000_000_000)),
        ..Rates::default()
    };
    let listed = Price::flat(rates, tag);
    store
        .record_prices(vec![(endpoint(), listed.clone())], UnixMillis(NOW))
        .await
        .unwrap();
    store
        .set_price_override(endpoint(), listed, UnixMillis(NOW))
        .await
        .unwrap();
    store
        .set_star("acme/large".to_owned(), Some(UnixMillis(NOW)))
        .await
        .unwrap();
}

/// What came with schema 7, and with schema 8 what it is gone on from.
fn app_request() -> NewAppRequest {
    NewAppRequest {
        app: "editor".to_owned(),
        endpoint: "responses".to_owned(),
        model: "everyday".to_owned(),
        is_stream: false,
        client: Client::default(),
        texts: Some(AskedTexts {
            question: "How many legs has a zebra?".to_owned(),
            request: Some(JsonText("{}".to_owned())),
            has_instructions: true,
        }),
    }
}

/// What came with schema 3: a route and a run of it without a conversation, an endpoint that is left
/// alone, and a measurement.
async fn routes(store: &Store) {
    let id = RouteId::from_uuid(Uuid::from_u128(1));
    let entry = RouteEntry::Endpoint {
        endpoint: endpoint(),
    };
    let route = Route::new(id, "Everyday", vec![entry]);
    store.save_route(route, UnixMillis(NOW)).await.unwrap();
    let lone = NewRun {
        id: run_id(4),
        origin: RunOrigin::Gateway,
        requested: endpoint(),
        target: Some(Target::Route { id }),
        route_name: Some("Everyday".to_owned()),
        skipped: vec![Skipped {
            endpoint: None,
            name: "acme/gone".to_owned(),
            entry: 1,
            reason: SkipReason::NotListed,
        }],
        purpose: patchbay_domain::receipt::Purpose::Judge,
        app: None,
        budget_note: None,
        started_at: UnixMillis(NOW),
    };
    store
        .begin_app_run(lone, None, app_request())
        .await
        .unwrap();
    let continued = Attempt {
        made_because: MadeBecause::Continuation,
        continues_at: Some(14),
        data_policy: Some(DeclaredPolicy {
            training: Training::No,
            keeps_days: Some(30),
            words: "Kept to find abuse.".to_owned(),
            source: "https://example.com/policy".to_owned(),
            as_of: "2026-07".to_owned(),
        }),
        ..answered(4, 6)
    };
    store.settle_attempt(failed(4, 5)).await.unwrap();
    finish(store, 4, "", continued).await;
    let mut circuit = Circuit::default();
    for _ in 0..3 {
        let failure = Failure::new(FailureClass::ServerError, "broken");
        circuit.failed(&failure, UnixMillis(NOW), 0);
    }
    store.save_circuit(endpoint(), circuit).await.unwrap();
    let limits = RateLimits {
        requests: Some(Allowance {
            limit: Some(100),
            remaining: Some(99),
            resets: Some(Reset::AfterMillis(1_000)),
        }),
        ..RateLimits::default()
    };
    store
        .save_rate_limits(endpoint(), limits, UnixMillis(NOW))
        .await
        .unwrap();
    let lab = LabId::from_uuid(Uuid::from_u128(1));
    let body = JsonText(r#"{"rounds": []}"#.to_owned());
    store.save_lab(lab, UnixMillis(NOW), body).await.unwrap();
}

/// What came with schema 5: a budget, questions that it stopped before anybody was asked and while
/// somebody was, one that had no way in, an attempt that was priced again, and a provider's list.
async fn spend(store: &Store) {
    let budget = Budget {
        id: BudgetId::from_uuid(Uuid::from_u128(1)),
        scope: Scope::Everything,
        period: Period::Month,
        limit: NanoUsd(400_000),
        warns_at: Some(80),
        saves_at: None,
        saves_with: None,
        stops: true,
        refuses_unknown: true,
    };
    store.save_budget(budget, UnixMillis(NOW)).await.unwrap();
    for (number, class) in [
        (5, FailureClass::OverBudget),
        (6, FailureClass::NoWayIn),
        (7, FailureClass::OverBudget),
    ] {
        let again = RunConversation::Existing(ConversationId::from_uuid(Uuid::from_u128(1)));
        store
            .begin_run(run(again, number, "Too dear?"))
            .await
            .unwrap();
        let failure = Failure::new(class, "Nobody was asked.");
        // The last one was refused when it was about to be sent.
        let attempt = (number == 7).then(|| Attempt {
            failure: Some(failure.clone()),
            replaced_text: None,
            ..failed(number, 7)
        });
        let finish = FinishRun {
            tool_calls: None,
            thinking: None,
            run: run_id(number),
            outcome: Outcome::Failed { failure },
            text: String::new(),
            reasoning: String::new(),
            attempt,
            ended_at: UnixMillis(NOW + 1),
        };
        store.finish_run(finish).await.unwrap();
    }
    let unknown = answered(2, 3);
    let priced = Repriced {
        attempt: unknown.id,
        usage: unknown.usage,
        rates: unknown.rates,
        price_tag: unknown.price_tag,
        cost: Cost {
            amount: Some(NanoUsd(600_000)),
            kind: CostKind::Computed,
        },
        list: None,
        model_key: Some("acme/large".to_owned()),
    };
    let id = AuditId::from_uuid(Uuid::from_u128(1));
    let audit = AuditLine {
        id,
        job: id,
        is_last: true,
        at: UnixMillis(NOW),
        words: "Priced 1 attempt without a cost.".to_owned(),
        changed: 1,
        before: NanoUsd(0),
        after: NanoUsd(600_000),
    };
    store.reprice(vec![priced], Some(audit)).await.unwrap();
    let import = UsageImportRecord {
        id: UsageImportId::from_uuid(Uuid::from_u128(1)),
        provider: ProviderId::new("acme"),
        name: "acme.csv".to_owned(),
        body: JsonText("{}".to_owned()),
        created_at: UnixMillis(NOW),
    };
    store.save_usage_import(import).await.unwrap();
}

/// A conversation that a crash left in the middle of an answer, and a deleted one.
async fn interrupted(store: &Store) {
    let place = RunConversation::New(NewConversation {
        title_is_custom: true,
        system_prompt: "Réponds en français.".to_owned(),
        parameters: Parameters {
            temperature: Some(0.5),
            ..Parameters::default()
        },
        ..new_conversation(2, "Une crème brûlée")
    });
    store
        .begin_run(run(place, 3, "Une recette?"))
        .await
        .unwrap();
    let running = Attempt {
        status: AttemptStatus::Running,
        cost: Cost::UNKNOWN,
        ..answered(3, 4)
    };
    store
        .begin_attempt(Attempt {
            ordinal: 0,
            ..running
        })
        .await
        .unwrap();
    let partial = PartialAnswer {
        message: message_id(31),
        text: "Il faut des œufs".to_owned(),
        reasoning: "Dessert.".to_owned(),
        attempt: None,
    };
    store.save_partial(partial).await.unwrap();
    let deleted = new_conversation(3, "Deleted");
    let id = deleted.id;
    store.create_conversation(deleted).await.unwrap();
    store.delete(id, UnixMillis(NOW)).await.unwrap();
}

fn message_id(number: u128) -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(number))
}

fn run_id(number: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(number))
}

fn endpoint() -> Endpoint {
    Endpoint {
        provider: ProviderId::new("acme"),
        model: "acme/large".to_owned(),
    }
}

fn new_conversation(number: u128, title: &str) -> NewConversation {
    NewConversation {
        id: ConversationId::from_uuid(Uuid::from_u128(number)),
        title: title.to_owned(),
        title_is_custom: false,
        system_prompt: String::new(),
        parameters: Parameters::default(),
        created_at: UnixMillis(NOW),
    }
}

fn run(conversation: RunConversation, number: u128, text: &str) -> BeginRun {
    let question = Message {
        id: message_id(number * 10),
        conversation: conversation.id(),
        parent: None,
        role: Role::User,
        text: text.to_owned(),
        reasoning: String::new(),
        status: MessageStatus::Complete,
        run: None,
        created_at: UnixMillis(NOW),
    };
    let answer = Message {
        id: message_id(number * 10 + 1),
        parent: Some(question.id),
        role: Role::Assistant,
        text: String::new(),
        status: MessageStatus::Streaming,
        run: Some(run_id(number)),
        ..question.clone()
    };
    BeginRun {
        attempt: None,
        conversation,
        user_message: Some(question),
        answer,
        run: NewRun {
            id: run_id(number),
            origin: RunOrigin::Chat,
            requested: endpoint(),
            target: None,
            route_name: None,
            skipped: Vec::new(),
            purpose: patchbay_domain::receipt::Purpose::Answer,
            app: None,
            budget_note: None,
            started_at: UnixMillis(NOW),
        },
    }
}

async fn finish(store: &Store, number: u128, text: &str, attempt: Attempt) {
    let finish = FinishRun {
        tool_calls: None,
        thinking: None,
        run: run_id(number),
        outcome: Outcome::Answered {
            reason: FinishReason::Stop,
        },
        text: text.to_owned(),
        reasoning: "Let me think.".to_owned(),
        attempt: Some(attempt),
        ended_at: UnixMillis(NOW + 2_000),
    };
    store.finish_run(finish).await.unwrap();
}

fn answered(run: u128, number: u128) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(number)),
        run: run_id(run),
        ordinal: 1,
        endpoint: endpoint(),
        provider_name: "Acme".to_owned(),
        key_label: Some("work".to_owned()),
        key_id: Some("default".to_owned()),
        started_at: UnixMillis(NOW),
        timings: Timings {
            opened: Some(80),
            first_token: Some(200),
            ended: Some(2_000),
        },
        status: AttemptStatus::Answered,
        failure: None,
        left_because: None,
        finish_reason: Some(FinishReason::Stop),
        served_model: Some("acme/large-2026-10".to_owned()),
        served_by: Some("host-7".to_owned()),
        request_id: Some("req_1".to_owned()),
        malformed_events: 0,
        warnings: Vec::new(),
        usage: Some(Usage {
            input: 100,
            output: 20,
            ..Usage::default()
        }),
        raw_usage: Some(RawUsage(
            r#"{"prompt_tokens":100,"completion_tokens":20}"#.to_owned(),
        )),
        rates: Some(Rates {
            input: Some(NanoUsdPerMTok(3_000_000_000)),
            output: Some(NanoUsdPerMTok(15_000_000_000)),
            ..Rates::default()
        }),
        price_tag: None,
        service_tier: None,
        reported_cost: Some(NanoUsd(4_321)),
        cost: Cost {
            amount: Some(NanoUsd(4_321)),
            kind: CostKind::Reported,
        },
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: None,
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    }
}

fn failed(run: u128, number: u128) -> Attempt {
    Attempt {
        ordinal: 0,
        status: AttemptStatus::Failed,
        failure: Some(Failure::new(FailureClass::RateLimited, "slow down")),
        left_because: Some("asked again after 1.5 s".to_owned()),
        finish_reason: None,
        usage: None,
        raw_usage: None,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost::FREE,
        replaced_text: Some("half an answer".to_owned()),
        ..answered(run, number)
    }
}
