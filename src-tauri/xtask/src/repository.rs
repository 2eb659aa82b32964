//! Where things are in this tree, and the two tools (cargo, npm) as every command must start them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// The feature that embeds the UI in the binary; without it the window loads the Vite server's
/// address.
pub(crate) const EMBEDDED_UI: &str = "patchbay/custom-protocol";

/// The same, and the program that writes the UI's types.
pub(crate) const FEATURES: &str = "patchbay/custom-protocol,patchbay-contract/generate";

/// The checked-out tree.
pub(crate) struct Repository {
    root: PathBuf,
}

impl Repository {
    /// Finds the tree this program was started from, or failing that, was built from.
    pub(crate) fn find() -> Result<Self> {
        let own_folder = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = own_folder
            .ancestors()
            .nth(2)
            .context("xtask is not inside the repository")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// A path below the top of the tree, written with `/`.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// The folder with the local model's file, whatever cargo's target folder is.
    pub(crate) fn models(&self) -> PathBuf {
        self.path("target/models")
    }

    /// Where these commands keep their stamps and half-finished downloads.
    pub(crate) fn work(&self) -> PathBuf {
        self.path("target/xtask")
    }

    /// A command to be run at the top of the tree.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        forget_own_cargo(&mut command);
        command
    }

    /// `cargo`, of the toolchain that built this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
    }

    /// A cargo command over the whole workspace. `run` and every step of `test` start with this:
    /// with another selection of packages or features cargo would compile the dependencies again.
    pub(crate) fn cargo_workspace(&self, subcommand: &[&str]) -> Command {
        let mut command = self.cargo();
        command
            .args(subcommand)
            .args(["--workspace", "--features", FEATURES]);
        if in_continuous_integration() {
            command.arg("--locked");
        }
        command
    }

    /// `npm`, in `ui/`.
    pub(crate) fn npm(&self) -> Command {
        let mut command = self.command(if cfg!(windows) { "npm.cmd" } else { "npm" });
        command.current_dir(self.path("ui"));
        command
    }

    /// Whether `cargo <name>` is there.
    pub(crate) fn has_cargo_tool(&self, name: &str) -> bool {
        process::succeeds(self.cargo().args([name, "--version"]))
    }

    /// What `cargo metadata` says about the workspace's own packages.
    pub(crate) fn metadata(&self) -> Result<serde_json::Value> {
        let text =
            process::output(
                self.cargo()
                    .args(["metadata", "--no-deps", "--format-version", "1"]),
            )?;
        serde_json::from_str(&text).context("cargo metadata did not answer in JSON")
    }

    /// Where cargo puts what it builds, the profile's folder included.
    pub(crate) fn built(&self, profile: &str, binary: &str) -> Result<PathBuf> {
        let metadata = self.metadata()?;
        let target = metadata["target_directory"]
            .as_str()
            .context("cargo metadata names no target folder")?;
        Ok(Path::new(target)
            .join(profile)
            .join(format!("{binary}{}", env::consts::EXE_SUFFIX)))
    }
}

/// `cargo run` describes xtask to us in variables. Build scripts that watch them (ring's does)
/// would be run again at every change between our cargo and the person's own, so no child sees
/// them.
fn forget_own_cargo(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

/// Whether this is a CI run: then the locks must be right as committed.
pub(crate) fn in_continuous_integration() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}
