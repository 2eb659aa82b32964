//! Files, over real sockets: resumed, checked, redirected, refused.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use patchbay_providers::{DownloadError, Expected, HttpClient, Progress, ProxyPolicy, fetch_file};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// How the server treats one request, in the order in which they come; the last one repeats.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// As asked, ranges included.
    Proper,
    /// The whole file, whatever was asked for.
    IgnoresRange,
    /// Half of what is left, then the connection breaks.
    BreaksOff,
    /// Announces one byte more than the file has.
    TooLong,
    /// Another file of the same size.
    Wrong,
    Status(u16),
    RedirectTo(&'static str),
}

struct FileServer {
    url: Url,
    ranges: Arc<Mutex<Vec<Option<u64>>>>,
}

fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn expected() -> Expected {
    let content = content();
    Expected {
        size: content.len() as u64,
        sha256: Sha256::digest(&content).into(),
    }
}

async fn serve(manners: &'static [Manner]) -> FileServer {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = Url::parse(&format!(
        "http://{}/model.gguf",
        listener.local_addr().unwrap()
    ))
    .unwrap();
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&ranges);
    tokio::spawn(async move {
        for count in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            let manner = manners[manners.len().min(count + 1) - 1];
            // Hanging up early is the client's right.
            let _ = reply(stream, manner, &seen).await;
        }
    });
    FileServer { url, ranges }
}

async fn reply(
    mut stream: TcpStream,
    manner: Manner,
    ranges: &Mutex<Vec<Option<u64>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(!head.contains("authorization"));
    let range = head
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes="));
    let from = range.map(|range| range.trim_end_matches('-').parse::<u64>().unwrap());
    ranges.lock().unwrap().push(from);
    let content = content();
    let start = match manner {
        Manner::IgnoresRange => 0,
        _ => usize::try_from(from.unwrap_or(0)).unwrap(),
    };
    let mut body = content[start..].to_vec();
    let mut announced = body.len();
    match manner {
        Manner::BreaksOff => body.truncate(body.len() / 2),
        Manner::TooLong => announced += 1,
        Manner::Wrong => body[0] ^= 1,
        _ => {}
    }
    let status = match manner {
        Manner::Status(status) => format!("{status} No\r\ncontent-length: 0\r\n\r\n"),
        Manner::RedirectTo(target) => {
            format!("302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n")
        }
        _ if start > 0 => format!(
            "206 Partial Content\r\ncontent-range: bytes {start}-{}/{}\r\ncontent-length: {announced}\r\n\r\n",
            content.len() - 1,
            content.len(),
        ),
        _ => format!("200 OK\r\ncontent-length: {announced}\r\n\r\n"),
    };
    stream
        .write_all(format!("HTTP/1.1 {status}").as_bytes())
        .await?;
    if !matches!(manner, Manner::Status(_) | Manner::RedirectTo(_)) {
        stream.write_all(&body).await?;
    }
    stream.shutdown().await
}

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("model.gguf")
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("model.gguf.part")
    }

    async fn fetch(&self, server: &FileServer) -> (Result<(), DownloadError>, Vec<Progress>) {
        let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
        let mut seen = Vec::new();
        let progress = |progress| seen.push(progress);
        let result = fetch_file(&http, &server.url, &self.file(), expected(), progress).await;
        (result, seen)
    }
}

#[tokio::test]
async fn a_file_arrives_whole_and_its_progress_only_grows() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    let (result, progress) = place.fetch(&server).await;
    result.unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), content());
    assert!(!place.part().exists());
    assert!(progress.is_sorted_by_key(|progress| progress.received));
    assert_eq!(progress.first().unwrap().received, 0);
    assert_eq!(progress.last().unwrap().received, expected().size);
    // A second time there is nothing to do.
    place.fetch(&server).await.0.unwrap();
    assert_eq!(server.ranges.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_broke_off() {
    let (server, place) = (
        serve(&[Manner::BreaksOff, Manner::Proper]).await,
        Place::new(),
    );
    let error = place.fetch(&server).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::Transport(_)), "{error:?}");
    assert!(!place.file().exists());
    let kept = std::fs::metadata(place.part()).unwrap().len();
    assert!(kept > 0 && kept < expected().size);
    let (result, progress) = place.fetch(&server).await;
    result.unwrap();
    assert_eq!(progress[0].received, kept);
    assert_eq!(server.ranges.lock().unwrap()[1], Some(kept));
    assert_eq!(std::fs::read(place.file()).unwrap(), content());
}

#[tokio::test]
async fn a_server_without_ranges_starts_again() {
    let (server, place) = (
        serve(&[Manner::BreaksOff, Manner::IgnoresRange]).await,
        Place::new(),
    );
    place.fetch(&server).await.0.unwrap_err();
    place.fetch(&server).await.0.unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), content());
}

#[tokio::test]
async fn a_wrong_file_is_removed_and_a_right_one_can_follow() {
    let (server, place) = (serve(&[Manner::Wrong, Manner::Proper]).await, Place::new());
    let error = place.fetch(&server).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error:?}");
    assert!(!place.file().exists() && !place.part().exists());
    place.fetch(&server).await.0.unwrap();
}

#[tokio::test]
async fn a_wrong_half_from_an_earlier_try_does_not_stay() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    std::fs::write(place.part(), vec![7; 1_000]).unwrap();
    let error = place.fetch(&server).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::Checksum { .. }), "{error:?}");
    place.fetch(&server).await.0.unwrap();
    // One that is longer than the file can only be wrong.
    std::fs::remove_file(place.file()).unwrap();
    std::fs::write(place.part(), vec![7; content().len() + 1]).unwrap();
    place.fetch(&server).await.0.unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_fetched_again() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    let mut damaged = content();
    damaged[5] ^= 1;
    std::fs::write(place.file(), damaged).unwrap();
    place.fetch(&server).await.0.unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), content());
}

#[tokio::test]
async fn a_refusal_a_wrong_size_and_an_unsafe_redirect_are_told_apart() {
    let place = Place::new();
    let error = place
        .fetch(&serve(&[Manner::Status(404)]).await)
        .await
        .0
        .unwrap_err();
    assert!(matches!(error, DownloadError::Status(404)), "{error:?}");
    let error = place
        .fetch(&serve(&[Manner::TooLong]).await)
        .await
        .0
        .unwrap_err();
    assert!(matches!(error, DownloadError::Size { .. }), "{error:?}");
    let away = serve(&[Manner::RedirectTo("http://example.invalid/model.gguf")]).await;
    let error = place.fetch(&away).await.0.unwrap_err();
    assert!(matches!(error, DownloadError::UnsafeRedirect), "{error:?}");
}

#[tokio::test]
async fn a_redirect_within_this_computer_is_followed() {
    let (server, place) = (
        serve(&[Manner::RedirectTo("/mirror/model.gguf"), Manner::Proper]).await,
        Place::new(),
    );
    place.fetch(&server).await.0.unwrap();
    assert_eq!(server.ranges.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_file_from_elsewhere_comes_over_https_only() {
    let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
    let url = Url::parse("http://example.invalid/model.gguf").unwrap();
    let error = fetch_file(&http, &url, &Place::new().file(), expected(), |_| {})
        .await
        .unwrap_err();
    assert!(matches!(error, DownloadError::NotSecure), "{error:?}");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_says_how_much_is_missing() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    std::os::unix::fs::symlink("/dev/full", place.part()).unwrap();
    let error = place.fetch(&server).await.0.unwrap_err();
    assert!(
        matches!(error, DownloadError::DiskFull { needed } if needed > 0),
        "{error:?}"
    );
    assert!(!place.file().exists());
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
    let missing = place.folder.path().join("nowhere/model.gguf");
    let error = fetch_file(&http, &server.url, &missing, expected(), |_| {})
        .await
        .unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn dropping_a_download_keeps_what_came() {
    let (server, place) = (serve(&[Manner::Proper]).await, Place::new());
    let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut begun = Some(begun);
    let progress = move |progress: Progress| {
        if progress.received > 0
            && let Some(begun) = begun.take()
        {
            begun.send(()).unwrap();
        }
    };
    let file = place.file();
    {
        let fetching = fetch_file(&http, &server.url, &file, expected(), progress);
        tokio::select! {
            biased;
            _ = has_begun => {}
            result = fetching => result.unwrap(),
        }
    }
    // Either it was dropped in the middle, or it was quicker than that; both can go on.
    place.fetch(&server).await.0.unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), content());
}
