//! Where Google's own tools leave credentials.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use patchbay_domain::{Failure, FailureClass};

use super::key_file::KeyFile;

/// Beyond this it is no such file.
const LARGEST_FILE: u64 = 64 * 1024;

/// Reads the file at `path`, or at the usual place.
pub(super) async fn read(path: Option<&Path>) -> Result<KeyFile, Failure> {
    let place = path
        .map(Path::to_owned)
        .or_else(|| usual_place(|name| std::env::var_os(name)));
    let text = match place {
        Some(place) => text_of(&place).await,
        None => None,
    };
    let text = text.ok_or_else(|| {
        Failure::new(
            FailureClass::KeyMissing,
            "There are no application default credentials on this computer. \
             Run \"gcloud auth application-default login\", or enter a service account's file.",
        )
    })?;
    KeyFile::read(&text)
        .map_err(|error| Failure::new(FailureClass::Authentication, error.to_string()))
}

async fn text_of(path: &Path) -> Option<String> {
    let size = tokio::fs::metadata(path).await.ok()?.len();
    if size > LARGEST_FILE {
        return None;
    }
    tokio::fs::read_to_string(path).await.ok()
}

/// `GOOGLE_APPLICATION_CREDENTIALS` names the file itself, the other variables the folder.
fn usual_place(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let filled = |name| variable(name).filter(|value| !value.is_empty());
    if let Some(file) = filled("GOOGLE_APPLICATION_CREDENTIALS") {
        return Some(file.into());
    }
    let folder = if let Some(folder) = filled("CLOUDSDK_CONFIG") {
        PathBuf::from(folder)
    } else if cfg!(windows) {
        PathBuf::from(filled("APPDATA")?).join("gcloud")
    } else {
        PathBuf::from(filled("HOME")?)
            .join(".config")
            .join("gcloud")
    };
    Some(folder.join("application_default_credentials.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_are_asked_in_googles_order() {
        let place = |set: &[(&str, &str)]| {
            usual_place(|name| {
                let found = set.iter().find(|(known, _)| *known == name)?;
                Some(found.1.into())
            })
        };
        let home = [("HOME", "me"), ("APPDATA", "me")];
        assert!(
            place(&home)
                .unwrap()
                .ends_with("gcloud/application_default_credentials.json")
        );
        let folder = [home[0], home[1], ("CLOUDSDK_CONFIG", "conf")];
        assert_eq!(
            place(&folder),
            Some(PathBuf::from("conf").join("application_default_credentials.json"))
        );
        let file = [folder[2], ("GOOGLE_APPLICATION_CREDENTIALS", "key.json")];
        assert_eq!(place(&file), Some(PathBuf::from("key.json")));
        assert_eq!(
            place(&[("HOME", ""), ("GOOGLE_APPLICATION_CREDENTIALS", "")]),
            None
        );
    }
}
