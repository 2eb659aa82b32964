//! Pricing history again: attempts whose cost nobody knew, and all of them from what their providers
//! counted.
//!
//! What a row was priced with holds for it for ever, so its own rates come first. A price of today is
//! taken only where a row has none, or none for all of its tokens; a list with dates is read at the
//! day of the row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use patchbay_domain::price::{PriceTag, ServiceTier};
use patchbay_domain::receipt::cost_of;
use patchbay_domain::{
    Attempt, AuditId, Cost, CostKind, Day, Endpoint, ModelListing, NanoUsd, Price, ProviderId,
    Rates, RawUsage, UnixMillis, Usage, WireFamily,
};
use patchbay_providers::{Dialect, usage_from_raw};
use patchbay_store::{AuditRecord, ProviderRecord, Repriced, SpendFilter, UnknownGroup};
use uuid::Uuid;

use super::calendar::today;
use crate::catalogue::Snapshot;
use crate::models::{key_of, snapshot_price};
use crate::providers::{config, family_of};
use crate::routing::Known;
use crate::{Engine, EngineError};

/// Rows that are filled in together.
const BATCH: u32 = 500;

/// Two at once would each write what the other has changed, and both say so in the audit.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Which attempts are priced again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepriceWhich {
    /// Those whose cost nobody knows.
    Unknown,
    /// Every one, from what its provider counted, at its own rates.
    All,
}

impl RepriceWhich {
    /// The choice with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "unknown" => Some(Self::Unknown),
            "all" => Some(Self::All),
            _ => None,
        }
    }
}

/// What to price again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepriceRequest {
    /// Through which way in; `None` for all.
    pub endpoint: Option<Endpoint>,
    /// The first day; `None` for the first there is.
    pub from: Option<Day>,
    /// The last day; `None` for today.
    pub to: Option<Day>,
    /// Which attempts.
    pub which: RepriceWhich,
    /// Only says what would change.
    pub is_trial: bool,
}

/// What pricing again changed, or would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepriceOutcome {
    /// Attempts that were looked at.
    pub looked_at: u64,
    /// Attempts whose cost or count of tokens changed.
    pub changed: u64,
    /// What was known of all before.
    pub before: NanoUsd,
    /// What is known of all now.
    pub after: NanoUsd,
    /// Unknown before.
    pub unknown_before: u64,
    /// Unknown now.
    pub unknown_after: u64,
    /// The line in the audit; `None` where nothing changed, or it was a trial.
    pub audit_id: Option<AuditId>,
}

/// Attempts through one way in whose cost nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSpend {
    /// The way in.
    pub endpoint: Endpoint,
    /// Its provider's name.
    pub provider_name: String,
    /// How many.
    pub attempts: u64,
    /// Those with a count of tokens: a price makes them known.
    pub with_tokens: u64,
    /// The first of them.
    pub first_at: UnixMillis,
    /// The last of them.
    pub last_at: UnixMillis,
    /// Why, in one sentence.
    pub because: String,
    /// There is a price now.
    pub has_price: bool,
    /// What those with a count would cost by that price; `None` where there is none.
    pub would_be: Option<NanoUsd>,
}

/// What is known of one way in now.
struct Facts {
    /// How its usage objects are read; `None` where its provider is gone.
    reads: Option<(WireFamily, Dialect)>,
    price: Option<Price>,
    model_key: String,
}

/// All that is known now, asked of each way in once.
struct FactsOf {
    known: Arc<Known>,
    records: HashMap<ProviderId, ProviderRecord>,
    own: HashMap<Endpoint, Price>,
    asked: HashMap<Endpoint, Facts>,
}

impl FactsOf {
    fn get(&mut self, endpoint: &Endpoint) -> &Facts {
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

fn facts(
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
fn filled(attempt: &Attempt, facts: &Facts) -> Repriced {
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
fn priced_again(attempt: &Attempt, facts: &Facts) -> Repriced {
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
fn counted_again(attempt: &Attempt, facts: &Facts) -> Option<Usage> {
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

impl Engine {
    /// What nobody knows the cost of, by way in, and what it would cost by the prices of now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn unknown_spend(
        &self,
        filter: SpendFilter,
    ) -> Result<Vec<UnknownSpend>, EngineError> {
        let groups = self.store.unknown_spend(filter.clone()).await?;
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let mut facts = self.facts().await?;
        let mut would_be: HashMap<Endpoint, NanoUsd> = HashMap::new();
        let unknown = SpendFilter {
            cost_kind: Some(CostKind::Unknown),
            ..filter
        };
        let mut pages = self.ledger_pages(unknown).await?;
        while let Some(rows) = pages.next().await? {
            for row in rows {
                let endpoint = &row.attempt.endpoint;
                let again = priced_again(&row.attempt, facts.get(endpoint));
                if let Some(amount) = again.cost.amount {
                    let sum = would_be.entry(endpoint.clone()).or_default();
                    sum.0 = sum.0.saturating_add(amount.0);
                }
            }
        }
        Ok(groups
            .into_iter()
            .map(|group| {
                let has_price = facts.get(&group.endpoint).price.is_some();
                let would_be = would_be.get(&group.endpoint).copied();
                UnknownSpend {
                    because: why_unknown(&group, has_price),
                    has_price,
                    would_be: would_be.filter(|_| has_price),
                    endpoint: group.endpoint,
                    provider_name: group.provider_name,
                    attempts: group.attempts,
                    with_tokens: group.counted,
                    first_at: group.first_at,
                    last_at: group.last_at,
                }
            })
            .collect())
    }

    /// Prices history again, and leaves a line in the audit that says so. All of it or nothing.
    ///
    /// # Errors
    /// The days are the wrong way round, or the database cannot be read or written.
    pub async fn reprice(&self, request: &RepriceRequest) -> Result<RepriceOutcome, EngineError> {
        let _alone = ONE_AT_A_TIME.lock().await;
        let now = self.clock.now();
        let first = self.store.first_spend_day().await?;
        let to = request.to.unwrap_or_else(|| today(now));
        let from = request.from.or(first).unwrap_or(to);
        if request.from.is_some() && from > to {
            return Err(EngineError::input(
                "from",
                "The first day is after the last one.",
                "Choose a first day that is not later than the last one.",
            ));
        }
        let endpoint = request.endpoint.as_ref();
        let is_unknown_only = request.which == RepriceWhich::Unknown;
        let filter = SpendFilter {
            provider: endpoint.map(|endpoint| endpoint.provider.clone()),
            model: endpoint.map(|endpoint| endpoint.model.clone()),
            cost_kind: is_unknown_only.then_some(CostKind::Unknown),
            ..SpendFilter::between(from, to)
        };
        let mut facts = self.facts().await?;
        let mut outcome = RepriceOutcome::default();
        let mut changed = Vec::new();
        let mut lists: Vec<PriceTag> = Vec::new();
        let mut provider_name = None;
        let mut pages = self.ledger_pages(filter).await?;
        while let Some(rows) = pages.next().await? {
            for row in rows {
                let attempt = row.attempt;
                let again = priced_again(&attempt, facts.get(&attempt.endpoint));
                outcome.add(attempt.cost, again.cost);
                if again.cost == attempt.cost && again.usage == attempt.usage {
                    continue;
                }
                outcome.changed += 1;
                if again.price_tag != attempt.price_tag
                    && let Some(tag) = &again.price_tag
                    && !lists.contains(tag)
                {
                    lists.push(tag.clone());
                }
                changed.push(again);
                provider_name = Some(attempt.provider_name);
            }
        }
        if request.is_trial || changed.is_empty() {
            return Ok(outcome);
        }
        let id = AuditId::from_uuid(Uuid::now_v7());
        let through = endpoint.zip(provider_name.as_deref());
        let audit = AuditRecord {
            id,
            at: now,
            words: audit_words(request.which, &outcome, through, (from, to), &lists),
            changed: outcome.changed,
            before: outcome.before,
            after: outcome.after,
        };
        self.store.reprice(changed, Some(audit)).await?;
        Ok(RepriceOutcome {
            audit_id: Some(id),
            ..outcome
        })
    }

    /// Fills in what earlier versions did not note: the canonical model, the maker's list price, the
    /// computed amount and what caches saved. No cost changes. What was filled in is not looked at
    /// again, so this may be interrupted at any time and costs nothing once it is done.
    ///
    /// Returns how many attempts were filled in.
    ///
    /// # Errors
    /// The database cannot be read or written. What was filled in stays so.
    pub async fn fill_spend_facts(&self) -> Result<u64, EngineError> {
        let mut filled_in = 0;
        let mut after = None;
        let mut facts = None;
        while !self.shutdown.is_cancelled() {
            let attempts = self.store.attempts_without_model(after, BATCH).await?;
            let Some(last) = attempts.last() else {
                break;
            };
            after = Some(last.id);
            let facts = match &mut facts {
                Some(facts) => facts,
                none => none.insert(self.facts().await?),
            };
            let batch: Vec<_> = attempts
                .iter()
                .map(|attempt| filled(attempt, facts.get(&attempt.endpoint)))
                .collect();
            filled_in += batch.len() as u64;
            self.store.reprice(batch, None).await?;
        }
        Ok(filled_in)
    }

    /// [`Engine::fill_spend_facts`] in the background. To be called once, inside a runtime.
    pub fn fill_spend_facts_soon(self: &Arc<Self>) {
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            match engine.fill_spend_facts().await {
                Ok(0) => {}
                Ok(attempts) => tracing::info!(attempts, "older attempts were given their model"),
                Err(error) => tracing::warn!(%error, "older attempts were not given their model"),
            }
        });
    }

    /// The changes of history, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_audit(&self) -> Result<Vec<AuditRecord>, EngineError> {
        Ok(self.store.spend_audit().await?)
    }

    async fn facts(&self) -> Result<FactsOf, EngineError> {
        let records = self.store.providers().await?.into_iter();
        Ok(FactsOf {
            known: self.known_ways().await?,
            records: records.map(|record| (record.id.clone(), record)).collect(),
            own: self.own_prices().await?,
            asked: HashMap::new(),
        })
    }
}

impl RepriceOutcome {
    fn add(&mut self, before: Cost, after: Cost) {
        self.looked_at += 1;
        let add = |sum: &mut NanoUsd, unknown: &mut u64, cost: Cost| match cost.amount {
            Some(amount) => sum.0 = sum.0.saturating_add(amount.0),
            None => *unknown += 1,
        };
        add(&mut self.before, &mut self.unknown_before, before);
        add(&mut self.after, &mut self.unknown_after, after);
    }
}

fn why_unknown(group: &UnknownGroup, has_price: bool) -> String {
    let without_tokens = group.attempts.saturating_sub(group.counted);
    let no_tokens = "The provider sent no count of tokens.";
    if without_tokens == group.attempts {
        return no_tokens.to_owned();
    }
    let price = match (has_price, group.without_rates) {
        (true, 0) => "Its price did not cover all of their tokens.",
        (true, _) => "There was no price when these were sent; there is one now.",
        (false, 0) => "Its price does not cover all of their tokens.",
        (false, _) => "Nobody knows the price of this way in.",
    };
    match without_tokens {
        0 => price.to_owned(),
        one_or_more => format!("{price} For {one_or_more} of them there is no count of tokens."),
    }
}

/// One sentence, such as "Priced 3 attempts without a cost through Acme to large, from 2026-11-01 to
/// 2026-11-26, by genai-prices 0.2.3."
fn audit_words(
    which: RepriceWhich,
    outcome: &RepriceOutcome,
    through: Option<(&Endpoint, &str)>,
    (from, to): (Day, Day),
    lists: &[PriceTag],
) -> String {
    let attempts = match outcome.changed {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let what = match which {
        RepriceWhich::Unknown => format!("Priced {attempts} without a cost"),
        RepriceWhich::All => format!("Priced {attempts} again"),
    };
    let through = through.map_or_else(String::new, |(endpoint, provider)| {
        format!(" of {} through {provider}", endpoint.model)
    });
    let days = if from == to {
        format!("on {from}")
    } else {
        format!("from {from} to {to}")
    };
    let by = match lists {
        [] => "by what the providers counted and the rates of their own time".to_owned(),
        [one] => format!("by {}", one.name),
        [one, another] => format!("by {} and {}", one.name, another.name),
        [first, rest @ ..] => format!("by {} and {} other lists", first.name, rest.len()),
    };
    format!("{what}{through}, {days}, {by}.")
}

#[cfg(test)]
mod tests;
