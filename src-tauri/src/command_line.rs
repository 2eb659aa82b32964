//! What can be said on the command line of the window. The commands for scripts are `patchbay_cli`'s.

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
       patchbay COMMAND ...      without a window; \"patchbay help\" lists the commands

  --data FOLDER   keep history and settings in this folder
                  (also: the environment variable PATCHBAY_DATA_DIR)
  --version       print the version
  --help          print this
";

/// Whether the arguments after the program's name are a command for scripts, which may stand behind a
/// data folder.
pub(crate) fn is_for_scripts(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let mut arguments = arguments.into_iter();
    let mut first = arguments.next();
    if first.as_ref().is_some_and(|first| first == "--data") {
        first = arguments.nth(1);
    }
    first.is_some_and(|first| patchbay_cli::is_subcommand(&first))
}

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
    fn commands_for_scripts_are_told_from_options_of_the_window() {
        let is = |words: &[&str]| is_for_scripts(words.iter().map(OsString::from));
        assert!(is(&["serve"]));
        assert!(is(&["--data", "/tmp/x", "ask", "Why?"]));
        assert!(is(&["help"]));
        assert!(!is(&[]));
        assert!(!is(&["--data", "/tmp/x"]));
        assert!(!is(&["--data", "serve"]), "a folder of that name");
        assert!(!is(&["--help"]));
        assert!(!is(&["server"]));
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
