//! The state of one run and its single transition function.
//!
//! Long because one transition function is read best in one place.

use std::collections::BTreeSet;

use super::{Effect, Input, Outcome, Plan, PlannedEndpoint, Settlement, Switch, Timer};
use crate::failure::{Failure, FailureClass, Remedy};
use crate::receipt::{AttemptStatus, Timings};
use crate::stream::{FinishReason, StreamEvent};

/// Usage may follow the finish reason in an event of its own; longer than this it is not waited for.
const TAIL_MILLIS: u64 = 2_000;

/// More warnings than this say nothing more.
const MOST_WARNINGS: usize = 8;

/// The first wait before asking again, doubled each time.
const FIRST_BACKOFF_MILLIS: u64 = 500;

/// One answer being made.
#[derive(Clone, Debug)]
pub struct RunMachine {
    plan: Plan,
    random: SplitMix,
    phase: Phase,
    timers: BTreeSet<Timer>,
    attempts_made: u32,
    /// Requests to the current endpoint with the current key.
    attempts_here: u32,
    /// Which key of the current endpoint.
    key: u32,
    /// What the endpoints tried so far have taught: models whose rules or size refuse this request.
    refused_models: BTreeSet<String>,
    text: String,
    reasoning_bytes: usize,
}

#[derive(Clone, Debug)]
enum Phase {
    NotBegun,
    Attempting(Box<Current>),
    Waiting { endpoint: usize, failure: Failure },
    Over,
}

#[derive(Clone, Debug)]
struct Current {
    started_at: u64,
    settlement: Settlement,
}

impl RunMachine {
    /// `seed` spreads the waits before retries, so that many runs do not come back at once.
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self {
            plan,
            random: SplitMix(seed),
            phase: Phase::NotBegun,
            timers: BTreeSet::new(),
            attempts_made: 0,
            attempts_here: 0,
            key: 0,
            refused_models: BTreeSet::new(),
            text: String::new(),
            reasoning_bytes: 0,
        }
    }

    /// Whether [`Effect::Finish`] was given.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// The answer so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Takes one input at `now`, in milliseconds of the monotonic clock, and says what to do.
    ///
    /// Late news of an attempt that is over, and timers that were stopped, change nothing.
    pub fn handle(&mut self, now: u64, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Begin => {
                if matches!(self.phase, Phase::NotBegun) {
                    self.start_timer(Timer::Total, self.plan.limits.total_millis, &mut effects);
                    self.open(now, 0, &mut effects);
                }
            }
            Input::Opened { attempt } => self.opened(now, attempt, &mut effects),
            Input::Stream { attempt, event } => self.stream(now, attempt, event, &mut effects),
            Input::Failed { attempt, failure } => {
                if self.current(attempt).is_some() {
                    self.fail(now, failure, false, &mut effects);
                }
            }
            Input::Ended { attempt } => self.ended(now, attempt, &mut effects),
            Input::TimerFired(timer) => self.timer_fired(now, timer, &mut effects),
            Input::StopRequested => {
                self.end_early(now, AttemptStatus::Stopped, Outcome::Stopped, &mut effects);
            }
            Input::ShutDown => {
                self.end_early(
                    now,
                    AttemptStatus::Interrupted,
                    Outcome::Interrupted,
                    &mut effects,
                );
            }
        }
        effects
    }

    fn current(&mut self, attempt: u32) -> Option<&mut Current> {
        match &mut self.phase {
            Phase::Attempting(current) if current.settlement.attempt == attempt => Some(current),
            _ => None,
        }
    }

    fn open(&mut self, now: u64, endpoint: usize, effects: &mut Vec<Effect>) {
        let attempt = self.attempts_made;
        self.attempts_made += 1;
        self.attempts_here += 1;
        self.phase = Phase::Attempting(Box::new(Current {
            started_at: now,
            settlement: Settlement {
                attempt,
                endpoint,
                status: AttemptStatus::Running,
                failure: None,
                left_because: None,
                timings: Timings::default(),
                finish_reason: None,
                served_model: None,
                served_by: None,
                request_id: None,
                malformed_events: 0,
                warnings: Vec::new(),
                usage: None,
                raw_usage: None,
                reported_cost: None,
                service_tier: None,
                received_anything: false,
                replaced_text: None,
            },
        }));
        effects.push(Effect::Open {
            attempt,
            endpoint,
            key: self.key,
        });
        self.start_timer(Timer::Connect, self.plan.limits.connect_millis, effects);
    }

    fn opened(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let Some(current) = self.current(attempt) else {
            return;
        };
        if current.settlement.timings.opened.is_some() {
            return;
        }
        current.settlement.timings.opened = Some(now.saturating_sub(current.started_at));
        self.stop_timer(Timer::Connect, effects);
        self.start_timer(
            Timer::FirstToken,
            self.plan.limits.first_token_millis,
            effects,
        );
    }

    fn stream(&mut self, now: u64, attempt: u32, event: StreamEvent, effects: &mut Vec<Effect>) {
        // A stream that speaks has been accepted, whatever order the news came in.
        self.opened(now, attempt, effects);
        let Some(current) = self.current(attempt) else {
            return;
        };
        match event {
            StreamEvent::Started {
                request_id,
                model,
                served_by,
            } => {
                let settlement = &mut current.settlement;
                settlement.request_id = request_id.or(settlement.request_id.take());
                settlement.served_model = model.or(settlement.served_model.take());
                settlement.served_by = served_by.or(settlement.served_by.take());
            }
            StreamEvent::Text { text } => {
                self.token_arrived(now, effects);
                self.text.push_str(&text);
                effects.push(Effect::AppendText(text));
                self.check_size(now, effects);
            }
            StreamEvent::Reasoning { text } => {
                self.token_arrived(now, effects);
                self.reasoning_bytes += text.len();
                effects.push(Effect::AppendReasoning(text));
                self.check_size(now, effects);
            }
            StreamEvent::ToolCall { arguments, .. } => {
                self.token_arrived(now, effects);
                self.reasoning_bytes += arguments.len();
                self.check_size(now, effects);
            }
            StreamEvent::ReasoningItem { item, .. } => {
                self.token_arrived(now, effects);
                self.reasoning_bytes += item.0.len();
                self.check_size(now, effects);
            }
            StreamEvent::Usage {
                usage,
                raw,
                reported_cost,
                service_tier,
            } => {
                let settlement = &mut current.settlement;
                settlement.usage = Some(usage);
                settlement.raw_usage = Some(raw);
                settlement.service_tier = service_tier.or(settlement.service_tier);
                settlement.reported_cost = reported_cost.or(settlement.reported_cost);
                let is_finished = settlement.finish_reason.is_some();
                effects.push(Effect::ShowUsage(usage));
                if is_finished {
                    self.complete(now, effects);
                }
            }
            // Of interest to the health of the endpoint, not to this run.
            StreamEvent::RateLimits { .. } => {}
            StreamEvent::Warning { sentence } => {
                let warnings = &mut current.settlement.warnings;
                if warnings.len() < MOST_WARNINGS && !warnings.contains(&sentence) {
                    warnings.push(sentence);
                }
            }
            StreamEvent::Malformed { .. } => {
                current.settlement.malformed_events += 1;
            }
            StreamEvent::Finished { reason } => {
                current.settlement.finish_reason = Some(reason);
                self.stop_timer(Timer::FirstToken, effects);
                self.stop_timer(Timer::Silence, effects);
                self.start_timer(Timer::Tail, TAIL_MILLIS, effects);
            }
        }
    }

    fn token_arrived(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Phase::Attempting(current) = &mut self.phase else {
            return;
        };
        current.settlement.received_anything = true;
        if current.settlement.timings.first_token.is_none() {
            current.settlement.timings.first_token = Some(now.saturating_sub(current.started_at));
            self.stop_timer(Timer::FirstToken, effects);
        }
        // Text after the finish reason is odd, but no reason to start waiting again.
        if !self.timers.contains(&Timer::Tail) {
            self.start_timer(Timer::Silence, self.plan.limits.silence_millis, effects);
        }
    }

    fn check_size(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if self.text.len() + self.reasoning_bytes <= self.plan.limits.text_bytes {
            return;
        }
        let failure = Failure::new(
            FailureClass::ResponseTooLarge,
            format!(
                "The answer passed {} bytes and was cut off.",
                self.plan.limits.text_bytes
            ),
        );
        self.fail(now, failure, true, effects);
    }

    fn ended(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let Some(current) = self.current(attempt) else {
            return;
        };
        if current.settlement.finish_reason.is_some() {
            self.complete(now, effects);
            return;
        }
        let failure = Failure::new(
            FailureClass::StreamCut,
            "The stream ended without saying why the model stopped.",
        );
        self.fail(now, failure, false, effects);
    }

    fn timer_fired(&mut self, now: u64, timer: Timer, effects: &mut Vec<Effect>) {
        if !self.timers.remove(&timer) {
            return;
        }
        let limits = &self.plan.limits;
        let (class, millis) = match timer {
            Timer::Tail => return self.complete(now, effects),
            Timer::Retry => {
                if let Phase::Waiting { endpoint, .. } = self.phase {
                    self.open(now, endpoint, effects);
                }
                return;
            }
            Timer::Connect => (FailureClass::ConnectTimeout, limits.connect_millis),
            Timer::FirstToken => (FailureClass::FirstTokenTimeout, limits.first_token_millis),
            Timer::Silence => (FailureClass::SilenceTimeout, limits.silence_millis),
            Timer::Total => (FailureClass::RunTimeout, limits.total_millis),
        };
        let failure = Failure::new(class, format!("Nothing for {} s.", millis / 1_000));
        let failure = match class {
            FailureClass::RunTimeout => Failure {
                message: format!("Not done after {} s.", millis / 1_000),
                ..failure
            },
            _ => failure,
        };
        self.fail(now, failure, true, effects);
    }

    /// The stream said that it is done. Nothing at all without a count is no answer.
    fn complete(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let Phase::Attempting(current) = &self.phase else {
            return;
        };
        let settlement = &current.settlement;
        let reason = settlement.finish_reason.unwrap_or(FinishReason::Other);
        let counted = settlement.usage.is_some_and(|usage| !usage.is_zero());
        if !settlement.received_anything && !counted && reason != FinishReason::ContentFilter {
            let failure = Failure::new(
                FailureClass::EmptyAnswer,
                "The provider said that it was done, without any text and without a token count.",
            );
            return self.fail(now, failure, true, effects);
        }
        if reason == FinishReason::ContentFilter && self.text.is_empty() {
            let failure = Failure::new(
                FailureClass::ContentFiltered,
                "The provider's filter ended the answer before its first word.",
            );
            return self.fail(now, failure, true, effects);
        }
        self.settle(now, AttemptStatus::Answered, None, None, None, effects);
        self.finish(Outcome::Answered { reason }, effects);
    }

    fn end_early(
        &mut self,
        now: u64,
        status: AttemptStatus,
        outcome: Outcome,
        effects: &mut Vec<Effect>,
    ) {
        match &self.phase {
            Phase::Over => return,
            Phase::Attempting(current) => {
                effects.push(Effect::Abort {
                    attempt: current.settlement.attempt,
                });
                self.settle(now, status, None, None, None, effects);
            }
            Phase::NotBegun | Phase::Waiting { .. } => {}
        }
        self.finish(outcome, effects);
    }

    /// The current attempt, or the wait for the next one, comes to nothing.
    fn fail(&mut self, now: u64, failure: Failure, abort: bool, effects: &mut Vec<Effect>) {
        let (attempt, endpoint) = match &self.phase {
            Phase::NotBegun | Phase::Over => return,
            // Only the limit of the whole run ends a wait.
            Phase::Waiting {
                failure: earlier, ..
            } => {
                let failure = Failure {
                    message: earlier.message.clone(),
                    ..failure
                };
                return self.finish(Outcome::Failed { failure }, effects);
            }
            Phase::Attempting(current) => (current.settlement.attempt, current.settlement.endpoint),
        };
        if abort {
            effects.push(Effect::Abort { attempt });
        }
        let Some(switch) = self.next_step(attempt, endpoint, &failure) else {
            self.settle(
                now,
                AttemptStatus::Failed,
                Some(failure.clone()),
                None,
                None,
                effects,
            );
            return self.finish(Outcome::Failed { failure }, effects);
        };
        let replaced = (!self.text.is_empty()).then(|| std::mem::take(&mut self.text));
        let begins_again = replaced.is_some() || self.reasoning_bytes > 0;
        self.reasoning_bytes = 0;
        let left_because = Some(describe(&switch, &self.plan));
        self.settle(
            now,
            AttemptStatus::Failed,
            Some(failure.clone()),
            left_because,
            replaced,
            effects,
        );
        if begins_again {
            effects.push(Effect::Discard);
        }
        if !switch.is_retry {
            self.attempts_here = 0;
            self.key = if switch.is_next_key { self.key + 1 } else { 0 };
        }
        let (next, wait) = (switch.to_endpoint, switch.wait_millis);
        effects.push(Effect::Switch(switch));
        if wait == 0 {
            self.open(now, next, effects);
        } else {
            self.phase = Phase::Waiting {
                endpoint: next,
                failure,
            };
            self.start_timer(Timer::Retry, wait, effects);
        }
    }

    /// Where to go after `failure`, or nowhere.
    fn next_step(&mut self, attempt: u32, endpoint: usize, failure: &Failure) -> Option<Switch> {
        let limits = &self.plan.limits;
        if self.attempts_made >= limits.attempts {
            return None;
        }
        let remedy = failure.class.remedy();
        let switch = |to_endpoint, wait_millis| Switch {
            from_attempt: attempt,
            to_endpoint,
            is_retry: to_endpoint == endpoint,
            is_next_key: false,
            wait_millis,
            failure: failure.clone(),
        };
        let keys = self.plan.endpoints.get(endpoint)?.keys;
        // As with a retry: half an answer is not asked for again at the same place.
        if failure.class.is_about_the_key() && self.text.is_empty() && self.key + 1 < keys {
            return Some(Switch {
                is_retry: false,
                is_next_key: true,
                ..switch(endpoint, 0)
            });
        }
        // Half an answer is not asked for again at the same place: the person has read it, and has
        // paid for it. They may, by pressing retry.
        let may_retry = remedy == Remedy::RetryHere
            && self.text.is_empty()
            && self.attempts_here < limits.attempts_per_endpoint;
        if may_retry {
            let exponent = self.attempts_here.saturating_sub(1).min(16);
            let backoff = FIRST_BACKOFF_MILLIS << exponent;
            let wait = match failure.retry_after_millis {
                // Full jitter below, never less than asked for.
                Some(asked) => asked.saturating_add(self.random.below(FIRST_BACKOFF_MILLIS / 2)),
                None => backoff / 2 + self.random.below(backoff),
            };
            if wait <= limits.longest_wait_millis {
                return Some(switch(endpoint, wait.max(1)));
            }
        }
        match remedy {
            Remedy::Stop => None,
            Remedy::OtherModel => {
                let model = &self.plan.endpoints.get(endpoint)?.endpoint.model;
                self.refused_models.insert(model.clone());
                self.next_endpoint(endpoint).map(|next| switch(next, 0))
            }
            Remedy::RetryHere | Remedy::NextEndpoint => {
                self.next_endpoint(endpoint).map(|next| switch(next, 0))
            }
        }
    }

    fn next_endpoint(&self, after: usize) -> Option<usize> {
        let mut later = self.plan.endpoints.iter().enumerate().skip(after + 1);
        later
            .find(|(_, planned)| !self.refused_models.contains(&planned.endpoint.model))
            .map(|(i, _)| i)
    }

    fn settle(
        &mut self,
        now: u64,
        status: AttemptStatus,
        failure: Option<Failure>,
        left_because: Option<String>,
        replaced_text: Option<String>,
        effects: &mut Vec<Effect>,
    ) {
        let Phase::Attempting(current) = std::mem::replace(&mut self.phase, Phase::NotBegun) else {
            return;
        };
        for timer in [
            Timer::Connect,
            Timer::FirstToken,
            Timer::Silence,
            Timer::Tail,
        ] {
            self.stop_timer(timer, effects);
        }
        let mut settlement = current.settlement;
        settlement.timings.ended = Some(now.saturating_sub(current.started_at));
        settlement.status = status;
        settlement.request_id = settlement.request_id.or_else(|| {
            failure
                .as_ref()
                .and_then(|failure| failure.request_id.clone())
        });
        settlement.failure = failure;
        settlement.left_because = left_because;
        settlement.replaced_text = replaced_text;
        effects.push(Effect::Settle(Box::new(settlement)));
    }

    fn finish(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        self.phase = Phase::Over;
        for timer in std::mem::take(&mut self.timers) {
            effects.push(Effect::StopTimer(timer));
        }
        effects.push(Effect::Finish(outcome));
    }

    fn start_timer(&mut self, timer: Timer, millis: u64, effects: &mut Vec<Effect>) {
        self.timers.insert(timer);
        effects.push(Effect::StartTimer { timer, millis });
    }

    fn stop_timer(&mut self, timer: Timer, effects: &mut Vec<Effect>) {
        if self.timers.remove(&timer) {
            effects.push(Effect::StopTimer(timer));
        }
    }

    /// The timers that run now, for tests of "no infinite waiting".
    #[cfg(test)]
    pub(super) fn running_timers(&self) -> &BTreeSet<Timer> {
        &self.timers
    }
}

fn describe(switch: &Switch, plan: &Plan) -> String {
    if switch.is_retry {
        let seconds = switch.wait_millis as f64 / 1_000.0;
        return format!("asked again after {seconds:.1} s");
    }
    if switch.is_next_key {
        return "asked again with the next key".to_owned();
    }
    match plan.endpoints.get(switch.to_endpoint) {
        Some(PlannedEndpoint { endpoint, .. }) => {
            format!("went on to {} at {}", endpoint.model, endpoint.provider)
        }
        None => "went on".to_owned(),
    }
}

/// A tiny generator for jitter: not for secrets, only to spread waits.
#[derive(Clone, Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

#[cfg(test)]
impl RunMachine {
    pub(super) fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }
}
