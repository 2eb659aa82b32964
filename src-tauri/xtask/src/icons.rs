//! `cargo xtask icons`: every size and format from the one drawing.

use std::fs;

use anyhow::Result;

use crate::repository::Repository;
use crate::{expect_no_arguments, process, terminal, ui};

/// What the bundles and the window use; the Tauri program also draws phone and shop icons.
const KEPT: &[&str] = &[
    "app.svg",
    "32x32.png",
    "128x128.png",
    "128x128@2x.png",
    "icon.icns",
    "icon.ico",
    "icon.png",
];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    expect_no_arguments(arguments)?;
    ui::install_packages(repository)?;
    process::run(ui::tauri(repository).args(["icon", "icons/app.svg", "--output", "icons"]))?;
    for entry in fs::read_dir(repository.path("icons"))? {
        let entry = entry?;
        if KEPT.iter().any(|kept| entry.file_name() == *kept) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    terminal::say("The icons are drawn");
    Ok(())
}
