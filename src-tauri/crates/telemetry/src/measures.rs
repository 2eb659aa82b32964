//! Counters and histograms over all attempts.

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter};
use patchbay_domain::Attempt;

use crate::spans::{RunTold, dollars, error_type, operation, provider_name, seconds, tokens};

/// Buckets that the conventions ask for, so that dashboards made for others fit.
const TOKEN_BUCKETS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
const SECOND_BUCKETS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// All instruments.
#[derive(Debug)]
pub(crate) struct Measures {
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
    first_token: Histogram<f64>,
    cost: Counter<f64>,
    unknown: Counter<u64>,
}

impl Measures {
    pub(crate) fn new(meter: &Meter) -> Self {
        let time = |name: &'static str, what: &'static str| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(what)
                .with_boundaries(SECOND_BUCKETS.to_vec())
                .build()
        };
        Self {
            tokens: meter
                .u64_histogram("gen_ai.client.token.usage")
                .with_unit("{token}")
                .with_description("Tokens that an attempt read or wrote")
                .with_boundaries(TOKEN_BUCKETS.to_vec())
                .build(),
            duration: time(
                "gen_ai.client.operation.duration",
                "How long an attempt took",
            ),
            first_token: time(
                "patchbay.time_to_first_token",
                "How long an attempt took to its first token",
            ),
            cost: meter
                .f64_counter("patchbay.cost")
                .with_unit("USD")
                .with_description("What attempts cost, as far as it is known")
                .build(),
            unknown: meter
                .u64_counter("patchbay.cost.unknown")
                .with_unit("{attempt}")
                .with_description("Attempts whose cost nobody knows")
                .build(),
        }
    }

    pub(crate) fn count(&self, told: &RunTold<'_>) {
        for attempt in told.attempts {
            self.count_one(told, attempt);
        }
    }

    fn count_one(&self, told: &RunTold<'_>, attempt: &Attempt) {
        let mut labels = vec![
            KeyValue::new("gen_ai.operation.name", operation(told)),
            KeyValue::new("gen_ai.provider.name", provider_name(attempt)),
            KeyValue::new("gen_ai.request.model", attempt.endpoint.model.clone()),
            KeyValue::new("patchbay.origin", told.origin.to_owned()),
        ];
        if let Some(app) = told.app {
            labels.push(KeyValue::new("patchbay.app", app.to_owned()));
        }
        let with = |more: KeyValue| {
            let mut all = labels.clone();
            all.push(more);
            all
        };
        if let Some(usage) = &attempt.usage {
            let (read, written) = tokens(usage);
            for (kind, count) in [("input", read), ("output", written)] {
                self.tokens
                    .record(count, &with(KeyValue::new("gen_ai.token.type", kind)));
            }
        }
        if let Some(millis) = attempt.timings.ended {
            let labels = match error_type(attempt) {
                Some(class) => with(KeyValue::new("error.type", class)),
                None => labels.clone(),
            };
            self.duration.record(seconds(millis), &labels);
        }
        if let Some(millis) = attempt.timings.first_token {
            self.first_token.record(seconds(millis), &labels);
        }
        match attempt.cost.amount {
            // A counter only grows; a cost is never below nothing.
            Some(amount) => self.cost.add(
                dollars(amount).max(0.0),
                &with(KeyValue::new(
                    "patchbay.cost.kind",
                    attempt.cost.kind.as_str(),
                )),
            ),
            None => self.unknown.add(1, &labels),
        }
    }
}
