//! Killed in the middle, again and again: what was acknowledged is there, and nothing twice.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, MessageStatus};
use patchbay_store::{PartialAnswer, Store};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::child::{Other, say};
use crate::support::*;

const KILLS: u32 = 20;
const STREAMS: usize = 4;
const COST: i64 = 1_000;

/// Numbers of one process begin at a multiple of this, above all earlier ones.
const NUMBERS_A_PROCESS: u128 = 100_000;

/// The text of an answer after its partial `count`: what is lost or mixed up can be seen.
fn text(run: u128, count: u64) -> String {
    (1..=count).map(|word| format!("{run}.{word} ")).collect()
}

/// The other process: answers questions as fast as the disk takes them, and tells each thing that
/// the store acknowledged.
pub(crate) async fn write_for_ever(folder: &Path) {
    let (store, _) = open(folder).unwrap();
    store.recover(NOW).await.unwrap();
    let numbers = store.conversations().await.unwrap();
    let largest = numbers
        .iter()
        .map(|summary| number_of(summary.id))
        .max()
        .unwrap_or(0);
    let first = (largest / NUMBERS_A_PROCESS + 1) * NUMBERS_A_PROCESS;
    let counter = Arc::new(AtomicU64::new(u64::try_from(first).unwrap()));
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let (store, counter) = (store.clone(), Arc::clone(&counter));
        streams.spawn(async move {
            loop {
                answer(&store, u128::from(counter.fetch_add(1, Ordering::Relaxed))).await;
            }
        });
    }
    while streams.join_next().await.is_some() {}
}

fn number_of(id: patchbay_domain::ConversationId) -> u128 {
    u128::from_be_bytes(id.into_bytes())
}

async fn answer(store: &Store, number: u128) {
    store.begin_run(begin(number, "question")).await.unwrap();
    store.begin_attempt(running_attempt(number)).await.unwrap();
    say(&format!("begun {number} 0"));
    // Some answers are long, some are one word.
    let length = u64::try_from(number % 17).unwrap() + 1;
    for count in 1..=length {
        let partial = PartialAnswer {
            message: message(number * 10 + 1),
            text: text(number, count),
            reasoning: String::new(),
            attempt: (count % 2 == 0).then(|| running_attempt(number)),
        };
        assert!(store.save_partial(partial).await.unwrap());
        say(&format!("partial {number} {count}"));
    }
    let settled = answered_attempt(number, COST);
    store
        .finish_run(finish(number, &text(number, length), Some(settled)))
        .await
        .unwrap();
    say(&format!("finished {number} {length}"));
}

/// What the store acknowledged of one run.
#[derive(Clone, Copy, Default)]
struct Acknowledged {
    words: u64,
    is_finished: bool,
}

fn note(acknowledged: &mut HashMap<u128, Acknowledged>, said: &str) {
    let mut words = said.split(' ');
    let (what, run, count) = (words.next(), words.next().unwrap(), words.next().unwrap());
    let entry = acknowledged.entry(run.parse().unwrap()).or_default();
    entry.words = count.parse().unwrap();
    entry.is_finished = what == Some("finished");
}

#[test]
fn twenty_kills_lose_nothing_that_was_acknowledged() {
    let mut random = Random::drawn();
    let folder = TempDir::new().unwrap();
    let mut acknowledged = HashMap::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut interrupted = 0;
    for kill in 0..KILLS {
        let mut other = Other::start("write", folder.path());
        // Every fifth time while it is still opening.
        let wanted = if kill % 5 == 0 { 0 } else { random.below(150) };
        for _ in 0..wanted {
            note(&mut acknowledged, &other.next().unwrap());
        }
        let moment = Instant::now() + Duration::from_micros(random.below(20_000));
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        for said in other.kill() {
            note(&mut acknowledged, &said);
        }
        interrupted += runtime.block_on(check(folder.path(), &acknowledged));
    }
    let finished = acknowledged.values().filter(|run| run.is_finished).count();
    println!(
        "{} runs begun, {finished} finished, {interrupted} cut",
        acknowledged.len()
    );
    assert!(finished > 0 && interrupted > 0, "the kills never met a run");
}

/// Opens the folder after a kill and compares; returns how many runs were cut this time.
async fn check(folder: &Path, acknowledged: &HashMap<u128, Acknowledged>) -> u64 {
    let (store, _) = open(folder).unwrap();
    let recovered = store.recover(after(60_000)).await.unwrap();
    assert_eq!(recovered.runs, recovered.messages);
    assert!(recovered.runs <= u64::try_from(STREAMS).unwrap());
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());

    let (mut finished, mut attempts, mut unknown) = (0, 0, 0);
    for summary in store.conversations().await.unwrap() {
        let number = number_of(summary.id);
        let record = store.conversation(summary.id).await.unwrap().unwrap();
        let [_, answer] = record.messages.as_slice() else {
            panic!("half a run: {record:?}")
        };
        let [run] = record.runs.as_slice() else {
            panic!("{} runs", record.runs.len())
        };
        let known = acknowledged.get(&number).copied().unwrap_or_default();
        let words = u64::try_from(answer.text.split_whitespace().count()).unwrap();
        assert!(
            words >= known.words,
            "run {number}: {words} of {} words",
            known.words
        );
        assert_eq!(answer.text, text(number, words));
        match (&run.outcome, answer.status) {
            (Some(Outcome::Answered { .. }), MessageStatus::Complete) => finished += 1,
            (Some(Outcome::Interrupted), MessageStatus::Interrupted) => {
                assert!(!known.is_finished, "run {number} was finished");
            }
            other => panic!("run {number} is {other:?}"),
        }
        attempts += u64::try_from(run.receipt.attempts.len()).unwrap();
        unknown += u64::try_from(run.receipt.attempts.iter().filter(is_unknown).count()).unwrap();
    }
    for (number, known) in acknowledged {
        let record = store.conversation(conversation(*number)).await.unwrap();
        assert!(
            record.is_some(),
            "run {number} with {} words is gone",
            known.words
        );
    }
    let sum = spend_between(&store, NOW, after(1));
    assert_eq!(sum.known.0, finished * COST);
    assert_eq!((sum.attempts, sum.unknown_attempts), (attempts, unknown));
    close(&store).await;
    recovered.runs
}

fn is_unknown(attempt: &&Attempt) -> bool {
    attempt.cost.amount.is_none()
}

/// SplitMix64: the same seed gives the same schedule.
pub(crate) struct Random(u64);

impl Random {
    /// From the seed that is asked for, or a new one, which is told.
    pub(crate) fn drawn() -> Self {
        let seed = std::env::var("PATCHBAY_CRASH_SEED").ok().map_or_else(
            || RandomState::new().build_hasher().finish(),
            |seed| seed.parse().unwrap(),
        );
        println!("PATCHBAY_CRASH_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}
