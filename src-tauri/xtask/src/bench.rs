//! `cargo xtask bench`: figures to read, not tests. Each bench lives beside what it measures; this
//! file only builds and starts it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::desktop::Desktop;
use crate::peers::Peers;
use crate::repository::{EMBEDDED_UI, Repository};
use crate::system_packages::{self, Purpose};
use crate::{model, process, terminal, ui};

pub(crate) const DETAILS: &str = "  \
  window   the app beside a bare Tauri window: start, memory, a long answer, size of the
           program; `window start`, `window streaming` and `window size` are its parts
  compare  eight answers beside each other at 100 tokens a second, in the window: frames, tasks,
           memory; one minute, or `compare --minutes 10`; with `--whole-collections` the engine
           collects all garbage each time, so that what grows is what the app keeps
  local    first token and tokens per second of the local model
  store    what durable writes, a large history and searches in it cost on this disk
  spend    every chart of a year of 200,000 made-up attempts: what reading it takes, and in the window
           the time from a press to the painted chart
  routing  planning a route, and what plan and run machine add to the first token
  gateway  what the gateway adds for 1, 8 and 32 clients, with ledger and history on; with LiteLLM's
           proxy and Portkey's gateway beside it, installed under target/, as `gateway --peers`;
           others with `gateway --mock-port N --peer NAME=http://127.0.0.1:PORT`

All of them measure release builds. They print; nothing fails because it is slow. Other
work on the machine changes every figure, so run them when it is quiet.";

struct Bench {
    name: &'static str,
    start: fn(&Repository, &[String]) -> Result<()>,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "window",
        start: window,
    },
    Bench {
        name: "compare",
        start: compare,
    },
    Bench {
        name: "local",
        start: local,
    },
    Bench {
        name: "store",
        start: store,
    },
    Bench {
        name: "spend",
        start: spend,
    },
    Bench {
        name: "routing",
        start: routing,
    },
    Bench {
        name: "gateway",
        start: gateway,
    },
];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        for bench in BENCHES {
            terminal::say(&format!("=== {}", bench.name));
            (bench.start)(repository, &[])?;
        }
        return Ok(());
    };
    let Some(bench) = BENCHES.iter().find(|bench| bench.name == name) else {
        bail!("there is no bench of that name; there are:\n{DETAILS}");
    };
    (bench.start)(repository, rest)
}

fn window(repository: &Repository, parts: &[String]) -> Result<()> {
    in_the_window(repository, parts, &[])
}

/// The engine looks through old objects only once they have doubled, which takes longer than a bench.
const WHOLE_COLLECTIONS: (&str, &str) = ("JSC_useGenerationalGC", "0");

fn compare(repository: &Repository, options: &[String]) -> Result<()> {
    let mut arguments = vec!["compare".to_owned()];
    arguments.extend_from_slice(options);
    let before = arguments.len();
    arguments.retain(|argument| argument != "--whole-collections");
    let is_whole = arguments.len() < before;
    let environment: &[_] = if is_whole { &[WHOLE_COLLECTIONS] } else { &[] };
    in_the_window(repository, &arguments, environment)
}

/// The bench itself is not what is measured, so it is built as the tests are.
fn in_the_window(
    repository: &Repository,
    arguments: &[String],
    environment: &[(&str, &str)],
) -> Result<()> {
    system_packages::ensure(&[Purpose::Build, Purpose::Test])?;
    ui::install_packages(repository)?;
    ui::build(repository)?;
    // One call, so that both are built of the same dependencies with the same features.
    process::run(repository.cargo().args([
        "build",
        "--release",
        "-p",
        "patchbay",
        "--features",
        EMBEDDED_UI,
        "--bin",
        "patchbay",
        "--example",
        "bare_window",
    ]))?;
    let mut build = repository.cargo_workspace(&["build"]);
    process::run(build.args(["--example", "window"]))?;
    let desktop = Desktop::start()?;
    let mut bench = repository.command(repository.built("debug", "examples/window")?);
    bench
        .args(arguments)
        .env("PATCHBAY_APP", repository.built("release", "patchbay")?)
        .env(
            "PATCHBAY_BARE_WINDOW",
            repository.built("release", "examples/bare_window")?,
        );
    desktop.move_in(&mut bench);
    bench.envs(environment.iter().copied());
    process::run(&mut bench)
}

fn local(repository: &Repository, arguments: &[String]) -> Result<()> {
    crate::expect_no_arguments(arguments)?;
    system_packages::ensure(&[Purpose::Build])?;
    model::fetch(repository)?;
    let mut bench = example(repository, "patchbay-local", "speed");
    process::run(bench.arg(model::file(repository)))
}

fn store(repository: &Repository, arguments: &[String]) -> Result<()> {
    // 40,000 messages: more than years of use, and written in well under a minute.
    const CONVERSATIONS: &str = "2000";
    crate::expect_no_arguments(arguments)?;
    system_packages::ensure(&[Purpose::Build])?;
    // On the disk of the tree: the folder for temporary files is often in memory.
    let folder = repository.work().join("bench-store");
    remove(&folder)?;
    fs::create_dir_all(&folder)?;
    let mut bench = example(repository, "patchbay-store", "cost");
    let measured = process::run(bench.arg(&folder).arg(CONVERSATIONS));
    remove(&folder)?;
    measured
}

fn spend(repository: &Repository, arguments: &[String]) -> Result<()> {
    // A year of somebody who asks much.
    const ATTEMPTS: &str = "200000";
    crate::expect_no_arguments(arguments)?;
    system_packages::ensure(&[Purpose::Build])?;
    let folder = repository.work().join("bench-spend");
    remove(&folder)?;
    fs::create_dir_all(&folder)?;
    let mut bench = example(repository, "patchbay-store", "spend");
    let measured = process::run(bench.arg(&folder).arg(ATTEMPTS)).and_then(|()| {
        let history = folder.display().to_string();
        in_the_window(repository, &["spend".to_owned(), history], &[])
    });
    remove(&folder)?;
    measured
}

fn routing(repository: &Repository, arguments: &[String]) -> Result<()> {
    crate::expect_no_arguments(arguments)?;
    system_packages::ensure(&[Purpose::Build])?;
    process::run(&mut example(repository, "patchbay-providers", "routing"))
}

fn gateway(repository: &Repository, arguments: &[String]) -> Result<()> {
    system_packages::ensure(&[Purpose::Build])?;
    let (with_peers, mut arguments) = match arguments {
        [flag, rest @ ..] if flag == "--peers" => (true, rest.to_vec()),
        all => (false, all.to_vec()),
    };
    let mut bench = example(repository, "patchbay-gateway", "load");
    let peers = with_peers.then(|| Peers::start(repository)).transpose()?;
    if let Some(peers) = &peers {
        arguments.extend_from_slice(&peers.arguments);
    }
    process::run(bench.args(arguments))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

/// Runs an example of a package in a release build; what is added to the command goes to it.
fn example(repository: &Repository, package: &str, name: &str) -> Command {
    let mut command = repository.cargo();
    command.args(["run", "-q", "--release", "-p", package, "--example", name]);
    command.arg("--");
    command
}
