//! What a model's answers cost and how fast they came, in the votes that count.

use super::votes::Votes;
use crate::money::NanoUsd;
use crate::statistics::median;

/// Medians over the answers for which it is known; `None` where it is known of none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Medians {
    pub(super) cost: Option<NanoUsd>,
    pub(super) first_token_millis: Option<f64>,
    pub(super) tokens_per_second: Option<f64>,
}

/// For each model.
pub(super) fn medians(votes: &Votes<'_>) -> Vec<Medians> {
    #[derive(Clone, Default)]
    struct Samples {
        costs: Vec<i64>,
        first_tokens: Vec<f64>,
        speeds: Vec<f64>,
    }
    let mut samples = vec![Samples::default(); votes.models.len()];
    // Several judges look at the same answers: these are counted once.
    for group in votes.by_subject() {
        let Some(vote) = group.first() else { continue };
        for (&model, candidate) in vote.models.iter().zip(&vote.ballot.candidates) {
            let samples = &mut samples[model];
            samples.costs.extend(candidate.cost.map(|cost| cost.0));
            let first_token = candidate.first_token_millis.map(|millis| millis as f64);
            samples.first_tokens.extend(first_token);
            samples.speeds.extend(candidate.tokens_per_second);
        }
    }
    samples
        .into_iter()
        .map(|samples| Medians {
            cost: median_cost(samples.costs),
            first_token_millis: median(samples.first_tokens).map(|median| median.median),
            tokens_per_second: median(samples.speeds).map(|median| median.median),
        })
        .collect()
}

fn median_cost(mut costs: Vec<i64>) -> Option<NanoUsd> {
    costs.sort_unstable();
    let upper = *costs.get(costs.len() / 2)?;
    let lower = *costs.get((costs.len() - 1) / 2)?;
    Some(NanoUsd(lower.midpoint(upper)))
}
