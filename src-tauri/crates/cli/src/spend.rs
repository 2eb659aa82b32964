//! `patchbay spend`: what was spent, by the same sums as the window.

use patchbay_domain::NanoUsd;
use patchbay_domain::amount::money_words;
use patchbay_engine::{
    Engine, SpendBy, SpendExportFormat, SpendExportRequest, SpendExportWhat, SpendFilter, Tally,
};
use serde::Serialize;

use crate::arguments::{ExportFormat, GroupBy, Shared, SpendArguments};
use crate::failure::Failed;
use crate::session;
use crate::table::{Side, Table};
use crate::terminal::Terminal;

/// Sums for scripts. Amounts are dollars as decimal text with nine decimals.
#[derive(Debug, Serialize)]
struct SpendReport {
    from: String,
    to: String,
    by: &'static str,
    total: SumReport,
    groups: Vec<GroupReport>,
}

#[derive(Debug, Serialize)]
struct GroupReport {
    /// A provider's or an app's id, a model's name, a day.
    key: String,
    name: String,
    #[serde(flatten)]
    sum: SumReport,
}

#[derive(Debug, Serialize)]
struct SumReport {
    /// Every amount that is known; what is not known is counted in `unknown`.
    known_usd: String,
    /// The part of it that is an estimate.
    estimated_usd: String,
    attempts: u64,
    answered: u64,
    failed: u64,
    /// Attempts whose cost nobody knows: the sum leaves them out.
    unknown: u64,
    input_tokens: u64,
    output_tokens: u64,
}

impl SumReport {
    fn of(tally: &Tally) -> Self {
        Self {
            known_usd: tally.known.to_string(),
            estimated_usd: tally.known_estimated.to_string(),
            attempts: tally.attempts,
            answered: tally.answered,
            failed: tally.failed,
            unknown: tally.unknown,
            input_tokens: [tally.input, tally.cache_read, tally.cache_write]
                .into_iter()
                .fold(0, u64::saturating_add),
            output_tokens: tally.output.saturating_add(tally.reasoning),
        }
    }
}

/// One line of the table.
struct Line {
    key: String,
    name: String,
    tally: Tally,
}

pub(crate) async fn spend(
    shared: &Shared,
    arguments: SpendArguments,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| {
        let today = engine.today();
        let to = arguments.to.unwrap_or(today);
        let from = arguments.from.unwrap_or_else(|| to.first_of_month());
        let filter = SpendFilter::between(from, to);
        if let Some(file) = &arguments.export {
            let request = SpendExportRequest {
                filter,
                what: SpendExportWhat::Rows,
                format: match arguments.export_format {
                    ExportFormat::Csv => SpendExportFormat::Csv,
                    ExportFormat::Json => SpendExportFormat::Json,
                    ExportFormat::Jsonl => SpendExportFormat::JsonLines,
                },
            };
            let bytes = engine.save_spend_export(&request, file).await?;
            if shared.json {
                return terminal.json(&serde_json::json!({ "written": file, "bytes": bytes }));
            }
            return terminal.line(&format!("Wrote {} ({bytes} bytes).", file.display()));
        }
        let total = engine.spend_total(filter.clone()).await?;
        let lines = lines(engine, filter, arguments.by).await?;
        if shared.json {
            return terminal.json(&SpendReport {
                from: from.to_string(),
                to: to.to_string(),
                by: arguments.by.word(),
                total: SumReport::of(&total),
                groups: lines
                    .iter()
                    .map(|line| GroupReport {
                        key: line.key.clone(),
                        name: line.name.clone(),
                        sum: SumReport::of(&line.tally),
                    })
                    .collect(),
            });
        }
        terminal.line(&format!("From {from} to {to}"))?;
        terminal.print(&table(arguments.by, &lines, &total))?;
        if total.unknown > 0 {
            terminal.note(&format!(
                "The cost of {} is not known, and in no sum.",
                match total.unknown {
                    1 => "1 attempt".to_owned(),
                    count => format!("{count} attempts"),
                }
            ));
        }
        Ok(())
    })
    .await
}

async fn lines(engine: &Engine, filter: SpendFilter, by: GroupBy) -> Result<Vec<Line>, Failed> {
    let by = match by {
        GroupBy::Provider => SpendBy::Provider,
        GroupBy::Model => SpendBy::Model,
        GroupBy::App => SpendBy::App,
        GroupBy::Origin => SpendBy::Origin,
        GroupBy::Key => SpendBy::Key,
        GroupBy::Day => return days(engine, filter).await,
    };
    let chart = engine.spend_chart(filter, by).await?;
    Ok(chart
        .groups
        .into_iter()
        .map(|group| Line {
            key: match &group.provider {
                Some(provider) => format!("{provider}/{}", group.key),
                None => group.key,
            },
            name: group.name,
            tally: group.tally,
        })
        .collect())
}

/// Days with at least one attempt, the oldest first.
async fn days(engine: &Engine, filter: SpendFilter) -> Result<Vec<Line>, Failed> {
    // Checks the span, so that the loop below is of a length that ends.
    let chart = engine.spend_chart(filter.clone(), SpendBy::Nothing).await?;
    let mut lines = Vec::new();
    for day in chart.days {
        let of_day = SpendFilter {
            from: day,
            to: day,
            ..filter.clone()
        };
        let tally = engine.spend_total(of_day).await?;
        if tally.attempts > 0 {
            lines.push(Line {
                key: day.to_string(),
                name: day.to_string(),
                tally,
            });
        }
    }
    Ok(lines)
}

fn table(by: GroupBy, lines: &[Line], total: &Tally) -> String {
    let mut table = Table::new(&[
        (heading(by), Side::Left),
        ("SPENT", Side::Right),
        ("ANSWERS", Side::Right),
        ("FAILED", Side::Right),
        ("INPUT", Side::Right),
        ("OUTPUT", Side::Right),
    ]);
    let mut add = |name: &str, tally: &Tally| {
        let sum = SumReport::of(tally);
        table.row([
            name.to_owned(),
            spent(tally),
            sum.answered.to_string(),
            sum.failed.to_string(),
            sum.input_tokens.to_string(),
            sum.output_tokens.to_string(),
        ]);
    };
    for line in lines {
        add(&line.name, &line.tally);
    }
    add("All together", total);
    table.text()
}

/// What is known, with a mark where some of it is an estimate or some of it is not known: unknown is
/// never zero.
fn spent(tally: &Tally) -> String {
    let known = money_words(tally.known);
    match tally {
        Tally { unknown: 0, .. } if tally.known_estimated == NanoUsd(0) => known,
        Tally { unknown: 0, .. } => format!("~{known}"),
        Tally {
            known: NanoUsd(0), ..
        } => "unknown".to_owned(),
        _ => format!("at least {known}"),
    }
}

fn heading(by: GroupBy) -> &'static str {
    match by {
        GroupBy::Provider => "PROVIDER",
        GroupBy::Model => "MODEL",
        GroupBy::App => "APP",
        GroupBy::Day => "DAY",
        GroupBy::Origin => "ORIGIN",
        GroupBy::Key => "KEY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_never_zero() {
        let words = |known, estimated, unknown| {
            spent(&Tally {
                known: NanoUsd(known),
                known_estimated: NanoUsd(estimated),
                unknown,
                attempts: 3,
                ..Tally::default()
            })
        };
        assert_eq!(words(0, 0, 0), "$0.0000");
        assert_eq!(words(0, 0, 3), "unknown");
        assert_eq!(words(2_000_000_000, 0, 1), "at least $2.00");
        assert_eq!(words(2_000_000_000, 1, 0), "~$2.00");
    }
}
