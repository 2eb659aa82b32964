//! What the real window costs, beside a bare Tauri window that is measured in the same run:
//! `cargo xtask bench window`.
//!
//! It prints and asserts no time: other work on the machine changes every figure here, so starts are
//! taken in turns and the ratio is what counts. It fails only where something does not work.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

mod figures;
mod heartbeat;
mod processes;
mod size;
mod starts;
mod streaming;
mod thread_times;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

const PARTS: [&str; 3] = ["size", "start", "streaming"];

/// Parts can be named on the command line: `size`, `start`, `streaming`. Without a name, all.
fn main() -> Result<()> {
    let app = program("PATCHBAY_APP")?;
    let bare = program("PATCHBAY_BARE_WINDOW")?;
    let named: Vec<String> = std::env::args().skip(1).collect();
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

fn program(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable)
        .map(PathBuf::from)
        .with_context(|| format!("{variable} is not set: `cargo xtask bench window` sets it"))?;
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
