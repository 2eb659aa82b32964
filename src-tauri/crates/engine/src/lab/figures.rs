//! From requests to figures.

use patchbay_domain::Cost;
use patchbay_domain::statistics::{Median, median};

use super::{Lab, LabSample};

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct LabFigures {
    /// One a way in, in their order.
    pub rows: Vec<LabRow>,
    /// What all of it cost.
    pub cost: Cost,
}

/// What was measured through one way in. Milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct LabRow {
    /// Its name, with the host behind it where one was named.
    pub name: String,
    /// Answers.
    pub answered: u32,
    /// Failures.
    pub failed: u32,
    /// The newest failure.
    pub failure: Option<String>,
    /// Until the first token.
    pub first_token: Option<Median>,
    /// Until the whole answer.
    pub total: Option<Median>,
    /// Until the first token, minus the baseline's in the same round.
    pub added_first_token: Option<Median>,
    /// Until the whole answer, minus the baseline's in the same round.
    pub added_total: Option<Median>,
    /// What it cost.
    pub cost: Cost,
}

impl Lab {
    /// The figures so far.
    pub fn figures(&self) -> LabFigures {
        let rows = (0..self.plan.endpoints.len())
            .map(|index| self.row(index))
            .collect();
        LabFigures {
            rows,
            cost: Cost::sum(self.samples.iter().map(|sample| sample.cost)),
        }
    }

    fn row(&self, index: usize) -> LabRow {
        let samples: Vec<&LabSample> = self.of(index).collect();
        let mut failures = samples.iter().filter(|sample| sample.failure.is_some());
        let failed = u32::try_from(failures.clone().count()).unwrap_or(u32::MAX);
        let all = u32::try_from(samples.len()).unwrap_or(u32::MAX);
        let host = samples
            .iter()
            .rev()
            .find_map(|sample| sample.served_by.clone());
        let name = self.names.get(index).cloned().unwrap_or_default();
        let model = self
            .plan
            .endpoints
            .get(index)
            .map_or("", |endpoint| endpoint.model.as_str());
        let name = match host {
            Some(host) if host != name => format!("{name} \u{2192} {host}, {model}"),
            _ => format!("{name}, {model}"),
        };
        LabRow {
            name,
            answered: all - failed,
            failed,
            failure: failures
                .next_back()
                .and_then(|sample| sample.failure.clone()),
            first_token: median(
                samples
                    .iter()
                    .filter_map(|sample| answered(sample, first_token)),
            ),
            total: median(samples.iter().filter_map(|sample| answered(sample, total))),
            added_first_token: self.added(index, first_token),
            added_total: self.added(index, total),
            cost: Cost::sum(samples.iter().map(|sample| sample.cost)),
        }
    }

    fn of(&self, index: usize) -> impl Iterator<Item = &LabSample> {
        self.samples
            .iter()
            .filter(move |sample| sample.endpoint as usize == index)
    }

    /// Differences are taken within a round: what the network did to both cancels out.
    fn added(&self, index: usize, figure: fn(&LabSample) -> Option<u64>) -> Option<Median> {
        let baseline = self.plan.baseline? as usize;
        if baseline == index {
            return None;
        }
        median(self.of(index).filter_map(|sample| {
            let other = self
                .of(baseline)
                .find(|other| other.round == sample.round)?;
            Some(answered(sample, figure)? - answered(other, figure)?)
        }))
    }
}

/// The figure of a request that was answered, as a float for differences.
fn answered(sample: &LabSample, figure: fn(&LabSample) -> Option<u64>) -> Option<f64> {
    sample
        .failure
        .is_none()
        .then(|| figure(sample).map(|millis| millis as f64))
        .flatten()
}

fn first_token(sample: &LabSample) -> Option<u64> {
    sample.first_token
}

fn total(sample: &LabSample) -> Option<u64> {
    sample.total
}

#[cfg(test)]
mod tests {
    use patchbay_domain::{CostKind, Endpoint, LabId, NanoUsd, ProviderId, UnixMillis};

    use super::*;
    use crate::lab::LabPlan;

    fn lab(samples: Vec<LabSample>) -> Lab {
        let endpoint = |provider: &str| Endpoint {
            provider: ProviderId::new(provider),
            model: "m".to_owned(),
        };
        Lab {
            id: LabId::from_bytes([1; 16]),
            started_at: UnixMillis(0),
            plan: LabPlan {
                endpoints: vec![endpoint("direct"), endpoint("gateway")],
                baseline: Some(0),
                rounds: 10,
                prompt: "hi".to_owned(),
                max_tokens: 16,
            },
            names: vec!["Direct".to_owned(), "Gateway".to_owned()],
            samples,
            is_stopped: false,
            is_running: false,
        }
    }

    fn sample(endpoint: u32, round: u32, first_token: u64) -> LabSample {
        LabSample {
            endpoint,
            round,
            first_token: Some(first_token),
            total: Some(first_token + 100),
            cost: Cost {
                amount: Some(NanoUsd(10)),
                kind: CostKind::Computed,
            },
            failure: None,
            served_by: None,
        }
    }

    #[test]
    fn what_a_gateway_adds_is_taken_within_each_round() {
        // The network gets slower round by round; the gateway adds 7 ms each time.
        let samples = (0..10)
            .flat_map(|round| {
                let slow = u64::from(round) * 1_000;
                [sample(0, round, slow + 100), sample(1, round, slow + 107)]
            })
            .collect();
        let figures = lab(samples).figures();
        assert_eq!(figures.rows[0].added_first_token, None);
        let added = figures.rows[1].added_first_token.unwrap();
        assert_eq!((added.median, added.interval), (7.0, Some((7.0, 7.0))));
        assert_eq!(figures.cost.amount, Some(NanoUsd(200)));
    }

    #[test]
    fn a_failure_is_counted_and_times_nothing() {
        let failed = LabSample {
            failure: Some("Gateway had an error of its own.".to_owned()),
            ..sample(1, 1, 5)
        };
        let samples = vec![
            sample(0, 0, 100),
            sample(1, 0, 110),
            sample(0, 1, 100),
            failed,
        ];
        let row = lab(samples).figures().rows.remove(1);
        assert_eq!((row.answered, row.failed), (1, 1));
        assert_eq!(row.first_token.map(|figure| figure.median), Some(110.0));
        assert_eq!(row.added_first_token.map(|figure| figure.samples), Some(1));
    }
}
