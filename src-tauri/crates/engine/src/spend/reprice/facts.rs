//! One attempt priced again, from what is known now.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use patchbay_domain::price::ServiceTier;
use patchbay_domain::receipt::cost_of;
use patchbay_domain::{
    Attempt, CostKind, Endpoint, ModelListing, Price, ProviderId, Rates, RawUsage, Usage,
    WireFamily,
};
use patchbay_providers::{Dialect, usage_from_raw};
use patchbay_store::{ProviderRecord, Repriced};

use crate::catalogue::Snapshot;
use crate::models::{key_of, snapshot_price};
use crate::providers::{config, family_of};
use crate::routing::Known;

/// What is known of one way in now.
pub(super) struct Facts {
    /// How its usage objects are read; `None` where its provider is gone.
    pub(super) reads: Option<(WireFamily, Dialect)>,
    pub(super) price: Option<Price>,
    pub(super) model_key: String,
}

/// All that is known now, asked of each way in once.
pub(super) struct FactsOf {
    pub(super) known: Arc<Known>,
    pub(super) records: HashMap<ProviderId, ProviderRecord>,
    pub(super) own: HashMap<Endpoint, Price>,
    pub(super) asked: HashMap<Endpoint, Facts>,
}

impl FactsOf {
    pub(super) fn get(&mut self, endpoint: &Endpoint) -> &Facts {
        match self.asked.entry(endpoint.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let record = self.records.get(&endpoint.provider);
                let own = self.own.get(endpoint);
                entry.insert(facts(&self.known, record, own, endpoint))
            }
        }
    }
}

pub(super) fn facts(
    known: &Known,
    record: Option<&ProviderRecord>,
    own: Option<&Price>,
    endpoint: &Endpoint,
) -> Facts {
    if endpoint.provider.is_local() {
        return Facts {
            reads: None,
            price: Some(crate::routing::free()),
            model_key: key_of(endpoint),
        };
    }
    let reads = record.and_then(|record| {
        let dialect = config(record, None).map(|config| config.dialect);
        Some((family_of(record), dialect.ok()?))
    });
    if let Some(way) = known.ways.get(endpoint) {
        return Facts {
            reads,
            price: way.price.clone(),
            model_key: way.model_key.clone(),
        };
    }
    // The provider does not list it any more, or is gone.
    let listing = ModelListing {
        id: endpoint.model.clone(),
        ..ModelListing::default()
    };
    let model = record
        .and_then(|record| Snapshot::embedded().canonical(record.preset.as_deref(), &listing));
    let listed = || record.and_then(|record| snapshot_price(record, &endpoint.model));
    Facts {
        reads,
        price: own.cloned().or_else(listed),
        model_key: model.map_or_else(|| key_of(endpoint), |model| model.id.to_string()),
    }
}

/// The row of an attempt that is not changed: what is kept of it, with its model and its list price
/// where those were not noted.
pub(super) fn filled(attempt: &Attempt, facts: &Facts) -> Repriced {
    let model_key = attempt
        .model_key
        .clone()
        .unwrap_or_else(|| facts.model_key.clone());
    let list = attempt.list.clone().or_else(|| {
        if attempt.endpoint.provider.is_local() {
            return None;
        }
        Snapshot::embedded().list_price(&model_key)?.for_tokens(
            attempt.usage.as_ref()?,
            attempt.started_at,
            attempt.service_tier.unwrap_or(ServiceTier::Standard),
        )
    });
    Repriced {
        attempt: attempt.id,
        usage: attempt.usage,
        rates: attempt.rates,
        price_tag: attempt.price_tag.clone(),
        cost: attempt.cost,
        list,
        model_key: Some(model_key),
    }
}

/// The row of an attempt, priced again.
pub(super) fn priced_again(attempt: &Attempt, facts: &Facts) -> Repriced {
    let usage = counted_again(attempt, facts);
    let tier = attempt.service_tier.unwrap_or(ServiceTier::Standard);
    // A list price of other tokens says nothing.
    let list = attempt.list.clone().filter(|_| usage == attempt.usage);
    let again = filled(
        &Attempt {
            usage,
            list,
            ..attempt.clone()
        },
        facts,
    );
    let Some(usage) = usage else {
        return again;
    };
    let cost_at = |rates: &Rates| {
        cost_of(
            Some(rates),
            Some(&usage),
            attempt.reported_cost,
            attempt.status,
            attempt.failure.as_ref(),
            true,
        )
    };
    let own = attempt.rates.map(|rates| (rates, cost_at(&rates)));
    let is_enough = own.is_some_and(|(_, cost)| cost.kind != CostKind::Unknown);
    let now = facts.price.as_ref().filter(|_| !is_enough).map(|price| {
        let rates = price.rates(attempt.started_at, usage.total_input(), tier);
        (rates, cost_at(&rates), price.tag.clone())
    });
    match (own, now) {
        (_, Some((rates, cost, tag))) if cost.kind != CostKind::Unknown => Repriced {
            rates: Some(rates),
            price_tag: Some(tag),
            cost,
            ..again
        },
        (Some((_, cost)), _) if is_enough => Repriced { cost, ..again },
        // A figure that was known is not forgotten because it cannot be worked out again.
        _ => again,
    }
}

/// The tokens by today's rules; as they were where the object cannot be read.
pub(super) fn counted_again(attempt: &Attempt, facts: &Facts) -> Option<Usage> {
    let read = |raw: &RawUsage| {
        let (family, dialect) = facts.reads?;
        let usage = usage_from_raw(family, dialect, raw)?;
        let beside = attempt.usage.map_or(0, |usage| usage.web_searches);
        Some(Usage {
            web_searches: usage.web_searches.max(beside),
            ..usage
        })
    };
    attempt.raw_usage.as_ref().and_then(read).or(attempt.usage)
}
