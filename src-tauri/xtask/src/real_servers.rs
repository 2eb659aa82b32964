//! `cargo xtask real-servers`: asks servers that other people wrote, through Patchbay. Not one of the
//! tests, because it installs a large Python package.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::desktop::{Desktop, name_what_tests_use};
use crate::process;
use crate::repository::Repository;
use crate::stamp::Stamp;
use crate::{model, setup, terminal, ui};

pub(crate) const DETAILS: &str = "  \
  --llama-server <program>  ask this llama.cpp server with the local model as well

Installs LiteLLM's proxy under target/xtask/ (half a gigabyte, from the package index that
pip knows), puts it in front of the scripted provider, and asks it through the engine and
in the window: keys, lists, prices, tokens, costs, failures. Everything listens on loopback
with made-up keys. What was checked is printed, one line each.";

/// The version with every fix that its makers have documented. Versions 1.82.7 and 1.82.8 stole keys
/// of whoever started them: not to be changed without reading what happened since.
const LITELLM: &str = "litellm[proxy]==1.86.7";

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let llama_server = match arguments {
        [] => None,
        [flag, program] if flag == "--llama-server" => Some(
            Path::new(program)
                .canonicalize()
                .with_context(|| program.clone())?,
        ),
        _ => bail!("only --llama-server <program> is understood here"),
    };
    setup::everything(repository)?;
    let litellm = install_litellm(repository)?;
    ui::build(repository)?;
    let mut build = repository.cargo_workspace(&["build"]);
    process::run(build.args(["--bins", "--tests"]))?;

    let mut tests = repository.cargo_workspace(&["test", "--no-fail-fast"]);
    tests
        .args(["--test", "it", "--test", "journeys"])
        .args(["--", "--ignored", "--nocapture", "--test-threads=1"])
        .arg("real_servers::litellm")
        .env("PATCHBAY_LITELLM", litellm);
    match &llama_server {
        Some(program) => {
            tests
                .arg("real_servers::llama_cpp")
                .env("PATCHBAY_LLAMA_SERVER", program)
                .env("PATCHBAY_LLAMA_MODEL", model::file(repository));
        }
        None => {
            terminal::say("llama.cpp's server is left out: say where it is with --llama-server")
        }
    }
    name_what_tests_use(repository, &mut tests)?;
    let desktop = Desktop::start()?;
    desktop.move_in(&mut tests);
    process::run(&mut tests)
}

/// The proxy's program in an environment of its own.
pub(crate) fn install_litellm(repository: &Repository) -> Result<PathBuf> {
    let folder = repository.work().join("litellm");
    let program = folder.join("bin/litellm");
    let stamp = Stamp::new(repository, "litellm", LITELLM.to_owned());
    if stamp.is_current() && program.exists() {
        return Ok(program);
    }
    terminal::say(&format!("Installing {LITELLM}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let mut environment = Command::new("python3");
    process::run(environment.args(["-m", "venv"]).arg(&folder))
        .context("Python's module venv is needed; on Debian it is in the package python3-venv")?;
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args(["--only-binary=:all:", LITELLM])
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
    process::run(&mut pip)?;
    stamp.set()?;
    Ok(program)
}
