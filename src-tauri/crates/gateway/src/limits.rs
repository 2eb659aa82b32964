//! How much each app asks: requests in any sixty seconds, and requests at once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use patchbay_domain::App;

const MINUTE: Duration = Duration::from_secs(60);

/// The counts of all apps.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    apps: Arc<Mutex<HashMap<String, Count>>>,
}

#[derive(Debug, Default)]
struct Count {
    /// When each request of the last minute came; only where there is a limit.
    recent: VecDeque<Instant>,
    at_once: u32,
}

/// A request that counts until it is dropped.
#[derive(Debug)]
pub(crate) struct Counted {
    apps: Arc<Mutex<HashMap<String, Count>>>,
    app: String,
}

/// Why a request is one too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TooMany {
    /// In a minute; the next one may come after so long.
    AMinute(u32, Duration),
    /// At once.
    AtOnce(u32),
}

impl Limits {
    /// Counts a request.
    pub(crate) fn count(&self, app: &App, now: Instant) -> Result<Counted, TooMany> {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let count = apps.entry(app.id.clone()).or_default();
        if let Some(limit) = app.rules.requests_at_once
            && count.at_once >= limit
        {
            return Err(TooMany::AtOnce(limit));
        }
        if let Some(limit) = app.rules.requests_a_minute {
            while count
                .recent
                .front()
                .is_some_and(|first| now.duration_since(*first) >= MINUTE)
            {
                count.recent.pop_front();
            }
            if count.recent.len() >= limit as usize {
                let wait = count.recent.front().map_or(MINUTE, |first| {
                    MINUTE.saturating_sub(now.duration_since(*first))
                });
                return Err(TooMany::AMinute(limit, wait));
            }
            count.recent.push_back(now);
        }
        count.at_once += 1;
        Ok(Counted {
            apps: Arc::clone(&self.apps),
            app: app.id.clone(),
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = apps.get_mut(&self.app) {
            count.at_once = count.at_once.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::{AppRules, UnixMillis};

    use super::*;

    fn app(rules: AppRules) -> App {
        App {
            id: "a".to_owned(),
            name: "A".to_owned(),
            rules,
            token_hint: String::new(),
            created_at: UnixMillis(0),
            last_used_at: None,
            revoked_at: None,
        }
    }

    #[test]
    fn a_minute_slides() {
        let limits = Limits::default();
        let app = app(AppRules {
            requests_a_minute: Some(2),
            ..AppRules::default()
        });
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(limits.count(&app, at(0)).is_ok());
        assert!(limits.count(&app, at(30)).is_ok());
        let refused = limits.count(&app, at(40)).unwrap_err();
        assert_eq!(refused, TooMany::AMinute(2, Duration::from_secs(20)));
        assert!(limits.count(&app, at(60)).is_ok());
        assert!(limits.count(&app, at(61)).is_err());
    }

    #[test]
    fn what_is_over_no_longer_counts_at_once() {
        let limits = Limits::default();
        let app = app(AppRules {
            requests_at_once: Some(1),
            ..AppRules::default()
        });
        let now = Instant::now();
        let first = limits.count(&app, now).unwrap();
        assert_eq!(limits.count(&app, now).unwrap_err(), TooMany::AtOnce(1));
        drop(first);
        assert!(limits.count(&app, now).is_ok());
    }
}
