//! Strengths of models by Bradley and Terry's model.
//!
//! The chance of a model to be preferred to another is `1 / (1 + e^(other - own))` of their strengths.
//! The strengths are those under which the votes are likeliest, found by Newton's method; the problem
//! is convex, so there is one answer.
//!
//! **What is assumed before the first vote.** Every model starts with one tie against an opponent of
//! mean strength, which counts as [`PRIOR_VOTES`] of a vote. Without it a model that won (or lost)
//! everything would be infinitely strong, and models that no votes join would have no scores at all.
//! It draws scores to the middle a little: of two models with ten votes 7 to 3 the difference becomes
//! 139 points in place of 147, and among two hundred votes it is hardly seen. A
//! model that won six of six stands 505 points above the loser, with an interval of more than that on
//! each side.

use super::matrix::{Cholesky, Matrix};

/// The weight of that tie, in votes.
pub(super) const PRIOR_VOTES: f64 = 1.0;

/// Newton's method needs about six steps.
const MOST_STEPS: usize = 100;

/// A step of less than this is none: a millionth of a millionth of a point.
const SMALLEST_STEP: f64 = 1e-12;

/// Strengths that fit the votes best.
#[derive(Debug)]
pub(super) struct Fit {
    /// Natural logarithms of odds; 0 is the opponent of the prior.
    pub(super) strengths: Vec<f64>,
    /// The inverse of the information that the votes and the prior hold.
    pub(super) inverse: Matrix,
}

/// Fits strengths to `wins`, row against column, in votes. `None` where there is no fit: without a
/// prior and with models that no votes join.
pub(super) fn fit(wins: &Matrix, prior: f64) -> Option<Fit> {
    let mut strengths = vec![0.0; wins.size()];
    let mut likelihood = log_likelihood(wins, prior, &strengths);
    for _ in 0..MOST_STEPS {
        let (gradient, cholesky) = slope(wins, prior, &strengths)?;
        let step = cholesky.solve(&gradient);
        let mut size = 1.0;
        // A whole step may jump over the top where somebody won everything.
        let (next, next_likelihood) = loop {
            let next: Vec<f64> = strengths
                .iter()
                .zip(&step)
                .map(|(strength, step)| strength + size * step)
                .collect();
            let next_likelihood = log_likelihood(wins, prior, &next);
            if next_likelihood >= likelihood || size < 1e-6 {
                break (next, next_likelihood);
            }
            size /= 2.0;
        };
        strengths = next;
        likelihood = next_likelihood;
        if step.iter().all(|step| (size * step).abs() < SMALLEST_STEP) {
            break;
        }
    }
    let (_, cholesky) = slope(wins, prior, &strengths)?;
    Some(Fit {
        strengths,
        inverse: cholesky.inverse(),
    })
}

/// The chance that a model is preferred to one that is weaker by `difference`.
pub(super) fn chance(difference: f64) -> f64 {
    1.0 / (1.0 + (-difference).exp())
}

/// What the prior knows of a model of this strength.
pub(super) fn prior_information(prior: f64, strength: f64) -> f64 {
    let chance = chance(strength);
    prior * chance * (1.0 - chance)
}

fn log_likelihood(wins: &Matrix, prior: f64, strengths: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (row, &strength) in strengths.iter().enumerate() {
        sum += prior / 2.0 * (log_chance(strength) + log_chance(-strength));
        for (&won, other) in wins.row(row).iter().zip(strengths) {
            if won > 0.0 {
                sum += won * log_chance(strength - other);
            }
        }
    }
    sum
}

/// The logarithm of [`chance`], without overflow.
fn log_chance(difference: f64) -> f64 {
    difference.min(0.0) - (-difference.abs()).exp().ln_1p()
}

/// The gradient of the likelihood, and the factor of its negative second derivative.
fn slope(wins: &Matrix, prior: f64, strengths: &[f64]) -> Option<(Vec<f64>, Cholesky)> {
    let mut gradient: Vec<f64> = strengths
        .iter()
        .map(|strength| prior * (0.5 - chance(*strength)))
        .collect();
    let mut information = Matrix::zeros(strengths.len());
    for (row, &strength) in strengths.iter().enumerate() {
        information.add(row, row, prior_information(prior, strength));
        for column in 0..row {
            let (won, lost) = (wins.at(row, column), wins.at(column, row));
            if won + lost == 0.0 {
                continue;
            }
            let chance = chance(strength - strengths[column]);
            let surprise = won * (1.0 - chance) - lost * chance;
            gradient[row] += surprise;
            gradient[column] -= surprise;
            let known = (won + lost) * chance * (1.0 - chance);
            information.add(row, row, known);
            information.add(column, column, known);
            information.add(row, column, -known);
            information.add(column, row, -known);
        }
    }
    Some((gradient, information.cholesky()?))
}
