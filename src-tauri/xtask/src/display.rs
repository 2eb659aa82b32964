//! A virtual X display, and a picture of what is on it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process::{self, Background};

/// Large enough for the window's ordinary size. Pixels.
const WIDTH: usize = 1360;
const HEIGHT: usize = 860;

/// How long a page may go on changing before its picture is taken anyway (a blinking caret never
/// stops).
const SETTLE_AT_MOST: Duration = Duration::from_secs(4);
const SETTLE_LOOK_EVERY: Duration = Duration::from_millis(250);

// By full path: another `convert` or `import` may stand earlier on PATH.
const IMPORT: &str = "/usr/bin/import";
const CONVERT: &str = "/usr/bin/convert";

/// A running Xvfb. It ends when this is dropped.
pub(crate) struct Display {
    name: String,
    _server: Background,
}

impl Display {
    /// Starts a display with a number that the server itself finds free.
    pub(crate) fn start() -> Result<Self> {
        let screen = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Background::start(
            Command::new("Xvfb")
                .args([
                    "-displayfd",
                    "1",
                    "-screen",
                    "0",
                    &screen,
                    "-nolisten",
                    "tcp",
                    "-noreset",
                ])
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        )
        .context("the virtual display (package xvfb) is not installed")?;
        let mut number = String::new();
        BufReader::new(server.take_stdout()?).read_line(&mut number)?;
        let number = number.trim();
        if number.is_empty() {
            bail!("the virtual display ended before it was ready");
        }
        Ok(Self {
            name: format!(":{number}"),
            _server: server,
        })
    }

    /// What `DISPLAY` is to be for programs that should appear on it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a PNG of the whole screen, once it stands still. Fails when there is nothing on it.
    pub(crate) fn photograph(&self, file: &Path) -> Result<()> {
        let started = Instant::now();
        let mut pixels = self.pixels()?;
        loop {
            process::stop_if_interrupted()?;
            thread::sleep(SETTLE_LOOK_EVERY);
            let later = self.pixels()?;
            let still = later == pixels && !is_blank(&later);
            pixels = later;
            if still || started.elapsed() > SETTLE_AT_MOST {
                break;
            }
        }
        if is_blank(&pixels) {
            bail!("the window is open but shows nothing");
        }
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let raw = file.with_extension("rgb");
        fs::write(&raw, &pixels)?;
        let converted = process::run(
            Command::new(CONVERT)
                .args(["-size", &format!("{WIDTH}x{HEIGHT}"), "-depth", "8"])
                .arg(format!("rgb:{}", raw.display()))
                .arg(file),
        );
        fs::remove_file(&raw)?;
        converted
    }

    /// The screen as three bytes a pixel.
    fn pixels(&self) -> Result<Vec<u8>> {
        let output = Command::new(IMPORT)
            .args(["-silent", "-window", "root", "-depth", "8", "rgb:-"])
            .env("DISPLAY", &self.name)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot start {IMPORT} (package imagemagick)"))?;
        if !output.status.success() || output.stdout.len() != WIDTH * HEIGHT * 3 {
            bail!("the picture of the virtual display could not be taken");
        }
        Ok(output.stdout)
    }
}

/// Whether every pixel has the same colour.
fn is_blank(pixels: &[u8]) -> bool {
    let mut pixels = pixels.chunks_exact(3);
    let first = pixels.next();
    pixels.all(|pixel| Some(pixel) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pixel_makes_a_picture() {
        let mut pixels = vec![7; 30];
        assert!(is_blank(&pixels));
        pixels[16] = 8;
        assert!(!is_blank(&pixels));
    }
}
