//! What a thread of another process did from moment to moment: ran, or waited for a processor.
//!
//! The page alone can see only that its thread was away, not whether it worked or whether the machine
//! was busy with something else. `/proc/.../schedstat` tells the two apart.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};

use crate::processes::Process;

const LOOK_EVERY: Duration = Duration::from_millis(2);

/// One look. Milliseconds.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Since the epoch, as the page counts it too.
    at: f64,
    /// On a processor, since the thread's start.
    ran: f64,
}

/// Looks at the main thread of a process until it is asked for what it saw.
#[derive(Debug)]
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Vec<Look>>>,
}

/// What a [`Watch`] saw.
#[derive(Debug)]
pub(crate) struct ThreadTimes(Vec<Look>);

impl Watch {
    pub(crate) fn start(process: Process) -> Result<Self> {
        let path = format!("/proc/{0}/task/{0}/schedstat", process.0);
        let file = File::open(&path).with_context(|| path.clone())?;
        // A look must come before anything that is asked about.
        let mut looks = vec![look(&file)?];
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let thread = thread::Builder::new().spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                looks.push(look(&file)?);
                thread::sleep(LOOK_EVERY);
            }
            looks.push(look(&file)?);
            Ok(looks)
        })?;
        Ok(Self { stop, thread })
    }

    pub(crate) fn stop(self) -> Result<ThreadTimes> {
        self.stop.store(true, Ordering::Relaxed);
        let looks = self.thread.join();
        let looks = looks.map_err(|_| anyhow!("the thread that watches failed"))??;
        Ok(ThreadTimes(looks))
    }
}

impl ThreadTimes {
    /// How long the thread ran between two moments, in milliseconds.
    pub(crate) fn between(&self, from: f64, until: f64) -> f64 {
        (self.ran_until(until) - self.ran_until(from)).clamp(0., until - from)
    }

    fn ran_until(&self, moment: f64) -> f64 {
        let next = self.0.partition_point(|look| look.at < moment);
        let (Some(after), Some(before)) = (self.0.get(next), self.0.get(next.wrapping_sub(1)))
        else {
            let nearest = self.0.get(next).or(self.0.last());
            return nearest.map_or(0., |look| look.ran);
        };
        let share = (moment - before.at) / (after.at - before.at).max(f64::EPSILON);
        before.ran + share * (after.ran - before.ran)
    }
}

/// How much the figures of [`ThreadTimes`] may be off: the kernel adds up at its ticks (4 ms at 250 a
/// second), and a look falls somewhere between two.
pub(crate) const ERROR_MILLIS: f64 = 6.;

#[expect(
    clippy::disallowed_methods,
    reason = "compared with the page's own clock, which counts from the epoch"
)]
fn look(file: &File) -> Result<Look> {
    let mut bytes = [0; 96];
    let length = file.read_at(&mut bytes, 0)?;
    let at = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let text = str::from_utf8(&bytes[..length])?;
    let ran = text.split(' ').next().context("schedstat is empty")?;
    Ok(Look {
        at: at.as_secs_f64() * 1_000.,
        ran: ran.parse::<f64>()? / 1e6,
    })
}
