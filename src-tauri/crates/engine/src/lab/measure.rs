//! Asking, in turn, and keeping what came of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::content::ChatMessage;
use patchbay_domain::price::ServiceTier;
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::{Need, Target};
use patchbay_domain::run::Outcome;
use patchbay_domain::{
    Attempt, ChatRequest, Cost, Endpoint, JsonText, LabId, Parameters, Role, Usage,
};
use patchbay_store::RunOrigin;
use tokio_util::sync::CancellationToken;

use super::{Lab, LabEstimate, LabPlan, LabSample};
use crate::chat::{Errand, Launch, first_attempt, lone_answer, new_run};
use crate::{Engine, EngineError, clock};

/// The measurements that go on.
#[derive(Clone, Default)]
pub(crate) struct Measuring(Arc<Mutex<HashMap<LabId, (CancellationToken, Lab)>>>);

impl Measuring {
    pub(super) fn running(&self) -> Vec<Lab> {
        let running = crate::lock(&self.0);
        running.values().map(|(_, lab)| lab.clone()).collect()
    }

    pub(super) fn stop(&self, id: LabId) {
        if let Some((stop, _)) = crate::lock(&self.0).get(&id) {
            stop.cancel();
        }
    }

    /// Stops it, and nothing of it is kept. Returns whether it went on.
    pub(super) fn discard(&self, id: LabId) -> bool {
        let discarded = crate::lock(&self.0).remove(&id);
        if let Some((stop, _)) = &discarded {
            stop.cancel();
        }
        discarded.is_some()
    }

    fn begin(&self, stop: &CancellationToken, lab: &Lab) {
        crate::lock(&self.0).insert(lab.id, (stop.clone(), lab.clone()));
    }

    /// Notes how far it is, unless it was discarded.
    fn note(&self, lab: &Lab) {
        if let Some((_, known)) = crate::lock(&self.0).get_mut(&lab.id) {
            *known = lab.clone();
        }
    }

    fn is_discarded(&self, id: LabId) -> bool {
        !crate::lock(&self.0).contains_key(&id)
    }

    fn forget(&self, id: LabId) {
        crate::lock(&self.0).remove(&id);
    }
}

impl Engine {
    /// What a measurement would cost: the prompt and the longest answer, each time.
    ///
    /// # Errors
    /// It cannot be measured as it is, or the database cannot be read.
    pub async fn estimate_lab(&self, plan: &LabPlan) -> Result<LabEstimate, EngineError> {
        plan.check()?;
        let known = self.known_ways().await?;
        let need = Need::of(&request(plan));
        let usage = Usage {
            input: need.input_tokens,
            output: u64::from(plan.max_tokens),
            ..Usage::ZERO
        };
        let now = self.clock.now();
        let each = plan.endpoints.iter().map(|endpoint| {
            let price = known.ways.get(endpoint)?.price.as_ref()?;
            let one = price.cost(&usage, now, ServiceTier::Standard).amount?;
            let all = one.0.saturating_mul(i64::from(plan.rounds));
            Some(patchbay_domain::NanoUsd(all))
        });
        Ok(LabEstimate {
            each: each.collect(),
            requests: plan.requests(),
        })
    }

    /// Begins a measurement, and goes on until it is done, stopped, or Patchbay closes. `progress`
    /// hears of each request that is over, the last time with `is_running` false.
    ///
    /// # Errors
    /// It cannot be measured as it is, or a provider is gone.
    pub async fn start_lab(
        self: &Arc<Self>,
        plan: LabPlan,
        progress: impl Fn(&Lab) + Send + Sync + 'static,
    ) -> Result<Lab, EngineError> {
        plan.check()?;
        let known = self.known_ways().await?;
        let mut names = Vec::with_capacity(plan.endpoints.len());
        for endpoint in &plan.endpoints {
            names.push(self.endpoint_access(&known, endpoint, false)?.provider_name);
        }
        let lab = Lab {
            id: clock::lab_id(),
            started_at: self.clock.now(),
            plan,
            names,
            samples: Vec::new(),
            is_stopped: false,
            is_running: true,
        };
        let stop = self.shutdown.child_token();
        self.measuring.begin(&stop, &lab);
        let engine = Arc::clone(self);
        let begun = lab.clone();
        self.tasks.spawn(async move {
            engine.measure(lab, &stop, &progress).await;
        });
        Ok(begun)
    }

    async fn measure(&self, mut lab: Lab, stop: &CancellationToken, progress: &impl Fn(&Lab)) {
        'rounds: for round in 0..lab.plan.rounds {
            for turn in 0..lab.plan.endpoints.len() {
                // Each round begins with the next one, so that none is always the first.
                let index = (turn + round as usize) % lab.plan.endpoints.len();
                let Some(endpoint) = lab.plan.endpoints.get(index).cloned() else {
                    continue;
                };
                if stop.is_cancelled() {
                    lab.is_stopped = true;
                    break 'rounds;
                }
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                let sample = match self.ask_once(&endpoint, &lab.plan).await {
                    Ok(attempt) => sample(index, round, attempt.as_ref()),
                    Err(error) => LabSample {
                        failure: Some(error.to_string()),
                        ..sample(index, round, None)
                    },
                };
                lab.samples.push(sample);
                self.measuring.note(&lab);
                progress(&lab);
            }
        }
        lab.is_running = false;
        if let Err(error) = self.keep_lab(&lab).await {
            tracing::error!(%error, "a measurement was not written");
        }
        self.measuring.forget(lab.id);
        progress(&lab);
    }

    async fn keep_lab(&self, lab: &Lab) -> Result<(), EngineError> {
        if lab.samples.is_empty() || self.measuring.is_discarded(lab.id) {
            return Ok(());
        }
        let body = serde_json::to_string(lab).unwrap_or_default();
        let kept = self.store.save_lab(lab.id, lab.started_at, JsonText(body));
        Ok(kept.await?)
    }

    /// One request, asked once.
    async fn ask_once(
        &self,
        endpoint: &Endpoint,
        plan: &LabPlan,
    ) -> Result<Option<Attempt>, EngineError> {
        let run = clock::run_id();
        let target = Target::Endpoint {
            endpoint: endpoint.clone(),
        };
        let request = request(plan);
        let mut resolved = self
            .resolve(
                target,
                &request,
                Errand::new(RunOrigin::Lab, Purpose::Answer),
            )
            .await?;
        resolved.plan.limits.attempts = 1;
        let started_at = self.clock.now();
        let first = first_attempt(run, &resolved, started_at);
        self.store
            .begin_lone_run(new_run(run, &resolved, started_at), first.clone())
            .await?;
        let launched = self.launch(Launch {
            run,
            answer: lone_answer(run, started_at),
            has_message: false,
            request,
            resolved,
            first,
            sink: None,
        });
        let finished = launched.await.ok().flatten();
        Ok(finished.and_then(|finished| {
            let is_answered = matches!(finished.outcome, Outcome::Answered { .. });
            let attempt = finished.attempts.into_iter().next_back();
            attempt.map(|attempt| Attempt {
                // An attempt that was stopped is no answer.
                failure: attempt.failure.or_else(|| {
                    (!is_answered).then(|| {
                        patchbay_domain::Failure::new(
                            patchbay_domain::FailureClass::RunTimeout,
                            "stopped",
                        )
                    })
                }),
                ..attempt
            })
        }))
    }
}

fn request(plan: &LabPlan) -> ChatRequest {
    ChatRequest {
        messages: vec![ChatMessage::text(Role::User, plan.prompt.clone())],
        parameters: Parameters {
            max_tokens: Some(plan.max_tokens),
            ..Parameters::default()
        },
        ..ChatRequest::default()
    }
}

fn sample(endpoint: u32, round: u32, attempt: Option<&Attempt>) -> LabSample {
    let Some(attempt) = attempt else {
        return LabSample {
            endpoint,
            round,
            first_token: None,
            total: None,
            cost: Cost::FREE,
            failure: Some("It was not asked.".to_owned()),
            served_by: None,
        };
    };
    let failure = attempt
        .failure
        .as_ref()
        .map(|failure| failure.class.sentence(&attempt.provider_name));
    LabSample {
        endpoint,
        round,
        first_token: attempt.timings.first_token,
        total: attempt.timings.ended.filter(|_| failure.is_none()),
        cost: attempt.cost,
        failure,
        served_by: attempt.served_by.clone(),
    }
}
