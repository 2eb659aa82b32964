//! Votes: what a person, or a judge, said of the answers to one prompt.

use patchbay_domain::compare::Definition;
use patchbay_domain::{Cost, JsonText, NanoUsd, RoundId, RunId, UnixMillis};
use patchbay_store::VoteRecord;
use serde::{Deserialize, Serialize};

use super::cells::CellState;
use crate::{Engine, EngineError, clock};

/// The voter that is the person.
pub(super) const ME: &str = "me";

/// The longest note, in bytes.
const NOTE_BYTES: usize = 20_000;

/// Who votes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Voter {
    /// The person.
    Me,
    /// A model, by its key.
    Judge(String),
}

impl Voter {
    pub(super) fn from_word(word: String) -> Self {
        if word == ME {
            Self::Me
        } else {
            Self::Judge(word)
        }
    }

    /// The word under which it is stored.
    pub fn word(&self) -> &str {
        match self {
            Self::Me => ME,
            Self::Judge(key) => key,
        }
    }
}

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum VoteVerdict {
    /// This column's answer is the best.
    Best {
        /// Which.
        column: u32,
    },
    /// None is better than the others.
    Tie,
    /// None is any good.
    AllBad,
}

/// An answer that was voted on, with all that a ranking needs of it: votes outlive the answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BallotEntry {
    /// Its column.
    pub column: u32,
    /// The canonical model that answered.
    pub model: String,
    /// What it cost.
    pub cost: Option<NanoUsd>,
    /// Until its first token.
    pub first_token_millis: Option<u64>,
    /// Answer tokens a second, after the first.
    pub tokens_per_second: Option<f64>,
}

/// A vote as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// What was said.
    #[serde(flatten)]
    pub verdict: VoteVerdict,
    /// About which answers.
    pub entries: Vec<BallotEntry>,
    /// What they were about.
    #[serde(default)]
    pub tag: Option<String>,
    /// The person's note, or the judge's reason.
    #[serde(default)]
    pub note: String,
    /// The names were hidden.
    #[serde(default)]
    pub is_blind: bool,
    /// The judge said the same with the answers in the other order.
    #[serde(default)]
    pub orders_agree: Option<bool>,
    /// The judge's runs.
    #[serde(default)]
    pub runs: Vec<RunId>,
    /// What they cost.
    #[serde(default)]
    pub cost: Option<Cost>,
}

/// A vote with where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    /// In which round; `None` where that was erased.
    pub round: Option<RoundId>,
    /// Which case.
    pub case: u32,
    /// Which repeat.
    pub repeat: u32,
    /// Whose it is.
    pub voter: Voter,
    /// What was said.
    pub ballot: Ballot,
    /// When.
    pub created_at: UnixMillis,
}

impl Engine {
    /// The person's vote about the answers to one case. It takes the place of an earlier one.
    ///
    /// # Errors
    /// Fewer than two answers are there, the column has none, or the database cannot be written.
    #[expect(
        clippy::too_many_arguments,
        reason = "these are what a vote is; a struct would only be taken apart again"
    )]
    pub async fn vote(
        &self,
        round: RoundId,
        case: u32,
        repeat: u32,
        verdict: VoteVerdict,
        tag: Option<String>,
        note: String,
        is_blind: bool,
    ) -> Result<(), EngineError> {
        if note.len() > NOTE_BYTES {
            let sentence = "The note is longer than 20 KB.";
            return Err(EngineError::input("note", sentence, "Shorten it."));
        }
        let record = self.round_record(round).await?;
        let ballot = Ballot {
            note,
            is_blind,
            ..self
                .ballot(&record.definition, round, (case, repeat), verdict, tag)
                .await?
        };
        self.keep_vote(round, (case, repeat), &Voter::Me, &ballot)
            .await
    }

    /// Takes the person's vote back.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn clear_vote(
        &self,
        round: RoundId,
        case: u32,
        repeat: u32,
    ) -> Result<(), EngineError> {
        let cleared = self.store.delete_vote(round, case, repeat, ME.to_owned());
        Ok(cleared.await?)
    }

    /// Every vote, or those of one round. One that cannot be read is left out, with a line in the log.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn votes(&self, round: Option<RoundId>) -> Result<Vec<Vote>, EngineError> {
        let records = self.store.votes(round).await?;
        Ok(records.into_iter().filter_map(read).collect())
    }

    /// A ballot about the answers that are there.
    pub(super) async fn ballot(
        &self,
        definition: &Definition,
        round: RoundId,
        (case, repeat): (u32, u32),
        verdict: VoteVerdict,
        tag: Option<String>,
    ) -> Result<Ballot, EngineError> {
        let cells = self.cell_details(round).await?;
        let known = self.known_ways().await?;
        let entries: Vec<BallotEntry> = cells
            .iter()
            .filter(|cell| cell.key.case == case && cell.key.repeat == repeat)
            .filter(|cell| cell.state == CellState::Answered)
            .filter_map(|cell| {
                let answered = cell.answered.as_ref()?;
                let way = known.ways.get(&answered.endpoint);
                Some(BallotEntry {
                    column: cell.key.column,
                    model: way.map_or_else(
                        || answered.endpoint.model.clone(),
                        |way| way.model_key.clone(),
                    ),
                    cost: cell.cost.amount,
                    first_token_millis: cell.first_token_millis,
                    tokens_per_second: cell.tokens_per_second,
                })
            })
            .collect();
        if entries.len() < 2 {
            let sentence = "There are fewer than two answers to vote on.";
            return Err(EngineError::input("verdict", sentence, "Wait for them."));
        }
        if let VoteVerdict::Best { column } = verdict
            && !entries.iter().any(|entry| entry.column == column)
        {
            let sentence = "This column has no answer.";
            return Err(EngineError::input("column", sentence, "Choose another."));
        }
        let tag = tag.map(|tag| tag.trim().to_owned());
        Ok(Ballot {
            verdict,
            entries,
            tag: tag
                .filter(|tag| !tag.is_empty())
                .or_else(|| definition.tag.clone()),
            note: String::new(),
            is_blind: false,
            orders_agree: None,
            runs: Vec::new(),
            cost: None,
        })
    }

    pub(super) async fn keep_vote(
        &self,
        round: RoundId,
        (case, repeat): (u32, u32),
        voter: &Voter,
        ballot: &Ballot,
    ) -> Result<(), EngineError> {
        let body = serde_json::to_string(ballot).unwrap_or_default();
        self.store
            .save_vote(VoteRecord {
                id: clock::vote_id(),
                round: Some(round),
                case,
                repeat,
                voter: voter.word().to_owned(),
                body: JsonText(body),
                created_at: self.clock.now(),
            })
            .await?;
        Ok(())
    }
}

fn read(record: VoteRecord) -> Option<Vote> {
    match serde_json::from_str(&record.body.0) {
        Ok(ballot) => Some(Vote {
            round: record.round,
            case: record.case,
            repeat: record.repeat,
            voter: Voter::from_word(record.voter),
            ballot,
            created_at: record.created_at,
        }),
        // Of a later version, or damaged: the others are counted.
        Err(error) => {
            tracing::warn!(%error, id = %record.id, "a vote cannot be read");
            None
        }
    }
}
