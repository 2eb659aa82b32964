//! `patchbay provider`.

use patchbay_domain::WireFamily;
use patchbay_engine::{Engine, KeySourceName, KeyStatus, Preset, ProviderDetail, ProviderForm};
use serde::Serialize;

use crate::arguments::{NewProvider, ProviderAction, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{named, secret, session};

/// A provider for scripts. Never a key.
#[derive(Debug, Serialize)]
struct ProviderReport {
    id: String,
    name: String,
    preset: Option<String>,
    family: &'static str,
    base_url: String,
    options: serde_json::Map<String, serde_json::Value>,
    /// Where the key is that is tried first: `keychain`, `session`, `environment` or `null`.
    key: Option<&'static str>,
    /// The environment variable that it comes from.
    key_variable: Option<String>,
    keys: usize,
    /// How many models it listed.
    models: Option<usize>,
    /// Why its list could not be read the last time.
    models_failure: Option<String>,
}

impl ProviderReport {
    fn of(detail: &ProviderDetail) -> Self {
        let record = &detail.record;
        Self {
            id: record.id.as_str().to_owned(),
            name: record.name.clone(),
            preset: record.preset.clone(),
            family: detail.family.as_str(),
            base_url: record.base_url.clone(),
            options: record.options.clone(),
            key: source_word(&detail.key),
            key_variable: variable(&detail.key),
            keys: detail.keys.len(),
            models: detail.models.map(|(count, _)| count),
            models_failure: detail
                .models_failure
                .as_ref()
                .map(|failed| failed.words.clone()),
        }
    }
}

/// Where a key is, in a word.
pub(crate) fn source_word(status: &KeyStatus) -> Option<&'static str> {
    Some(match status.source.as_ref()? {
        KeySourceName::Keychain => "keychain",
        KeySourceName::Session => "session",
        KeySourceName::Environment(_) => "environment",
    })
}

/// The variable that a key comes from.
pub(crate) fn variable(status: &KeyStatus) -> Option<String> {
    match &status.source {
        Some(KeySourceName::Environment(name)) => Some(name.clone()),
        _ => None,
    }
}

/// Where a key is, for people.
pub(crate) fn source_for_people(status: &KeyStatus) -> String {
    match (&status.source, status.problem, &status.words) {
        (Some(KeySourceName::Keychain), _, _) => "in the keychain".to_owned(),
        (Some(KeySourceName::Session), _, _) => "for this run only".to_owned(),
        (Some(KeySourceName::Environment(name)), _, _) => format!("from {name}"),
        (None, Some(state), _) => state.title().to_owned(),
        (None, None, Some(words)) => words.clone(),
        (None, None, None) => "none".to_owned(),
    }
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: ProviderAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    match action {
        ProviderAction::Presets => presets(shared, terminal),
        ProviderAction::Add(new) => {
            let key = secret::read(&new.key, terminal)?;
            session::with_engine(shared, terminal, async |engine, terminal| {
                let saved = engine.save_provider(form(*new, key, engine).await?).await?;
                if shared.json {
                    return terminal.json(&ProviderReport::of(&saved));
                }
                said(&saved, terminal)
            })
            .await
        }
        ProviderAction::List => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                list(shared, &engine.providers().await?, terminal)
            })
            .await
        }
        ProviderAction::Remove { provider } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                let detail = named::provider(engine, &provider).await?;
                engine.delete_provider(&detail.record.id).await?;
                if shared.json {
                    return terminal.json(&serde_json::json!({ "removed": detail.record.id }));
                }
                terminal.line(&format!("Removed {}.", detail.record.name))
            })
            .await
        }
        ProviderAction::Test { provider } => {
            session::with_engine(shared, terminal, async |engine, terminal| {
                test(shared, engine, &provider, terminal).await
            })
            .await
        }
    }
}

async fn form(
    new: NewProvider,
    key: Option<patchbay_engine::SecretString>,
    engine: &Engine,
) -> Result<ProviderForm, Failed> {
    let before = match &new.replace {
        Some(id) => Some(named::provider(engine, id).await?),
        None => None,
    };
    if let Some(preset) = &new.preset
        && Preset::by_id(preset).is_none()
    {
        return Err(Failed::usage(
            format!("There is no preset \u{201c}{preset}\u{201d}."),
            "These there are: patchbay provider presets. Any other address goes behind --url.",
        ));
    }
    let name = match (new.name, &before, &new.preset, &new.url) {
        (Some(name), ..) => name,
        (None, Some(before), ..) => before.record.name.clone(),
        // The preset has one.
        (None, None, Some(_), _) => String::new(),
        (None, None, None, Some(url)) => host(url),
        (None, None, None, None) => String::new(),
    };
    Ok(ProviderForm {
        id: before.map(|before| before.record.id),
        preset: new.preset,
        family: new.family.as_deref().and_then(WireFamily::from_word),
        name,
        base_url: new.url.unwrap_or_default(),
        options: new.option.into_iter().collect(),
        extra_headers: new.header,
        has_attribution: !new.no_attribution,
        key,
        key_for_session_only: false,
    })
}

/// The host of an address, as a name for people.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    // What stands before an @ may be a key.
    host.rsplit('@').next().unwrap_or(host).to_owned()
}

fn said(saved: &ProviderDetail, terminal: &mut Terminal) -> Result<(), Failed> {
    let record = &saved.record;
    terminal.line(&format!("Saved {} as {}.", record.name, record.id))?;
    match (&saved.models, &saved.models_failure) {
        (_, Some(failed)) => {
            terminal.note(&format!("Its models were not listed: {}", failed.words));
        }
        (Some((1, _)), None) => terminal.line("It lists 1 model.")?,
        (Some((count, _)), None) => terminal.line(&format!("It lists {count} models."))?,
        (None, None) => {}
    }
    let wants_key = saved.preset.is_some_and(Preset::always_needs_key);
    if wants_key && saved.key.source.is_none() {
        terminal.note(&format!(
            "It wants a key: patchbay key add {} --from-stdin",
            record.id
        ));
    }
    if saved.is_plain_text_remote {
        terminal.note("Its connection is not encrypted and leaves this computer.");
    }
    Ok(())
}

fn list(
    shared: &Shared,
    providers: &[ProviderDetail],
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if shared.json {
        let reports: Vec<_> = providers.iter().map(ProviderReport::of).collect();
        return terminal.json(&serde_json::json!({ "providers": reports }));
    }
    if providers.is_empty() {
        terminal.note("There is no provider yet. Add one: patchbay provider add --preset openai");
        return Ok(());
    }
    let mut table = Table::new(&[
        ("ID", Side::Left),
        ("NAME", Side::Left),
        ("FORMAT", Side::Left),
        ("MODELS", Side::Right),
        ("KEY", Side::Left),
        ("ADDRESS", Side::Left),
    ]);
    for detail in providers {
        let record = &detail.record;
        table.row([
            record.id.as_str().to_owned(),
            record.name.clone(),
            detail.family.as_str().to_owned(),
            detail
                .models
                .map_or_else(|| "-".to_owned(), |(count, _)| count.to_string()),
            source_for_people(&detail.key),
            record.base_url.clone(),
        ]);
    }
    terminal.print(&table.text())
}

async fn test(
    shared: &Shared,
    engine: &Engine,
    provider: &str,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let detail = named::provider(engine, provider).await?;
    let record = detail.record;
    let tested = engine
        .test_provider(ProviderForm {
            id: Some(record.id.clone()),
            preset: record.preset.clone(),
            family: Some(detail.family),
            name: record.name.clone(),
            base_url: record.base_url.clone(),
            options: patchbay_engine::option_values(&record),
            extra_headers: record.extra_headers.clone(),
            has_attribution: record.has_attribution,
            key: None,
            key_for_session_only: false,
        })
        .await?;
    let summary = tested.summary();
    if shared.json {
        terminal.json(&serde_json::json!({
            "provider": record.id,
            "is_good": tested.models.is_ok(),
            "summary": summary,
            "millis": tested.millis,
        }))?;
    } else {
        terminal.line(&summary)?;
    }
    match tested.models {
        Ok(_) => Ok(()),
        Err(failed) if shared.json => Err(Failed::new(
            failed.diagnosis.sentence,
            failed.failure.class.advice(),
        )),
        Err(failed) => {
            terminal.note(failed.failure.class.advice());
            Err(Failed::said(failed.diagnosis.sentence))
        }
    }
}

fn presets(shared: &Shared, terminal: &mut Terminal) -> Result<(), Failed> {
    if shared.json {
        let all: Vec<_> = Preset::all()
            .iter()
            .map(|preset| {
                serde_json::json!({
                    "id": preset.id,
                    "name": preset.name,
                    "families": preset.families(),
                    "environment": preset.environment,
                    "key_page": preset.key_url,
                    "options": preset.options.iter().map(|option| serde_json::json!({
                        "name": option.name,
                        "help": option.help,
                        "is_required": option.required,
                    })).collect::<Vec<_>>(),
                })
            })
            .collect();
        return terminal.json(&serde_json::json!({ "presets": all }));
    }
    let mut table = Table::new(&[
        ("PRESET", Side::Left),
        ("NAME", Side::Left),
        ("FORMAT", Side::Left),
        ("ENVIRONMENT", Side::Left),
        ("OPTIONS", Side::Left),
    ]);
    for preset in Preset::all() {
        let options: Vec<String> = preset
            .options
            .iter()
            .map(|option| {
                let mark = if option.required { "" } else { "?" };
                format!("{}{mark}", option.name)
            })
            .collect();
        table.row([
            preset.id.clone(),
            preset.name.clone(),
            preset.family().as_str().to_owned(),
            preset.environment.join(" "),
            options.join(" "),
        ]);
    }
    terminal.print(&table.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_made_of_an_address_holds_no_key() {
        assert_eq!(
            host("https://me:sk-1@api.example.com/v1?key=sk-2"),
            "api.example.com"
        );
        assert_eq!(host("localhost:11434"), "localhost:11434");
    }
}
