//! A web server for one file on loopback, which can stop in the middle and go on.

use std::convert::Infallible;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use futures::Stream;
use futures::stream;
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

const PIECE: u64 = 256 * 1024;

/// What the server has.
#[derive(Clone, Debug)]
pub enum Serving {
    /// A file as it is.
    File(PathBuf),
    /// A file of the right length with one byte changed.
    FileWithOneByteChanged(PathBuf),
}

/// A running server. It ends when it is dropped. Needs the runtime that it was started on.
#[derive(Debug)]
pub struct FileServer {
    address: SocketAddr,
    limit: watch::Sender<u64>,
    ranges: Arc<Mutex<Vec<Option<String>>>>,
    task: JoinHandle<()>,
}

struct Content {
    file: File,
    length: u64,
    is_damaged: bool,
    limit: watch::Receiver<u64>,
    ranges: Arc<Mutex<Vec<Option<String>>>>,
}

impl FileServer {
    /// Starts on a free port. No reply goes past the byte `limit` of the file before
    /// [`Self::release`].
    ///
    /// # Errors
    /// The file or a port cannot be had.
    pub async fn start(serving: Serving, limit: u64) -> Result<Self> {
        let (path, is_damaged) = match serving {
            Serving::File(path) => (path, false),
            Serving::FileWithOneByteChanged(path) => (path, true),
        };
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, receiver) = watch::channel(limit);
        let ranges = Arc::default();
        let content = Content {
            file,
            length,
            is_damaged,
            limit: receiver,
            ranges: Arc::clone(&ranges),
        };
        let task = tokio::spawn(serve(listener, Arc::new(content)));
        Ok(Self {
            address,
            limit: sender,
            ranges,
            task,
        })
    }

    /// The address of the file.
    pub fn url(&self) -> String {
        format!("http://{}/model.gguf", self.address)
    }

    /// Lets everything through from now on.
    pub fn release(&self) {
        self.limit.send_replace(u64::MAX);
    }

    /// The `Range` header of each request so far.
    pub fn ranges(&self) -> Vec<Option<String>> {
        self.ranges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for FileServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, content: Arc<Content>) {
    loop {
        let Ok((connection, _)) = listener.accept().await else {
            continue;
        };
        tokio::spawn(answer(connection, Arc::clone(&content)));
    }
}

async fn answer(connection: TcpStream, content: Arc<Content>) {
    let service = service_fn(|request| {
        let reply = content.reply(&request);
        async move { reply }
    });
    // An error here is a client that hung up, as one that cancels does.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}

type Body = StreamBody<futures::stream::BoxStream<'static, std::io::Result<Frame<Bytes>>>>;

impl Content {
    fn reply(self: &Arc<Self>, request: &Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let range = request
            .headers()
            .get(RANGE)
            .and_then(|range| range.to_str().ok());
        let from = range
            .and_then(|range| {
                range
                    .strip_prefix("bytes=")?
                    .strip_suffix('-')?
                    .parse()
                    .ok()
            })
            .filter(|from| *from < self.length);
        self.ranges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(range.map(str::to_owned));
        let (status, from) = match from {
            Some(from) => (StatusCode::PARTIAL_CONTENT, from),
            None => (StatusCode::OK, 0),
        };
        let body: Body = StreamBody::new(Box::pin(Arc::clone(self).pieces(from)));
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_LENGTH, (self.length - from).into());
        if status == StatusCode::PARTIAL_CONTENT {
            let range = format!("bytes {from}-{}/{}", self.length - 1, self.length);
            if let Ok(range) = range.parse() {
                headers.insert(CONTENT_RANGE, range);
            }
        }
        Ok(response)
    }

    fn pieces(self: Arc<Self>, from: u64) -> impl Stream<Item = std::io::Result<Frame<Bytes>>> {
        let limit = self.limit.clone();
        stream::unfold((self, limit, from), |(content, mut limit, at)| async move {
            if at >= content.length {
                return None;
            }
            // The server's end ends every wait.
            let until = *limit.wait_for(|limit| *limit > at).await.ok()?;
            let end = content.length.min(until).min(at + PIECE);
            let piece = content.piece(at, end).map(Frame::data);
            Some((piece, (content, limit, end)))
        })
    }

    fn piece(&self, from: u64, to: u64) -> std::io::Result<Bytes> {
        let mut piece = vec![0; usize::try_from(to - from).unwrap_or(0)];
        self.file.read_exact_at(&mut piece, from)?;
        // The last byte, so that everything that can be checked early looks right.
        if self.is_damaged
            && to == self.length
            && let Some(last) = piece.last_mut()
        {
            *last ^= 1;
        }
        Ok(piece.into())
    }
}
