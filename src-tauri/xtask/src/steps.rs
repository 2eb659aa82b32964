//! Named, timed steps with a table at the end, so that a long run says where its time went and
//! where it broke.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::terminal;

/// The steps of one command, in the order they ran.
pub(crate) struct Steps {
    started: Instant,
    finished: Vec<Finished>,
}

struct Finished {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

#[derive(Clone, Copy)]
enum Outcome {
    Passed,
    Failed,
    LeftOut,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            finished: Vec::new(),
        }
    }

    /// Runs one step. `alone` is the command line that runs just this step; it is part of the error
    /// when the step fails.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        alone: &str,
        step: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        terminal::say(&format!("\n=== {name}"));
        let started = Instant::now();
        let result = step();
        let took = started.elapsed();
        let outcome = if result.is_ok() {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        self.finished.push(Finished {
            name,
            took,
            outcome,
        });
        if result.is_ok() {
            terminal::say(&format!("--- {name}: {}", terminal::duration(took)));
        }
        result.with_context(|| {
            format!("the step \"{name}\" failed; to run it alone: {alone}\nreason")
        })
    }

    /// Notes a step that this machine cannot run, with the reason in plain words.
    pub(crate) fn leave_out(&mut self, name: &'static str, reason: &str) {
        terminal::say(&format!("\n=== {name}: left out, {reason}"));
        self.finished.push(Finished {
            name,
            took: Duration::ZERO,
            outcome: Outcome::LeftOut,
        });
    }

    /// Prints what ran and how long it took.
    pub(crate) fn print_table(&self) {
        terminal::say("");
        for step in &self.finished {
            let outcome = match step.outcome {
                Outcome::Passed => "passed",
                Outcome::Failed => "FAILED",
                Outcome::LeftOut => "left out",
            };
            terminal::say(&format!(
                "{:<26} {outcome:<9} {:>12}",
                step.name,
                terminal::duration(step.took)
            ));
        }
        terminal::say(&format!(
            "{:<26} {:<9} {:>12}",
            "all",
            "",
            terminal::duration(self.started.elapsed())
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_says_its_name_its_reason_and_how_to_run_it_alone() {
        let mut steps = Steps::new();
        steps.run("format", "cargo fmt", || Ok(())).unwrap();
        let error = steps
            .run("clippy", "cargo clippy", || anyhow::bail!("two warnings"))
            .unwrap_err();
        let text = format!("{error:#}");
        for part in ["\"clippy\"", "two warnings", "cargo clippy"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(matches!(steps.finished[0].outcome, Outcome::Passed));
        assert!(matches!(steps.finished[1].outcome, Outcome::Failed));
    }
}
