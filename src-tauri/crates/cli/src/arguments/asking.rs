//! Asking, comparing, and looking at what that cost.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use patchbay_domain::Day;

/// Keys for providers that no keychain holds.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct HeldKeys {
    /// Take the key of a provider from this environment variable, for as long as this runs; may be
    /// given again for another provider
    // Taken apart later: a parser's error would repeat what was typed, which may be a key.
    #[arg(long = "key-from-env", value_name = "PROVIDER=NAME")]
    pub(crate) key_from_env: Vec<String>,
}

/// Reaching a copy of Patchbay that runs already.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ThroughGateway {
    /// Where another copy of Patchbay runs: ask through its gateway, with the app's token in this
    /// environment variable
    #[arg(long, value_name = "NAME")]
    pub(crate) token_from_env: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AskArguments {
    /// What to ask; standard input where it is left out. Where both are there, standard input follows
    /// the text
    #[arg(value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// A model or a route, as "patchbay models" lists them, or PROVIDER/MODEL; otherwise the first
    /// route, else what was asked last
    #[arg(long, short, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Standing instructions
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    pub(crate) system: String,
    /// How freely to choose words, from 0 to 2
    #[arg(long, value_name = "NUMBER")]
    pub(crate) temperature: Option<f64>,
    /// The most tokens to answer with
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_tokens: Option<u32>,
    /// Go on with this chat, as --json names it, instead of beginning one
    #[arg(long, value_name = "ID", conflicts_with_all = ["system", "temperature", "max_tokens"])]
    pub(crate) chat: Option<String>,
    /// Write words as they come also where standard output is no terminal. A half answer that another
    /// way in begins anew stands there twice then
    #[arg(long)]
    pub(crate) stream: bool,
    /// No receipt on standard error
    #[arg(long, short)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) held: HeldKeys,
    #[command(flatten)]
    pub(crate) through: ThroughGateway,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArguments {
    /// Only names, makers and providers that hold all of these words
    #[arg(long, value_name = "WORDS")]
    pub(crate) search: Option<String>,
    /// Ask every provider for its list first
    #[arg(long)]
    pub(crate) refresh: bool,
    /// Also models that hold no conversations, and those that cannot be asked now
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) held: HeldKeys,
    #[command(flatten)]
    pub(crate) through: ThroughGateway,
}

/// As what a round is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    /// A table of columns, and the answers
    Table,
    /// Everything; the same as --json
    Json,
    /// For a review
    Markdown,
    /// One line an answer
    Csv,
    /// A page that stands alone
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArguments {
    /// A comparison as JSON: as the window exports a round, or {"models": [...], "prompts": [...]};
    /// "-" for standard input
    #[arg(value_name = "FILE", required_unless_present = "prompt")]
    pub(crate) file: Option<PathBuf>,
    /// A model or a route that answers; once for each. With a file: these instead of its own
    #[arg(long, short, value_name = "NAME")]
    pub(crate) model: Vec<String>,
    /// A prompt; once for each
    #[arg(
        long,
        short,
        value_name = "TEXT",
        conflicts_with = "file",
        requires = "model"
    )]
    pub(crate) prompt: Vec<String>,
    /// Standing instructions for every column
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,
    /// How often each column answers each prompt
    #[arg(long, value_name = "NUMBER")]
    pub(crate) repeats: Option<u32>,
    /// The most requests to one provider at once
    #[arg(long, value_name = "NUMBER")]
    pub(crate) parallel: Option<u32>,
    /// Pause before it costs more than this, in dollars
    #[arg(long, value_name = "DOLLARS", value_parser = super::setup::dollars)]
    pub(crate) ceiling: Option<patchbay_domain::NanoUsd>,
    /// What it is called in the window
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// Say what it would cost, and ask nobody
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// As what to print the round
    #[arg(long, value_enum, default_value_t = CompareFormat::Table, conflicts_with = "json")]
    pub(crate) format: CompareFormat,
    #[command(flatten)]
    pub(crate) held: HeldKeys,
}

/// By what a sum is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GroupBy {
    /// Who was paid
    Provider,
    /// Which model, whoever reached it
    Model,
    /// Which app of the gateway
    App,
    /// Each day
    Day,
    /// Chats, comparisons, the gateway, the latency lab
    Origin,
    /// Each key of each provider
    Key,
}

impl GroupBy {
    /// Its word, as it is typed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
            Self::App => "app",
            Self::Day => "day",
            Self::Origin => "origin",
            Self::Key => "key",
        }
    }
}

/// As what attempts are written to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A line of names, then one line a row
    Csv,
    /// One array of objects
    Json,
    /// One object a line
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct SpendArguments {
    /// The first day, such as 2026-11-01; otherwise the first of this month
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) from: Option<Day>,
    /// The last day; otherwise today
    #[arg(long, value_name = "DAY", value_parser = day)]
    pub(crate) to: Option<Day>,
    /// Split by this
    #[arg(long, value_enum, default_value_t = GroupBy::Model)]
    pub(crate) by: GroupBy,
    /// Write every attempt of these days to this file instead; one that lies there is replaced
    #[arg(long, value_name = "FILE", conflicts_with = "by")]
    pub(crate) export: Option<PathBuf>,
    /// As what to write them
    #[arg(long, value_enum, default_value_t = ExportFormat::Csv, requires = "export")]
    pub(crate) export_format: ExportFormat,
}

fn day(text: &str) -> Result<Day, String> {
    text.parse()
        .map_err(|_| format!("\u{201c}{text}\u{201d} is no day; write it like 2026-11-26"))
}
