//! What every answer says about who gave it: in headers, and in a field of its body.

use std::slice;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use patchbay_domain::{Attempt, Cost, NanoUsd};
use serde::Serialize;

use crate::answer::Answer;

/// The run, by which its receipt is found.
pub(crate) const RUN: HeaderName = HeaderName::from_static("x-patchbay-run");
const PROVIDER: HeaderName = HeaderName::from_static("x-patchbay-provider");
const MODEL: HeaderName = HeaderName::from_static("x-patchbay-model");
const ATTEMPTS: HeaderName = HeaderName::from_static("x-patchbay-attempts");
const COST: HeaderName = HeaderName::from_static("x-patchbay-cost-usd");
const NOTE: HeaderName = HeaderName::from_static("x-patchbay-note");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Who answered, as a field of the body.
#[derive(Debug, Serialize)]
pub(crate) struct Told<'a> {
    run: String,
    provider: &'a str,
    provider_name: &'a str,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    served_model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    served_by: Option<&'a str>,
    attempts: Vec<ToldAttempt<'a>>,
    /// `null` where nobody knows it.
    cost_usd: Option<f64>,
    cost_kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ToldAttempt<'a> {
    provider: &'a str,
    model: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_ms: Option<u64>,
}

impl<'a> Told<'a> {
    /// Of one answer; `None` where nobody was asked.
    pub(crate) fn of(answer: &'a Answer) -> Option<Self> {
        Self::of_all(slice::from_ref(answer))
    }

    /// Of several answers to one request, named after the first: who gave the last, and every attempt.
    pub(crate) fn of_all(answers: &'a [Answer]) -> Option<Self> {
        let first = answers.first()?;
        let last = attempts(answers).next_back()?;
        let cost = Cost::sum(attempts(answers).map(|attempt| attempt.cost));
        Some(Self {
            run: first.run.to_string(),
            provider: last.endpoint.provider.as_str(),
            provider_name: &last.provider_name,
            model: &last.endpoint.model,
            served_model: last.served_model.as_deref(),
            served_by: last.served_by.as_deref(),
            attempts: attempts(answers)
                .map(|attempt| ToldAttempt {
                    provider: attempt.endpoint.provider.as_str(),
                    model: &attempt.endpoint.model,
                    status: attempt.status.as_str(),
                    failure: attempt
                        .failure
                        .as_ref()
                        .map(|failure| failure.class.as_str()),
                    first_token_ms: attempt.timings.first_token,
                    total_ms: attempt.timings.ended,
                })
                .collect(),
            cost_usd: cost.amount.map(dollars),
            cost_kind: cost.kind.as_str(),
            note: first.note.as_deref(),
        })
    }
}

fn attempts(answers: &[Answer]) -> impl DoubleEndedIterator<Item = &Attempt> {
    answers.iter().flat_map(|answer| &answer.attempts)
}

/// Dollars as a number, for clients that know no other. The ledger counts whole nano-dollars.
pub(crate) fn dollars(amount: NanoUsd) -> f64 {
    amount.0 as f64 / 1e9
}

/// Adds what is known when the answers to a request begin, or where they are whole.
pub(crate) fn add_headers(headers: &mut HeaderMap, answers: &[Answer], is_over: bool) {
    let Some(first) = answers.first() else {
        return;
    };
    let runs: Vec<String> = answers
        .iter()
        .map(|answer| answer.run.to_string())
        .collect();
    headers.insert(RUN, header(&runs.join(", ")));
    headers.insert(REQUEST_ID, header(&first.run.to_string()));
    headers.insert(ATTEMPTS, header(&attempts(answers).count().to_string()));
    if let Some(last) = attempts(answers).next_back() {
        headers.insert(PROVIDER, header(last.endpoint.provider.as_str()));
        headers.insert(MODEL, header(&last.endpoint.model));
    }
    if let Some(note) = &first.note {
        headers.insert(NOTE, header(note));
    }
    let cost = Cost::sum(attempts(answers).map(|attempt| attempt.cost));
    if let Some(amount) = cost.amount.filter(|_| is_over) {
        headers.insert(COST, header(&format!("{:.9}", dollars(amount))));
    }
}

/// A header's value; what a header cannot hold becomes a question mark.
pub(crate) fn header(text: &str) -> HeaderValue {
    let plain: String = text
        .chars()
        .map(|sign| match sign {
            ' '..='~' => sign,
            '\u{201c}' | '\u{201d}' => '"',
            _ => '?',
        })
        .collect();
    HeaderValue::from_str(&plain).unwrap_or(HeaderValue::from_static(""))
}
