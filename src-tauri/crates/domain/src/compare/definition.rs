//! What a person sets up.
//!
//! Long because what a comparison is and every rule about it stand together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::case::cases;
use super::check::Check;
use super::sample::Sample;
use crate::id::{ConversationId, MessageId};
use crate::money::NanoUsd;
use crate::request::{ParameterError, Parameters};
use crate::route::Target;

/// The most columns; more cannot be read beside each other.
pub const MAX_COLUMNS: usize = 8;

/// The most prompts.
pub const MAX_PROMPTS: usize = 1_000;

/// The most rows of variables.
pub const MAX_ROWS: usize = 5_000;

/// The most repeats.
pub const MAX_REPEATS: u32 = 50;

/// The most cells of a round.
pub const MAX_CELLS: usize = 20_000;

/// The most requests that go to one provider at once.
pub const MAX_PARALLEL: u32 = 32;

/// The most checks.
pub const MAX_CHECKS: usize = 20;

/// The most judges of a panel.
pub const MAX_JUDGES: usize = 5;

/// The longest name or label, in characters.
const NAME_LENGTH: usize = 120;

/// The longest text of a prompt, a system prompt, a rubric, in bytes.
const TEXT_BYTES: usize = 1024 * 1024;

/// One row of variables: what stands for each name.
pub type Row = BTreeMap<String, String>;

/// One question of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Prompt {
    /// As it was written, with `{{name}}` where a variable stands.
    Text {
        /// The text.
        text: String,
    },
    /// A question from history, with all that was said before it.
    Past {
        /// Its conversation.
        conversation: ConversationId,
        /// The message.
        question: MessageId,
        /// How it begins, for lists.
        title: String,
    },
}

/// Who answers in one column, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// The person's name for it; empty for that of the model.
    #[serde(default)]
    pub label: String,
    /// Whom it asks; `None` for the answers that history holds, where the prompts are from there.
    pub target: Option<Target>,
    /// Standing instructions; empty for none. They may hold variables. For prompts from history those
    /// of the conversation are sent where these are empty.
    #[serde(default)]
    pub system_prompt: String,
    /// How to sample.
    #[serde(default)]
    pub parameters: Parameters,
}

/// Who judges, and by what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judging {
    /// The judges; several are a panel, each asked alone.
    pub judges: Vec<Target>,
    /// What to look at; empty for the usual.
    pub rubric: String,
}

/// A comparison as a person set it up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Who answers.
    pub columns: Vec<Column>,
    /// What is asked.
    pub prompts: Vec<Prompt>,
    /// Variables; every written prompt is asked with every row. Empty for none.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// How often each column answers each prompt.
    pub repeats: u32,
    /// The most requests that go to one provider at once.
    pub parallel: u32,
    /// A round is paused before it costs more than this, by an estimate.
    #[serde(default)]
    pub ceiling: Option<NanoUsd>,
    /// What is checked without asking a model.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// What it is about, as rankings know it.
    #[serde(default)]
    pub tag: Option<String>,
    /// Who judges.
    #[serde(default)]
    pub judging: Judging,
    /// How its questions were taken from history; `None` where they were chosen one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
}

/// Why a comparison cannot be run as it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DefinitionError {
    /// It has no name.
    #[error("a comparison needs a name of at most {NAME_LENGTH} characters")]
    Name,
    /// Nobody answers, or too many.
    #[error("a comparison has 1 to {MAX_COLUMNS} columns")]
    Columns,
    /// Nothing is asked, or too much.
    #[error("a comparison has 1 to {MAX_PROMPTS} prompts")]
    Prompts,
    /// A prompt says nothing.
    #[error("prompt {0} is empty")]
    EmptyPrompt(usize),
    /// A text is longer than any model reads.
    #[error("{0} is longer than 1 MB")]
    LongText(&'static str),
    /// Too many rows.
    #[error("there are at most {MAX_ROWS} rows of variables")]
    Rows,
    /// A variable that no row gives.
    #[error("nothing stands for {{{{{0}}}}}")]
    UnknownVariable(String),
    /// Too few repeats, or too many.
    #[error("there are 1 to {MAX_REPEATS} repeats")]
    Repeats,
    /// More cells than anybody waits for.
    #[error("{0} answers are more than {MAX_CELLS}")]
    Cells(usize),
    /// Too few at once, or too many.
    #[error("1 to {MAX_PARALLEL} requests go to a provider at once")]
    Parallel,
    /// A limit below nothing.
    #[error("the limit must be above 0")]
    Ceiling,
    /// Too many checks.
    #[error("there are at most {MAX_CHECKS} checks")]
    Checks,
    /// Too many judges.
    #[error("a panel has at most {MAX_JUDGES} judges")]
    Judges,
    /// A column of answers from history beside prompts that are not from there.
    #[error("a column of past answers needs prompts that are all from history")]
    PastColumn,
    /// How to sample.
    #[error("column {column}: {error}")]
    Parameters {
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        error: ParameterError,
    },
}

impl Definition {
    /// Checks what a person set up.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), DefinitionError> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > NAME_LENGTH {
            return Err(DefinitionError::Name);
        }
        if self.columns.is_empty() || self.columns.len() > MAX_COLUMNS {
            return Err(DefinitionError::Columns);
        }
        if self.prompts.is_empty() || self.prompts.len() > MAX_PROMPTS {
            return Err(DefinitionError::Prompts);
        }
        if self.rows.len() > MAX_ROWS {
            return Err(DefinitionError::Rows);
        }
        self.validate_texts()?;
        if self.repeats == 0 || self.repeats > MAX_REPEATS {
            return Err(DefinitionError::Repeats);
        }
        let size = self.size();
        if size > MAX_CELLS {
            return Err(DefinitionError::Cells(size));
        }
        if self.parallel == 0 || self.parallel > MAX_PARALLEL {
            return Err(DefinitionError::Parallel);
        }
        if self.ceiling.is_some_and(|ceiling| ceiling.0 <= 0) {
            return Err(DefinitionError::Ceiling);
        }
        if self.checks.len() > MAX_CHECKS {
            return Err(DefinitionError::Checks);
        }
        if self.judging.judges.len() > MAX_JUDGES {
            return Err(DefinitionError::Judges);
        }
        for (index, column) in self.columns.iter().enumerate() {
            column
                .parameters
                .validate()
                .map_err(|error| DefinitionError::Parameters {
                    column: index + 1,
                    error,
                })?;
        }
        let has_past_column = self.columns.iter().any(|column| column.target.is_none());
        let is_all_past = self
            .prompts
            .iter()
            .all(|prompt| matches!(prompt, Prompt::Past { .. }));
        if has_past_column && !is_all_past {
            return Err(DefinitionError::PastColumn);
        }
        Ok(())
    }

    fn validate_texts(&self) -> Result<(), DefinitionError> {
        for (index, prompt) in self.prompts.iter().enumerate() {
            let Prompt::Text { text } = prompt else {
                continue;
            };
            if text.trim().is_empty() {
                return Err(DefinitionError::EmptyPrompt(index + 1));
            }
            if text.len() > TEXT_BYTES {
                return Err(DefinitionError::LongText("a prompt"));
            }
        }
        for column in &self.columns {
            if column.system_prompt.len() > TEXT_BYTES {
                return Err(DefinitionError::LongText("a system prompt"));
            }
        }
        if self.judging.rubric.len() > TEXT_BYTES {
            return Err(DefinitionError::LongText("the rubric"));
        }
        // Where there is no row at all, braces are a part of the text: a prompt may be about templates.
        if self.rows.is_empty() {
            return Ok(());
        }
        for name in self.variables() {
            if !self.rows.iter().all(|row| row.contains_key(&name)) {
                return Err(DefinitionError::UnknownVariable(name));
            }
        }
        Ok(())
    }

    /// The names that stand in prompts, system prompts and checks, each once, in order.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        let prompts = self.prompts.iter().filter_map(|prompt| match prompt {
            Prompt::Text { text } => Some(text.as_str()),
            Prompt::Past { .. } => None,
        });
        let systems = self
            .columns
            .iter()
            .map(|column| column.system_prompt.as_str());
        let checks = self.checks.iter().filter_map(Check::template);
        for text in prompts.chain(systems).chain(checks) {
            for name in super::variables(text) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// What its questions stand for; `None` where they are no longer those that were taken.
    pub fn sample_of_history(&self) -> Option<Sample> {
        let is_past = |prompt: &Prompt| matches!(prompt, Prompt::Past { .. });
        self.sample.filter(|sample| {
            u32::try_from(self.prompts.len()) == Ok(sample.taken)
                && self.prompts.iter().all(is_past)
        })
    }

    /// Cells of a round.
    pub fn size(&self) -> usize {
        let repeats = usize::try_from(self.repeats).unwrap_or(usize::MAX);
        cases(self)
            .len()
            .saturating_mul(self.columns.len())
            .saturating_mul(repeats)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Definition {
        Definition {
            name: "Capitals".to_owned(),
            columns: vec![Column {
                label: String::new(),
                target: Some(Target::Model {
                    key: "openai/gpt-5".to_owned(),
                }),
                system_prompt: String::new(),
                parameters: Parameters::default(),
            }],
            prompts: vec![Prompt::Text {
                text: "The capital of {{country}}?".to_owned(),
            }],
            rows: vec![Row::from([("country".to_owned(), "Peru".to_owned())])],
            repeats: 2,
            parallel: 4,
            ceiling: None,
            checks: Vec::new(),
            tag: None,
            judging: Judging::default(),
            sample: None,
        }
    }

    type Change<'test> = &'test dyn Fn(&mut Definition);

    #[test]
    fn what_cannot_be_run_is_named() {
        let with = |change: &dyn Fn(&mut Definition)| {
            let mut changed = definition();
            change(&mut changed);
            changed.validate()
        };
        assert_eq!(with(&|_| ()), Ok(()));
        let cases: [(Change<'_>, DefinitionError); 8] = [
            (&|one| one.name = " ".to_owned(), DefinitionError::Name),
            (&|one| one.columns.clear(), DefinitionError::Columns),
            (&|one| one.prompts.clear(), DefinitionError::Prompts),
            (&|one| one.repeats = 0, DefinitionError::Repeats),
            (&|one| one.parallel = 0, DefinitionError::Parallel),
            (
                &|one| one.ceiling = Some(NanoUsd(0)),
                DefinitionError::Ceiling,
            ),
            (
                &|one| {
                    one.columns
                        .iter_mut()
                        .for_each(|column| column.target = None)
                },
                DefinitionError::PastColumn,
            ),
            (
                &|one| one.rows = vec![Row::new()],
                DefinitionError::UnknownVariable("country".to_owned()),
            ),
        ];
        for (change, expected) in cases {
            assert_eq!(with(change), Err(expected));
        }
    }

    #[test]
    fn more_cells_than_anybody_waits_for_are_refused() {
        let mut large = definition();
        large.rows = vec![large.rows.remove(0); 5_000];
        large.repeats = 5;
        assert_eq!(large.validate(), Err(DefinitionError::Cells(25_000)));
    }

    #[test]
    fn braces_are_text_where_there_are_no_rows() {
        let mut plain = definition();
        plain.rows.clear();
        assert_eq!(plain.validate(), Ok(()));
        assert_eq!(plain.size(), 2);
    }

    #[test]
    fn it_reads_what_it_wrote() {
        let written = serde_json::to_string(&definition()).unwrap();
        // As older versions wrote it and read it.
        assert!(!written.contains("sample"));
        let read: Definition = serde_json::from_str(&written).unwrap();
        assert_eq!(read, definition());
    }

    #[test]
    fn a_sample_that_was_changed_stands_for_nothing() {
        let past = Prompt::Past {
            conversation: ConversationId::from_bytes([1; 16]),
            question: MessageId::from_bytes([2; 16]),
            title: "Why?".to_owned(),
        };
        let mut replay = definition();
        replay.prompts = vec![past.clone(), past.clone()];
        replay.sample = Some(Sample {
            pick: crate::compare::Pick::Random { seed: 7 },
            since: None,
            until: crate::UnixMillis(9),
            taken: 2,
            out_of: 40,
        });
        let written = serde_json::to_string(&replay).unwrap();
        assert_eq!(
            serde_json::from_str::<Definition>(&written).unwrap(),
            replay
        );
        assert_eq!(replay.sample_of_history(), replay.sample);
        replay.prompts.pop();
        assert_eq!(replay.sample_of_history(), None);
    }
}
