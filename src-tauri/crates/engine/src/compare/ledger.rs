//! What a round has spent, and what it has on its way.

use std::collections::HashMap;

use patchbay_domain::{Endpoint, NanoUsd, ProviderId};

/// Whom a column asks first now, and what one answer is thought to cost.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) endpoint: Endpoint,
    pub(super) estimate: NanoUsd,
}

/// What the runner keeps in mind.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) at_once: HashMap<ProviderId, u32>,
    pub(super) spent: i64,
    pub(super) reserved: i64,
}

impl Ledger {
    pub(super) fn begin(&mut self, lane: Option<&Lane>) {
        if let Some(lane) = lane {
            *self
                .at_once
                .entry(lane.endpoint.provider.clone())
                .or_default() += 1;
            self.reserved = self.reserved.saturating_add(lane.estimate.0);
        }
    }

    pub(super) fn end(&mut self, provider: Option<&ProviderId>, reserved: NanoUsd) {
        if let Some(count) = provider.and_then(|provider| self.at_once.get_mut(provider)) {
            *count = count.saturating_sub(1);
        }
        self.reserved = self.reserved.saturating_sub(reserved.0);
    }

    /// What all would have cost with one more.
    pub(super) fn would_be(&self, estimate: NanoUsd) -> i64 {
        self.spent
            .saturating_add(self.reserved)
            .saturating_add(estimate.0)
    }
}
