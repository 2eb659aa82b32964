//! From what a person chose to whom a run asks.
//!
//! Long because a run, the dry run and an estimate have to ask the plan in the same words.

use std::collections::HashSet;
use std::sync::Arc;

use patchbay_domain::amount::limit_words;
use patchbay_domain::budget::{Asker, Budgets};
use patchbay_domain::content::{ChatMessage, ReasoningEffort, ResponseFormat};
use patchbay_domain::ranking::Standings;
use patchbay_domain::route::{
    Need, Placed, PlanStep, Policy, Route, RouteEntry, RoutePlan, SkipReason, Skipped, Target, plan,
};
use patchbay_domain::run::{HalfAnswer, Limits, Patience, Plan, PlannedEndpoint};
use patchbay_domain::{
    ChatRequest, ConversationId, Endpoint, Failure, FailureClass, Parameters, ProviderId, RouteId,
    WireFamily,
};

use super::known::Known;
use super::thrift::{asker_of, saved, shortened, within_budget};
use crate::chat::Errand;
use crate::conversations::Colours;
use crate::run::EndpointAccess;
use crate::spend::wants_it_known;
use crate::{Engine, EngineError};

/// Models that think before they answer are given so many times the limit of the first token.
const THINKING_TAKES: u64 = 5;

/// Fewer first tokens than this make no 95th percentile.
const ENOUGH_FOR_HEDGING: u32 = 5;

/// The latest moment for a second way in where nothing was measured yet.
const HEDGE_UNMEASURED_MILLIS: u64 = 5_000;

/// A second way in is never started sooner than this.
const HEDGE_SOONEST_MILLIS: u64 = 150;

/// A plan, as the route editor shows it.
#[derive(Clone, Debug)]
pub struct PlannedRoute {
    /// Who is asked, and who is left out.
    pub plan: RoutePlan,
    /// When a second way in would start, for each step; `None` for never.
    pub hedge_after: Vec<Option<u64>>,
    /// Tokens of the prompt, estimated.
    pub input_tokens: u64,
    /// The tag of the votes that order it, where votes do.
    pub best_for: Option<String>,
}

/// Everything that a run needs to begin.
pub(crate) struct Resolved {
    pub(crate) plan: Plan,
    /// One for each endpoint of the plan.
    pub(crate) accesses: Vec<EndpointAccess>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) target: Target,
    pub(crate) route_name: Option<String>,
    /// Whom it asks first, or what was asked for where there is nobody.
    pub(crate) requested: Endpoint,
    /// For whom, and what for.
    pub(crate) errand: Errand,
    /// What a budget changed about it, in one sentence.
    pub(crate) budget_note: Option<String>,
    /// Of every model that may be asked, since any of them may be the one that answers.
    pub(crate) colours: Colours,
}

impl Engine {
    /// Works out whom a request asks.
    ///
    /// # Errors
    /// The route or the provider is gone, or the database cannot be read. A plan that leaves everybody
    /// out is none: that is an answer that failed, with its reasons.
    pub(crate) async fn resolve(
        &self,
        target: Target,
        request: &ChatRequest,
        errand: Errand,
    ) -> Result<Resolved, EngineError> {
        self.resolve_with(target, None, request, errand).await
    }

    /// [`Engine::resolve`] with a route that was made for this request alone. A budget that saves asks
    /// its cheapest way in first, and nobody that the route does not name.
    pub(crate) async fn resolve_with(
        &self,
        target: Target,
        made: Option<Route>,
        request: &ChatRequest,
        errand: Errand,
    ) -> Result<Resolved, EngineError> {
        let known = self.known_ways().await?;
        let budgets = self.ledger.budgets(&errand.asker).await?;
        // Who compares or measures asks exactly what they chose; limits hold them all the same. So do those
        // of embeddings: a cheaper model's would not mix with what was made before.
        let budgets = if errand.may_save() && request.embedding.is_none() {
            budgets
        } else {
            budgets.holding_only()
        };
        let saving = budgets.saving();
        let spared = match &saving {
            Some(saving) if made.is_none() => self.spared(&target, saving, &known).await?,
            _ => None,
        };
        if let (Target::Endpoint { endpoint }, None, None) = (&target, &spared, &made) {
            return self
                .resolve_endpoint(&known, endpoint, request, errand, &budgets)
                .await;
        }
        // A route was written for many requests, and may name models whose vectors do not mix; one that is
        // made for this request has what the app named.
        let is_named = made.is_some();
        let (route, replaced) = match (spared, made) {
            (Some(spared), _) => (spared.route, Some(spared.note)),
            (None, Some(made)) => (made, None),
            (None, None) => (self.route_of(&target).await?, None),
        };
        let mut need = Need::of(request);
        if let Some(embedding) = &mut need.embedding {
            embedding.one_model = !is_named;
        }
        let standings = self.standings_for(&route).await?;
        let mut planned =
            self.plan_and_claim(&route, &need, &known, standings.as_deref(), Some(&budgets));
        let replaced = replaced.and_then(|note| note.of(&target, &mut planned));
        let mut endpoints = Vec::with_capacity(planned.steps.len());
        let mut accesses = Vec::with_capacity(planned.steps.len());
        for (index, step) in planned.steps.iter().enumerate() {
            let has_probe = index == 0 && step.placed == Placed::Probe;
            accesses.push(EndpointAccess {
                worst: step.estimate.map(|estimate| estimate.worst),
                max_output: step.max_output,
                ..self.endpoint_access(&known, &step.endpoint, has_probe)?
            });
            endpoints.push(planned_endpoint(step, &route, &known, request));
        }
        let requested = endpoints.first().map_or_else(
            || asked_for(&target, &planned.skipped),
            |first| first.endpoint.clone(),
        );
        let colours = self.colours_of(&endpoints, &requested, &known).await?;
        Ok(Resolved {
            colours,
            budget_note: replaced
                .or_else(|| planned.saving.as_ref().map(saved))
                .or_else(|| shortened(planned.steps.first(), &need, &known, &budgets)),
            errand,
            plan: Plan {
                nobody: endpoints.is_empty().then(|| nobody(&planned.skipped)),
                endpoints,
                limits: route.limits,
                half_answer: route.half_answer,
                is_final: false,
                input_tokens: size(&need),
            },
            accesses,
            skipped: planned.skipped,
            route_name: matches!(target, Target::Route { .. }).then_some(route.name),
            target,
            requested,
        })
    }

    /// Exactly this way in, whatever is known of it: the person said so.
    async fn resolve_endpoint(
        &self,
        known: &Known,
        endpoint: &Endpoint,
        request: &ChatRequest,
        errand: Errand,
        budgets: &Budgets,
    ) -> Result<Resolved, EngineError> {
        let now = self.clock.now();
        let need = Need::of(request);
        let has_probe = self
            .health
            .with(|book| book.entry(endpoint).circuit.begin_probe(now));
        let access = self.endpoint_access(known, endpoint, has_probe)?;
        let way = known.ways.get(endpoint);
        let limits = if endpoint.provider.is_local() {
            Limits::LOCAL
        } else {
            Limits::REMOTE
        };
        let planned = PlannedEndpoint {
            keys: access.keys,
            model_key: way.map_or_else(|| endpoint.model.clone(), |way| way.model_key.clone()),
            patience: patience(&limits, request),
            context_length: way.and_then(|way| way.context_length),
            takes_prefill: way.is_some_and(|way| way.takes_prefill) && goes_on(&request.parameters),
            ..endpoint.clone().into()
        };
        let held = within_budget(way, &need, now, budgets, &access);
        // A format that has none cannot be asked for them, whoever says so.
        let makes_none =
            request.embedding.is_some() && !access.family.is_some_and(WireFamily::makes_embeddings);
        let reason = makes_none
            .then_some(SkipReason::NoEmbeddings)
            .or(held.reason);
        let (endpoints, skipped) = match reason {
            None => (vec![planned], Vec::new()),
            Some(reason) => {
                let skipped = Skipped {
                    endpoint: Some(endpoint.clone()),
                    name: access.provider_name.clone(),
                    entry: 0,
                    reason,
                };
                (Vec::new(), vec![skipped])
            }
        };
        let access = EndpointAccess {
            worst: held.worst,
            max_output: held.max_output,
            ..access
        };
        Ok(Resolved {
            colours: self.colours_of(&endpoints, endpoint, known).await?,
            plan: Plan {
                nobody: endpoints.is_empty().then(|| nobody(&skipped)),
                limits,
                half_answer: HalfAnswer::Replace,
                is_final: false,
                input_tokens: size(&need),
                endpoints,
            },
            accesses: if skipped.is_empty() {
                vec![access]
            } else {
                Vec::new()
            },
            budget_note: held.note,
            errand,
            skipped,
            target: Target::Endpoint {
                endpoint: endpoint.clone(),
            },
            route_name: None,
            requested: endpoint.clone(),
        })
    }

    /// The cables of the models of a plan, and of what was asked for where nobody is asked. One model
    /// has one colour, however each way in to it is called.
    async fn colours_of(
        &self,
        endpoints: &[PlannedEndpoint],
        requested: &Endpoint,
        known: &Known,
    ) -> Result<Colours, EngineError> {
        let mut keys = HashSet::new();
        let mut models: Vec<Vec<String>> = endpoints
            .iter()
            .filter(|planned| keys.insert(planned.model_key.as_str()))
            .map(|first| {
                let of_plan = endpoints
                    .iter()
                    .filter(|planned| planned.model_key == first.model_key)
                    .map(|planned| &planned.endpoint);
                let elsewhere = known
                    .ways
                    .of_model(&first.model_key)
                    .map(|way| &way.endpoint);
                let mut ids = HashSet::new();
                of_plan
                    .chain(elsewhere)
                    .filter(|endpoint| ids.insert(endpoint.model.as_str()))
                    .map(|endpoint| endpoint.model.clone())
                    .collect()
            })
            .collect();
        if models.is_empty() {
            models.push(vec![requested.model.clone()]);
        }
        if let Some(known) = self.colour_cache.all(&models) {
            return Ok(Arc::new(known));
        }
        let colours = self.store.colours_of(models).await?;
        self.colour_cache.keep(&colours);
        Ok(Arc::new(colours))
    }

    /// The plan, with the probe of its first way in taken where it is one: under one lock, so that no
    /// two runs probe at once.
    fn plan_and_claim(
        &self,
        route: &Route,
        need: &Need,
        known: &Known,
        standings: Option<&Standings>,
        budgets: Option<&Budgets>,
    ) -> RoutePlan {
        let now = self.clock.now();
        self.health.with(|book| {
            let planned = plan(route, need, &known.ways, book, budgets, now, standings);
            let first = planned.steps.first();
            if let Some(step) = first.filter(|step| step.placed == Placed::Probe) {
                book.entry(&step.endpoint).circuit.begin_probe(now);
            }
            planned
        })
    }

    /// The route behind a target: a model's is made of all its ways in.
    pub(crate) async fn route_of(&self, target: &Target) -> Result<Route, EngineError> {
        Ok(match target {
            Target::Endpoint { endpoint } => Route {
                policy: Policy::AsListed,
                ..alone(
                    RouteEntry::Endpoint {
                        endpoint: endpoint.clone(),
                    },
                    &endpoint.model,
                )
            },
            Target::Model { key } => alone(RouteEntry::Model { key: key.clone() }, key),
            Target::Route { id } => self
                .store
                .route(*id)
                .await?
                .ok_or(EngineError::NotFound("The route"))?,
        })
    }

    /// What would happen now, without asking anybody: of a route as it is being edited, or of what
    /// the picker chose.
    ///
    /// # Errors
    /// The route or the conversation is gone, or the database cannot be read.
    pub async fn plan_route(
        &self,
        route: Option<Route>,
        target: Option<Target>,
        text: &str,
        conversation: Option<ConversationId>,
    ) -> Result<PlannedRoute, EngineError> {
        let route = match (route, target) {
            (Some(route), _) => route,
            (None, Some(target)) => self.route_of(&target).await?,
            (None, None) => return Err(EngineError::NotFound("The route")),
        };
        let known = self.known_ways().await?;
        let request = self.request_for(text, conversation).await?;
        let need = Need::of(&request);
        let standings = self.standings_for(&route).await?;
        let budgets = self.ledger.budgets(&asker_of(conversation)).await?;
        let now = self.clock.now();
        let plan = self.health.with(|book| {
            plan(
                &route,
                &need,
                &known.ways,
                book,
                Some(&budgets),
                now,
                standings.as_deref(),
            )
        });
        Ok(PlannedRoute {
            hedge_after: plan
                .steps
                .iter()
                .map(|step| planned_endpoint(step, &route, &known, &request).hedge_after_millis)
                .collect(),
            plan,
            input_tokens: need.input_tokens,
            best_for: route.best_for,
        })
    }

    /// Whom a request of this size would ask now, and who would be left out. Nothing is claimed.
    ///
    /// # Errors
    /// The route is gone, or the database cannot be read.
    pub(crate) async fn plan_for(
        &self,
        target: Target,
        need: &Need,
    ) -> Result<RoutePlan, EngineError> {
        let route = self.route_of(&target).await?;
        self.plan_along(&route, need).await
    }

    /// [`Engine::plan_for`] along a route that was made for one request.
    pub(crate) async fn plan_along(
        &self,
        route: &Route,
        need: &Need,
    ) -> Result<RoutePlan, EngineError> {
        let known = self.known_ways().await?;
        let standings = self.standings_for(route).await?;
        let budgets = self.ledger.budgets(&Asker::default()).await?.holding_only();
        let now = self.clock.now();
        Ok(self.health.with(|book| {
            plan(
                route,
                need,
                &known.ways,
                book,
                Some(&budgets),
                now,
                standings.as_deref(),
            )
        }))
    }

    /// What the composer's text would send.
    async fn request_for(
        &self,
        text: &str,
        conversation: Option<ConversationId>,
    ) -> Result<ChatRequest, EngineError> {
        let mut request = ChatRequest::default();
        if let Some(id) = conversation {
            let record = self.record(id).await?;
            let path = record
                .active_leaf
                .map(|leaf| patchbay_domain::message::path_to(&record.messages, leaf))
                .unwrap_or_default();
            request.messages = patchbay_domain::message::prompt(&record.system_prompt, &path);
            request.parameters = record.parameters.clone();
        }
        if !text.is_empty() {
            request
                .messages
                .push(ChatMessage::text(patchbay_domain::Role::User, text));
        }
        Ok(request)
    }
}

fn planned_endpoint(
    step: &PlanStep,
    route: &Route,
    known: &Known,
    request: &ChatRequest,
) -> PlannedEndpoint {
    let is_local = step.endpoint.provider.is_local();
    let thinks = known
        .ways
        .get(&step.endpoint)
        .is_some_and(|way| way.capabilities.reasoning == Some(true));
    let limits = if is_local {
        &Limits::LOCAL
    } else {
        &route.limits
    };
    let mut patience = patience(limits, request);
    if thinks && !is_local {
        patience.first_token_millis = patience.first_token_millis.saturating_mul(THINKING_TAKES);
    }
    PlannedEndpoint {
        endpoint: step.endpoint.clone(),
        model_key: step.model_key.clone(),
        keys: step.keys.max(1),
        patience,
        context_length: step.context_length,
        is_free: step.is_free,
        takes_prefill: step.takes_prefill && goes_on(&request.parameters),
        hedge_after_millis: route
            .is_hedged
            .then(|| hedge_after(step, patience.first_token_millis)),
        is_last_resort: step.placed == Placed::LastResort,
    }
}

/// How long a way in is given. Vectors come with the head of the reply, which is all that a request for
/// them waits for.
fn patience(limits: &Limits, request: &ChatRequest) -> Patience {
    let mut patience = Patience::from(limits);
    if request.embedding.is_some() {
        patience.connect_millis = patience.connect_millis.max(patience.first_token_millis);
    }
    patience
}

/// How much has to fit into a context at once.
fn size(need: &Need) -> u64 {
    need.embedding
        .map_or(need.input_tokens, |embedding| embedding.longest_input)
}

/// Thinking comes before the first word, and a JSON answer begins at its beginning: neither can be
/// gone on with.
fn goes_on(parameters: &Parameters) -> bool {
    let thinks = !matches!(
        parameters.reasoning_effort,
        None | Some(ReasoningEffort::None)
    );
    !thinks && parameters.response_format == ResponseFormat::Text
}

/// This computer's own 95th percentile of the first token, or a guess where too little was measured.
fn hedge_after(step: &PlanStep, limit: u64) -> u64 {
    let measured = step
        .measured
        .first_token_p95
        .filter(|_| step.measured.timed >= ENOUGH_FOR_HEDGING);
    measured
        .unwrap_or((limit / 2).min(HEDGE_UNMEASURED_MILLIS))
        .max(HEDGE_SOONEST_MILLIS)
}

/// The route that stands for one entry.
pub(crate) fn alone(entry: RouteEntry, name: &str) -> Route {
    Route {
        policy: Policy::Cheapest,
        local_when_offline: false,
        ..Route::new(RouteId::from_bytes([0; 16]), name, vec![entry])
    }
}

/// What a run that asks nobody was meant for, for its row.
fn asked_for(target: &Target, skipped: &[Skipped]) -> Endpoint {
    let first = skipped.iter().find_map(|skipped| skipped.endpoint.clone());
    first.unwrap_or_else(|| Endpoint {
        provider: ProviderId::new("none"),
        model: match target {
            Target::Model { key } => key.clone(),
            Target::Route { .. } | Target::Endpoint { .. } => String::new(),
        },
    })
}

/// Why nobody is asked, by the first thing that a person could mend.
fn nobody(skipped: &[Skipped]) -> Failure {
    let names = |wanted: fn(&SkipReason) -> bool| {
        skipped
            .iter()
            .find(|skipped| wanted(&skipped.reason))
            .map(|skipped| skipped.name.clone())
    };
    // What a budget stopped could be asked at once: it has its key and all.
    let stopped = skipped.iter().find_map(|skipped| match &skipped.reason {
        SkipReason::OverBudget { left, budget, .. } if left.0 == 0 => {
            Some(format!("The budget \u{201c}{budget}\u{201d} is spent."))
        }
        SkipReason::OverBudget { left, budget, .. } => Some(format!(
            "The budget \u{201c}{budget}\u{201d} leaves {}, and every way in may cost more.",
            limit_words(*left)
        )),
        SkipReason::PriceUnknownToBudget { budget } => Some(wants_it_known(budget)),
        _ => None,
    });
    if let Some(sentence) = stopped {
        return Failure::new(FailureClass::OverBudget, sentence);
    }
    let makes_none = |reason: &SkipReason| matches!(reason, SkipReason::NoEmbeddings);
    if skipped.iter().any(|skipped| makes_none(&skipped.reason))
        && skipped
            .iter()
            .all(|skipped| makes_none(&skipped.reason) || skipped.reason == SkipReason::NotListed)
    {
        let mut who: Vec<&str> = skipped
            .iter()
            .map(|skipped| skipped.name.as_str())
            .collect();
        who.dedup();
        return Failure::new(
            FailureClass::NoEmbeddings,
            format!("Left out, since they make none: {}.", who.join(", ")),
        );
    }
    if let Some(name) = names(|reason| matches!(reason, SkipReason::NoKey)) {
        return Failure::new(
            FailureClass::KeyMissing,
            format!("No way in is left, and {name} has no key."),
        );
    }
    let is_too_small = |reason: &SkipReason| matches!(reason, SkipReason::ContextTooSmall { .. });
    if names(is_too_small).is_some() {
        return Failure::new(
            FailureClass::ContextTooLong,
            "The conversation fits into none of the models that are left.",
        );
    }
    Failure::new(
        FailureClass::NoWayIn,
        match skipped.len() {
            0 => "There is nothing on the route.".to_owned(),
            1 => "The one way in was left out.".to_owned(),
            count => format!("Each of the {count} ways in was left out."),
        },
    )
}
