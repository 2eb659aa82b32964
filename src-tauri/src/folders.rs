//! Where things are on this computer.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager};

/// The environment variable that moves the data folder.
pub(crate) const DATA_VARIABLE: &str = "PATCHBAY_DATA_DIR";

/// The environment variable that moves the models folder.
pub(crate) const MODELS_VARIABLE: &str = "PATCHBAY_MODELS_DIR";

/// The folders of this process.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    /// History, settings, backups.
    pub(crate) data: PathBuf,
    /// Model files.
    pub(crate) models: PathBuf,
    /// Log files.
    pub(crate) logs: PathBuf,
}

impl Folders {
    /// The folder from the command line, else from the environment, else the system's usual place.
    pub(crate) fn find(app: &AppHandle, data: Option<&Path>) -> tauri::Result<Self> {
        let from_environment = |name| {
            std::env::var_os(name)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from)
        };
        let data = match data
            .map(Path::to_owned)
            .or_else(|| from_environment(DATA_VARIABLE))
        {
            Some(folder) => folder,
            None => app.path().app_data_dir()?,
        };
        // A relative folder would mean another one as soon as the working directory changes.
        let data = std::path::absolute(&data).unwrap_or(data);
        let models = from_environment(MODELS_VARIABLE).unwrap_or_else(|| data.join("models"));
        let logs = data.join("logs");
        Ok(Self { data, models, logs })
    }
}
