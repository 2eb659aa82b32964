//! The one way to start an answer.

use std::sync::Arc;

use futures::FutureExt;
use patchbay_domain::run::{Limits, Plan, PlannedEndpoint, RunMachine};
use patchbay_domain::{Attempt, ConversationId, Endpoint, Message, RunId};
use patchbay_store::{BeginRun, ConversationSummary, NewRun, RunOrigin};
use tokio_util::sync::CancellationToken;

use crate::question::Question;
use crate::run::Driver;
use crate::{Engine, EngineError, Live, LiveRun, RunSink, RunSnapshot, clock};

/// What is asked, and whom.
#[derive(Clone, Debug)]
pub struct StartRun {
    /// What.
    pub question: Question,
    /// Whom.
    pub endpoint: Endpoint,
    /// For whom the answer is made.
    pub origin: RunOrigin,
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
    /// Whom it asks.
    pub endpoint: Endpoint,
    /// The cable of the model.
    pub colour: u8,
}

/// Makes the sink of a run once its id and its cable are known.
pub type MakeSink = Box<dyn FnOnce(RunId, u8) -> RunSink + Send>;

/// A run that is going on, joined late.
#[derive(Clone, Debug)]
pub struct JoinedRun {
    /// Whom it asks.
    pub endpoint: Endpoint,
    /// The cable of the model.
    pub colour: u8,
    /// What there is so far.
    pub snapshot: RunSnapshot,
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
        let access = self.endpoint_access(&start.endpoint).await?;
        let colour = self.store.colour_of(&start.endpoint.model).await?;
        let run = clock::run_id();
        let prepared = self.prepare(start.question, run).await?;
        let limits = if start.endpoint.provider.is_local() {
            Limits::LOCAL
        } else {
            Limits::REMOTE
        };
        let plan = Plan {
            endpoints: vec![PlannedEndpoint {
                endpoint: start.endpoint.clone(),
                keys: access.keys,
            }],
            limits,
        };

        let conversation = prepared.conversation.id();
        self.store
            .begin_run(BeginRun {
                conversation: prepared.conversation,
                user_message: prepared.question.clone(),
                answer: prepared.answer.clone(),
                run: NewRun {
                    id: run,
                    origin: start.origin,
                    requested: start.endpoint.clone(),
                    started_at: prepared.answer.created_at,
                },
            })
            .await?;
        let conversation = self.summary(conversation).await?;

        let sink = sink.map(|make| make(run, colour));
        let live = LiveRun::new(prepared.answer.clone(), sink);
        let stop = CancellationToken::new();
        let endpoint = start.endpoint;
        self.register(
            run,
            Live {
                run: live.clone(),
                stop: stop.clone(),
                endpoint: endpoint.clone(),
                colour,
            },
        );
        let driver = Driver {
            run,
            answer: prepared.answer.clone(),
            request: prepared.request,
            endpoints: vec![access],
            store: self.store.clone(),
            clock: Arc::clone(&self.clock),
            live,
            stop,
            shutdown: self.shutdown.clone(),
        };
        let machine = RunMachine::new(plan, clock::jitter_seed());
        let runs = Arc::clone(&self.live);
        self.tasks.spawn(async move {
            let driven = std::panic::AssertUnwindSafe(driver.drive(machine)).catch_unwind().await;
            if driven.is_err() {
                tracing::error!(%run, "a run broke off by a fault of ours; the next start closes it");
            }
            crate::lock(&runs).remove(&run);
        });
        Ok(StartedRun {
            run,
            conversation,
            question: prepared.question,
            answer: prepared.answer,
            endpoint,
            colour,
        })
    }

    /// Stops a run; the text so far stays. A run that is over already is none to stop.
    pub fn stop_run(&self, run: RunId) {
        if let Some(live) = crate::lock(&self.live).get(&run) {
            live.stop.cancel();
        }
    }

    /// Joins a run that is going on: what there is, and from then on every update to the sink made
    /// from the endpoint, its cable and the attempts so far. `None`
    /// for a run that is over, whose answer is in its conversation.
    pub fn attach_run(
        &self,
        run: RunId,
        sink: impl FnOnce(&Endpoint, u8, Vec<Attempt>) -> RunSink,
    ) -> Option<JoinedRun> {
        let (live, endpoint, colour) = {
            let runs = crate::lock(&self.live);
            let live = runs.get(&run)?;
            (live.run.clone(), live.endpoint.clone(), live.colour)
        };
        let snapshot = live.attach(|attempts| sink(&endpoint, colour, attempts));
        Some(JoinedRun {
            endpoint,
            colour,
            snapshot,
        })
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
