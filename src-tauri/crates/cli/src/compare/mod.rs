//! `patchbay compare`: one round of a comparison, to its end.

mod read;
mod show;

use std::sync::Arc;

use patchbay_domain::RoundId;
use patchbay_engine::{CellState, Change, Engine, RoundDetail, RoundState};

use self::read::definition;
use self::show::{estimate_words, show, show_estimate};
use crate::arguments::{CompareArguments, CompareFormat, Shared};
use crate::failure::Failed;
use crate::interrupt::Interrupt;
use crate::session;
use crate::terminal::Terminal;

pub(crate) async fn compare(
    shared: &Shared,
    arguments: CompareArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        session::hold_keys(engine, &arguments.held.key_from_env).await?;
        let definition = definition(engine, &arguments).await?;
        let estimate = engine.estimate_comparison(&definition).await?;
        if arguments.dry_run {
            return show_estimate(shared, &definition, &estimate, terminal);
        }
        terminal.note(&estimate_words(&estimate));
        let kept = engine.save_comparison(None, definition).await?;
        let mut changes = engine.changes();
        let round = engine.start_comparison(kept.id).await?;
        let detail = to_the_end(engine, round, &mut changes, terminal).await?;
        let format = if shared.json {
            CompareFormat::Json
        } else {
            arguments.format
        };
        show(engine, &detail, format, terminal).await?;
        verdict(&detail)
    })
    .await
}

/// Waits until no cell is asked any more. A signal stops the round; a second one is not needed.
async fn to_the_end(
    engine: &Arc<Engine>,
    round: RoundId,
    changes: &mut tokio::sync::broadcast::Receiver<Change>,
    terminal: &mut Terminal,
) -> Result<RoundDetail, Failed> {
    let mut interrupt = Interrupt::watch()?;
    let mut said = 0;
    loop {
        let detail = engine.round(round).await?;
        let all = detail.cells.len();
        let over = detail
            .cells
            .iter()
            .filter(|cell| !matches!(cell.state, CellState::Waiting | CellState::Running))
            .count();
        let is_running = detail
            .cells
            .iter()
            .any(|cell| cell.state == CellState::Running);
        if over > said {
            said = over;
            terminal.note(&format!("{over} of {all}"));
        }
        if detail.record.state != RoundState::Running && !is_running {
            return Ok(detail);
        }
        let is_told = loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(Change::Round(of)) if of == round => break false,
                    Ok(_) => {}
                    // Some were missed: look anew.
                    Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => break false,
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => {
                        return Ok(detail);
                    }
                },
                () = interrupt.told() => break true,
            }
        };
        if is_told {
            terminal.note("Stopping. What was answered is kept.");
            engine.stop_round(round);
        }
    }
}

/// A round without all its answers is no success for a script.
fn verdict(detail: &RoundDetail) -> Result<(), Failed> {
    let missing = detail
        .cells
        .iter()
        .filter(|cell| cell.state != CellState::Answered)
        .count();
    if missing == 0 {
        return Ok(());
    }
    let all = detail.cells.len();
    Err(Failed::new(
        format!("{missing} of {all} answers are missing."),
        match &detail.record.reason {
            Some(reason) => reason.clone(),
            None => "The round is kept: the window can go on with it.".to_owned(),
        },
    ))
}
