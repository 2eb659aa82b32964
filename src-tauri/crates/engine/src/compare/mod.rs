//! Comparisons: several columns answer the same prompts, and what is made of it.
//!
//! A cell is a run like all others: it is begun in the same transaction that says which cell it is,
//! and launched by the one function that launches every answer. So a round that a crash broke off
//! knows exactly what was asked, and nothing that was answered is asked twice.

mod against;
mod ballots;
mod carry_on;
mod cells;
mod checks;
mod estimate;
mod export;
mod judge;
mod judges;
mod ledger;
mod lettered;
mod merge;
mod middle;
mod names;
mod prepare;
mod ranking;
mod replay;
mod rounds;
mod runner;
mod table;
mod verdict;

use patchbay_domain::ComparisonId;
use patchbay_domain::compare::{Column, Definition, DefinitionError, Judging, Prompt};
use patchbay_domain::route::Target;
use patchbay_store::{ComparisonRecord, ComparisonSummary};

pub use self::against::{Against, CellAgainst, ColumnAgainst, ColumnFigures};
pub use self::ballots::{Ballot, Vote, VoteVerdict, Voter};
pub use self::cells::{CaseAnswers, CellDetail, CellState, ColumnDetail, RoundDetail};
pub use self::estimate::{ColumnEstimate, ComparisonEstimate};
pub use self::export::RoundFormat;
pub use self::judge::JudgeEstimate;
pub(crate) use self::judges::Judges;
pub use self::judges::JudgingProgress;
pub use self::merge::{MergeKind, StitchedPart, stitched_parts};
pub(crate) use self::ranking::StandingsCache;
pub use self::ranking::{JudgeRecord, Ranking};
pub use self::replay::{PickWish, Replay, ReplayColumn, ReplayOutcome, ReplayWish};
pub(crate) use self::rounds::Rounds;
pub(crate) use self::table::delimiter_of;
pub use self::table::{ReadRows, RowsFormat, read_rows};
use crate::{Engine, EngineError, clock};

impl Engine {
    /// Every comparison that was not deleted, the one used last first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn comparisons(&self) -> Result<Vec<ComparisonSummary>, EngineError> {
        Ok(self.store.comparisons().await?)
    }

    /// One comparison with its rounds.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn comparison(&self, id: ComparisonId) -> Result<ComparisonRecord, EngineError> {
        self.store
            .comparison(id)
            .await?
            .ok_or(EngineError::NotFound("The comparison"))
    }

    /// Keeps a comparison: a new one, or another version of one. Its rounds stay as they were run.
    ///
    /// # Errors
    /// It cannot be run as it is, it is gone, or the database cannot be written.
    pub async fn save_comparison(
        &self,
        id: Option<ComparisonId>,
        mut definition: Definition,
    ) -> Result<ComparisonRecord, EngineError> {
        definition.name = definition
            .name
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        definition.tag = definition
            .tag
            .map(|tag| tag.trim().to_owned())
            .filter(|tag| !tag.is_empty());
        check(&definition)?;
        checks::compile_all(&definition)?;
        if let Some(id) = id {
            self.comparison(id).await?;
        }
        let id = id.unwrap_or_else(clock::comparison_id);
        let now = self.clock.now();
        self.store.save_comparison(id, definition, now).await?;
        self.comparison(id).await
    }

    /// Takes a comparison out of the list and stops what is being asked for it.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_comparison(&self, id: ComparisonId) -> Result<(), EngineError> {
        for round in &self.comparison(id).await?.rounds {
            self.stop_round(round.id);
        }
        Ok(self.store.delete_comparison(id, self.clock.now()).await?)
    }

    /// Brings one back.
    ///
    /// # Errors
    /// It was erased, or the database cannot be written.
    pub async fn restore_comparison(&self, id: ComparisonId) -> Result<(), EngineError> {
        Ok(self.store.restore_comparison(id).await?)
    }

    /// A comparison that works with the local model alone: the same model three times, as it is, with
    /// instructions, and always taking the likeliest word.
    ///
    /// # Errors
    /// The list of models cannot be read.
    pub async fn example_comparison(&self) -> Result<Definition, EngineError> {
        let known = self.known_ways().await?;
        let local = known
            .ways
            .local()
            .next()
            .ok_or(EngineError::NotFound("The local model"))?;
        let target = Some(Target::Endpoint {
            endpoint: local.endpoint.clone(),
        });
        let column = |label: &str, system_prompt: &str, temperature: f64| Column {
            label: label.to_owned(),
            target: target.clone(),
            system_prompt: system_prompt.to_owned(),
            parameters: patchbay_domain::Parameters {
                temperature: Some(temperature),
                max_tokens: Some(120),
                ..patchbay_domain::Parameters::default()
            },
        };
        let text = |text: &str| Prompt::Text {
            text: text.to_owned(),
        };
        Ok(Definition {
            name: "Example: one model, three ways".to_owned(),
            columns: vec![
                column("As it is", "", 0.7),
                column("One sentence", "Answer in one short sentence.", 0.7),
                column("Likeliest words", "", 0.0),
            ],
            prompts: vec![
                text("Why is the sky blue?"),
                text("What is the capital of France?"),
            ],
            rows: Vec::new(),
            repeats: 2,
            parallel: 1,
            ceiling: None,
            checks: vec![patchbay_domain::compare::Check::Words {
                least: Some(3),
                most: Some(100),
            }],
            tag: Some("example".to_owned()),
            judging: Judging::default(),
            sample: None,
        })
    }
}

/// Says which field a wrong definition is wrong in.
pub(crate) fn check(definition: &Definition) -> Result<(), EngineError> {
    definition.validate().map_err(|error| {
        let (field, advice) = match &error {
            DefinitionError::Name => ("name", "Type a shorter one, or any at all."),
            DefinitionError::Columns => ("columns", "Choose at least one model."),
            DefinitionError::Prompts | DefinitionError::EmptyPrompt(_) => {
                ("prompts", "Type a prompt, or remove the empty one.")
            }
            DefinitionError::LongText(_) => ("prompts", "Shorten it."),
            DefinitionError::Rows => ("rows", "Use a part of the file."),
            DefinitionError::UnknownVariable(_) => {
                ("rows", "Add the column to the file, or remove the braces.")
            }
            DefinitionError::Repeats => ("repeats", "Three show how far answers agree."),
            DefinitionError::Cells(_) => ("repeats", "Use fewer prompts, rows or repeats."),
            DefinitionError::Parallel => ("parallel", "Four are usual."),
            DefinitionError::Ceiling => ("ceiling", "Type an amount, or leave it empty."),
            DefinitionError::Checks => ("checks", "Remove some."),
            DefinitionError::Judges => ("judging", "Remove some."),
            DefinitionError::PastColumn => ("columns", "Remove the column, or the other prompts."),
            DefinitionError::Parameters { .. } => ("columns", "Change the value."),
        };
        EngineError::input(field, sentence(&error.to_string()), advice)
    })
}

/// With a capital letter and a full stop.
fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(char::to_uppercase);
    let mut sentence: String = first.into_iter().flatten().chain(characters).collect();
    sentence.push('.');
    sentence
}
