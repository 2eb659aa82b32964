//! One log: to a file a day in the data folder, and to the terminal when there is one.
//!
//! Bodies, headers and texts are never logged; the lines say what happened to which run.

use std::path::Path;

use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How many days of log are kept.
const DAYS: usize = 7;

/// Begins to log. A folder that cannot be written leaves the terminal alone.
pub(crate) fn begin(folder: &Path) {
    // Our own crates from `info` on, others only when something is wrong with them.
    let filter = EnvFilter::try_from_env("PATCHBAY_LOG")
        .unwrap_or_else(|_| EnvFilter::new("warn,patchbay=info"));
    // The appender looks for old files before it makes the folder, and complains on the terminal.
    let _ = std::fs::create_dir_all(folder);
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("patchbay")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .map_err(|error| error.to_string());
    let (file, problem) = match file {
        Ok(file) => (Some(fmt::layer().with_ansi(false).with_writer(file)), None),
        Err(error) => (None, Some(error)),
    };
    let begun = tracing_subscriber::registry()
        .with(filter)
        .with(fmt::layer().with_ansi(false).with_writer(std::io::stderr))
        .with(file)
        .try_init();
    // Only a test that starts two apps in one process gets here with a log already begun.
    if begun.is_ok()
        && let Some(problem) = problem
    {
        tracing::warn!(%problem, "no log file is written");
    }
}
