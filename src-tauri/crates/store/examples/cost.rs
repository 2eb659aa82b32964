//! Measures what durability and size cost, on the disk that holds the folder given.
//!
//! `cargo run --release -p patchbay-store --example cost -- <new folder> [conversations]`. Times are wall-clock; a
//! percentile is of single calls, as their caller sees them, queueing included.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a tool for developers: it prints, and a panic says where"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use patchbay_domain::run::Outcome;
use patchbay_domain::{
    ConversationId, Day, Endpoint, FinishReason, Message, MessageId, MessageStatus, Parameters,
    ProviderId, Role, RunId, UnixMillis,
};
use patchbay_store::{
    BeginRun, FinishRun, NewConversation, NewRun, PartialAnswer, RunConversation, RunOrigin,
    SpendFilter, Store, StoreOptions, Synchronous,
};
use tokio::task::JoinSet;
use uuid::Uuid;

const NOW: UnixMillis = UnixMillis(1_795_000_000_000);
const RUNS_EACH: u128 = 10;
const STREAMS: u128 = 8;

#[tokio::main]
async fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let conversations = std::env::args()
        .nth(2)
        .map_or(10_000, |count| count.parse().unwrap());
    for synchronous in [Synchronous::Full, Synchronous::Normal] {
        single_writes(&folder, synchronous).await;
        streams(&folder, synchronous).await;
    }
    large(&folder, conversations).await;
}

/// One write after the other: a transaction and, with `Full`, a sync each.
async fn single_writes(folder: &Path, synchronous: Synchronous) {
    let store = open(&folder.join(format!("single-{synchronous:?}")), synchronous);
    begin(&store, 1, 0, "q").await;
    let mut times = Vec::new();
    for step in 0..500 {
        times.push(timed(save(&store, 1, 1_000 + step)).await);
    }
    print(&format!("{synchronous:?}: one write at a time"), times);
    let (before, writers) = (Instant::now(), 256_u32);
    let mut set = JoinSet::new();
    for number in 0..writers {
        let store = store.clone();
        set.spawn(async move {
            store
                .set_setting(&format!("key-{number}"), serde_json::json!(number))
                .await
                .unwrap();
        });
    }
    while set.join_next().await.is_some() {}
    println!(
        "{synchronous:?}: {writers} writes at once, each: {:.3?}",
        before.elapsed() / writers
    );
    store.close(Duration::from_secs(60)).await.unwrap();
}

/// Eight answers of 80 KB, each saved whole as fast as the one before is on the disk.
async fn streams(folder: &Path, synchronous: Synchronous) {
    let store = open(
        &folder.join(format!("streams-{synchronous:?}")),
        synchronous,
    );
    for number in 1..=STREAMS {
        begin(&store, number, 0, "q").await;
    }
    let mut set = JoinSet::new();
    for number in 1..=STREAMS {
        let store = store.clone();
        set.spawn(async move {
            let mut times = Vec::new();
            for step in 1..=200 {
                times.push(timed(save(&store, number, step * 400)).await);
            }
            times
        });
    }
    let times = set.join_all().await.into_iter().flatten().collect();
    print(
        &format!("{synchronous:?}: save_partial, 8 streams, up to 80 KB"),
        times,
    );
    store.close(Duration::from_secs(60)).await.unwrap();
}

/// Many conversations with twenty messages each.
async fn large(folder: &Path, conversations: u128) {
    let folder = folder.join("large");
    let store = open(&folder, Synchronous::Normal);
    let started = Instant::now();
    let mut set = JoinSet::new();
    for conversation in 1..=conversations {
        let store = store.clone();
        set.spawn(async move { fill(&store, conversation).await });
        // As many at once as share a transaction.
        if set.len() >= 256 {
            set.join_next().await.unwrap().unwrap();
        }
    }
    while set.join_next().await.is_some() {}
    println!(
        "{} messages written in {:.1?}",
        conversations * RUNS_EACH * 2,
        started.elapsed()
    );
    let closing = Instant::now();
    store.close(Duration::from_secs(600)).await.unwrap();
    println!("closed in {:.1?}", closing.elapsed());
    let bytes = std::fs::metadata(folder.join("patchbay.sqlite3"))
        .unwrap()
        .len();
    println!("file: {} MiB", bytes / (1 << 20));

    let mut opened = Vec::new();
    for _ in 0..5 {
        let before = Instant::now();
        let store = open(&folder, Synchronous::Full);
        opened.push(before.elapsed());
        store.close(Duration::from_secs(60)).await.unwrap();
    }
    print("open", opened);
    let store = open(&folder, Synchronous::Full);
    let recovering = Instant::now();
    store.recover(NOW).await.unwrap();
    println!("recover with nothing to do: {:.3?}", recovering.elapsed());
    reads(&store, conversations).await;
    let checking = Instant::now();
    assert!(store.integrity_check().await.unwrap().is_empty());
    println!("integrity_check: {:.1?}", checking.elapsed());
    store.close(Duration::from_secs(60)).await.unwrap();
}

async fn reads(store: &Store, conversations: u128) {
    let [mut list, mut one, mut rare, mut common, mut spend] = [const { Vec::new() }; 5];
    for number in 0..20_u128 {
        list.push(timed(async { drop(store.conversations().await.unwrap()) }).await);
        let id = ConversationId::from_uuid(Uuid::from_u128(number * conversations / 20 + 1));
        one.push(timed(async { assert!(store.conversation(id).await.unwrap().is_some()) }).await);
        let word = format!("q{}", number * conversations / 20 + 1);
        rare.push(
            timed(async { assert!(!store.search(&word, 50).await.unwrap().is_empty()) }).await,
        );
        common.push(
            timed(async { assert_eq!(store.search("the", 50).await.unwrap().len(), 50) }).await,
        );
        let day = Day::from_number(20_200_101).unwrap();
        spend.push(
            timed(async { drop(store.spend_total(SpendFilter::between(day, day)).await) }).await,
        );
    }
    print("list all conversations", list);
    print("one conversation, 20 messages", one);
    print("search a rare word", rare);
    print("search a common word, newest 50", common);
    print("spend of a day without any", spend);
}

async fn fill(store: &Store, conversation: u128) {
    let text = "The quick brown fox jumps over the lazy dog while the band plays on. ".repeat(6);
    for turn in 0..RUNS_EACH {
        begin(
            store,
            conversation,
            turn,
            &format!("q{conversation} {text}"),
        )
        .await;
        let finish = FinishRun {
            tool_calls: None,
            thinking: None,
            run: RunId::from_uuid(Uuid::from_u128(key(conversation, turn))),
            outcome: Outcome::Answered {
                reason: FinishReason::Stop,
            },
            text: text.clone(),
            reasoning: String::new(),
            attempt: None,
            ended_at: NOW,
        };
        assert!(store.finish_run(finish).await.unwrap());
    }
}

/// A number of its own for each turn of each conversation.
fn key(conversation: u128, turn: u128) -> u128 {
    conversation * 100 + turn
}

async fn begin(store: &Store, conversation: u128, turn: u128, text: &str) {
    let id = ConversationId::from_uuid(Uuid::from_u128(conversation));
    let place = if turn > 0 {
        RunConversation::Existing(id)
    } else {
        RunConversation::New(NewConversation {
            id,
            title: format!("Conversation {conversation}"),
            title_is_custom: false,
            system_prompt: String::new(),
            parameters: Parameters::default(),
            created_at: UnixMillis(NOW.0 + i64::try_from(conversation).unwrap()),
        })
    };
    let run = RunId::from_uuid(Uuid::from_u128(key(conversation, turn)));
    let question = Message {
        id: MessageId::from_uuid(Uuid::from_u128(key(conversation, turn) * 2)),
        conversation: id,
        parent: (turn > 0).then(|| answer_id(conversation, turn - 1)),
        role: Role::User,
        text: text.to_owned(),
        reasoning: String::new(),
        status: MessageStatus::Complete,
        run: None,
        created_at: NOW,
    };
    let answer = Message {
        id: answer_id(conversation, turn),
        parent: Some(question.id),
        role: Role::Assistant,
        text: String::new(),
        status: MessageStatus::Streaming,
        run: Some(run),
        ..question.clone()
    };
    let requested = Endpoint {
        provider: ProviderId::local(),
        model: "small".to_owned(),
    };
    let run = NewRun {
        id: run,
        origin: RunOrigin::Chat,
        requested,
        target: None,
        route_name: None,
        skipped: Vec::new(),
        purpose: patchbay_domain::receipt::Purpose::Answer,
        app: None,
        budget_note: None,
        started_at: NOW,
    };
    let begin = BeginRun {
        attempt: None,
        conversation: place,
        user_message: Some(question),
        answer,
        run,
    };
    store.begin_run(begin).await.unwrap();
}

fn answer_id(conversation: u128, turn: u128) -> MessageId {
    MessageId::from_uuid(Uuid::from_u128(key(conversation, turn) * 2 + 1))
}

async fn save(store: &Store, conversation: u128, bytes: usize) {
    let partial = PartialAnswer {
        message: answer_id(conversation, 0),
        text: "x".repeat(bytes),
        reasoning: String::new(),
        attempt: None,
    };
    assert!(store.save_partial(partial).await.unwrap());
}

fn open(folder: &Path, synchronous: Synchronous) -> Store {
    let options = StoreOptions {
        synchronous,
        ..StoreOptions::new(NOW)
    };
    Store::open(folder, &options).unwrap().0
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let before = Instant::now();
    work.await;
    before.elapsed()
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{what}: p50 {:.3?}, p95 {:.3?}, p99 {:.3?}, longest {:.3?} (n = {})",
        at(50),
        at(95),
        at(99),
        at(100),
        times.len()
    );
}
