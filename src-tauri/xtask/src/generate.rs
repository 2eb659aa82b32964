//! `cargo xtask gen`: the TypeScript and the window's permissions that the contract crate
//! describes. The contract's own binary writes it, so that this crate need not compile against
//! anything heavy.

use anyhow::{Context, Result, bail};

use crate::process;
use crate::repository::Repository;

/// The types, and the window's permission to call each command.
const OUTPUTS: [&str; 2] = ["ui/src/lib/ipc/gen", "src-tauri/capabilities"];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("only --check is understood here"),
    };
    let mut command = repository.cargo();
    command
        .args([
            "run",
            "-q",
            "-p",
            "patchbay-contract",
            "--features",
            "generate",
        ])
        .args(["--bin", "generate", "--"])
        .args(OUTPUTS);
    if check {
        command.arg("--check");
    }
    process::run(&mut command)
}

/// The check with the binary that `cargo xtask test` has built already, so that nothing is compiled
/// a second time.
pub(crate) fn check_with_built(repository: &Repository) -> Result<()> {
    let binary = repository.built("debug", "generate")?;
    process::run(repository.command(binary).args(OUTPUTS).arg("--check")).context(
        "the generated files are not what the contract crate describes; `cargo xtask \
            gen` writes them anew",
    )
}
