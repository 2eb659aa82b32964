//! The official client packages of OpenAI and Anthropic, which the tests of the gateway run
//! unchanged. They lie in the work folder, not among the packages of this machine.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::repository::Repository;
use crate::stamp::Stamp;
use crate::terminal;
use crate::{model, process};

/// The newest of November 2026.
const PYTHON: &[&str] = &["openai==3.57.0", "anthropic==2.14.0"];
const NODE: &[&str] = &["openai@6.49.0", "@anthropic-ai/sdk@1.14.0"];

/// Installs them, where they are not there in these versions.
pub(crate) fn install(repository: &Repository) -> Result<()> {
    let wanted = format!("{PYTHON:?} {NODE:?}");
    let stamp = Stamp::new(repository, "clients", wanted);
    if stamp.is_current() {
        return Ok(());
    }
    model::ensure_pip()?;
    terminal::say("Installing the client packages that the gateway is tested with");
    let folder = repository.work().join("clients");
    let (python, node) = (folder.join("python"), folder.join("node"));
    for folder in [&python, &node] {
        if folder.exists() {
            fs::remove_dir_all(folder)
                .with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    process::run(
        Command::new("python3")
            .args(["-m", "pip", "install", "--quiet", "--no-input", "--target"])
            .arg(&python)
            .args(PYTHON)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_ROOT_USER_ACTION", "ignore"),
    )
    .context("the Python packages of OpenAI and Anthropic cannot be installed")?;
    fs::write(node.join("package.json"), r#"{"private":true}"#)?;
    process::run(
        Command::new("npm")
            .args([
                "install",
                "--silent",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
            ])
            .args(NODE)
            .current_dir(&node),
    )
    .context("the Node packages of OpenAI and Anthropic cannot be installed")?;
    stamp.set()
}
