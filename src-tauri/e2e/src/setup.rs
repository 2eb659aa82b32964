//! How an app is to be started for a test.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// What the app finds in its models folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Models {
    /// The local model, fetched and checked by the set-up of the tests.
    #[default]
    Present,
    /// Nothing, in a folder of the test's own.
    Missing,
}

/// What the desktop asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The usual one.
    #[default]
    Light,
    /// `prefers-color-scheme: dark`.
    Dark,
}

/// How to start the app.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub(crate) environment: Vec<(OsString, Option<OsString>)>,
    pub(crate) models: Models,
    pub(crate) theme: Theme,
    pub(crate) size: Option<(u32, u32)>,
}

impl Setup {
    /// As a person with the local model starts it.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the models folder so.
    #[must_use]
    pub fn models(mut self, models: Models) -> Self {
        self.models = models;
        self
    }

    /// On a desktop of this theme.
    #[must_use]
    pub fn theme(mut self, theme: Theme) -> Self {
        self.theme = theme;
        self
    }

    /// In a window of this size, in pixels.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// With this variable in its environment.
    #[must_use]
    pub fn variable(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), Some(value.into())));
        self
    }

    /// As on a machine without any session bus, and so without a keychain.
    #[must_use]
    pub fn no_bus(self) -> Self {
        self.variable("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    }
}

/// The top of this source tree.
pub(crate) fn top() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// Where pictures go.
pub(crate) fn pictures() -> PathBuf {
    top().join("target/e2e")
}

/// The binary under test.
///
/// # Errors
/// It is not built.
pub(crate) fn binary() -> Result<PathBuf> {
    let binary = env::var_os("PATCHBAY_APP")
        .map_or_else(|| top().join("target/debug/patchbay"), PathBuf::from);
    ensure!(
        binary.is_file(),
        "{} is not there. Build it with `npm run build` in ui and `cargo build -p patchbay \
         --features custom-protocol`, or let `cargo xtask test` do all of it.",
        binary.display()
    );
    Ok(binary.canonicalize()?)
}

/// The folder with the local model that tests use.
///
/// # Errors
/// The model is not there.
pub fn test_models() -> Result<PathBuf> {
    let folder = env::var_os("PATCHBAY_TEST_MODELS_DIR")
        .map_or_else(|| top().join("target/models"), PathBuf::from);
    let has_model = folder.read_dir().is_ok_and(|entries| {
        let names = entries.flatten().map(|entry| entry.file_name());
        names
            .into_iter()
            .any(|name| name.to_string_lossy().ends_with(".gguf"))
    });
    ensure!(
        has_model,
        "There is no model in {}. `cargo xtask setup` fetches it.",
        folder.display()
    );
    Ok(folder)
}
