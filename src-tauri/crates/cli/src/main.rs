//! Patchbay for computers without a window: the same as the subcommands of the desktop app, without its
//! libraries.

use std::process::ExitCode;

fn main() -> ExitCode {
    patchbay_cli::run(std::env::args_os())
}
