//! Measures what Spend asks of a long history: every chart over a year of attempts.
//!
//! `cargo run --release -p patchbay-store --example spend -- <new folder> [attempts]`. The history is
//! made up: six providers, thirty models, three origins, two keys, a chat for each ten answers. Times
//! are wall-clock, the best and the worst of seven after one that is not counted.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers: it prints, a panic says where, and its year ends now"
)]

use std::future::Future;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::rates::Rates;
use patchbay_domain::receipt::{ListPrice, Purpose, Timings};
use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, ConversationId, Cost, CostKind, Endpoint, FinishReason,
    Message, MessageId, MessageStatus, NanoUsd, NanoUsdPerMTok, Parameters, ProviderId, Role,
    RunId, UnixMillis, Usage,
};
use patchbay_store::{
    BeginRun, FinishRun, NewConversation, NewRun, RunConversation, RunOrigin, SpendBy, SpendFilter,
    SpendOrder, Store, StoreOptions, Synchronous,
};
use tokio::task::JoinSet;
use uuid::Uuid;

const YEAR: i64 = 365 * 24 * 60 * 60 * 1_000;
const A_CHAT: u128 = 10;
const LOOKS: usize = 7;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let attempts: u128 = std::env::args()
        .nth(2)
        .map_or(200_000, |count| count.parse().unwrap());
    // The year until now, so that the window shows it as the last one.
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(since_1970.as_millis()).unwrap();
    let options = StoreOptions {
        synchronous: Synchronous::Normal,
        ..StoreOptions::new(UnixMillis(now))
    };
    let (store, _) = Store::open(&folder, &options).unwrap();
    let started = Instant::now();
    let mut chats = JoinSet::new();
    for chat in 0..attempts / A_CHAT {
        let store = store.clone();
        chats.spawn(async move { fill(&store, chat, attempts, now).await });
        // As many at once as share a transaction.
        if chats.len() >= 128 {
            chats.join_next().await.unwrap().unwrap();
        }
    }
    while chats.join_next().await.is_some() {}
    println!("{attempts} attempts written in {:.1?}", started.elapsed());
    // Opened again, with the statistics that closing leaves.
    store.close(Duration::from_secs(600)).await.unwrap();
    let (store, _) = Store::open(&folder, &options).unwrap();
    let first = store.first_spend_day().await.unwrap().unwrap();
    let all = SpendFilter::between(first, first.plus(366));
    let month = SpendFilter::between(first.plus(300), first.plus(330));
    for (span, filter) in [("a year", &all), ("a month", &month)] {
        println!("\n{span}");
        total(&store, filter).await;
        for by in [
            SpendBy::Provider,
            SpendBy::Model,
            SpendBy::Endpoint,
            SpendBy::Origin,
            SpendBy::Purpose,
            SpendBy::App,
            SpendBy::Key,
            SpendBy::CostKind,
            SpendBy::Conversation,
        ] {
            chart(&store, filter, by).await;
        }
        for order in [SpendOrder::Dearest, SpendOrder::Newest] {
            timed(&format!("answers, {order:?}"), || async {
                store
                    .spent_runs(filter.clone(), order, 0, 50)
                    .await
                    .unwrap()
                    .len()
            })
            .await;
        }
        let one = SpendFilter {
            provider: Some(ProviderId::new("provider-3")),
            model_key: Some("maker/model-3".to_owned()),
            ..filter.clone()
        };
        timed("dearest of one model", || async {
            let found = store.spent_runs(one.clone(), SpendOrder::Dearest, 0, 50);
            found.await.unwrap().len()
        })
        .await;
        timed("what was refused", || async {
            let refused = store.refused(filter.clone()).await.unwrap();
            usize::try_from(refused.unasked).unwrap()
        })
        .await;
        timed("tokens of every attempt", || async {
            store.usage_rows(filter.clone()).await.unwrap().len()
        })
        .await;
    }
    store.close(Duration::from_secs(600)).await.unwrap();
}

async fn total(store: &Store, filter: &SpendFilter) {
    timed("all together", || async {
        let total = store.spend_total(filter.clone()).await.unwrap();
        usize::try_from(total.attempts).unwrap()
    })
    .await;
}

/// What one chart asks: its parts, the sum of all, the days of the dearest, and all days.
async fn chart(store: &Store, filter: &SpendFilter, by: SpendBy) {
    timed(&format!("chart by {by:?}"), || async {
        let groups = store.dearest_groups(filter.clone(), by, 200).await.unwrap();
        store.spend_total(filter.clone()).await.unwrap();
        let dearest = groups.iter().take(7);
        let dearest = dearest.map(|group| (group.key.clone(), group.detail.clone()));
        let days = store.spend_days_of(filter.clone(), by, dearest.collect());
        let days = days.await.unwrap();
        let all = store.spend_by_day(filter.clone()).await.unwrap();
        groups.len() + days.len() + all.len()
    })
    .await;
}

async fn timed<F: Future<Output = usize>>(name: &str, look: impl Fn() -> F) {
    let found = look().await;
    let mut times = Vec::new();
    for _ in 0..LOOKS {
        let started = Instant::now();
        assert_eq!(look().await, found);
        times.push(started.elapsed());
    }
    println!(
        "  {name}: {found} rows in {:.1?} to {:.1?}",
        times.iter().min().unwrap(),
        times.iter().max().unwrap(),
    );
}

/// A chat of ten answers, one after the other.
async fn fill(store: &Store, chat: u128, attempts: u128, now: i64) {
    let conversation = ConversationId::from_uuid(Uuid::from_u128(1 << 80 | chat));
    let mut parent = None;
    for turn in 0..A_CHAT {
        let number = chat * A_CHAT + turn;
        let at = UnixMillis(
            now - YEAR + YEAR / i64::try_from(attempts).unwrap() * i64::try_from(number).unwrap(),
        );
        let run = RunId::from_uuid(Uuid::from_u128(2 << 80 | number));
        let question = message(conversation, 3 << 80 | number, parent, Role::User, None, at);
        let answer = message(
            conversation,
            4 << 80 | number,
            Some(question.id),
            Role::Assistant,
            Some(run),
            at,
        );
        parent = Some(answer.id);
        let place = if turn == 0 {
            RunConversation::New(NewConversation {
                id: conversation,
                title: format!("Chat {chat}"),
                title_is_custom: false,
                system_prompt: String::new(),
                parameters: Parameters::default(),
                created_at: at,
            })
        } else {
            RunConversation::Existing(conversation)
        };
        let attempt = attempt(run, number, at);
        let origins = [
            RunOrigin::Chat,
            RunOrigin::Chat,
            RunOrigin::Compare,
            RunOrigin::Gateway,
        ];
        let begin = BeginRun {
            conversation: place,
            user_message: Some(question),
            answer,
            run: NewRun {
                id: run,
                origin: origins[pick(number, 4)],
                requested: attempt.endpoint.clone(),
                target: None,
                route_name: None,
                skipped: Vec::new(),
                purpose: Purpose::Answer,
                app: (pick(number, 4) == 3).then(|| format!("app-{}", pick(number / 7, 3))),
                budget_note: None,
                started_at: at,
            },
            attempt: None,
        };
        store.begin_run(begin).await.unwrap();
        let finish = FinishRun {
            tool_calls: None,
            thinking: None,
            run,
            outcome: Outcome::Answered {
                reason: FinishReason::Stop,
            },
            text: "An answer of some words. ".repeat(8),
            reasoning: String::new(),
            attempt: Some(attempt),
            ended_at: UnixMillis(at.0 + 2_000),
        };
        store.finish_run(finish).await.unwrap();
    }
}

/// One of so many, the same for the same number, and no plain pattern.
fn pick(number: u128, of: u128) -> usize {
    usize::try_from(((number * 2_654_435_761) >> 7) % of).unwrap()
}

fn message(
    conversation: ConversationId,
    number: u128,
    parent: Option<MessageId>,
    role: Role,
    run: Option<RunId>,
    at: UnixMillis,
) -> Message {
    Message {
        id: MessageId::from_uuid(Uuid::from_u128(number)),
        conversation,
        parent,
        role,
        text: if run.is_some() {
            String::new()
        } else {
            "A question".to_owned()
        },
        reasoning: String::new(),
        status: if run.is_some() {
            MessageStatus::Streaming
        } else {
            MessageStatus::Complete
        },
        run,
        created_at: at,
    }
}

fn attempt(run: RunId, number: u128, at: UnixMillis) -> Attempt {
    // People use a handful of models most of the time.
    let model = pick(number, 30) * pick(number / 3, 30) / 30;
    let provider = (model + pick(number, 2)) % 6;
    let usage = Usage {
        input: 400 + number as u64 % 3_000,
        cache_read: (number as u64 % 3) * 500,
        output: 100 + number as u64 % 700,
        ..Usage::ZERO
    };
    let rates = Rates {
        input: Some(NanoUsdPerMTok(3_000_000_000)),
        cache_read: Some(NanoUsdPerMTok(300_000_000)),
        output: Some(NanoUsdPerMTok(15_000_000_000)),
        ..Rates::default()
    };
    let tag = PriceTag {
        source: PriceSource::Snapshot,
        name: "a list".to_owned(),
        as_of: UnixMillis(at.0),
    };
    let amount = rates.price(&usage).amount.unwrap();
    let kind = match number % 50 {
        0 => CostKind::Unknown,
        1 => CostKind::Estimated,
        2..20 => CostKind::Reported,
        _ => CostKind::Computed,
    };
    Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(5 << 80 | number)),
        run,
        ordinal: 0,
        endpoint: Endpoint {
            provider: ProviderId::new(format!("provider-{provider}")),
            model: format!("model-{model}"),
        },
        provider_name: format!("Provider {provider}"),
        key_label: Some("work".to_owned()),
        key_id: Some(format!("key-{}", number % 2)),
        started_at: at,
        timings: Timings {
            opened: Some(100),
            first_token: Some(400),
            ended: Some(2_000),
        },
        status: AttemptStatus::Answered,
        failure: None,
        left_because: None,
        finish_reason: Some(FinishReason::Stop),
        served_model: None,
        served_by: None,
        request_id: Some(format!("req_{number}")),
        malformed_events: 0,
        warnings: Vec::new(),
        usage: Some(usage),
        raw_usage: None,
        rates: Some(rates),
        price_tag: Some(tag.clone()),
        service_tier: None,
        reported_cost: (kind == CostKind::Reported).then_some(amount),
        cost: Cost {
            amount: (kind != CostKind::Unknown).then_some(amount),
            kind,
        },
        reserved: Some(NanoUsd(amount.0 * 4)),
        list: Some(ListPrice { amount, tag }),
        model_key: Some(format!("maker/model-{model}")),
        replaced_text: None,
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    }
}
