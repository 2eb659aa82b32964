//! `cargo xtask test`: all that CI checks, cheapest failure first, the same everywhere.
//!
//! Every cargo step selects the whole workspace with the same features, since another selection
//! would make cargo compile the dependencies again.

use std::env;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::desktop::{Desktop, name_what_tests_use};
use crate::repository::{Repository, in_continuous_integration};
use crate::steps::Steps;
use crate::{deny, generate, process, setup, system_packages, terminal, ui};

pub(crate) const DETAILS: &str = "\
In order: set-up, formatting, the UI's checks, tests, journeys in Chromium and build,
clippy, the Rust build, generated types, documentation examples, cargo-deny where installed, and every Rust
test, end-to-end ones included, on a private desktop (see `cargo xtask desktop`). The
first failure stops it. Property tests draw the same cases each time; PROPTEST_RNG_SEED
and PATCHBAY_PROPERTY_SEED choose others. With a filter only the set-up, the builds and the matching
Rust tests run. cargo-nextest is used where it is installed, else `cargo test`.";

const END_TO_END: &str = "patchbay-e2e";

/// What property tests draw their cases from, for proptest and for the UI's fast-check. Left alone they
/// draw anew at every start, which is how new cases are found; here the same ones are drawn each time,
/// so that a red step tells of the change at hand and not of luck.
const SEED: &str = "20261126";
const SEED_VARIABLES: [&str; 2] = ["PROPTEST_RNG_SEED", "PATCHBAY_PROPERTY_SEED"];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let filter = match arguments {
        [] => None,
        [filter] if !filter.starts_with('-') => Some(filter.as_str()),
        _ => bail!("one filter is understood here, a part of the names of the tests to run"),
    };
    let mut steps = Steps::new();
    let result = match filter {
        None => everything(repository, &mut steps),
        Some(filter) => matching(repository, &mut steps, filter),
    };
    steps.print_table();
    result
}

fn everything(repository: &Repository, steps: &mut Steps) -> Result<()> {
    set_up(repository, steps)?;
    cargo_step(
        steps,
        "format",
        repository.cargo().args(["fmt", "--all", "--check"]),
    )?;
    npm_step(repository, steps, "ui check", &["run", "check"])?;
    npm_step(repository, steps, "ui test", &["test"])?;
    walk_ui(repository, steps)?;
    build_ui(repository, steps)?;
    let mut clippy = repository.cargo_workspace(&["clippy"]);
    cargo_step(
        steps,
        "clippy",
        clippy.args(["--all-targets", "--", "-D", "warnings"]),
    )?;
    build_rust(repository, steps)?;
    steps.run("generated types", "cargo xtask gen --check", || {
        generate::check_with_built(repository)
    })?;
    cargo_step(
        steps,
        "documentation examples",
        repository.cargo_workspace(&["test"]).arg("--doc"),
    )?;
    if deny::is_installed(repository) {
        steps.run("licences and sources", "cargo xtask deny", || {
            deny::check(repository)
        })?;
    } else {
        steps.leave_out("licences and sources", deny::NOT_INSTALLED);
    }
    run_tests(repository, steps, None)
}

fn matching(repository: &Repository, steps: &mut Steps, filter: &str) -> Result<()> {
    set_up(repository, steps)?;
    build_ui(repository, steps)?;
    build_rust(repository, steps)?;
    run_tests(repository, steps, Some(filter))
}

fn set_up(repository: &Repository, steps: &mut Steps) -> Result<()> {
    steps.run("set up", "cargo xtask setup", || {
        setup::everything(repository)
    })
}

/// The journeys through the UI in a browser, against its fake back end.
fn walk_ui(repository: &Repository, steps: &mut Steps) -> Result<()> {
    let Some(browser) = ui::browser() else {
        // Where the set-up installs one, its absence is a fault and not a machine that lacks it.
        if system_packages::can_install() {
            bail!("there is no Chromium, although the set-up installs it");
        }
        steps.leave_out("ui journeys", "no Chromium is installed");
        return Ok(());
    };
    steps.run("ui journeys", "cd ui && npm run e2e", || {
        process::run(ui::journeys(repository).env(ui::BROWSER_VARIABLE, browser))
    })
}

fn build_ui(repository: &Repository, steps: &mut Steps) -> Result<()> {
    steps.run("ui build", "cd ui && npm run build", || {
        ui::build(repository)
    })
}

/// The binaries too: the end-to-end tests drive the real one.
fn build_rust(repository: &Repository, steps: &mut Steps) -> Result<()> {
    let mut build = repository.cargo_workspace(&["build"]);
    cargo_step(steps, "rust build", build.args(["--bins", "--tests"]))
}

fn npm_step(
    repository: &Repository,
    steps: &mut Steps,
    name: &'static str,
    arguments: &[&str],
) -> Result<()> {
    let alone = format!("cd ui && npm {}", arguments.join(" "));
    steps.run(name, &alone, || {
        process::run(seeded(repository.npm().args(arguments)))
    })
}

fn cargo_step(steps: &mut Steps, name: &'static str, command: &mut Command) -> Result<()> {
    steps.run(name, &typed(command), || process::run(command))
}

/// The command line with `cargo` written as people type it, not as the path we start.
fn typed(command: &Command) -> String {
    let shown = process::shown(command);
    match shown.split_once(' ') {
        Some((_, arguments)) => format!("cargo {arguments}"),
        None => shown,
    }
}

fn run_tests(repository: &Repository, steps: &mut Steps, filter: Option<&str>) -> Result<()> {
    let runs = if repository.has_cargo_tool("nextest") {
        vec![("rust tests", nextest(repository, filter))]
    } else {
        terminal::say("\ncargo-nextest is not installed: using `cargo test`");
        cargo_test(repository, filter)?
    };
    let mut desktop = None;
    for (name, mut command) in runs {
        name_what_tests_use(repository, &mut command)?;
        let alone = format!("cargo xtask desktop {}", typed(&command));
        steps.run(name, &alone, || {
            if desktop.is_none() {
                desktop = Some(Desktop::start()?);
            }
            if let Some(desktop) = &desktop {
                desktop.move_in(&mut command);
            }
            process::run(seeded(&mut command))
        })?;
    }
    Ok(())
}

/// The command with the property tests' seed, unless the person at the keyboard named one.
fn seeded(command: &mut Command) -> &mut Command {
    for variable in SEED_VARIABLES {
        if env::var_os(variable).is_none() {
            command.env(variable, SEED);
        }
    }
    command
}

fn nextest(repository: &Repository, filter: Option<&str>) -> Command {
    let mut command = repository.cargo_workspace(&["nextest", "run"]);
    command.arg("--tests");
    if in_continuous_integration() {
        command.args(["--profile", "ci"]);
    }
    command.args(filter);
    command
}

/// The same tests with cargo alone, the end-to-end ones apart and one at a time. Both commands
/// select the whole workspace and differ in targets only, so that nothing is compiled again.
fn cargo_test(
    repository: &Repository,
    filter: Option<&str>,
) -> Result<Vec<(&'static str, Command)>> {
    let (end_to_end, others) = test_targets(&repository.metadata()?)?;
    let command = |targets: &[String]| {
        let mut command = repository.cargo_workspace(&["test", "--no-fail-fast"]);
        for target in targets {
            command.args(["--test", target]);
        }
        command
    };
    let mut most = command(&others);
    most.args(["--lib", "--bins"]).args(filter);
    if end_to_end.is_empty() {
        return Ok(vec![("rust tests", most)]);
    }
    let mut one_by_one = command(&end_to_end);
    one_by_one.args(filter).args(["--", "--test-threads=1"]);
    Ok(vec![("rust tests", most), ("end-to-end tests", one_by_one)])
}

/// Names of the integration tests: those of the end-to-end crate, and the others.
fn test_targets(metadata: &serde_json::Value) -> Result<(Vec<String>, Vec<String>)> {
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let mut end_to_end = Vec::new();
    let mut others = Vec::new();
    for package in packages {
        let list = if package["name"] == END_TO_END {
            &mut end_to_end
        } else {
            &mut others
        };
        for target in package["targets"].as_array().into_iter().flatten() {
            if target["kind"][0] == "test" {
                list.extend(target["name"].as_str().map(str::to_owned));
            }
        }
    }
    Ok((end_to_end, others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::FEATURES;

    #[test]
    fn end_to_end_tests_are_told_from_the_others() {
        let metadata = serde_json::json!({ "packages": [
            { "name": "patchbay-e2e", "targets": [
                { "kind": ["lib"], "name": "patchbay_e2e" },
                { "kind": ["test"], "name": "journeys" },
            ] },
            { "name": "patchbay-store", "targets": [
                { "kind": ["lib"], "name": "patchbay_store" },
                { "kind": ["test"], "name": "store" },
            ] },
        ] });
        let (end_to_end, others) = test_targets(&metadata).unwrap();
        assert_eq!(end_to_end, ["journeys"]);
        assert_eq!(others, ["store"]);
    }

    #[test]
    fn every_cargo_step_shares_selection_and_features() {
        let repository = Repository::find().unwrap();
        for command in [
            repository.cargo_workspace(&["clippy"]),
            nextest(&repository, Some("store")),
        ] {
            let arguments: Vec<_> = command.get_args().collect();
            let position = |text| arguments.iter().position(|argument| *argument == text);
            assert!(position("--workspace").is_some());
            assert_eq!(position(FEATURES), position("--features").map(|at| at + 1));
        }
    }
}
