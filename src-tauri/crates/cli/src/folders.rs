//! Where things are on this computer, for the window and without it.

use std::io;
use std::path::{Path, PathBuf};

/// The name of Patchbay's folder in the system's folder for the data of programs. The same stands in
/// the desktop's configuration, whose framework would make the same path of it.
pub const IDENTIFIER: &str = "app.patchbay.desktop";

/// The environment variable that moves the data folder.
pub const DATA_VARIABLE: &str = "PATCHBAY_DATA_DIR";

/// The environment variable that moves the models folder.
pub const MODELS_VARIABLE: &str = "PATCHBAY_MODELS_DIR";

/// The folders of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// History, settings, backups.
    pub data: PathBuf,
    /// Model files.
    pub models: PathBuf,
    /// Log files.
    pub logs: PathBuf,
}

impl Folders {
    /// The folder from the command line, else from the environment, else the system's usual place.
    ///
    /// # Errors
    /// None was named, and the system knows no home for the person.
    pub fn find(data: Option<&Path>) -> io::Result<Self> {
        Self::find_with(data, |name| std::env::var_os(name).map(PathBuf::from))
    }

    fn find_with(
        data: Option<&Path>,
        variable: impl Fn(&str) -> Option<PathBuf>,
    ) -> io::Result<Self> {
        let from_environment = |name| variable(name).filter(|value| !value.as_os_str().is_empty());
        let data = data
            .map(Path::to_owned)
            .or_else(|| from_environment(DATA_VARIABLE))
            .or_else(|| Some(dirs::data_dir()?.join(IDENTIFIER)))
            .ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    "the system names no home folder for this person",
                )
            })?;
        // A relative folder would mean another one as soon as the working directory changes.
        let data = std::path::absolute(&data).unwrap_or(data);
        let models = from_environment(MODELS_VARIABLE).unwrap_or_else(|| data.join("models"));
        let logs = data.join("logs");
        Ok(Self { data, models, logs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<PathBuf> {
        None
    }

    /// The framework of the window puts the identifier of this file behind the system's folder.
    #[test]
    fn the_folder_is_named_after_the_windows_identifier() {
        let configuration = include_str!("../../../tauri.conf.json");
        let configuration: serde_json::Value = serde_json::from_str(configuration).unwrap();
        assert_eq!(configuration["identifier"], IDENTIFIER);
        let usual = Folders::find_with(None, nothing).unwrap();
        assert_eq!(usual.data, dirs::data_dir().unwrap().join(IDENTIFIER));
        assert_eq!(usual.models, usual.data.join("models"));
    }

    #[test]
    fn an_argument_wins_over_a_variable_and_an_empty_variable_is_none() {
        let folder = std::env::temp_dir();
        let variable = |name: &str| match name {
            DATA_VARIABLE => Some(folder.join("variable")),
            _ => Some(PathBuf::new()),
        };
        let found = Folders::find_with(None, variable).unwrap();
        assert_eq!(found.data, folder.join("variable"));
        assert_eq!(found.models, found.data.join("models"));
        let named = folder.join("argument");
        let found = Folders::find_with(Some(&named), variable).unwrap();
        assert_eq!(found.data, named);
        let relative = Folders::find_with(Some(Path::new("here")), nothing).unwrap();
        assert!(relative.data.is_absolute());
    }
}
