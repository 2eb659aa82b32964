//! Who beat whom how often.

use serde::{Deserialize, Serialize};

use super::votes::Votes;

/// Votes about a model, or about one model against another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    /// It was the best.
    pub wins: usize,
    /// Nobody was, or all were bad.
    pub ties: usize,
    /// The other was the best.
    pub losses: usize,
}

impl Record {
    /// All of them.
    pub fn votes(self) -> usize {
        self.wins + self.ties + self.losses
    }

    /// Wins and half of the ties among all votes, between 0 and 1; `None` without one.
    pub fn share(self) -> Option<f64> {
        let votes = self.votes();
        (votes > 0).then(|| (self.wins as f64 + self.ties as f64 / 2.0) / votes as f64)
    }

    /// The same seen from the other side.
    #[must_use]
    pub fn reversed(self) -> Self {
        Self {
            wins: self.losses,
            ties: self.ties,
            losses: self.wins,
        }
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Won => self.wins += 1,
            Outcome::Tied => self.ties += 1,
            Outcome::Lost => self.losses += 1,
        }
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Won,
    Tied,
    Lost,
}

/// Records of every model, and of every two.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Records {
    pub(super) of_models: Vec<Record>,
    /// Row against column, row by row.
    of_pairs: Vec<Record>,
}

impl Records {
    /// A ballot counts once for a model and once for a pair, however many columns a model had.
    pub(super) fn of(votes: &Votes<'_>) -> Self {
        let size = votes.models.len();
        let mut of_models = vec![Record::default(); size];
        let mut of_pairs = vec![Record::default(); size * size];
        let mut models = Vec::new();
        for vote in &votes.votes {
            models.clear();
            models.extend_from_slice(&vote.models);
            models.sort_unstable();
            models.dedup();
            let best = vote.best.map(|best| vote.models[best]);
            let outcome = |model| match best {
                None => Outcome::Tied,
                Some(best) if best == model => Outcome::Won,
                Some(_) => Outcome::Lost,
            };
            for &model in &models {
                of_models[model].count(outcome(model));
                for &other in &models {
                    let is_told = best.is_none_or(|best| best == model || best == other);
                    if other != model && is_told {
                        of_pairs[model * size + other].count(outcome(model));
                    }
                }
            }
        }
        Self {
            of_models,
            of_pairs,
        }
    }

    pub(super) fn of_pair(&self, left: usize, right: usize) -> Record {
        self.of_pairs[left * self.of_models.len() + right]
    }

    /// For each model the lowest number of a model that votes join it to.
    pub(super) fn components(&self) -> Vec<usize> {
        let size = self.of_models.len();
        let mut component: Vec<Option<usize>> = vec![None; size];
        for first in 0..size {
            let mut open = vec![first];
            while let Some(model) = open.pop() {
                if component[model].is_some() {
                    continue;
                }
                component[model] = Some(first);
                open.extend((0..size).filter(|&other| self.of_pair(model, other).votes() > 0));
            }
        }
        component
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect()
    }
}
