//! Processes found through `/proc`, and signals to them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

/// A process by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Process(Pid);

impl Process {
    /// All processes that were started with this variable, and that this user may look at.
    pub(crate) fn with_variable(name: &str, value: &str) -> Vec<Self> {
        let wanted = format!("{name}={value}");
        let has_it = |process: &Self| {
            fs::read(process.file("environ")).is_ok_and(|environment| {
                let mut variables = environment.split(|byte| *byte == 0);
                variables.any(|variable| variable == wanted.as_bytes())
            })
        };
        all().filter(has_it).collect()
    }

    /// Whether it runs this program.
    pub(crate) fn runs(self, program: &Path) -> bool {
        fs::read_link(self.file("exe")).is_ok_and(|link| {
            // A program that was built again since has this at its end.
            let link = link.as_os_str().as_bytes();
            let link = link.strip_suffix(b" (deleted)").unwrap_or(link);
            OsStr::from_bytes(link) == program.as_os_str()
        })
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// The process is gone, or belongs to somebody else.
    pub(crate) fn signal(self, signal: Signal) -> Result<()> {
        kill_process(self.0, signal).with_context(|| format!("process {:?}", self.0))
    }

    fn file(self, name: &str) -> String {
        format!("/proc/{}/{name}", self.0.as_raw_nonzero())
    }
}

fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let number = entry.file_name().to_str()?.parse().ok()?;
        Pid::from_raw(number).map(Process)
    })
}
