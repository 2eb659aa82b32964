//! `cargo xtask bench`: figures to read, not tests. Each bench lives beside what it measures; this
//! file only knows how to start it.

use anyhow::{Result, bail};

use crate::repository::Repository;
use crate::system_packages::{self, Purpose};
use crate::{model, process, terminal};

pub(crate) const DETAILS: &str =
    "  local    first token and tokens per second of the local model, in a release build";

struct Bench {
    name: &'static str,
    start: fn(&Repository) -> Result<()>,
}

const BENCHES: &[Bench] = &[Bench {
    name: "local",
    start: local,
}];

pub(crate) fn start(repository: &Repository, arguments: &[String]) -> Result<()> {
    let chosen: Vec<&Bench> = match arguments {
        [] => BENCHES.iter().collect(),
        [name] => BENCHES.iter().filter(|bench| bench.name == name).collect(),
        _ => bail!("give one name, or none for all benches"),
    };
    if chosen.is_empty() {
        bail!("there is no bench of that name; there are:\n{DETAILS}");
    }
    for bench in chosen {
        terminal::say(&format!("=== {}", bench.name));
        (bench.start)(repository)?;
    }
    Ok(())
}

fn local(repository: &Repository) -> Result<()> {
    system_packages::ensure(&[Purpose::Build])?;
    model::fetch(repository)?;
    process::run(
        repository
            .cargo()
            .args([
                "run",
                "-q",
                "--release",
                "-p",
                "patchbay-local",
                "--example",
                "speed",
                "--",
            ])
            .arg(model::file(repository)),
    )
}
