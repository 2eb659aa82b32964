//! What the person sees. One place, so that a line means the same to a reader, a log file and CI,
//! and the lint against stray printing can stay on.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Prints one line. A closed pipe (`| head`) is no reason to fail.
pub(crate) fn say(line: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// Prints one line where errors and warnings belong.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether a person can press Ctrl+C: both ends are a terminal.
pub(crate) fn is_attended() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A time as a person reads it: `0.4 s`, `12 s`, `3 min 05 s`.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

const BAR_WIDTH: u64 = 30;
const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// A progress bar on a terminal; elsewhere one plain line every ten per cent.
pub(crate) struct Progress {
    label: &'static str,
    total_bytes: u64,
    on_terminal: bool,
    last_drawn: Option<Instant>,
    tenths_said: u64,
}

impl Progress {
    pub(crate) fn new(label: &'static str, total_bytes: u64) -> Self {
        let on_terminal = io::stdout().is_terminal();
        Self {
            label,
            total_bytes: total_bytes.max(1),
            on_terminal,
            last_drawn: None,
            tenths_said: 0,
        }
    }

    /// Shows how far it has come. `bytes` may pass the total: the bar stops at full.
    pub(crate) fn show(&mut self, bytes: u64) {
        let bytes = bytes.min(self.total_bytes);
        if self.on_terminal {
            self.draw(bytes);
        } else {
            self.say_tenths(bytes);
        }
    }

    /// Leaves the cursor on a fresh line.
    pub(crate) fn finish(mut self, bytes: u64) {
        self.last_drawn = None;
        self.show(bytes);
        if self.on_terminal {
            say("");
        }
    }

    fn draw(&mut self, bytes: u64) {
        if self
            .last_drawn
            .is_some_and(|last| last.elapsed() < REDRAW_EVERY)
        {
            return;
        }
        self.last_drawn = Some(Instant::now());
        let mut output = io::stdout().lock();
        let _ = write!(output, "\r{}", bar(self.label, bytes, self.total_bytes))
            .and_then(|()| output.flush());
    }

    fn say_tenths(&mut self, bytes: u64) {
        let tenths = bytes * 10 / self.total_bytes;
        if tenths > self.tenths_said {
            self.tenths_said = tenths;
            say(&format!(
                "{}: {} % of {} MB",
                self.label,
                tenths * 10,
                megabytes(self.total_bytes)
            ));
        }
    }
}

fn bar(label: &str, bytes: u64, total_bytes: u64) -> String {
    let full = (bytes * BAR_WIDTH / total_bytes) as usize;
    let empty = BAR_WIDTH as usize - full;
    format!(
        "{label} [{}{}] {:>3} %  {} of {} MB",
        "#".repeat(full),
        ".".repeat(empty),
        bytes * 100 / total_bytes,
        megabytes(bytes),
        megabytes(total_bytes),
    )
}

/// Whole megabytes (10^6 bytes), rounded.
pub(crate) fn megabytes(bytes: u64) -> u64 {
    (bytes + 500_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_wide_empty_as_full() {
        let empty = bar("Fetching", 0, 98_000_000);
        let half = bar("Fetching", 49_000_000, 98_000_000);
        let full = bar("Fetching", 98_000_000, 98_000_000);
        assert_eq!(
            half,
            format!(
                "Fetching [{}{}]  50 %  49 of 98 MB",
                "#".repeat(15),
                ".".repeat(15)
            )
        );
        assert!(empty.contains(&".".repeat(30)) && !empty.contains('#'));
        assert!(full.contains(&"#".repeat(30)) && full.contains("100 %"));
    }

    #[test]
    fn times_read_as_a_person_says_them() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(42)), "42 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 min 05 s");
    }
}
