//! An honest ranking out of votes: who is better, by how much, and how sure that is.
//!
//! A [`Ballot`] is one vote about answers that stood side by side. [`Standings::of`] makes a table of
//! many: scores by Bradley and Terry's model with 95 % intervals, ranks that say where the votes do
//! not suffice yet, and what each model costs and how fast it is. [`agreement`] holds a judge against
//! the person, [`frontier`] sets quality against price or speed.
//!
//! **A score** is 1000 at the mean of all models that are joined by votes; 400 points more are odds of
//! ten to one. The expected share of a model against another (a tie counts half) is
//! `1 / (1 + 10^(-difference / 400))`.
//!
//! **A ballot is one vote**, however many columns were shown; `votes.rs` says how its pairs are
//! weighed, `uncertainty.rs` how sure that makes a score, and `fit.rs` what is assumed of a model before
//! the first vote. Models that no chain of votes joins are never ranked against each other: they have
//! different [`Standing::component`]s.
//!
//! Pure functions, the same result for the same ballots in any order. There is no bootstrap: each
//! estimate would need hundreds of fits, its ends would move with the seed, and where a model won
//! everything each resample has it win everything again, so that the interval had no width where it
//! has to be widest.

mod agreement;
mod ballot;
mod fit;
mod frontier;
mod matrix;
mod medians;
mod proportion;
mod record;
mod standings;
mod uncertainty;
mod votes;

#[cfg(test)]
mod tests;

pub use self::agreement::{Agreement, agreement, agreements};
pub use self::ballot::{Ballot, Candidate, Filter, Verdict, Voter, Voters};
pub use self::frontier::{Point, frontier};
pub use self::proportion::Proportion;
pub use self::record::Record;
pub use self::standings::{Against, Difference, FEWEST_SUBJECTS, Score, Standing, Standings};
