//! `patchbay budget`.

use patchbay_domain::BudgetId;
use patchbay_domain::amount::{limit_words, money_words};
use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_engine::{BudgetStanding, Engine, moment_text};
use serde::Serialize;

use crate::arguments::{BudgetAction, BudgetAdd, Shared};
use crate::failure::Failed;
use crate::table::{Side, Table};
use crate::terminal::Terminal;
use crate::{named, session};

/// A budget for scripts. Amounts are dollars as decimal text.
#[derive(Debug, Serialize)]
struct BudgetReport {
    id: String,
    /// Whom it holds, for people.
    name: String,
    scope: Scope,
    period: &'static str,
    limit_usd: String,
    spent_usd: String,
    /// On its way, at its worst.
    reserved_usd: String,
    /// Attempts whose cost nobody knows.
    unknown: u64,
    /// `fine`, `warned`, `saving` or `spent`.
    stage: &'static str,
    stops: bool,
    resets_at: String,
}

impl BudgetReport {
    fn of(standing: &BudgetStanding) -> Self {
        let budget = &standing.budget;
        Self {
            id: budget.id.to_string(),
            name: standing.name.clone(),
            scope: budget.scope.clone(),
            period: budget.period.as_str(),
            limit_usd: budget.limit.to_string(),
            spent_usd: standing.used.spent.to_string(),
            reserved_usd: standing.used.reserved.to_string(),
            unknown: standing.used.unknown,
            stage: standing.stage.as_str(),
            stops: budget.stops,
            resets_at: moment_text(standing.resets_at),
        }
    }
}

pub(crate) async fn carry_out(
    shared: &Shared,
    action: BudgetAction,
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    session::with_engine(shared, terminal, async |engine, terminal| match action {
        BudgetAction::Add(add) => {
            let saved = engine
                .save_budget(None, budget(engine, *add).await?)
                .await?;
            if shared.json {
                return terminal.json(&BudgetReport::of(&saved));
            }
            terminal.line(&format!(
                "Saved the budget {}: {}",
                saved.budget.id, saved.words
            ))
        }
        BudgetAction::List => list(shared, &engine.budgets().await?, terminal),
        BudgetAction::Remove { id } => {
            let id: BudgetId = id.parse().map_err(|_| {
                Failed::usage(
                    "That is no id of a budget.",
                    "It stands in: patchbay budget list",
                )
            })?;
            engine.delete_budget(id).await?;
            if shared.json {
                return terminal.json(&serde_json::json!({ "removed": id }));
            }
            terminal.line("Removed the budget.")
        }
    })
    .await
}

async fn budget(engine: &Engine, add: BudgetAdd) -> Result<Budget, Failed> {
    let scope = match (&add.app, &add.provider, &add.model) {
        (Some(app), ..) => Scope::App {
            app: named::app(engine, app).await?.id,
        },
        (_, Some(provider), _) => Scope::Provider {
            provider: named::provider(engine, provider).await?.record.id,
        },
        (_, _, Some(model)) => Scope::Model { key: model.clone() },
        (None, None, None) => Scope::Everything,
    };
    Ok(Budget {
        // It gets its own where it is kept.
        id: BudgetId::from_bytes([0; 16]),
        scope,
        period: Period::from_word(&add.period).unwrap_or(Period::Month),
        limit: add.limit,
        warns_at: add.warns_at,
        saves_at: add.saves_at,
        saves_with: match &add.saves_with {
            Some(route) => Some(named::route(engine, route).await?.id),
            None => None,
        },
        stops: add.stops,
        refuses_unknown: add.refuses_unknown,
    })
}

fn list(
    shared: &Shared,
    budgets: &[BudgetStanding],
    terminal: &mut Terminal,
) -> Result<(), Failed> {
    if shared.json {
        let budgets: Vec<_> = budgets.iter().map(BudgetReport::of).collect();
        return terminal.json(&serde_json::json!({ "budgets": budgets }));
    }
    if budgets.is_empty() {
        terminal.note("There is no budget. Add one: patchbay budget add 20 --stops");
        return Ok(());
    }
    let mut table = Table::new(&[
        ("ID", Side::Left),
        ("HOLDS", Side::Left),
        ("PERIOD", Side::Left),
        ("SPENT", Side::Right),
        ("LIMIT", Side::Right),
        ("STAGE", Side::Left),
    ]);
    for standing in budgets {
        table.row([
            standing.budget.id.to_string(),
            standing.name.clone(),
            standing.budget.period.as_str().to_owned(),
            money_words(standing.used.spent),
            limit_words(standing.budget.limit),
            standing.stage.as_str().to_owned(),
        ]);
    }
    terminal.print(&table.text())
}
