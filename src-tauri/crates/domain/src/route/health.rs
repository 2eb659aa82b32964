//! How the ways in fare: circuits, measurements and what providers say may still be asked.

use std::collections::HashMap;

use super::circuit::Circuit;
use super::measured::{Measured, Sample, Summary};
use crate::model::Endpoint;
use crate::rate_limit::RateLimits;
use crate::time::UnixMillis;

/// One way in.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Whether it may be asked.
    pub circuit: Circuit,
    /// What was measured.
    pub measured: Measured,
    /// What the samples said when the last one came; planning does not count them again.
    pub summary: Summary,
    /// What the newest reply said may still be asked, and when that was.
    pub rate_limits: Option<(RateLimits, UnixMillis)>,
}

impl Health {
    /// Takes one more measurement.
    pub fn add(&mut self, sample: Sample, now: UnixMillis) {
        self.measured.add(sample);
        self.summary = self.measured.summary(now);
    }

    /// How many requests the newest reply left, where its allowance has not begun anew since.
    pub fn requests_left(&self, now: UnixMillis) -> Option<u64> {
        let (limits, received_at) = self.rate_limits?;
        let requests = limits.requests?;
        let is_over = requests
            .resets
            .is_none_or(|reset| reset.moment(received_at) <= now);
        requests.remaining.filter(|_| !is_over)
    }

    /// Until when the provider says that nothing may be asked.
    pub fn limited_until(&self, now: UnixMillis) -> Option<UnixMillis> {
        let (limits, received_at) = self.rate_limits?;
        limits.spent_until(received_at).filter(|until| *until > now)
    }
}

/// All of them. A way in that is not here has no history.
#[derive(Clone, Debug, Default)]
pub struct HealthBook {
    by_endpoint: HashMap<Endpoint, Health>,
}

impl HealthBook {
    /// How one way in fares.
    pub fn get(&self, endpoint: &Endpoint) -> Option<&Health> {
        self.by_endpoint.get(endpoint)
    }

    /// The same, to be changed.
    pub fn entry(&mut self, endpoint: &Endpoint) -> &mut Health {
        self.by_endpoint.entry(endpoint.clone()).or_default()
    }

    /// Every way in that has a history.
    pub fn iter(&self) -> impl Iterator<Item = (&Endpoint, &Health)> {
        self.by_endpoint.iter()
    }

    /// The same, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Endpoint, &mut Health)> {
        self.by_endpoint.iter_mut()
    }
}
