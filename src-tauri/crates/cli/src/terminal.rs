//! Where words come from and go to: the process's standard streams.

use std::io::{IsTerminal as _, Read as _, Write};

use serde::Serialize;

use crate::failure::Failed;

/// The most bytes that are read from standard input.
const MOST_INPUT: u64 = 16 * 1024 * 1024;

/// The standard streams.
pub(crate) struct Terminal {
    /// As what this program was started.
    program: String,
    out: Box<dyn Write + Send>,
    errors: Box<dyn Write + Send>,
    out_is_terminal: bool,
}

impl Terminal {
    pub(crate) fn of_process(program: &str) -> Self {
        Self {
            program: program.to_owned(),
            out: Box::new(std::io::stdout()),
            errors: Box::new(std::io::stderr()),
            out_is_terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Whether a person reads what is printed as it comes.
    pub(crate) fn out_is_terminal(&self) -> bool {
        self.out_is_terminal
    }

    /// Prints the result, as it is.
    ///
    /// # Errors
    /// Nobody reads it any more, or a disk is full.
    pub(crate) fn print(&mut self, text: &str) -> Result<(), Failed> {
        self.print_bytes(text.as_bytes())
    }

    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> Result<(), Failed> {
        self.out
            .write_all(bytes)
            .and_then(|()| self.out.flush())
            .map_err(|error| match error.kind() {
                // Who reads has read enough, as "head" does. There is nobody to tell.
                std::io::ErrorKind::BrokenPipe => Failed::said("Nobody reads the result."),
                _ => Failed::system("Standard output cannot be written", &error),
            })
    }

    /// Prints a line of the result.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failed> {
        self.print(&format!("{text}\n"))
    }

    /// Prints the result for a script.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failed::system("The result cannot be written as JSON", &error))?;
        self.line(&text)
    }

    /// Prints a result for a script that reads line by line.
    pub(crate) fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failed> {
        let text = serde_json::to_string(value)
            .map_err(|error| Failed::system("The result cannot be written as JSON", &error))?;
        self.line(&text)
    }

    /// Says something beside the result.
    pub(crate) fn note(&mut self, text: &str) {
        // A closed terminal is no reason to fail.
        let _ = writeln!(self.errors, "{}", commands_of(&self.program, text));
        let _ = self.errors.flush();
    }

    /// Says why it did not work.
    pub(crate) fn fail(&mut self, failed: &Failed, wants_json: bool) {
        if failed.is_silent() {
            return;
        }
        if wants_json {
            let text = serde_json::to_string(&failed.report()).unwrap_or_default();
            self.note(&text);
            return;
        }
        let program = self.program.clone();
        self.note(&format!("{program}: {}", failed.sentence()));
        if !failed.advice().is_empty() {
            self.note(failed.advice());
        }
    }

    /// Shows help where it was asked for, else what is wrong with the arguments.
    pub(crate) fn show_usage(&mut self, error: &clap::Error) {
        let text = error.render().to_string();
        if error.use_stderr() {
            let _ = self.errors.write_all(text.as_bytes());
        } else {
            let _ = self.out.write_all(text.as_bytes());
        }
    }
}

/// A text with its commands as this program is called, so that they can be copied: `patchbay app add`
/// is `patchbay-cli app add` where that is what there is.
fn commands_of(program: &str, text: &str) -> String {
    const WORD: &str = "patchbay ";
    let mut parts = text.split(WORD);
    let mut named = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let next = part
            .split([' ', '"', '\\', '\n', '.', ','])
            .next()
            .unwrap_or(part);
        let is_command = crate::is_subcommand(std::ffi::OsStr::new(next));
        named.push_str(if is_command { program } else { WORD.trim_end() });
        named.push(' ');
        named.push_str(part);
    }
    named
}

/// Whether somebody could type on standard input.
pub(crate) fn input_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}

/// All that stands on standard input.
pub(crate) fn read_input() -> Result<String, Failed> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Failed::system("Standard input cannot be read", &error))?;
    if bytes.len() as u64 > MOST_INPUT {
        return Err(Failed::usage(
            "Standard input holds more than 16 MB.",
            "Send less.",
        ));
    }
    String::from_utf8(bytes).map_err(|_| {
        Failed::usage(
            "Standard input is no text in UTF-8.",
            "Convert it first, for example with iconv.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_copied() {
        let said = commands_of(
            "patchbay-cli",
            "So: patchbay app add NAME, or \"patchbay serve\".",
        );
        assert_eq!(
            said,
            "So: patchbay-cli app add NAME, or \"patchbay-cli serve\"."
        );
        let others = "systemctl --user stop patchbay and patchbay windows";
        assert_eq!(commands_of("patchbay-cli", others), others);
    }
}
