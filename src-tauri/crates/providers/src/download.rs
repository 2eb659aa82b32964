//! Fetches one large file, such as the local model: resumed where it broke off, checked before it
//! gets its name.
//!
//! No key is sent, so redirects may be followed here, as file hosts demand.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::StreamExt as _;
use http::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use patchbay_domain::Failure;
use reqwest::{Response, StatusCode};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::base_url::is_loopback;
use crate::errors::transport_failure;
use crate::http_client::{HttpClient, HttpClientError};
use crate::scrub::Scrubber;

/// No byte for this long, and the download is given up; what came is kept for the next try.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
const PIECE_BYTES: usize = 256 * 1024;

/// What the file must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes on disk, those of earlier tries included.
    pub received: u64,
    /// Bytes in all.
    pub total: u64,
}

/// Why a file could not be fetched. What was received stays for the next try, unless it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// Not `https`, and not this computer either.
    #[error("A file is fetched over https only.")]
    NotSecure,
    /// The HTTP client could not be set up.
    #[error(transparent)]
    Client(#[from] HttpClientError),
    /// The network, or the server's certificate.
    #[error("The file could not be fetched: {0}")]
    Transport(#[source] Failure),
    /// A status that is no file.
    #[error("The server answered with status {0} instead of the file.")]
    Status(u16),
    /// A redirect to a place that is not safe.
    #[error("The server redirected to an address that is not secure.")]
    UnsafeRedirect,
    /// Silence in the middle.
    #[error("The server fell silent. What was received is kept: try again to go on from there.")]
    Stalled,
    /// Fewer or more bytes than the file has.
    #[error("The file has {found} bytes instead of {expected}.")]
    Size {
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that came, or were announced.
        found: u64,
    },
    /// The right size and the wrong content. It was removed.
    #[error("The file is not the one that was expected, and was removed: its checksum is {found}.")]
    Checksum {
        /// The SHA-256 that it has.
        found: String,
    },
    /// No room.
    #[error("The disk is full. Free {needed} bytes, then try again to go on from there.")]
    DiskFull {
        /// Bytes that are still missing.
        needed: u64,
    },
    /// Reading or writing failed for another reason.
    #[error("{path} could not be written.")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Fetches `url` into `destination`, through `destination` with `.part` at its end.
///
/// `progress` is called after each piece. Dropping the future cancels; the next call goes on where it
/// broke off, if the server can. A file that is there and right is not fetched again.
///
/// # Errors
/// Says what went wrong, and in the error's own words what to do.
pub async fn fetch_file(
    http: &HttpClient,
    url: &Url,
    destination: &Path,
    expected: Expected,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<(), DownloadError> {
    if url.scheme() != "https" && !is_loopback(url) {
        return Err(DownloadError::NotSecure);
    }
    if file_size(destination).await == Some(expected.size)
        && hash_file(destination).await?.finalize() == expected.sha256.into()
    {
        return Ok(());
    }
    let part = part_path(destination);
    let mut writer = PartWriter::open(&part, expected, &mut progress).await?;
    if writer.received < expected.size {
        let response = request(http, url, writer.received).await?;
        writer.receive(response).await?;
    }
    writer.finish(destination).await
}

async fn request(http: &HttpClient, url: &Url, from: u64) -> Result<Response, DownloadError> {
    let mut request = http
        .for_download(url)?
        .get(url.clone())
        .header(ACCEPT_ENCODING, "identity");
    if from > 0 {
        request = request.header(RANGE, format!("bytes={from}-"));
    }
    let sent = tokio::time::timeout(SILENCE_LIMIT, request.send()).await;
    let response = sent
        .map_err(|_| DownloadError::Stalled)?
        .map_err(|error| transport(&error))?;
    match response.status() {
        status if status.is_success() => Ok(response),
        status if status.is_redirection() => Err(DownloadError::UnsafeRedirect),
        status => Err(DownloadError::Status(status.as_u16())),
    }
}

fn transport(error: &reqwest::Error) -> DownloadError {
    DownloadError::Transport(transport_failure(error, &Scrubber::default()))
}

/// The file that grows, and its checksum so far.
///
/// A piece is written in place, not on another thread: it goes to the system's cache in microseconds,
/// and no write is ever under way after a download was dropped and begun again.
struct PartWriter<'a> {
    path: &'a Path,
    file: File,
    hasher: Sha256,
    received: u64,
    expected: Expected,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl<'a> PartWriter<'a> {
    async fn open(
        path: &'a Path,
        expected: Expected,
        progress: &'a mut (dyn FnMut(Progress) + Send),
    ) -> Result<Self, DownloadError> {
        let (hasher, received) = match file_size(path).await {
            Some(size) if size <= expected.size => (hash_file(path).await?, size),
            _ => (Sha256::new(), 0),
        };
        let mut options = File::options();
        let options = options
            .create(true)
            .write(true)
            .append(received > 0)
            .truncate(received == 0);
        let file = options
            .open(path)
            .map_err(|source| file_error(path, source, 0))?;
        let mut writer = Self {
            path,
            file,
            hasher,
            received,
            expected,
            progress,
        };
        writer.report();
        Ok(writer)
    }

    fn report(&mut self) {
        (self.progress)(Progress {
            received: self.received,
            total: self.expected.size,
        });
    }

    async fn receive(&mut self, response: Response) -> Result<(), DownloadError> {
        if response.status() != StatusCode::PARTIAL_CONTENT || !self.continues(&response) {
            self.start_again()?;
        }
        if let Some(length) = response.content_length() {
            let found = self.received.saturating_add(length);
            if found != self.expected.size {
                return Err(DownloadError::Size {
                    expected: self.expected.size,
                    found,
                });
            }
        }
        let mut pieces = response.bytes_stream();
        loop {
            let piece = tokio::time::timeout(SILENCE_LIMIT, pieces.next()).await;
            let Some(piece) = piece.map_err(|_| DownloadError::Stalled)? else {
                break;
            };
            self.write(&piece.map_err(|error| transport(&error))?)?;
        }
        Ok(())
    }

    /// Whether the server goes on exactly where the file ends.
    fn continues(&self, response: &Response) -> bool {
        let range = response
            .headers()
            .get(CONTENT_RANGE)
            .and_then(|range| range.to_str().ok());
        range.is_some_and(|range| range.starts_with(&format!("bytes {}-", self.received)))
    }

    fn start_again(&mut self) -> Result<(), DownloadError> {
        if self.received == 0 {
            return Ok(());
        }
        self.file
            .set_len(0)
            .map_err(|source| file_error(self.path, source, 0))?;
        self.hasher = Sha256::new();
        self.received = 0;
        self.report();
        Ok(())
    }

    fn write(&mut self, piece: &[u8]) -> Result<(), DownloadError> {
        let found = self.received.saturating_add(piece.len() as u64);
        if found > self.expected.size {
            return Err(DownloadError::Size {
                expected: self.expected.size,
                found,
            });
        }
        let missing = self.expected.size - self.received;
        self.file
            .write_all(piece)
            .map_err(|source| file_error(self.path, source, missing))?;
        self.hasher.update(piece);
        self.received = found;
        self.report();
        Ok(())
    }

    async fn finish(self, destination: &Path) -> Result<(), DownloadError> {
        let missing = self.expected.size - self.received;
        let file = self.file;
        on_blocking_thread(move || file.sync_all())
            .await
            .map_err(|source| file_error(self.path, source, missing))?;
        if missing > 0 {
            return Err(DownloadError::Size {
                expected: self.expected.size,
                found: self.received,
            });
        }
        let digest = self.hasher.finalize();
        if digest == self.expected.sha256.into() {
            let named = tokio::fs::rename(self.path, destination).await;
            return named.map_err(|source| file_error(destination, source, 0));
        }
        let removed = tokio::fs::remove_file(self.path).await;
        removed.map_err(|source| file_error(self.path, source, 0))?;
        let mut found = String::new();
        for byte in digest {
            // Writing to a string cannot fail.
            let _ = write!(found, "{byte:02x}");
        }
        Err(DownloadError::Checksum { found })
    }
}

fn part_path(destination: &Path) -> PathBuf {
    let mut name = destination.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

async fn file_size(path: &Path) -> Option<u64> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    metadata.is_file().then_some(metadata.len())
}

async fn hash_file(path: &Path) -> Result<Sha256, DownloadError> {
    let owned = path.to_owned();
    let read = on_blocking_thread(move || {
        let mut file = File::open(owned)?;
        let mut hasher = Sha256::new();
        let mut piece = vec![0; PIECE_BYTES];
        loop {
            let count = file.read(&mut piece)?;
            if count == 0 {
                return Ok(hasher);
            }
            hasher.update(&piece[..count]);
        }
    });
    read.await.map_err(|source| file_error(path, source, 0))
}

/// What takes as long as the disk does: neither hashing nor syncing changes the file.
async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn file_error(path: &Path, source: io::Error, needed: u64) -> DownloadError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            DownloadError::DiskFull { needed }
        }
        _ => DownloadError::File {
            path: path.to_owned(),
            source,
        },
    }
}
