//! From a definition to what is asked.

use serde::{Deserialize, Serialize};

use super::{Definition, Prompt, Row, fill};
use crate::id::{ConversationId, MessageId};
use crate::message::title_from;

/// What one case asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CasePrompt {
    /// This.
    Text(String),
    /// A question from history.
    Past {
        /// Its conversation.
        conversation: ConversationId,
        /// The message.
        question: MessageId,
    },
}

/// One prompt with one row of variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// 0 for the first.
    pub index: u32,
    /// One line for lists.
    pub title: String,
    /// What is asked.
    pub prompt: CasePrompt,
    /// The variables.
    pub row: Row,
}

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellKey {
    /// Its case.
    pub case: u32,
    /// 0 for the first time.
    pub repeat: u32,
    /// Its column.
    pub column: u32,
}

/// Every case: each written prompt with each row, each question from history once.
pub fn cases(definition: &Definition) -> Vec<Case> {
    let mut cases = Vec::new();
    let add = |prompt, title, row: &Row, cases: &mut Vec<Case>| {
        cases.push(Case {
            index: u32::try_from(cases.len()).unwrap_or(u32::MAX),
            title,
            prompt,
            row: row.clone(),
        });
    };
    let nothing = Row::new();
    for prompt in &definition.prompts {
        match prompt {
            Prompt::Text { text } if definition.rows.is_empty() => {
                let asked = CasePrompt::Text(text.clone());
                add(asked, title_from(text), &nothing, &mut cases);
            }
            Prompt::Text { text } => {
                for row in &definition.rows {
                    let filled = fill(text, row);
                    let title = title_from(&filled);
                    add(CasePrompt::Text(filled), title, row, &mut cases);
                }
            }
            Prompt::Past {
                conversation,
                question,
                title,
            } => {
                let asked = CasePrompt::Past {
                    conversation: *conversation,
                    question: *question,
                };
                add(asked, title.clone(), &nothing, &mut cases);
            }
        }
    }
    cases
}

/// Every cell, in the order in which they are asked: the columns of a case together, so that what was
/// begun can be read; each first time before any second.
pub fn cells(definition: &Definition) -> Vec<CellKey> {
    let cases = u32::try_from(cases(definition).len()).unwrap_or(u32::MAX);
    let columns = u32::try_from(definition.columns.len()).unwrap_or(u32::MAX);
    let mut cells = Vec::with_capacity(definition.size());
    for repeat in 0..definition.repeats {
        for case in 0..cases {
            for column in 0..columns {
                cells.push(CellKey {
                    case,
                    repeat,
                    column,
                });
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::compare::{Column, Judging};
    use crate::request::Parameters;
    use crate::route::Target;

    #[test]
    fn every_prompt_meets_every_row_and_every_column() {
        let column = Column {
            label: String::new(),
            target: Some(Target::Model {
                key: "a/b".to_owned(),
            }),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        let text = |text: &str| Prompt::Text {
            text: text.to_owned(),
        };
        let row = |value: &str| Row::from([("x".to_owned(), value.to_owned())]);
        let definition = Definition {
            name: "Grid".to_owned(),
            columns: vec![column.clone(), column],
            prompts: vec![text("First {{x}}"), text("Second {{x}}")],
            rows: vec![row("one"), row("two")],
            repeats: 3,
            parallel: 4,
            ceiling: None,
            checks: Vec::new(),
            tag: None,
            judging: Judging::default(),
            sample: None,
        };
        let titles: Vec<_> = cases(&definition)
            .into_iter()
            .map(|case| case.title)
            .collect();
        assert_eq!(
            titles,
            ["First one", "First two", "Second one", "Second two"]
        );
        let cells = cells(&definition);
        assert_eq!(cells.len(), 24);
        assert_eq!(cells.len(), definition.size());
        assert_eq!(cells.iter().collect::<HashSet<_>>().len(), 24);
        assert!(cells.is_sorted_by_key(|cell| cell.repeat));
    }
}
