//! What columns are called, and which cable is theirs.

use patchbay_domain::compare::{Column, Definition};
use patchbay_domain::route::{Need, PlanStep, Target};

use crate::{Engine, EngineError};

/// Whom a column would ask now, without asking.
pub(super) struct Outlook {
    /// The first step of its plan.
    pub(super) first: Option<PlanStep>,
    /// Why there is none.
    pub(super) problem: Option<String>,
}

impl Engine {
    /// Whom a column would ask first for a request of this size.
    pub(super) async fn outlook(
        &self,
        column: &Column,
        need: &Need,
    ) -> Result<Outlook, EngineError> {
        let Some(target) = column.target.clone() else {
            return Ok(Outlook {
                first: None,
                problem: None,
            });
        };
        let planned = match self.plan_for(target, need).await {
            Ok(planned) => planned,
            Err(EngineError::NotFound(what)) => {
                return Ok(Outlook {
                    first: None,
                    problem: Some(format!("{what} is not there any more.")),
                });
            }
            Err(error) => return Err(error),
        };
        let problem = planned.steps.is_empty().then(|| {
            let first = planned.skipped.first();
            first.map_or_else(
                || "There is no way in.".to_owned(),
                |skipped| format!("{} is left out.", skipped.name),
            )
        });
        Ok(Outlook {
            first: planned.steps.into_iter().next(),
            problem,
        })
    }

    /// The columns' names for people: the person's own, else the model's, numbered where several are
    /// alike.
    pub(super) async fn column_names(
        &self,
        definition: &Definition,
    ) -> Result<Vec<String>, EngineError> {
        let mut names: Vec<String> = Vec::with_capacity(definition.columns.len());
        for column in &definition.columns {
            let label = column.label.trim();
            let name = if label.is_empty() {
                self.target_name(column.target.as_ref()).await?
            } else {
                label.to_owned()
            };
            names.push(name);
        }
        let all = names.clone();
        for (index, name) in names.iter_mut().enumerate() {
            let is_alike = all.iter().filter(|other| *other == name).count() > 1;
            let before = all
                .iter()
                .take(index)
                .filter(|other| *other == name)
                .count();
            if is_alike {
                *name = format!("{name} ({})", before + 1);
            }
        }
        Ok(names)
    }

    pub(super) async fn target_name(&self, target: Option<&Target>) -> Result<String, EngineError> {
        Ok(match target {
            None => "As it was".to_owned(),
            Some(Target::Endpoint { endpoint }) => short(&endpoint.model).to_owned(),
            Some(Target::Model { key }) => short(key).to_owned(),
            Some(Target::Route { id }) => self
                .store
                .route(*id)
                .await?
                .map_or_else(|| "A route that is gone".to_owned(), |route| route.name),
        })
    }
}

/// A model without its maker.
pub(super) fn short(key: &str) -> &str {
    key.rsplit_once('/').map_or(key, |(_, model)| model)
}
