//! Completions and man pages, made from the definitions of the arguments.

use std::path::Path;

use clap::CommandFactory as _;

use crate::arguments::{Arguments, CompletionsArguments, ManArguments};
use crate::failure::Failed;
use crate::terminal::Terminal;

fn command(program: &str) -> clap::Command {
    Arguments::command()
        .name(program.to_owned())
        .bin_name(program.to_owned())
}

pub(crate) fn completions(
    program: &str,
    wanted: &CompletionsArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let mut text = Vec::new();
    clap_complete::generate(wanted.shell, &mut command(program), program, &mut text);
    terminal.print_bytes(&text)
}

pub(crate) fn man(
    program: &str,
    wanted: &ManArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if let Some(folder) = &wanted.folder {
        return write_pages(program, folder, terminal);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command(program))
        .render(&mut page)
        .map_err(|error| Failed::system("The man page cannot be made", &error))?;
    terminal.print_bytes(&page)
}

fn write_pages(program: &str, folder: &Path, terminal: &mut Terminal) -> Result<(), Failed> {
    let unwritable = |error: std::io::Error| {
        Failed::system(&format!("{} cannot be written", folder.display()), &error)
    };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    clap_mangen::generate_to(command(program), folder).map_err(unwritable)?;
    terminal.line(&format!("Wrote the man pages to {}.", folder.display()))
}
