//! Listening, and the limits that hold every connection before anything of it is understood.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use patchbay_engine::Engine;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::limits::Limits;
use crate::routes::{Shared, router};

/// How long a client may take to send the head of a request, and how long it may be silent before
/// the next one.
const HEAD_LIMIT: Duration = Duration::from_secs(30);

/// The most bytes of a request's head.
const HEAD_BYTES: usize = 64 * 1024;

/// The most headers.
const HEADERS: usize = 100;

/// How long answers may take to end once the gateway is to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// How it listens.
#[derive(Clone, Debug)]
pub struct GatewayOptions {
    /// The port on `127.0.0.1`; 0 for any free one.
    pub port: u16,
    /// Connections at once; more wait to be accepted.
    pub connections: usize,
    /// The most bytes of a request's body.
    pub body_bytes: usize,
    /// How long a request's body may take to arrive.
    pub body_limit: Duration,
}

impl GatewayOptions {
    /// The port that it has where nobody chose one.
    pub const PORT: u16 = 4180;
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            port: Self::PORT,
            connections: 512,
            body_bytes: 64 * 1024 * 1024,
            body_limit: Duration::from_secs(60),
        }
    }
}

/// Why it does not listen.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// Another program has the port.
    #[error("Port {0} is used by another program.")]
    PortTaken(u16),
    /// The system refuses.
    #[error("The gateway cannot listen on port {port}.")]
    Listen {
        /// Which port.
        port: u16,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl GatewayError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::PortTaken(_) => "Choose another port, or end the program that has it.",
            Self::Listen { .. } => "Choose a port above 1023.",
        }
    }
}

/// A gateway that listens. Dropping it stops it.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Gateway {
    /// Begins to listen.
    ///
    /// # Errors
    /// The port is taken, or the system refuses it.
    pub async fn start(engine: Arc<Engine>, options: GatewayOptions) -> Result<Self, GatewayError> {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
        let listener = TcpListener::bind(wanted)
            .await
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::AddrInUse => GatewayError::PortTaken(options.port),
                _ => GatewayError::Listen {
                    port: options.port,
                    source,
                },
            })?;
        let address = listener
            .local_addr()
            .map_err(|source| GatewayError::Listen {
                port: options.port,
                source,
            })?;
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let connections = Arc::new(Semaphore::new(options.connections));
        let shared = Arc::new(Shared {
            engine,
            limits: Limits::default(),
            port: address.port(),
            options,
        });
        let accepting = accept(listener, shared, connections, stop.clone(), tasks.clone());
        tasks.spawn(accepting);
        Ok(Self {
            address,
            stop,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Refuses what is new, and gives what is being answered two seconds.
    pub async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(FAREWELL, self.tasks.wait())
            .await
            .is_err()
        {
            tracing::info!("answers of the gateway were cut off, since it was stopped");
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    connections: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let service = TowerToHyperService::new(router(shared));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                // Out of files, mostly: others have to end first.
                tracing::warn!(%error, "a connection to the gateway was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let (service, stop) = (service.clone(), stop.clone());
        tasks.spawn(async move {
            serve(socket, service, stop).await;
            drop(permit);
        });
    }
}

async fn serve(
    socket: TcpStream,
    service: TowerToHyperService<axum::Router>,
    stop: CancellationToken,
) {
    // A token of an answer is a small packet that somebody waits for.
    let _ = socket.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the gateway broke");
    }
}
