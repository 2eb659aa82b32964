//! `patchbay compare`: one round of a comparison, to its end.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patchbay_domain::compare::{Check, Column, Definition, Judging, Prompt, Row};
use patchbay_domain::money::parse_dollars;
use patchbay_domain::{Parameters, RoundId};
use patchbay_engine::{
    CellState, Change, ComparisonEstimate, Engine, RoundDetail, RoundFormat, RoundState,
};
use serde::Deserialize;
use serde_json::Value;

use crate::arguments::{CompareArguments, CompareFormat, Shared};
use crate::failure::Failed;
use crate::interrupt::Interrupt;
use crate::money::{cost_words, dollars};
use crate::table::{Side, Table, harmless, one_line};
use crate::terminal::{self, Terminal};
use crate::{named, session};

/// How many requests go to one provider at once where nobody says.
const PARALLEL: u32 = 4;

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

async fn definition(engine: &Engine, arguments: &CompareArguments) -> Result<Definition, Failed> {
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
    })
}

fn estimate_words(estimate: &ComparisonEstimate) -> String {
    let answers = match estimate.cells {
        1 => "1 answer".to_owned(),
        cells => format!("{cells} answers"),
    };
    match estimate.total() {
        Some(total) => format!("{answers}, about {}.", dollars(total)),
        None => format!(
            "{answers}, at least {}: not every price is known.",
            dollars(estimate.known())
        ),
    }
}

fn show_estimate(
    shared: &Shared,
    definition: &Definition,
    estimate: &ComparisonEstimate,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if shared.json {
        let columns: Vec<Value> = estimate
            .columns
            .iter()
            .map(|column| {
                serde_json::json!({
                    "name": column.name,
                    "usd": column.cost.map(|cost| cost.to_string()),
                    "first_way_in": column.first_way_in,
                    "problem": column.problem,
                })
            })
            .collect();
        return terminal.json(&serde_json::json!({
            "name": definition.name,
            "answers": estimate.cells,
            "usd": estimate.total().map(|total| total.to_string()),
            "columns": columns,
        }));
    }
    let mut table = Table::new(&[
        ("COLUMN", Side::Left),
        ("ABOUT", Side::Right),
        ("ASKS FIRST", Side::Left),
    ]);
    for column in &estimate.columns {
        table.row([
            column.name.clone(),
            column.cost.map_or_else(|| "unknown".to_owned(), dollars),
            column
                .problem
                .clone()
                .or_else(|| column.first_way_in.clone())
                .unwrap_or_default(),
        ]);
    }
    terminal.print(&table.text())?;
    terminal.line(&estimate_words(estimate))
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

async fn show(
    engine: &Engine,
    detail: &RoundDetail,
    format: CompareFormat,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    let format = match format {
        CompareFormat::Table => return show_table(engine, detail, terminal).await,
        CompareFormat::Json => RoundFormat::Json,
        CompareFormat::Markdown => RoundFormat::Markdown,
        CompareFormat::Csv => RoundFormat::Csv,
        CompareFormat::Html => RoundFormat::Html,
    };
    let text = engine.export_round(detail.record.id, format).await?;
    terminal.print(&text)?;
    if text.ends_with('\n') {
        return Ok(());
    }
    terminal.print("\n")
}

async fn show_table(
    engine: &Engine,
    detail: &RoundDetail,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    for case in &detail.cases {
        for repeat in 0..detail.record.definition.repeats {
            let answers = engine
                .case_answers(detail.record.id, case.index, repeat)
                .await?;
            terminal.line(&format!("# {}", one_line(&answers.prompt)))?;
            for (column, message) in &answers.answers {
                let name = usize::try_from(*column)
                    .ok()
                    .and_then(|column| detail.columns.get(column))
                    .map_or("?", |column| column.name.as_str());
                terminal.line(&format!("\n## {}\n", one_line(name)))?;
                terminal.line(harmless(&message.text).trim_end())?;
            }
            terminal.line("")?;
        }
    }
    let mut table = Table::new(&[
        ("COLUMN", Side::Left),
        ("ANSWERED", Side::Right),
        ("FIRST TOKEN", Side::Right),
        ("TOKENS/S", Side::Right),
        ("CHECKS", Side::Right),
        ("COST", Side::Right),
    ]);
    for (index, column) in detail.columns.iter().enumerate() {
        let cells: Vec<_> = detail
            .cells
            .iter()
            .filter(|cell| usize::try_from(cell.key.column).ok() == Some(index))
            .collect();
        let answered = cells
            .iter()
            .filter(|cell| cell.state == CellState::Answered)
            .count();
        let checks: Vec<_> = cells.iter().flat_map(|cell| &cell.checks).collect();
        let passed = checks
            .iter()
            .filter(|check| check.passed == Some(true))
            .count();
        let firsts = cells.iter().filter_map(|cell| cell.first_token_millis);
        let speeds = cells.iter().filter_map(|cell| cell.tokens_per_second);
        table.row([
            column.name.clone(),
            format!("{answered}/{}", cells.len()),
            median(firsts.map(|millis| millis as f64).collect())
                .map_or_else(|| "-".to_owned(), |millis| format!("{millis:.0} ms")),
            median(speeds.collect()).map_or_else(|| "-".to_owned(), |speed| format!("{speed:.0}")),
            if checks.is_empty() {
                "-".to_owned()
            } else {
                format!("{passed}/{}", checks.len())
            },
            cost_words(column.cost),
        ]);
    }
    terminal.print(&table.text())?;
    for (cell, failure) in failures(detail) {
        terminal.note(&one_line(&format!("{cell}: {failure}")));
    }
    terminal.line(&format!("All together: {}", cost_words(detail.cost)))
}

/// What failed, once for each column and reason.
fn failures(detail: &RoundDetail) -> BTreeMap<String, String> {
    detail
        .cells
        .iter()
        .filter_map(|cell| {
            let column = usize::try_from(cell.key.column).ok()?;
            let name = detail.columns.get(column)?.name.clone();
            Some((name, cell.failure.clone()?))
        })
        .collect()
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        return values.get(middle).copied();
    }
    let before = values.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(*before, *values.get(middle)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_measurements() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_short_file_says_what_it_does_not_know() {
        let read = |text: &str| serde_json::from_str::<Short>(text);
        assert!(read(r#"{"models": ["a"], "prompts": ["b"], "ceiling": 0.5}"#).is_ok());
        let error = read(r#"{"model": ["a"], "prompts": ["b"]}"#).unwrap_err();
        assert!(error.to_string().contains("model"), "{error}");
    }
}
