//! Which of two ways in is asked first.

use super::Policy;
use super::planning::{Placed, PlanStep};
use crate::ranking::{Standing, Standings};

/// A way in that failed more often than this, on at least [`ENOUGH_SAMPLES`] attempts, is in trouble.
const IN_TROUBLE: f64 = 0.5;

/// Fewer attempts than this say little.
const ENOUGH_SAMPLES: u32 = 4;

/// How much a failure weighs against price and speed: a way in that always fails counts as one that
/// is so many times dearer and slower.
const FAILURE_WEIGHT: f64 = 4.0;

/// Puts the steps of a plan in the order of the policy and says of each why it stands there. Steps
/// that compare equal stay as they were listed.
pub(super) fn arrange(policy: Policy, standings: Option<&Standings>, steps: &mut [PlanStep]) {
    match policy {
        Policy::AsListed => {}
        Policy::Cheapest => {
            for step in steps.iter_mut() {
                step.placed = placed_by_trouble(step).unwrap_or(match step.estimate {
                    Some(_) => Placed::Cheapest,
                    None => Placed::PriceUnknown,
                });
            }
            steps.sort_by_key(|step| {
                let likely = step.estimate.map(|estimate| estimate.likely);
                (is_in_trouble(step), likely.is_none(), likely)
            });
        }
        Policy::Fastest => {
            for step in steps.iter_mut() {
                step.placed =
                    placed_by_trouble(step).unwrap_or(match step.measured.first_token_p50 {
                        Some(_) => Placed::Fastest,
                        None => Placed::NotMeasured,
                    });
            }
            steps.sort_by_key(|step| {
                let first_token = step.measured.first_token_p50;
                (is_in_trouble(step), first_token.is_none(), first_token)
            });
        }
        Policy::Balanced => balance(steps),
        Policy::MyBest => by_votes(standings, steps),
    }
}

/// The best model first; the ways in of one model all give its answers, so that their price decides.
fn by_votes(standings: Option<&Standings>, steps: &mut [PlanStep]) {
    // Models that no votes join to most of the others cannot be set against them.
    let ranked: Vec<&Standing> = standings
        .into_iter()
        .flat_map(Standings::best_first)
        .filter(|standing| standing.component == 0 && standing.score.is_some())
        .collect();
    let place_of = |step: &PlanStep| {
        ranked
            .iter()
            .position(|standing| standing.model == step.model_key)
    };
    for step in steps.iter_mut() {
        let placed = place_of(step).and_then(|place| placed_by_votes(ranked[place], place));
        step.placed = placed_by_trouble(step).unwrap_or(placed.unwrap_or(Placed::TooFewVotes));
    }
    steps.sort_by_key(|step| {
        let place = place_of(step);
        let price = step.estimate.map(|estimate| estimate.likely);
        // Those that the votes do not rank stay as they were listed.
        let price = place.map(|_| (price.is_none(), price));
        (is_in_trouble(step), place.is_none(), place, price)
    });
}

fn placed_by_votes(standing: &Standing, place: usize) -> Option<Placed> {
    let score = standing.score?;
    Some(Placed::MyBest {
        place: u32::try_from(place + 1).ok()?,
        // A score is finite and far within what these hold.
        points: score.points.round() as i32,
        margin: score.margin().round() as u32,
        votes: u32::try_from(standing.record.votes()).ok()?,
        is_settled: standing.is_settled,
    })
}

fn is_in_trouble(step: &PlanStep) -> bool {
    step.measured.samples >= ENOUGH_SAMPLES
        && step
            .measured
            .failed
            .is_some_and(|failed| failed > IN_TROUBLE)
}

fn placed_by_trouble(step: &PlanStep) -> Option<Placed> {
    is_in_trouble(step).then_some(Placed::InTrouble)
}

/// Price and speed as multiples of the best, times a penalty for failures. What is not known counts
/// as the worst that is known, so that nobody gains by silence.
fn balance(steps: &mut [PlanStep]) {
    let prices = range(steps.iter().map(price));
    let times = range(steps.iter().map(first_token));
    let score = |step: &PlanStep| {
        let dearer = multiple(price(step), prices);
        let slower = multiple(first_token(step), times);
        let failed = step.measured.failed.unwrap_or(0.0);
        (dearer + slower) * (1.0 + FAILURE_WEIGHT * failed)
    };
    let mut scored: Vec<(f64, PlanStep)> = steps
        .iter()
        .map(|step| (score(step), step.clone()))
        .collect();
    scored.sort_by(|(left, _), (right, _)| left.total_cmp(right));
    for (place, (_, step)) in steps.iter_mut().zip(scored) {
        *place = PlanStep {
            placed: placed_by_trouble(&step).unwrap_or(Placed::Balanced),
            ..step
        };
    }
}

fn price(step: &PlanStep) -> Option<f64> {
    // A nano-dollar more, so that free is not infinitely cheaper than nearly free.
    step.estimate
        .map(|estimate| estimate.likely.0 as f64 + 1_000_000.0)
}

fn first_token(step: &PlanStep) -> Option<f64> {
    step.measured
        .first_token_p50
        .map(|millis| millis as f64 + 1.0)
}

fn range(values: impl Iterator<Item = Option<f64>>) -> (f64, f64) {
    values
        .flatten()
        .fold((f64::MAX, 1.0), |(least, most), value| {
            (least.min(value), f64::max(most, value))
        })
}

fn multiple(value: Option<f64>, (least, most): (f64, f64)) -> f64 {
    value.unwrap_or(most) / least.min(most)
}
