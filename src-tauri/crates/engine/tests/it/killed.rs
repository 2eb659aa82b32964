//! `kill -9` in the middle of a stream, twenty times, at random moments.
//!
//! The test starts itself again as a child that streams an answer and prints how much text is on its
//! "screen" whenever a batch leaves for the window. The parent notes when it read that, kills the
//! child, opens the folder and compares.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use patchbay_domain::{AttemptStatus, MessageStatus, RunId};
use patchbay_engine::{Question, RunUpdate};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};

use crate::child;
use crate::support::{DEADLINE, form, open};

const CHILD: &str = "PATCHBAY_TEST_CHILD_FOLDER";
const CHILD_PROVIDER: &str = "PATCHBAY_TEST_CHILD_PROVIDER";
const KILLS: usize = 20;

/// The promise: what was on the screen this long before the kill is there after the next start.
const PROMISE: Duration = Duration::from_millis(250);

#[test]
fn whatever_was_on_the_screen_is_there_after_twenty_kills() {
    if let Some(folder) = std::env::var_os(CHILD) {
        stream_until_killed(Path::new(&folder));
        return;
    }
    let mut moments = child::Moments::new();
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedProvider::start_with(ScriptedOptions {
        pace: Pace::Every(Duration::from_millis(3)),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let runtime = child::runtime();
    for kill in 1..=KILLS {
        let after = moments.next(30, 900);
        let promised = kill_after(folder.path(), &server.base_url(), after);
        runtime.block_on(check(folder.path(), kill, &promised));
    }
}

/// Lets a child stream for this long after its first text, kills it, and returns the text that had
/// been on its screen for the promised time.
fn kill_after(folder: &Path, base_url: &str, after: Duration) -> String {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::whatever_was_on_the_screen_is_there_after_twenty_kills",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(CHILD, folder)
        .env(CHILD_PROVIDER, base_url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seen: Vec<(Instant, String)> = Vec::new();
    let began = Instant::now();
    let mut first = None;
    for line in lines {
        let Ok(line) = line else { break };
        assert!(began.elapsed() < DEADLINE, "the child shows nothing");
        let Some(text) = line.strip_prefix("screen ") else {
            continue;
        };
        let now = Instant::now();
        seen.push((now, text.to_owned()));
        if now.duration_since(*first.get_or_insert(now)) >= after {
            break;
        }
    }
    // On Unix this is SIGKILL: no handler, no destructor, no flush.
    child.kill().unwrap();
    let killed_at = Instant::now();
    child.wait().unwrap();
    assert!(first.is_some(), "the child died before its first text");
    seen.iter()
        .rfind(|(at, _)| killed_at.duration_since(*at) >= PROMISE)
        .map(|(_, text)| text.clone())
        .unwrap_or_default()
}

fn stream_until_killed(folder: &Path) {
    let runtime = child::runtime();
    runtime.block_on(async {
        let engine = open(folder).await;
        let base_url = std::env::var(CHILD_PROVIDER).unwrap();
        let known = engine.providers().await.unwrap();
        let provider = match known.into_iter().next() {
            Some(detail) => detail.record.id,
            None => {
                engine
                    .save_provider(form("Paced", &base_url, None))
                    .await
                    .unwrap()
                    .record
                    .id
            }
        };
        let screen = std::sync::Mutex::new(String::new());
        let parent_gone = std::sync::Arc::new(tokio::sync::Notify::new());
        let notify = std::sync::Arc::clone(&parent_gone);
        let sink = Box::new(move |_: RunId, _: &patchbay_engine::Choice| {
            Box::new(move |batch: Vec<patchbay_engine::SequencedUpdate>| {
                let mut screen = screen.lock().unwrap();
                for update in batch {
                    if let RunUpdate::Text(text) = update.update {
                        screen.push_str(&text.replace('\n', " "));
                    }
                }
                let mut out = std::io::stdout().lock();
                let is_read = writeln!(out, "screen {screen}").is_ok() && out.flush().is_ok();
                if !is_read {
                    notify.notify_one();
                }
                is_read
            }) as patchbay_engine::RunSink
        });
        let question = Question::New {
            text: "Count until you are killed.".to_owned(),
            system_prompt: String::new(),
            parameters: patchbay_domain::Parameters::default(),
        };
        let endpoint = patchbay_domain::Endpoint {
            provider,
            model: "count-to-100000@3".to_owned(),
        };
        let origin = patchbay_engine::RunOrigin::Chat;
        let start = patchbay_engine::StartRun {
            question,
            target: patchbay_domain::route::Target::Endpoint { endpoint },
            origin,
        };
        let _started = engine.start_run(start, Some(sink)).await.unwrap();
        // A parent that was killed itself kills nobody; then the child ends alone.
        parent_gone.notified().await;
    });
}

async fn check(folder: &Path, kill: usize, promised: &str) {
    let engine = open(folder).await;
    assert_eq!(
        engine.check_integrity().await.unwrap(),
        Vec::<String>::new()
    );
    let list = engine.conversations().await.unwrap();
    assert_eq!(
        list.len(),
        kill,
        "one conversation a kill, none lost and none twice"
    );
    let mut attempts = HashSet::new();
    for summary in &list {
        let detail = engine.conversation(summary.id).await.unwrap();
        let answer = detail.record.messages.last().unwrap();
        assert_eq!(answer.status, MessageStatus::Interrupted);
        for run in detail.runs.values() {
            let [attempt] = run.receipt.attempts.as_slice() else {
                panic!("{:?}", run.receipt)
            };
            assert_eq!(attempt.status, AttemptStatus::Interrupted);
            assert!(attempts.insert(attempt.id), "an attempt was counted twice");
        }
    }
    let newest = engine.conversation(list[0].id).await.unwrap();
    let text = newest
        .record
        .messages
        .last()
        .unwrap()
        .text
        .replace('\n', " ");
    assert!(
        text.starts_with(promised),
        "kill {kill}: {} characters were on the screen {PROMISE:?} before, {} are stored",
        promised.len(),
        text.len()
    );
    engine.close().await;
}
