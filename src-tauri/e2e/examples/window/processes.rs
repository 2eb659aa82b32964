//! Processes of others as `/proc` shows them: family, memory, processor time.

use std::collections::HashSet;
use std::fs;
use std::ops::Add;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};

/// A process by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process(pub(crate) u32);

/// Memory of one or more processes, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Its own pages, and of each shared page its share.
    pub(crate) proportional: u64,
    /// The part of it that no file stands behind. Who else maps the same libraries changes nothing
    /// about it.
    pub(crate) anonymous: u64,
    /// Every page that is in memory, shared ones in full.
    pub(crate) resident: u64,
}

impl Add for Memory {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            proportional: self.proportional + other.proportional,
            anonymous: self.anonymous + other.anonymous,
            resident: self.resident + other.resident,
        }
    }
}

pub(crate) fn all() -> impl Iterator<Item = Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Process))
}

/// This process and all that it started, directly or not.
pub(crate) fn family(root: Process) -> Vec<Process> {
    let mut members = vec![root];
    let mut known = HashSet::from([root.0]);
    let parents: Vec<(Process, u32)> = all()
        .filter_map(|process| Some((process, process.parent()?)))
        .collect();
    let mut next = 0;
    while let Some(parent) = members.get(next) {
        let children = parents.iter().filter(|(_, of)| *of == parent.0);
        let children: Vec<Process> = children.map(|(child, _)| *child).collect();
        members.extend(children.into_iter().filter(|child| known.insert(child.0)));
        next += 1;
    }
    members
}

impl Process {
    /// The first 15 letters of its name.
    pub(crate) fn name(self) -> String {
        let name = fs::read_to_string(self.file("comm")).unwrap_or_default();
        name.trim().to_owned()
    }

    pub(crate) fn is_web_engine(self) -> bool {
        self.name().starts_with("WebKitWebProces")
    }

    pub(crate) fn is_there(self) -> bool {
        // A process that has ended and that nobody has asked about is a zombie.
        self.fields("stat")
            .is_some_and(|fields| fields.first().is_some_and(|state| state != "Z"))
    }

    /// Whether it was started with this variable.
    pub(crate) fn has_variable(self, name: &str, value: &str) -> bool {
        let wanted = format!("{name}={value}");
        fs::read(self.file("environ")).is_ok_and(|environment| {
            let mut variables = environment.split(|byte| *byte == 0);
            variables.any(|variable| variable == wanted.as_bytes())
        })
    }

    /// # Errors
    /// The process is gone.
    pub(crate) fn memory(self) -> Result<Memory> {
        let file = self.file("smaps_rollup");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let line = |name: &str| -> Result<u64> {
            let mut lines = text.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_suffix("kB"));
            let line = line.with_context(|| format!("{} has no {name}", file.display()))?;
            Ok(line.trim().parse()?)
        };
        Ok(Memory {
            proportional: line("Pss:")?,
            anonymous: line("Pss_Anon:")?,
            resident: line("Rss:")?,
        })
    }

    /// Processor time of all its threads, user and system, the ended ones too. `None` when it is gone.
    pub(crate) fn processor_time(self) -> Option<Duration> {
        ticks_of(&self.fields("stat")?)
    }

    /// The same of its main thread alone.
    pub(crate) fn main_thread_time(self) -> Option<Duration> {
        ticks_of(&self.fields(&format!("task/{}/stat", self.0))?)
    }

    /// Sends a signal; a process that has ended meanwhile is no failure.
    pub(crate) fn signal(self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.0).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    fn parent(self) -> Option<u32> {
        self.fields("stat")?.get(1)?.parse().ok()
    }

    /// What stands behind the name, which may hold blanks and brackets itself.
    fn fields(self, file: &str) -> Option<Vec<String>> {
        let text = fs::read_to_string(self.file(file)).ok()?;
        let (_, fields) = text.rsplit_once(')')?;
        Some(fields.split_whitespace().map(str::to_owned).collect())
    }

    fn file(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.0))
    }
}

fn ticks_of(fields: &[String]) -> Option<Duration> {
    let field = |at: usize| fields.get(at)?.parse::<u32>().ok();
    Some((field(11)? + field(12)?) * tick())
}

/// What `/proc` counts processor time in. 10 ms wherever Linux runs today, but it is asked.
pub(crate) fn tick() -> Duration {
    static TICK: OnceLock<Duration> = OnceLock::new();
    *TICK.get_or_init(|| {
        let output = Command::new("getconf").arg("CLK_TCK").output().ok();
        let a_second = output
            .and_then(|output| String::from_utf8(output.stdout).ok())
            .and_then(|text| text.trim().parse().ok());
        Duration::from_secs(1) / a_second.unwrap_or(100)
    })
}
