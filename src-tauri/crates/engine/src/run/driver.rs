//! Carries out what the run machine decides: opens streams, watches timers, saves, tells.
//!
//! Long because every effect of the machine is carried out here, and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use patchbay_domain::price::{Price, ServiceTier};
use patchbay_domain::receipt::{Timings, cost_of};
use patchbay_domain::run::{Effect, Input, Outcome, RunMachine, Settlement, Timer};
use patchbay_domain::{
    Attempt, AttemptStatus, ChatRequest, Clock, Cost, Endpoint, EventStream, Failure, FailureClass,
    Message, MessageStatus, ModelProvider, RunId,
};
use patchbay_store::{FinishRun, PartialAnswer, Store, StoreError};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::live::{LiveRun, RunUpdate};
use crate::clock;

/// One frame of a screen: text waits at most this long before it is shown.
const FRAME: Duration = Duration::from_millis(33);

/// How often the text so far is written. Below the promised 250 ms, because the write takes time too.
const SAVE_EVERY: Duration = Duration::from_millis(150);

/// How long a provider may take to end a reply whose answer is whole.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long the run waits before it tries again to write an answer that the disk did not take.
const WRITE_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Makes the provider of one endpoint ready with the key of this number: finds the key, which may
/// wait for a person.
pub(crate) type Connect =
    Arc<dyn Fn(u32) -> BoxFuture<'static, Result<Connected, Failure>> + Send + Sync>;

/// Hears how each attempt ended, with the number of its key.
pub(crate) type OnSettled = Arc<dyn Fn(u32, &Attempt) + Send + Sync>;

/// A provider with its key in hand.
pub(crate) struct Connected {
    pub(crate) provider: Arc<dyn ModelProvider>,
    /// Which key; `None` where none is used.
    pub(crate) key_label: Option<String>,
    /// Its slot, which stays when its label is changed.
    pub(crate) key_id: Option<String>,
}

/// One endpoint of the plan, with all that is needed to use it.
#[derive(Clone)]
pub(crate) struct EndpointAccess {
    pub(crate) endpoint: Endpoint,
    pub(crate) provider_name: String,
    /// `None` where nobody knows it.
    pub(crate) price: Option<Price>,
    /// How many keys there are to try; at least one.
    pub(crate) keys: u32,
    pub(crate) connect: Connect,
    pub(crate) on_settled: OnSettled,
}

/// The parts of one run that is going on.
pub(crate) struct Driver {
    pub(crate) run: RunId,
    pub(crate) answer: Message,
    pub(crate) request: ChatRequest,
    pub(crate) endpoints: Vec<EndpointAccess>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: LiveRun,
    /// The person pressed stop.
    pub(crate) stop: CancellationToken,
    /// Patchbay is closing.
    pub(crate) shutdown: CancellationToken,
}

/// The connection of the current attempt.
enum Connection {
    None,
    Opening(u32, BoxFuture<'static, Opened>),
    Streaming(u32, EventStream),
}

/// A request that was answered, in one way or the other.
struct Opened {
    /// The key that was used, also where it was refused.
    key_label: Option<String>,
    key_id: Option<String>,
    stream: Result<EventStream, Failure>,
}

/// What the loop keeps beside the machine.
struct Work {
    connection: Connection,
    timers: BTreeMap<Timer, Instant>,
    attempt: Option<Attempt>,
    /// Its endpoint and key in the plan.
    asked: (usize, u32),
    /// When the current attempt began, by the monotonic clock.
    attempt_began: u64,
    /// Attempts that are over, to be written with the end of the run.
    settled: Vec<Attempt>,
    outcome: Option<Outcome>,
    unsaved_text: bool,
    journal: Journal,
}

impl Driver {
    /// Runs to the end. Returns when the answer is stored, or when it is certain that it will not be.
    pub(crate) async fn drive(self, mut machine: RunMachine) {
        let mut work = Work {
            connection: Connection::None,
            timers: BTreeMap::new(),
            attempt: None,
            asked: (0, 0),
            attempt_began: 0,
            settled: Vec::new(),
            outcome: None,
            unsaved_text: false,
            journal: Journal::begin(self.store.clone()),
        };
        let mut frame = tokio::time::interval(FRAME);
        frame.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut save = tokio::time::interval(SAVE_EVERY);
        save.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut waits_for_frame = false;

        self.feed(&mut machine, Input::Begin, &mut work);
        while work.outcome.is_none() {
            let input = tokio::select! {
                biased;
                () = self.stop.cancelled() => Some(Input::StopRequested),
                () = self.shutdown.cancelled() => Some(Input::ShutDown),
                timer = next_timer(&work.timers) => {
                    work.timers.remove(&timer);
                    Some(Input::TimerFired(timer))
                }
                _ = frame.tick(), if waits_for_frame => {
                    self.live.flush();
                    waits_for_frame = false;
                    None
                }
                _ = save.tick(), if work.unsaved_text => {
                    self.save_partial(&mut work);
                    None
                }
                input = next_input(&mut work.connection, &mut work.attempt) => Some(input),
            };
            if let Some(input) = input {
                waits_for_frame |= self.feed(&mut machine, input, &mut work);
            }
        }
        let Some(outcome) = work.outcome.take() else {
            return;
        };
        let is_written = work.journal.finish().await;
        self.finish(outcome, work.settled, is_written).await;
    }

    /// Gives the machine an input and carries out what it answers. Returns whether something waits to
    /// be shown.
    fn feed(&self, machine: &mut RunMachine, input: Input, work: &mut Work) -> bool {
        let mut waits = false;
        for effect in machine.handle(self.clock.monotonic_millis(), input) {
            waits |= self.carry_out(effect, work);
        }
        waits
    }

    fn carry_out(&self, effect: Effect, work: &mut Work) -> bool {
        match effect {
            Effect::Open {
                attempt,
                endpoint,
                key,
            } => return self.open(attempt, (endpoint, key), work),
            Effect::Abort { .. } => work.connection = Connection::None,
            Effect::StartTimer { timer, millis } => {
                work.timers
                    .insert(timer, Instant::now() + Duration::from_millis(millis));
            }
            Effect::StopTimer(timer) => {
                work.timers.remove(&timer);
            }
            Effect::AppendText(text) => {
                self.note_first_token(work);
                work.unsaved_text = true;
                return self.live.push(RunUpdate::Text(text));
            }
            Effect::AppendReasoning(text) => {
                self.note_first_token(work);
                work.unsaved_text = true;
                return self.live.push(RunUpdate::Reasoning(text));
            }
            Effect::Discard => {
                work.unsaved_text = true;
                return self.live.push(RunUpdate::Discard);
            }
            Effect::ShowUsage(usage) => {
                // Saved with the next partial text, so that a crash loses neither.
                if let Some(attempt) = &mut work.attempt {
                    attempt.usage = Some(usage);
                }
                return self.live.push(RunUpdate::Usage(usage));
            }
            Effect::Switch(switch) => return self.live.push(RunUpdate::Switched(Box::new(switch))),
            Effect::Settle(settlement) => return self.settle(*settlement, work),
            Effect::Finish(outcome) => {
                work.outcome = Some(outcome);
                hang_up_politely(std::mem::replace(&mut work.connection, Connection::None));
            }
        }
        false
    }

    fn open(&self, ordinal: u32, (endpoint, key): (usize, u32), work: &mut Work) -> bool {
        let Some(access) = self.endpoints.get(endpoint).cloned() else {
            // The plan and the endpoints are made together, so this is a fault of ours.
            let failure = Failure::new(
                FailureClass::Internal,
                "The plan names a way in that does not exist.",
            );
            let opened = Opened {
                key_label: None,
                key_id: None,
                stream: Err(failure),
            };
            work.connection = Connection::Opening(ordinal, Box::pin(async { opened }));
            return false;
        };
        let started_at = self.clock.now();
        let attempt = Attempt {
            id: clock::attempt_id(),
            run: self.run,
            ordinal,
            endpoint: access.endpoint.clone(),
            provider_name: access.provider_name.clone(),
            key_label: None,
            key_id: None,
            started_at,
            timings: Timings::default(),
            status: AttemptStatus::Running,
            failure: None,
            left_because: None,
            finish_reason: None,
            served_model: None,
            served_by: None,
            request_id: None,
            malformed_events: 0,
            warnings: Vec::new(),
            usage: None,
            raw_usage: None,
            // What a short prompt costs: the size is known at the end.
            rates: access
                .price
                .as_ref()
                .map(|price| price.rates(started_at, 0, ServiceTier::Standard)),
            price_tag: access.price.as_ref().map(|price| price.tag.clone()),
            service_tier: None,
            reported_cost: None,
            cost: Cost::UNKNOWN,
            replaced_text: None,
        };
        let request = ChatRequest {
            model: access.endpoint.model.clone(),
            ..self.request.clone()
        };
        work.connection = Connection::Opening(
            ordinal,
            Box::pin(async move {
                let connected = match (access.connect)(key).await {
                    Ok(connected) => connected,
                    Err(failure) => {
                        return Opened {
                            key_label: None,
                            key_id: None,
                            stream: Err(failure),
                        };
                    }
                };
                let has_key = connected.key_label.is_some();
                let opened = connected.provider.open_stream(request).await;
                Opened {
                    stream: opened.map_err(|failure| told_apart(failure, has_key)),
                    key_id: connected.key_id.filter(|_| has_key),
                    key_label: connected.key_label,
                }
            }),
        );
        // The row is on its way before the request is, and is not waited for: a sync of the disk
        // would be added to the time to the first token.
        work.journal.begin_attempt(attempt.clone());
        work.asked = (endpoint, key);
        work.attempt_began = self.clock.monotonic_millis();
        work.attempt = Some(attempt.clone());
        self.live.push(RunUpdate::Attempt(Box::new(attempt)))
    }

    /// Tells when the first token came, while the answer is still being written.
    fn note_first_token(&self, work: &mut Work) {
        let Some(attempt) = &mut work.attempt else {
            return;
        };
        if attempt.timings.first_token.is_some() {
            return;
        }
        let now = self.clock.monotonic_millis();
        attempt.timings.first_token = Some(now.saturating_sub(work.attempt_began));
        self.live
            .push(RunUpdate::Attempt(Box::new(attempt.clone())));
    }

    fn settle(&self, settlement: Settlement, work: &mut Work) -> bool {
        let Some(attempt) = work.attempt.take() else {
            return false;
        };
        let (endpoint, key) = work.asked;
        let access = self.endpoints.get(endpoint);
        let price = access.and_then(|access| access.price.as_ref());
        let settled = settled(attempt, settlement, price);
        if let Some(access) = access {
            (access.on_settled)(key, &settled);
        }
        work.journal.settle_attempt(settled.clone());
        work.settled.push(settled.clone());
        self.live.push(RunUpdate::Settled(Box::new(settled)))
    }

    fn save_partial(&self, work: &mut Work) {
        let is_queued = work.journal.save_partial(|| {
            let (text, reasoning) = self.live.partial();
            let attempt = work.attempt.clone();
            PartialAnswer {
                message: self.answer.id,
                text,
                reasoning,
                attempt,
            }
        });
        work.unsaved_text = !is_queued;
    }

    async fn finish(&self, outcome: Outcome, attempts: Vec<Attempt>, mut is_written: bool) {
        let (text, reasoning) = self.live.partial();
        let status = match &outcome {
            Outcome::Answered { .. } => MessageStatus::Complete,
            Outcome::Stopped => MessageStatus::Stopped,
            Outcome::Interrupted => MessageStatus::Interrupted,
            Outcome::Failed { .. } => MessageStatus::Failed,
        };
        let finish = FinishRun {
            run: self.run,
            outcome,
            text: text.clone(),
            reasoning: reasoning.clone(),
            attempt: attempts.last().cloned(),
            ended_at: self.clock.now(),
        };
        while let Err(error) = self.write_end(&finish, &attempts, &mut is_written).await {
            tracing::error!(%error, run = %self.run, "the end of a run was not written");
            self.live.push(RunUpdate::Unsaved {
                sentence: error.sentence(),
                advice: error.advice().to_owned(),
            });
            tokio::select! {
                () = tokio::time::sleep(WRITE_AGAIN_AFTER) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
        let answer = Message {
            text,
            reasoning,
            status,
            ..self.answer.clone()
        };
        self.live.push(RunUpdate::Ended(Box::new(answer)));
    }

    /// Writes the end, and before it every attempt that the disk did not take when it was over.
    async fn write_end(
        &self,
        finish: &FinishRun,
        attempts: &[Attempt],
        is_written: &mut bool,
    ) -> Result<(), StoreError> {
        if !*is_written {
            for attempt in attempts {
                self.store.settle_attempt(attempt.clone()).await?;
            }
            *is_written = true;
        }
        self.store.finish_run(finish.clone()).await.map(drop)
    }
}

fn settled(attempt: Attempt, settlement: Settlement, price: Option<&Price>) -> Attempt {
    let tier = settlement.service_tier.unwrap_or(ServiceTier::Standard);
    let input_tokens = settlement.usage.map_or(0, |usage| usage.total_input());
    let rates = price.map(|price| price.rates(attempt.started_at, input_tokens, tier));
    let cost = cost_of(
        rates.as_ref(),
        settlement.usage.as_ref(),
        settlement.reported_cost,
        settlement.status,
        settlement.failure.as_ref(),
        settlement.received_anything,
    );
    // Only a name that differs says anything.
    let served_model = settlement
        .served_model
        .filter(|served| *served != attempt.endpoint.model);
    Attempt {
        timings: settlement.timings,
        status: settlement.status,
        failure: settlement.failure,
        left_because: settlement.left_because,
        finish_reason: settlement.finish_reason,
        served_model,
        served_by: settlement.served_by,
        request_id: settlement.request_id,
        malformed_events: settlement.malformed_events,
        warnings: settlement.warnings,
        usage: settlement.usage,
        raw_usage: settlement.raw_usage,
        rates,
        service_tier: settlement.service_tier,
        reported_cost: settlement.reported_cost,
        cost,
        replaced_text: settlement.replaced_text,
        ..attempt
    }
}

/// "Not accepted" without a key means that one is wanted.
pub(crate) fn told_apart(failure: Failure, has_key: bool) -> Failure {
    match failure.class {
        FailureClass::Authentication if !has_key => Failure {
            class: FailureClass::KeyMissing,
            ..failure
        },
        _ => failure,
    }
}

/// Reads what little follows a whole answer, so that the connection can be used again: dropped in the
/// middle of a reply, it would have to be closed. Streams that were aborted are gone before this.
fn hang_up_politely(connection: Connection) {
    let Connection::Streaming(_, mut stream) = connection else {
        return;
    };
    drop(tokio::task::spawn(async move {
        let rest = async { while stream.next().await.is_some() {} };
        // Whoever keeps the connection open for longer has had their chance.
        let _ = tokio::time::timeout(LAST_WORDS, rest).await;
    }));
}

async fn next_timer(timers: &BTreeMap<Timer, Instant>) -> Timer {
    match timers.iter().min_by_key(|(_, deadline)| **deadline) {
        Some((timer, deadline)) => {
            tokio::time::sleep_until(*deadline).await;
            *timer
        }
        None => futures::future::pending().await,
    }
}

async fn next_input(connection: &mut Connection, row: &mut Option<Attempt>) -> Input {
    match connection {
        Connection::None => futures::future::pending().await,
        Connection::Opening(attempt, opening) => {
            let attempt = *attempt;
            let opened = opening.await;
            if let Some(row) = row {
                row.key_label = opened.key_label;
                row.key_id = opened.key_id;
            }
            match opened.stream {
                Ok(stream) => {
                    *connection = Connection::Streaming(attempt, stream);
                    Input::Opened { attempt }
                }
                Err(failure) => {
                    *connection = Connection::None;
                    Input::Failed { attempt, failure }
                }
            }
        }
        Connection::Streaming(attempt, stream) => {
            let attempt = *attempt;
            match stream.next().await {
                Some(Ok(event)) => Input::Stream { attempt, event },
                Some(Err(failure)) => {
                    *connection = Connection::None;
                    Input::Failed { attempt, failure }
                }
                None => {
                    *connection = Connection::None;
                    Input::Ended { attempt }
                }
            }
        }
    }
}
