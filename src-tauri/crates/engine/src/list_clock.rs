//! Lists of models that are read again by a clock, for as long as Patchbay is open.
//!
//! Nobody asked for this, so nobody is disturbed by it: one provider after the other, none of them
//! often, and none whose key only a person could unlock. What cannot be had is said in the provider's
//! row, beside the older list.

use std::sync::Arc;
use std::time::Duration;

use patchbay_domain::UnixMillis;
use patchbay_store::{ModelRefresh, ProviderRecord};

use crate::clock::jitter_seed;
use crate::model_refresh::has_list;
use crate::providers::preset_of;
use crate::{Engine, EngineError};

/// A list that is older than this is read again.
const OLD: Duration = Duration::from_secs(6 * 60 * 60);

/// A list that could not be had is asked for again after this.
const AGAIN: Duration = Duration::from_secs(30 * 60);

/// How often the ages are looked at while the window stays as it is.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);

/// Between two providers lies this, and up to as much again.
const BETWEEN: Duration = Duration::from_secs(4);

impl Engine {
    /// Begins to read old lists again: the first time after `first_look`, then whenever the window is
    /// shown and every ten minutes, until the engine is closed. To be called once, inside a runtime.
    pub fn keep_lists_fresh(self: &Arc<Self>, first_look: Duration) {
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            if engine.closes_within(first_look).await {
                return;
            }
            loop {
                if let Err(error) = engine.read_old_lists().await {
                    tracing::warn!(%error, "the ages of the lists are not known");
                }
                tokio::select! {
                    () = engine.shutdown.cancelled() => return,
                    () = engine.window_was_shown.notified() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
        });
    }

    /// Tells that a person looks at the window again: what is old is read now.
    pub fn window_shown(&self) {
        self.window_was_shown.notify_one();
    }

    /// Reads every list that is old, one after the other.
    async fn read_old_lists(&self) -> Result<(), EngineError> {
        let mut is_first = true;
        for record in self.store.providers().await? {
            // Looked at anew for each: a person may have read this one meanwhile.
            let refreshes = self.store.model_refreshes().await?;
            let refresh = refreshes.iter().find(|known| known.provider == record.id);
            if !has_list(&record)
                || !is_due(refresh, self.clock.now())
                || !self.has_what_it_needs(&record).await
            {
                continue;
            }
            if !std::mem::take(&mut is_first) && self.closes_within(spread()).await {
                return Ok(());
            }
            // Only the question is given up when Patchbay closes; what has come is kept whole.
            let listed = tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                listed = self.list_models(&record) => listed,
            };
            if let Err(error) = self.keep_list(&record, listed).await {
                tracing::info!(provider = %record.id, %error, "an old list was not read again");
            }
        }
        Ok(())
    }

    /// Whether there is something to ask with: without its key a provider would only say that.
    async fn has_what_it_needs(&self, record: &ProviderRecord) -> bool {
        let Ok(slots) = self.slots(record).await else {
            return false;
        };
        let mut may_hide_a_key = false;
        for slot in &slots {
            let status = self.key_status(record, slot).await;
            if status.source.is_some() {
                return true;
            }
            may_hide_a_key |= status.problem.is_some_and(|state| state.may_hide_a_key());
        }
        !may_hide_a_key && !preset_of(record).is_some_and(|preset| preset.always_needs_key())
    }

    async fn closes_within(&self, time: Duration) -> bool {
        let closed = self.shutdown.cancelled();
        tokio::time::timeout(time, closed).await.is_ok()
    }
}

/// Whether a list is to be read now. A time that lies ahead was noted by a clock that was wrong.
fn is_due(refresh: Option<&ModelRefresh>, now: UnixMillis) -> bool {
    let is_within = |at: UnixMillis, limit: Duration| {
        u64::try_from(now.0.saturating_sub(at.0))
            .is_ok_and(|age| Duration::from_millis(age) < limit)
    };
    let Some(refresh) = refresh else {
        return true;
    };
    let is_fresh = refresh.refreshed_at.is_some_and(|at| is_within(at, OLD));
    let failure = refresh.failure.as_ref();
    !is_fresh && !failure.is_some_and(|failure| is_within(failure.at, AGAIN))
}

/// So that many lists are not asked for at once, nor those of one service at one pace by everybody.
fn spread() -> Duration {
    BETWEEN + BETWEEN.mul_f64((jitter_seed() % 1_000) as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use patchbay_domain::ProviderId;
    use patchbay_store::RefreshFailure;

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_338_000_000);

    fn ago(hours: f64) -> UnixMillis {
        UnixMillis(NOW.0 - (hours * 3_600_000.0) as i64)
    }

    fn refresh(read: Option<f64>, failed: Option<f64>) -> ModelRefresh {
        ModelRefresh {
            provider: ProviderId::new("p"),
            refreshed_at: read.map(ago),
            failure: failed.map(|hours| RefreshFailure {
                at: ago(hours),
                words: "no answer".to_owned(),
            }),
        }
    }

    #[test]
    fn a_list_is_due_when_it_is_old_and_was_not_just_asked_for() {
        for (read, failed, expected) in [
            (None, None, true),
            (Some(1.0), None, false),
            (Some(5.99), None, false),
            (Some(6.0), None, true),
            (Some(200.0), None, true),
            // It was tried a moment ago, then a while ago.
            (Some(7.0), Some(0.4), false),
            (Some(7.0), Some(0.5), true),
            (None, Some(0.4), false),
            // A person's attempt failed since; the list itself is not old.
            (Some(1.0), Some(0.9), false),
            // Noted by a clock that ran ahead.
            (Some(-48.0), None, true),
            (Some(7.0), Some(-48.0), true),
        ] {
            let known = refresh(read, failed);
            assert_eq!(is_due(Some(&known), NOW), expected, "{known:?}");
        }
        assert!(is_due(None, NOW), "nothing is known of it");
    }

    #[test]
    fn providers_are_asked_some_seconds_apart() {
        for _ in 0..100 {
            let wait = spread();
            assert!(wait >= BETWEEN && wait < BETWEEN * 2, "{wait:?}");
        }
    }
}
