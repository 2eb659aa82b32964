//! Budgets, and what was spent of them.

use patchbay_domain::budget::{Budget, Scope};
use patchbay_domain::{BudgetId, Day, NanoUsd, UnixMillis};
use rusqlite::{Connection, Row, named_params};

use super::tally::{SpendFilter, Tally};
use crate::change::Change;
use crate::error::{StoreError, Subject};
use crate::store::Store;
use crate::values::{from_json, to_json};

/// A budget as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetRecord {
    /// As it was set.
    pub budget: Budget,
    /// When it was set first.
    pub created_at: UnixMillis,
}

impl Store {
    /// Every budget, the oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn budgets(&self) -> Result<Vec<BudgetRecord>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT definition, created_at FROM budget WHERE deleted_at IS NULL
                     ORDER BY created_at, id",
                )?
                .query_and_then([], read)?
                .collect()
        })
        .await
    }

    /// Keeps a budget, or what was changed about it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn save_budget(&self, budget: Budget, now: UnixMillis) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            connection
                .prepare_cached(
                    "INSERT INTO budget (id, definition, created_at) VALUES (:id, :definition, :now)
                     ON CONFLICT (id) DO UPDATE SET definition = excluded.definition",
                )?
                .execute(named_params! {
                    ":id": budget.id.into_bytes(),
                    ":definition": to_json(&budget)?,
                    ":now": now.0,
                })?;
            changes.add(Change::Budgets);
            Ok(())
        })
        .await
    }

    /// Takes a budget away, or brings it back where `deleted_at` is `None`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn set_budget_deleted(
        &self,
        budget: BudgetId,
        deleted_at: Option<UnixMillis>,
    ) -> Result<(), StoreError> {
        self.write(move |connection, changes| {
            let changed = connection
                .prepare_cached("UPDATE budget SET deleted_at = ?2 WHERE id = ?1")?
                .execute((budget.into_bytes(), deleted_at.map(|moment| moment.0)))?;
            if changed == 0 {
                return Err(StoreError::NotFound(Subject::Budget(budget)));
            }
            changes.add(Change::Budgets);
            Ok(())
        })
        .await
    }

    /// What was spent of each of these budgets in its own days: known, and attempts whose cost nobody
    /// knows.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn spent_of(
        &self,
        budgets: Vec<(Scope, Day, Day)>,
    ) -> Result<Vec<(NanoUsd, u64)>, StoreError> {
        self.read(move |connection| {
            budgets
                .iter()
                .map(|(scope, from, to)| {
                    let tally = spent(connection, scope, *from, *to)?;
                    Ok((tally.known, tally.unknown))
                })
                .collect()
        })
        .await
    }
}

fn spent(connection: &Connection, scope: &Scope, from: Day, to: Day) -> Result<Tally, StoreError> {
    let mut filter = SpendFilter::between(from, to);
    match scope {
        Scope::Everything => {}
        Scope::Provider { provider } => filter.provider = Some(provider.clone()),
        Scope::Model { key } => filter.model_key = Some(key.clone()),
        Scope::Conversation { conversation } => filter.conversation = Some(*conversation),
        Scope::App { app } => filter.app = Some(app.clone()),
    }
    super::tally::total(connection, &filter)
}

fn read(row: &Row<'_>) -> Result<BudgetRecord, StoreError> {
    Ok(BudgetRecord {
        budget: from_json(row, "budget", "definition")?,
        created_at: UnixMillis(row.get("created_at")?),
    })
}
