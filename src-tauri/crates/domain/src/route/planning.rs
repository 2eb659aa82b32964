//! Working a route out for one request.
//!
//! Long because every reason to leave a way in out stands in one place, in its order.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::circuit::Gate;
use super::health::{Health, HealthBook};
use super::measured::Summary;
use super::need::Need;
use super::one_model::embedding_model;
use super::order::arrange;
use super::quote::quote;
use super::skip::{SkipReason, Skipped};
use super::ways::{WayIn, WaysIn};
use super::{Policy, Requirements, Route, RouteEntry};
use crate::budget::{Budgets, Left};
use crate::failure::FailureClass;
use crate::model::Endpoint;
use crate::money::NanoUsd;
use crate::price::ServiceTier;
use crate::ranking::Standings;
use crate::time::UnixMillis;

/// What an answer may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostEstimate {
    /// With an answer of usual length, or the longest that the request allows where that is given.
    pub likely: NanoUsd,
    /// With the longest answer that the request or the model allows.
    pub worst: NanoUsd,
}

/// Why a way in stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "placed", rename_all = "snake_case")]
pub enum Placed {
    /// The person wrote it there.
    AsListed,
    /// By its price for this request.
    Cheapest,
    /// Behind those with a price, since nobody knows its own.
    PriceUnknown,
    /// By its first token on this computer.
    Fastest,
    /// Behind those that were measured.
    NotMeasured,
    /// By price, speed and failures together.
    Balanced,
    /// By the person's own votes. Models are ranked against each other only where votes join them.
    MyBest {
        /// 1 for the best of all models that were voted on, also of those that the route does not name.
        place: u32,
        /// Its score in points, rounded.
        points: i32,
        /// Half of its 95 % interval, in points, rounded.
        margin: u32,
        /// Votes about it.
        votes: u32,
        /// The votes suffice to tell it from every other model.
        is_settled: bool,
    },
    /// Behind those that the person's votes rank.
    TooFewVotes,
    /// Behind the others, because it fails more often than it answers.
    InTrouble,
    /// It failed lately, and this request finds out whether it works again.
    Probe,
    /// It failed lately, but there is nothing else to ask.
    NothingElse {
        /// Until when it would have been left alone.
        until: UnixMillis,
        /// What it failed with last.
        class: FailureClass,
    },
    /// Only where the network is gone.
    LastResort,
}

/// One way in of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanStep {
    /// Whom to ask for which model.
    pub endpoint: Endpoint,
    /// The provider's name.
    pub provider_name: String,
    /// The canonical model.
    pub model_key: String,
    /// Index into the route's entries; `None` for the last resort.
    pub entry: Option<usize>,
    /// Keys that can be tried.
    pub keys: u32,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// It continues half an answer that it is shown.
    pub takes_prefill: bool,
    /// It asks no money.
    pub is_free: bool,
    /// The answer has to end here, since a budget holds no more; `None` for the request's own end.
    pub max_output: Option<u64>,
    /// What this request may cost there; `None` where nobody knows.
    pub estimate: Option<CostEstimate>,
    /// What was measured.
    pub measured: Summary,
    /// Why it stands here.
    pub placed: Placed,
}

/// A route worked out for one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoutePlan {
    /// Whom to ask, in this order.
    pub steps: Vec<PlanStep>,
    /// Who is left out, and why.
    pub skipped: Vec<Skipped>,
    /// The budget for whose sake another way in comes first than would have; `None` where none asks for
    /// it, or where the first one is the same.
    pub saving: Option<Spared>,
}

/// For whose sake another way in comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spared {
    /// The budget's name.
    pub budget: String,
    /// What comes first is the cheapest; else it is one that this budget does not hold.
    pub is_cheapest: bool,
}

/// Works a route out for one request. `budgets` say what may still be spent; `None` for no limit.
/// `standings` are what the person's votes with the tag [`Route::best_for`] say; only
/// [`Policy::MyBest`](super::Policy::MyBest) asks for them.
///
/// Where everything is left out only because it failed lately, it is asked all the same: an attempt
/// that may fail is better than none.
pub fn plan(
    route: &Route,
    need: &Need,
    ways: &WaysIn,
    health: &HealthBook,
    budgets: Option<&Budgets>,
    now: UnixMillis,
    standings: Option<&Standings>,
) -> RoutePlan {
    let only_model = need
        .embedding
        .filter(|embedding| embedding.one_model)
        .and_then(|_| embedding_model(route, ways));
    let mut planner = Planner {
        requirements: &route.requirements,
        need,
        only_model: only_model.as_deref(),
        health,
        budgets,
        now,
        seen: HashSet::new(),
        steps: Vec::new(),
        resting: Vec::new(),
        skipped: Vec::new(),
    };
    for (index, entry) in route.entries.iter().enumerate() {
        planner.entry(index, entry, ways);
    }
    let Planner {
        mut seen,
        mut steps,
        resting,
        mut skipped,
        ..
    } = planner;
    let saving = match budgets {
        Some(budgets) => spared(budgets, route.policy, standings, &mut steps),
        None => {
            arrange(route.policy, standings, &mut steps);
            None
        }
    };
    if steps.is_empty() {
        steps = nothing_else(resting);
    } else {
        skipped.extend(resting.into_iter().map(|(_, skipped)| skipped));
    }
    // The model in this process makes no embeddings, and any other one's would not mix.
    if route.local_when_offline && need.embedding.is_none() {
        steps.extend(last_resort(ways, need, &mut seen));
    }
    RoutePlan {
        steps,
        skipped,
        saving,
    }
}

/// Arranges the steps as budgets that save want it: the cheapest first where one of everything saves, and
/// providers and models whose own budget saves after the others. Answers for whose sake the first one is
/// another than the policy's own.
fn spared(
    budgets: &Budgets,
    policy: Policy,
    standings: Option<&Standings>,
    steps: &mut Vec<PlanStep>,
) -> Option<Spared> {
    let saves = |step: &PlanStep| budgets.saves_on(&step.endpoint.provider, &step.model_key);
    let wide = budgets.saving().filter(|saving| saving.route.is_none());
    let mut plain = steps.clone();
    arrange(policy, standings, &mut plain);
    let usual = plain.first().map(|step| step.endpoint.clone());
    if wide.is_some() {
        arrange(Policy::Cheapest, standings, steps);
    } else {
        *steps = plain;
    }
    let own = steps
        .first()
        .and_then(saves)
        .map(|budget| budget.name.clone());
    if own.is_some() {
        steps.sort_by_key(|step| saves(step).is_some());
    }
    let is_cheapest = own.is_none();
    let budget = own.or(wide.map(|saving| saving.name))?;
    let is_another = steps.first().map(|step| &step.endpoint) != usual.as_ref();
    is_another.then_some(Spared {
        budget,
        is_cheapest,
    })
}

struct Planner<'a> {
    requirements: &'a Requirements,
    need: &'a Need,
    /// Vectors of this model alone may be given.
    only_model: Option<&'a str>,
    health: &'a HealthBook,
    budgets: Option<&'a Budgets>,
    now: UnixMillis,
    seen: HashSet<&'a Endpoint>,
    steps: Vec<PlanStep>,
    /// Left out only because they failed lately.
    resting: Vec<(PlanStep, Skipped)>,
    skipped: Vec<Skipped>,
}

impl<'a> Planner<'a> {
    fn entry(&mut self, index: usize, entry: &RouteEntry, ways: &'a WaysIn) {
        match entry {
            RouteEntry::Endpoint { endpoint } => match ways.get(endpoint) {
                Some(way) => self.way(index, way),
                None => self.skipped.push(Skipped {
                    endpoint: Some(endpoint.clone()),
                    name: endpoint.provider.as_str().to_owned(),
                    entry: index,
                    reason: SkipReason::NotListed,
                }),
            },
            RouteEntry::Model { key } => {
                let mut has_any = false;
                for way in ways.of_model(key) {
                    has_any = true;
                    self.way(index, way);
                }
                if !has_any {
                    self.skipped.push(Skipped {
                        endpoint: None,
                        name: key.clone(),
                        entry: index,
                        reason: SkipReason::NotListed,
                    });
                }
            }
        }
    }

    fn way(&mut self, entry: usize, way: &'a WayIn) {
        if !self.seen.insert(&way.endpoint) {
            return;
        }
        let health = self.health.get(&way.endpoint);
        let left = self
            .budgets
            .and_then(|budgets| budgets.left(&way.endpoint.provider, &way.model_key));
        let quote = quote(
            way.price.as_ref(),
            way.max_output,
            self.need,
            self.now,
            left.as_ref(),
        );
        let estimate = quote.map(|quote| quote.estimate);
        let skipped = |reason| Skipped {
            endpoint: Some(way.endpoint.clone()),
            name: way.provider_name.clone(),
            entry,
            reason,
        };
        if let Some(reason) = self.unfit(way, estimate, left) {
            self.skipped.push(skipped(reason));
            return;
        }
        let step = PlanStep {
            max_output: quote.and_then(|quote| quote.max_output),
            ..step(way, Some(entry), estimate, health, Placed::AsListed)
        };
        match self.resting(way, health) {
            Rest::None => self.steps.push(step),
            Rest::Probe => self.steps.push(PlanStep {
                placed: Placed::Probe,
                ..step
            }),
            Rest::Until(reason) => self.resting.push((step, skipped(reason))),
        }
    }

    fn resting(&self, way: &WayIn, health: Option<&Health>) -> Rest {
        let Some(health) = health else {
            return Rest::None;
        };
        // One of several keys may be spent while the others are not.
        if way.keys <= 1
            && let Some(until) = health.limited_until(self.now)
        {
            return Rest::Until(SkipReason::RateLimitedUntil { until });
        }
        match health.circuit.gate(self.now) {
            Gate::Closed => Rest::None,
            Gate::Probe => Rest::Probe,
            Gate::Probing => Rest::Until(SkipReason::BeingProbed),
            Gate::Open { until, class } => Rest::Until(SkipReason::CircuitOpen { until, class }),
        }
    }

    /// The first reason for which a way in does not fit, if any: what the person must mend first,
    /// then what the route demands, then what the request needs, then money.
    fn unfit(
        &self,
        way: &WayIn,
        estimate: Option<CostEstimate>,
        left: Option<Left>,
    ) -> Option<SkipReason> {
        // Before what a person could mend, which would change nothing.
        if self.need.embedding.is_some()
            && let Some(reason) = self.embeds_otherwise(way)
        {
            return Some(reason);
        }
        if let Some(because) = &way.unavailable_because {
            let because = because.clone();
            return Some(SkipReason::Unavailable { because });
        }
        if way.keys == 0 {
            return Some(SkipReason::NoKey);
        }
        self.forbidden(way)
            .or_else(|| self.incapable(way))
            .or_else(|| self.too_dear(way, estimate))
            .or_else(|| over_budget(estimate, &left?))
    }

    fn forbidden(&self, way: &WayIn) -> Option<SkipReason> {
        let requirements = self.requirements;
        let is_local = way.endpoint.provider.is_local();
        if requirements.excluded.contains(&way.endpoint.provider) {
            return Some(SkipReason::Excluded);
        }
        if requirements.local_only && !is_local {
            return Some(SkipReason::NotLocal);
        }
        if requirements.direct_only && !is_local && way.is_direct != Some(true) {
            return Some(SkipReason::NotDirect);
        }
        if requirements.open_weights && way.capabilities.open_weights != Some(true) {
            return Some(SkipReason::NotOpenWeights);
        }
        if let Some(policy) = &way.data_policy {
            if requirements.no_training && policy.trains(is_free(way, self.now)) {
                return Some(SkipReason::MayTrain);
            }
            if requirements.no_keeping && policy.keeps() {
                return Some(SkipReason::Keeps {
                    days: policy.keeps_days.unwrap_or(0),
                });
            }
        }
        let region = way.region.as_ref().filter(|region| {
            !requirements.regions.is_empty()
                && !requirements
                    .regions
                    .iter()
                    .any(|allowed| allowed.eq_ignore_ascii_case(region))
        });
        region.map(|region| SkipReason::OtherRegion {
            region: region.clone(),
        })
    }

    fn embeds_otherwise(&self, way: &WayIn) -> Option<SkipReason> {
        if way.embeds == Some(false) {
            return Some(SkipReason::NoEmbeddings);
        }
        let model = self.only_model.filter(|model| *model != way.model_key)?;
        Some(SkipReason::OtherEmbeddingModel {
            model: model.to_owned(),
        })
    }

    fn incapable(&self, way: &WayIn) -> Option<SkipReason> {
        let (requirements, need) = (self.requirements, self.need);
        let capabilities = &way.capabilities;
        if let Some(embedding) = need.embedding {
            let context = way.context_length.filter(|_| requirements.context_fits)?;
            let needed = embedding.longest_input;
            return (needed > context).then_some(SkipReason::ContextTooSmall { context, needed });
        }
        if !way.is_chat {
            return Some(SkipReason::NotChat);
        }
        // What a route demands must be known; what a request needs is refused only where it is known
        // to be missing, since lists are often silent.
        let lacks = |demanded: bool, needed: bool, known: Option<bool>| {
            (demanded && known != Some(true)) || (needed && known == Some(false))
        };
        let images = capabilities.input.map(|input| input.image);
        if lacks(requirements.images, need.images, images) {
            return Some(SkipReason::NoImages);
        }
        let documents = capabilities.input.map(|input| input.pdf);
        if lacks(false, need.documents, documents) {
            return Some(SkipReason::NoDocuments);
        }
        if lacks(requirements.tools, need.tools, capabilities.tools) {
            return Some(SkipReason::NoTools);
        }
        if lacks(
            requirements.json_schema,
            need.json_schema,
            capabilities.json_schema,
        ) {
            return Some(SkipReason::NoJsonSchema);
        }
        if lacks(requirements.reasoning, false, capabilities.reasoning) {
            return Some(SkipReason::NoReasoning);
        }
        let context = way.context_length.filter(|_| requirements.context_fits)?;
        let needed = need
            .input_tokens
            .saturating_add(need.max_output.unwrap_or(1));
        (needed > context).then_some(SkipReason::ContextTooSmall { context, needed })
    }

    fn too_dear(&self, way: &WayIn, estimate: Option<CostEstimate>) -> Option<SkipReason> {
        let requirements = self.requirements;
        let output_ceiling = requirements
            .output_ceiling
            .filter(|_| self.need.embedding.is_none());
        if let Some(ceiling) = output_ceiling {
            let rates = way
                .price
                .as_ref()
                .map(|price| price.rates(self.now, self.need.input_tokens, ServiceTier::Standard));
            match rates.and_then(|rates| rates.output) {
                None => return Some(SkipReason::PriceUnknown),
                Some(rate) if rate > ceiling => {
                    return Some(SkipReason::RateAboveCeiling { rate, ceiling });
                }
                Some(_) => {}
            }
        }
        if let Some(ceiling) = requirements.answer_ceiling {
            match estimate {
                None => return Some(SkipReason::PriceUnknown),
                Some(estimate) if estimate.likely > ceiling => {
                    return Some(SkipReason::AboveCeiling {
                        likely: estimate.likely,
                        ceiling,
                    });
                }
                Some(_) => {}
            }
        }
        None
    }
}

/// What the budget that leaves least says. What costs nothing may be asked when nothing is left.
pub fn over_budget(estimate: Option<CostEstimate>, left: &Left) -> Option<SkipReason> {
    match estimate {
        None => left
            .refuses_unknown
            .clone()
            .map(|budget| SkipReason::PriceUnknownToBudget { budget }),
        Some(estimate) => (estimate.worst > left.amount).then_some(SkipReason::OverBudget {
            worst: estimate.worst,
            left: left.amount,
            budget: left.name.clone(),
        }),
    }
}

enum Rest {
    None,
    Probe,
    Until(SkipReason),
}

fn step(
    way: &WayIn,
    entry: Option<usize>,
    estimate: Option<CostEstimate>,
    health: Option<&Health>,
    placed: Placed,
) -> PlanStep {
    PlanStep {
        endpoint: way.endpoint.clone(),
        provider_name: way.provider_name.clone(),
        model_key: way.model_key.clone(),
        entry,
        keys: way.keys,
        context_length: way.context_length,
        takes_prefill: way.takes_prefill,
        is_free: estimate.is_some_and(|estimate| estimate.worst == NanoUsd(0)),
        max_output: None,
        estimate,
        measured: health.map(|health| health.summary).unwrap_or_default(),
        placed,
    }
}

/// What is resting, the one that is over soonest first.
fn nothing_else(resting: Vec<(PlanStep, Skipped)>) -> Vec<PlanStep> {
    let mut steps = Vec::new();
    for (step, left_out) in resting {
        let (until, class) = match left_out.reason {
            SkipReason::CircuitOpen { until, class } => (until, class),
            SkipReason::RateLimitedUntil { until } => (until, FailureClass::RateLimited),
            _ => {
                // Being probed: the answer to "does it work?" is on its way.
                steps.push((UnixMillis(i64::MAX), step));
                continue;
            }
        };
        let placed = Placed::NothingElse { until, class };
        steps.push((until, PlanStep { placed, ..step }));
    }
    steps.sort_by_key(|(until, _)| *until);
    steps.into_iter().map(|(_, step)| step).collect()
}

/// The models in this process that can be asked, as far as they are not in the plan already.
fn last_resort<'a>(
    ways: &'a WaysIn,
    need: &Need,
    seen: &mut HashSet<&'a Endpoint>,
) -> Option<PlanStep> {
    ways.local()
        .filter(|way| way.unavailable_because.is_none())
        .find(|way| {
            seen.insert(&way.endpoint)
                && way
                    .context_length
                    .is_none_or(|context| need.input_tokens < context)
        })
        .map(|way| {
            let free = CostEstimate {
                likely: NanoUsd(0),
                worst: NanoUsd(0),
            };
            step(way, None, Some(free), None, Placed::LastResort)
        })
}

fn is_free(way: &WayIn, now: UnixMillis) -> bool {
    way.price
        .as_ref()
        .is_some_and(|price| price.rates(now, 0, ServiceTier::Standard).is_free())
}
