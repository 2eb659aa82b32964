//! Patchbay without a window: the gateway as a server, and everything that the window sets up, for
//! scripts.
//!
//! It opens the same folder as the window and asks the same engine. The window's own program calls
//! [`run`] when its first argument [is a subcommand](is_subcommand), before it looks for a display, so
//! that one installation is both; `patchbay-cli` is the same without the libraries of a desktop.
//!
//! **Invariant:** a key is read from standard input or from a named environment variable, and from no
//! argument: arguments stand in lists of processes and in the history of shells.
//! **Invariant:** what a script reads stands on standard output, everything else on standard error.
#![warn(missing_docs)]

mod admin_keys;
mod answer;
mod apps;
mod arguments;
mod ask;
mod budgets;
mod compare;
mod failure;
mod folders;
mod gateway;
mod interrupt;
mod keys;
mod listening;
mod local_model;
mod manual;
mod models;
mod money;
mod named;
mod over_http;
mod prices;
mod providers;
mod routes;
mod secret;
mod serve;
mod service;
mod session;
mod spend;
mod table;
mod telemetry;
mod terminal;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

use crate::arguments::{Arguments, Subcommand};
use crate::failure::Failed;
pub use crate::folders::{DATA_VARIABLE, Folders, IDENTIFIER, MODELS_VARIABLE};
pub use crate::listening::ListeningFile;
use crate::terminal::Terminal;

/// Whether the first argument of the window's program is for [`run`].
pub fn is_subcommand(argument: &std::ffi::OsStr) -> bool {
    argument == "help"
        || Arguments::command()
            .get_subcommands()
            .any(|subcommand| argument == subcommand.get_name())
}

/// Does what the arguments say, the program's name first, and returns when that is done.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another copy of Patchbay uses the data folder.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let program = arguments
        .next()
        .and_then(|path| {
            std::path::PathBuf::from(path)
                .file_stem()?
                .to_str()
                .map(str::to_owned)
        })
        .unwrap_or_else(|| "patchbay".to_owned());
    let mut terminal = Terminal::of_process(&program);
    let all = std::iter::once(OsString::from(&program)).chain(arguments);
    let command = Arguments::command()
        .name(program.clone())
        .bin_name(&program);
    let parsed = command
        .try_get_matches_from(all)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let code = match parsed {
        Ok(parsed) => {
            let wants_json = parsed.shared.json;
            let done = begin(&program, parsed, &mut terminal);
            match done {
                Ok(()) => failure::DONE,
                Err(failed) => {
                    terminal.fail(&failed, wants_json);
                    failed.code()
                }
            }
        }
        Err(error) => {
            terminal.show_usage(&error);
            u8::try_from(error.exit_code()).unwrap_or(failure::WRONG_USAGE)
        }
    };
    ExitCode::from(code)
}

fn begin(program: &str, arguments: Arguments, terminal: &mut Terminal) -> Result<(), Failed> {
    // What needs no engine needs no runtime either.
    match &arguments.subcommand {
        Subcommand::Completions(wanted) => return manual::completions(program, wanted, terminal),
        Subcommand::Man(wanted) => return manual::man(program, wanted, terminal),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::system("The runtime could not be started", &error))?;
    let done = runtime.block_on(Box::pin(carry_out(arguments, terminal)));
    // What still runs is no answer and no write: those ended with the engine.
    runtime.shutdown_background();
    done
}

async fn carry_out(arguments: Arguments, terminal: &mut Terminal) -> Result<(), Failed> {
    let Arguments { shared, subcommand } = arguments;
    match subcommand {
        Subcommand::Serve(wanted) => serve::serve(&shared, wanted, terminal).await,
        Subcommand::Ask(wanted) => ask::ask(&shared, wanted, terminal).await,
        Subcommand::Models(wanted) => models::models(&shared, wanted, terminal).await,
        Subcommand::Compare(wanted) => compare::compare(&shared, wanted, terminal).await,
        Subcommand::Spend(wanted) => spend::spend(&shared, wanted, terminal).await,
        Subcommand::Provider { action } => providers::carry_out(&shared, action, terminal).await,
        Subcommand::Key { action } => keys::carry_out(&shared, action, terminal).await,
        Subcommand::Route { action } => routes::carry_out(&shared, action, terminal).await,
        Subcommand::App { action } => apps::carry_out(&shared, action, terminal).await,
        Subcommand::Budget { action } => budgets::carry_out(&shared, action, terminal).await,
        Subcommand::Price { action } => prices::carry_out(&shared, action, terminal).await,
        Subcommand::Gateway { action } => gateway::carry_out(&shared, action, terminal).await,
        Subcommand::Telemetry { action } => telemetry::carry_out(&shared, action, terminal).await,
        Subcommand::LocalModel { action } => {
            local_model::carry_out(&shared, action, terminal).await
        }
        Subcommand::Service { action } => service::carry_out(&shared, action, terminal).await,
        // Answered before there was a runtime.
        Subcommand::Completions(_) | Subcommand::Man(_) => Ok(()),
    }
}
