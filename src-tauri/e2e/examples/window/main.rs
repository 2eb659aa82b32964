//! What the real window costs, beside a bare Tauri window that is measured in the same run:
//! `cargo xtask bench window`. And what many answers beside each other cost: `cargo xtask bench compare`,
//! and how long the charts of a long history take to be painted: `cargo xtask bench spend`.
//!
//! It prints and asserts no time: other work on the machine changes every figure here, so starts are
//! taken in turns and the ratio is what counts. It fails only where something does not work.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod columns;
mod figures;
mod frames;
mod heartbeat;
mod history;
mod processes;
mod size;
mod slope;
mod spend;
mod starts;
mod streaming;
mod thread_times;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

const PARTS: [&str; 3] = ["size", "start", "streaming"];

/// Parts can be named on the command line: `size`, `start`, `streaming`. Without a name, all.
/// `compare [--minutes <count>]` and `spend <folder of a history>` are benches of their own.
fn main() -> Result<()> {
    let app = program("PATCHBAY_APP")?;
    let named: Vec<String> = std::env::args().skip(1).collect();
    if let Some(("compare", options)) = named
        .split_first()
        .map(|(name, options)| (name.as_str(), options))
    {
        println!("{}", circumstances()?);
        columns::print(minutes(options)?)?;
        println!("\n{}", circumstances()?);
        return Ok(());
    }
    if let [name, history] = named.as_slice()
        && name == "spend"
    {
        println!("{}", circumstances()?);
        spend::print(Path::new(history))?;
        println!("\n{}", circumstances()?);
        return Ok(());
    }
    let bare = program("PATCHBAY_BARE_WINDOW")?;
    if let Some(unknown) = named.iter().find(|name| !PARTS.contains(&name.as_str())) {
        bail!("{unknown:?} is no part of this bench; there are {PARTS:?}");
    }
    let wants = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    println!("{}", circumstances()?);
    if wants("size") {
        size::print(&app, &bare)?;
    }
    if wants("start") {
        starts::print(&app, &bare)?;
    }
    if wants("streaming") {
        streaming::print()?;
    }
    println!("\n{}", circumstances()?);
    Ok(())
}

/// How many minutes `compare` is to last; one where nothing is said.
fn minutes(options: &[String]) -> Result<u32> {
    match options {
        [] => Ok(1),
        [name, count] if name == "--minutes" => {
            let count = count.parse().ok().filter(|count| (1..=60).contains(count));
            count.context("--minutes takes a whole number from 1 to 60")
        }
        _ => bail!("compare takes --minutes <count> and nothing else"),
    }
}

fn program(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable)
        .map(PathBuf::from)
        .with_context(|| format!("{variable} is not set: `cargo xtask bench` sets it"))?;
    path.canonicalize()
        .with_context(|| format!("{variable}: {}", path.display()))
}

/// What else the machine was doing.
fn circumstances() -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let load: Vec<&str> = load.split_whitespace().take(3).collect();
    let processors = std::thread::available_parallelism()?;
    let engines = processes::all()
        .filter(|process| process.is_web_engine())
        .count();
    Ok(format!(
        "Machine: {processors} processors, load {} (1, 5, 15 min), {engines} web engine processes of others",
        load.join(" ")
    ))
}
