//! Round against round: what did the new release change?

use std::collections::HashMap;

use patchbay_domain::compare::CellKey;
use patchbay_domain::{Cost, RoundId};

use super::cells::{CellDetail, CellState, RoundDetail};
use super::middle::{middle, middle_speed};
use crate::{Engine, EngineError};

/// One round held against another of the same comparison.
#[derive(Clone, Debug)]
pub struct Against {
    /// Columns that both have, in the order of the newer one.
    pub columns: Vec<ColumnAgainst>,
    /// Cells that both answered.
    pub cells: Vec<CellAgainst>,
    /// Columns or prompts that only one of them has: they are left out.
    pub has_changed_setup: bool,
}

/// One column in two rounds.
#[derive(Clone, Debug)]
pub struct ColumnAgainst {
    /// Its name in the newer round.
    pub name: String,
    /// Its place in the older round, and in the newer one.
    pub places: (u32, u32),
    /// In the older round.
    pub older: ColumnFigures,
    /// In the newer round.
    pub newer: ColumnFigures,
    /// Answers that are the same to the letter, of those that both have.
    pub same: u32,
    /// Answers that both have.
    pub both: u32,
}

/// What can be counted of a column.
#[derive(Clone, Copy, Debug)]
pub struct ColumnFigures {
    /// Whole answers.
    pub answered: u32,
    /// Cells without one.
    pub failed: u32,
    /// Checks that passed.
    pub passed: u32,
    /// Checks in all.
    pub checks: u32,
    /// The median time to the first token.
    pub first_token_millis: Option<u64>,
    /// The median speed.
    pub tokens_per_second: Option<f64>,
    /// The median length, in characters.
    pub length: Option<u64>,
    /// What it cost.
    pub cost: Cost,
}

/// One cell in two rounds.
#[derive(Clone, Debug)]
pub struct CellAgainst {
    /// In the older round.
    pub older: CellKey,
    /// In the newer round.
    pub newer: CellKey,
    /// The texts are the same to the letter.
    pub is_same: bool,
    /// Checks that passed before and fail now.
    pub lost_checks: u32,
    /// Checks that failed before and pass now.
    pub won_checks: u32,
}

impl Engine {
    /// Holds a round against an older one.
    ///
    /// # Errors
    /// One of them is gone, they are of different comparisons, or the database cannot be read.
    pub async fn round_against(
        &self,
        older: RoundId,
        newer: RoundId,
    ) -> Result<Against, EngineError> {
        let (older, newer) = (self.round(older).await?, self.round(newer).await?);
        if older.record.comparison != newer.record.comparison {
            let sentence = "The two rounds are of different comparisons.";
            return Err(EngineError::input("older", sentence, "Choose two of one."));
        }
        let columns = pairs(&older, &newer, |detail| {
            let columns = detail.record.definition.columns.iter().zip(&detail.columns);
            columns.map(|(_, column)| column.name.clone()).collect()
        });
        // A prompt is the same where its text and its variables are.
        let cases = pairs(&older, &newer, |detail| {
            let cases = detail.cases.iter();
            cases
                .map(|case| format!("{:?}", (&case.prompt, &case.row)))
                .collect()
        });
        let repeats = older
            .record
            .definition
            .repeats
            .min(newer.record.definition.repeats);
        let mut of_columns: Vec<ColumnAgainst> = columns
            .iter()
            .map(|(before, now)| ColumnAgainst {
                name: name(&newer, *now),
                places: (*before, *now),
                older: figures(&older, *before),
                newer: figures(&newer, *now),
                same: 0,
                both: 0,
            })
            .collect();
        let mut cells = Vec::new();
        for (case_before, case_now) in &cases {
            let before = self.texts(older.record.id, *case_before).await?;
            let now = self.texts(newer.record.id, *case_now).await?;
            for repeat in 0..repeats {
                for column in &mut of_columns {
                    let key = |case: u32, column: u32| CellKey {
                        case,
                        repeat,
                        column,
                    };
                    let keys = (
                        key(*case_before, column.places.0),
                        key(*case_now, column.places.1),
                    );
                    let (Some(old), Some(new)) = (before.get(&keys.0), now.get(&keys.1)) else {
                        continue;
                    };
                    let is_same = old.trim() == new.trim();
                    column.both += 1;
                    column.same += u32::from(is_same);
                    let checks = (cell(&older, keys.0), cell(&newer, keys.1));
                    let (lost_checks, won_checks) = changed_checks(checks);
                    cells.push(CellAgainst {
                        older: keys.0,
                        newer: keys.1,
                        is_same,
                        lost_checks,
                        won_checks,
                    });
                }
            }
        }
        let is_whole = |pairs: usize, one: usize, other: usize| pairs == one && pairs == other;
        Ok(Against {
            has_changed_setup: !is_whole(columns.len(), older.columns.len(), newer.columns.len())
                || !is_whole(cases.len(), older.cases.len(), newer.cases.len()),
            columns: of_columns,
            cells,
        })
    }

    /// The whole answers to one case.
    async fn texts(
        &self,
        round: RoundId,
        case: u32,
    ) -> Result<HashMap<CellKey, String>, EngineError> {
        let answers = self.store.case_answers(round, case, None).await?;
        let whole = answers.into_iter().filter_map(|(key, message)| {
            let message = message?;
            let is_whole = message.status == patchbay_domain::MessageStatus::Complete;
            is_whole.then_some((key, message.text))
        });
        Ok(whole.collect())
    }
}

/// Places of what both rounds have, in the order of the newer one. Of equals each is taken once.
fn pairs(
    older: &RoundDetail,
    newer: &RoundDetail,
    names: impl Fn(&RoundDetail) -> Vec<String>,
) -> Vec<(u32, u32)> {
    let mut before: Vec<Option<String>> = names(older).into_iter().map(Some).collect();
    let mut pairs = Vec::new();
    for (now, name) in names(newer).into_iter().enumerate() {
        let place = before
            .iter()
            .position(|known| known.as_ref() == Some(&name));
        let Some(place) = place else { continue };
        if let Some(taken) = before.get_mut(place) {
            *taken = None;
        }
        if let (Ok(place), Ok(now)) = (u32::try_from(place), u32::try_from(now)) {
            pairs.push((place, now));
        }
    }
    pairs
}

fn name(detail: &RoundDetail, column: u32) -> String {
    let index = usize::try_from(column).ok();
    let column = index.and_then(|index| detail.columns.get(index));
    column.map(|column| column.name.clone()).unwrap_or_default()
}

fn cell(detail: &RoundDetail, key: CellKey) -> Option<&CellDetail> {
    detail.cells.iter().find(|cell| cell.key == key)
}

fn changed_checks((older, newer): (Option<&CellDetail>, Option<&CellDetail>)) -> (u32, u32) {
    let (Some(older), Some(newer)) = (older, newer) else {
        return (0, 0);
    };
    let mut changed = (0, 0);
    for (before, now) in older.checks.iter().zip(&newer.checks) {
        match (before.passed, now.passed) {
            (Some(true), Some(false)) => changed.0 += 1,
            (Some(false), Some(true)) => changed.1 += 1,
            _ => {}
        }
    }
    changed
}

fn figures(detail: &RoundDetail, column: u32) -> ColumnFigures {
    let cells: Vec<&CellDetail> = detail
        .cells
        .iter()
        .filter(|cell| cell.key.column == column)
        .collect();
    let answered: Vec<&&CellDetail> = cells
        .iter()
        .filter(|cell| cell.state == CellState::Answered)
        .collect();
    let checks = answered.iter().flat_map(|cell| &cell.checks);
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let index = usize::try_from(column).ok();
    ColumnFigures {
        answered: count(answered.len()),
        failed: count(cells.len() - answered.len()),
        passed: count(
            checks
                .clone()
                .filter(|check| check.passed == Some(true))
                .count(),
        ),
        checks: count(checks.count()),
        first_token_millis: middle(answered.iter().filter_map(|cell| cell.first_token_millis)),
        tokens_per_second: middle_speed(answered.iter().filter_map(|cell| cell.tokens_per_second)),
        length: middle(answered.iter().map(|cell| cell.length)),
        cost: index
            .and_then(|index| detail.columns.get(index))
            .map_or(Cost::UNKNOWN, |column| column.cost),
    }
}
