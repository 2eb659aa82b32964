//! Running without a window, and what an installation needs for that.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

use super::asking::HeldKeys;
use super::setup::KeySourceArguments;

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Listen on this port of 127.0.0.1; 0 takes any free one. Otherwise the port that the window's
    /// settings name, which is 4180 where nobody chose one
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    #[command(flatten)]
    pub(crate) held: HeldKeys,
}

/// About the gateway of the window.
#[derive(Debug, Subcommand)]
pub(crate) enum GatewayAction {
    /// Say whether it listens whenever the window runs, and where
    Status,
    /// Let it listen whenever the window runs
    On {
        /// On this port of 127.0.0.1
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
    /// Let it not listen
    Off,
}

/// About sending on what is asked and spent.
#[derive(Debug, Subcommand)]
pub(crate) enum TelemetryAction {
    /// Say where it is sent
    Status,
    /// Send spans and metrics to a collector: models, tokens, times and costs, and never a text
    On {
        /// The collector's address for OTLP over HTTP, such as http://localhost:4318; otherwise the one
        /// that was set before
        #[arg(value_name = "URL")]
        address: Option<String>,
        /// The header that holds the collector's secret, such as Authorization
        #[arg(long, value_name = "NAME")]
        header: Option<String>,
        #[command(flatten)]
        source: KeySourceArguments,
    },
    /// Send one test span now, and say what the collector answers
    Test,
    /// Send nothing any more
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct ServiceInstall {
    /// The port for "serve"
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// Open the window with the session, by an autostart entry, instead of a server without one
    #[arg(long, conflicts_with_all = ["port", "now"])]
    pub(crate) autostart: bool,
    /// Also tell systemd to start it, now and with every session
    #[arg(long)]
    pub(crate) now: bool,
    /// Replace a file that Patchbay did not write
    #[arg(long)]
    pub(crate) force: bool,
}

/// About starting by itself.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceAction {
    /// Write a systemd user unit for "serve", and say how to start it
    Install(ServiceInstall),
    /// Remove the files that "install" wrote
    Remove {
        /// Also tell systemd to stop it first
        #[arg(long)]
        now: bool,
    },
    /// Say which files there are, and whether a copy of Patchbay runs
    Status,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Write one page for each subcommand to this folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
