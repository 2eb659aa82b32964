//! Comparisons: several columns answer the same prompts.
//!
//! A [`Definition`] is what a person set up. It is worked out into [`Case`]s, one for each prompt and
//! row of variables, and those into cells: each column answers each case as often as there are
//! repeats. A *round* is one execution of it, with the definition as it was then; a cell is one run.

mod case;
mod check;
mod definition;
mod sample;
mod template;

pub use self::case::{Case, CasePrompt, CellKey, cases, cells};
pub use self::check::{Check, CheckResult, Observed};
pub use self::definition::{
    Column, Definition, DefinitionError, Judging, MAX_CELLS, MAX_CHECKS, MAX_COLUMNS, MAX_JUDGES,
    MAX_PARALLEL, MAX_PROMPTS, MAX_REPEATS, MAX_ROWS, Prompt, Row,
};
pub use self::sample::{Pick, Sample, draw};
pub use self::template::{fill, variables};
