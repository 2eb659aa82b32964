//! Runs the scripted provider by hand: `cargo run -p patchbay-testkit --bin scripted-provider`.
#![expect(clippy::print_stdout, reason = "a program for the terminal")]

use std::process::ExitCode;
use std::time::Duration;

use patchbay_testkit::scripted::{BASES, DOCUMENTED};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};

const USAGE: &str =
    "scripted-provider [--port 8099] [--pace-ms 40] [--key sk-test]... [--list-size 2500] [--list]";

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            for (name, description) in DOCUMENTED {
                println!("{name:<28}{description}");
            }
            return ExitCode::SUCCESS;
        }
        Err(problem) => {
            println!("{problem}\nUsage: {USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match ScriptedProvider::start_with(options) {
        Ok(provider) => {
            println!("Listening; Ctrl+C ends it. The base URLs:");
            for (name, path) in BASES {
                println!("{:<48}{name}", provider.url(path));
            }
            loop {
                std::thread::park();
            }
        }
        Err(error) => {
            println!("Cannot listen: {error}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Option<ScriptedOptions>, String> {
    let mut options = ScriptedOptions {
        port: 8099,
        pace: Pace::Every(Duration::from_millis(40)),
        ..ScriptedOptions::default()
    };
    while let Some(argument) = arguments.next() {
        if argument == "--list" {
            return Ok(None);
        }
        let value = arguments
            .next()
            .ok_or_else(|| format!("{argument} wants a value."))?;
        let number = || {
            value
                .parse::<u16>()
                .map_err(|_| format!("{value} is not a number."))
        };
        match argument.as_str() {
            "--port" => options.port = number()?,
            "--pace-ms" => options.pace = Pace::Every(Duration::from_millis(number()?.into())),
            "--list-size" => options.list_size = number()?.into(),
            "--key" => options.expected_keys.push(value),
            _ => return Err(format!("{argument} is not known.")),
        }
    }
    Ok(Some(options))
}
