//! A test that starts itself again as a child, and kills it.
//!
//! The child says "going" when it has begun and "done" when it came to its end.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::DEADLINE;

/// When kills come: at random, from a seed that is printed, and that `PATCHBAY_TEST_SEED` sets.
pub(crate) struct Moments(u64);

impl Moments {
    pub(crate) fn new() -> Self {
        let seed = std::env::var("PATCHBAY_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok())
            .unwrap_or_else(|| u64::from(std::process::id()) << 16 | 0x5eed);
        tell(&format!("PATCHBAY_TEST_SEED={seed}"));
        Self(seed)
    }

    /// The next one: `least` milliseconds and less than `more` beyond.
    pub(crate) fn next(&mut self, least: u64, more: u64) -> Duration {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(least + (self.0 >> 33) % more)
    }
}

/// A runtime for both halves of such a test.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// As the child: says a line. The harness leaves its own line open before the first.
pub(crate) fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

/// Lets this test go on in a child with these variables, and kills it so long after it began where that
/// is said. Returns whether it came to its end.
pub(crate) fn run<'a>(
    test: &str,
    variables: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
    kill_after: Option<Duration>,
) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(variables)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let began = Instant::now();
    let is_going = lines.by_ref().any(|line| line.unwrap() == "going");
    assert!(is_going, "the child never went on");
    assert!(
        began.elapsed() < DEADLINE,
        "the child took too long to begin"
    );
    let (sender, done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let is_done = lines.any(|line| line.is_ok_and(|line| line == "done"));
        let _ = sender.send(is_done);
    });
    // A moment, not a wait for something: when the kill comes is what the test varies.
    let is_done = match kill_after {
        Some(after) => done.recv_timeout(after).unwrap_or(false),
        None => done.recv().unwrap(),
    };
    if kill_after.is_some() {
        // On Unix this is SIGKILL: no handler, no destructor, no flush.
        child.kill().unwrap();
    }
    child.wait().unwrap();
    is_done
}
