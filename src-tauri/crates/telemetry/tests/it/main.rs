//! What a collector is sent, decoded as a collector decodes it.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::{Request, Response};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use patchbay_domain::receipt::Timings;
use patchbay_domain::run::{MadeBecause, Outcome};
use patchbay_domain::{
    Attempt, AttemptId, AttemptStatus, Clock, Cost, CostKind, Endpoint, Failure, FailureClass,
    FinishReason, NanoUsd, ProviderId, RunId, UnixMillis, Usage,
};
use patchbay_telemetry::{Post, RunTold, Telemetry, TelemetrySettings};
use prost::Message as _;
use secrecy::SecretString;

/// A collector that answers as it is told, and keeps what it was sent.
#[derive(Clone)]
struct Collector {
    answer: Result<u16, String>,
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Collector {
    fn answering(answer: Result<u16, String>) -> Self {
        Self {
            answer,
            requests: Arc::default(),
        }
    }

    fn of(&self, path: &str) -> Vec<Request<Bytes>> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .filter(|request| request.uri().path() == path)
            .cloned()
            .collect()
    }

    fn spans(&self) -> Vec<Span> {
        let bodies = self.of("/v1/traces").into_iter();
        bodies
            .map(|request| ExportTraceServiceRequest::decode(request.into_body()).unwrap())
            .flat_map(|sent| sent.resource_spans)
            .flat_map(|of_resource| of_resource.scope_spans)
            .flat_map(|of_scope| of_scope.spans)
            .collect()
    }

    fn metrics(&self) -> BTreeMap<String, Metric> {
        let bodies = self.of("/v1/metrics").into_iter();
        bodies
            .map(|request| ExportMetricsServiceRequest::decode(request.into_body()).unwrap())
            .flat_map(|sent| sent.resource_metrics)
            .flat_map(|of_resource| of_resource.scope_metrics)
            .flat_map(|of_scope| of_scope.metrics)
            .map(|metric| (metric.name.clone(), metric))
            .collect()
    }
}

impl Post for Collector {
    fn post(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, String>> {
        self.requests.lock().unwrap().push(request);
        let answer = self.answer.clone().map(|status| {
            Response::builder()
                .status(status)
                .body(Bytes::new())
                .unwrap()
        });
        async move { answer }.boxed()
    }
}

#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(5_000)
    }

    fn monotonic_millis(&self) -> u64 {
        0
    }
}

const RUN: [u8; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

fn attempt(ordinal: u32, provider: &str) -> Attempt {
    Attempt {
        id: AttemptId::from_bytes([u8::try_from(ordinal).unwrap() + 100; 16]),
        run: RunId::from_bytes(RUN),
        ordinal,
        endpoint: Endpoint {
            provider: ProviderId::new(provider),
            model: "gpt-4o-mini".to_owned(),
        },
        provider_name: provider.to_uppercase(),
        key_label: Some("the label of a key".to_owned()),
        key_id: None,
        started_at: UnixMillis(1_000),
        timings: Timings {
            opened: Some(40),
            first_token: Some(300),
            ended: Some(1_500),
        },
        status: AttemptStatus::Answered,
        failure: None,
        left_because: None,
        finish_reason: Some(FinishReason::Stop),
        served_model: None,
        served_by: None,
        request_id: None,
        malformed_events: 0,
        warnings: Vec::new(),
        usage: Some(Usage {
            input: 100,
            cache_read: 20,
            output: 30,
            reasoning: 12,
            ..Usage::ZERO
        }),
        raw_usage: None,
        rates: None,
        price_tag: None,
        service_tier: None,
        reported_cost: None,
        cost: Cost {
            amount: Some(NanoUsd(2_500_000)),
            kind: CostKind::Computed,
        },
        reserved: None,
        list: None,
        model_key: None,
        replaced_text: Some("half an answer".to_owned()),
        made_because: MadeBecause::First,
        continues_at: None,
        data_policy: None,
    }
}

fn failed(ordinal: u32, provider: &str) -> Attempt {
    let message = "the words of an error, which may hold anything".to_owned();
    let failure = Failure {
        status: Some(529),
        ..Failure::new(FailureClass::Overloaded, message)
    };
    Attempt {
        status: AttemptStatus::Failed,
        failure: Some(failure),
        finish_reason: None,
        usage: None,
        cost: Cost::UNKNOWN,
        timings: Timings {
            opened: None,
            first_token: None,
            ended: Some(80),
        },
        ..attempt(ordinal, provider)
    }
}

fn told<'a>(outcome: &'a Outcome, attempts: &'a [Attempt]) -> RunTold<'a> {
    RunTold {
        run: RunId::from_bytes(RUN),
        origin: "gateway",
        purpose: "answer",
        is_embedding: false,
        app: Some("editor"),
        route: Some("fast"),
        model: "gpt-4o-mini",
        started_at: UnixMillis(1_000),
        ended_at: UnixMillis(2_600),
        outcome,
        attempts,
    }
}

fn start(collector: &Collector, header: Option<&str>) -> Telemetry {
    let settings = TelemetrySettings {
        is_on: true,
        address: "http://127.0.0.1:4318".to_owned(),
        header: header.map(ToOwned::to_owned),
        scheme: header.map(|_| "Basic".to_owned()),
    };
    let secret = SecretString::from("made-up");
    Telemetry::start(
        &settings,
        Some(&secret),
        "1.2.3",
        Arc::new(collector.clone()),
        Arc::new(StoppedClock),
    )
    .unwrap()
}

fn words(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let pairs = attributes.iter().map(|pair| {
        let value = pair.value.clone().unwrap().value.unwrap();
        let text = match value {
            Value::StringValue(text) => text,
            Value::IntValue(number) => number.to_string(),
            Value::DoubleValue(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        (pair.key.clone(), text)
    });
    pairs.collect()
}

const ANSWERED: Outcome = Outcome::Answered {
    reason: FinishReason::Stop,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_is_one_trace_with_a_span_of_each_attempt() {
    let collector = Collector::answering(Ok(200));
    let telemetry = start(&collector, None);
    let attempts = [failed(0, "anthropic"), attempt(1, "google")];
    telemetry.tell(&told(&ANSWERED, &attempts));
    let delivery = telemetry.flush().await;
    assert_eq!(delivery.problem, None);
    assert_eq!(delivery.last_at, Some(UnixMillis(5_000)));
    assert!(delivery.batches >= 2, "spans and metrics");

    let spans = collector.spans();
    assert_eq!(spans.len(), 3);
    assert!(spans.iter().all(|span| span.trace_id == RUN));
    let run = spans
        .iter()
        .find(|span| span.parent_span_id.is_empty())
        .unwrap();
    assert_eq!(run.kind, SpanKind::Server as i32);
    assert_eq!(run.name, "patchbay answer");
    assert_eq!(run.start_time_unix_nano, 1_000_000_000);
    assert_eq!(run.end_time_unix_nano, 2_600_000_000);
    let of_run = words(&run.attributes);
    assert_eq!(of_run["patchbay.app"], "editor");
    assert_eq!(of_run["patchbay.route"], "fast");
    assert_eq!(of_run["patchbay.attempts"], "2");
    assert_eq!(of_run["patchbay.cost.usd"], "0.0025");

    let children: Vec<_> = spans
        .iter()
        .filter(|span| span.parent_span_id == run.span_id)
        .collect();
    assert_eq!(children.len(), 2);
    assert!(children.iter().all(|span| span.name == "chat gpt-4o-mini"));
    let first = words(&children[0].attributes);
    assert_eq!(first["gen_ai.provider.name"], "anthropic");
    assert_eq!(first["error.type"], "overloaded");
    assert_eq!(first["http.response.status_code"], "529");
    assert_eq!(
        children[0].status.as_ref().unwrap().code,
        StatusCode::Error as i32
    );
    assert!(!first.contains_key("patchbay.cost.usd"), "nobody knows it");
    let second = words(&children[1].attributes);
    assert_eq!(second["gen_ai.provider.name"], "gcp.gemini");
    assert_eq!(second["gen_ai.usage.input_tokens"], "120");
    assert_eq!(second["gen_ai.usage.cache_read.input_tokens"], "20");
    assert_eq!(second["gen_ai.usage.output_tokens"], "42");
    assert_eq!(second["patchbay.time_to_first_token"], "0.3");
    assert_eq!(children[1].end_time_unix_nano, 2_500_000_000);
    telemetry.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_add_up_by_provider_and_app() {
    let collector = Collector::answering(Ok(200));
    let telemetry = start(&collector, None);
    let attempts = [failed(0, "anthropic"), attempt(1, "openai")];
    for _ in 0..3 {
        telemetry.tell(&told(&ANSWERED, &attempts));
    }
    telemetry.flush().await;
    let metrics = collector.metrics();
    let Some(Data::Sum(cost)) = &metrics["patchbay.cost"].data else {
        panic!("a counter");
    };
    let [point] = cost.data_points.as_slice() else {
        panic!("one provider had a cost");
    };
    assert_eq!(words(&point.attributes)["patchbay.app"], "editor");
    let Some(number_data_point::Value::AsDouble(dollars)) = point.value else {
        panic!("dollars");
    };
    assert!((dollars - 0.0075).abs() < 1e-12, "{dollars}");
    let Some(Data::Histogram(tokens)) = &metrics["gen_ai.client.token.usage"].data else {
        panic!("a histogram");
    };
    let sums: BTreeMap<_, _> = tokens
        .data_points
        .iter()
        .map(|point| {
            let labels = words(&point.attributes);
            (labels["gen_ai.token.type"].clone(), point.sum.unwrap())
        })
        .collect();
    assert_eq!(sums["input"], 360.0);
    assert_eq!(sums["output"], 126.0);
    let Some(Data::Histogram(duration)) = &metrics["gen_ai.client.operation.duration"].data else {
        panic!("a histogram");
    };
    assert_eq!(duration.data_points.len(), 2, "one failed, one did not");
    let Some(Data::Sum(unknown)) = &metrics["patchbay.cost.unknown"].data else {
        panic!("a counter");
    };
    assert_eq!(
        unknown.data_points[0].value,
        Some(number_data_point::Value::AsInt(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_and_no_key_is_sent_and_the_secret_only_in_its_header() {
    let collector = Collector::answering(Ok(200));
    let telemetry = start(&collector, Some("Authorization"));
    telemetry.tell(&told(
        &ANSWERED,
        &[failed(0, "openai"), attempt(1, "openai")],
    ));
    telemetry.flush().await;
    let requests = collector.requests.lock().unwrap().clone();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.headers()["authorization"], "Basic made-up");
        assert!(request.headers()["authorization"].is_sensitive());
        let body = String::from_utf8_lossy(request.body()).into_owned();
        for secret in [
            "half an answer",
            "words of an error",
            "label of a key",
            "made-up",
        ] {
            assert!(!body.contains(secret), "{secret}");
        }
    }
    assert!(!format!("{telemetry:?}").contains("made-up"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_collector_refuses_is_said_in_a_sentence() {
    let answers = [
        (Ok(401), "refuses the secret"),
        (Ok(404), "takes no OpenTelemetry"),
        (Ok(400), "does not take what it is sent"),
        (
            Err("Nothing answers there.".to_owned()),
            "Nothing answers there.",
        ),
    ];
    for (answer, words) in answers {
        let collector = Collector::answering(answer);
        let telemetry = start(&collector, None);
        telemetry.tell(&told(&ANSWERED, &[attempt(0, "openai")]));
        let delivery = telemetry.flush().await;
        assert_eq!(delivery.batches, 0);
        let problem = delivery.problem.unwrap();
        assert!(problem.contains(words), "{problem}");
    }
}
