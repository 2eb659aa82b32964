//! The project's own commands, so that a fresh machine needs `cargo` and no list of steps.
//!
//! One file a command. What the commands share is in `repository` (where things are), `process`
//! (starting and stopping other programs), `terminal` (what the person sees), `stamp` (doing slow
//! work once) and `steps` (named, timed steps).

mod bench;
mod bundle;
mod catalogue;
mod clients;
mod deny;
mod desktop;
mod display;
mod generate;
mod icons;
mod model;
mod peers;
mod process;
mod real_servers;
mod repository;
mod run;
mod setup;
mod stamp;
mod steps;
mod system_packages;
mod terminal;
mod test;
mod ui;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::repository::Repository;

/// One command as `cargo xtask` lists it.
struct Task {
    name: &'static str,
    arguments: &'static str,
    about: &'static str,
    /// What `cargo xtask <name> --help` adds to the line above; may be empty.
    details: &'static str,
    start: fn(&Repository, &[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "run",
        arguments: "[--release] [--screenshot-only] [-- app arguments]",
        about: "Set up what is missing, build, and open the window",
        details: run::DETAILS,
        start: run::start,
    },
    Task {
        name: "test",
        arguments: "[filter]",
        about: "Run every check and every test; with a filter, only the Rust tests whose names \
            contain it",
        details: test::DETAILS,
        start: test::start,
    },
    Task {
        name: "setup",
        arguments: "",
        about: "Install system packages and UI packages, and fetch the local model",
        details: setup::DETAILS,
        start: setup::start,
    },
    Task {
        name: "gen",
        arguments: "[--check]",
        about: "Write the UI's types and permissions from the contract crate, or check that \
            they are up to date",
        details: "",
        start: generate::start,
    },
    Task {
        name: "catalogue",
        arguments: "[--check | --cross-check]",
        about: "Make the embedded models and prices anew from open lists, or check them",
        details: catalogue::DETAILS,
        start: catalogue::start,
    },
    Task {
        name: "desktop",
        arguments: "<command> [arguments]",
        about: "Run a command with its own home, session bus, unlocked keyring and virtual display",
        details: desktop::DETAILS,
        start: desktop::start,
    },
    Task {
        name: "bench",
        arguments: "[name [part]]",
        about: "Print figures; without a name, all of them",
        details: bench::DETAILS,
        start: bench::start,
    },
    Task {
        name: "real-servers",
        arguments: "[--llama-server <program>]",
        about: "Ask servers that other people wrote, through Patchbay (installs LiteLLM)",
        details: real_servers::DETAILS,
        start: real_servers::start,
    },
    Task {
        name: "bundle",
        arguments: "",
        about: "Build the release .deb",
        details: "",
        start: bundle::start,
    },
    Task {
        name: "icons",
        arguments: "",
        about: "Draw every icon size from icons/app.svg",
        details: "",
        start: icons::start,
    },
    Task {
        name: "deny",
        arguments: "",
        about: "Check licences, banned crates and sources with cargo-deny, where it is installed",
        details: "",
        start: deny::start,
    },
];

fn main() -> ExitCode {
    match try_main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn try_main() -> Result<()> {
    let arguments = std::env::args_os()
        .skip(1)
        .map(|argument| {
            argument
                .into_string()
                .ok()
                .context("an argument is not valid Unicode text")
        })
        .collect::<Result<Vec<String>>>()?;
    let Some((name, rest)) = arguments.split_first() else {
        print_overview();
        return Ok(());
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        print_overview();
        return Ok(());
    }
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        print_overview();
        bail!("there is no command called {name:?}");
    };
    // What stands after `--`, or after a command for `desktop`, is not ours to read.
    if rest
        .first()
        .is_some_and(|first| matches!(first.as_str(), "--help" | "-h"))
    {
        print_task(task);
        return Ok(());
    }
    process::watch_for_interrupts()?;
    (task.start)(&Repository::find()?, rest)
}

fn print_overview() {
    terminal::say("Usage: cargo xtask <command>\n");
    for task in TASKS {
        terminal::say(&format!("  {:<12} {}", task.name, task.about));
    }
    terminal::say("\n`cargo xtask <command> --help` says more about one of them.");
}

fn print_task(task: &Task) {
    terminal::say(&format!(
        "{}\n\nUsage: cargo xtask {} {}",
        task.about, task.name, task.arguments
    ));
    if !task.details.is_empty() {
        terminal::say(&format!("\n{}", task.details));
    }
}

/// Refuses arguments where a command takes none, so that a mistyped flag is not silently ignored.
fn expect_no_arguments(arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => bail!("unexpected argument {first:?}"),
    }
}
