//! Asking the cells of a round: several at once, never more of one provider than it takes.
//!
//! Long because the loop and its steps share what is held, what is spent and what is on its way.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use patchbay_domain::compare::{Case, CellKey, Observed, cases};
use patchbay_domain::receipt::Purpose;
use patchbay_domain::route::Need;
use patchbay_domain::run::Outcome;
use patchbay_domain::{Cost, Endpoint, NanoUsd, ProviderId, RoundId, RunId, UnixMillis};
use patchbay_store::{BeginCell, BeginRun, RoundPlace, RoundRecord, RoundState, RunOrigin};

use super::checks;
use super::ledger::{Lane, Ledger};
use super::rounds::{Going, case_of};
use crate::chat::{Errand, Launch, first_attempt, new_run};
use crate::run::Finished;
use crate::{Engine, EngineError, clock};

/// The longest wait for an allowance before it is looked at again: the provider may have said more in
/// another answer.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// The model in this process answers one after the other.
const AT_ONCE_LOCALLY: u32 = 1;

/// A cell to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) key: CellKey,
    /// Also where it was answered.
    pub(super) again: bool,
}

/// A cell that is over.
struct Over {
    key: CellKey,
    provider: Option<ProviderId>,
    reserved: NanoUsd,
    run: RunId,
    finished: Option<Finished>,
}

/// Why no further cell is begun.
enum Held {
    /// Somebody has to be waited for; at the longest until then.
    Until(Option<UnixMillis>),
    /// The next one would cost more than the limit.
    Ceiling,
}

impl Engine {
    pub(super) async fn run_round(
        &self,
        round: RoundId,
        mut queue: VecDeque<Asked>,
        going: &Going,
    ) {
        let reason = loop {
            let reason = match self.ask_cells(round, &mut queue, going).await {
                Ok(reason) => reason,
                Err(error) => {
                    tracing::error!(%error, %round, "a round cannot go on");
                    Some("storage")
                }
            };
            if reason.is_some() || self.rounds.end(round) {
                break reason;
            }
        };
        self.rounds.abandon(round);
        if self.shutdown.is_cancelled() {
            // Nothing can be written any more; the next start pauses it.
            return;
        }
        if let Err(error) = self.note_end(round, reason).await {
            tracing::error!(%error, %round, "the state of a round was not written");
        }
    }

    async fn note_end(&self, round: RoundId, reason: Option<&str>) -> Result<(), EngineError> {
        let cells = self.cell_details(round).await?;
        let waits = cells.iter().any(|cell| {
            matches!(
                cell.state,
                super::CellState::Waiting | super::CellState::Interrupted
            )
        });
        let (state, reason) = if waits {
            (
                RoundState::Paused,
                Some(reason.unwrap_or("asked").to_owned()),
            )
        } else {
            (RoundState::Done, None)
        };
        let now = self.clock.now();
        Ok(self
            .store
            .set_round_state(round, state, reason, now)
            .await?)
    }

    /// Returns why it stopped before the end, where it did.
    async fn ask_cells(
        &self,
        round: RoundId,
        queue: &mut VecDeque<Asked>,
        going: &Going,
    ) -> Result<Option<&'static str>, EngineError> {
        let record = self.round_record(round).await?;
        let cases = cases(&record.definition);
        let spend = self.store.round_spend(round).await?;
        let mut ledger = Ledger {
            spent: spend
                .values()
                .fold(0, |sum, one| sum.saturating_add(one.known.0)),
            ..Ledger::default()
        };
        let mut lanes: HashMap<u32, Option<Lane>> = HashMap::new();
        let mut running: FuturesUnordered<BoxFuture<'_, Over>> = FuturesUnordered::new();
        loop {
            queue.extend(going.take_added());
            self.leave_out(round, queue, going).await?;
            let is_paused = going.pause.is_cancelled() || self.shutdown.is_cancelled();
            let mut held = Held::Until(None);
            while !is_paused && !going.pause.is_cancelled() {
                match self
                    .next(&record, &cases, queue, &mut lanes, &ledger)
                    .await?
                {
                    Ok(position) => {
                        let Some(asked) = queue.remove(position) else {
                            break;
                        };
                        let lane = lanes.get(&asked.key.column).cloned().flatten();
                        if let Some(over) = self
                            .begin_cell(&record, &cases, asked, lane.as_ref(), going)
                            .await?
                        {
                            ledger.begin(lane.as_ref());
                            running.push(over);
                        }
                    }
                    Err(why) => {
                        held = why;
                        break;
                    }
                }
            }
            if running.is_empty() {
                if is_paused || going.pause.is_cancelled() {
                    return Ok(Some("asked"));
                }
                match held {
                    Held::Ceiling => return Ok(Some("ceiling")),
                    Held::Until(None) if queue.is_empty() => return Ok(None),
                    Held::Until(_) => {}
                }
            }
            let wait = match &held {
                Held::Until(Some(until)) => {
                    Duration::from_millis(until.since(self.clock.now())).min(LOOK_AGAIN)
                }
                _ => LOOK_AGAIN,
            };
            tokio::select! {
                Some(over) = running.next(), if !running.is_empty() => {
                    self.note_over(&record, &cases, over, &mut ledger, going).await?;
                    // How ways in fare may have changed with it.
                    lanes.clear();
                }
                () = going.wake.notified() => {}
                () = going.pause.cancelled(), if !is_paused => {}
                () = self.shutdown.cancelled(), if !is_paused => {}
                () = tokio::time::sleep(wait), if !is_paused => lanes.clear(),
            }
        }
    }

    /// Marks cells that a person does not want any more.
    async fn leave_out(
        &self,
        round: RoundId,
        queue: &mut VecDeque<Asked>,
        going: &Going,
    ) -> Result<(), EngineError> {
        for key in going.take_left_out() {
            let before = queue.len();
            queue.retain(|asked| asked.key != key);
            if queue.len() < before {
                let words = "It was stopped before it was asked.".to_owned();
                self.store.set_cell_problem(round, key, Some(words)).await?;
            } else if let Some(run) = going.run_of(key) {
                // It was begun while the person pressed the button.
                self.stop_run(run);
            }
        }
        Ok(())
    }

    /// The place in the queue of the first cell that can be asked now.
    async fn next(
        &self,
        record: &RoundRecord,
        cases: &[Case],
        queue: &VecDeque<Asked>,
        lanes: &mut HashMap<u32, Option<Lane>>,
        ledger: &Ledger,
    ) -> Result<Result<usize, Held>, EngineError> {
        let mut until: Option<UnixMillis> = None;
        let mut full: Vec<u32> = Vec::new();
        for (position, asked) in queue.iter().enumerate() {
            let column = asked.key.column;
            if full.contains(&column) {
                continue;
            }
            if let Entry::Vacant(place) = lanes.entry(column) {
                place.insert(self.lane(record, cases, asked.key).await?);
            }
            // A column that has no way in is begun all the same: its answer says why.
            let Some(lane) = lanes.get(&column).and_then(Option::as_ref) else {
                return Ok(Ok(position));
            };
            let (room, limited_until) = self.room(record, &lane.endpoint, ledger);
            if room == 0 {
                full.push(column);
                until = match (until, limited_until) {
                    (Some(known), Some(limited)) => Some(known.min(limited)),
                    (known, limited) => known.or(limited),
                };
                if full.len() == record.definition.columns.len() {
                    break;
                }
                continue;
            }
            if let Some(ceiling) = record.definition.ceiling
                && ledger.would_be(lane.estimate) > ceiling.0
            {
                return Ok(Err(Held::Ceiling));
            }
            return Ok(Ok(position));
        }
        Ok(Err(Held::Until(until)))
    }

    async fn lane(
        &self,
        record: &RoundRecord,
        cases: &[Case],
        key: CellKey,
    ) -> Result<Option<Lane>, EngineError> {
        let column = usize::try_from(key.column)
            .ok()
            .and_then(|column| record.definition.columns.get(column));
        let (Some(column), Some(case)) = (column, case_of(cases, key)) else {
            return Ok(None);
        };
        let request = match self.request_of(column, case).await {
            Ok(request) => request,
            Err(EngineError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let outlook = self.outlook(column, &Need::of(&request)).await?;
        Ok(outlook.first.map(|step| Lane {
            endpoint: step.endpoint,
            estimate: step.estimate.map_or(NanoUsd(0), |estimate| estimate.likely),
        }))
    }

    /// How many more may be asked of a provider at once, and until when it takes none.
    fn room(
        &self,
        record: &RoundRecord,
        endpoint: &Endpoint,
        ledger: &Ledger,
    ) -> (u32, Option<UnixMillis>) {
        let now = self.clock.now();
        let at_once = if endpoint.provider.is_local() {
            AT_ONCE_LOCALLY
        } else {
            record.definition.parallel
        };
        let running = ledger.at_once.get(&endpoint.provider).copied().unwrap_or(0);
        let room = at_once.saturating_sub(running);
        self.health.with(|book| {
            let Some(health) = book.get(endpoint) else {
                return (room, None);
            };
            if let Some(until) = health.limited_until(now) {
                return (0, Some(until));
            }
            // What the newest reply left, minus what was sent since and is not answered.
            let left = health.requests_left(now).map(|left| {
                u32::try_from(left)
                    .unwrap_or(u32::MAX)
                    .saturating_sub(running)
            });
            match left {
                // One is always asked, so that a count that is wrong cannot hold a round up.
                Some(left) if running > 0 => (room.min(left), None),
                _ => (room, None),
            }
        })
    }

    /// Begins one cell. `None` where it could not be begun, which its row says.
    async fn begin_cell<'run>(
        &self,
        record: &RoundRecord,
        cases: &[Case],
        asked: Asked,
        lane: Option<&Lane>,
        going: &Going,
    ) -> Result<Option<BoxFuture<'run, Over>>, EngineError> {
        let begun = self.launch_cell(record, cases, asked).await;
        let (run, launched) = match begun {
            Ok(begun) => begun,
            Err(EngineError::Store(error)) => return Err(error.into()),
            Err(error) => {
                let words = Some(format!("{error}."));
                let noted = self.store.set_cell_problem(record.id, asked.key, words);
                noted.await?;
                return Ok(None);
            }
        };
        if going.began(asked.key, run) {
            self.stop_run(run);
        }
        let key = asked.key;
        let provider = lane.map(|lane| lane.endpoint.provider.clone());
        let reserved = lane.map_or(NanoUsd(0), |lane| lane.estimate);
        Ok(Some(Box::pin(async move {
            Over {
                key,
                provider,
                reserved,
                run,
                finished: launched.await.ok().flatten(),
            }
        })))
    }

    async fn launch_cell(
        &self,
        record: &RoundRecord,
        cases: &[Case],
        asked: Asked,
    ) -> Result<(RunId, tokio::task::JoinHandle<Option<Finished>>), EngineError> {
        let column = usize::try_from(asked.key.column)
            .ok()
            .and_then(|column| record.definition.columns.get(column))
            .ok_or(EngineError::NotFound("The column"))?;
        let case = case_of(cases, asked.key).ok_or(EngineError::NotFound("The prompt"))?;
        let target = column
            .target
            .clone()
            .ok_or(EngineError::NotFound("The model"))?;
        let run = clock::run_id();
        let before = self.store.cell_conversation(record.id, asked.key).await?;
        let prepared = self.prepare_cell(column, case, before, run).await?;
        let resolved = self
            .resolve(
                target,
                &prepared.request,
                Errand::new(RunOrigin::Compare, Purpose::Answer),
            )
            .await?;
        let started_at = prepared.answer.created_at;
        let first = first_attempt(run, &resolved, started_at);
        self.store
            .begin_cell(BeginCell {
                round: record.id,
                place: RoundPlace::Cell {
                    key: asked.key,
                    again: asked.again,
                },
                earlier: prepared.earlier,
                run: BeginRun {
                    conversation: prepared.conversation,
                    user_message: prepared.question,
                    answer: prepared.answer.clone(),
                    run: new_run(run, &resolved, started_at),
                    attempt: first.clone(),
                },
            })
            .await?;
        let launched = self.launch(Launch {
            run,
            answer: prepared.answer,
            has_message: true,
            request: prepared.request,
            resolved,
            first,
            sink: None,
        });
        Ok((run, launched))
    }

    async fn note_over(
        &self,
        record: &RoundRecord,
        cases: &[Case],
        over: Over,
        ledger: &mut Ledger,
        going: &Going,
    ) -> Result<(), EngineError> {
        going.ended(over.key);
        ledger.end(over.provider.as_ref(), over.reserved);
        let Some(finished) = over.finished else {
            return Ok(());
        };
        let cost = Cost::sum(finished.attempts.iter().map(|attempt| attempt.cost));
        ledger.spent = ledger
            .spent
            .saturating_add(cost.amount.map_or(0, |amount| amount.0));
        let is_answered = matches!(finished.outcome, Outcome::Answered { .. });
        if record.definition.checks.is_empty() || !is_answered {
            return Ok(());
        }
        let Some(case) = case_of(cases, over.key) else {
            return Ok(());
        };
        let started = finished.attempts.first().map(|attempt| attempt.started_at);
        let last = finished.attempts.last();
        let ended = last.and_then(|last| Some((last.started_at, last.timings.ended?)));
        let total_millis = started.zip(ended).and_then(|(started, (last, millis))| {
            let before = u64::try_from(last.0.saturating_sub(started.0)).ok()?;
            Some(before.saturating_add(millis))
        });
        let observed = Observed {
            text: &finished.text,
            total_millis,
        };
        let found = checks::run_all(&record.definition.checks, &case.row, observed);
        let kept = self
            .store
            .set_cell_checks(record.id, over.key, over.run, found);
        Ok(kept.await?)
    }
}
