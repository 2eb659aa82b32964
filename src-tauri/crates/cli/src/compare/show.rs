//! An estimate and a round, for people.

use std::collections::BTreeMap;

use patchbay_domain::NanoUsd;
use patchbay_domain::amount::money_words;
use patchbay_domain::compare::Definition;
use patchbay_engine::{CellState, ComparisonEstimate, Engine, RoundDetail, RoundFormat};
use serde_json::Value;

use crate::arguments::{CompareFormat, Shared};
use crate::failure::Failed;
use crate::money::cost_words;
use crate::table::{Side, Table, harmless, one_line};
use crate::terminal::Terminal;

pub(super) fn estimate_words(estimate: &ComparisonEstimate) -> String {
    let answers = match estimate.cells {
        1 => "1 answer".to_owned(),
        cells => format!("{cells} answers"),
    };
    match estimate.total() {
        Some(total) => format!("{answers}, about {}.", money_words(total)),
        None if estimate.known() == NanoUsd(0) => {
            format!("{answers}; what that costs is not known.")
        }
        None => format!(
            "{answers}, at least {}: not every price is known.",
            money_words(estimate.known())
        ),
    }
}

pub(super) fn show_estimate(
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
            column
                .cost
                .map_or_else(|| "unknown".to_owned(), money_words),
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

pub(super) async fn show(
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
}
