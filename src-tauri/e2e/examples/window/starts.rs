//! From `exec` to a window that can be used, and the memory it then holds at rest.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use patchbay_testkit::TemporaryHome;
use rustix::process::Signal;

use crate::figures::{Summary, summary, table};
use crate::processes::{self, Memory, Process};

const RUNS: usize = 7;
const LOOK_EVERY: Duration = Duration::from_millis(1);
const READY_WITHIN: Duration = Duration::from_secs(60);
const REST: Duration = Duration::from_secs(6);
const ENDS_WITHIN: Duration = Duration::from_secs(10);

struct Program {
    binary: PathBuf,
    /// One home for all runs: people start on the data folder of yesterday.
    home: TemporaryHome,
}

struct Start {
    ready: Duration,
    by_own_clock: Duration,
    /// Of the process itself, and of what it started, by name.
    processor_times: Vec<(String, Duration)>,
    memory: Vec<(String, Memory)>,
}

pub(crate) fn print(app: &Path, bare: &Path) -> Result<()> {
    let (app, bare) = (Program::new(app)?, Program::new(bare)?);
    let first = (app.start()?.ready, bare.start()?.ready);
    let (mut apps, mut bares) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        apps.push(app.start()?);
        bares.push(bare.start()?);
    }
    print_times(&apps, &bares, first)?;
    print_memory(&apps, &bares)
}

fn print_times(apps: &[Start], bares: &[Start], first: (Duration, Duration)) -> Result<()> {
    println!(
        "\n# Start, in ms: median (least to most) of {RUNS}, in turns, after one start each that does not count\n\
         From just before exec until the file that says \"ready\" is there, looked for every {LOOK_EVERY:?}.\n\
         Patchbay is ready two frames after the composer takes text, the bare window when its page has loaded.\n\
         Processor time: user and system of all its processes by then, in steps of {:?}.",
        processes::tick()
    );
    let column = |starts: &[Start], value: fn(&Start) -> Duration| {
        summary(starts.iter().map(|start| millis(value(start)))).context("nothing was measured")
    };
    let mut rows =
        vec![["", "exec to ready", "by its own clock", "processor time"].map(str::to_owned)];
    let values: [fn(&Start) -> Duration; 3] = [
        |start| start.ready,
        |start| start.by_own_clock,
        |start| start.processor_times.iter().map(|(_, time)| *time).sum(),
    ];
    let summaries = |starts: &[Start]| -> Result<Vec<Summary>> {
        values.iter().map(|value| column(starts, *value)).collect()
    };
    let (of_app, of_bare) = (summaries(apps)?, summaries(bares)?);
    for (name, summaries) in [("Patchbay", &of_app), ("bare window", &of_bare)] {
        let [ready, own, processor] = summaries.as_slice() else {
            bail!("a column is missing");
        };
        rows.push([name.to_owned(), ready.cell(), own.cell(), processor.cell()]);
    }
    let ratios = |of: fn(&Summary) -> f64| -> Vec<String> {
        let pairs = of_app.iter().zip(&of_bare);
        pairs
            .map(|(app, bare)| format!("{:.2}", of(app) / of(bare)))
            .collect()
    };
    for (name, values) in [
        ("ratio of the medians", ratios(|summary| summary.median)),
        ("ratio of the least", ratios(|summary| summary.least)),
    ] {
        let mut row = values.into_iter();
        let mut next = || row.next().unwrap_or_default();
        rows.push([name.to_owned(), next(), next(), next()]);
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    print!("{}", table(&rows));
    for (name, starts) in [("Patchbay", apps), ("bare window", bares)] {
        println!(
            "  {name}, processor time of each process, medians: {}",
            shares(starts)
        );
    }
    println!(
        "  aim: at most 2. The first starts, on empty folders: Patchbay {:.0}, bare window {:.0}",
        millis(first.0),
        millis(first.1)
    );
    Ok(())
}

fn shares(starts: &[Start]) -> String {
    let Some(last) = starts.last() else {
        return String::new();
    };
    let share = |name: &str| {
        let times = starts.iter().flat_map(|start| &start.processor_times);
        let times = times.filter(|(other, _)| other == name);
        let median = summary(times.map(|(_, time)| millis(*time)));
        format!("{name} {:.0}", median.map_or(0., |summary| summary.median))
    };
    let names = last.processor_times.iter().map(|(name, _)| share(name));
    names.collect::<Vec<_>>().join(", ")
}

fn print_memory(apps: &[Start], bares: &[Start]) -> Result<()> {
    println!(
        "\n# Memory at rest, in MiB: median (least to most) of the same {RUNS} starts\n\
         {REST:?} after ready: PSS (each shared page by its share) of the process and all it started, from\n\
         /proc/*/smaps_rollup, without a local model. Anonymous: the part that does not depend on who else\n\
         on the machine has the same libraries open."
    );
    let total = |start: &Start| {
        let memories = start.memory.iter().map(|(_, memory)| *memory);
        memories.fold(Memory::default(), |sum, memory| sum + memory)
    };
    let column = |starts: &[Start], value: fn(Memory) -> u64| {
        summary(starts.iter().map(|start| mebibytes(value(total(start)))))
            .context("nothing was measured")
    };
    let mut rows = vec![
        [
            "",
            "PSS",
            "of it anonymous",
            "each process's PSS, last start",
        ]
        .map(str::to_owned),
    ];
    let mut medians = Vec::new();
    for (name, starts) in [("Patchbay", apps), ("bare window", bares)] {
        let proportional = column(starts, |memory| memory.proportional)?;
        let anonymous = column(starts, |memory| memory.anonymous)?;
        medians.push((proportional.median, anonymous.median));
        let last = starts.last().context("nothing was measured")?;
        let each = last.memory.iter();
        let each =
            each.map(|(name, memory)| format!("{name} {:.0}", mebibytes(memory.proportional)));
        let each: Vec<String> = each.collect();
        rows.push([
            name.to_owned(),
            proportional.cell(),
            anonymous.cell(),
            each.join(", "),
        ]);
    }
    if let [app, bare] = medians.as_slice() {
        rows.push([
            "ratio of the medians".to_owned(),
            format!("{:.2}", app.0 / bare.0),
            format!("{:.2}", app.1 / bare.1),
            String::new(),
        ]);
    }
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    print!("{}", table(&rows));
    println!("  aim: at most 1.25");
    Ok(())
}

impl Program {
    fn new(binary: &Path) -> Result<Self> {
        let home = TemporaryHome::new()?;
        fs::create_dir(home.path().join("models"))?;
        Ok(Self {
            binary: binary.to_owned(),
            home,
        })
    }

    /// Starts it, waits until it is ready, lets it rest, looks at its memory and ends it.
    fn start(&self) -> Result<Start> {
        let ready_file = self.home.path().join("ready");
        let _ = fs::remove_file(&ready_file);
        let mut command = self.command(&ready_file)?;
        let began = Instant::now();
        let mut running = Running(command.spawn().with_context(|| self.name())?);
        let by_own_clock = self.wait_for(&ready_file, began, &mut running)?;
        let ready = began.elapsed();
        let root = Process(running.0.id());
        let processor_times = processes::family(root)
            .into_iter()
            .filter_map(|process| Some((process.name(), process.processor_time()?)))
            .collect();
        thread::sleep(REST);
        let memory = processes::family(root)
            .into_iter()
            .map(|process| Ok((process.name(), process.memory()?)))
            .collect::<Result<_>>()?;
        running.end()?;
        Ok(Start {
            ready,
            by_own_clock,
            processor_times,
            memory,
        })
    }

    fn command(&self, ready_file: &Path) -> Result<Command> {
        let printed = File::create(self.printed_file())?;
        let mut command = Command::new(&self.binary);
        command
            .envs(self.home.environment())
            .env("PATCHBAY_MODELS_DIR", self.home.path().join("models"))
            .env("PATCHBAY_READY_FILE", ready_file)
            .stdin(Stdio::null())
            .stdout(printed.try_clone()?)
            .stderr(printed);
        Ok(command)
    }

    /// Returns what the file says: milliseconds since the process's own start.
    fn wait_for(&self, file: &Path, began: Instant, running: &mut Running) -> Result<Duration> {
        loop {
            // Without its line end it is still being written.
            let text = fs::read_to_string(file).unwrap_or_default();
            if let Some(millis) = text.strip_suffix('\n') {
                return Ok(Duration::from_millis(millis.parse()?));
            }
            if let Some(status) = running.0.try_wait()? {
                bail!("{} ended ({status}): {}", self.name(), self.printed());
            }
            if began.elapsed() > READY_WITHIN {
                bail!(
                    "{} is not ready after {READY_WITHIN:?}: {}",
                    self.name(),
                    self.printed()
                );
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn name(&self) -> String {
        self.binary.display().to_string()
    }

    fn printed_file(&self) -> PathBuf {
        self.home.path().join("printed")
    }

    fn printed(&self) -> String {
        fs::read_to_string(self.printed_file()).unwrap_or_default()
    }
}

/// Ends with everything that it started.
struct Running(Child);

impl Running {
    fn end(mut self) -> Result<()> {
        let family = processes::family(Process(self.0.id()));
        Process(self.0.id()).signal(Signal::TERM);
        let asked = Instant::now();
        while self.0.try_wait()?.is_none() || family.iter().any(|process| process.is_there()) {
            if asked.elapsed() > ENDS_WITHIN {
                bail!("it did not end within {ENDS_WITHIN:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        for process in processes::family(Process(self.0.id())) {
            process.signal(Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.
}

fn mebibytes(kibibytes: u64) -> f64 {
    kibibytes as f64 / 1_024.
}
