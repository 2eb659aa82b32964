//! Files that a person asked for: written by Rust into the folder for downloads, under a name of their
//! own, so that the web view needs no way to the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use patchbay_contract::spend::SavedFile;
use patchbay_contract::{ErrorCode, IpcError};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_opener::OpenerExt as _;

/// So many files of one name lie beside each other; then something else is wrong.
const MOST_OF_A_NAME: u32 = 1_000;

/// The longest name without its ending, in bytes: file systems take 255 with it, and a number may follow.
const LONGEST_STEM: usize = 120;

/// Names that Windows keeps for devices, whatever ending they have.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Writes a file into the person's folder for downloads, or into the home folder where there is none.
/// The name is made safe, and no file that is there is written over: "name (2).html".
///
/// # Errors
/// There is no such folder, or it cannot be written.
pub(crate) async fn save(
    app: &AppHandle,
    name: &str,
    bytes: Vec<u8>,
) -> Result<SavedFile, IpcError> {
    let folder = folder(app)?;
    let name = name.to_owned();
    let written = tauri::async_runtime::spawn_blocking(move || {
        let result = write_new(&folder, &name, &bytes);
        (folder, bytes.len(), result)
    });
    let failed = |detail: String, folder: Option<&Path>| IpcError {
        detail: Some(detail),
        ..IpcError::new(
            ErrorCode::Internal,
            folder.map_or_else(
                || "The file could not be written.".to_owned(),
                |folder| format!("The file could not be written to {}.", folder.display()),
            ),
            "See whether the folder can be written and the disk has room, or copy it instead.",
        )
    };
    match written.await {
        Ok((folder, length, Ok(name))) => Ok(SavedFile {
            name,
            folder: folder.display().to_string(),
            bytes: u64::try_from(length).unwrap_or(u64::MAX),
        }),
        Ok((folder, _, Err(error))) => Err(failed(error.to_string(), Some(&folder))),
        Err(error) => Err(failed(error.to_string(), None)),
    }
}

/// An empty file of that name, made for something that is written piece by piece.
pub(crate) struct Reserved {
    folder: PathBuf,
    name: String,
}

impl Reserved {
    /// Where it lies.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Takes it away again: nothing came of it.
    pub(crate) fn give_up(self) {
        // Half a file would look like a whole one.
        let _ = fs::remove_file(self.path());
    }

    /// What is told of it when it is whole.
    pub(crate) fn saved(self, bytes: u64) -> SavedFile {
        SavedFile {
            folder: self.folder.display().to_string(),
            name: self.name,
            bytes,
        }
    }
}

/// Takes a name in the person's folder for downloads, as [`save`] does.
///
/// # Errors
/// There is no such folder, or it cannot be written.
pub(crate) async fn reserve(app: &AppHandle, name: &str) -> Result<Reserved, IpcError> {
    let saved = save(app, name, Vec::new()).await?;
    Ok(Reserved {
        folder: PathBuf::from(saved.folder),
        name: saved.name,
    })
}

/// Shows a file that was saved here, in the folder that it lies in.
///
/// # Errors
/// The name is not one of ours, the file is gone, or no program of this computer shows folders.
pub(crate) fn reveal(app: &AppHandle, name: &str) -> Result<(), IpcError> {
    let gone = || {
        IpcError::new(
            ErrorCode::NotFound,
            "This file is not there any more.",
            "Save it again.",
        )
    };
    let (stem, ending) = safe(name);
    // A name that was made safe stays as it is: another one would lead elsewhere.
    if format!("{stem}{ending}") != name {
        return Err(gone());
    }
    let path = folder(app)?.join(name);
    if !path.is_file() {
        return Err(gone());
    }
    app.opener()
        .reveal_item_in_dir(path)
        .map_err(|error| IpcError {
            detail: Some(error.to_string()),
            ..IpcError::new(
                ErrorCode::Internal,
                "No program of this computer shows the folder.",
                "Open the folder by hand.",
            )
        })
}

/// The folder for downloads may be named by the desktop and not be there.
fn folder(app: &AppHandle) -> Result<PathBuf, IpcError> {
    let downloads = app.path().download_dir().ok();
    downloads
        .filter(|folder| folder.is_dir())
        .or_else(|| app.path().home_dir().ok())
        .ok_or_else(|| {
            IpcError::new(
                ErrorCode::Internal,
                "This computer names no folder for downloads and no home folder.",
                "Copy it instead.",
            )
        })
}

/// Returns the name that the file got.
fn write_new(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<String> {
    let (stem, ending) = safe(name);
    for number in 1..=MOST_OF_A_NAME {
        let name = match number {
            1 => format!("{stem}{ending}"),
            _ => format!("{stem} ({number}){ending}"),
        };
        let path = folder.join(&name);
        let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        return match write(&mut file, bytes) {
            Ok(()) => Ok(name),
            Err(error) => {
                // Half a file would look like a whole one.
                let _ = fs::remove_file(&path);
                Err(error)
            }
        };
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name for every file system, in two parts: what a number may follow, and the ending with its dot.
fn safe(name: &str) -> (String, String) {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !ending.is_empty() && ending.len() <= 10 => (stem, ending),
        _ => (name, ""),
    };
    let clean = |text: &str| -> String {
        let kept = text.chars().map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            _ if character.is_control() => ' ',
            _ => character,
        });
        let words: String = kept.filter(|character| !is_invisible(*character)).collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let mut stem = clean(stem);
    while stem.len() > LONGEST_STEM {
        stem.pop();
    }
    // A dot in front hides a file, and Windows drops those at the end.
    let mut stem = stem.trim_matches(['.', ' ']).to_owned();
    if stem.is_empty() || DEVICES.contains(&stem.to_ascii_lowercase().as_str()) {
        stem = format!("Patchbay {stem}").trim_end().to_owned();
    }
    let ending = clean(ending);
    let ending = ending.trim_matches(['.', ' ']);
    let ending = match ending {
        "" => String::new(),
        _ => format!(".{ending}"),
    };
    (stem, ending)
}

/// What turns the direction of writing, or has no width: with it a name can look like another one.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_anywhere_becomes_one_for_a_file() {
        for (name, expected) in [
            ("Sorting, round 2.html", "Sorting, round 2.html"),
            ("../../etc/passwd.md", "-..-etc-passwd.md"),
            ("C:\\Windows\\x.csv", "C--Windows-x.csv"),
            ("a\nb\u{0}c.json", "a b c.json"),
            (".hidden.md", "hidden.md"),
            ("NUL.csv", "Patchbay NUL.csv"),
            ("...", "Patchbay"),
            ("", "Patchbay"),
            ("v1.5 against v2.md", "v1.5 against v2.md"),
            ("what is 1.5 and how", "what is 1.5 and how"),
            ("gpj\u{202E}cod.html", "gpjcod.html"),
        ] {
            let (stem, ending) = safe(name);
            assert_eq!(format!("{stem}{ending}"), expected, "{name:?}");
        }
        let (stem, _) = safe(&format!("{}.md", "ü".repeat(400)));
        assert_eq!(stem.len(), LONGEST_STEM);
    }

    #[test]
    fn a_file_that_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["report.md", "report (2).md", "report (3).md"] {
            let name = write_new(folder.path(), "report.md", expected.as_bytes()).unwrap();
            assert_eq!(name, expected);
        }
        for name in ["report.md", "report (2).md", "report (3).md"] {
            let read = fs::read_to_string(folder.path().join(name)).unwrap();
            assert_eq!(read, name);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = folder.path().join("elsewhere");
        std::os::unix::fs::symlink(&elsewhere, folder.path().join("report.md")).unwrap();
        let name = write_new(folder.path(), "report.md", b"mine").unwrap();
        assert_eq!(name, "report (2).md");
        assert!(!elsewhere.exists());
    }

    #[test]
    fn a_folder_that_is_gone_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        let gone = folder.path().join("gone");
        assert!(write_new(&gone, "report.md", b"x").is_err());
    }
}
