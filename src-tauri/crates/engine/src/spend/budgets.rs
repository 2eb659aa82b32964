//! Budgets as a person sets them, and where they stand.

use jiff::fmt::strtime;
use patchbay_domain::amount::{limit_words, money_words};
use patchbay_domain::budget::{Budget, Held, Scope, Stage, Used, pace};
use patchbay_domain::{BudgetId, NanoUsd, RouteId, UnixMillis};

use super::calendar::{here, part_over, start_of, today};
use crate::{Engine, EngineError, clock};

/// A budget and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetStanding {
    /// As it is set.
    pub budget: Budget,
    /// Whom it holds, for people.
    pub name: String,
    /// What was spent of it, and what is on its way.
    pub used: Used,
    /// How far it is.
    pub stage: Stage,
    /// What the period comes to if it goes on like this; `None` where it is too early to say.
    pub pace: Option<NanoUsd>,
    /// When it starts anew.
    pub resets_at: UnixMillis,
    /// Where it stands, in one sentence.
    pub words: String,
}

impl Engine {
    /// Every budget and where it stands, the oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn budgets(&self) -> Result<Vec<BudgetStanding>, EngineError> {
        let now = self.clock.now();
        let held = self.ledger.held().await?;
        Ok(held
            .into_iter()
            .map(|(whom, held)| standing(whom, held, now))
            .collect())
    }

    /// The budget that people should see first: of those that hold everything the one that is nearest
    /// to its end; where there is none, of the others.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn foremost_budget(&self) -> Result<Option<BudgetStanding>, EngineError> {
        let mut standings = self.budgets().await?;
        let part =
            |it: &BudgetStanding| it.used.total().0 as f64 / (it.budget.limit.0.max(1)) as f64;
        standings.sort_by(|left, right| {
            let narrow = |it: &BudgetStanding| it.budget.scope != Scope::Everything;
            narrow(left)
                .cmp(&narrow(right))
                .then(part(right).total_cmp(&part(left)))
        });
        Ok(standings.into_iter().next())
    }

    /// Keeps a budget. One without an id is new.
    ///
    /// # Errors
    /// It cannot be kept as it is, what it holds is gone, or the database cannot be written.
    pub async fn save_budget(
        &self,
        id: Option<BudgetId>,
        budget: Budget,
    ) -> Result<BudgetStanding, EngineError> {
        let budget = Budget {
            id: id.unwrap_or_else(clock::budget_id),
            ..budget
        };
        budget.check().map_err(|error| {
            use patchbay_domain::budget::BudgetError as Error;
            let (field, advice) = match error {
                Error::NoLimit => ("limit", "Write it like 20 or 0.50."),
                Error::Percent => ("warnsAt", "Write a whole number, such as 80."),
                Error::Order => ("savesAt", "Let it save later than it warns."),
            };
            let mut sentence = error.to_string();
            if let Some(first) = sentence.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            EngineError::input(field, format!("{sentence}."), advice)
        })?;
        self.check_route(budget.saves_with).await?;
        let others = self.store.budgets().await?;
        let is_twice = others.iter().any(|other| {
            other.budget.id != budget.id
                && other.budget.scope == budget.scope
                && other.budget.period == budget.period
        });
        if is_twice {
            return Err(EngineError::input(
                "scope",
                "There is a budget for this and this period already.",
                "Change that one, or choose another period.",
            ));
        }
        let id = budget.id;
        self.store.save_budget(budget, self.clock.now()).await?;
        self.budget_standing(id).await
    }

    async fn check_route(&self, route: Option<RouteId>) -> Result<(), EngineError> {
        if let Some(route) = route
            && self.store.route(route).await?.is_none()
        {
            return Err(EngineError::input(
                "savesWithRouteId",
                "This route is not there any more.",
                "Choose another one.",
            ));
        }
        Ok(())
    }

    async fn budget_standing(&self, id: BudgetId) -> Result<BudgetStanding, EngineError> {
        let standings = self.budgets().await?;
        standings
            .into_iter()
            .find(|standing| standing.budget.id == id)
            .ok_or(EngineError::NotFound("The budget"))
    }

    /// Takes a budget away.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_budget(&self, id: BudgetId) -> Result<(), EngineError> {
        let now = self.clock.now();
        Ok(self.store.set_budget_deleted(id, Some(now)).await?)
    }

    /// Brings it back.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn restore_budget(&self, id: BudgetId) -> Result<(), EngineError> {
        Ok(self.store.set_budget_deleted(id, None).await?)
    }
}

fn standing(whom: String, held: Held, now: UnixMillis) -> BudgetStanding {
    let (first, last) = held.budget.period.around(today(now));
    let resets_at = start_of(last.plus(1));
    let pace = pace(held.used.spent, part_over(first, last, now));
    let stage = held.budget.stage(&held.used);
    BudgetStanding {
        words: words(&held, stage, pace, resets_at),
        stage,
        pace,
        resets_at,
        name: whom,
        budget: held.budget,
        used: held.used,
    }
}

fn words(held: &Held, stage: Stage, pace: Option<NanoUsd>, resets_at: UnixMillis) -> String {
    let (spent, limit) = (money_words(held.used.spent), limit_words(held.budget.limit));
    let mut words = format!("{spent} of {limit} spent");
    if held.used.reserved.0 > 0 {
        words += &format!(", {} on its way at most", money_words(held.used.reserved));
    }
    words.push('.');
    let anew = strtime::format("%-d %B", &here(resets_at)).unwrap_or_default();
    match stage {
        Stage::Spent if held.budget.stops => {
            words += &format!(" Nothing that costs is asked until {anew}.");
        }
        Stage::Spent => words += " Nothing stops; it only says so.",
        Stage::Saving => words += " Cheaper ways in are taken now.",
        Stage::Warned | Stage::Fine => {
            if let Some(pace) = pace.filter(|pace| pace.0 > 0) {
                words += &format!(" On course for {} until {anew}.", money_words(pace));
            }
        }
    }
    words
}
