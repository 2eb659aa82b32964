//! What is compared: from a file, or from the arguments alone.

use std::path::Path;

use patchbay_domain::Parameters;
use patchbay_domain::compare::{Check, Column, Definition, Judging, Prompt, Row};
use patchbay_domain::money::parse_dollars;
use patchbay_engine::Engine;
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::CompareArguments;
use crate::failure::Failed;
use crate::named;
use crate::terminal;

/// How many requests go to one provider at once where nobody says.
const PARALLEL: u32 = 4;

/// A comparison in few words, for files that are written by hand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Short {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    models: Vec<String>,
    prompts: Vec<String>,
    /// Variables, each row asked with every prompt.
    #[serde(default)]
    rows: Vec<Row>,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    parameters: Parameters,
    #[serde(default)]
    repeats: Option<u32>,
    #[serde(default)]
    parallel: Option<u32>,
    /// Dollars, as text or as a number.
    #[serde(default)]
    ceiling: Option<Value>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    tag: Option<String>,
}

pub(super) async fn definition(
    engine: &Engine,
    arguments: &CompareArguments,
) -> Result<Definition, Failed> {
    let mut definition = match &arguments.file {
        Some(file) => read(engine, file, !arguments.model.is_empty()).await?,
        None => Definition {
            name: "From the command line".to_owned(),
            columns: Vec::new(),
            prompts: arguments.prompt.iter().map(|text| prompt(text)).collect(),
            rows: Vec::new(),
            repeats: 1,
            parallel: PARALLEL,
            ceiling: None,
            checks: Vec::new(),
            tag: None,
            judging: Judging::default(),
            sample: None,
        },
    };
    if !arguments.model.is_empty() {
        definition.columns = columns(engine, &arguments.model, "", &Parameters::default()).await?;
    }
    if let Some(system) = &arguments.system {
        for column in &mut definition.columns {
            column.system_prompt.clone_from(system);
        }
    }
    if let Some(name) = &arguments.name {
        definition.name.clone_from(name);
    }
    definition.repeats = arguments.repeats.unwrap_or(definition.repeats);
    definition.parallel = arguments.parallel.unwrap_or(definition.parallel);
    definition.ceiling = arguments.ceiling.or(definition.ceiling);
    Ok(definition)
}

fn prompt(text: &str) -> Prompt {
    Prompt::Text {
        text: text.to_owned(),
    }
}

async fn columns(
    engine: &Engine,
    names: &[String],
    system: &str,
    parameters: &Parameters,
) -> Result<Vec<Column>, Failed> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        columns.push(Column {
            label: String::new(),
            target: Some(named::target(engine, name).await?),
            system_prompt: system.to_owned(),
            parameters: parameters.clone(),
        });
    }
    Ok(columns)
}

async fn read(engine: &Engine, file: &Path, has_models: bool) -> Result<Definition, Failed> {
    let text = if file.as_os_str() == "-" {
        terminal::read_input()?
    } else {
        std::fs::read_to_string(file).map_err(|error| {
            Failed::usage(
                format!("{} cannot be read: {error}.", file.display()),
                "Name a file with a comparison as JSON.",
            )
        })?
    };
    let wrong = |error: &dyn std::fmt::Display| {
        Failed::usage(
            format!("{} is no comparison: {error}.", file.display()),
            "Export a round as JSON in the window, or write {\"models\": [\"a/b\", \"c/d\"], \
             \"prompts\": [\"...\"]}.",
        )
    };
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    // A round as the window exports it carries what it was set up from.
    let value = match value {
        Value::Object(mut fields) if fields.contains_key("definition") => {
            fields.remove("definition").unwrap_or_default()
        }
        other => other,
    };
    if value.get("columns").is_some() {
        return serde_json::from_value(value).map_err(|error| wrong(&error));
    }
    let short: Short = serde_json::from_value(value).map_err(|error| wrong(&error))?;
    if short.models.is_empty() && !has_models {
        return Err(wrong(&"it names no models"));
    }
    let ceiling = match &short.ceiling {
        None => None,
        Some(Value::String(text)) => Some(parse_dollars(text)),
        Some(other) => Some(parse_dollars(&other.to_string())),
    };
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let system = short.system.unwrap_or_default();
    Ok(Definition {
        name: short
            .name
            .or(stem.filter(|stem| stem != "-"))
            .unwrap_or_else(|| "From the command line".to_owned()),
        columns: columns(engine, &short.models, &system, &short.parameters).await?,
        prompts: short.prompts.iter().map(|text| prompt(text)).collect(),
        rows: short.rows,
        repeats: short.repeats.unwrap_or(1),
        parallel: short.parallel.unwrap_or(PARALLEL),
        ceiling: ceiling
            .transpose()
            .map_err(|error| wrong(&format!("its ceiling is {error}")))?,
        checks: short.checks,
        tag: short.tag,
        judging: Judging::default(),
        sample: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_file_says_what_it_does_not_know() {
        let read = |text: &str| serde_json::from_str::<Short>(text);
        assert!(read(r#"{"models": ["a"], "prompts": ["b"], "ceiling": 0.5}"#).is_ok());
        let error = read(r#"{"model": ["a"], "prompts": ["b"]}"#).unwrap_err();
        assert!(error.to_string().contains("model"), "{error}");
    }
}
