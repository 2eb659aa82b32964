//! The data folder of a test, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use patchbay_domain::UnixMillis;
use patchbay_store::{Store, StoreOptions};

/// Where a SQLite file keeps the number of its schema, as four bytes, big end first.
const USER_VERSION: std::ops::Range<usize> = 60..64;

/// The data folder of one app.
#[derive(Clone, Debug)]
pub struct DataFolder(pub(crate) PathBuf);

impl DataFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.0.join("patchbay.sqlite3")
    }

    /// Every file in it, however deep, with its bytes.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn files(&self) -> Result<Vec<(PathBuf, Vec<u8>)>> {
        let mut files = Vec::new();
        let mut folders = vec![self.0.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
                    files.push((path, bytes));
                }
            }
        }
        Ok(files)
    }

    /// The log, all days of it.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn log(&self) -> Result<String> {
        let logs = Self(self.0.join("logs")).files()?;
        Ok(logs
            .iter()
            .map(|(_, bytes)| String::from_utf8_lossy(bytes))
            .collect())
    }

    /// Asks SQLite whether the database is whole. No app may be running on it.
    ///
    /// # Errors
    /// It cannot be opened, or something is wrong with it.
    pub async fn check_integrity(&self) -> Result<()> {
        let (store, _) = Store::open(&self.0, &StoreOptions::new(UnixMillis(0)))?;
        let problems = store.integrity_check().await?;
        store.close(std::time::Duration::from_secs(3)).await?;
        ensure!(
            problems.is_empty(),
            "the database is not whole: {problems:?}"
        );
        Ok(())
    }

    /// Makes the database look as if a newer version had made it. Returns its bytes.
    ///
    /// # Errors
    /// The app was not closed cleanly, or there is no database.
    pub fn make_newer(&self, version: u32) -> Result<Vec<u8>> {
        let file = self.database();
        let log = fs::metadata(file.with_extension("sqlite3-wal")).map_or(0, |log| log.len());
        ensure!(log == 0, "the write-ahead log still holds {log} bytes");
        let mut bytes = fs::read(&file)?;
        bytes
            .get_mut(USER_VERSION)
            .context("the database has no header")?
            .copy_from_slice(&version.to_be_bytes());
        fs::write(&file, &bytes)?;
        Ok(bytes)
    }
}

/// Whether `needle` is somewhere in `bytes`.
pub(crate) fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

impl DataFolder {
    /// The files that hold this text, also where it is written as UTF-16 or in Base64's three
    /// alignments.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn files_with(&self, text: &str) -> Result<Vec<PathBuf>> {
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let holds = |bytes: &[u8]| contains(bytes, text.as_bytes()) || contains(bytes, &wide);
        let files = self.files()?.into_iter();
        Ok(files
            .filter(|(_, bytes)| holds(bytes))
            .map(|(path, _)| path)
            .collect())
    }
}
