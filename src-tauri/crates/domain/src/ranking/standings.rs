//! The table of the models, for views and for routes.

use std::cmp::Reverse;

use super::ballot::{Ballot, Filter};
use super::fit::{Fit, PRIOR_VOTES, fit};
use super::frontier::{Point, frontier};
use super::medians::{Medians, medians};
use super::proportion::STANDARD_ERRORS;
use super::record::{Record, Records};
use super::uncertainty::Uncertainty;
use super::votes::Votes;
use crate::money::NanoUsd;

/// A model is given a score once it was voted on in so many subjects: of fewer than six coin tosses
/// even all alike are no sign at 95 % that the coin is false.
pub const FEWEST_SUBJECTS: usize = 6;

/// The score at the mean of the models that votes join.
const MEAN_SCORE: f64 = 1000.0;

/// Points for odds of ten to one.
const POINTS_FOR_TEN: f64 = 400.0;

/// A score with its 95 % interval, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The score.
    pub points: f64,
    /// Its ends. They lie at equal distances, and are those of the distance from the mean of the
    /// component; whether two models differ is said by [`Standings::difference`] alone.
    pub interval: (f64, f64),
}

impl Score {
    /// Half of the interval: the figure behind a plus and minus.
    pub fn margin(self) -> f64 {
        (self.interval.1 - self.interval.0) / 2.0
    }
}

/// One model against another, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// How much more the first has.
    pub points: f64,
    /// The 95 % interval of the difference itself: two scores vary together, so that it cannot be
    /// read off their intervals.
    pub interval: (f64, f64),
}

impl Difference {
    /// The first is better, at 95 %.
    pub fn is_better(self) -> bool {
        self.interval.0 > 0.0
    }

    /// One of the two is better, at 95 %.
    pub fn is_settled(self) -> bool {
        self.interval.0 > 0.0 || self.interval.1 < 0.0
    }
}

/// What quality is set against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Against {
    /// The median price of an answer.
    Cost,
    /// The median time to the first token.
    FirstToken,
    /// The median speed, of which more is better.
    Speed,
}

/// One model of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its canonical key.
    pub model: String,
    /// Scores and ranks compare models of one component only: those that a chain of votes joins. 0 is
    /// the component with the most votes.
    pub component: usize,
    /// Votes about it: [`Record::votes`] of them.
    pub record: Record,
    /// Subjects of these votes. It is less than the votes where several judges voted.
    pub subjects: usize,
    /// `None` before there are votes on [`FEWEST_SUBJECTS`].
    pub score: Option<Score>,
    /// One more than the models that are significantly better; several may share a rank. `None`
    /// without a score.
    pub rank: Option<usize>,
    /// Every other model with a score is significantly better or worse. Where it is not, there are not
    /// enough votes yet to say where this model stands.
    pub is_settled: bool,
    /// The median price of its answers, where it is known of any.
    pub median_cost: Option<NanoUsd>,
    /// The median time to the first token, in milliseconds.
    pub median_first_token_millis: Option<f64>,
    /// The median speed in tokens a second.
    pub median_tokens_per_second: Option<f64>,
}

/// All models that were voted on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standings {
    /// By key.
    models: Vec<Standing>,
    /// Indices into `models`.
    best_first: Vec<usize>,
    /// Votes that counted.
    votes: usize,
    strengths: Vec<f64>,
    /// Of differences, row by row, in strengths.
    standard_errors: Vec<f64>,
    records: Records,
}

impl Standings {
    /// The table that the votes which `filter` admits make.
    pub fn of<'a>(ballots: impl IntoIterator<Item = &'a Ballot>, filter: &Filter) -> Self {
        let admitted = ballots.into_iter().filter(|ballot| filter.admits(ballot));
        let votes = Votes::of(admitted);
        let records = Records::of(&votes);
        let size = votes.models.len();
        // With a prior there is a fit of anything.
        let Some(fit) = fit(&votes.wins(), PRIOR_VOTES) else {
            return Self::default();
        };
        let uncertainty = Uncertainty::of(&votes, &fit, PRIOR_VOTES);
        let standard_errors = (0..size * size)
            .map(|cell| uncertainty.of_difference(cell / size, cell % size).sqrt())
            .collect();
        let mut standings = Self {
            models: rows(&votes, &records, &fit, &uncertainty),
            best_first: Vec::new(),
            votes: votes.votes.len(),
            strengths: fit.strengths,
            standard_errors,
            records,
        };
        standings.rank();
        standings
    }

    fn rank(&mut self) {
        for index in 0..self.models.len() {
            if self.models[index].score.is_none() {
                continue;
            }
            let differences: Vec<Difference> = (0..self.models.len())
                .filter_map(|other| self.between(other, index))
                .collect();
            let better = differences.iter().filter(|other| other.is_better()).count();
            let is_settled = !differences.is_empty()
                && differences.iter().all(|difference| difference.is_settled());
            self.models[index].rank = Some(better + 1);
            self.models[index].is_settled = is_settled;
        }
        self.best_first = (0..self.models.len()).collect();
        self.best_first.sort_by(|&left, &right| {
            let (left, right) = (&self.models[left], &self.models[right]);
            let points =
                |standing: &Standing| standing.score.map_or(f64::MIN, |score| score.points);
            left.score
                .is_none()
                .cmp(&right.score.is_none())
                .then(left.component.cmp(&right.component))
                .then(points(right).total_cmp(&points(left)))
                .then(right.record.votes().cmp(&left.record.votes()))
        });
    }

    /// Those with a score, the highest first, and then those without one, the most voted on first.
    /// Models of another component come after all of the one with more votes: that order says nothing.
    pub fn best_first(&self) -> impl ExactSizeIterator<Item = &Standing> {
        self.best_first.iter().map(|&index| &self.models[index])
    }

    /// One model; `None` where nobody voted on it.
    pub fn get(&self, model: &str) -> Option<&Standing> {
        self.index(model).map(|index| &self.models[index])
    }

    /// Votes that counted.
    pub fn votes(&self) -> usize {
        self.votes
    }

    /// Groups of models that no votes join.
    pub fn components(&self) -> usize {
        let last = self.models.iter().map(|standing| standing.component).max();
        last.map_or(0, |last| last + 1)
    }

    /// How much better one model is than another. `None` where one has no score, or no chain of votes
    /// joins them.
    pub fn difference(&self, model: &str, other: &str) -> Option<Difference> {
        self.between(self.index(model)?, self.index(other)?)
    }

    /// Votes that said something about these two.
    pub fn record(&self, model: &str, other: &str) -> Record {
        match (self.index(model), self.index(other)) {
            (Some(model), Some(other)) => self.records.of_pair(model, other),
            _ => Record::default(),
        }
    }

    /// The models with a score which none of their component beats in both quality and the other: the
    /// least burden first. Those of which the other is not known are left out.
    pub fn frontier(&self, against: Against) -> Vec<&Standing> {
        let mut found = Vec::new();
        for component in 0..self.components() {
            let (standings, points): (Vec<&Standing>, Vec<Point>) = self
                .best_first()
                .filter(|standing| standing.component == component)
                .filter_map(|standing| {
                    let point = Point {
                        gain: standing.score?.points,
                        burden: match against {
                            Against::Cost => standing.median_cost?.0 as f64,
                            Against::FirstToken => standing.median_first_token_millis?,
                            Against::Speed => -standing.median_tokens_per_second?,
                        },
                    };
                    Some((standing, point))
                })
                .unzip();
            found.extend(frontier(&points).into_iter().map(|index| standings[index]));
        }
        found
    }

    fn index(&self, model: &str) -> Option<usize> {
        self.models
            .binary_search_by(|standing| standing.model.as_str().cmp(model))
            .ok()
    }

    fn between(&self, index: usize, other: usize) -> Option<Difference> {
        let (left, right) = (&self.models[index], &self.models[other]);
        if index == other || left.component != right.component {
            return None;
        }
        left.score.and(right.score)?;
        let error = self.standard_errors[index * self.models.len() + other];
        let points = (self.strengths[index] - self.strengths[other]) * points_a_strength();
        let margin = STANDARD_ERRORS * error * points_a_strength();
        Some(Difference {
            points,
            interval: (points - margin, points + margin),
        })
    }
}

/// Strengths are natural logarithms of odds.
pub(super) fn points_a_strength() -> f64 {
    POINTS_FOR_TEN / std::f64::consts::LN_10
}

/// The models by key, without ranks.
fn rows(
    votes: &Votes<'_>,
    records: &Records,
    fit: &Fit,
    uncertainty: &Uncertainty,
) -> Vec<Standing> {
    let subjects = subjects(votes);
    let mut rows: Vec<Standing> = medians(votes)
        .into_iter()
        .enumerate()
        .map(|(index, medians)| {
            let Medians {
                cost,
                first_token_millis,
                tokens_per_second,
            } = medians;
            Standing {
                model: votes.models[index].to_owned(),
                component: 0,
                record: records.of_models[index],
                subjects: subjects[index],
                score: None,
                rank: None,
                is_settled: false,
                median_cost: cost,
                median_first_token_millis: first_token_millis,
                median_tokens_per_second: tokens_per_second,
            }
        })
        .collect();
    for (component, members) in components(records).iter().enumerate() {
        let total: f64 = members.iter().map(|&member| fit.strengths[member]).sum();
        let mean = total / members.len() as f64;
        for &member in members {
            rows[member].component = component;
            if rows[member].subjects < FEWEST_SUBJECTS {
                continue;
            }
            let points = MEAN_SCORE + (fit.strengths[member] - mean) * points_a_strength();
            let error = uncertainty.of_strength(member, members).sqrt();
            let margin = STANDARD_ERRORS * error * points_a_strength();
            rows[member].score = Some(Score {
                points,
                interval: (points - margin, points + margin),
            });
        }
    }
    rows
}

/// On how many subjects each model was voted on.
fn subjects(votes: &Votes<'_>) -> Vec<usize> {
    let mut counts = vec![0; votes.models.len()];
    let mut models = Vec::new();
    for group in votes.by_subject() {
        models.clear();
        models.extend(group.iter().flat_map(|vote| &vote.models).copied());
        models.sort_unstable();
        models.dedup();
        for &model in &models {
            counts[model] += 1;
        }
    }
    counts
}

/// The models that votes join, the group with the most votes first.
fn components(records: &Records) -> Vec<Vec<usize>> {
    let firsts = records.components();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); firsts.len()];
    for (model, &first) in firsts.iter().enumerate() {
        groups[first].push(model);
    }
    groups.retain(|group| !group.is_empty());
    let votes = |group: &Vec<usize>| -> usize {
        let records = group.iter().map(|&model| records.of_models[model]);
        records.map(Record::votes).sum()
    };
    groups.sort_by_key(|group| Reverse(votes(group)));
    groups
}
