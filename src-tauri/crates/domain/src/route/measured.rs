//! What this computer's own traffic says about a way in.
//!
//! The newest attempts are kept, and each counts for less the older it is, so that last week's speed
//! does not hide today's. No sample is invented: where nothing was measured, nothing is said.

use crate::failure::FailureClass;
use crate::receipt::{Attempt, AttemptStatus, Timings};
use crate::time::UnixMillis;
use crate::usage::Usage;

/// How many attempts are kept for each way in.
pub const MOST_SAMPLES: usize = 64;

/// An attempt this much older counts half.
const HALF_LIFE_MILLIS: f64 = 24.0 * 60.0 * 60.0 * 1_000.0;

/// One attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it ended.
    pub at: UnixMillis,
    /// Milliseconds to the first token, where one came.
    pub first_token: Option<u64>,
    /// Answer tokens a second after the first, where they were counted.
    pub tokens_per_second: Option<f64>,
    /// It answered; `false` where it failed by the way in's fault. Attempts that say nothing about
    /// the way in, such as those that the person stopped, are `None`.
    pub is_ok: Option<bool>,
}

impl Sample {
    /// What a settled attempt says.
    pub fn of(attempt: &Attempt) -> Self {
        Self::from_marks(
            attempt.started_at,
            &attempt.timings,
            attempt.usage.as_ref(),
            attempt.status,
            attempt.failure.as_ref().map(|failure| failure.class),
        )
    }

    /// The same, from no more of the attempt than it takes.
    pub fn from_marks(
        started_at: UnixMillis,
        timings: &Timings,
        usage: Option<&Usage>,
        status: AttemptStatus,
        failure: Option<FailureClass>,
    ) -> Self {
        let took = timings
            .ended
            .map_or(0, |millis| i64::try_from(millis).unwrap_or(i64::MAX));
        let is_ok = match status {
            AttemptStatus::Answered => Some(true),
            AttemptStatus::Failed => failure
                .filter(|class| class.blames_the_endpoint())
                .map(|_| false),
            AttemptStatus::Running | AttemptStatus::Stopped | AttemptStatus::Interrupted => None,
        };
        Self {
            at: UnixMillis(started_at.0.saturating_add(took)),
            first_token: timings.first_token,
            tokens_per_second: timings.tokens_per_second(usage),
            is_ok,
        }
    }
}

/// The newest samples, oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    samples: Vec<Sample>,
}

/// What the samples say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Attempts that it rests on.
    pub samples: u32,
    /// Of them, those with a first token.
    pub timed: u32,
    /// Half of the first tokens came sooner, in milliseconds.
    pub first_token_p50: Option<u64>,
    /// Nineteen of twenty first tokens came sooner.
    pub first_token_p95: Option<u64>,
    /// Answer tokens a second, the middle one.
    pub tokens_per_second: Option<f64>,
    /// The share that failed, 0 to 1; `None` without a sample.
    pub failed: Option<f64>,
    /// The newest sample.
    pub latest: Option<UnixMillis>,
}

impl Measured {
    /// Takes one more.
    pub fn add(&mut self, sample: Sample) {
        if self.samples.len() >= MOST_SAMPLES {
            self.samples.remove(0);
        }
        self.samples.push(sample);
    }

    /// What they say at this moment.
    pub fn summary(&self, now: UnixMillis) -> Summary {
        let weight = |sample: &Sample| {
            let age = now.since(sample.at) as f64;
            0.5_f64.powf(age / HALF_LIFE_MILLIS)
        };
        let first_tokens = weighed(
            self.samples
                .iter()
                .filter_map(|sample| Some((sample.first_token? as f64, weight(sample)))),
        );
        let speeds = weighed(
            self.samples
                .iter()
                .filter_map(|sample| Some((sample.tokens_per_second?, weight(sample)))),
        );
        let judged = || {
            self.samples
                .iter()
                .filter_map(|sample| Some((sample.is_ok?, weight(sample))))
        };
        let all: f64 = judged().map(|(_, weight)| weight).sum();
        let failed: f64 = judged()
            .filter(|(is_ok, _)| !is_ok)
            .map(|(_, weight)| weight)
            .sum();
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        Summary {
            samples: count(self.samples.len()),
            timed: count(first_tokens.len()),
            first_token_p50: quantile(&first_tokens, 0.5).map(whole),
            first_token_p95: quantile(&first_tokens, 0.95).map(whole),
            tokens_per_second: quantile(&speeds, 0.5),
            failed: (all > 0.0).then(|| failed / all),
            latest: self.samples.last().map(|sample| sample.at),
        }
    }
}

fn weighed(values: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    values
}

/// The smallest value at which so much of the weight lies at or below it.
fn quantile(sorted: &[(f64, f64)], share: f64) -> Option<f64> {
    let all: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut below = 0.0;
    for (value, weight) in sorted {
        below += weight;
        if below >= all * share {
            return Some(*value);
        }
    }
    sorted.last().map(|(value, _)| *value)
}

#[expect(
    clippy::as_conversions,
    reason = "a float that came from a whole number of milliseconds goes back"
)]
fn whole(millis: f64) -> u64 {
    millis as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000;

    fn sample(at: i64, first_token: u64, is_ok: bool) -> Sample {
        Sample {
            at: UnixMillis(at),
            first_token: Some(first_token),
            tokens_per_second: Some(50.0),
            is_ok: Some(is_ok),
        }
    }

    #[test]
    fn an_attempt_counts_against_the_endpoint_only_where_it_is_to_blame() {
        let timings = Timings {
            opened: Some(100),
            first_token: Some(500),
            ended: Some(2_500),
        };
        let usage = Usage {
            output: 81,
            reasoning: 20,
            ..Usage::ZERO
        };
        let of = |status, class| {
            Sample::from_marks(UnixMillis(1_000), &timings, Some(&usage), status, class)
        };
        let answered = of(AttemptStatus::Answered, None);
        assert_eq!(answered.at, UnixMillis(3_500));
        assert_eq!(answered.first_token, Some(500));
        assert_eq!(answered.tokens_per_second, Some(50.0));
        assert_eq!(answered.is_ok, Some(true));
        for (class, is_ok) in [
            (FailureClass::ServerError, Some(false)),
            (FailureClass::RateLimited, Some(false)),
            (FailureClass::Authentication, Some(false)),
            (FailureClass::RunTimeout, None),
            (FailureClass::ContextTooLong, None),
            (FailureClass::Internal, None),
        ] {
            assert_eq!(of(AttemptStatus::Failed, Some(class)).is_ok, is_ok);
        }
        assert_eq!(of(AttemptStatus::Stopped, None).is_ok, None);
        assert_eq!(of(AttemptStatus::Interrupted, None).is_ok, None);
    }

    #[test]
    fn nothing_measured_says_nothing() {
        let summary = Measured::default().summary(UnixMillis(0));
        assert_eq!(summary, Summary::default());
        assert_eq!(summary.failed, None);
    }

    #[test]
    fn the_middle_and_the_slow_end_are_those_of_the_samples() {
        let mut measured = Measured::default();
        for first_token in 1..=20 {
            measured.add(sample(0, first_token * 100, first_token != 20));
        }
        let summary = measured.summary(UnixMillis(0));
        assert_eq!(summary.samples, 20);
        assert_eq!(summary.first_token_p50, Some(1_000));
        assert_eq!(summary.first_token_p95, Some(1_900));
        assert!(
            summary
                .failed
                .is_some_and(|failed| (failed - 0.05).abs() < 1e-9)
        );
    }

    #[test]
    fn old_samples_count_for_less() {
        let mut measured = Measured::default();
        for _ in 0..10 {
            measured.add(sample(0, 5_000, false));
        }
        for _ in 0..5 {
            measured.add(sample(7 * DAY, 300, true));
        }
        let summary = measured.summary(UnixMillis(7 * DAY));
        assert_eq!(summary.first_token_p50, Some(300));
        assert!(summary.failed.is_some_and(|failed| failed < 0.02));
    }

    #[test]
    fn only_the_newest_are_kept() {
        let mut measured = Measured::default();
        for at in 0..200 {
            measured.add(sample(at, 1, true));
        }
        assert_eq!(measured.samples.len(), MOST_SAMPLES);
        assert_eq!(measured.samples[0].at, UnixMillis(200 - 64));
    }
}
