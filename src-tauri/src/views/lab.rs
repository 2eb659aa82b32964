//! The latency lab.

use patchbay_contract::lab::{LabEstimate, LabFigure, LabRequest, LabRowView, LabView};
use patchbay_domain::statistics::Median;
use patchbay_engine::{Lab, LabPlan, LabRow};

use super::conversations::{endpoint, endpoint_from};
use super::receipts::cost;

pub(crate) fn lab_plan(request: LabRequest) -> LabPlan {
    LabPlan {
        endpoints: request.endpoints.into_iter().map(endpoint_from).collect(),
        baseline: request.baseline,
        rounds: request.rounds,
        prompt: request.prompt,
        max_tokens: request.max_tokens,
    }
}

pub(crate) fn lab_estimate(estimate: &patchbay_engine::LabEstimate) -> LabEstimate {
    LabEstimate {
        nano_usd: estimate
            .each
            .iter()
            .map(|cost| cost.map(|cost| cost.0))
            .collect(),
        total_nano_usd: estimate.total().map(|cost| cost.0),
        requests: estimate.requests,
    }
}

pub(crate) fn lab(lab: &Lab) -> LabView {
    let figures = lab.figures();
    LabView {
        id: lab.id.to_string(),
        started_at: lab.started_at.0,
        request: LabRequest {
            endpoints: lab.plan.endpoints.iter().map(endpoint).collect(),
            baseline: lab.plan.baseline,
            rounds: lab.plan.rounds,
            prompt: lab.plan.prompt.clone(),
            max_tokens: lab.plan.max_tokens,
        },
        done: u32::try_from(lab.samples.len()).unwrap_or(u32::MAX),
        total: lab.plan.requests(),
        is_stopped: lab.is_stopped,
        is_running: lab.is_running,
        rows: lab
            .plan
            .endpoints
            .iter()
            .zip(&figures.rows)
            .map(|(of, figures)| row(endpoint(of), figures))
            .collect(),
        cost: cost(figures.cost),
    }
}

fn row(endpoint: patchbay_contract::requests::EndpointView, row: &LabRow) -> LabRowView {
    LabRowView {
        endpoint,
        name: row.name.clone(),
        answered: row.answered,
        failed: row.failed,
        failure: row.failure.clone(),
        first_token: row.first_token.map(figure),
        total: row.total.map(figure),
        added_first_token: row.added_first_token.map(figure),
        added_total: row.added_total.map(figure),
        cost: cost(row.cost),
    }
}

fn figure(median: Median) -> LabFigure {
    LabFigure {
        median: median.median,
        low: median.interval.map(|(low, _)| low),
        high: median.interval.map(|(_, high)| high),
        samples: u32::try_from(median.samples).unwrap_or(u32::MAX),
    }
}
