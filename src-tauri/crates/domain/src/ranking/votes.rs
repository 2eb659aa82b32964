//! From ballots to pairs.
//!
//! The best of a ballot beats each other candidate. A tie is a tie of every two; so is "all bad",
//! which says as little about who is better (LMArena counts it likewise). Two candidates of one model
//! make no pair, since a model cannot beat itself.
//!
//! **Weights.** A ballot of `n` candidates is one vote: each of the `n - 1` pairs of its best weighs
//! `1 / (n - 1)`, each of the `n (n - 1) / 2` pairs of its tie `2 / (n (n - 1))`. So no comparison is
//! counted more because more columns were open. And with these very weights two and eight columns
//! estimate the same strengths: where somebody picks the best by Luce's rule, a pair of which one is
//! picked is a vote of Bradley and Terry's model whatever stands beside it, and a pair of equals has
//! as many ties for its wins in eight columns as in two. A pair weighs the same whichever of the two
//! won, so what one model's pairs with itself would weigh is lost and not given to the others: that
//! would favour the model with fewer columns.

use std::collections::HashMap;

use super::ballot::{Ballot, Verdict};
use super::matrix::Matrix;

/// The ballots that say something, with models as numbers.
#[derive(Debug)]
pub(super) struct Votes<'a> {
    /// Keys of the models, sorted.
    pub(super) models: Vec<&'a str>,
    /// Sorted by subject.
    pub(super) votes: Vec<Vote<'a>>,
}

/// One ballot.
#[derive(Debug)]
pub(super) struct Vote<'a> {
    pub(super) ballot: &'a Ballot,
    /// The model of each candidate.
    pub(super) models: Vec<usize>,
    /// The candidate that won; `None` for a tie.
    pub(super) best: Option<usize>,
    /// Votes about the same subject have the same number.
    pub(super) subject: usize,
}

impl<'a> Votes<'a> {
    /// Leaves out ballots that cannot be, and those about one model alone.
    pub(super) fn of(ballots: impl IntoIterator<Item = &'a Ballot>) -> Self {
        let ballots: Vec<&Ballot> = ballots
            .into_iter()
            .filter(|ballot| ballot.is_valid() && is_about_two(ballot))
            .collect();
        let models = Numbers::of(
            ballots
                .iter()
                .flat_map(|ballot| &ballot.candidates)
                .map(|candidate| candidate.model.as_str()),
        );
        let subjects = Numbers::of(ballots.iter().map(|ballot| ballot.subject.as_str()));
        let mut votes: Vec<Vote<'a>> = ballots
            .into_iter()
            .map(|ballot| Vote {
                ballot,
                models: ballot
                    .candidates
                    .iter()
                    .map(|candidate| models.of[candidate.model.as_str()])
                    .collect(),
                best: match ballot.verdict {
                    Verdict::Best(index) => Some(index),
                    Verdict::Tie | Verdict::AllBad => None,
                },
                subject: subjects.of[ballot.subject.as_str()],
            })
            .collect();
        votes.sort_by_key(|vote| vote.subject);
        Self {
            models: models.sorted,
            votes,
        }
    }

    /// What each model won of each other, in votes: a tie gives half of its weight to both.
    pub(super) fn wins(&self) -> Matrix {
        let mut wins = Matrix::zeros(self.models.len());
        for vote in &self.votes {
            vote.pairs(vote.best, |left, right, weight| {
                let (left, right) = (vote.models[left], vote.models[right]);
                if vote.best.is_some() {
                    wins.add(left, right, weight);
                } else {
                    wins.add(left, right, weight / 2.0);
                    wins.add(right, left, weight / 2.0);
                }
            });
        }
        wins
    }

    /// The votes in groups, each about one subject.
    pub(super) fn by_subject(&self) -> impl Iterator<Item = &[Vote<'a>]> {
        self.votes
            .chunk_by(|left, right| left.subject == right.subject)
    }
}

impl Vote<'_> {
    /// The pairs that the ballot makes if `best` won, or nobody: two candidates and their weight, the
    /// winner first.
    pub(super) fn pairs(&self, best: Option<usize>, mut each: impl FnMut(usize, usize, f64)) {
        let count = self.models.len();
        let others = (count - 1) as f64;
        match best {
            Some(best) => {
                for other in 0..count {
                    if self.models[other] != self.models[best] {
                        each(best, other, 1.0 / others);
                    }
                }
            }
            None => {
                for left in 0..count {
                    for right in left + 1..count {
                        if self.models[left] != self.models[right] {
                            each(left, right, 2.0 / (count as f64 * others));
                        }
                    }
                }
            }
        }
    }
}

fn is_about_two(ballot: &Ballot) -> bool {
    ballot
        .candidates
        .windows(2)
        .any(|pair| pair[0].model != pair[1].model)
}

/// Names with a number each, in the order of the names: the result must not depend on the order in
/// which votes are read.
struct Numbers<'a> {
    sorted: Vec<&'a str>,
    of: HashMap<&'a str, usize>,
}

impl<'a> Numbers<'a> {
    fn of(names: impl Iterator<Item = &'a str>) -> Self {
        let mut of: HashMap<&str, usize> = names.map(|name| (name, 0)).collect();
        let mut sorted: Vec<&str> = of.keys().copied().collect();
        sorted.sort_unstable();
        for (number, name) in sorted.iter().enumerate() {
            of.insert(name, number);
        }
        Self { sorted, of }
    }
}
