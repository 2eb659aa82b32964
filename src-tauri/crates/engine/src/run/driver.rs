//! Carries out what the run machine decides: opens streams, watches timers, saves, tells.
//!
//! Long because every effect of the machine is carried out here, and nowhere else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use patchbay_domain::budget::Asker;
use patchbay_domain::price::{Price, ServiceTier};
use patchbay_domain::receipt::{Timings, cost_of};
use patchbay_domain::route::DeclaredPolicy;
use patchbay_domain::run::{Effect, Input, MadeBecause, Outcome, RunMachine, Settlement, Timer};
use patchbay_domain::{
    Attempt, AttemptStatus, ChatMessage, ChatRequest, Clock, Cost, Endpoint, EventStream, Failure,
    FailureClass, ForeignFields, JsonText, Message, MessageStatus, ModelProvider, NanoUsd, Part,
    RateLimits, Role, RunId, StreamEvent, UnixMillis, Usage, WireFamily,
};
use patchbay_store::{FinishRun, PartialAnswer, Store, StoreError};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::journal::Journal;
use super::live::{LiveRun, RunUpdate};
use super::tool_calls::ToolCalls;
use crate::clock;
use crate::spend::{Ledger, Reservation};

/// One frame of a screen: text waits at most this long before it is shown, while few answers are written.
const FRAME: Duration = Duration::from_millis(33);

/// The most frames that words wait where many answers are written at once.
const MOST_FRAMES: u32 = 4;

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

/// Hears of each attempt what its endpoint's health depends on.
pub(crate) trait Observer: Send + Sync {
    /// It is over. `key` is the number of its key.
    fn settled(&self, key: u32, attempt: &Attempt);

    /// The provider said what may still be asked.
    fn allowed(&self, limits: RateLimits);
}

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
    pub(crate) observer: Arc<dyn Observer>,
    /// What the provider declares about what it reads.
    pub(crate) data_policy: Option<DeclaredPolicy>,
    /// Which format it speaks; the model in this process speaks none.
    pub(crate) family: Option<WireFamily>,
    /// The canonical model.
    pub(crate) model_key: String,
    /// What the model's maker asks for it.
    pub(crate) list_price: Option<Price>,
    /// The most that this request can cost there.
    pub(crate) worst: Option<NanoUsd>,
    /// Where the answer has to end for that to be true, beside the request's own end.
    pub(crate) max_output: Option<u64>,
}

impl EndpointAccess {
    /// The most that the request can cost there where half an answer is shown to be gone on with: that is
    /// read too.
    fn worst_with(&self, half: Option<&str>, at: UnixMillis) -> Option<NanoUsd> {
        let (worst, Some(half)) = (self.worst?, half) else {
            return self.worst;
        };
        let usage = Usage {
            // No tokeniser makes more than one token of a byte.
            input: half.len() as u64,
            ..Usage::ZERO
        };
        let price = self.price.as_ref()?;
        let rates = price.rates(at, usage.input, ServiceTier::Standard);
        let more = rates.dearest(false).price(&usage).amount?;
        Some(NanoUsd(worst.0.saturating_add(more.0)))
    }

    /// An attempt as it begins.
    pub(crate) fn attempt(
        &self,
        run: RunId,
        ordinal: u32,
        because: MadeBecause,
        started_at: UnixMillis,
    ) -> Attempt {
        Attempt {
            id: clock::attempt_id(),
            run,
            ordinal,
            endpoint: self.endpoint.clone(),
            provider_name: self.provider_name.clone(),
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
            rates: self
                .price
                .as_ref()
                .map(|price| price.rates(started_at, 0, ServiceTier::Standard)),
            price_tag: self.price.as_ref().map(|price| price.tag.clone()),
            service_tier: None,
            reported_cost: None,
            cost: Cost::UNKNOWN,
            reserved: self.worst,
            list: None,
            model_key: Some(self.model_key.clone()),
            replaced_text: None,
            made_because: because,
            continues_at: None,
            data_policy: self.data_policy.clone(),
        }
    }
}

/// How long words wait for others. A window draws one of several answers in each of its frames, so that
/// of many a message in every one of them would only be work for it.
fn frame_of(runs_at_once: usize) -> Duration {
    FRAME
        * u32::try_from(runs_at_once / 2)
            .unwrap_or(MOST_FRAMES)
            .clamp(1, MOST_FRAMES)
}

/// How a run ended.
pub(crate) struct Finished {
    pub(crate) outcome: Outcome,
    pub(crate) attempts: Vec<Attempt>,
    /// All of the answer's text.
    pub(crate) text: String,
}

/// The parts of one run that is going on.
pub(crate) struct Driver {
    pub(crate) run: RunId,
    pub(crate) answer: Message,
    /// The answer is a message of a conversation; measurements have none.
    pub(crate) has_message: bool,
    pub(crate) request: ChatRequest,
    pub(crate) endpoints: Vec<EndpointAccess>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: LiveRun,
    /// The person pressed stop.
    pub(crate) stop: CancellationToken,
    /// Patchbay is closing.
    pub(crate) shutdown: CancellationToken,
    /// Where the worst case of each attempt is held.
    pub(crate) ledger: Ledger,
    /// For whom.
    pub(crate) asker: Asker,
    /// How many runs go on now, this one included.
    pub(crate) at_once: Box<dyn Fn() -> usize + Send + Sync>,
    /// The first attempt, where its row is on the disk already.
    pub(crate) first: Option<Attempt>,
}

/// An attempt that is going on.
struct Going {
    connection: Connection,
    attempt: Attempt,
    /// Its endpoint and key in the plan.
    asked: (usize, u32),
    /// When it began, by the monotonic clock.
    began: u64,
}

enum Connection {
    Opening(BoxFuture<'static, Opened>),
    Streaming(EventStream),
    /// It is over, or was hung up on.
    Closed,
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
    /// By ordinal; at most two.
    going: BTreeMap<u32, Going>,
    timers: BTreeMap<Timer, Instant>,
    /// Attempts that are over, to be written with the end of the run.
    settled: Vec<Attempt>,
    /// The stream of the answer, which may still have its last words to say.
    answered: Option<Connection>,
    outcome: Option<Outcome>,
    unsaved_text: bool,
    journal: Journal,
    calls: ToolCalls,
    /// Thinking that its format wants back.
    thinking: Vec<Part>,
    /// Settled, and not given to the journal yet.
    unwritten: Option<Attempt>,
}

impl Driver {
    /// Runs to the end. Returns when the answer is stored, or when it is certain that it will not be.
    pub(crate) async fn drive(self, mut machine: RunMachine) -> Option<Finished> {
        let mut work = Work {
            going: BTreeMap::new(),
            timers: BTreeMap::new(),
            settled: Vec::new(),
            answered: None,
            outcome: None,
            unsaved_text: false,
            journal: Journal::new(self.store.clone(), self.ledger.clone(), self.is_for_app()),
            calls: ToolCalls::default(),
            thinking: Vec::new(),
            unwritten: None,
        };
        // What waits to be shown is shown then.
        let mut shown_at = Instant::now();
        let mut due = shown_at;
        let mut save = tokio::time::interval(SAVE_EVERY);
        save.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut waits_for_frame = false;
        let is_for_app = self.is_for_app();

        let mut is_unsent = self.feed(&mut machine, Input::Begin, &mut work);
        while work.outcome.is_none() {
            let input = tokio::select! {
                biased;
                () = self.stop.cancelled() => Some(Input::StopRequested),
                () = self.shutdown.cancelled() => Some(Input::ShutDown),
                timer = next_timer(&work.timers) => {
                    work.timers.remove(&timer);
                    Some(Input::TimerFired(timer))
                }
                () = tokio::time::sleep_until(due), if waits_for_frame => {
                    self.live.flush();
                    waits_for_frame = false;
                    shown_at = Instant::now();
                    None
                }
                _ = save.tick(), if work.unsaved_text => {
                    self.save_partial(&mut work);
                    None
                }
                input = next_input(&mut work.going) => Some(input),
                // An app is told when nothing more is there to be read.
                () = std::future::ready(()), if is_for_app && is_unsent => {
                    self.live.flush();
                    is_unsent = false;
                    None
                }
            };
            if let Some(input) = input {
                let waits = self.feed(&mut machine, input, &mut work);
                is_unsent |= waits;
                if waits && !waits_for_frame && !is_for_app {
                    due = shown_at + frame_of((self.at_once)());
                    waits_for_frame = true;
                }
            }
        }
        let outcome = work.outcome.take()?;
        let is_written = work.journal.finish().await;
        let kept = (work.calls.json(), thinking_json(&work.thinking));
        self.finish(&outcome, &work.settled, kept, is_written).await;
        for attempt in &work.settled {
            self.ledger.release(attempt.id).await;
        }
        let (text, _) = self.live.partial();
        Some(Finished {
            outcome,
            text,
            attempts: work.settled,
        })
    }

    /// An app asks: nothing waits for the disk.
    fn is_for_app(&self) -> bool {
        self.asker.app.is_some()
    }

    /// Gives the machine an input and carries out what it answers. Returns whether something waits to
    /// be shown.
    fn feed(&self, machine: &mut RunMachine, input: Input, work: &mut Work) -> bool {
        self.note_allowance(&input, work);
        let mut waits = false;
        for effect in machine.handle(self.clock.monotonic_millis(), input) {
            waits |= self.carry_out(effect, work);
        }
        // The run goes on without it, or waits for long.
        if work.outcome.is_none()
            && let Some(settled) = work.unwritten.take()
        {
            work.journal.settle_attempt(settled);
        }
        waits
    }

    fn carry_out(&self, effect: Effect, work: &mut Work) -> bool {
        match effect {
            Effect::Open {
                attempt,
                endpoint,
                key,
                because,
                continues,
            } => return self.open(attempt, (endpoint, key), because, continues, work),
            Effect::Abort { attempt } => {
                if let Some(going) = work.going.get_mut(&attempt) {
                    going.connection = Connection::Closed;
                }
            }
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
            Effect::AppendToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                self.note_first_token(work);
                work.calls
                    .append(index, id.as_deref(), name.as_deref(), &arguments);
                return self.live.push(RunUpdate::ToolCall {
                    index,
                    id,
                    name,
                    arguments,
                });
            }
            Effect::AppendReasoningItem { format, item } => {
                if self.is_for_app() {
                    let (format, item) = (format.clone(), item.clone());
                    work.thinking.push(Part::ReasoningItem { format, item });
                }
                return self.live.push(RunUpdate::ReasoningItem { format, item });
            }
            Effect::Aside { family, fields } => {
                return self.live.push(RunUpdate::Aside { family, fields });
            }
            Effect::GiveVectors(vectors) => {
                self.note_first_token(work);
                return self.live.push(RunUpdate::Embeddings(vectors));
            }
            Effect::Discard => {
                work.calls = ToolCalls::default();
                work.thinking.clear();
                work.unsaved_text = true;
                return self.live.push(RunUpdate::Discard);
            }
            Effect::ShowUsage { attempt, usage } => {
                // Saved with the next partial text, so that a crash loses neither.
                if let Some(going) = work.going.get_mut(&attempt) {
                    going.attempt.usage = Some(usage);
                }
                return self.live.push(RunUpdate::Usage(usage));
            }
            Effect::Switch(switch) => return self.live.push(RunUpdate::Switched(Box::new(switch))),
            Effect::Settle(settlement) => return self.settle(*settlement, work),
            Effect::Finish(outcome) => {
                self.live.push(RunUpdate::Over(Box::new(outcome.clone())));
                work.outcome = Some(outcome);
                if let Some(connection) = work.answered.take() {
                    hang_up_politely(connection);
                }
            }
        }
        false
    }

    fn open(
        &self,
        ordinal: u32,
        (endpoint, key): (usize, u32),
        because: MadeBecause,
        continues: Option<String>,
        work: &mut Work,
    ) -> bool {
        // The plan and the endpoints are made together.
        let Some(access) = self.endpoints.get(endpoint).cloned() else {
            tracing::error!(run = %self.run, endpoint, "the plan names a way in that is not there");
            return false;
        };
        // The row of the first attempt came to the disk with the question. Every other one is waited
        // for: what was sent and has no row would be a charge that nobody knows of.
        let begun = self
            .first
            .clone()
            .filter(|first| ordinal == 0 && first.endpoint == access.endpoint);
        let has_row = begun.is_some();
        let worst = access.worst_with(continues.as_deref(), self.clock.now());
        let mut attempt = Attempt {
            continues_at: continues.as_ref().map(|text| text.chars().count() as u64),
            reserved: worst,
            ..begun.unwrap_or_else(|| access.attempt(self.run, ordinal, because, self.clock.now()))
        };
        if let Some(foreign) = &self.request.foreign_fields
            && !self.reads(&access, foreign)
        {
            attempt.warnings.push(not_understood(foreign));
        }
        let request = self.request_to(&access, continues);
        let held = self.ledger.clone();
        let reservation = Reservation {
            endpoint: access.endpoint.clone(),
            model_key: access.model_key.clone(),
            asker: self.asker.clone(),
            worst,
        };
        let row = (!has_row).then(|| work.journal.begin_attempt(attempt.clone()));
        let id = attempt.id;
        let connection = Connection::Opening(Box::pin(async move {
            let refused = |failure| Opened {
                key_label: None,
                key_id: None,
                stream: Err(failure),
            };
            if let Err(failure) = held.hold(id, reservation).await {
                return refused(failure);
            }
            if let Some(row) = row
                && !row.await.unwrap_or(false)
            {
                return refused(Failure::new(
                    FailureClass::Internal,
                    "The attempt could not be written down, so nothing was sent.",
                ));
            }
            let connected = match (access.connect)(key).await {
                Ok(connected) => connected,
                Err(failure) => return refused(failure),
            };
            let has_key = connected.key_label.is_some();
            let opened = connected.provider.open_stream(request).await;
            Opened {
                stream: opened.map_err(|failure| told_apart(failure, has_key)),
                key_id: connected.key_id.filter(|_| has_key),
                key_label: connected.key_label,
            }
        }));
        let going = Going {
            connection,
            attempt: attempt.clone(),
            asked: (endpoint, key),
            began: self.clock.monotonic_millis(),
        };
        work.going.insert(ordinal, going);
        self.live.push(RunUpdate::Attempt(Box::new(attempt)))
    }

    /// The request for one endpoint: its own id of the model, the end that a budget sets, and the half
    /// answer to go on with.
    fn request_to(&self, access: &EndpointAccess, continues: Option<String>) -> ChatRequest {
        let mut request = ChatRequest {
            model: access.endpoint.model.clone(),
            ..self.request.clone()
        };
        if let Some(end) = access.max_output {
            let end = u32::try_from(end).unwrap_or(u32::MAX);
            let asked = request.parameters.max_tokens.unwrap_or(end);
            request.parameters.max_tokens = Some(asked.min(end));
        }
        if let Some(foreign) = request.foreign_fields.take()
            && self.reads(access, &foreign)
            && request.extra_body.is_none()
        {
            request.extra_body = Some(foreign.fields);
        }
        if let Some(half) = continues {
            request
                .messages
                .push(ChatMessage::text(Role::Assistant, half));
            request.continues = true;
        }
        request
    }

    /// Whether these fields mean something there. Embeddings are asked for in OpenAI's words in several
    /// families.
    fn reads(&self, access: &EndpointAccess, foreign: &ForeignFields) -> bool {
        if self.request.embedding.is_some() {
            return access.family.is_some_and(WireFamily::embeds_like_openai);
        }
        access.family == Some(foreign.family)
    }

    fn note_allowance(&self, input: &Input, work: &Work) {
        let Input::Stream {
            attempt,
            event: StreamEvent::RateLimits { limits },
        } = input
        else {
            return;
        };
        let going = work.going.get(attempt);
        if let Some(access) = going.and_then(|going| self.endpoints.get(going.asked.0)) {
            access.observer.allowed(*limits);
        }
    }

    /// Tells when the first token came, while the answer is still being written. There is one attempt
    /// by then: the first token decides every race.
    fn note_first_token(&self, work: &mut Work) {
        let Some(going) = work.going.values_mut().next() else {
            return;
        };
        if going.attempt.timings.first_token.is_some() {
            return;
        }
        let now = self.clock.monotonic_millis();
        going.attempt.timings.first_token = Some(now.saturating_sub(going.began));
        self.live
            .push(RunUpdate::Attempt(Box::new(going.attempt.clone())));
    }

    fn settle(&self, settlement: Settlement, work: &mut Work) -> bool {
        let Some(going) = work.going.remove(&settlement.attempt) else {
            return false;
        };
        if settlement.status == AttemptStatus::Answered {
            work.answered = Some(going.connection);
        }
        let (endpoint, key) = going.asked;
        let access = self.endpoints.get(endpoint);
        let settled = settled(going.attempt, settlement, access);
        if let Some(access) = access {
            access.observer.settled(key, &settled);
        }
        if self.is_for_app() {
            // The last one is written with the end of the run, which follows at once.
            if let Some(before) = work.unwritten.replace(settled.clone()) {
                work.journal.settle_attempt(before);
            }
        } else {
            work.journal.settle_attempt(settled.clone());
        }
        work.settled.push(settled.clone());
        self.live.push(RunUpdate::Settled(Box::new(settled)))
    }

    fn save_partial(&self, work: &mut Work) {
        if !self.has_message {
            work.unsaved_text = false;
            return;
        }
        let is_queued = work.journal.save_partial(|| {
            let (text, reasoning) = self.live.partial();
            // The one that writes; while two race there is no text.
            let attempt = work
                .going
                .values()
                .next()
                .map(|going| going.attempt.clone());
            PartialAnswer {
                message: self.answer.id,
                text,
                reasoning,
                attempt,
            }
        });
        work.unsaved_text = !is_queued;
    }

    async fn finish(
        &self,
        outcome: &Outcome,
        attempts: &[Attempt],
        (tool_calls, thinking): (Option<JsonText>, Option<JsonText>),
        mut is_written: bool,
    ) {
        let (text, reasoning) = self.live.partial();
        let status = match outcome {
            Outcome::Answered { .. } => MessageStatus::Complete,
            Outcome::Stopped => MessageStatus::Stopped,
            Outcome::Interrupted => MessageStatus::Interrupted,
            Outcome::Failed { .. } => MessageStatus::Failed,
        };
        let finish = FinishRun {
            run: self.run,
            outcome: outcome.clone(),
            text: text.clone(),
            reasoning: reasoning.clone(),
            tool_calls,
            thinking,
            attempt: attempts.last().cloned(),
            ended_at: self.clock.now(),
        };
        while let Err(error) = self.write_end(&finish, attempts, &mut is_written).await {
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
        if self.is_for_app() {
            return self.store.finish_app_run(finish.clone()).await;
        }
        self.store.finish_run(finish.clone()).await.map(drop)
    }
}

fn settled(attempt: Attempt, settlement: Settlement, access: Option<&EndpointAccess>) -> Attempt {
    let price = access.and_then(|access| access.price.as_ref());
    let list_price = access.and_then(|access| access.list_price.as_ref());
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
    let list = settlement
        .usage
        .zip(list_price)
        .and_then(|(usage, list)| list.for_tokens(&usage, attempt.started_at, tier));
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
        warnings: attempt
            .warnings
            .into_iter()
            .chain(settlement.warnings)
            .collect(),
        usage: settlement.usage,
        raw_usage: settlement.raw_usage,
        rates,
        service_tier: settlement.service_tier,
        reported_cost: settlement.reported_cost,
        cost,
        list,
        replaced_text: settlement.replaced_text,
        continues_at: settlement.continues_at,
        ..attempt
    }
}

/// Thinking as it is kept: a list of parts; `None` where there is none.
fn thinking_json(thinking: &[Part]) -> Option<JsonText> {
    if thinking.is_empty() {
        return None;
    }
    serde_json::to_string(thinking).ok().map(JsonText)
}

/// What a receipt says of fields that only another format has.
fn not_understood(foreign: &ForeignFields) -> String {
    let fields: BTreeMap<String, serde::de::IgnoredAny> =
        serde_json::from_str(&foreign.fields.0).unwrap_or_default();
    let names: Vec<&str> = fields.keys().map(String::as_str).collect();
    format!(
        "This way in does not speak the format of the request, so these fields were left out: {}.",
        names.join(", ")
    )
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
    let Connection::Streaming(mut stream) = connection else {
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

/// The next news of any attempt that is going on.
async fn next_input(going: &mut BTreeMap<u32, Going>) -> Input {
    std::future::poll_fn(|context| {
        for (attempt, going) in going.iter_mut() {
            if let Poll::Ready(input) = poll_one(*attempt, going, context) {
                return Poll::Ready(input);
            }
        }
        Poll::Pending
    })
    .await
}

fn poll_one(attempt: u32, going: &mut Going, context: &mut Context<'_>) -> Poll<Input> {
    let input = match &mut going.connection {
        Connection::Closed => return Poll::Pending,
        Connection::Opening(opening) => {
            let opened = std::task::ready!(opening.poll_unpin(context));
            going.attempt.key_label = opened.key_label;
            going.attempt.key_id = opened.key_id;
            match opened.stream {
                Ok(stream) => {
                    going.connection = Connection::Streaming(stream);
                    return Poll::Ready(Input::Opened { attempt });
                }
                Err(failure) => Input::Failed { attempt, failure },
            }
        }
        Connection::Streaming(stream) => match std::task::ready!(stream.poll_next_unpin(context)) {
            Some(Ok(event)) => return Poll::Ready(Input::Stream { attempt, event }),
            Some(Err(failure)) => Input::Failed { attempt, failure },
            None => Input::Ended { attempt },
        },
    };
    going.connection = Connection::Closed;
    Poll::Ready(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_many_answers_are_sent_less_often() {
        let millis = |runs| frame_of(runs).as_millis();
        assert_eq!([0, 1, 2, 3].map(millis), [33; 4]);
        assert_eq!([4, 6, 8, 500].map(millis), [66, 99, 132, 132]);
    }
}
