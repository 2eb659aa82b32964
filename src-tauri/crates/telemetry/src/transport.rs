//! How a batch reaches the collector, and what is known of how it fared.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use opentelemetry_http::{HttpClient, HttpError};
use patchbay_domain::{Clock, UnixMillis};
use tokio::runtime::Handle;

/// Sends one request and reads its reply; the error is a sentence.
pub trait Post: Send + Sync {
    /// Sends it.
    fn post(&self, request: Request<Bytes>) -> BoxFuture<'static, Result<Response<Bytes>, String>>;
}

/// How sending fared so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Batches that the collector took since Patchbay started.
    pub batches: u64,
    /// When it took the last one.
    pub last_at: Option<UnixMillis>,
    /// Why it did not take the newest one, in a sentence.
    pub problem: Option<String>,
}

/// The SDK's HTTP client: ours, with the collector's secret, and with an eye on every reply.
pub(crate) struct Transport {
    pub(crate) post: Arc<dyn Post>,
    pub(crate) secret: Option<(HeaderName, HeaderValue)>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) delivery: Arc<Mutex<Delivery>>,
    /// The SDK sends from threads of its own, which have no runtime.
    pub(crate) runtime: Handle,
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Transport").finish_non_exhaustive()
    }
}

impl Transport {
    fn note(&self, outcome: Result<StatusCode, &str>) {
        let mut delivery = self.delivery.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(status) if status.is_success() => {
                delivery.batches = delivery.batches.saturating_add(1);
                delivery.last_at = Some(self.clock.now());
                delivery.problem = None;
            }
            Ok(status) => delivery.problem = Some(refused(status)),
            Err(sentence) => delivery.problem = Some(sentence.to_owned()),
        }
    }
}

fn refused(status: StatusCode) -> String {
    let number = status.as_u16();
    match number {
        401 | 403 => format!("The collector refuses the secret, or wants one ({number})."),
        404 | 405 => format!(
            "There is a server at this address, but it takes no OpenTelemetry over HTTP there ({number})."
        ),
        429 => "The collector is sent too much (429).".to_owned(),
        500.. => format!("The collector has a fault of its own ({number})."),
        _ => format!("The collector does not take what it is sent ({number})."),
    }
}

// The SDK's trait is made with this macro, and asks for it here.
#[async_trait::async_trait]
impl HttpClient for Transport {
    async fn send_bytes(&self, mut request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if let Some((name, value)) = &self.secret {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        let sent = self.runtime.spawn(self.post.post(request)).await;
        let outcome = match sent {
            Ok(outcome) => outcome,
            Err(_) => Err("Patchbay is closing.".to_owned()),
        };
        match &outcome {
            Ok(response) => self.note(Ok(response.status())),
            Err(sentence) => self.note(Err(sentence)),
        }
        outcome.map_err(Into::into)
    }
}
