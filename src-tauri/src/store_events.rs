//! Tells the window what was stored: one event a frame, however many rows changed.

use std::time::Duration;

use patchbay_contract::events::{STORE_CHANGED, StoreChanged};
use patchbay_engine::{Change, Engine};
use tauri::{AppHandle, Emitter};
use tokio::sync::broadcast::error::RecvError;

/// Changes of this long go into one event.
const FRAME: Duration = Duration::from_millis(33);

/// Forwards the engine's changes until it is closed.
pub(crate) fn forward(app: AppHandle, engine: &Engine) {
    let mut changes = engine.changes();
    tauri::async_runtime::spawn(async move {
        loop {
            let mut batch = StoreChanged::default();
            match changes.recv().await {
                Ok(change) => add(&mut batch, change),
                // So much was missed that the window had better ask for everything.
                Err(RecvError::Lagged(_)) => batch = everything(),
                Err(RecvError::Closed) => return,
            }
            let frame = tokio::time::sleep(FRAME);
            tokio::pin!(frame);
            loop {
                tokio::select! {
                    () = &mut frame => break,
                    change = changes.recv() => match change {
                        Ok(change) => add(&mut batch, change),
                        Err(RecvError::Lagged(_)) => batch = everything(),
                        Err(RecvError::Closed) => break,
                    },
                }
            }
            if let Err(error) = app.emit(STORE_CHANGED, batch) {
                tracing::warn!(%error, "the window was not told of a change");
            }
        }
    });
}

fn everything() -> StoreChanged {
    StoreChanged {
        conversation_list: true,
        conversation_ids: Vec::new(),
        providers: true,
        routes: true,
        health: true,
        labs: true,
        comparisons: true,
        round_ids: Vec::new(),
        votes: true,
        spend: true,
        budgets: true,
        apps: true,
        app_requests: true,
        settings: true,
    }
}

fn add(batch: &mut StoreChanged, change: Change) {
    match change {
        Change::Conversations => batch.conversation_list = true,
        Change::Conversation(id) => {
            let id = id.to_string();
            if !batch.conversation_ids.contains(&id) {
                batch.conversation_ids.push(id);
            }
        }
        Change::Providers | Change::Models | Change::Prices | Change::Balances => {
            batch.providers = true
        }
        Change::Routes => batch.routes = true,
        Change::Health => batch.health = true,
        Change::Labs => batch.labs = true,
        Change::Comparisons => batch.comparisons = true,
        Change::Round(id) => {
            let id = id.to_string();
            if !batch.round_ids.contains(&id) {
                batch.round_ids.push(id);
            }
        }
        Change::Votes => batch.votes = true,
        Change::Settings => batch.settings = true,
        Change::Spend => batch.spend = true,
        Change::Budgets => batch.budgets = true,
        Change::Apps => batch.apps = true,
        Change::AppRequests => batch.app_requests = true,
    }
}
