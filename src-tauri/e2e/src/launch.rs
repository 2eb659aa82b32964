//! One start of the app: the driver, the session with its web engine, and the process itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::{Client, ClientBuilder};
use serde_json::json;

use crate::driver::Driver;
use crate::page::Page;
use crate::processes::{Process, Signal};
use crate::setup;
use crate::waiting::until;

/// Tells the processes of one start from all others.
const MARK: &str = "PATCHBAY_TEST_LAUNCH";

/// The driver does not say how the app ended, so a shell around it writes that down. Both files are
/// named by arguments, so that no path needs quoting.
const NOTE_HOW_IT_ENDS: &str = r#""$0" 2>>"$1"; echo $? >"$2""#;

const SESSION_WITHIN: Duration = Duration::from_secs(60);
const PAGE_WITHIN: Duration = Duration::from_secs(60);
/// A killed process goes only when the disk has taken what it was writing.
const DEAD_WITHIN: Duration = Duration::from_secs(60);

/// The app gives itself three seconds to close; the rest is the machine's.
const CLOSES_WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug)]
pub(crate) struct Launch {
    client: Client,
    app: Process,
    binary: PathBuf,
    exit_file: PathBuf,
    // Dropped in this order: a driver that ends leaves the app behind.
    processes: Marked,
    _driver: Driver,
}

impl Launch {
    /// Starts the app and waits for the first words in its window.
    pub(crate) async fn start(
        folder: &Path,
        mut environment: Vec<(OsString, Option<OsString>)>,
        size: Option<(u32, u32)>,
    ) -> Result<Self> {
        static LAUNCHES: AtomicU32 = AtomicU32::new(0);
        let binary = setup::binary()?;
        let number = LAUNCHES.fetch_add(1, Ordering::Relaxed);
        let mark = format!("{}-{number}", std::process::id());
        environment.push((MARK.into(), Some((&mark).into())));
        // tauri-driver, which stands between where these tests do not, sets the same two.
        for name in ["TAURI_AUTOMATION", "TAURI_WEBVIEW_AUTOMATION"] {
            environment.push((name.into(), Some("true".into())));
        }
        // Where there is no graphics card, pages are painted by a program that plays one, on threads
        // that starve on a busy machine: first frames then took half a minute. Painted without it and
        // without those threads they take milliseconds, and pictures of them as well.
        for (name, value) in [
            ("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1"),
            ("LP_NUM_THREADS", "0"),
        ] {
            environment.push((name.into(), Some(value.into())));
        }
        // With either of these, taking a picture of a page that stands still never ends.
        for name in [
            "WEBKIT_DISABLE_DMABUF_RENDERER",
            "WEBKIT_DISABLE_COMPOSITING_MODE",
        ] {
            environment.push((name.into(), None));
        }
        let terminal = folder.join("terminal.log");
        let exit_file = folder.join(format!("exit-{number}"));
        let driver = Driver::start(&environment, &folder.join("driver.log")).await?;
        let processes = Marked(mark);
        let client = connect(&driver, &binary, &terminal, &exit_file).await?;
        let app = processes
            .find()
            .into_iter()
            .find(|process| process.runs(&binary))
            .with_context(|| format!("no process runs {}", binary.display()))?;
        if let Some((width, height)) = size {
            client.set_window_size(width, height).await?;
        }
        let launch = Self {
            client,
            app,
            binary,
            exit_file,
            processes,
            _driver: driver,
        };
        let page = launch.page();
        until("the first words in the window", PAGE_WITHIN, async || {
            Ok((!page.text().await?.trim().is_empty()).then_some(()))
        })
        .await?;
        Ok(launch)
    }

    pub(crate) fn page(&self) -> Page {
        Page::new(self.client.clone())
    }

    /// Asks the app to end, as the system does when the person logs out. Returns how long it took.
    pub(crate) async fn close_cleanly(self) -> Result<Duration> {
        let asked = Instant::now();
        self.app.signal(Signal::TERM)?;
        let status = self.wait_for_end(CLOSES_WITHIN).await?;
        ensure!(status == 0, "the app ended with status {status}");
        Ok(asked.elapsed())
    }

    /// Ends the app as a crash does. Returns the moment.
    pub(crate) async fn kill_nine(self) -> Result<Instant> {
        let killed = Instant::now();
        // For a moment after it forks, a helper of the web engine looks like the app.
        let all = self.processes.find().into_iter();
        for process in all.filter(|process| process.runs(&self.binary)) {
            // Such a helper may be gone again; whether the app ends is looked at below.
            let _ = process.signal(Signal::KILL);
        }
        self.wait_for_end(DEAD_WITHIN).await?;
        Ok(killed)
    }

    async fn wait_for_end(&self, limit: Duration) -> Result<i32> {
        until("the app to end", limit, async || {
            let Ok(status) = std::fs::read_to_string(&self.exit_file) else {
                return Ok(None);
            };
            Ok(status.trim().parse().ok())
        })
        .await
    }
}

/// All processes of one start: the app, its web engine, the shell around them.
#[derive(Debug)]
struct Marked(String);

impl Marked {
    fn find(&self) -> Vec<Process> {
        Process::with_variable(MARK, &self.0)
    }
}

impl Drop for Marked {
    fn drop(&mut self) {
        for process in self.find() {
            // It may have ended meanwhile.
            let _ = process.signal(Signal::KILL);
        }
    }
}

async fn connect(
    driver: &Driver,
    binary: &Path,
    terminal: &Path,
    exit_file: &Path,
) -> Result<Client> {
    let options = json!({
        "binary": "/bin/sh",
        "args": ["-c", NOTE_HOW_IT_ENDS, binary, terminal, exit_file],
    });
    let capabilities = [("webkitgtk:browserOptions".to_owned(), options)];
    let mut builder = ClientBuilder::rustls()?;
    builder.capabilities(capabilities.into_iter().collect());
    let url = driver.url();
    let connected = tokio::time::timeout(SESSION_WITHIN, builder.connect(&url)).await;
    let printed = || std::fs::read_to_string(terminal).unwrap_or_default();
    match connected {
        Ok(Ok(client)) => Ok(client),
        Ok(Err(error)) => Err(error).context(format!("no window. The app printed:\n{}", printed())),
        Err(_) => bail!(
            "no window in {SESSION_WITHIN:?}. The app printed:\n{}",
            printed()
        ),
    }
}
