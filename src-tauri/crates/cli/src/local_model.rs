//! `patchbay local-model`: the model that runs in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use patchbay_engine::{LocalModelState, LocalModelStatus};

use crate::arguments::{LocalModelAction, Shared};
use crate::failure::Failed;
use crate::session;
use crate::terminal::Terminal;

fn word(state: LocalModelState) -> &'static str {
    match state {
        LocalModelState::Missing => "missing",
        LocalModelState::Fetching => "fetching",
        LocalModelState::Preparing => "preparing",
        LocalModelState::Ready => "ready",
        LocalModelState::Unusable => "unusable",
    }
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: LocalModelAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let status = match action {
            LocalModelAction::Status => engine.local_model(),
            LocalModelAction::Download => match engine.local_model() {
                ready @ LocalModelStatus {
                    state: LocalModelState::Ready,
                    ..
                } => ready,
                _ => {
                    // A line each tenth: it is read in logs, too.
                    let tenth = AtomicU64::new(0);
                    let progress = move |status: LocalModelStatus| {
                        let reached = status.done.saturating_mul(10) / status.total.max(1);
                        if tenth.swap(reached, Ordering::Relaxed) != reached {
                            Terminal::of_process("patchbay").note(&format!(
                                "{}: {} %",
                                word(status.state),
                                reached * 10
                            ));
                        }
                    };
                    engine.get_local_model(progress).await?
                }
            },
        };
        if shared.json {
            return terminal.json(&serde_json::json!({
                "name": status.name,
                "state": word(status.state),
                "bytes": status.total,
                "problem": status.problem,
            }));
        }
        terminal.line(&format!("{}: {}.", status.name, word(status.state)))?;
        if let Some(problem) = status.problem {
            terminal.note(&problem);
        }
        if status.state == LocalModelState::Missing {
            terminal.note(&format!(
                "Get it ({} MB): patchbay local-model download",
                status.total / 1_000_000
            ));
        }
        Ok(())
    })
    .await
}
