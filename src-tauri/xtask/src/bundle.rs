//! `cargo xtask bundle`: the release build as a .deb. Other formats download their tools while they
//! are made, so they are left to a release machine.

use anyhow::Result;

use crate::repository::Repository;
use crate::system_packages::{self, Purpose};
use crate::{expect_no_arguments, process, terminal, ui};

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    expect_no_arguments(arguments)?;
    system_packages::ensure(&[Purpose::Build])?;
    ui::install_packages(repository)?;
    process::run(ui::tauri(repository).args(["build", "--bundles", "deb", "--", "--locked"]))?;
    let folder = repository
        .built("release", "patchbay")?
        .with_file_name("bundle")
        .join("deb");
    terminal::say(&format!("The package is in {}", folder.display()));
    Ok(())
}
