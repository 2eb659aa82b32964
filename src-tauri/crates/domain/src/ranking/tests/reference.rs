//! Our numbers against those of other people's programs. `reference/README.md` says which.

use serde::Deserialize;

use super::super::ballot::{Ballot, Filter, Verdict};
use super::super::fit::fit;
use super::super::standings::{Standings, points_a_strength};
use super::super::uncertainty::Uncertainty;
use super::super::votes::Votes;
use super::vote;

/// A thousandth of ours: the others have none, and without any the mean is not determined.
const NO_PRIOR: f64 = 1e-3;

#[derive(Deserialize)]
struct Reference {
    pairs: Vec<Pairs>,
    ballots: Vec<Ballots>,
}

#[derive(Deserialize)]
struct Pairs {
    name: String,
    models: usize,
    votes: Vec<[usize; 5]>,
    scores: Vec<f64>,
    margins: Vec<f64>,
    scores_with_prior: Vec<f64>,
}

#[derive(Deserialize)]
struct Ballots {
    name: String,
    models: usize,
    ballots: Vec<(Vec<usize>, Option<usize>)>,
    differences_to_first: Vec<f64>,
    standard_errors: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/votes.json")).unwrap()
}

fn name(model: usize) -> String {
    format!("m{model:02}")
}

impl Pairs {
    fn ballots(&self) -> Vec<Ballot> {
        let mut ballots = Vec::new();
        for &[left, right, won, tied, lost] in &self.votes {
            let (left, right) = (name(left), name(right));
            for (verdict, count) in [
                (Verdict::Best(0), won),
                (Verdict::Tie, tied),
                (Verdict::Best(1), lost),
            ] {
                for _ in 0..count {
                    let subject = ballots.len().to_string();
                    ballots.push(vote(&subject, &[&left, &right], verdict));
                }
            }
        }
        ballots
    }
}

#[track_caller]
fn assert_near(ours: f64, theirs: f64, tolerance: f64, what: &str) {
    assert!(
        (ours - theirs).abs() <= tolerance,
        "{what}: {ours} and not {theirs}"
    );
}

/// Within a fifth of a point, and intervals within a thousandth of their width.
#[test]
fn scores_and_intervals_are_those_of_arena_rank() {
    for set in reference().pairs {
        let ballots = set.ballots();
        let votes = Votes::of(&ballots);
        let fit = fit(&votes.wins(), NO_PRIOR).unwrap();
        let uncertainty = Uncertainty::of(&votes, &fit, NO_PRIOR);
        let mean = fit.strengths.iter().sum::<f64>() / set.models as f64;
        for model in 0..set.models {
            let score = 1000.0 + (fit.strengths[model] - mean) * points_a_strength();
            assert_near(score, set.scores[model], 0.2, &set.name);
            let covariance = &uncertainty.as_it_fell;
            let shared = covariance.row(model).iter().sum::<f64>() / set.models as f64;
            let all: f64 = (0..set.models)
                .map(|row| covariance.row(row).iter().sum::<f64>())
                .sum();
            let variance =
                covariance.at(model, model) - 2.0 * shared + all / (set.models.pow(2) as f64);
            let margin = 1.959_964 * variance.sqrt() * points_a_strength();
            assert_near(margin, set.margins[model], 1e-3 * margin, &set.name);
        }
    }
}

/// Within a ten-thousandth of a point.
#[test]
fn the_scores_that_are_shown_are_those_of_a_general_minimiser() {
    for set in reference().pairs {
        let standings = Standings::of(&set.ballots(), &Filter::default());
        for (model, theirs) in set.scores_with_prior.iter().enumerate() {
            let score = standings.get(&name(model)).unwrap().score.unwrap();
            assert_near(score.points, *theirs, 1e-4, &set.name);
        }
    }
}

/// The prior draws a score to the mean by less than half of its margin, and the margin that is shown is
/// within a fifth of that of arena-rank. Most of it is the ice hockey: 58 teams, 37 matches each.
#[test]
fn what_the_prior_and_the_wider_interval_change() {
    for set in reference().pairs {
        let standings = Standings::of(&set.ballots(), &Filter::default());
        for model in 0..set.models {
            let score = standings.get(&name(model)).unwrap().score.unwrap();
            let theirs = (set.scores[model], set.margins[model]);
            let moved = (score.points - theirs.0).abs();
            assert!(
                moved < theirs.1 / 2.0,
                "{}: {moved} of {}",
                set.name,
                theirs.1
            );
            let ratio = score.margin() / theirs.1;
            assert!((0.8..1.2).contains(&ratio), "{}: {ratio}", set.name);
        }
    }
}

/// Within a fifth of a point, and errors within a thousandth of theirs.
#[test]
fn ballots_of_many_columns_are_clustered_as_statsmodels_does() {
    for set in reference().ballots {
        let ballots: Vec<Ballot> = set
            .ballots
            .iter()
            .enumerate()
            .map(|(subject, (models, best))| {
                let models: Vec<String> = models.iter().copied().map(name).collect();
                let models: Vec<&str> = models.iter().map(String::as_str).collect();
                vote(
                    &subject.to_string(),
                    &models,
                    best.map_or(Verdict::Tie, Verdict::Best),
                )
            })
            .collect();
        let votes = Votes::of(&ballots);
        let fit = fit(&votes.wins(), NO_PRIOR).unwrap();
        let covariance = Uncertainty::of(&votes, &fit, NO_PRIOR).as_it_fell;
        for model in 1..set.models {
            let difference = (fit.strengths[model] - fit.strengths[0]) * points_a_strength();
            assert_near(
                difference,
                set.differences_to_first[model - 1],
                0.2,
                &set.name,
            );
            let variance =
                covariance.at(0, 0) + covariance.at(model, model) - 2.0 * covariance.at(0, model);
            let error = variance.sqrt() * points_a_strength();
            let theirs = set.standard_errors[model - 1];
            assert_near(error, theirs, 1e-3 * theirs, &set.name);
        }
    }
}
