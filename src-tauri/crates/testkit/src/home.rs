//! A home folder for one test, so that no test ever meets the person's own data.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder with all that a desktop program looks for in a home. Removed on drop.
#[derive(Debug)]
pub struct TemporaryHome {
    root: TempDir,
}

impl TemporaryHome {
    const FOLDERS: [(&'static str, &'static str); 6] = [
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "share"),
        ("XDG_RUNTIME_DIR", "run"),
        ("XDG_STATE_HOME", "state"),
        ("PATCHBAY_DATA_DIR", "patchbay"),
    ];

    /// Makes the folders, readable by the owner only.
    ///
    /// # Errors
    /// Where the system's folder for temporary files cannot be written.
    pub fn new() -> io::Result<Self> {
        let root = tempfile::Builder::new()
            .prefix("patchbay-home-")
            .tempdir()?;
        for (_, folder) in Self::FOLDERS {
            let path = root.path().join(folder);
            std::fs::create_dir(&path)?;
            restrict_to_owner(&path)?;
        }
        Ok(Self { root })
    }

    /// The folder itself, to be used as `HOME`.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Where Patchbay keeps its database, log and models in this home.
    pub fn data_folder(&self) -> PathBuf {
        self.root.path().join("patchbay")
    }

    /// What to set in the environment of a program that is to live in this home.
    pub fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        let folders = Self::FOLDERS
            .iter()
            .map(|(name, folder)| (*name, self.root.path().join(folder)));
        std::iter::once(("HOME", self.root.path().to_owned()))
            .chain(folders)
            .collect()
    }
}

#[cfg(unix)]
fn restrict_to_owner(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn restrict_to_owner(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_whole_and_goes_away() {
        let home = TemporaryHome::new().unwrap();
        let root = home.path().to_owned();
        for (name, folder) in home.environment() {
            assert!(folder.is_dir() && folder.starts_with(&root), "{name}");
        }
        drop(home);
        assert!(!root.exists());
    }
}
