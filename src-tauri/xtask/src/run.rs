//! `cargo xtask run`: from a fresh checkout to an open window.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::display::Display;
use crate::process::{self, Background};
use crate::repository::{EMBEDDED_UI, Repository};
use crate::{setup, terminal, ui};

pub(crate) const DETAILS: &str = "  --release          build and run the release build
  --screenshot-only  use a virtual display even if there is a real one, take a
                     screenshot and close the app
  -- <arguments>     everything after the two dashes goes to the app

Without a display (neither DISPLAY nor WAYLAND_DISPLAY) the window opens on a virtual
one and a screenshot is left in target/screenshots/run.png. In a terminal the app then
stays open until Ctrl+C; in a script or CI it is closed and the command succeeds.
The local model is taken from target/models, unless PATCHBAY_MODELS_DIR says otherwise.";

/// A debug build on a busy machine paints its first page well within this.
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The app flushes its store within 3 s; the rest is the machine's.
const CLOSE_WITHIN: Duration = Duration::from_secs(15);

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    release: bool,
    screenshot_only: bool,
    app_arguments: Vec<String>,
}

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let options = parse(arguments)?;
    let has_display = has_display() && !options.screenshot_only;
    setup::to_run(repository, has_display)?;
    ui::build(repository)?;
    let app = build_app(repository, options.release)?;
    let mut command = app_command(repository, &app, &options.app_arguments);
    if has_display {
        terminal::say("Opening the window");
        let mut app = Background::start(&mut command)?;
        return finished(app.wait_or_interrupt(CLOSE_WITHIN)?);
    }
    show_on_virtual_display(
        repository,
        command,
        options.screenshot_only || !terminal::is_attended(),
    )
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--release" => options.release = true,
            "--screenshot-only" => options.screenshot_only = true,
            "--" => {
                options.app_arguments = arguments.cloned().collect();
                break;
            }
            other => bail!("unexpected argument {other:?}; what is for the app goes after `--`"),
        }
    }
    Ok(options)
}

fn has_display() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn build_app(repository: &Repository, release: bool) -> Result<PathBuf> {
    if release {
        let mut command = repository.cargo();
        process::run(command.args([
            "build",
            "--release",
            "-p",
            "patchbay",
            "--features",
            EMBEDDED_UI,
        ]))?;
        return repository.built("release", "patchbay");
    }
    // A test among the targets (the smallest there is) makes cargo choose the dependencies'
    // features as `cargo xtask test` does, so that the two commands share what they compile.
    let mut command = repository.cargo_workspace(&["build"]);
    process::run(command.args(["--bin", "patchbay", "--test", "house"]))?;
    repository.built("debug", "patchbay")
}

fn app_command(repository: &Repository, app: &Path, arguments: &[String]) -> Command {
    let mut command = repository.command(app);
    command.args(arguments);
    if env::var_os("PATCHBAY_MODELS_DIR").is_none() {
        command.env("PATCHBAY_MODELS_DIR", repository.models());
    }
    command
}

fn show_on_virtual_display(
    repository: &Repository,
    mut command: Command,
    close: bool,
) -> Result<()> {
    terminal::say("No display here: opening the window on a virtual one");
    let display = Display::start()?;
    fs::create_dir_all(repository.work())?;
    let ready = repository
        .work()
        .join(format!("ready-{}", std::process::id()));
    command
        .env("DISPLAY", display.name())
        .env_remove("WAYLAND_DISPLAY")
        .env("PATCHBAY_READY_FILE", &ready);
    let mut app = Background::start(&mut command)?;
    let waited = wait_until_ready(&mut app, &ready);
    let _ = fs::remove_file(&ready);
    waited?;

    let picture = repository.path("target/screenshots/run.png");
    display.photograph(&picture)?;
    terminal::say(&format!("Screenshot: {}", picture.display()));
    if close {
        return finished(app.stop(CLOSE_WITHIN));
    }
    terminal::say(&format!(
        "The app stays open on display {}; Ctrl+C closes it",
        display.name()
    ));
    finished(app.wait_or_interrupt(CLOSE_WITHIN)?)
}

fn wait_until_ready(app: &mut Background, ready: &Path) -> Result<()> {
    let started = Instant::now();
    while !ready.exists() {
        process::stop_if_interrupted()?;
        if let Some(status) = app.ended()? {
            bail!("the app ended before its window was ready ({status})");
        }
        if started.elapsed() > READY_WITHIN {
            bail!(
                "the window was not ready after {} s",
                READY_WITHIN.as_secs()
            );
        }
        thread::sleep(Duration::from_millis(25));
    }
    Ok(())
}

fn finished(status: Option<ExitStatus>) -> Result<()> {
    let status = status.with_context(|| {
        format!(
            "the app did not close within {} s and was killed",
            CLOSE_WITHIN.as_secs()
        )
    })?;
    if !status.success() {
        bail!("the app did not end cleanly ({status})");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options> {
        parse(
            &arguments
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn what_follows_two_dashes_belongs_to_the_app() {
        let options = parsed(&["--release", "--", "--screenshot-only", "x"]).unwrap();
        assert!(options.release && !options.screenshot_only);
        assert_eq!(options.app_arguments, ["--screenshot-only", "x"]);
    }

    #[test]
    fn a_mistyped_flag_is_refused() {
        let error = parsed(&["--relase"]).unwrap_err();
        assert!(error.to_string().contains("--relase"));
    }
}
