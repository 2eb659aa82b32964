//! `patchbay models`: the names that can be asked.

use std::collections::BTreeMap;

use patchbay_domain::NanoUsdPerMTok;
use patchbay_domain::amount::limit_words;
use patchbay_engine::{Engine, ModelChoice, NamedModel, ROUTE_OWNER};
use serde::Serialize;

use crate::arguments::{ModelsArguments, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{over_http, session};

/// A name that can be asked.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    /// It is a route, and no model.
    pub(crate) is_route: bool,
    /// What to write behind `--model`, or as an app's `model`.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) maker: Option<String>,
    /// Who reaches it; `null` where that is not told.
    pub(crate) providers: Option<Vec<String>>,
    /// How many ways in there are.
    pub(crate) ways: u64,
    pub(crate) context_length: Option<u64>,
    /// The lowest price of a way in, as decimal text.
    pub(crate) input_usd_per_million: Option<String>,
    pub(crate) output_usd_per_million: Option<String>,
    /// Why it cannot be asked now.
    pub(crate) unavailable_because: Option<String>,
}

pub(crate) async fn models(
    shared: &Shared,
    arguments: ModelsArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let engine = match session::open(shared, terminal).await {
        Err(failed) if failed.is_in_use() => {
            return over_http::models(shared, &arguments, failed, terminal).await;
        }
        opened => opened?,
    };
    let rows = rows(&engine, &arguments, terminal).await;
    session::close(&engine).await;
    print(rows?, arguments.search.as_deref(), shared.json, terminal)
}

async fn rows(
    engine: &Engine,
    arguments: &ModelsArguments,
    terminal: &mut Terminal,
) -> Result<Vec<Row>, Failed> {
    session::hold_keys(engine, &arguments.held.key_from_env).await?;
    if arguments.refresh {
        for provider in engine.providers().await? {
            if let Err(error) = engine.refresh_models(&provider.record.id).await {
                terminal.note(&format!("{}: {error}.", provider.record.name));
            }
        }
    }
    let mut by_key: BTreeMap<String, Vec<ModelChoice>> = BTreeMap::new();
    // Files of models are looked for here, and known to the names below from then on.
    for choice in engine.models().await? {
        by_key.entry(choice.key.clone()).or_default().push(choice);
    }
    let mut names = engine.model_names_of(None).await?;
    // Those that make embeddings come with all the others that hold no conversations.
    names.retain(|named| named.is_chat);
    let mut rows: Vec<Row> = names
        .iter()
        .map(|named| row(named, by_key.remove(&named.name).unwrap_or_default()))
        .collect();
    for (key, choices) in by_key {
        let is_usable =
            |choice: &ModelChoice| choice.is_chat && choice.unavailable_because.is_none();
        if arguments.all || choices.iter().any(is_usable) {
            rows.extend(unlisted(key, choices));
        }
    }
    Ok(rows)
}

fn row(named: &NamedModel, choices: Vec<ModelChoice>) -> Row {
    let is_route = named.owner == ROUTE_OWNER;
    Row {
        is_route,
        name: typed_name(&named.name, &choices),
        title: named.title.clone(),
        maker: Some(named.owner.clone()).filter(|_| !is_route),
        ways: u64::try_from(named.ways).unwrap_or(u64::MAX),
        context_length: named.context_length,
        unavailable_because: None,
        providers: (!is_route).then(|| providers(&choices)),
        input_usd_per_million: lowest(&choices, true),
        output_usd_per_million: lowest(&choices, false),
    }
}

/// A model that cannot be asked a question: it holds no conversations, or nobody can ask it now.
fn unlisted(key: String, choices: Vec<ModelChoice>) -> Option<Row> {
    let first = choices.first()?;
    Some(Row {
        is_route: false,
        name: typed_name(&key, &choices),
        title: first.name.clone(),
        maker: first.maker.clone(),
        ways: u64::try_from(choices.len()).unwrap_or(u64::MAX),
        context_length: choices
            .iter()
            .filter_map(|choice| choice.context_length)
            .max(),
        unavailable_because: choices
            .iter()
            .find_map(|choice| choice.unavailable_because.clone()),
        providers: Some(providers(&choices)),
        input_usd_per_million: lowest(&choices, true),
        output_usd_per_million: lowest(&choices, false),
    })
}

/// The name that is typed without quotes: where it is not certain which model a way in leads to, its key
/// has a blank, and PROVIDER/MODEL means the same.
fn typed_name(key: &str, choices: &[ModelChoice]) -> String {
    match choices {
        [only] if key.contains(' ') => {
            format!("{}/{}", only.endpoint.provider, only.endpoint.model)
        }
        _ => key.to_owned(),
    }
}

fn providers(choices: &[ModelChoice]) -> Vec<String> {
    choices
        .iter()
        .map(|choice| choice.endpoint.provider.as_str().to_owned())
        .collect()
}

fn lowest(choices: &[ModelChoice], is_input: bool) -> Option<String> {
    let rate = |choice: &ModelChoice| -> Option<NanoUsdPerMTok> {
        let rates = choice.price.as_ref()?.rates;
        if is_input { rates.input } else { rates.output }
    };
    let lowest = choices.iter().filter_map(rate).min()?;
    Some(patchbay_domain::NanoUsd(lowest.0).to_string())
}

/// Prints those that hold all words of the search.
pub(crate) fn print(
    mut rows: Vec<Row>,
    search: Option<&str>,
    json: bool,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if let Some(search) = search {
        let words: Vec<String> = search.split_whitespace().map(str::to_lowercase).collect();
        rows.retain(|row| {
            let mut text = format!("{} {}", row.name, row.title);
            for more in row.maker.iter().chain(row.providers.iter().flatten()) {
                text.push(' ');
                text.push_str(more);
            }
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        });
    }
    if json {
        return terminal.json(&serde_json::json!({ "models": rows }));
    }
    if rows.is_empty() {
        terminal.note(if search.is_some() {
            "No name holds these words."
        } else {
            "There is no model yet. Add a provider: patchbay provider add"
        });
        return Ok(());
    }
    let mut table = Table::new(&[
        ("NAME", Side::Left),
        ("WAYS IN", Side::Right),
        ("CONTEXT", Side::Right),
        ("INPUT/M", Side::Right),
        ("OUTPUT/M", Side::Right),
        ("PROVIDERS", Side::Left),
    ]);
    let price = |text: &Option<String>| {
        let amount = text.as_deref().map(patchbay_domain::money::parse_dollars);
        match amount {
            Some(Ok(amount)) => limit_words(amount),
            _ => "-".to_owned(),
        }
    };
    for row in rows {
        let last = match (&row.unavailable_because, row.is_route) {
            (Some(why), _) => why.clone(),
            (None, true) => "a route".to_owned(),
            (None, false) => row.providers.clone().unwrap_or_default().join(", "),
        };
        table.row([
            row.name.clone(),
            row.ways.to_string(),
            row.context_length
                .map_or_else(|| "-".to_owned(), |tokens| tokens.to_string()),
            price(&row.input_usd_per_million),
            price(&row.output_usd_per_million),
            last,
        ]);
    }
    terminal.print(&table.text())
}
