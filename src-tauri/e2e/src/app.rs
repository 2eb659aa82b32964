//! The app under test: one data folder, and one process after the other on it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use patchbay_testkit::TemporaryHome;

use crate::data_folder::DataFolder;
use crate::launch::Launch;
use crate::page::Page;
use crate::setup::{Models, Setup, Theme, binary, test_models};

/// The app on a data folder of its own. Cheap to clone: all clones are the same app. The journey ends
/// its process.
#[derive(Clone, Debug)]
pub struct Patchbay(Arc<App>);

#[derive(Debug)]
struct App {
    home: Arc<TemporaryHome>,
    setup: Setup,
    launch: Mutex<Option<Launch>>,
}

impl Patchbay {
    pub(crate) fn new(home: Arc<TemporaryHome>, setup: Setup) -> Self {
        let launch = Mutex::new(None);
        Self(Arc::new(App {
            home,
            setup,
            launch,
        }))
    }

    pub(crate) fn home(&self) -> &Arc<TemporaryHome> {
        &self.0.home
    }

    /// Opens the window. Returns its page.
    ///
    /// # Errors
    /// It is open, or does not open.
    pub async fn open(&self) -> Result<Page> {
        ensure!(self.lock().is_none(), "the window is open already");
        let environment = self.environment()?;
        let launch = Launch::start(self.0.home.path(), environment, self.0.setup.size).await?;
        let page = launch.page();
        *self.lock() = Some(launch);
        Ok(page)
    }

    /// The page of the open window.
    ///
    /// # Errors
    /// No window is open.
    pub fn page(&self) -> Result<Page> {
        Ok(self.lock().as_ref().context("no window is open")?.page())
    }

    /// Asks the process to end and waits for it: with status 0, within three seconds. Returns how
    /// long it took.
    ///
    /// # Errors
    /// It did not.
    pub async fn close_cleanly(&self) -> Result<Duration> {
        self.take()?.close_cleanly().await
    }

    /// Ends the process with `kill -9`. Returns the moment.
    ///
    /// # Errors
    /// No process is running.
    pub async fn kill_nine(&self) -> Result<Instant> {
        self.take()?.kill_nine().await
    }

    /// Closes cleanly and opens again on the same data folder.
    ///
    /// # Errors
    /// As [`Self::close_cleanly`] and [`Self::open`].
    pub async fn restart(&self) -> Result<Page> {
        self.close_cleanly().await?;
        self.open().await
    }

    /// Runs its program for a script, on its data folder and without a display. Returns standard output,
    /// standard error and the exit code.
    ///
    /// # Errors
    /// It is not built, or its output is no text.
    pub async fn script(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<(String, String, i32)> {
        let mut command = Command::new(binary()?);
        command.args(arguments).stdin(Stdio::null());
        for (name, value) in self.environment()? {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .envs(variables.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let code = output.status.code().context("a signal ended it")?;
        let text = |bytes| String::from_utf8(bytes);
        Ok((text(output.stdout)?, text(output.stderr)?, code))
    }

    /// Its data folder.
    pub fn data(&self) -> DataFolder {
        DataFolder(self.0.home.data_folder())
    }

    /// Its models folder.
    ///
    /// # Errors
    /// The models that tests use are not there.
    pub fn models_folder(&self) -> Result<PathBuf> {
        match self.0.setup.models {
            Models::Present => test_models(),
            Models::Missing => Ok(self.0.home.path().join("models")),
        }
    }

    /// What its processes and the driver printed so far.
    pub fn printed(&self) -> String {
        ["terminal.log", "driver.log"]
            .map(|name| std::fs::read_to_string(self.0.home.path().join(name)).unwrap_or_default())
            .concat()
    }

    /// Ends whatever runs. Nothing is asked and nothing waited for.
    pub(crate) fn abandon(&self) {
        drop(self.lock().take());
    }

    fn take(&self) -> Result<Launch> {
        self.lock().take().context("no window is open")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Launch>> {
        self.0.launch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn environment(&self) -> Result<Vec<(OsString, Option<OsString>)>> {
        let set = |name: &str, value: OsString| (OsString::from(name), Some(value));
        let mut environment: Vec<_> = std::env::vars_os()
            .map(|(name, _)| name)
            .filter(|name| belongs_to_the_developer(&name.to_string_lossy()))
            .map(|name| (name, None))
            .collect();
        let home = self.0.home.environment().into_iter();
        environment.extend(home.map(|(name, folder)| set(name, folder.into())));
        environment.push(set("PATCHBAY_MODELS_DIR", self.models_folder()?.into()));
        if self.0.setup.theme == Theme::Dark {
            environment.push(set("GTK_THEME", "Adwaita:dark".into()));
        }
        environment.extend(self.0.setup.environment.iter().cloned());
        Ok(environment)
    }
}

/// Keys are a fallback of the app, and no test may find real ones. A proxy would stand between the app
/// and the servers of the test.
fn belongs_to_the_developer(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.ends_with("_API_KEY") || name.ends_with("_PROXY")
}
