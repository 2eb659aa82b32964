//! Votes as they were cast.

use serde::{Deserialize, Serialize};

use crate::money::NanoUsd;

/// What a voter said about the answers that stood side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "index", rename_all = "snake_case")]
pub enum Verdict {
    /// This candidate is the best: an index into [`Ballot::candidates`].
    Best(usize),
    /// None is better than the others.
    Tie,
    /// None is good.
    AllBad,
}

/// Who voted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "voter", content = "model", rename_all = "snake_case")]
pub enum Voter {
    /// The person.
    Me,
    /// A judge, by the key of its model.
    Judge(String),
}

/// One of the answers that a vote is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The canonical key of the model that answered.
    pub model: String,
    /// What the answer cost; `None` where nobody knows.
    pub cost: Option<NanoUsd>,
    /// Milliseconds to the first token.
    pub first_token_millis: Option<u64>,
    /// Tokens a second, once it wrote.
    pub tokens_per_second: Option<f64>,
}

/// One vote. One about fewer than two candidates, or whose best is none of them, counts nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// What the vote is about: one case and repeat of a round. Votes of several voters about the same
    /// subject are compared with each other, so they list the same candidates in the same order.
    pub subject: String,
    /// Who voted.
    pub voter: Voter,
    /// What was to choose from.
    pub candidates: Vec<Candidate>,
    /// What was chosen.
    pub verdict: Verdict,
    /// The person's word for what kind of question this was.
    pub tag: Option<String>,
    /// Names, prices and colours were hidden until the vote.
    pub is_blind: bool,
}

impl Ballot {
    /// Whether the verdict can be about the candidates.
    pub(super) fn is_valid(&self) -> bool {
        let best_exists = match self.verdict {
            Verdict::Best(index) => index < self.candidates.len(),
            Verdict::Tie | Verdict::AllBad => true,
        };
        best_exists && self.candidates.len() >= 2
    }
}

/// Whose votes count. The person's and those of judges are never counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "voters", content = "model", rename_all = "snake_case")]
pub enum Voters {
    /// The person's.
    #[default]
    Me,
    /// Those of all judges.
    Judges,
    /// Those of one judge, by the key of its model.
    Judge(String),
}

/// Which votes count; by default every one of the person's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Filter {
    /// Whose.
    pub voters: Voters,
    /// Only those with this tag; `None` for all, with and without one.
    pub tag: Option<String>,
    /// Only those that were cast blind.
    pub blind_only: bool,
}

impl Filter {
    /// Whether a vote counts.
    pub fn admits(&self, ballot: &Ballot) -> bool {
        let is_theirs = match (&self.voters, &ballot.voter) {
            (Voters::Me, Voter::Me) | (Voters::Judges, Voter::Judge(_)) => true,
            (Voters::Judge(wanted), Voter::Judge(model)) => wanted == model,
            (Voters::Me, Voter::Judge(_)) | (Voters::Judges | Voters::Judge(_), Voter::Me) => false,
        };
        let has_tag = self.tag.is_none() || self.tag == ballot.tag;
        is_theirs && has_tag && (ballot.is_blind || !self.blind_only)
    }
}
