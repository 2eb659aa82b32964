//! The sender: switched on with settings, told of every run, flushed before the end.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanProcessor};
use patchbay_domain::{Clock, UnixMillis};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::measures::Measures;
use crate::settings::TelemetrySettings;
use crate::spans::{RunTold, spans, test_span};
use crate::transport::{Delivery, Post, Transport};

/// How often metrics are sent, and how long one export may take with all its retries.
const METRICS_EVERY: Duration = Duration::from_secs(30);
const EXPORT_LIMIT: Duration = Duration::from_secs(10);

/// Why it cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The secret cannot stand in a header, or the header's name is none.
    #[error("The collector's secret cannot be sent in a header: it holds a line break or worse.")]
    Secret,
    /// The SDK does not take the address.
    #[error("The collector's address cannot be used.")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
}

/// A sender that is on.
pub struct Telemetry {
    inner: Arc<Inner>,
    delivery: Arc<Mutex<Delivery>>,
}

struct Inner {
    scope: InstrumentationScope,
    spans: BatchSpanProcessor,
    meters: SdkMeterProvider,
    measures: Measures,
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Telemetry")
            .field("delivery", &self.delivery())
            .finish_non_exhaustive()
    }
}

impl Telemetry {
    /// Begins to send to the address of `settings`, which were checked before. To be called within a
    /// tokio runtime. `version` is Patchbay's.
    ///
    /// # Errors
    /// The secret or the address cannot be used.
    pub fn start(
        settings: &TelemetrySettings,
        secret: Option<&SecretString>,
        version: &str,
        post: Arc<dyn Post>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TelemetryError> {
        let delivery = Arc::new(Mutex::new(Delivery::default()));
        let transport = Arc::new(Transport {
            post,
            secret: header(settings, secret)?,
            clock,
            delivery: Arc::clone(&delivery),
            runtime: Handle::current(),
        });
        // Not by the environment's variables: whoever set up Patchbay here means this address.
        let resource = Resource::builder_empty()
            .with_attributes([
                KeyValue::new("service.name", "patchbay"),
                KeyValue::new("service.version", version.to_owned()),
            ])
            .build();
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::clone(&transport) as _)
            .with_endpoint(format!("{}/v1/traces", settings.address))
            .with_timeout(EXPORT_LIMIT)
            .build()
            .map_err(TelemetryError::Exporter)?;
        opentelemetry_sdk::trace::SpanExporter::set_resource(&mut exporter, &resource);
        let metrics = MetricExporter::builder()
            .with_http()
            .with_shared_http_client(transport as _)
            .with_endpoint(format!("{}/v1/metrics", settings.address))
            .with_timeout(EXPORT_LIMIT)
            .build()
            .map_err(TelemetryError::Exporter)?;
        let meters = SdkMeterProvider::builder()
            .with_resource(resource)
            .with_reader(
                PeriodicReader::builder(metrics)
                    .with_interval(METRICS_EVERY)
                    .build(),
            )
            .build();
        let scope = InstrumentationScope::builder("patchbay")
            .with_version(version.to_owned())
            .build();
        let measures = Measures::new(&meters.meter_with_scope(scope.clone()));
        Ok(Self {
            inner: Arc::new(Inner {
                scope,
                spans: BatchSpanProcessor::builder(exporter).build(),
                meters,
                measures,
            }),
            delivery,
        })
    }

    /// Tells of a run that is over. Never waits; where more comes than can be sent, spans are lost and
    /// metrics are not.
    pub fn tell(&self, told: &RunTold<'_>) {
        for span in spans(told, &self.inner.scope) {
            self.inner.spans.on_end(span);
        }
        self.inner.measures.count(told);
    }

    /// How sending fared so far.
    pub fn delivery(&self) -> Delivery {
        self.delivery
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Tells of nothing: a span that says that it is a test.
    pub fn tell_test(&self, at: UnixMillis) {
        self.inner.spans.on_end(test_span(at, &self.inner.scope));
    }

    /// Sends everything that waits, and says how that fared.
    pub async fn flush(&self) -> Delivery {
        self.on_a_thread(Inner::flush).await;
        self.delivery()
    }

    /// Sends what waits and ends. Nothing is sent afterwards.
    pub async fn stop(&self) {
        self.on_a_thread(Inner::stop).await;
    }

    /// The SDK waits by blocking. On a thread that nobody has to wait for: whoever closes gives up
    /// sooner than a collector that does not answer.
    async fn on_a_thread(&self, work: fn(&Inner)) {
        let inner = Arc::clone(&self.inner);
        let (done, is_done) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || {
                work(&inner);
                // Whoever waited may have given up.
                let _ = done.send(());
            });
        match thread {
            Ok(_) => drop(is_done.await),
            Err(error) => tracing::warn!(%error, "telemetry has no thread to be sent on"),
        }
    }
}

impl Inner {
    // What went wrong is known from the replies; see `Delivery`.
    fn flush(&self) {
        let _ = self.spans.force_flush();
        let _ = self.meters.force_flush();
    }

    fn stop(&self) {
        let _ = self.spans.shutdown_with_timeout(EXPORT_LIMIT);
        let _ = self.meters.shutdown_with_timeout(EXPORT_LIMIT);
    }
}

fn header(
    settings: &TelemetrySettings,
    secret: Option<&SecretString>,
) -> Result<Option<(HeaderName, HeaderValue)>, TelemetryError> {
    let (Some(name), Some(secret)) = (&settings.header, secret) else {
        return Ok(None);
    };
    let name = name
        .parse::<HeaderName>()
        .map_err(|_| TelemetryError::Secret)?;
    let secret = secret.expose_secret();
    let value = match &settings.scheme {
        Some(scheme) => HeaderValue::try_from(format!("{scheme} {secret}")),
        None => HeaderValue::from_str(secret),
    };
    let mut value = value.map_err(|_| TelemetryError::Secret)?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
