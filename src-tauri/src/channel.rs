//! From a run's updates to the channel of one window.

use std::sync::Mutex;

use patchbay_contract::events::RunEvent;
use patchbay_domain::Attempt;
use patchbay_engine::{RunSink, RunUpdate};
use tauri::ipc::Channel;

use crate::views::RunContext;

/// A sink that sends a run's updates to `channel`. It remembers the attempts and the outcome, because
/// the last event carries the whole receipt. `made` are the attempts that were made before it joined.
pub(crate) fn sink(
    channel: Channel<Vec<RunEvent>>,
    context: RunContext,
    made: Vec<Attempt>,
) -> RunSink {
    let told = Mutex::new((made, None));
    Box::new(move |batch| {
        let Ok(mut told) = told.lock() else {
            return false;
        };
        let (attempts, outcome) = &mut *told;
        let events = batch
            .iter()
            .map(|sequenced| {
                if let RunUpdate::Attempt(attempt) | RunUpdate::Settled(attempt) = &sequenced.update
                {
                    remember(attempts, attempt);
                }
                if let RunUpdate::Over(over) = &sequenced.update {
                    *outcome = Some((**over).clone());
                }
                context.event(sequenced, attempts, outcome.as_ref())
            })
            .collect();
        // A window that is gone cannot take it; the run goes on without it.
        channel.send(events).is_ok()
    })
}

fn remember(attempts: &mut Vec<Attempt>, attempt: &Attempt) {
    match attempts.iter_mut().find(|known| known.id == attempt.id) {
        Some(known) => *known = attempt.clone(),
        None => attempts.push(attempt.clone()),
    }
}
