//! The state of one run and its single transition function.
//!
//! Long because one transition function is read best in one place; where to go after a failure is
//! decided in [`super::step`].

use std::collections::BTreeSet;

use super::step::{Knowledge, Next};
use super::{Effect, HalfAnswer, Input, MadeBecause, Outcome, Plan, Settlement, Switch, Timer};
use crate::failure::{Failure, FailureClass};
use crate::receipt::{AttemptStatus, Timings};
use crate::stream::{FinishReason, StreamEvent};

/// Usage may follow the finish reason in an event of its own; longer than this it is not waited for.
const TAIL_MILLIS: u64 = 2_000;

/// More warnings than this say nothing more.
const MOST_WARNINGS: usize = 8;

/// What a receipt says of an answer with an event that nobody could read.
const HOLE: &str =
    "A part of the stream could not be read and was left out: a word may be missing.";

/// One answer being made.
#[derive(Clone, Debug)]
pub struct RunMachine {
    plan: Plan,
    phase: Phase,
    /// At most two, and two only until one of them sends its first token.
    live: Vec<Live>,
    timers: BTreeSet<Timer>,
    attempts_made: u32,
    knowledge: Knowledge,
    has_hedged: bool,
    text: String,
    reasoning_bytes: usize,
    tool_bytes: usize,
    vectors: usize,
}

#[derive(Clone, Debug)]
enum Phase {
    NotBegun,
    Running,
    Waiting(Box<(Switch, Next)>),
    Over,
}

/// An attempt that is going on.
#[derive(Clone, Debug)]
struct Live {
    started_at: u64,
    /// The length of the answer when it began: what follows is its own.
    text_from: usize,
    settlement: Settlement,
}

impl RunMachine {
    /// `seed` spreads the waits before retries, so that many runs do not come back at once.
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self {
            knowledge: Knowledge::new(&plan, seed),
            plan,
            phase: Phase::NotBegun,
            live: Vec::new(),
            timers: BTreeSet::new(),
            attempts_made: 0,
            has_hedged: false,
            text: String::new(),
            reasoning_bytes: 0,
            tool_bytes: 0,
            vectors: 0,
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
            Input::Begin => self.begin(now, &mut effects),
            Input::Opened { attempt } => self.opened(now, attempt, &mut effects),
            Input::Stream { attempt, event } => self.stream(now, attempt, event, &mut effects),
            Input::Failed { attempt, failure } => {
                self.fail(now, attempt, failure, false, &mut effects);
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

    fn live(&mut self, attempt: u32) -> Option<&mut Live> {
        self.live
            .iter_mut()
            .find(|live| live.settlement.attempt == attempt)
    }

    fn is_racing(&self) -> bool {
        self.live.len() > 1
    }

    fn has_content(&self) -> bool {
        !self.text.is_empty() || self.tool_bytes > 0 || self.vectors > 0
    }

    fn begin(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if !matches!(self.phase, Phase::NotBegun) {
            return;
        }
        self.start_timer(Timer::Total, self.plan.limits.total_millis, effects);
        let Some(endpoint) = self.knowledge.first(&self.plan) else {
            let failure = self.plan.nobody.take().unwrap_or_else(|| {
                Failure::new(FailureClass::NoWayIn, "Every way in was left out.")
            });
            return self.finish(Outcome::Failed { failure }, effects);
        };
        let next = Next {
            endpoint,
            key: 0,
            because: MadeBecause::First,
            continues: false,
        };
        self.open(now, &next, effects);
    }

    fn open(&mut self, now: u64, next: &Next, effects: &mut Vec<Effect>) {
        let Some(planned) = self.plan.endpoints.get(next.endpoint) else {
            return;
        };
        let (patience, hedge_after) = (planned.patience, planned.hedge_after_millis);
        let attempt = self.attempts_made;
        self.attempts_made += 1;
        self.knowledge.opened(next.endpoint, next.key);
        self.phase = Phase::Running;
        let continues = next.continues.then(|| self.text.clone());
        self.live.push(Live {
            started_at: now,
            text_from: self.text.len(),
            settlement: Settlement {
                attempt,
                endpoint: next.endpoint,
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
                continues_at: continues
                    .as_ref()
                    .map(|text| u64::try_from(text.chars().count()).unwrap_or(u64::MAX)),
            },
        });
        effects.push(Effect::Open {
            attempt,
            endpoint: next.endpoint,
            key: next.key,
            because: next.because,
            continues,
        });
        self.start_timer(Timer::Connect(attempt), patience.connect_millis, effects);
        if let Some(millis) = hedge_after
            && !self.has_hedged
            && !self.is_racing()
            && !next.continues
            && self.knowledge.another(&self.plan, next.endpoint).is_some()
        {
            self.start_timer(Timer::Hedge, millis, effects);
        }
    }

    fn opened(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let Some(live) = self.live(attempt) else {
            return;
        };
        if live.settlement.timings.opened.is_some() {
            return;
        }
        live.settlement.timings.opened = Some(now.saturating_sub(live.started_at));
        let endpoint = live.settlement.endpoint;
        self.stop_timer(Timer::Connect(attempt), effects);
        if let Some(planned) = self.plan.endpoints.get(endpoint) {
            let millis = planned.patience.first_token_millis;
            self.start_timer(Timer::FirstToken(attempt), millis, effects);
        }
    }

    fn stream(&mut self, now: u64, attempt: u32, event: StreamEvent, effects: &mut Vec<Effect>) {
        // A stream that speaks has been accepted, whatever order the news came in.
        self.opened(now, attempt, effects);
        let Some(live) = self.live(attempt) else {
            return;
        };
        let settlement = &mut live.settlement;
        match event {
            StreamEvent::Started {
                request_id,
                model,
                served_by,
            } => {
                settlement.request_id = request_id.or(settlement.request_id.take());
                settlement.served_model = model.or(settlement.served_model.take());
                settlement.served_by = served_by.or(settlement.served_by.take());
            }
            // Of interest to the health of the endpoint, not to this run.
            StreamEvent::RateLimits { .. } => {}
            StreamEvent::Text { text } => {
                self.token_arrived(now, attempt, effects);
                self.text.push_str(&text);
                effects.push(Effect::AppendText(text));
                self.check_size(now, attempt, effects);
            }
            StreamEvent::Reasoning { text } => {
                self.token_arrived(now, attempt, effects);
                self.reasoning_bytes += text.len();
                effects.push(Effect::AppendReasoning(text));
                self.check_size(now, attempt, effects);
            }
            StreamEvent::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                self.token_arrived(now, attempt, effects);
                self.tool_bytes += arguments.len() + name.as_ref().map_or(0, String::len);
                effects.push(Effect::AppendToolCall {
                    index,
                    id,
                    name,
                    arguments,
                });
                self.check_size(now, attempt, effects);
            }
            StreamEvent::ReasoningItem { format, item } => {
                self.token_arrived(now, attempt, effects);
                self.reasoning_bytes += item.0.len();
                effects.push(Effect::AppendReasoningItem { format, item });
                self.check_size(now, attempt, effects);
            }
            StreamEvent::Embeddings { vectors } => {
                self.token_arrived(now, attempt, effects);
                self.vectors += vectors.len();
                effects.push(Effect::GiveVectors(vectors.into()));
            }
            // It comes with the words that it is about, and decides nothing.
            StreamEvent::Aside { family, fields } => {
                if live.settlement.timings.first_token.is_some() {
                    effects.push(Effect::Aside { family, fields });
                }
            }
            StreamEvent::Usage {
                usage,
                raw,
                reported_cost,
                service_tier,
            } => {
                settlement.usage = Some(usage);
                settlement.raw_usage = Some(raw);
                settlement.service_tier = service_tier.or(settlement.service_tier);
                settlement.reported_cost = reported_cost.or(settlement.reported_cost);
                let is_finished = settlement.finish_reason.is_some();
                effects.push(Effect::ShowUsage { attempt, usage });
                if is_finished {
                    self.complete(now, attempt, effects);
                }
            }
            StreamEvent::Warning { sentence } => warn(settlement, sentence),
            StreamEvent::Malformed { reason } => self.malformed(now, attempt, &reason, effects),
            StreamEvent::Finished { reason } => {
                settlement.finish_reason = Some(reason);
                self.stop_timer(Timer::FirstToken(attempt), effects);
                self.stop_timer(Timer::Silence(attempt), effects);
                self.start_timer(Timer::Tail(attempt), TAIL_MILLIS, effects);
            }
        }
    }

    /// An event that nobody can read may have held a word. Where somebody else can answer, they do, and
    /// where half an answer is to end with an honest error, it does. Otherwise an answer with a hole
    /// and a warning is better than none.
    fn malformed(&mut self, now: u64, attempt: u32, reason: &str, effects: &mut Vec<Effect>) {
        let is_kept =
            (self.plan.half_answer == HalfAnswer::Keep || self.plan.is_final) && self.has_content();
        let has_attempts = self.attempts_made < self.plan.limits.attempts;
        let is_racing = self.is_racing();
        let Some(live) = self.live(attempt) else {
            return;
        };
        live.settlement.malformed_events += 1;
        let settlement = &live.settlement;
        let (endpoint, is_finished) = (settlement.endpoint, settlement.finish_reason.is_some());
        let has_other = has_attempts && self.knowledge.another(&self.plan, endpoint).is_some();
        if is_finished || !(is_racing || has_other || is_kept) {
            if let Some(live) = self.live(attempt) {
                warn(&mut live.settlement, HOLE.to_owned());
            }
            return;
        }
        let failure = Failure::new(
            FailureClass::UnexpectedContent,
            format!("An event of the stream could not be read: {reason}"),
        );
        self.fail(now, attempt, failure, true, effects);
    }

    fn token_arrived(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        self.win(now, attempt, effects);
        let has_tail = self.timers.contains(&Timer::Tail(attempt));
        let Some(live) = self.live(attempt) else {
            return;
        };
        live.settlement.received_anything = true;
        let is_first = live.settlement.timings.first_token.is_none();
        if is_first {
            live.settlement.timings.first_token = Some(now.saturating_sub(live.started_at));
        }
        let endpoint = live.settlement.endpoint;
        if is_first {
            self.stop_timer(Timer::FirstToken(attempt), effects);
            self.stop_timer(Timer::Hedge, effects);
        }
        // Text after the finish reason is odd, but no reason to start waiting again.
        if !has_tail && let Some(planned) = self.plan.endpoints.get(endpoint) {
            let millis = planned.patience.silence_millis;
            self.start_timer(Timer::Silence(attempt), millis, effects);
        }
    }

    /// The first token decides a race: whoever else was asked is hung up on.
    fn win(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        if !self.is_racing() {
            return;
        }
        let losers: Vec<u32> = self
            .live
            .iter()
            .map(|live| live.settlement.attempt)
            .filter(|other| *other != attempt)
            .collect();
        for loser in losers {
            effects.push(Effect::Abort { attempt: loser });
            self.settle(
                now,
                loser,
                Ending {
                    left_because: Some("another way in was faster".to_owned()),
                    ..Ending::new(AttemptStatus::Stopped)
                },
                effects,
            );
        }
    }

    fn check_size(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let most = self.plan.limits.text_bytes;
        if self.text.len() + self.reasoning_bytes + self.tool_bytes <= most {
            return;
        }
        let failure = Failure::new(
            FailureClass::ResponseTooLarge,
            format!("The answer passed {most} bytes and was cut off."),
        );
        self.fail(now, attempt, failure, true, effects);
    }

    fn ended(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let Some(live) = self.live(attempt) else {
            return;
        };
        if live.settlement.finish_reason.is_some() {
            self.complete(now, attempt, effects);
            return;
        }
        let failure = Failure::new(
            FailureClass::StreamCut,
            "The stream ended without saying why the model stopped.",
        );
        self.fail(now, attempt, failure, false, effects);
    }

    fn timer_fired(&mut self, now: u64, timer: Timer, effects: &mut Vec<Effect>) {
        if !self.timers.remove(&timer) {
            return;
        }
        match timer {
            Timer::Tail(attempt) => self.complete(now, attempt, effects),
            Timer::Retry => {
                if let Phase::Waiting(waiting) = &self.phase {
                    let next = waiting.1;
                    self.open(now, &next, effects);
                }
            }
            Timer::Hedge => self.hedge(now, effects),
            Timer::Connect(attempt) => {
                self.late(now, attempt, FailureClass::ConnectTimeout, effects);
            }
            Timer::FirstToken(attempt) => {
                self.late(now, attempt, FailureClass::FirstTokenTimeout, effects);
            }
            Timer::Silence(attempt) => {
                self.late(now, attempt, FailureClass::SilenceTimeout, effects);
            }
            Timer::Total => self.out_of_time(now, effects),
        }
    }

    fn late(&mut self, now: u64, attempt: u32, class: FailureClass, effects: &mut Vec<Effect>) {
        let Some(endpoint) = self.live(attempt).map(|live| live.settlement.endpoint) else {
            return;
        };
        let millis = self.plan.endpoints.get(endpoint).map_or(0, |planned| {
            let patience = &planned.patience;
            match class {
                FailureClass::ConnectTimeout => patience.connect_millis,
                FailureClass::FirstTokenTimeout => patience.first_token_millis,
                _ => patience.silence_millis,
            }
        });
        let failure = Failure::new(class, format!("Nothing for {}.", seconds(millis)));
        self.fail(now, attempt, failure, true, effects);
    }

    fn hedge(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let [live] = self.live.as_slice() else {
            return;
        };
        let endpoint = live.settlement.endpoint;
        let has_attempts = self.attempts_made < self.plan.limits.attempts;
        if live.settlement.received_anything || self.has_hedged || !has_attempts {
            return;
        }
        let Some(other) = self.knowledge.another(&self.plan, endpoint) else {
            return;
        };
        self.has_hedged = true;
        let next = Next {
            endpoint: other,
            key: 0,
            because: MadeBecause::Hedge,
            continues: false,
        };
        self.open(now, &next, effects);
    }

    /// The stream said that it is done. Nothing at all without a count is no answer.
    fn complete(&mut self, now: u64, attempt: u32, effects: &mut Vec<Effect>) {
        let has_text = !self.text.is_empty();
        let Some(live) = self.live(attempt) else {
            return;
        };
        let settlement = &live.settlement;
        let reason = settlement.finish_reason.unwrap_or(FinishReason::Other);
        let counted = settlement.usage.is_some_and(|usage| !usage.is_zero());
        if !settlement.received_anything && !counted && reason != FinishReason::ContentFilter {
            let failure = Failure::new(
                FailureClass::EmptyAnswer,
                "The provider said that it was done, without any text and without a token count.",
            );
            return self.fail(now, attempt, failure, true, effects);
        }
        if reason == FinishReason::ContentFilter && !has_text {
            let failure = Failure::new(
                FailureClass::ContentFiltered,
                "The provider's filter ended the answer before its first word.",
            );
            return self.fail(now, attempt, failure, true, effects);
        }
        self.win(now, attempt, effects);
        self.settle(now, attempt, Ending::new(AttemptStatus::Answered), effects);
        self.finish(Outcome::Answered { reason }, effects);
    }

    fn end_early(
        &mut self,
        now: u64,
        status: AttemptStatus,
        outcome: Outcome,
        effects: &mut Vec<Effect>,
    ) {
        if self.is_over() {
            return;
        }
        for attempt in self.live_attempts() {
            effects.push(Effect::Abort { attempt });
            self.settle(now, attempt, Ending::new(status), effects);
        }
        self.finish(outcome, effects);
    }

    /// The limit of the whole run ends attempts and waits alike.
    fn out_of_time(&mut self, now: u64, effects: &mut Vec<Effect>) {
        let limit = seconds(self.plan.limits.total_millis);
        let message = match &self.phase {
            Phase::Waiting(waiting) => waiting.0.failure.message.clone(),
            _ => format!("Not done after {limit}."),
        };
        let failure = Failure::new(FailureClass::RunTimeout, message);
        for attempt in self.live_attempts() {
            effects.push(Effect::Abort { attempt });
            let ending = Ending {
                failure: Some(failure.clone()),
                ..Ending::new(AttemptStatus::Failed)
            };
            self.settle(now, attempt, ending, effects);
        }
        self.finish(Outcome::Failed { failure }, effects);
    }

    fn live_attempts(&self) -> Vec<u32> {
        self.live
            .iter()
            .map(|live| live.settlement.attempt)
            .collect()
    }

    /// One attempt comes to nothing.
    fn fail(
        &mut self,
        now: u64,
        attempt: u32,
        failure: Failure,
        abort: bool,
        effects: &mut Vec<Effect>,
    ) {
        let is_racing = self.is_racing();
        let Some(live) = self.live(attempt) else {
            return;
        };
        let settlement = &live.settlement;
        let endpoint = settlement.endpoint;
        let is_refused_prefill = settlement.continues_at.is_some()
            && !settlement.received_anything
            && failure.class == FailureClass::InvalidRequest;
        let was_opened = settlement.timings.opened.is_some();
        if abort {
            effects.push(Effect::Abort { attempt });
        }
        let failed = Ending {
            failure: Some(failure.clone()),
            ..Ending::new(AttemptStatus::Failed)
        };
        if is_racing {
            // Nobody has sent a token yet, and the other way in is being asked already.
            self.knowledge
                .learn(&self.plan, endpoint, &failure, was_opened);
            self.knowledge.leave(endpoint);
            let ending = Ending {
                left_because: Some("another way in was being asked already".to_owned()),
                ..failed
            };
            return self.settle(now, attempt, ending, effects);
        }
        if is_refused_prefill {
            self.knowledge.refused_prefill(endpoint);
        } else {
            self.knowledge
                .learn(&self.plan, endpoint, &failure, was_opened);
        }
        let next = self.next(endpoint, &failure, is_refused_prefill);
        let Some((next, wait_millis)) = next else {
            self.settle(now, attempt, failed, effects);
            let failure = self.knowledge.worth_telling(failure, is_refused_prefill);
            return self.finish(Outcome::Failed { failure }, effects);
        };
        let switch = Switch {
            from_attempt: attempt,
            to_endpoint: next.endpoint,
            is_retry: next.because == MadeBecause::Retry,
            is_next_key: next.because == MadeBecause::NextKey,
            because: next.because,
            wait_millis,
            failure,
        };
        let half = self
            .live(attempt)
            .map_or(0, |live| live.text_from)
            .min(self.text.len());
        let half = self.text.get(half..).unwrap_or_default().to_owned();
        let ending = Ending {
            left_because: Some(switch.describe(&self.plan)),
            replaced_text: (!half.is_empty()).then_some(half),
            ..failed
        };
        self.settle(now, attempt, ending, effects);
        let begins_again = self.has_content() || self.reasoning_bytes > 0;
        if begins_again && !next.continues {
            self.text.clear();
            self.reasoning_bytes = 0;
            self.tool_bytes = 0;
            self.vectors = 0;
            effects.push(Effect::Discard);
        }
        effects.push(Effect::Switch(switch.clone()));
        if wait_millis == 0 {
            self.open(now, &next, effects);
        } else {
            self.phase = Phase::Waiting(Box::new((switch, next)));
            self.start_timer(Timer::Retry, wait_millis, effects);
        }
    }

    fn next(
        &mut self,
        endpoint: usize,
        failure: &Failure,
        is_refused_prefill: bool,
    ) -> Option<(Next, u64)> {
        if self.attempts_made >= self.plan.limits.attempts {
            return None;
        }
        let has_content = self.has_content();
        if has_content && self.plan.half_answer == HalfAnswer::Keep {
            return None;
        }
        // Half a tool call is no text that anybody could go on with.
        let continues = self.plan.half_answer == HalfAnswer::Continue
            && !self.text.trim().is_empty()
            && self.tool_bytes == 0;
        let must_continue = has_content && self.plan.is_final;
        if must_continue && !continues {
            return None;
        }
        self.knowledge.next(
            &self.plan,
            endpoint,
            failure,
            super::step::Half {
                has_content,
                continues,
                must_continue,
                is_refused_prefill,
            },
        )
    }

    fn settle(&mut self, now: u64, attempt: u32, ending: Ending, effects: &mut Vec<Effect>) {
        let position = self
            .live
            .iter()
            .position(|live| live.settlement.attempt == attempt);
        let Some(live) = position.map(|position| self.live.remove(position)) else {
            return;
        };
        for timer in [
            Timer::Connect(attempt),
            Timer::FirstToken(attempt),
            Timer::Silence(attempt),
            Timer::Tail(attempt),
        ] {
            self.stop_timer(timer, effects);
        }
        if self.live.is_empty() {
            self.stop_timer(Timer::Hedge, effects);
        }
        let mut settlement = live.settlement;
        settlement.timings.ended = Some(now.saturating_sub(live.started_at));
        settlement.status = ending.status;
        settlement.request_id = settlement.request_id.or_else(|| {
            ending
                .failure
                .as_ref()
                .and_then(|failure| failure.request_id.clone())
        });
        settlement.failure = ending.failure;
        settlement.left_because = ending.left_because;
        settlement.replaced_text = ending.replaced_text;
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

    #[cfg(test)]
    pub(super) fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }
}

/// How an attempt ends.
struct Ending {
    status: AttemptStatus,
    failure: Option<Failure>,
    left_because: Option<String>,
    replaced_text: Option<String>,
}

impl Ending {
    fn new(status: AttemptStatus) -> Self {
        Self {
            status,
            failure: None,
            left_because: None,
            replaced_text: None,
        }
    }
}

fn warn(settlement: &mut Settlement, sentence: String) {
    let warnings = &mut settlement.warnings;
    if warnings.len() < MOST_WARNINGS && !warnings.contains(&sentence) {
        warnings.push(sentence);
    }
}

/// A time limit in words, short ones with a fraction.
fn seconds(millis: u64) -> String {
    match (millis / 1_000, millis % 1_000) {
        (whole, 0) => format!("{whole} s"),
        _ => format!("{:.1} s", millis as f64 / 1_000.0),
    }
}
