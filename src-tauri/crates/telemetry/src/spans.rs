//! A run and its attempts as spans: one trace a run, whose id is the run's, so that either finds the
//! other.
//!
//! Names are those of OpenTelemetry's conventions for generative AI; what they have no word for begins
//! with `patchbay.`.

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Array, InstrumentationScope, KeyValue, StringValue, Value};
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanLinks};
use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, AttemptStatus, NanoUsd, RunId, UnixMillis, Usage};

/// A run that is over, as a collector is told of it: no word of what was asked or answered.
#[derive(Clone, Copy, Debug)]
pub struct RunTold<'a> {
    /// Its id.
    pub run: RunId,
    /// Who wanted it: `chat`, `compare`, `gateway` or `lab`.
    pub origin: &'a str,
    /// What it was for: `answer`, `judge` or `merge`.
    pub purpose: &'a str,
    /// Vectors were wanted, and no answer.
    pub is_embedding: bool,
    /// The app that asked through the gateway.
    pub app: Option<&'a str>,
    /// The route that was taken, by its name.
    pub route: Option<&'a str>,
    /// The model that was wanted, as its provider spells it.
    pub model: &'a str,
    /// When it began.
    pub started_at: UnixMillis,
    /// When it ended.
    pub ended_at: UnixMillis,
    /// How.
    pub outcome: &'a Outcome,
    /// All that were asked.
    pub attempts: &'a [Attempt],
}

/// What the conventions call the operation.
pub(crate) fn operation(told: &RunTold<'_>) -> &'static str {
    if told.is_embedding {
        "embeddings"
    } else {
        "chat"
    }
}

/// The span of the run, and one of each attempt.
pub(crate) fn spans(told: &RunTold<'_>, scope: &InstrumentationScope) -> Vec<SpanData> {
    let trace = TraceId::from_bytes(told.run.into_bytes());
    let root = span_id(told.run.into_bytes());
    let mut all = vec![SpanData {
        span_context: context(trace, root),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: if told.app.is_some() {
            SpanKind::Server
        } else {
            SpanKind::Internal
        },
        name: format!("patchbay {}", told.purpose).into(),
        start_time: moment(told.started_at),
        end_time: moment(told.ended_at),
        attributes: of_run(told),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: match told.outcome {
            Outcome::Failed { failure } => Status::error(failure.class.as_str()),
            Outcome::Answered { .. } => Status::Ok,
            Outcome::Stopped | Outcome::Interrupted => Status::Unset,
        },
        instrumentation_scope: scope.clone(),
    }];
    for attempt in told.attempts {
        let started = moment(attempt.started_at);
        let took = Duration::from_millis(attempt.timings.ended.unwrap_or(0));
        all.push(SpanData {
            span_context: context(trace, span_id(attempt.id.into_bytes())),
            parent_span_id: root,
            parent_span_is_remote: false,
            span_kind: SpanKind::Client,
            name: format!("{} {}", operation(told), attempt.endpoint.model).into(),
            start_time: started,
            end_time: started + took,
            attributes: of_attempt(told, attempt),
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: match attempt.status {
                AttemptStatus::Failed => Status::error(error_type(attempt).unwrap_or("failed")),
                AttemptStatus::Answered => Status::Ok,
                _ => Status::Unset,
            },
            instrumentation_scope: scope.clone(),
        });
    }
    all
}

/// A span of no run, by which a person sees that spans arrive.
pub(crate) fn test_span(at: UnixMillis, scope: &InstrumentationScope) -> SpanData {
    let id = u64::try_from(at.0).unwrap_or(0).max(1);
    SpanData {
        span_context: context(TraceId::from(u128::from(id)), SpanId::from(id)),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "patchbay test".into(),
        start_time: moment(at),
        end_time: moment(at),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Ok,
        instrumentation_scope: scope.clone(),
    }
}

/// Why an attempt failed, in one of few words; `None` where it did not.
pub(crate) fn error_type(attempt: &Attempt) -> Option<&'static str> {
    Some(attempt.failure.as_ref()?.class.as_str())
}

/// The provider by the conventions' own list of names, and where it has none by ours.
pub(crate) fn provider_name(attempt: &Attempt) -> String {
    match attempt.endpoint.provider.as_str() {
        "google" => "gcp.gemini".to_owned(),
        "vertex" => "gcp.vertex_ai".to_owned(),
        other => other.to_owned(),
    }
}

/// All tokens that were read, and all that were written.
pub(crate) fn tokens(usage: &Usage) -> (u64, u64) {
    (usage.total_input(), usage.total_output())
}

fn of_run(told: &RunTold<'_>) -> Vec<KeyValue> {
    let mut all = vec![
        KeyValue::new("patchbay.run.id", told.run.to_string()),
        KeyValue::new("patchbay.origin", told.origin.to_owned()),
        KeyValue::new("gen_ai.request.model", told.model.to_owned()),
        KeyValue::new("patchbay.attempts", whole(told.attempts.len() as u64)),
    ];
    let optional = [("patchbay.app", told.app), ("patchbay.route", told.route)];
    for (name, value) in optional {
        if let Some(value) = value {
            all.push(KeyValue::new(name, value.to_owned()));
        }
    }
    let known: Vec<i64> = told
        .attempts
        .iter()
        .filter_map(|attempt| attempt.cost.amount)
        .map(|amount| amount.0)
        .collect();
    if !known.is_empty() {
        let sum = known.into_iter().fold(0_i64, i64::saturating_add);
        all.push(KeyValue::new("patchbay.cost.usd", dollars(NanoUsd(sum))));
    }
    if let Outcome::Failed { failure } = told.outcome {
        all.push(KeyValue::new("error.type", failure.class.as_str()));
    }
    all
}

fn of_attempt(told: &RunTold<'_>, attempt: &Attempt) -> Vec<KeyValue> {
    let mut all = vec![
        KeyValue::new("gen_ai.operation.name", operation(told)),
        KeyValue::new("gen_ai.provider.name", provider_name(attempt)),
        KeyValue::new("gen_ai.request.model", attempt.endpoint.model.clone()),
        KeyValue::new(
            "gen_ai.response.model",
            attempt
                .served_model
                .clone()
                .unwrap_or_else(|| attempt.endpoint.model.clone()),
        ),
        KeyValue::new("patchbay.provider.name", attempt.provider_name.clone()),
        KeyValue::new("patchbay.because", attempt.made_because.as_str()),
        KeyValue::new("patchbay.cost.kind", attempt.cost.kind.as_str()),
    ];
    if let Some(reason) = attempt.finish_reason {
        let reasons = Array::String(vec![StringValue::from(reason.as_str())]);
        all.push(KeyValue::new(
            "gen_ai.response.finish_reasons",
            Value::Array(reasons),
        ));
    }
    if let Some(usage) = &attempt.usage {
        let (read, written) = tokens(usage);
        all.push(KeyValue::new("gen_ai.usage.input_tokens", whole(read)));
        all.push(KeyValue::new("gen_ai.usage.output_tokens", whole(written)));
        let cached = usage.cache_read.saturating_add(usage.audio_cache_read);
        let kept = usage.cache_write.saturating_add(usage.cache_write_long);
        let apart = [
            ("gen_ai.usage.cache_read.input_tokens", cached),
            ("gen_ai.usage.cache_creation.input_tokens", kept),
            ("gen_ai.usage.reasoning.output_tokens", usage.reasoning),
        ];
        for (name, count) in apart.into_iter().filter(|(_, count)| *count > 0) {
            all.push(KeyValue::new(name, whole(count)));
        }
    }
    if let Some(amount) = attempt.cost.amount {
        all.push(KeyValue::new("patchbay.cost.usd", dollars(amount)));
    }
    if let Some(millis) = attempt.timings.first_token {
        all.push(KeyValue::new(
            "patchbay.time_to_first_token",
            seconds(millis),
        ));
    }
    if let Some(host) = &attempt.served_by {
        all.push(KeyValue::new("patchbay.served_by", host.clone()));
    }
    if let Some(id) = &attempt.request_id {
        all.push(KeyValue::new("patchbay.provider.request_id", id.clone()));
    }
    if let Some(failure) = &attempt.failure {
        all.push(KeyValue::new("error.type", failure.class.as_str()));
        if let Some(status) = failure.status {
            all.push(KeyValue::new(
                "http.response.status_code",
                i64::from(status),
            ));
        }
    }
    all
}

fn context(trace: TraceId, span: SpanId) -> SpanContext {
    SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE)
}

/// The half of an id that is drawn by chance; the other half is a time.
fn span_id(id: [u8; 16]) -> SpanId {
    let [.., a, b, c, d, e, f, g, h] = id;
    SpanId::from_bytes([a, b, c, d, e, f, g, h])
}

fn moment(at: UnixMillis) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0))
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn seconds(millis: u64) -> f64 {
    millis as f64 / 1_000.0
}

pub(crate) fn dollars(amount: NanoUsd) -> f64 {
    amount.0 as f64 / 1e9
}
