//! How evenly the page draws: the time from each animation frame to the next.

use anyhow::{Context as _, Result};
use patchbay_e2e::Page;
use serde::Deserialize;
use serde_json::{Value, json};

/// Room for more frames than an hour at 60 a second has: an array that grows would be work of its own.
const MOST_FRAMES: u32 = 250_000;

/// A square of one pixel moves, so that every frame has something to draw, also where nothing else
/// does.
const START: &str = r#"
const square = document.createElement('div');
square.style.cssText =
  'position:fixed;left:0;bottom:0;width:1px;height:1px;background:#888;will-change:transform;pointer-events:none';
document.body.append(square);
const frames = (window.benchFrames = {
  times: new Float64Array(arguments[0]), count: 0, isOn: true, square,
});
const step = () => {
  if (!frames.isOn) return;
  const { count } = frames;
  if (count < frames.times.length) frames.times[frames.count++] = performance.now();
  square.style.transform = `translateX(${count % 40}px)`;
  requestAnimationFrame(step);
};
// Not at once: the call that runs this script is work for the page too.
setTimeout(() => requestAnimationFrame(step), 250);
return null;
"#;

const STOP: &str = r#"
const frames = window.benchFrames;
frames.isOn = false;
frames.square.remove();
delete window.benchFrames;
return [...frames.times.subarray(0, frames.count)];
"#;

/// When frames began, in milliseconds since some moment.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Frames(Vec<f64>);

pub(crate) async fn start(page: &Page) -> Result<()> {
    page.script::<Value>(START, vec![json!(MOST_FRAMES)])
        .await?;
    Ok(())
}

pub(crate) async fn stop(page: &Page) -> Result<Frames> {
    page.script(STOP, vec![]).await
}

impl Frames {
    /// The times from frame to frame, shortest first.
    ///
    /// # Errors
    /// There were no two.
    pub(crate) fn sorted(&self) -> Result<Vec<f64>> {
        let mut lengths: Vec<f64> = self.0.windows(2).map(|pair| pair[1] - pair[0]).collect();
        lengths.sort_by(f64::total_cmp);
        lengths.first().context("the page drew no frames")?;
        Ok(lengths)
    }
}

/// A part of sorted values, `0.5` for the one in the middle; the last one where none is above.
pub(crate) fn quantile(sorted: &[f64], part: f64) -> f64 {
    let index = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
