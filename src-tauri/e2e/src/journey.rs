//! One test through the window, from start to end, with everything that must be put away after it.

use std::any::Any;
use std::env;
use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use futures::FutureExt as _;
use patchbay_testkit::TemporaryHome;

use crate::app::Patchbay;
use crate::page::Page;
use crate::setup::{self, Setup};

/// A picture of a page that goes on changing, or of one that is stuck, may never come.
const PICTURE_WITHIN: Duration = Duration::from_secs(20);
const PRINTED_CHARACTERS: usize = 4_000;

/// One test. It holds every app that the test started, so that a failure can be looked at before
/// they end.
#[derive(Debug)]
pub struct Journey {
    name: &'static str,
    apps: Mutex<Vec<Patchbay>>,
}

/// Runs a test through the window. When it fails, takes longer than `limit` or panics, the error holds
/// the text of each window, and its picture is under `target/e2e`. Every process ends with it.
///
/// # Errors
/// What `steps` failed with, or that it took too long or panicked.
pub fn journey(
    name: &'static str,
    limit: Duration,
    steps: impl AsyncFnOnce(&Journey) -> Result<()>,
) -> Result<()> {
    ensure!(
        env::var_os("DISPLAY").is_some_and(|display| !display.is_empty()),
        "These tests open a real window and there is no display. `cargo xtask test` brings one."
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let journey = Journey {
            name,
            apps: Mutex::default(),
        };
        let failed = journey.pictures().join(format!("{name}-failed.png"));
        // A picture of an earlier failure would mislead.
        let _ = fs::remove_file(&failed);
        let steps = AssertUnwindSafe(steps(&journey)).catch_unwind();
        let outcome = match tokio::time::timeout(limit, steps).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => Err(anyhow!("panicked: {}", panic_words(&*panic))),
            Err(_) => Err(anyhow!("the journey took longer than {limit:?}")),
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(journey.look_around(failed).await)),
        }
    })
}

fn panic_words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without words")
}

impl Journey {
    /// Opens a window on a new data folder.
    ///
    /// # Errors
    /// It does not open.
    pub async fn start(&self, setup: Setup) -> Result<(Patchbay, Page)> {
        let app = self.prepare(setup)?;
        let page = app.open().await?;
        Ok((app, page))
    }

    /// An app on a new data folder, not opened yet.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn prepare(&self, setup: Setup) -> Result<Patchbay> {
        Ok(self.add(Patchbay::new(Arc::new(TemporaryHome::new()?), setup)))
    }

    /// A second app on the data folder of another, not opened yet.
    pub fn prepare_beside(&self, other: &Patchbay, setup: Setup) -> Patchbay {
        self.add(Patchbay::new(Arc::clone(other.home()), setup))
    }

    /// Takes a picture of the page for people to look at, as `target/e2e/screens/<name>.png`.
    ///
    /// # Errors
    /// There is none in time, or it cannot be written.
    pub async fn photograph(&self, page: &Page, name: &str) -> Result<()> {
        let folder = self.pictures().join("screens");
        fs::create_dir_all(&folder)?;
        picture(page, folder.join(format!("{name}.png"))).await
    }

    fn pictures(&self) -> PathBuf {
        setup::pictures()
    }

    fn add(&self, app: Patchbay) -> Patchbay {
        self.apps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(app.clone());
        app
    }

    fn apps(&self) -> Vec<Patchbay> {
        self.apps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What there is to see when the test has failed.
    async fn look_around(&self, failed: PathBuf) -> String {
        let mut report = format!("the journey \"{}\" failed", self.name);
        for (number, app) in self.apps().into_iter().enumerate() {
            if let Ok(page) = app.page() {
                let text = tokio::time::timeout(PICTURE_WITHIN, page.text()).await;
                let text = text.map_err(anyhow::Error::from).flatten();
                let text = text.unwrap_or_else(|error| format!("(cannot be read: {error:#})"));
                let file = match number {
                    0 => failed.clone(),
                    _ => failed.with_extension(format!("{number}.png")),
                };
                let seen = match picture(&page, file.clone()).await {
                    Ok(()) => format!("picture: {}", file.display()),
                    Err(error) => format!("no picture: {error:#}"),
                };
                report += &format!("\n--- window {number}, {seen}\n{text}");
            }
            let printed = app.printed();
            let skipped = printed.chars().count().saturating_sub(PRINTED_CHARACTERS);
            let printed: String = printed.chars().skip(skipped).collect();
            report += &format!("\n--- app {number} printed\n{printed}");
        }
        report
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        for app in self.apps() {
            app.abandon();
        }
    }
}

async fn picture(page: &Page, file: PathBuf) -> Result<()> {
    let bytes = tokio::time::timeout(PICTURE_WITHIN, page.picture())
        .await
        .context("the picture did not come in time")??;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&file, bytes).with_context(|| file.display().to_string())
}
