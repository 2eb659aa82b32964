//! Votes, each as whoever counts them wrote it.

use patchbay_domain::{JsonText, RoundId, UnixMillis, VoteId};
use rusqlite::{Row, named_params};

use crate::change::Change;
use crate::error::StoreError;
use crate::store::Store;
use crate::values::{id, optional_id};

/// A vote about the answers to one case at one repeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoteRecord {
    /// Its id.
    pub id: VoteId,
    /// In which round; `None` where that was erased.
    pub round: Option<RoundId>,
    /// Which case.
    pub case: u32,
    /// Which repeat.
    pub repeat: u32,
    /// `me`, or the model that judged.
    pub voter: String,
    /// What was voted.
    pub body: JsonText,
    /// When.
    pub created_at: UnixMillis,
}

impl Store {
    /// Keeps a vote. It takes the place of an earlier one of the same voter about the same answers.
    ///
    /// # Errors
    /// [`StoreError::Contradiction`] where `body` is no JSON, or the round is not there.
    pub async fn save_vote(&self, vote: VoteRecord) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "DELETE FROM vote WHERE round = :round AND case_index = :case
                         AND repeat_index = :repeat AND voter = :voter",
                )?
                .execute(named_params! {
                    ":round": vote.round.map(RoundId::into_bytes),
                    ":case": vote.case,
                    ":repeat": vote.repeat,
                    ":voter": vote.voter,
                })?;
            connection
                .prepare_cached(
                    "INSERT INTO vote (id, round, case_index, repeat_index, voter, body, created_at)
                     VALUES (:id, :round, :case, :repeat, :voter, :body, :at)",
                )?
                .execute(named_params! {
                    ":id": vote.id.into_bytes(),
                    ":round": vote.round.map(RoundId::into_bytes),
                    ":case": vote.case,
                    ":repeat": vote.repeat,
                    ":voter": vote.voter,
                    ":body": vote.body.0,
                    ":at": vote.created_at.0,
                })?;
            changes.add(Change::Votes);
            if let Some(round) = vote.round {
                changes.add(Change::Round(round));
            }
            Ok(())
        })
        .await
    }

    /// Takes a vote back. One that is not there is none to take back.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn delete_vote(
        &self,
        round: RoundId,
        case: u32,
        repeat: u32,
        voter: String,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "DELETE FROM vote WHERE round = ?1 AND case_index = ?2 AND repeat_index = ?3
                         AND voter = ?4",
                )?
                .execute((round.into_bytes(), case, repeat, &voter))?;
            changes.add(Change::Votes);
            changes.add(Change::Round(round));
            Ok(())
        })
        .await
    }

    /// Every vote, or those of one round, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn votes(&self, round: Option<RoundId>) -> Result<Vec<VoteRecord>, StoreError> {
        self.read(move |connection| {
            connection
                .prepare_cached(
                    "SELECT * FROM vote WHERE :round IS NULL OR round = :round
                     ORDER BY created_at, id",
                )?
                .query_and_then(
                    named_params! { ":round": round.map(RoundId::into_bytes) },
                    read,
                )?
                .collect()
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<VoteRecord, StoreError> {
    Ok(VoteRecord {
        id: id(row, "id", VoteId::from_bytes)?,
        round: optional_id(row, "round", RoundId::from_bytes)?,
        case: row.get("case_index")?,
        repeat: row.get("repeat_index")?,
        voter: row.get("voter")?,
        body: JsonText(row.get("body")?),
        created_at: UnixMillis(row.get("created_at")?),
    })
}
