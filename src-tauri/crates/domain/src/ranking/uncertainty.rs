//! How sure the strengths are.
//!
//! Two estimates of the same uncertainty, each of the form `inverse x spread x inverse`, where the
//! spread is that of what single votes say:
//!
//! - **As it fell**: what each vote said beyond what the fit expects, squared (the sandwich that
//!   LMArena's intervals are made of). It holds even where people do not choose as the model has it.
//!   All pairs of one ballot, and all votes about one subject, count as one observation, since they
//!   are not independent. It knows nothing of a model that won everything: nothing surprises there.
//! - **As the fit expects it**: the spread if votes were cast by the fitted strengths, with ties as
//!   often as they were. It knows how little six wins of six say. With two columns and no ties it is
//!   the inverse of the information, as in textbooks.
//!
//! The wider of the two counts. An interval that is a little too wide costs a few votes more; one that
//! is too narrow is a lie.
//!
//! Intervals are for one difference at a time. Among the 780 pairs of forty models that are truly
//! equal some forty differ significantly by chance, as in every table that does not correct for it.

use super::fit::{Fit, chance, prior_information};
use super::matrix::Matrix;
use super::votes::{Vote, Votes};

/// So many more votes are assumed to have been decided: after ten ties in a row the eleventh vote may
/// still be none.
const UNSEEN_DECISIONS: f64 = 2.0;

/// Covariances of strengths by the two estimates.
#[derive(Debug)]
pub(super) struct Uncertainty {
    pub(super) as_it_fell: Matrix,
    pub(super) as_expected: Matrix,
}

impl Uncertainty {
    pub(super) fn of(votes: &Votes<'_>, fit: &Fit, prior: f64) -> Self {
        let size = votes.models.len();
        let chances = chances(&fit.strengths);
        let odds: Vec<f64> = fit
            .strengths
            .iter()
            .map(|strength| strength.exp())
            .collect();
        let ties = votes
            .votes
            .iter()
            .filter(|vote| vote.best.is_none())
            .count();
        let tie_share = ties as f64 / (votes.votes.len() as f64 + UNSEEN_DECISIONS);
        let mut fell = Matrix::zeros(size);
        let mut expected = Matrix::zeros(size);
        let mut spread = Spread {
            tie_share,
            odds: &odds,
            chances: &chances,
            said: Vec::new(),
            products: Vec::new(),
        };
        let (mut one, mut said) = (Vec::new(), Vec::new());
        for group in votes.by_subject() {
            said.clear();
            for vote in group {
                surprise(vote, vote.best, &chances, &mut one);
                said.extend(vote.models.iter().copied().zip(one.iter().copied()));
                // Voters about one subject may all say the same for the same reason: together they
                // are worth one of them.
                spread.add(vote, group.len() as f64, &mut expected);
            }
            for &(row, left) in &said {
                for &(column, right) in &said {
                    fell.add(row, column, left * right);
                }
            }
        }
        for (model, &strength) in fit.strengths.iter().enumerate() {
            expected.add(model, model, prior_information(prior, strength));
        }
        let sandwich = |filling: Matrix| fit.inverse.times(&filling).times(&fit.inverse);
        Self {
            as_it_fell: sandwich(fell),
            as_expected: sandwich(expected),
        }
    }

    /// The variance of the difference of two strengths.
    pub(super) fn of_difference(&self, left: usize, right: usize) -> f64 {
        self.widest(|covariance| {
            covariance.at(left, left) + covariance.at(right, right)
                - 2.0 * covariance.at(left, right)
        })
    }

    /// The variance of a strength above the mean of `group`, of which it is one.
    pub(super) fn of_strength(&self, model: usize, group: &[usize]) -> f64 {
        let count = group.len() as f64;
        self.widest(|covariance| {
            let row = covariance.row(model);
            let shared: f64 = group.iter().map(|&other| row[other]).sum();
            let all: f64 = group
                .iter()
                .map(|&left| {
                    let row = covariance.row(left);
                    group.iter().map(|&right| row[right]).sum::<f64>()
                })
                .sum();
            row[model] - 2.0 * shared / count + all / (count * count)
        })
    }

    fn widest(&self, variance: impl Fn(&Matrix) -> f64) -> f64 {
        f64::max(variance(&self.as_it_fell), variance(&self.as_expected)).max(0.0)
    }
}

/// The chance of each model against each.
fn chances(strengths: &[f64]) -> Matrix {
    let mut chances = Matrix::zeros(strengths.len());
    for (row, left) in strengths.iter().enumerate() {
        for (column, right) in strengths.iter().enumerate() {
            chances.set(row, column, chance(left - right));
        }
    }
    chances
}

/// Writes down what a vote would say of each candidate, beyond what the fit expects, if `best` won, or
/// nobody.
fn surprise(vote: &Vote<'_>, best: Option<usize>, chances: &Matrix, said: &mut Vec<f64>) {
    said.clear();
    said.resize(vote.models.len(), 0.0);
    let outcome = if best.is_some() { 1.0 } else { 0.5 };
    vote.pairs(best, |left, right, weight| {
        let chance = chances.at(vote.models[left], vote.models[right]);
        let surprise = weight * (outcome - chance);
        said[left] += surprise;
        said[right] -= surprise;
    });
}

/// The spread of what votes may say. It is asked for every vote, so it keeps its room.
struct Spread<'a> {
    tie_share: f64,
    odds: &'a [f64],
    chances: &'a Matrix,
    said: Vec<f64>,
    /// Of the candidates of one vote, row by row, up to the diagonal.
    products: Vec<f64>,
}

impl Spread<'_> {
    /// Adds `times` the spread of a vote about these candidates.
    fn add(&mut self, vote: &Vote<'_>, times: f64, sum: &mut Matrix) {
        let count = vote.models.len();
        self.products.clear();
        self.products.resize(count * count, 0.0);
        let all: f64 = vote.models.iter().map(|&model| self.odds[model]).sum();
        for (candidate, &model) in vote.models.iter().enumerate() {
            let share = (1.0 - self.tie_share) * self.odds[model] / all;
            self.outcome(vote, Some(candidate), times * share);
        }
        self.outcome(vote, None, times * self.tie_share);
        for (row, &left) in vote.models.iter().enumerate() {
            sum.add(left, left, self.products[row * count + row]);
            for (column, &right) in vote.models[..row].iter().enumerate() {
                let product = self.products[row * count + column];
                sum.add(left, right, product);
                sum.add(right, left, product);
            }
        }
    }

    fn outcome(&mut self, vote: &Vote<'_>, best: Option<usize>, share: f64) {
        surprise(vote, best, self.chances, &mut self.said);
        let count = self.said.len();
        for (row, left) in self.said.iter().enumerate() {
            let scaled = share * left;
            let products = &mut self.products[row * count..=row * count + row];
            for (product, right) in products.iter_mut().zip(&self.said) {
                *product += scaled * right;
            }
        }
    }
}
