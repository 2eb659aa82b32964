//! What a provider says may still be asked of it.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// The allowances that came with one reply. What the provider did not say is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimits {
    /// Requests.
    pub requests: Option<Allowance>,
    /// Tokens, read and written together.
    pub tokens: Option<Allowance>,
    /// Tokens read.
    pub input_tokens: Option<Allowance>,
    /// Tokens written.
    pub output_tokens: Option<Allowance>,
}

/// How much of one thing may be asked until when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowance {
    /// In all, in one period.
    pub limit: Option<u64>,
    /// Of that, not used yet.
    pub remaining: Option<u64>,
    /// When all of it can be used again.
    pub resets: Option<Reset>,
}

/// When an allowance is whole again, as the provider said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// So many milliseconds after the reply.
    AfterMillis(u64),
    /// At this moment, by the provider's clock.
    At(UnixMillis),
}

impl Reset {
    /// The moment, for a reply that came at `now`.
    pub fn moment(self, now: UnixMillis) -> UnixMillis {
        match self {
            Self::AfterMillis(millis) => UnixMillis(
                now.0
                    .saturating_add(i64::try_from(millis).unwrap_or(i64::MAX)),
            ),
            Self::At(moment) => moment,
        }
    }
}

impl RateLimits {
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Each allowance with its name for people.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Allowance)> {
        [
            ("requests", self.requests),
            ("tokens", self.tokens),
            ("input tokens", self.input_tokens),
            ("output tokens", self.output_tokens),
        ]
        .into_iter()
        .filter_map(|(name, allowance)| allowance.map(|allowance| (name, allowance)))
    }

    /// Until when nothing may be asked, where an allowance is spent: the latest of the resets.
    pub fn spent_until(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.named()
            .filter(|(_, allowance)| allowance.remaining == Some(0))
            .filter_map(|(_, allowance)| allowance.resets.map(|reset| reset.moment(now)))
            .filter(|moment| *moment > now)
            .max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(remaining: u64, millis: u64) -> Option<Allowance> {
        Some(Allowance {
            limit: Some(10),
            remaining: Some(remaining),
            resets: Some(Reset::AfterMillis(millis)),
        })
    }

    #[test]
    fn a_spent_allowance_tells_until_when() {
        let now = UnixMillis(1_000);
        let limits = RateLimits {
            requests: allowance(0, 500),
            tokens: allowance(3, 9_000),
            input_tokens: allowance(0, 2_000),
            output_tokens: None,
        };
        assert_eq!(limits.spent_until(now), Some(UnixMillis(3_000)));
        let rest = RateLimits {
            requests: allowance(1, 500),
            ..RateLimits::default()
        };
        assert_eq!(rest.spent_until(now), None);
    }

    #[test]
    fn a_reset_that_lies_behind_is_none() {
        let spent = Allowance {
            remaining: Some(0),
            resets: Some(Reset::At(UnixMillis(10))),
            limit: None,
        };
        let limits = RateLimits {
            requests: Some(spent),
            ..RateLimits::default()
        };
        assert_eq!(limits.spent_until(UnixMillis(11)), None);
    }
}
