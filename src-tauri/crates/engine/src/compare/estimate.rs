//! What a round would cost, before it begins.

use patchbay_domain::NanoUsd;
use patchbay_domain::compare::{Column, Definition, cases};
use patchbay_domain::route::{Need, PlanStep};

use super::check;
use crate::{Engine, EngineError};

/// The most prompts of a column that are planned one by one; of more, these stand for all.
const PLANNED_CASES: usize = 50;

/// What one column would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnEstimate {
    /// Its name.
    pub name: String,
    /// The cable of its model.
    pub colour: u8,
    /// `None` where a price is not known.
    pub cost: Option<NanoUsd>,
    /// Who would be asked first.
    pub first_way_in: Option<String>,
    /// Why nobody could be asked.
    pub problem: Option<String>,
}

/// What a round would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonEstimate {
    /// Each column.
    pub columns: Vec<ColumnEstimate>,
    /// Answers in all.
    pub cells: u32,
    /// Prompts with their variables filled in.
    pub cases: u32,
    /// The names of variables in the texts.
    pub variables: Vec<String>,
}

impl ComparisonEstimate {
    /// What is known of it.
    pub fn known(&self) -> NanoUsd {
        let sum = self.columns.iter().filter_map(|column| column.cost);
        NanoUsd(sum.fold(0_i64, |sum, cost| sum.saturating_add(cost.0)))
    }

    /// All together; `None` where one of them is not known.
    pub fn total(&self) -> Option<NanoUsd> {
        let is_known = self.columns.iter().all(|column| column.cost.is_some());
        is_known.then(|| self.known())
    }
}

impl Engine {
    /// What a round would cost: the prompts as they are, and answers of usual length or the longest
    /// that is allowed, by whoever would be asked first now.
    ///
    /// # Errors
    /// It cannot be run as it is, or the database cannot be read.
    pub async fn estimate_comparison(
        &self,
        definition: &Definition,
    ) -> Result<ComparisonEstimate, EngineError> {
        check(definition)?;
        super::checks::compile_all(definition)?;
        let names = self.column_names(definition).await?;
        let mut columns = Vec::with_capacity(names.len());
        for (column, name) in definition.columns.iter().zip(names) {
            columns.push(self.estimate_column(definition, column, name).await?);
        }
        Ok(ComparisonEstimate {
            columns,
            cells: u32::try_from(definition.size()).unwrap_or(u32::MAX),
            cases: u32::try_from(cases(definition).len()).unwrap_or(u32::MAX),
            variables: definition.variables(),
        })
    }

    async fn estimate_column(
        &self,
        definition: &Definition,
        column: &Column,
        name: String,
    ) -> Result<ColumnEstimate, EngineError> {
        // What history holds is paid already.
        if column.target.is_none() {
            return Ok(ColumnEstimate {
                name,
                colour: 0,
                cost: Some(NanoUsd(0)),
                first_way_in: None,
                problem: None,
            });
        }
        let cases = cases(definition);
        let mut sum = Some(0_i64);
        let mut planned = 0_i64;
        let mut first = None;
        let mut problem = None;
        for case in cases.iter().take(PLANNED_CASES) {
            let request = match self.request_of(column, case).await {
                Ok(request) => request,
                Err(EngineError::NotFound(what)) => {
                    problem.get_or_insert(format!("{what} is not there any more."));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let outlook = self.outlook(column, &Need::of(&request)).await?;
            let cost = outlook
                .first
                .as_ref()
                .and_then(|step| step.estimate.map(|estimate| estimate.likely));
            sum = sum.zip(cost).map(|(sum, cost)| sum.saturating_add(cost.0));
            planned += 1;
            if let Some(step) = outlook.first {
                first.get_or_insert(step);
            }
            if let Some(why) = outlook.problem {
                problem.get_or_insert(why);
            }
        }
        let all = i64::try_from(cases.len()).unwrap_or(i64::MAX);
        let scale = |sum: i64| {
            // In i128, since a sum times the count of all may be large.
            let scaled = i128::from(sum) * i128::from(all) / i128::from(planned.max(1));
            i64::try_from(scaled)
                .unwrap_or(i64::MAX)
                .saturating_mul(i64::from(definition.repeats))
        };
        let colour = match &first {
            Some(step) => self.colour_of_step(step).await?,
            None => 0,
        };
        Ok(ColumnEstimate {
            name,
            colour,
            cost: sum.filter(|_| planned > 0).map(|sum| NanoUsd(scale(sum))),
            first_way_in: first.map(|step| step.provider_name),
            problem,
        })
    }

    /// The cable of a planned model; it is given one where it has none, since the column keeps it.
    async fn colour_of_step(&self, step: &PlanStep) -> Result<u8, EngineError> {
        let model = step.endpoint.model.clone();
        let ids = vec![model.clone(), step.model_key.clone()];
        let colours = self.store.colours_of(vec![ids]).await?;
        Ok(colours.get(&model).copied().unwrap_or(0))
    }
}
