//! The UI's packages and its build, each done again only when what it depends on has changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::repository::Repository;
use crate::stamp::{Stamp, hash_of};
use crate::terminal;

/// Below this Vite does not start.
const OLDEST_NODE: (u32, u32) = (20, 19);

/// What lies in `ui/` and is not a source of the build.
const NOT_SOURCES: &[&str] = &[
    "node_modules",
    "dist",
    "coverage",
    "test-results",
    "tests",
    "bench",
    "e2e",
    "screenshots",
    "playwright-report",
];

/// Runs `npm ci` when the lock has changed since it last succeeded. Never `npm install`: the lock
/// is written by hand and by one npm version only.
pub(crate) fn install_packages(repository: &Repository) -> Result<()> {
    let node = node_version()?;
    let lock = hash_of(&[repository.path("ui/package-lock.json")], &[])?;
    let stamp = Stamp::new(repository, "npm-ci", format!("{lock} with Node {node}"));
    // npm writes this file last, so a folder that was deleted or half filled is noticed.
    if stamp.is_current()
        && repository
            .path("ui/node_modules/.package-lock.json")
            .is_file()
    {
        return Ok(());
    }
    terminal::say("Installing the UI's packages (npm ci)");
    process::run(repository.npm().args(["ci", "--no-audit", "--no-fund"]))
        .context("the UI's packages could not be installed; is the network up?")?;
    stamp.set()
}

/// Runs `npm run build` when a source has changed since it last succeeded.
pub(crate) fn build(repository: &Repository) -> Result<()> {
    let sources = hash_of(&[repository.path("ui")], NOT_SOURCES)?;
    let stamp = Stamp::new(repository, "ui-build", sources);
    if stamp.is_current() && repository.path("ui/dist/index.html").is_file() {
        terminal::say("The UI is built already");
        return Ok(());
    }
    process::run(repository.npm().args(["run", "build"]))?;
    stamp.set()
}

/// Names the browser for the journeys, as `ui/e2e/playwright.config.ts` reads it.
pub(crate) const BROWSER_VARIABLE: &str = "CHROMIUM";

/// The journeys through the UI, in a browser that [`browser`] found.
pub(crate) fn journeys(repository: &Repository) -> Command {
    let mut command = repository.npm();
    command.args(["run", "e2e"]);
    command
}

/// A browser for the journeys: the one that somebody named, or one where systems put it.
pub(crate) fn browser() -> Option<PathBuf> {
    let named = std::env::var_os(BROWSER_VARIABLE).map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"]
        .map(|name| Path::new("/usr/bin").join(name));
    named
        .into_iter()
        .chain(usual)
        .find(|program| program.is_file())
}

/// The Tauri command-line program that came with the UI's packages.
pub(crate) fn tauri(repository: &Repository) -> Command {
    repository.command(repository.path("ui/node_modules/.bin/tauri"))
}

fn node_version() -> Result<String> {
    let text = process::output(Command::new("node").arg("--version")).context(
        "Node.js is not installed: install version 20.19 or newer, with npm, from your system \
            or from nodejs.org",
    )?;
    let version = text.trim();
    if parse_node_version(version).is_none_or(|found| found < OLDEST_NODE) {
        bail!(
            "Node.js {version} is too old: install version {}.{} or newer",
            OLDEST_NODE.0,
            OLDEST_NODE.1
        );
    }
    Ok(version.to_owned())
}

fn parse_node_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_compare_as_numbers() {
        assert!(parse_node_version("v20.20.2").unwrap() >= OLDEST_NODE);
        assert!(parse_node_version("v20.9.0").unwrap() < OLDEST_NODE);
        assert!(parse_node_version("v100.0.0").unwrap() >= OLDEST_NODE);
        assert_eq!(parse_node_version("twenty"), None);
    }
}
