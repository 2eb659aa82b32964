//! Reading a key or a token from where no other program sees it.

use std::io::{BufRead as _, Read as _};

use patchbay_engine::SecretString;

use crate::arguments::KeySourceArguments;
use crate::failure::Failed;
use crate::terminal::{Terminal, input_is_terminal};

/// The most bytes of a key: a file of Google's cloud is the longest there is.
const MOST_BYTES: u64 = 64 * 1024;

/// Reads the key from where the arguments say; `None` where they say nothing.
pub(crate) fn read(
    source: &KeySourceArguments,
    terminal: &mut Terminal,
) -> Result<Option<SecretString>, Failed> {
    match source {
        KeySourceArguments {
            from_env: Some(name),
            ..
        } => from_environment(name).map(Some),
        KeySourceArguments {
            from_stdin: true, ..
        } => from_input(terminal).map(Some),
        _ => Ok(None),
    }
}

/// The text of an environment variable.
pub(crate) fn from_environment(name: &str) -> Result<SecretString, Failed> {
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
        && !name.starts_with(|sign: char| sign.is_ascii_digit());
    if !is_name {
        // What was typed is not repeated: it is most likely the key itself.
        return Err(Failed::usage(
            "That is no name of an environment variable.",
            "Give its name, such as OPENAI_API_KEY, and never the key: arguments are seen by others.",
        ));
    }
    match std::env::var(name) {
        Ok(text) if !text.trim().is_empty() => Ok(SecretString::from(text)),
        Ok(_) => Err(Failed::usage(
            format!("The environment variable {name} is empty."),
            "Set it for this command.",
        )),
        Err(_) => Err(Failed::usage(
            format!("There is no environment variable {name}, or it is no text."),
            "Set it for this command, and export it.",
        )),
    }
}

fn from_input(terminal: &mut Terminal) -> Result<SecretString, Failed> {
    let text = if input_is_terminal() {
        terminal.note("Paste the key and press Enter. It is not shown.");
        let hidden = echo::hide();
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        drop(hidden);
        terminal.note("");
        read.map(|_| line)
    } else {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .take(MOST_BYTES)
            .read_to_string(&mut text)
            .map(|_| text)
    };
    let text = text.map_err(|error| Failed::system("Standard input cannot be read", &error))?;
    if text.trim().is_empty() {
        return Err(Failed::usage(
            "Standard input holds no key.",
            "Send it there, for example from a file: patchbay key add PROVIDER --from-stdin < FILE",
        ));
    }
    Ok(SecretString::from(text))
}

#[cfg(unix)]
mod echo {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Shows again what is typed when it is dropped.
    pub(super) struct Hidden(Option<Termios>);

    /// Stops the terminal from showing what is typed.
    pub(super) fn hide() -> Hidden {
        let input = std::io::stdin();
        let before = tcgetattr(&input).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(&input, OptionalActions::Flush, &quiet);
        }
        Hidden(before)
    }

    impl Drop for Hidden {
        fn drop(&mut self) {
            if let Some(before) = &self.0 {
                let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, before);
            }
        }
    }
}

#[cfg(not(unix))]
mod echo {
    pub(super) struct Hidden;

    pub(super) fn hide() -> Hidden {
        Hidden
    }
}
