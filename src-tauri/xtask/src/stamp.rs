//! Doing slow work once: a stamp remembers what the work was done from, as a hash of contents, so
//! that a fresh checkout's file times mean nothing.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::repository::Repository;

/// The record that one piece of work was done.
pub(crate) struct Stamp {
    file: PathBuf,
    wanted: String,
}

impl Stamp {
    /// `name` is the work, `wanted` describes all that it depends on.
    pub(crate) fn new(repository: &Repository, name: &str, wanted: String) -> Self {
        Self {
            file: repository.work().join(format!("{name}.stamp")),
            wanted,
        }
    }

    /// Whether the work was done from exactly this.
    pub(crate) fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|found| found == self.wanted)
    }

    /// To be called once the work has succeeded.
    pub(crate) fn set(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, &self.wanted)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hash over the names and contents of these files and folders. What is missing counts as
/// missing; entries called as in `skip` are left out.
pub(crate) fn hash_of(roots: &[PathBuf], skip: &[&str]) -> Result<String> {
    let mut hash = Sha256::new();
    for root in roots {
        add(&mut hash, root, skip)?;
    }
    Ok(hex(&hash.finalize()))
}

fn add(hash: &mut Sha256, path: &Path, skip: &[&str]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if skip.contains(&name.as_ref()) {
        return Ok(());
    }
    hash.update(name.as_bytes());
    if path.is_dir() {
        hash.update(b"\0folder\0");
        let mut entries = fs::read_dir(path)
            .and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .with_context(|| format!("cannot read {}", path.display()))?;
        entries.sort();
        for entry in entries {
            add(hash, &entry, skip)?;
        }
        hash.update(b"\0end\0");
        return Ok(());
    }
    match fs::read(path) {
        Ok(contents) => {
            hash.update(b"\0file\0");
            hash.update((contents.len() as u64).to_le_bytes());
            hash.update(&contents);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => hash.update(b"\0missing\0"),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", path.display()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_follows_contents_and_names_but_not_what_is_skipped() {
        let folder = tempfile::tempdir().unwrap();
        let hash = || hash_of(&[folder.path().to_owned()], &["node_modules"]).unwrap();
        fs::write(folder.path().join("main.ts"), "one").unwrap();
        let first = hash();
        assert_eq!(hash(), first);

        fs::create_dir(folder.path().join("node_modules")).unwrap();
        fs::write(folder.path().join("node_modules/big.js"), "anything").unwrap();
        assert_eq!(hash(), first);

        fs::write(folder.path().join("main.ts"), "two").unwrap();
        let second = hash();
        assert_ne!(second, first);

        fs::rename(
            folder.path().join("main.ts"),
            folder.path().join("other.ts"),
        )
        .unwrap();
        assert_ne!(hash(), second);
    }

    #[test]
    fn a_missing_file_is_not_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = vec![folder.path().join("package-lock.json")];
        let missing = hash_of(&file, &[]).unwrap();
        fs::write(&file[0], "").unwrap();
        assert_ne!(hash_of(&file, &[]).unwrap(), missing);
    }
}
