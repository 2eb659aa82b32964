//! What was read of an organisation, as it is kept: beside the settings, since it can be read again.

use std::collections::BTreeMap;

use patchbay_domain::{Origin, ProviderId, UnixMillis};
use patchbay_providers::{OrganisationDay, OrganisationReport, UtcDays};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Days that are kept; older ones go.
const KEPT: usize = 1_100;

/// Where it is kept.
pub(super) fn place(id: &ProviderId) -> String {
    format!("organisation/{id}")
}

/// What was read of one organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Whom it was read from: at another address it says nothing.
    origin: String,
    pub(super) read_at: Option<UnixMillis>,
    /// In their order.
    days: Vec<OrganisationDay>,
    pub(super) failure: Option<KeptFailure>,
    /// Why the newest reading has no tokens.
    pub(super) usage_words: Option<String>,
}

/// Why a reading failed. Never a key, nor a part of it: the words are our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptFailure {
    pub(super) at: UnixMillis,
    pub(super) words: String,
}

impl Kept {
    /// What is there, or nothing: what a later version wrote is none of ours to read.
    pub(super) fn read(said: Option<Value>, origin: &Origin) -> Self {
        said.and_then(|said| serde_json::from_value(said).ok())
            .filter(|kept: &Self| kept.origin == origin.as_str())
            .unwrap_or_else(|| Self {
                origin: origin.as_str().to_owned(),
                ..Self::default()
            })
    }

    /// Takes a new reading of these days in place of the one before.
    pub(super) fn take(&mut self, report: OrganisationReport, read: UtcDays, now: UnixMillis) {
        let is_read = |day: &OrganisationDay| (read.from..read.until).contains(&day.starts_at);
        self.days.retain(|day| !is_read(day));
        self.days.extend(report.days);
        self.days.sort_by_key(|day| day.starts_at);
        let older = self.days.len().saturating_sub(KEPT);
        self.days.drain(..older);
        self.read_at = Some(now);
        self.failure = None;
        self.usage_words = report
            .usage_failure
            .map(|failure| failure.class.as_str().to_owned());
    }

    pub(super) fn within(&self, days: UtcDays) -> BTreeMap<UnixMillis, OrganisationDay> {
        let within = |day: &&OrganisationDay| (days.from..days.until).contains(&day.starts_at);
        let kept = self.days.iter().filter(within);
        kept.map(|day| (day.starts_at, *day)).collect()
    }
}
