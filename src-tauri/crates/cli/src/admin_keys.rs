//! `patchbay key add --admin` and `key remove --admin`: the key that reads what an organisation was
//! charged.

use patchbay_engine::{Engine, EngineError};

use crate::arguments::{KeySourceArguments, Shared};
use crate::failure::Failed;
use crate::keys::{KeyReport, require_source};
use crate::terminal::Terminal;
use crate::{named, secret, session};

/// The word for an admin key where others have the id of their slot.
pub(crate) const ADMIN: &str = "admin";

/// What stands where others have a label.
pub(crate) const ADMIN_LABEL: &str = "admin key, for sums alone";

pub(crate) async fn add(
    shared: &Shared,
    source: &KeySourceArguments,
    provider: &str,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    require_source(source)?;
    session::with_engine(shared, terminal, async |engine, terminal| {
        let detail = named::provider(engine, provider).await?;
        let nowhere = "Without a keychain there is nowhere to keep an admin key.";
        let advice = "Add it in the window, in Spend under Proof, for one session.";
        if shared.no_keychain {
            return Err(Failed::usage(nowhere, advice));
        }
        let Some(key) = secret::read(source, terminal)? else {
            return Ok(());
        };
        engine
            .set_admin_key(&detail.record.id, key, false)
            .await
            .map_err(|error| match &error {
                EngineError::Vault(vault) => match vault.state() {
                    Some(state) => Failed::new(
                        format!("{}, so the key was not kept.", state.title()),
                        advice,
                    ),
                    None => error.into(),
                },
                _ => error.into(),
            })?;
        if shared.json {
            let status = engine.admin_key_status(&detail.record.id).await?;
            return terminal.json(&KeyReport::of_admin(&detail, &status));
        }
        terminal.line(&format!(
            "Stored the admin key of {} in the keychain.",
            detail.record.name
        ))
    })
    .await
}

pub(crate) async fn remove(
    shared: &Shared,
    engine: &Engine,
    provider: &str,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let detail = named::provider(engine, provider).await?;
    let status = engine.admin_key_status(&detail.record.id).await?;
    if status.source.is_none() && status.problem.is_none() {
        return Err(Failed::usage(
            format!("{} has no admin key.", detail.record.name),
            format!("These there are: patchbay key list {}", detail.record.id),
        ));
    }
    engine.delete_admin_key(&detail.record.id).await?;
    if shared.json {
        let removed = serde_json::json!({ "provider": detail.record.id, "removed": ADMIN });
        return terminal.json(&removed);
    }
    terminal.line(&format!(
        "Deleted the admin key of {}, and the sums that were read with it.",
        detail.record.name
    ))
}
