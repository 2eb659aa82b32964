//! Other processes: this test binary, started once more with a task.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use patchbay_store::StoreError;
use tempfile::TempDir;

use crate::{crash, full_disk, redo, routed_crash, support};

const TASK: &str = "PATCHBAY_STORE_TEST_TASK";
const FOLDER: &str = "PATCHBAY_STORE_TEST_FOLDER";

/// What the other process says begins with this; the rest is the test harness's own talk.
const SAID: &str = "said: ";

/// The way in for the other process. Started without a task it has nothing to do.
#[test]
fn task_of_another_process() {
    let Ok(task) = std::env::var(TASK) else {
        return;
    };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    match task.as_str() {
        "open" => open(&folder),
        "hold" => {
            let opened = support::open(&folder).unwrap();
            say("open");
            // Until the parent hangs up.
            std::io::stdin().read_line(&mut String::new()).unwrap();
            drop(opened);
        }
        "write" => runtime.block_on(crash::write_for_ever(&folder)),
        "write-routed" => runtime.block_on(routed_crash::write_for_ever(&folder)),
        "write-logged" => runtime.block_on(redo::write_for_ever(&folder)),
        "fill" => runtime.block_on(full_disk::fill(&folder)),
        other => panic!("no task {other}"),
    }
}

fn open(folder: &Path) {
    match support::open(folder) {
        Ok(_) => say("open"),
        Err(error) => say(&format!("{} | {}", name(&error), error.sentence())),
    }
}

pub(crate) fn name(error: &StoreError) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '(', '{']).next().unwrap().to_owned()
}

/// Tells the parent something.
pub(crate) fn say(words: &str) {
    println!("\n{SAID}{words}");
}

/// A process that was started with a task.
pub(crate) struct Other {
    pub(crate) process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    _binary: Option<TempDir>,
}

impl Other {
    pub(crate) fn start(task: &str, folder: &Path) -> Self {
        Self::spawn(Command::new(std::env::current_exe().unwrap()), task, folder)
    }

    /// As the user "nobody", whom file permissions bind even where these tests run as root.
    #[cfg(unix)]
    pub(crate) fn start_unprivileged(task: &str, folder: &Path) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        use std::os::unix::process::CommandExt as _;

        // The binary may lie where nobody but its owner can reach it.
        let reachable = TempDir::new().unwrap();
        let binary = reachable.path().join("tests");
        std::fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
        let all = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(reachable.path(), all).unwrap();
        let mut command = Command::new(&binary);
        command.current_dir("/").uid(65_534).gid(65_534);
        Self {
            _binary: Some(reachable),
            ..Self::spawn(command, task, folder)
        }
    }

    /// With a command that starts this binary, and passes the arguments added to it on.
    pub(crate) fn spawn(mut command: Command, task: &str, folder: &Path) -> Self {
        let mut process = command
            .args(["--exact", "child::task_of_another_process", "--nocapture"])
            .env(TASK, task)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            process,
            lines,
            _binary: None,
        }
    }

    /// The next thing that it says; `None` once it has ended.
    pub(crate) fn next(&mut self) -> Option<String> {
        self.lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix(SAID).map(str::to_owned))
    }

    /// Kills it with the signal that cannot be caught, and hands back what it had said until then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        let rest = std::iter::from_fn(|| self.next()).collect();
        self.process.wait().unwrap();
        rest
    }

    pub(crate) fn wait(mut self) {
        drop(self.process.stdin.take());
        assert!(self.process.wait().unwrap().success());
    }
}
