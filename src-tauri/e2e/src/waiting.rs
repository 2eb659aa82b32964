//! The one way in which tests wait.

use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

/// Often enough to see an answer grow, seldom enough to leave the page time to draw it.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks again and again until `probe` has something, or `limit` is over.
/// A probe that fails is tried again too, since pages change under the hands of those who read them.
///
/// # Errors
/// Time is up. The error names `what` and what the last look failed with.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut problem = None;
    while started.elapsed() < limit || problem.is_none() {
        looks.tick().await;
        match probe().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) if started.elapsed() >= limit => break,
            Ok(None) => problem = None,
            Err(error) => problem = Some(error),
        }
    }
    let message = format!("waited {limit:?} in vain for {what}");
    Err(problem.map_or_else(
        || anyhow!(message.clone()),
        |error| error.context(message.clone()),
    ))
}
