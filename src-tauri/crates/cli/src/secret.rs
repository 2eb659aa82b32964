//! Reading a key or a token from where no other program sees it.

use std::io::Read as _;

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
        let typed = typed(&mut std::io::stdin().lock());
        drop(hidden);
        terminal.note("");
        match typed {
            Ok(Some(text)) => Ok(text),
            Ok(None) => return Err(Failed::new("Stopped.", "")),
            Err(error) => Err(error),
        }
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

/// A line from a terminal that hands on each key as it is pressed; `None` after Ctrl+C.
fn typed(input: &mut impl std::io::BufRead) -> std::io::Result<Option<String>> {
    const INTERRUPT: u8 = 0x03;
    const END: u8 = 0x04;
    let mut line = Vec::new();
    for byte in input.take(MOST_BYTES).bytes() {
        match byte? {
            b'\n' | b'\r' | END => break,
            INTERRUPT => return Ok(None),
            0x08 | 0x7f => {
                line.pop();
            }
            byte => line.push(byte),
        }
    }
    // What is no text is no key, and is refused as one.
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(unix)]
mod echo {
    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

    /// Shows again what is typed when it is dropped.
    pub(super) struct Hidden(Option<Termios>);

    /// Stops the terminal from showing what is typed, and from acting on it: a signal in between would
    /// leave it so for good.
    pub(super) fn hide() -> Hidden {
        let input = std::io::stdin();
        let before = tcgetattr(&input).ok();
        if let Some(before) = &before {
            let mut quiet = before.clone();
            let acting = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
            quiet.local_modes.remove(acting);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_mended_and_stopped() {
        let line = |keys: &str| typed(&mut keys.as_bytes()).unwrap();
        assert_eq!(line("sk-ab\u{7f}c\nmore"), Some("sk-ac".to_owned()));
        assert_eq!(line("sk-\u{3}"), None);
        assert_eq!(line("sk\u{4}"), Some("sk".to_owned()));
    }
}
