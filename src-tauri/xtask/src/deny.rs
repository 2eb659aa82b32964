//! `cargo xtask deny`: licences, banned crates and where crates come from, by deny.toml. Known
//! vulnerabilities need the advisory database from the network and are `cargo deny check
//! advisories`, by hand.

use anyhow::Result;

use crate::repository::Repository;
use crate::{expect_no_arguments, process, terminal};

pub(crate) const NOT_INSTALLED: &str =
    "cargo-deny is not installed (cargo install cargo-deny --locked, about three minutes)";

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    expect_no_arguments(arguments)?;
    if is_installed(repository) {
        return check(repository);
    }
    terminal::say(&format!("Left out: {NOT_INSTALLED}"));
    Ok(())
}

pub(crate) fn is_installed(repository: &Repository) -> bool {
    repository.has_cargo_tool("deny")
}

pub(crate) fn check(repository: &Repository) -> Result<()> {
    process::run(
        repository
            .cargo()
            .args(["deny", "--locked", "check", "licenses", "bans", "sources"]),
    )
}
