//! `patchbay key`: set, list, delete. There is no get.

use patchbay_engine::{
    Engine, EngineError, KeyDetail, KeyStatus, NewKey, ProviderDetail, VaultState,
};
use serde::Serialize;

use crate::admin_keys::{self, ADMIN, ADMIN_LABEL};
use crate::arguments::{KeyAction, KeySourceArguments, Shared};
use crate::failure::Failed;
use crate::providers::{source_for_people, source_word, variable};
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{named, secret, session};

/// A key for scripts: its place, never the key.
#[derive(Debug, Serialize)]
pub(crate) struct KeyReport {
    provider: String,
    id: String,
    label: String,
    /// `keychain`, `session`, `environment`, or `null` where there is none.
    source: Option<&'static str>,
    variable: Option<String>,
    is_disabled: bool,
    /// Why it is not known where the key is.
    problem: Option<&'static str>,
}

impl KeyReport {
    fn of(detail: &ProviderDetail, key: &KeyDetail) -> Self {
        Self {
            provider: detail.record.id.as_str().to_owned(),
            id: key.slot.id.clone(),
            label: key.slot.label.clone(),
            source: source_word(&key.status),
            variable: variable(&key.status),
            is_disabled: key.slot.is_disabled,
            problem: key.status.problem.map(VaultState::title),
        }
    }

    pub(crate) fn of_admin(detail: &ProviderDetail, status: &KeyStatus) -> Self {
        Self {
            provider: detail.record.id.as_str().to_owned(),
            id: ADMIN.to_owned(),
            label: ADMIN_LABEL.to_owned(),
            source: source_word(status),
            variable: None,
            is_disabled: false,
            problem: status.problem.map(VaultState::title),
        }
    }
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: KeyAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    match action {
        KeyAction::Add {
            provider,
            source,
            label,
            replace,
            admin,
        } => {
            if admin {
                return admin_keys::add(shared, &source, &provider, terminal).await;
            }
            let new = NewPlace {
                provider,
                label,
                replace,
            };
            add(shared, &source, new, terminal).await
        }
        KeyAction::List { provider } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                let providers = match &provider {
                    Some(name) => vec![named::provider(engine, name).await?],
                    None => engine.providers().await?,
                };
                list(shared, engine, &providers, terminal).await
            })
            .await
        }
        KeyAction::Order { provider, key_ids } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                let detail = named::provider(engine, &provider).await?;
                let mut order = Vec::with_capacity(key_ids.len());
                for name in &key_ids {
                    order.push(slot(&detail, name)?.slot.id.clone());
                }
                let left_out = detail.keys.iter().any(|key| !order.contains(&key.slot.id));
                if left_out || order.len() != detail.keys.len() {
                    return Err(Failed::usage(
                        "An order names each key once.",
                        format!("These there are: patchbay key list {}", detail.record.id),
                    ));
                }
                let saved = engine.reorder_keys(&detail.record.id, order).await?;
                list(shared, engine, &[saved], terminal).await
            })
            .await
        }
        KeyAction::Switch {
            provider,
            key_id,
            state,
        } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                let detail = named::provider(engine, &provider).await?;
                let id = slot(&detail, &key_id)?.slot.id.clone();
                let saved = engine
                    .switch_key(&detail.record.id, &id, state == "off")
                    .await?;
                list(shared, engine, &[saved], terminal).await
            })
            .await
        }
        KeyAction::Remove {
            provider,
            key_id,
            admin,
        } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                if admin {
                    return admin_keys::remove(shared, engine, &provider, terminal).await;
                }
                remove(shared, engine, &provider, key_id.as_deref(), terminal).await
            })
            .await
        }
    }
}

/// Where a key goes.
struct NewPlace {
    provider: String,
    label: Option<String>,
    replace: Option<String>,
}

pub(crate) fn require_source(source: &KeySourceArguments) -> Result<(), Failed> {
    if source.from_stdin || source.from_env.is_some() {
        return Ok(());
    }
    Err(Failed::usage(
        "It is not said where the key comes from.",
        "Add --from-stdin, or --from-env with the name of an environment variable.",
    ))
}

async fn add(
    shared: &Shared,
    source: &KeySourceArguments,
    new: NewPlace,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    require_source(source)?;
    session::with_engine(shared, terminal, async |engine, terminal| {
        let detail = named::provider(engine, &new.provider).await?;
        if shared.no_keychain {
            return Err(nowhere_to_keep(&detail));
        }
        let key = secret::read(source, terminal)?;
        let known: Vec<String> = detail.keys.iter().map(|key| key.slot.id.clone()).collect();
        let id = match &new.replace {
            Some(name) => Some(slot(&detail, name)?.slot.id.clone()),
            None => None,
        };
        let saved = engine
            .set_key(
                &detail.record.id,
                NewKey {
                    id: id.clone(),
                    label: new.label,
                    key,
                    session_only: false,
                },
            )
            .await
            .map_err(|error| not_kept(error, &detail))?;
        let is_new = |key: &&KeyDetail| match &id {
            Some(id) => key.slot.id == *id,
            None => !known.contains(&key.slot.id),
        };
        let Some(key) = saved.keys.iter().find(is_new) else {
            return Ok(());
        };
        // With the key the list of models may be another one, or the first.
        if let Err(error) = engine.refresh_models(&saved.record.id).await {
            terminal.note(&format!("Its models were not listed: {error}."));
        }
        if shared.json {
            return terminal.json(&KeyReport::of(&saved, key));
        }
        terminal.line(&format!(
            "Stored \u{201c}{}\u{201d} of {} in the keychain.",
            key.slot.label, saved.record.name
        ))
    })
    .await
}

/// A keychain that cannot be used has another way out here than in a window that stays open.
fn not_kept(error: EngineError, detail: &ProviderDetail) -> Failed {
    match &error {
        EngineError::Vault(vault) => match vault.state() {
            Some(state) => Failed::new(
                format!("{}, so the key was not kept.", state.title()),
                other_ways(detail),
            ),
            None => error.into(),
        },
        _ => error.into(),
    }
}

fn nowhere_to_keep(detail: &ProviderDetail) -> Failed {
    Failed::usage(
        "Without a keychain there is nowhere to keep a key.",
        other_ways(detail),
    )
}

/// Where a key can come from without a keychain.
fn other_ways(detail: &ProviderDetail) -> String {
    let variables = detail
        .preset
        .map(|preset| preset.environment.as_slice())
        .unwrap_or_default();
    match variables.first() {
        Some(variable) => format!(
            "Set {variable} in the environment of \"patchbay serve\" instead, or name another \
             variable there: --key-from-env {}=NAME",
            detail.record.id
        ),
        None => format!(
            "Name an environment variable where it is used instead: patchbay serve --key-from-env \
             {}=NAME",
            detail.record.id
        ),
    }
}

/// A key by its id or its label.
fn slot<'a>(detail: &'a ProviderDetail, name: &str) -> Result<&'a KeyDetail, Failed> {
    let by_id = detail.keys.iter().find(|key| key.slot.id == name);
    by_id
        .or_else(|| detail.keys.iter().find(|key| key.slot.label == name))
        .ok_or_else(|| {
            // What was typed is not repeated: somebody may have typed the key.
            Failed::usage(
                format!("{} has no such key.", detail.record.name),
                format!("These there are: patchbay key list {}", detail.record.id),
            )
        })
}

async fn list(
    shared: &Shared,
    engine: &Engine,
    providers: &[ProviderDetail],
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let mut admin_keys = Vec::new();
    for detail in providers {
        if detail
            .preset
            .is_some_and(|preset| preset.organisation.is_some())
        {
            let status = engine.admin_key_status(&detail.record.id).await?;
            if status.source.is_some() {
                admin_keys.push((detail, status));
            }
        }
    }
    if shared.json {
        let keys: Vec<_> = providers
            .iter()
            .flat_map(|detail| detail.keys.iter().map(|key| KeyReport::of(detail, key)))
            .chain(
                admin_keys
                    .iter()
                    .map(|(detail, status)| KeyReport::of_admin(detail, status)),
            )
            .collect();
        return terminal.json(&serde_json::json!({ "keys": keys }));
    }
    let mut table = Table::new(&[
        ("PROVIDER", Side::Left),
        ("ID", Side::Left),
        ("LABEL", Side::Left),
        ("KEY", Side::Left),
    ]);
    let mut is_empty = true;
    for detail in providers {
        for key in &detail.keys {
            is_empty = false;
            let place = source_for_people(&key.status);
            table.row([
                detail.record.id.as_str().to_owned(),
                key.slot.id.clone(),
                key.slot.label.clone(),
                if key.slot.is_disabled {
                    format!("{place}, left out")
                } else {
                    place
                },
            ]);
        }
        if let (true, Some(variable)) = (detail.keys.is_empty(), variable(&detail.key)) {
            is_empty = false;
            table.row([
                detail.record.id.as_str().to_owned(),
                "-".to_owned(),
                "-".to_owned(),
                format!("from {variable}"),
            ]);
        }
    }
    for (detail, status) in &admin_keys {
        is_empty = false;
        table.row([
            detail.record.id.as_str().to_owned(),
            ADMIN.to_owned(),
            ADMIN_LABEL.to_owned(),
            source_for_people(status),
        ]);
    }
    if is_empty {
        terminal.note("There is no key. Add one: patchbay key add PROVIDER --from-stdin");
        return Ok(());
    }
    terminal.print(&table.text())
}

async fn remove(
    shared: &Shared,
    engine: &Engine,
    provider: &str,
    key: Option<&str>,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let detail = named::provider(engine, provider).await?;
    let key = match (key, detail.keys.as_slice()) {
        (Some(name), _) => slot(&detail, name)?,
        (None, [only]) => only,
        (None, _) => {
            return Err(Failed::usage(
                format!("{} has {} keys.", detail.record.name, detail.keys.len()),
                format!("Name one: patchbay key list {}", detail.record.id),
            ));
        }
    };
    let (id, label) = (key.slot.id.clone(), key.slot.label.clone());
    engine.delete_key(&detail.record.id, &id).await?;
    if shared.json {
        return terminal.json(&serde_json::json!({ "provider": detail.record.id, "removed": id }));
    }
    terminal.line(&format!(
        "Deleted \u{201c}{label}\u{201d} of {}.",
        detail.record.name
    ))
}
