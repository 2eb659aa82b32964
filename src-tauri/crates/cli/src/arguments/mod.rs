//! Everything that can be said on the command line. Help, completions and the man pages are made from
//! these definitions.

mod asking;
mod serving;
mod setup;

use std::path::PathBuf;

use clap::{Args, Parser};

pub(crate) use self::asking::{
    AskArguments, CompareArguments, CompareFormat, ExportFormat, GroupBy, ModelsArguments,
    SpendArguments,
};
pub(crate) use self::serving::{
    CompletionsArguments, GatewayAction, ManArguments, ServeArguments, ServiceAction,
    ServiceInstall, TelemetryAction,
};
pub(crate) use self::setup::{
    AppAction, AppRulesArguments, BudgetAction, BudgetAdd, KeyAction, KeySourceArguments,
    LocalModelAction, NewProvider, PriceAction, ProviderAction, RouteAction, RouteAdd,
};

/// Any model, any way of reaching it: Patchbay without a window.
#[derive(Debug, Parser)]
#[command(
    name = "patchbay",
    version,
    about = "Any model, any way of reaching it: Patchbay without a window",
    long_about = "Any model, any way of reaching it: Patchbay without a window.\n\n\
        The same folder, the same keychain and the same history as the window. Only one copy of \
        Patchbay uses a data folder at a time: while the window or \"serve\" runs, \"ask\" and \
        \"models\" go through its gateway, and everything else says so and ends with code 3.",
    after_help = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another copy of Patchbay uses the \
        data folder.",
    after_long_help = "EXIT CODES\n  \
        0  done\n  \
        1  failed; standard error says what happened and what to do\n  \
        2  wrong usage, or a value that cannot be used\n  \
        3  another copy of Patchbay uses the data folder\n\n\
        ENVIRONMENT\n  \
        PATCHBAY_DATA_DIR    the data folder, where --data does not name one\n  \
        PATCHBAY_MODELS_DIR  the folder of model files\n  \
        PATCHBAY_LOG         what is logged, such as \"warn,patchbay=debug\"\n\n\
        Keys of providers are also read from the environment variables that their makers document, \
        such as OPENAI_API_KEY; \"patchbay provider presets\" names them.",
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = false
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) shared: Shared,
    #[command(subcommand)]
    pub(crate) subcommand: Subcommand,
}

/// The heading of what every subcommand understands.
const EVERYWHERE: &str = "Options of every command";

/// What every subcommand understands.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Shared {
    /// Keep history and settings in this folder (also: PATCHBAY_DATA_DIR)
    #[arg(long, value_name = "DIR", global = true, help_heading = EVERYWHERE)]
    pub(crate) data: Option<PathBuf>,
    /// Use no keychain: keys come from environment variables alone
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) no_keychain: bool,
    /// Print JSON for scripts; failures too, on standard error
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Subcommand {
    /// Answer apps on this computer, without a window, until told to end
    #[command(
        after_long_help = "JSON\n  An object with: address, base_url, port, pid, data_folder\n  (one line, once it listens)"
    )]
    Serve(ServeArguments),
    /// Ask a model or a route
    #[command(
        after_long_help = "JSON\n  An object with: chat, run, text, status, route, note, cost, attempts\n  (\"reasoning\" where the model told it. Through a gateway \"chat\" and \"route\" are null)"
    )]
    Ask(AskArguments),
    /// List the names that can be asked
    #[command(
        after_long_help = "JSON\n  An object with: models\n  (each with is_route, name, title, maker, providers, ways, context_length, input_usd_per_million, output_usd_per_million, unavailable_because)"
    )]
    Models(ModelsArguments),
    /// Let several models answer the same prompts
    #[command(
        after_long_help = "JSON\n  An object with: patchbay, name, round, state, started_at, ended_at, definition, columns, cost, replay, cases\n  (a file that \"compare\" reads again; \"replay\" is null but for a replay of your past)"
    )]
    Compare(CompareArguments),
    /// Show what was spent
    #[command(
        after_long_help = "JSON\n  An object with: from, to, by, total, groups\n  (\"total\" and each group with known_usd, estimated_usd, attempts, answered, failed, unknown, input_tokens, output_tokens; each group with key and name)"
    )]
    Spend(SpendArguments),
    /// Set up providers
    Provider {
        #[command(subcommand)]
        action: ProviderAction,
    },
    /// Set up keys of providers
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Set up routes
    Route {
        #[command(subcommand)]
        action: RouteAction,
    },
    /// Set up apps: clients of the gateway, each with a token
    App {
        #[command(subcommand)]
        action: AppAction,
    },
    /// Set up budgets
    Budget {
        #[command(subcommand)]
        action: BudgetAction,
    },
    /// Set your own prices
    Price {
        #[command(subcommand)]
        action: PriceAction,
    },
    /// Choose whether the window's gateway listens, and where
    Gateway {
        #[command(subcommand)]
        action: GatewayAction,
    },
    /// Send what is asked and spent on to an OpenTelemetry collector
    Telemetry {
        #[command(subcommand)]
        action: TelemetryAction,
    },
    /// The model that runs on this computer
    LocalModel {
        #[command(subcommand)]
        action: LocalModelAction,
    },
    /// Start Patchbay with the computer or with the session (Linux)
    Service {
        #[command(subcommand)]
        action: ServiceAction,
    },
    /// Print completions for a shell
    Completions(CompletionsArguments),
    /// Print the man page, or write all of them to a folder
    Man(ManArguments),
}

#[cfg(test)]
pub(crate) use self::setup::NEEDS;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_contradict_nothing() {
        Arguments::command().debug_assert();
    }

    /// A key that could be typed as an argument would stand in every list of processes.
    #[test]
    fn no_argument_takes_a_key() {
        fn visit(command: &clap::Command) {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(
                    !matches!(name, "key" | "token" | "secret" | "password"),
                    "{} --{name}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(visit);
        }
        visit(&Arguments::command());
    }
}
