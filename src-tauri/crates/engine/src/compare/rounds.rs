//! Beginning rounds, and holding them: pause, go on, stop, ask again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use patchbay_domain::compare::{CellKey, cases, cells};
use patchbay_domain::{ComparisonId, RoundId, RunId};
use patchbay_store::{NewRound, RoundState};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::cells::CellState;
use super::check;
use super::runner::Asked;
use crate::{Engine, EngineError, clock};

/// The rounds whose cells are being asked.
#[derive(Clone, Default)]
pub(crate) struct Rounds(Arc<Mutex<HashMap<RoundId, Arc<Going>>>>);

/// A round whose cells are being asked.
#[derive(Default)]
pub(super) struct Going {
    /// No further cell is begun.
    pub(super) pause: CancellationToken,
    /// Those that are being answered end too, also one whose beginning is being written right now.
    stop: CancellationToken,
    /// Something was added.
    pub(super) wake: Notify,
    /// What was asked for meanwhile.
    added: Mutex<VecDeque<Asked>>,
    /// Cells that wait and are not to be asked.
    left_out: Mutex<Vec<CellKey>>,
    /// The runs that go on.
    runs: Mutex<HashMap<CellKey, RunId>>,
}

impl Going {
    pub(super) fn take_added(&self) -> VecDeque<Asked> {
        std::mem::take(&mut *crate::lock(&self.added))
    }

    pub(super) fn take_left_out(&self) -> Vec<CellKey> {
        std::mem::take(&mut *crate::lock(&self.left_out))
    }

    /// Notes that a cell was begun. Returns whether it has to end at once.
    pub(super) fn began(&self, cell: CellKey, run: RunId) -> bool {
        crate::lock(&self.runs).insert(cell, run);
        self.stop.is_cancelled()
    }

    /// The run of a cell that is being answered.
    pub(super) fn run_of(&self, cell: CellKey) -> Option<RunId> {
        crate::lock(&self.runs).get(&cell).copied()
    }

    pub(super) fn ended(&self, cell: CellKey) {
        crate::lock(&self.runs).remove(&cell);
    }

    fn running(&self) -> Vec<RunId> {
        crate::lock(&self.runs).values().copied().collect()
    }
}

impl Rounds {
    fn get(&self, round: RoundId) -> Option<Arc<Going>> {
        crate::lock(&self.0).get(&round).cloned()
    }

    /// Takes the round, unless it is being asked already.
    fn begin(&self, round: RoundId) -> Option<Arc<Going>> {
        let mut rounds = crate::lock(&self.0);
        if rounds.contains_key(&round) {
            return None;
        }
        let going = Arc::new(Going::default());
        rounds.insert(round, Arc::clone(&going));
        Some(going)
    }

    /// Gives the round back, unless something was added at the last moment.
    pub(super) fn end(&self, round: RoundId) -> bool {
        let mut rounds = crate::lock(&self.0);
        let has_more = rounds.get(&round).is_some_and(|going| {
            !going.pause.is_cancelled() && !crate::lock(&going.added).is_empty()
        });
        if !has_more {
            rounds.remove(&round);
        }
        !has_more
    }

    /// Gives the round back in any case.
    pub(super) fn abandon(&self, round: RoundId) {
        crate::lock(&self.0).remove(&round);
    }
}

impl Engine {
    /// Begins a round of a comparison as it is set up now. Returns when every cell is written down;
    /// the answers follow.
    ///
    /// # Errors
    /// It is gone, it cannot be run as it is, or the database cannot be written.
    pub async fn start_comparison(
        self: &Arc<Self>,
        id: ComparisonId,
    ) -> Result<RoundId, EngineError> {
        let definition = self.comparison(id).await?.definition;
        check(&definition)?;
        let estimate = self.estimate_comparison(&definition).await?.total();
        let round = clock::round_id();
        let all = cells(&definition);
        self.store
            .begin_round(NewRound {
                id: round,
                comparison: id,
                definition: definition.clone(),
                estimate,
                cells: all.clone(),
                started_at: self.clock.now(),
            })
            .await?;
        let record = self.round_record(round).await?;
        let cases = cases(&definition);
        let mut queue = VecDeque::new();
        for key in all {
            if column_is_past(&definition, key) {
                if let Some(case) = case_of(&cases, key) {
                    self.fill_past(&record, case, key).await?;
                }
            } else {
                queue.push_back(Asked { key, again: false });
            }
        }
        self.drive_round(record.id, queue)?;
        Ok(round)
    }

    /// Goes on with a round: what waits, and what a crash broke off; with `failed_too` also what failed,
    /// what a person stopped and what could not be begun.
    ///
    /// # Errors
    /// It is being asked already, it is gone, or the database cannot be read.
    pub async fn resume_round(
        self: &Arc<Self>,
        round: RoundId,
        failed_too: bool,
    ) -> Result<(), EngineError> {
        let record = self.round_record(round).await?;
        let cells = self.cell_details(round).await?;
        let mut wanted: Vec<(u32, Asked)> = Vec::new();
        for cell in &cells {
            let is_wanted = match cell.state {
                CellState::Waiting | CellState::Interrupted => true,
                CellState::Failed | CellState::Stopped | CellState::Problem => failed_too,
                CellState::Answered | CellState::Running => false,
            };
            if is_wanted && !column_is_past(&record.definition, cell.key) {
                let asked = Asked {
                    key: cell.key,
                    again: false,
                };
                wanted.push((cell.key.repeat, asked));
            }
        }
        // As in the first place: every first time before any second.
        wanted.sort_by_key(|(repeat, _)| *repeat);
        let queue = wanted.into_iter().map(|(_, asked)| asked).collect();
        self.go_on(round, queue).await
    }

    /// Asks one cell again, whatever it holds.
    ///
    /// # Errors
    /// There is no such cell, or the database cannot be written.
    pub async fn ask_cell_again(
        self: &Arc<Self>,
        round: RoundId,
        key: CellKey,
    ) -> Result<(), EngineError> {
        let record = self.round_record(round).await?;
        let cells = self.cell_details(round).await?;
        let cell = cells.iter().find(|cell| cell.key == key);
        let cell = cell.ok_or(EngineError::NotFound("The answer"))?;
        if column_is_past(&record.definition, key) {
            return Err(EngineError::Busy("This column shows what history holds."));
        }
        if cell.state == CellState::Running {
            return Err(EngineError::Busy("It is being answered already."));
        }
        let asked = Asked { key, again: true };
        if let Some(going) = self.rounds.get(round) {
            crate::lock(&going.added).push_back(asked);
            going.wake.notify_one();
            return Ok(());
        }
        self.go_on(round, VecDeque::from([asked])).await
    }

    /// Begins no further cell; those that are being answered are answered.
    pub fn pause_round(&self, round: RoundId) {
        if let Some(going) = self.rounds.get(round) {
            going.pause.cancel();
        }
    }

    /// Begins no further cell and stops those that are being answered.
    pub fn stop_round(&self, round: RoundId) {
        if let Some(going) = self.rounds.get(round) {
            going.stop.cancel();
            going.pause.cancel();
            for run in going.running() {
                self.stop_run(run);
            }
        }
    }

    /// Stops one cell: one that is being answered keeps its text so far, one that waits is left out.
    pub fn stop_cell(&self, round: RoundId, key: CellKey) {
        let Some(going) = self.rounds.get(round) else {
            return;
        };
        match going.run_of(key) {
            Some(run) => self.stop_run(run),
            None => {
                crate::lock(&going.left_out).push(key);
                going.wake.notify_one();
            }
        }
    }

    /// Erases a round with its answers.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_round(&self, round: RoundId) -> Result<(), EngineError> {
        if self.rounds.get(round).is_some() {
            return Err(EngineError::Busy("Stop the round first."));
        }
        Ok(self.store.delete_round(round).await?)
    }

    async fn go_on(
        self: &Arc<Self>,
        round: RoundId,
        queue: VecDeque<Asked>,
    ) -> Result<(), EngineError> {
        if self.rounds.get(round).is_some() {
            return Err(EngineError::Busy("The round is being asked already."));
        }
        let now = self.clock.now();
        self.store
            .set_round_state(round, RoundState::Running, None, now)
            .await?;
        self.drive_round(round, queue)
    }

    fn drive_round(
        self: &Arc<Self>,
        round: RoundId,
        queue: VecDeque<Asked>,
    ) -> Result<(), EngineError> {
        let going = self
            .rounds
            .begin(round)
            .ok_or(EngineError::Busy("The round is being asked already."))?;
        let engine = Arc::clone(self);
        self.tasks.spawn(async move {
            engine.run_round(round, queue, &going).await;
        });
        Ok(())
    }
}

fn column_is_past(definition: &patchbay_domain::compare::Definition, key: CellKey) -> bool {
    usize::try_from(key.column)
        .ok()
        .and_then(|column| definition.columns.get(column))
        .is_some_and(|column| column.target.is_none())
}

pub(super) fn case_of(
    cases: &[patchbay_domain::compare::Case],
    key: CellKey,
) -> Option<&patchbay_domain::compare::Case> {
    cases.get(usize::try_from(key.case).ok()?)
}
