//! A timer in the page that notes when it is late, which is when the main thread did something else.

use anyhow::Result;
use patchbay_e2e::Page;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::thread_times::ThreadTimes;

/// What engines make of the shortest delay, once timers start each other.
pub(crate) const PERIOD_MILLIS: f64 = 4.;

/// Shorter gaps are not kept.
const KEPT_FROM_MILLIS: f64 = 12.;
const LIMIT_MILLIS: f64 = 50.;

const START: &str = r#"
const beats = (window.benchBeats = { count: 0, gaps: [], isOn: true });
let last = Infinity;
const beat = () => {
  if (!beats.isOn) return;
  const now = performance.now();
  if (now - last >= arguments[0]) {
    beats.gaps.push({ from: performance.timeOrigin + last, until: performance.timeOrigin + now });
  }
  beats.count += 1;
  last = now;
  setTimeout(beat);
};
// Not at once: the call that runs this script is work for the page too.
setTimeout(beat, 250);
return null;
"#;

const STOP: &str = "window.benchBeats.isOn = false; return window.benchBeats;";

/// What the page noted.
#[derive(Debug, Deserialize)]
pub(crate) struct Beats {
    gaps: Vec<Gap>,
}

/// Milliseconds since the epoch.
#[derive(Debug, Deserialize)]
struct Gap {
    from: f64,
    until: f64,
}

/// The gaps beside what the thread did in them. Milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gaps {
    pub(crate) longest: f64,
    pub(crate) worked_in_longest: f64,
    pub(crate) most_worked: f64,
    pub(crate) over_limit: usize,
    pub(crate) worked_over_limit: usize,
}

pub(crate) async fn start(page: &Page) -> Result<()> {
    page.script::<Value>(START, vec![json!(KEPT_FROM_MILLIS)])
        .await?;
    Ok(())
}

pub(crate) async fn stop(page: &Page) -> Result<Beats> {
    page.script(STOP, vec![]).await
}

impl Beats {
    pub(crate) fn compare(&self, times: &ThreadTimes) -> Gaps {
        let mut gaps = Gaps::default();
        for Gap { from, until } in &self.gaps {
            let length = until - from;
            let worked = times.between(*from, *until);
            if length > gaps.longest {
                gaps.longest = length;
                gaps.worked_in_longest = worked;
            }
            gaps.most_worked = gaps.most_worked.max(worked);
            gaps.over_limit += usize::from(length > LIMIT_MILLIS);
            gaps.worked_over_limit += usize::from(worked > LIMIT_MILLIS);
        }
        gaps
    }
}
