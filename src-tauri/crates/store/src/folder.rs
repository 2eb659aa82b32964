//! The data folder: made private to its owner, and locked for one process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

const DATABASE: &str = "patchbay.sqlite3";
const LOCK: &str = "patchbay.lock";
const REDO_LOGS: [&str; 2] = ["patchbay.redo-a", "patchbay.redo-b"];
const BACKUPS: &str = "backups";

/// Where things are in the data folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where it is missing. A folder that exists keeps its own permissions; the
    /// files in it are private in any case.
    pub(crate) fn prepare(path: &Path) -> Result<Self, StoreError> {
        make_private_folder(path).map_err(|source| folder_error(source, path))?;
        Ok(Self(path.to_path_buf()))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join(DATABASE)
    }

    pub(crate) fn redo_logs(&self) -> [PathBuf; 2] {
        REDO_LOGS.map(|name| self.0.join(name))
    }

    pub(crate) fn backups(&self) -> Result<PathBuf, StoreError> {
        let path = self.0.join(BACKUPS);
        make_private_folder(&path).map_err(|source| folder_error(source, &path))?;
        Ok(path)
    }

    /// Takes the lock that keeps a second copy of Patchbay out. The system releases it when the
    /// process ends, however it ends.
    pub(crate) fn lock(&self) -> Result<FolderLock, StoreError> {
        let path = self.0.join(LOCK);
        let file = open_private_file(&path).map_err(|source| StoreError::of_file(source, &path))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::AlreadyOpen {
                folder: self.0.clone(),
            }),
            Err(TryLockError::Error(source)) => Err(StoreError::of_file(source, &path)),
        }
    }

    /// Makes the database file where it is missing, so that it is private before anything is in it.
    /// SQLite gives the files beside it the same permissions.
    pub(crate) fn prepare_database(&self) -> Result<PathBuf, StoreError> {
        let path = self.database();
        open_private_file(&path).map_err(|source| match source.kind() {
            io::ErrorKind::IsADirectory => StoreError::FolderUnusable {
                folder: path.clone(),
                source,
            },
            _ => StoreError::of_file(source, &path),
        })?;
        Ok(path)
    }
}

/// Held as long as the process may write.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

fn folder_error(source: io::Error, path: &Path) -> StoreError {
    match source.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory | io::ErrorKind::NotFound => {
            StoreError::FolderUnusable {
                folder: path.to_path_buf(),
                source,
            }
        }
        _ => StoreError::of_file(source, path),
    }
}

fn make_private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file that only its owner can read, and makes it where it is missing.
pub(crate) fn open_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    make_private(&file)?;
    Ok(file)
}

/// Takes everybody else's permissions from a file that may have been there before.
fn make_private(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// Makes an existing file private.
pub(crate) fn make_file_private(path: &Path) -> io::Result<()> {
    make_private(&File::open(path)?)
}
