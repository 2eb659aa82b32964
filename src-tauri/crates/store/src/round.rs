//! Rounds of comparisons: what was set up, how far it is, and why it stands still.

use patchbay_domain::compare::{CellKey, Definition};
use patchbay_domain::{ComparisonId, ConversationId, NanoUsd, RoundId, UnixMillis};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, id, to_json};

/// Where a round stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoundState {
    /// Cells are being asked.
    Running,
    /// No further cell is asked until somebody says so.
    Paused,
    /// Every cell was asked.
    Done,
}

impl RoundState {
    /// The word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
        }
    }

    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let word: String = row.get("state")?;
        [Self::Running, Self::Paused, Self::Done]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(StoreError::Unreadable {
                table: "comparison_round",
                column: "state",
                source: None,
            })
    }
}

/// A round in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundSummary {
    /// Its id.
    pub id: RoundId,
    /// 1 for the first round of its comparison.
    pub ordinal: u32,
    /// Where it stands.
    pub state: RoundState,
    /// When it began.
    pub started_at: UnixMillis,
    /// Cells in all.
    pub cells: u32,
    /// Cells that were answered.
    pub answered: u32,
}

/// A round as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundRecord {
    /// Its id.
    pub id: RoundId,
    /// Of which comparison.
    pub comparison: ComparisonId,
    /// 1 for the first round.
    pub ordinal: u32,
    /// As it was set up then.
    pub definition: Definition,
    /// Where it stands.
    pub state: RoundState,
    /// Why it is paused, as a word.
    pub reason: Option<String>,
    /// What it was thought to cost before it began; `None` where a price was not known.
    pub estimate: Option<NanoUsd>,
    /// When it began.
    pub started_at: UnixMillis,
    /// When its last cell ended.
    pub ended_at: Option<UnixMillis>,
}

/// A round to be begun.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRound {
    /// Its id.
    pub id: RoundId,
    /// Of which comparison.
    pub comparison: ComparisonId,
    /// As it is set up now.
    pub definition: Definition,
    /// What it is thought to cost.
    pub estimate: Option<NanoUsd>,
    /// Every cell.
    pub cells: Vec<CellKey>,
    /// Now.
    pub started_at: UnixMillis,
}

impl Store {
    /// Writes a round with all its cells, none of them asked yet. Its state is `running`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the comparison is not there or was deleted.
    pub async fn begin_round(&self, new: NewRound) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let touched = connection
                .prepare_cached(
                    "UPDATE comparison SET updated_at = max(updated_at, ?2)
                     WHERE id = ?1 AND deleted_at IS NULL",
                )?
                .execute((new.comparison.into_bytes(), new.started_at.0))?;
            if touched == 0 {
                return Err(StoreError::NotFound(Subject::Comparison(new.comparison)));
            }
            connection
                .prepare_cached(
                    "INSERT INTO comparison_round (id, comparison, ordinal, definition, state,
                                                   estimate, started_at)
                     VALUES (:id, :comparison,
                             (SELECT coalesce(max(ordinal), 0) + 1 FROM comparison_round
                              WHERE comparison = :comparison),
                             :definition, 'running', :estimate, :at)",
                )?
                .execute(named_params! {
                    ":id": new.id.into_bytes(),
                    ":comparison": new.comparison.into_bytes(),
                    ":definition": to_json(&new.definition)?,
                    ":estimate": new.estimate.map(|estimate| estimate.0),
                    ":at": new.started_at.0,
                })?;
            let mut insert = connection.prepare_cached(
                "INSERT INTO comparison_cell (round, case_index, repeat_index, column_index)
                 VALUES (?1, ?2, ?3, ?4)",
            )?;
            for cell in &new.cells {
                insert.execute((new.id.into_bytes(), cell.case, cell.repeat, cell.column))?;
            }
            changes.add(Change::Comparisons);
            Ok(())
        })
        .await
    }

    /// One round without its cells; `None` where it is not there.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn round(&self, round: RoundId) -> Result<Option<RoundRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT * FROM comparison_round WHERE id = ?1")?
                .query_and_then([round.into_bytes()], record)?
                .next()
                .transpose()
        })
        .await
    }

    /// Says where a round stands. `ended_at` is written for one that is done.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_round_state(
        &self,
        round: RoundId,
        state: RoundState,
        reason: Option<String>,
        now: UnixMillis,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached(
                    "UPDATE comparison_round
                     SET state = :state, reason = :reason,
                         ended_at = CASE WHEN :state = 'done' THEN :now ELSE NULL END
                     WHERE id = :id",
                )?
                .execute(named_params! {
                    ":state": state.as_str(),
                    ":reason": reason,
                    ":now": now.0,
                    ":id": round.into_bytes(),
                })?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::Round(round)));
            }
            changes.add(Change::Round(round));
            changes.add(Change::Comparisons);
            Ok(())
        })
        .await
    }

    /// Tells that a round looks different, without having written anything.
    pub fn tell_round(&self, round: RoundId) {
        self.announce(Change::Round(round));
    }

    /// Erases one round with its answers, for good. What it cost stays in the sums, and its votes in
    /// the rankings.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn delete_round(&self, round: RoundId) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let removed = connection
                .prepare_cached("DELETE FROM comparison_round WHERE id = ?1")?
                .execute([round.into_bytes()])?;
            if removed == 0 {
                return Err(StoreError::NotFound(Subject::Round(round)));
            }
            changes.add(Change::Round(round));
            changes.add(Change::Comparisons);
            Ok(())
        })
        .await
    }
}

/// The round whose answers a conversation keeps.
pub(crate) fn round_of(
    connection: &Connection,
    conversation: ConversationId,
) -> Result<Option<RoundId>, StoreError> {
    let bytes: Option<Option<[u8; 16]>> = connection
        .prepare_cached("SELECT round FROM conversation WHERE id = ?1")?
        .query_row([conversation.into_bytes()], |row| row.get(0))
        .optional()?;
    Ok(bytes.flatten().map(RoundId::from_bytes))
}

/// Pauses what a crash left running: going on costs money, so a person says when.
pub(crate) fn pause_abandoned(connection: &Connection) -> Result<Vec<RoundId>, StoreError> {
    connection
        .prepare_cached(
            "UPDATE comparison_round SET state = 'paused', reason = 'closed'
             WHERE state = 'running' RETURNING id",
        )?
        .query_and_then([], |row| id(row, "id", RoundId::from_bytes))?
        .collect()
}

const SUMMARY: &str = "SELECT id, ordinal, state, started_at,
        (SELECT count(*) FROM comparison_cell WHERE round = comparison_round.id) AS cells,
        (SELECT count(*) FROM comparison_cell JOIN run ON run.id = comparison_cell.run
         WHERE round = comparison_round.id AND run.status = 'answered') AS answered
     FROM comparison_round WHERE comparison = ?1";

pub(crate) fn rounds_of(
    connection: &Connection,
    comparison: ComparisonId,
) -> Result<Vec<RoundSummary>, StoreError> {
    connection
        .prepare_cached(&format!("{SUMMARY} ORDER BY ordinal"))?
        .query_and_then([comparison.into_bytes()], summary)?
        .collect()
}

pub(crate) fn newest_of(
    connection: &Connection,
    comparison: ComparisonId,
) -> Result<Option<RoundSummary>, StoreError> {
    connection
        .prepare_cached(&format!("{SUMMARY} ORDER BY ordinal DESC LIMIT 1"))?
        .query_and_then([comparison.into_bytes()], summary)?
        .next()
        .transpose()
}

fn summary(row: &Row<'_>) -> Result<RoundSummary, StoreError> {
    Ok(RoundSummary {
        id: id(row, "id", RoundId::from_bytes)?,
        ordinal: row.get("ordinal")?,
        state: RoundState::read(row)?,
        started_at: UnixMillis(row.get("started_at")?),
        cells: row.get("cells")?,
        answered: row.get("answered")?,
    })
}

fn record(row: &Row<'_>) -> Result<RoundRecord, StoreError> {
    Ok(RoundRecord {
        id: id(row, "id", RoundId::from_bytes)?,
        comparison: id(row, "comparison", ComparisonId::from_bytes)?,
        ordinal: row.get("ordinal")?,
        definition: from_json(row, "comparison_round", "definition")?,
        state: RoundState::read(row)?,
        reason: row.get("reason")?,
        estimate: row.get::<_, Option<i64>>("estimate")?.map(NanoUsd),
        started_at: UnixMillis(row.get("started_at")?),
        ended_at: row.get::<_, Option<i64>>("ended_at")?.map(UnixMillis),
    })
}
