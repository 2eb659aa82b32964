//! What can be said on the command line of the window. Scripts get their own commands later.

use std::ffi::OsString;
use std::path::PathBuf;

/// What the command line asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// Where history and settings are, instead of the usual folder.
    pub(crate) data_folder: Option<PathBuf>,
    /// Print this and end.
    pub(crate) print: Option<Print>,
}

/// Something to print instead of opening a window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Print {
    Help,
    Version,
}

pub(crate) const HELP: &str = "\
Patchbay: any model, any way of reaching it, one window.

Usage: patchbay [--data FOLDER]

  --data FOLDER   keep history and settings in this folder
                  (also: the environment variable PATCHBAY_DATA_DIR)
  --version       print the version
  --help          print this
";

/// Reads the arguments after the program's name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<CommandLine, String> {
    let mut parsed = CommandLine::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => parsed.print = Some(Print::Help),
            Some("--version" | "-V") => parsed.print = Some(Print::Version),
            Some("--data") => match arguments.next() {
                Some(folder) => parsed.data_folder = Some(PathBuf::from(folder)),
                None => return Err("--data wants a folder".to_owned()),
            },
            _ => return Err(format!("{} is not an option", argument.to_string_lossy())),
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &[&str]) -> Result<CommandLine, String> {
        parse(words.iter().map(OsString::from))
    }

    #[test]
    fn options_are_read_and_others_refused() {
        assert_eq!(parse_words(&[]), Ok(CommandLine::default()));
        let folder = parse_words(&["--data", "/tmp/x"]).unwrap().data_folder;
        assert_eq!(folder, Some(PathBuf::from("/tmp/x")));
        assert!(parse_words(&["--data"]).is_err());
        assert!(parse_words(&["--dat"]).unwrap_err().contains("--dat"));
    }
}
