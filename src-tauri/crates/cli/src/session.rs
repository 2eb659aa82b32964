//! The engine for as long as a command runs.

use std::sync::Arc;
use std::time::Duration;

use patchbay_engine::{Engine, EngineOptions, NewKey, SecretString};

use crate::arguments::Shared;
use crate::failure::Failed;
use crate::folders::Folders;
use crate::terminal::Terminal;
use crate::{named, secret};

/// The longest that closing may take: then what is not written is left to the next start.
const CLOSING: Duration = Duration::from_secs(3);

/// The folders that the arguments and the environment name.
pub(crate) fn folders(shared: &Shared) -> Result<Folders, Failed> {
    Folders::find(shared.data.as_deref()).map_err(|error| {
        Failed::new(
            format!("There is no data folder: {error}."),
            "Name one with --data.",
        )
    })
}

/// Opens the data folder.
///
/// # Errors
/// Another copy of Patchbay has it, or it cannot be used.
pub(crate) async fn open(shared: &Shared, terminal: &mut Terminal) -> Result<Arc<Engine>, Failed> {
    let folders = folders(shared)?;
    let options = EngineOptions {
        data_folder: folders.data.clone(),
        models_folder: folders.models,
    };
    let opened = if shared.no_keychain {
        Engine::open_without_keychain(options).await
    } else {
        Engine::open(options).await
    };
    let (engine, notices) = opened?;
    for notice in notices {
        terminal.note(&notice);
    }
    Ok(Arc::new(engine))
}

/// Writes what waits and closes the database.
pub(crate) async fn close(engine: &Engine) {
    if tokio::time::timeout(CLOSING, engine.close()).await.is_err() {
        tracing::warn!("closing took too long; the next start cleans up");
    }
}

/// Opens the data folder, does something with it, and closes it, whatever became of that.
pub(crate) async fn with_engine<T>(
    shared: &Shared,
    terminal: &mut Terminal,
    work: impl AsyncFnOnce(&Arc<Engine>, &mut Terminal) -> Result<T, Failed>,
) -> Result<T, Failed> {
    let engine = open(shared, terminal).await?;
    let done = work(&engine, terminal).await;
    close(&engine).await;
    done
}

/// Takes keys from environment variables for as long as this process runs. They are written nowhere.
pub(crate) async fn hold_keys(engine: &Engine, keys: &[String]) -> Result<(), Failed> {
    for pair in keys {
        let (provider, variable) = pair.split_once('=').ok_or_else(|| {
            Failed::usage(
                "It is not said whose key that is.",
                "Write --key-from-env PROVIDER=NAME, with the name of an environment variable.",
            )
        })?;
        let detail = named::provider(engine, provider).await?;
        let key: SecretString = secret::from_environment(variable)?;
        let first = detail.keys.iter().find(|key| !key.slot.is_disabled);
        let new = NewKey {
            id: first.map(|key| key.slot.id.clone()),
            label: None,
            key: Some(key),
            session_only: true,
        };
        engine.set_key(&detail.record.id, new).await?;
    }
    Ok(())
}
