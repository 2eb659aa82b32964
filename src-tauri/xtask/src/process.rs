//! Starting, waiting for and stopping other programs.
//!
//! Ctrl+C or SIGTERM must not leave a display, a bus or a window behind: the signals only raise a
//! flag here, every wait looks at it, and what was started in the background is stopped when its
//! guard is dropped.

use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const LOOK_EVERY: Duration = Duration::from_millis(25);

static INTERRUPTED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From here on Ctrl+C and SIGTERM only set the flag that [`interrupted`] reads.
pub(crate) fn watch_for_interrupts() -> Result<()> {
    let flag = INTERRUPTED.get_or_init(Arc::default);
    #[cfg(unix)]
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(flag)).context("cannot watch for Ctrl+C")?;
    }
    #[cfg(not(unix))]
    let _ = flag;
    Ok(())
}

/// Whether the person, or the system, has asked us to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED
        .get()
        .is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Fails once an interrupt came; for loops that do not wait for a child.
pub(crate) fn stop_if_interrupted() -> Result<()> {
    if interrupted() {
        bail!("interrupted");
    }
    Ok(())
}

/// Runs a command to its end with its output in plain sight, and fails when it fails. It has no
/// stdin, so nothing can sit waiting for an answer.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    run_with_stdin(command, Stdio::null())
}

/// [`run`], for the one program that may have to ask: sudo.
pub(crate) fn run_with_stdin(command: &mut Command, stdin: Stdio) -> Result<()> {
    let child = command
        .stdin(stdin)
        .spawn()
        .with_context(|| not_started(command))?;
    let status = wait(child)?;
    if !status.success() {
        bail!("`{}` failed ({})", shown(command), ended(status));
    }
    Ok(())
}

/// Waits for the end, or, when interrupted, asks the child to end and gives it five seconds.
fn wait(mut child: Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            stop_if_interrupted()?;
            return Ok(status);
        }
        if interrupted() {
            stop(&mut child, Duration::from_secs(5));
            bail!("interrupted");
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Whether the command can be started and succeeds. Its output is thrown away.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What the command printed; its complaints stay visible.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| not_started(command))?;
    if !output.status.success() {
        bail!("`{}` failed ({})", shown(command), ended(output.status));
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something that is not text", shown(command)))
}

/// Gives the command its input and returns what it printed; stops it when it takes longer than
/// `limit`. For answers of a few lines.
pub(crate) fn answer_within(limit: Duration, command: &mut Command, input: &str) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| not_started(command))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > limit || interrupted() {
            stop(&mut child, Duration::from_secs(1));
            bail!(
                "`{}` did not answer within {} s",
                shown(command),
                limit.as_secs()
            );
        }
        thread::sleep(LOOK_EVERY);
    };
    if !status.success() {
        bail!("`{}` failed ({})", shown(command), ended(status));
    }
    let mut answer = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut answer)?;
    }
    Ok(answer)
}

/// A program that runs beside us, in its own process group so that Ctrl+C reaches it only through
/// us. Stopped when dropped.
pub(crate) struct Background {
    child: Child,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| not_started(command))?;
        Ok(Self { child })
    }

    /// The other end of its stdout, when the command was told to pipe it.
    pub(crate) fn take_stdout(&mut self) -> Result<std::process::ChildStdout> {
        self.child
            .stdout
            .take()
            .context("the program's output is not piped")
    }

    /// The other end of its stderr, when the command was told to pipe it.
    pub(crate) fn take_stderr(&mut self) -> Result<std::process::ChildStderr> {
        self.child
            .stderr
            .take()
            .context("the program's complaints are not piped")
    }

    /// Its exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits until it ends by itself, or asks it to when we are interrupted. `None` when it had to
    /// be killed.
    pub(crate) fn wait_or_interrupt(&mut self, patience: Duration) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            if interrupted() {
                return Ok(self.stop(patience));
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Asks it to end and waits up to `patience`. `None` when it had to be killed.
    pub(crate) fn stop(&mut self, patience: Duration) -> Option<ExitStatus> {
        stop(&mut self.child, patience)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        stop(&mut self.child, Duration::from_secs(5));
    }
}

fn stop(child: &mut Child, patience: Duration) -> Option<ExitStatus> {
    if let Ok(Some(status)) = child.try_wait() {
        return Some(status);
    }
    ask_to_end(child);
    let asked = Instant::now();
    while asked.elapsed() < patience {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        thread::sleep(LOOK_EVERY);
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

/// SIGTERM through the shell's own `kill`, since the standard library has no call for it and
/// `unsafe` is forbidden here.
#[cfg(unix)]
fn ask_to_end(child: &mut Child) {
    succeeds(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &child.id().to_string()]));
}

#[cfg(not(unix))]
fn ask_to_end(child: &mut Child) {
    let _ = child.kill();
}

/// The command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty()
                || word.contains(|c: char| c.is_whitespace() || "'\"$&|()".contains(c))
            {
                format!("'{}'", word.replace('\'', r"'\''"))
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn not_started(command: &Command) -> String {
    format!("cannot start `{}`", shown(command))
}

fn ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "ended by a signal".to_owned(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_so_that_it_can_be_pasted() {
        let mut command = Command::new("cargo");
        command.args(["nextest", "run", "-E", "package(patchbay-e2e)", "it's"]);
        assert_eq!(
            shown(&command),
            r"cargo nextest run -E 'package(patchbay-e2e)' 'it'\''s'"
        );
    }

    #[test]
    fn a_failing_command_is_named_with_its_exit_code() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c 'exit 3'` failed (exit code 3)");
    }

    #[test]
    fn a_program_that_never_answers_is_stopped() {
        let error = answer_within(
            Duration::from_millis(100),
            Command::new("sleep").arg("600"),
            "",
        )
        .unwrap_err();
        assert!(error.to_string().contains("did not answer"), "{error}");
    }

    #[test]
    fn a_background_program_ends_with_its_guard() {
        let mut background = Background::start(
            Command::new("sh")
                .args(["-c", "echo $$; exec sleep 600"])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut stdout = background.take_stdout().unwrap();
        let mut digits = [0; 1];
        stdout.read_exact(&mut digits).unwrap();
        drop(background);
        // The pipe closes only when the last holder of its other end is gone.
        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).unwrap();
    }

    #[test]
    fn a_program_that_ignores_the_request_is_killed() {
        let mut background = Background::start(
            Command::new("sh")
                .args(["-c", "trap '' TERM; echo ready; exec sleep 600"])
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut ready = [0; 6];
        background
            .take_stdout()
            .unwrap()
            .read_exact(&mut ready)
            .unwrap();
        assert!(background.stop(Duration::from_millis(100)).is_none());
        assert!(background.ended().unwrap().is_some());
    }
}
