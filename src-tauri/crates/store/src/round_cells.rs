//! The cells of a round: each is one run, begun in the same transaction that says so.
//!
//! **Invariant:** a cell that was answered, or is being answered, is begun again only where its caller
//! says that this is meant. So a round that is gone on with after a crash asks nothing twice.
//!
//! Long because what begins in a round, and how it is read back, belong together.

use std::collections::HashMap;

use patchbay_domain::compare::{CellKey, CheckResult};
use patchbay_domain::{Attempt, ConversationId, Message, MessageId, NanoUsd, RoundId, RunId};
use rusqlite::{Connection, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::merged::MergedRecord;
use crate::run::{self, BeginRun, RunConversation, RunRecord};
use crate::store::Store;
use crate::values::{count, optional_id, optional_json, to_json};
use crate::{attempt, conversation, merged, message};

/// A run that begins in a round.
#[derive(Clone, Debug, PartialEq)]
pub struct BeginCell {
    /// Which round.
    pub round: RoundId,
    /// What its answer will be.
    pub place: RoundPlace,
    /// What was said before the question, for a question from history; copies with their own ids.
    pub earlier: Vec<Message>,
    /// The run.
    pub run: BeginRun,
}

/// What an answer of a round is.
#[derive(Clone, Debug, PartialEq)]
pub enum RoundPlace {
    /// A cell of it.
    Cell {
        /// Which.
        key: CellKey,
        /// It is begun again although it was answered.
        again: bool,
    },
    /// One answer made of several, kept with its run.
    Merged(MergedRecord),
}

/// A cell as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct CellRecord {
    /// Where it is.
    pub key: CellKey,
    /// Where its answer is kept.
    pub conversation: Option<ConversationId>,
    /// Its run; `None` for one that waits.
    pub run: Option<RunRecord>,
    /// Why it could not even be begun.
    pub problem: Option<String>,
    /// What the checks found in the answer of `run`; `None` until they were carried out.
    pub checks: Option<Vec<CheckResult>>,
    /// Its answer's length, in characters.
    pub length: u64,
}

/// What one column has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ColumnSpend {
    /// Every amount that is known, also of answers that were asked for again.
    pub known: NanoUsd,
    /// Attempts whose cost is not known.
    pub unknown_attempts: u64,
}

impl Store {
    /// Begins a run of a round: conversation, question, empty answer, run, and that the cell or the
    /// merged answer has it, all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the round has no such cell, or where the cell was answered or is
    /// being answered and `again` is not said; and as [`Store::begin_run`].
    pub async fn begin_cell(&self, begin: BeginCell) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let inner = &begin.run;
            let conversation = inner.conversation.id();
            if let RunConversation::New(new) = &inner.conversation {
                conversation::insert(connection, new)?;
                connection
                    .prepare_cached("UPDATE conversation SET round = ?2 WHERE id = ?1")?
                    .execute((conversation.into_bytes(), begin.round.into_bytes()))?;
            }
            conversation::turn_to(connection, conversation, inner.answer.id, &inner.run)?;
            for message in begin.earlier.iter().chain(&inner.user_message) {
                message::insert(connection, message)?;
            }
            let place = Some((conversation, inner.answer.id));
            run::insert(connection, place, &inner.run, None)?;
            message::insert(connection, &inner.answer)?;
            if let Some(attempt) = &inner.attempt {
                attempt::write(connection, attempt)?;
            }
            match &begin.place {
                RoundPlace::Cell { key, again } => take(connection, &begin, *key, *again)?,
                RoundPlace::Merged(merged) => merged::save(connection, merged)?,
            }
            changes.add(Change::Round(begin.round));
            Ok(())
        })
        .await
    }

    /// Where a cell's answer is kept, where it was asked before.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn cell_conversation(
        &self,
        round: RoundId,
        cell: CellKey,
    ) -> Result<Option<ConversationId>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT conversation FROM comparison_cell
                     WHERE round = ?1 AND case_index = ?2 AND repeat_index = ?3
                       AND column_index = ?4",
                )?
                .query_and_then(
                    (round.into_bytes(), cell.case, cell.repeat, cell.column),
                    |row| optional_id(row, "conversation", ConversationId::from_bytes),
                )?
                .next()
                .transpose()?;
            Ok(found.flatten())
        })
        .await
    }

    /// Fills a cell with an answer that history holds.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the round has no such cell.
    pub async fn fill_cell(
        &self,
        round: RoundId,
        cell: CellKey,
        conversation: ConversationId,
        run: RunId,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE comparison_cell SET run = ?5, conversation = ?6
                     WHERE round = ?1 AND case_index = ?2 AND repeat_index = ?3
                       AND column_index = ?4",
                )?
                .execute((
                    round.into_bytes(),
                    cell.case,
                    cell.repeat,
                    cell.column,
                    run.into_bytes(),
                    conversation.into_bytes(),
                ))?;
            changes.add(Change::Round(round));
            found(changed, round)
        })
        .await
    }

    /// Notes why a cell could not even be begun, or that this is over.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the round has no such cell.
    pub async fn set_cell_problem(
        &self,
        round: RoundId,
        cell: CellKey,
        problem: Option<String>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE comparison_cell SET problem = ?5
                     WHERE round = ?1 AND case_index = ?2 AND repeat_index = ?3
                       AND column_index = ?4",
                )?
                .execute((
                    round.into_bytes(),
                    cell.case,
                    cell.repeat,
                    cell.column,
                    &problem,
                ))?;
            changes.add(Change::Round(round));
            found(changed, round)
        })
        .await
    }

    /// Keeps what the checks found in the answer of `run`. Late news of an answer that was asked for
    /// again since changes nothing.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn set_cell_checks(
        &self,
        round: RoundId,
        cell: CellKey,
        run: RunId,
        checks: Vec<CheckResult>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "UPDATE comparison_cell SET checks = ?6
                     WHERE round = ?1 AND case_index = ?2 AND repeat_index = ?3
                       AND column_index = ?4 AND run = ?5",
                )?
                .execute((
                    round.into_bytes(),
                    cell.case,
                    cell.repeat,
                    cell.column,
                    run.into_bytes(),
                    to_json(&checks)?,
                ))?;
            changes.add(Change::Round(round));
            Ok(())
        })
        .await
    }

    /// Every cell of a round with its run and receipt, by case, repeat and column.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn cells(&self, round: RoundId) -> Result<Vec<CellRecord>, StoreError> {
        self.read(move |connection| {
            let mut runs = runs_of_round(connection, round)?;
            connection
                .prepare_cached(
                    "SELECT cell.*, coalesce(length(message.text), 0) AS length
                     FROM comparison_cell AS cell
                     LEFT JOIN run ON run.id = cell.run
                     LEFT JOIN message ON message.id = run.answer
                     WHERE cell.round = ?1
                     ORDER BY cell.case_index, cell.repeat_index, cell.column_index",
                )?
                .query_and_then([round.into_bytes()], |row| {
                    let run = optional_id(row, "run", RunId::from_bytes)?;
                    Ok(CellRecord {
                        key: key(row)?,
                        conversation: optional_id(row, "conversation", ConversationId::from_bytes)?,
                        run: run.and_then(|run| runs.remove(&run)),
                        problem: row.get("problem")?,
                        checks: optional_json(row, "comparison_cell", "checks")?,
                        length: count(row.get("length")?),
                    })
                })?
                .collect()
        })
        .await
    }

    /// The answers to one case at one repeat, in the order of the columns: where each is, and its
    /// message where there is one.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn case_answers(
        &self,
        round: RoundId,
        case: u32,
        repeat: Option<u32>,
    ) -> Result<Vec<(CellKey, Option<Message>)>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT cell.case_index, cell.repeat_index, cell.column_index, message.*
                     FROM comparison_cell AS cell
                     LEFT JOIN run ON run.id = cell.run
                     LEFT JOIN message ON message.id = run.answer
                     WHERE cell.round = :round AND cell.case_index = :case
                       AND (:repeat IS NULL OR cell.repeat_index = :repeat)
                     ORDER BY cell.repeat_index, cell.column_index",
                )?
                .query_and_then(
                    named_params! {
                        ":round": round.into_bytes(),
                        ":case": case,
                        ":repeat": repeat,
                    },
                    |row| {
                        let answer = optional_id(row, "id", MessageId::from_bytes)?;
                        let message = answer.map(|_| message::read(row)).transpose()?;
                        Ok((key(row)?, message))
                    },
                )?
                .collect()
        })
        .await
    }

    /// What each column of a round has cost so far, with all that was asked for again. What history
    /// held already is not in it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn round_spend(
        &self,
        round: RoundId,
    ) -> Result<HashMap<u32, ColumnSpend>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT cell.column_index, coalesce(sum(attempt.cost_amount), 0) AS known,
                            count(*) FILTER (WHERE attempt.cost_kind = 'unknown'
                                             AND attempt.status <> 'running') AS unknown_attempts
                     FROM comparison_cell AS cell
                     JOIN conversation ON conversation.id = cell.conversation
                     JOIN run ON run.conversation = conversation.id
                     JOIN attempt ON attempt.run = run.id
                     WHERE cell.round = ?1 AND conversation.round = ?1
                     GROUP BY cell.column_index",
                )?
                .query_and_then([round.into_bytes()], |row| {
                    let spend = ColumnSpend {
                        known: NanoUsd(row.get("known")?),
                        unknown_attempts: count(row.get("unknown_attempts")?),
                    };
                    Ok((row.get("column_index")?, spend))
                })?
                .collect()
        })
        .await
    }
}

fn take(
    connection: &Connection,
    begin: &BeginCell,
    cell: CellKey,
    again: bool,
) -> Result<(), StoreError> {
    let taken = connection
        .prepare_cached(
            "UPDATE comparison_cell
             SET run = :run, conversation = :conversation, problem = NULL, checks = NULL
             WHERE round = :round AND case_index = :case AND repeat_index = :repeat
               AND column_index = :column
               AND (:again OR run IS NULL OR (SELECT status FROM run WHERE id = comparison_cell.run)
                    NOT IN ('running', 'answered'))",
        )?
        .execute(named_params! {
            ":run": begin.run.run.id.into_bytes(),
            ":conversation": begin.run.conversation.id().into_bytes(),
            ":round": begin.round.into_bytes(),
            ":case": cell.case,
            ":repeat": cell.repeat,
            ":column": cell.column,
            ":again": again,
        })?;
    found(taken, begin.round)
}

fn found(changed: usize, round: RoundId) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::NotFound(Subject::Cell(round)));
    }
    Ok(())
}

/// The newest run of every cell, with two queries in all: a round may have thousands.
fn runs_of_round(
    connection: &Connection,
    round: RoundId,
) -> Result<HashMap<RunId, RunRecord>, StoreError> {
    let mut runs: HashMap<RunId, RunRecord> = connection
        .prepare_cached(
            "SELECT run.* FROM comparison_cell JOIN run ON run.id = comparison_cell.run
             WHERE comparison_cell.round = ?1",
        )?
        .query_and_then([round.into_bytes()], |row| {
            let record = run::read(row)?;
            Ok((record.id, record))
        })?
        .collect::<Result<_, StoreError>>()?;
    let attempts: Vec<Attempt> = connection
        .prepare_cached(
            "SELECT attempt.* FROM comparison_cell JOIN attempt ON attempt.run = comparison_cell.run
             WHERE comparison_cell.round = ?1 ORDER BY attempt.run, attempt.ordinal",
        )?
        .query_and_then([round.into_bytes()], attempt::read)?
        .collect::<Result<_, StoreError>>()?;
    for attempt in attempts {
        if let Some(run) = runs.get_mut(&attempt.run) {
            run.receipt.attempts.push(attempt);
        }
    }
    Ok(runs)
}

fn key(row: &Row<'_>) -> Result<CellKey, StoreError> {
    Ok(CellKey {
        case: row.get("case_index")?,
        repeat: row.get("repeat_index")?,
        column: row.get("column_index")?,
    })
}
