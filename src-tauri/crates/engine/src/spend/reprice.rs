//! Pricing history again: attempts whose cost nobody knew, and all of them from what their providers
//! counted.
//!
//! It is written in parts, so that answers which are being written meanwhile are not held up. Each part is
//! one transaction with its own line in the audit, so whatever cuts it short, the audit says exactly
//! what was changed, and that the rest was not. Done again, it goes on where it was cut.
//!
//! What a row was priced with holds for it for ever, so its own rates come first. A price of today is
//! taken only where a row has none, or none for all of its tokens; a list with dates is read at the
//! day of the row.

mod facts;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_domain::price::PriceTag;
use patchbay_domain::{AuditId, Cost, CostKind, Day, Endpoint, NanoUsd, UnixMillis};
use patchbay_store::{AuditLine, AuditRecord, Repriced, SpendFilter};

use self::facts::{FactsOf, filled, priced_again};
use self::words::{audit_words, not_whole, why_unknown};
use super::calendar::today;
use crate::{Engine, EngineError, clock};

/// Rows that are filled in together.
const BATCH: u32 = 500;

/// Attempts that are priced again in one transaction: some 50 milliseconds of the writer.
const PART: usize = 200;

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

/// Pricing again as it goes: what waits to be written, and what was.
struct Job<'a> {
    request: &'a RepriceRequest,
    days: (Day, Day),
    /// The id of its first line; `None` until a part is written.
    id: Option<AuditId>,
    /// Lists that were not those of the rows.
    lists: Vec<PriceTag>,
    provider_name: Option<String>,
    waiting: Vec<Repriced>,
    /// All of it.
    whole: RepriceOutcome,
    /// What was looked at since the last part.
    part: RepriceOutcome,
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

    /// Prices history again, and leaves a line in the audit that says so, part by part.
    ///
    /// # Errors
    /// The days are the wrong way round, the database cannot be read or written, or Patchbay is closed
    /// meanwhile. What was written stays, and the audit says that it is not all.
    pub async fn reprice(&self, request: &RepriceRequest) -> Result<RepriceOutcome, EngineError> {
        self.reprice_in_parts(request, PART).await
    }

    async fn reprice_in_parts(
        &self,
        request: &RepriceRequest,
        most: usize,
    ) -> Result<RepriceOutcome, EngineError> {
        let _alone = self.repricing.lock().await;
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
        let mut job = Job {
            request,
            days: (from, to),
            id: None,
            lists: Vec::new(),
            provider_name: None,
            waiting: Vec::new(),
            whole: RepriceOutcome::default(),
            part: RepriceOutcome::default(),
        };
        let mut pages = self.ledger_pages(filter).await?;
        while let Some(rows) = pages.next().await? {
            for row in rows {
                let attempt = row.attempt;
                let again = priced_again(&attempt, facts.get(&attempt.endpoint));
                let is_changed = again.cost != attempt.cost || again.usage != attempt.usage;
                // A part is written when the next one begins, so that the last one is known.
                if is_changed && !request.is_trial && job.waiting.len() >= most {
                    if self.shutdown.is_cancelled() {
                        return Err(EngineError::Cancelled);
                    }
                    self.write_part(&mut job, false).await?;
                }
                for outcome in [&mut job.whole, &mut job.part] {
                    outcome.add(attempt.cost, again.cost);
                    outcome.changed += u64::from(is_changed);
                }
                if !is_changed {
                    continue;
                }
                if again.price_tag != attempt.price_tag
                    && let Some(tag) = &again.price_tag
                    && !job.lists.contains(tag)
                {
                    job.lists.push(tag.clone());
                }
                job.provider_name = Some(attempt.provider_name);
                if !request.is_trial {
                    job.waiting.push(again);
                }
            }
        }
        if !job.waiting.is_empty() {
            self.write_part(&mut job, true).await?;
        }
        Ok(RepriceOutcome {
            audit_id: job.id,
            ..job.whole
        })
    }

    /// Writes what waits, with a line that says what was done so far.
    async fn write_part(&self, job: &mut Job<'_>, is_last: bool) -> Result<(), EngineError> {
        let id = clock::audit_id();
        let endpoint = job.request.endpoint.as_ref();
        let through = endpoint.zip(job.provider_name.as_deref());
        let part = std::mem::take(&mut job.part);
        let line = AuditLine {
            id,
            job: job.id.unwrap_or(id),
            is_last,
            at: self.clock.now(),
            words: audit_words(job.request.which, &job.whole, through, job.days, &job.lists),
            changed: part.changed,
            before: part.before,
            after: part.after,
        };
        job.id = Some(line.job);
        let waiting = std::mem::take(&mut job.waiting);
        Ok(self.store.reprice(waiting, Some(line)).await?)
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

    /// The changes of history, the newest first. One that was cut in the middle says so.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_audit(&self) -> Result<Vec<AuditRecord>, EngineError> {
        // Read first: what ends meanwhile is whole in what is read next.
        let is_going_on = self.repricing.try_lock().is_err();
        let mut records = self.store.spend_audit().await?;
        for (index, record) in records.iter_mut().enumerate() {
            if !record.is_whole {
                record.words += not_whole(is_going_on && index == 0);
            }
        }
        Ok(records)
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

#[cfg(test)]
mod tests;
