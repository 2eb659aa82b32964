//! The one way to start an answer.

use std::sync::Arc;

use futures::FutureExt;
use patchbay_domain::budget::Asker;
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::{Skipped, Target};
use patchbay_domain::run::{MadeBecause, RunMachine};
use patchbay_domain::{
    Attempt, ChatRequest, ConversationId, Endpoint, Message, MessageStatus, Role, RunId, UnixMillis,
};
use patchbay_store::{BeginRun, ConversationSummary, NewRun, RunOrigin};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::conversations::Colours;
use crate::question::Question;
use crate::routing::Resolved;
use crate::run::{Driver, Finished};
use crate::spend::in_conversation;
use crate::{Engine, EngineError, Live, LiveRun, RunSink, RunSnapshot, clock};

/// What is asked, and whom.
#[derive(Clone, Debug)]
pub struct StartRun {
    /// What.
    pub question: Question,
    /// Whom.
    pub target: Target,
    /// For whom the answer is made.
    pub origin: RunOrigin,
}

/// What was chosen, and what became of it.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the person chose.
    pub target: Target,
    /// The route's name, where it was one.
    pub route_name: Option<String>,
    /// Whom it asks first.
    pub endpoint: Endpoint,
    /// The cables of all models that it may ask, by each of their ids.
    pub colours: Colours,
    /// Who is left out, and why.
    pub skipped: Vec<Skipped>,
    /// What a budget changed about it, in one sentence.
    pub budget_note: Option<String>,
}

impl Choice {
    pub(crate) fn of(resolved: &Resolved) -> Self {
        Self {
            target: resolved.target.clone(),
            route_name: resolved.route_name.clone(),
            endpoint: resolved.requested.clone(),
            colours: Arc::clone(&resolved.colours),
            skipped: resolved.skipped.clone(),
            budget_note: resolved.budget_note.clone(),
        }
    }
}

/// A run that has begun.
#[derive(Clone, Debug)]
pub struct StartedRun {
    /// The run.
    pub run: RunId,
    /// Its conversation.
    pub conversation: ConversationSummary,
    /// The question, where one was asked.
    pub question: Option<Message>,
    /// The answer, still empty.
    pub answer: Message,
    /// What was chosen.
    pub choice: Choice,
}

/// Makes the sink of a run once its id and what was chosen are known.
pub type MakeSink = Box<dyn FnOnce(RunId, &Choice) -> RunSink + Send>;

/// A run that is going on, joined late.
#[derive(Clone, Debug)]
pub struct JoinedRun {
    /// What was chosen.
    pub choice: Choice,
    /// What there is so far.
    pub snapshot: RunSnapshot,
}

/// For whom a run is made, and what for.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub(crate) origin: RunOrigin,
    pub(crate) purpose: Purpose,
    /// Whose budgets hold it.
    pub(crate) asker: Asker,
}

impl Errand {
    /// Of no conversation and no app.
    pub(crate) fn new(origin: RunOrigin, purpose: Purpose) -> Self {
        Self {
            origin,
            purpose,
            asker: Asker::default(),
        }
    }

    /// Whether a budget may have something else asked than what was chosen. Who compares or measures
    /// wants to know about exactly what they chose.
    pub(crate) fn may_save(&self) -> bool {
        matches!(self.origin, RunOrigin::Chat | RunOrigin::Gateway)
    }
}

/// A run that is in the store and begins now.
pub(crate) struct Launch {
    pub(crate) run: RunId,
    pub(crate) answer: Message,
    pub(crate) has_message: bool,
    pub(crate) request: ChatRequest,
    pub(crate) resolved: Resolved,
    /// The first attempt, as it was written with the run.
    pub(crate) first: Option<Attempt>,
    pub(crate) sink: Option<MakeSink>,
}

/// The answer of a run that belongs to no conversation: nothing of it is stored as a message.
pub(crate) fn lone_answer(run: RunId, created_at: UnixMillis) -> Message {
    Message {
        id: clock::message_id(),
        conversation: clock::conversation_id(),
        parent: None,
        role: Role::Assistant,
        text: String::new(),
        reasoning: String::new(),
        status: MessageStatus::Streaming,
        run: Some(run),
        created_at,
    }
}

/// The row of a run that begins.
pub(crate) fn new_run(id: RunId, resolved: &Resolved, started_at: UnixMillis) -> NewRun {
    NewRun {
        id,
        origin: resolved.errand.origin,
        purpose: resolved.errand.purpose,
        app: resolved.errand.asker.app.clone(),
        budget_note: resolved.budget_note.clone(),
        requested: resolved.requested.clone(),
        target: Some(resolved.target.clone()),
        route_name: resolved.route_name.clone(),
        skipped: resolved.skipped.clone(),
        started_at,
    }
}

/// The first attempt of a run, with what is held for it: written with the run, so that nothing is ever
/// sent that has no row. `None` where nobody is asked.
pub(crate) fn first_attempt(
    run: RunId,
    resolved: &Resolved,
    started_at: UnixMillis,
) -> Option<Attempt> {
    let access = resolved.accesses.first()?;
    Some(access.attempt(run, 0, MadeBecause::First, started_at))
}

impl Engine {
    /// Starts an answer. Returns when the question is on the disk; the answer follows through `sink`
    /// and is stored whether or not anybody listens.
    ///
    /// # Errors
    /// The question cannot be asked as it is, or could not be stored. A provider that fails is no
    /// error here: that is an answer that failed, with its receipt.
    pub async fn start_run(
        &self,
        start: StartRun,
        sink: Option<MakeSink>,
    ) -> Result<StartedRun, EngineError> {
        let run = clock::run_id();
        let prepared = self.prepare(start.question, run).await?;
        let conversation = prepared.conversation.id();
        let errand = Errand {
            asker: in_conversation(conversation),
            ..Errand::new(start.origin, Purpose::Answer)
        };
        let resolved = self
            .resolve(start.target, &prepared.request, errand)
            .await?;
        let started_at = prepared.answer.created_at;
        let first = first_attempt(run, &resolved, started_at);
        self.store
            .begin_run(BeginRun {
                conversation: prepared.conversation,
                user_message: prepared.question.clone(),
                answer: prepared.answer.clone(),
                run: new_run(run, &resolved, started_at),
                attempt: first.clone(),
            })
            .await?;
        let conversation = self.summary(conversation).await?;
        let started = StartedRun {
            run,
            conversation,
            question: prepared.question,
            answer: prepared.answer.clone(),
            choice: Choice::of(&resolved),
        };
        self.launch(Launch {
            run,
            answer: prepared.answer,
            has_message: true,
            request: prepared.request,
            resolved,
            first,
            sink,
        });
        Ok(started)
    }

    /// The one function that every answer is made by: a question of the window, an app's request, a
    /// cell of a comparison and a measurement alike. The run is in the store already.
    pub(crate) fn launch(&self, launch: Launch) -> JoinHandle<Option<Finished>> {
        let run = launch.run;
        let choice = Choice::of(&launch.resolved);
        let sink = launch.sink.map(|make| make(run, &choice));
        let begun = self.sending.begin(
            run,
            &launch.resolved,
            &launch.request,
            launch.answer.created_at,
        );
        let asker = launch.resolved.errand.asker;
        let mut live = LiveRun::new(launch.answer.clone(), sink);
        let is_for_app = asker.app.is_some();
        if is_for_app {
            live = live.for_app();
        }
        let stop = CancellationToken::new();
        self.register(
            run,
            Live {
                run: live.clone(),
                stop: stop.clone(),
                choice,
                app: asker.app.clone(),
            },
        );
        let at_once = Arc::clone(&self.live);
        let driver = Driver {
            run,
            answer: launch.answer,
            has_message: launch.has_message,
            request: launch.request,
            endpoints: launch.resolved.accesses,
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            live,
            stop,
            shutdown: self.shutdown.clone(),
            ledger: self.ledger.clone(),
            asker,
            at_once: Box::new(move || crate::lock(&at_once).len()),
            first: launch.first,
        };
        let machine = RunMachine::new(launch.resolved.plan, clock::jitter_seed());
        let runs = Arc::clone(&self.live);
        let sending = self.sending.clone();
        let (tasks, shutdown) = (self.tasks.clone(), self.shutdown.clone());
        // Its end is to be durable too, however long after its beginning it comes.
        let durable = is_for_app.then(|| (self.durable_soon.clone(), self.store.clone()));
        self.tasks.spawn(async move {
            let driven = std::panic::AssertUnwindSafe(driver.drive(machine)).catch_unwind().await;
            if driven.is_err() {
                tracing::error!(%run, "a run broke off by a fault of ours; the next start closes it");
            }
            crate::lock(&runs).remove(&run);
            let finished = driven.ok().flatten();
            if let Some((durable_soon, store)) = durable {
                durable_soon.note(&store, &tasks, &shutdown);
            }
            if let (Some(begun), Some(finished)) = (begun, &finished) {
                let (outcome, attempts) = (finished.outcome.clone(), finished.attempts.clone());
                // Nobody who waits for the answer waits for a keychain.
                tasks.spawn(async move { sending.tell(begun, &outcome, &attempts).await });
            }
            finished
        })
    }

    /// Stops a run; the text so far stays. A run that is over already is none to stop.
    pub fn stop_run(&self, run: RunId) {
        if let Some(live) = crate::lock(&self.live).get(&run) {
            live.stop.cancel();
        }
    }

    /// Joins a run that is going on: what there is, and from then on every update to the sink made
    /// from what was chosen and the attempts so far. `None` for a run that is over, whose answer is in
    /// its conversation.
    pub fn attach_run(
        &self,
        run: RunId,
        sink: impl FnOnce(&Choice, Vec<Attempt>) -> RunSink,
    ) -> Option<JoinedRun> {
        let (live, choice) = {
            let runs = crate::lock(&self.live);
            let live = runs.get(&run).filter(|live| live.app.is_none())?;
            (live.run.clone(), live.choice.clone())
        };
        let snapshot = live.attach(|attempts| sink(&choice, attempts));
        Some(JoinedRun { choice, snapshot })
    }

    pub(crate) fn live_run(&self, run: RunId) -> Option<LiveRun> {
        crate::lock(&self.live)
            .get(&run)
            .map(|live| live.run.clone())
    }

    pub(crate) fn stop_runs_of(&self, conversation: ConversationId) {
        for live in crate::lock(&self.live).values() {
            if live.run.conversation() == conversation {
                live.stop.cancel();
            }
        }
    }

    fn register(&self, run: RunId, live: Live) {
        crate::lock(&self.live).insert(run, live);
    }

    async fn summary(&self, id: ConversationId) -> Result<ConversationSummary, EngineError> {
        Ok(self.record(id).await?.summary)
    }
}
