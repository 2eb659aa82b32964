//! An OpenTelemetry collector that keeps what it is sent.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;

/// A request that the collector took or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// `/v1/traces` or `/v1/metrics`.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// Protocol buffers, in which names and words stand as they are.
    pub body: Vec<u8>,
}

impl Collected {
    /// Whether these words are in it.
    pub fn holds(&self, words: &str) -> bool {
        self.body
            .windows(words.len())
            .any(|window| window == words.as_bytes())
    }
}

/// A collector on this computer. Dropping it ends it.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    expected: Option<String>,
    seen: Mutex<Vec<Collected>>,
}

impl Collector {
    /// Starts one that wants this in the header `Authorization`, and answers 401 to everything else.
    ///
    /// # Errors
    /// Where the system has no port or no thread.
    pub fn start(expected: Option<&str>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            expected: expected.map(ToOwned::to_owned),
            seen: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (end, ends) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("collector".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = serve(listener, serving) => {}
                        _ = ends => {}
                    }
                });
                runtime.shutdown_background();
            })?;
        Ok(Self {
            address,
            shared,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// Its address, as a person types it.
    pub fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that it was sent so far.
    pub fn seen(&self) -> Vec<Collected> {
        let seen = self.shared.seen.lock();
        seen.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed by then.
            let _ = thread.join();
        }
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let service = service_fn(move |request| take(Arc::clone(&shared), request));
        drop(tokio::spawn(
            http1::Builder::new().serve_connection(TokioIo::new(socket), service),
        ));
    }
}

async fn take(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Empty<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let authorization = head
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .map(ToOwned::to_owned);
    let path = head.uri.path().to_owned();
    let is_known = matches!(path.as_str(), "/v1/traces" | "/v1/metrics");
    let is_welcome = shared.expected.is_none() || shared.expected == authorization;
    let body = body.collect().await.map(|body| body.to_bytes().to_vec());
    let collected = Collected {
        path,
        authorization,
        body: body.unwrap_or_default(),
    };
    let seen = shared.seen.lock();
    seen.unwrap_or_else(PoisonError::into_inner).push(collected);
    let mut response = Response::new(Empty::new());
    *response.status_mut() = match (is_known, is_welcome) {
        (false, _) => StatusCode::NOT_FOUND,
        (true, false) => StatusCode::UNAUTHORIZED,
        (true, true) => StatusCode::OK,
    };
    Ok(response)
}
