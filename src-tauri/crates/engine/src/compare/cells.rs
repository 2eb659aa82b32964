//! A round as it stands: its cells, what they cost, and the texts of one case.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_domain::compare::{Case, CasePrompt, CellKey, CheckResult, cases};
use patchbay_domain::run::Outcome;
use patchbay_domain::{Attempt, Cost, CostKind, Message, RoundId, RunId};
use patchbay_store::{CellRecord, ColumnSpend, MergedRecord, RoundRecord};

use super::ballots::Vote;
use crate::conversations::RunDetail;
use crate::{Engine, EngineError};

/// Where a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellState {
    /// It was not asked yet.
    Waiting,
    /// It is being answered.
    Running,
    /// It was.
    Answered,
    /// Every attempt failed.
    Failed,
    /// A person stopped it.
    Stopped,
    /// Patchbay ended in the middle.
    Interrupted,
    /// It could not even be begun.
    Problem,
}

impl CellState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
            Self::Problem => "problem",
        }
    }

    pub(super) fn of(cell: &CellRecord) -> Self {
        let Some(run) = &cell.run else {
            return if cell.problem.is_some() {
                Self::Problem
            } else {
                Self::Waiting
            };
        };
        match &run.outcome {
            None => Self::Running,
            Some(Outcome::Answered { .. }) => Self::Answered,
            Some(Outcome::Failed { .. }) => Self::Failed,
            Some(Outcome::Stopped) => Self::Stopped,
            Some(Outcome::Interrupted) => Self::Interrupted,
        }
    }
}

/// One cell, without its text.
#[derive(Clone, Debug)]
pub struct CellDetail {
    /// Where it is.
    pub key: CellKey,
    /// Where it stands.
    pub state: CellState,
    /// Its run, where it was begun.
    pub run: Option<RunId>,
    /// Whom it asked, and how that went.
    pub attempts: Vec<Attempt>,
    /// The attempt that answered, or the last one.
    pub answered: Option<Attempt>,
    /// Until the first token of the attempt that answered.
    pub first_token_millis: Option<u64>,
    /// From the first attempt's beginning to the end.
    pub total_millis: Option<u64>,
    /// Answer tokens a second, after the first.
    pub tokens_per_second: Option<f64>,
    /// Tokens of the answer, thinking included.
    pub output_tokens: Option<u64>,
    /// What its newest run cost.
    pub cost: Cost,
    /// Why there is no whole answer.
    pub failure: Option<String>,
    /// Characters of the answer.
    pub length: u64,
    /// What the checks found.
    pub checks: Vec<CheckResult>,
}

/// One column of a round.
#[derive(Clone, Debug)]
pub struct ColumnDetail {
    /// Its name.
    pub name: String,
    /// The cable of its model.
    pub colour: u8,
    /// What it cost so far, with what was asked for again.
    pub cost: Cost,
}

/// A round as it stands.
#[derive(Clone, Debug)]
pub struct RoundDetail {
    /// As stored.
    pub record: RoundRecord,
    /// Who answers.
    pub columns: Vec<ColumnDetail>,
    /// What is asked.
    pub cases: Vec<Case>,
    /// Every cell.
    pub cells: Vec<CellDetail>,
    /// Every vote about it.
    pub votes: Vec<Vote>,
    /// What it cost so far.
    pub cost: Cost,
}

/// The answers to one case at one repeat.
#[derive(Clone, Debug)]
pub struct CaseAnswers {
    /// What was asked.
    pub prompt: String,
    /// Each column that was begun, with its message.
    pub answers: Vec<(u32, Message)>,
    /// The runs behind them, and behind merged answers.
    pub runs: HashMap<RunId, RunDetail>,
    /// What was made of them, each with the model's message where a model wrote it.
    pub merged: Vec<(MergedRecord, Option<Message>)>,
}

impl Engine {
    pub(super) async fn round_record(&self, round: RoundId) -> Result<RoundRecord, EngineError> {
        self.store
            .round(round)
            .await?
            .ok_or(EngineError::NotFound("The round"))
    }

    /// A round as it stands, without texts.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn round(&self, round: RoundId) -> Result<RoundDetail, EngineError> {
        let record = self.round_record(round).await?;
        let cells = self.cell_details(round).await?;
        let spend = self.store.round_spend(round).await?;
        let names = self.column_names(&record.definition).await?;
        let colours = self.store.colours().await?;
        let columns: Vec<ColumnDetail> = names
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                let index = u32::try_from(index).unwrap_or(u32::MAX);
                let of_column = cells.iter().filter(|cell| cell.key.column == index);
                let model = of_column
                    .filter_map(|cell| cell.answered.as_ref())
                    .map(|attempt| attempt.endpoint.model.as_str())
                    .next();
                ColumnDetail {
                    name,
                    colour: model
                        .and_then(|model| colours.get(model).copied())
                        .unwrap_or(0),
                    cost: spent(spend.get(&index)),
                }
            })
            .collect();
        Ok(RoundDetail {
            cost: Cost::sum(columns.iter().map(|column| column.cost)),
            columns,
            cases: cases(&record.definition),
            votes: self.votes(Some(round)).await?,
            cells,
            record,
        })
    }

    pub(super) async fn cell_details(
        &self,
        round: RoundId,
    ) -> Result<Vec<CellDetail>, EngineError> {
        let records = self.store.cells(round).await?;
        Ok(records.into_iter().map(detail).collect())
    }

    /// The texts of one case at one repeat, what is live included.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn case_answers(
        &self,
        round: RoundId,
        case: u32,
        repeat: u32,
    ) -> Result<CaseAnswers, EngineError> {
        let record = self.round_record(round).await?;
        let cases = cases(&record.definition);
        let asked = usize::try_from(case).ok().and_then(|case| cases.get(case));
        let asked = asked.ok_or(EngineError::NotFound("The prompt"))?;
        let prompt = match &asked.prompt {
            CasePrompt::Text(text) => text.clone(),
            CasePrompt::Past {
                conversation,
                question,
            } => self
                .store
                .conversation(*conversation)
                .await?
                .and_then(|record| {
                    let mut messages = record.messages.into_iter();
                    messages.find(|message| message.id == *question)
                })
                .map_or_else(|| asked.title.clone(), |message| message.text),
        };
        let colours = Arc::new(self.store.colours().await?);
        let mut runs = HashMap::new();
        let mut answers = Vec::new();
        for (key, message) in self.store.case_answers(round, case, Some(repeat)).await? {
            let Some(message) = message else { continue };
            answers.push((key.column, message));
        }
        let mut merged = Vec::new();
        for record in self.store.merged(round).await? {
            if record.case != case || record.repeat != repeat {
                continue;
            }
            let message = self.merged_message(&record).await?;
            merged.push((record, message));
        }
        let shown = answers.iter_mut().map(|(_, message)| message);
        for message in shown.chain(
            merged
                .iter_mut()
                .filter_map(|(_, message)| message.as_mut()),
        ) {
            let Some(run) = message.run else { continue };
            let Some(record) = self.store.run(run).await? else {
                continue;
            };
            let mut of_run = RunDetail::of(record, &colours);
            self.show_live(message, Some(&mut of_run));
            runs.insert(run, of_run);
        }
        Ok(CaseAnswers {
            prompt,
            answers,
            runs,
            merged,
        })
    }

    async fn merged_message(&self, merged: &MergedRecord) -> Result<Option<Message>, EngineError> {
        let Some(conversation) = merged.conversation else {
            return Ok(None);
        };
        let record = self.store.conversation(conversation).await?;
        Ok(record.and_then(|record| {
            record
                .messages
                .into_iter()
                .rev()
                .find(|one| one.run.is_some())
        }))
    }
}

fn spent(spend: Option<&ColumnSpend>) -> Cost {
    let Some(spend) = spend else {
        return Cost::FREE;
    };
    if spend.unknown_attempts > 0 {
        // A lower bound is no sum: what is known is said beside it.
        return Cost::UNKNOWN;
    }
    Cost {
        amount: Some(spend.known),
        kind: CostKind::Computed,
    }
}

fn detail(cell: CellRecord) -> CellDetail {
    let state = CellState::of(&cell);
    let problem = cell.problem;
    let run = cell.run;
    let attempts = run
        .as_ref()
        .map(|run| run.receipt.attempts.clone())
        .unwrap_or_default();
    let answered = run.as_ref().and_then(|run| run.receipt.last()).cloned();
    let failure = run.as_ref().and_then(|run| match &run.outcome {
        Some(Outcome::Failed { failure }) => Some(
            failure.class.sentence(
                answered
                    .as_ref()
                    .map_or("The provider", |attempt| attempt.provider_name.as_str()),
            ),
        ),
        _ => None,
    });
    CellDetail {
        key: cell.key,
        state,
        first_token_millis: answered
            .as_ref()
            .and_then(|attempt| attempt.timings.first_token),
        total_millis: run
            .as_ref()
            .filter(|_| state == CellState::Answered)
            .and_then(|run| Some(run.ended_at?.0.saturating_sub(run.started_at.0)))
            .and_then(|millis| u64::try_from(millis).ok()),
        tokens_per_second: answered.as_ref().and_then(Attempt::tokens_per_second),
        output_tokens: answered
            .as_ref()
            .and_then(|attempt| attempt.usage)
            .map(|usage| usage.output.saturating_add(usage.reasoning)),
        cost: run.as_ref().map_or(Cost::FREE, |run| run.receipt.cost()),
        run: run.as_ref().map(|run| run.id),
        attempts,
        answered,
        failure: failure.or(problem),
        length: cell.length,
        checks: cell.checks.unwrap_or_default(),
    }
}
