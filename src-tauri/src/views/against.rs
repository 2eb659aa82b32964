//! Rounds against each other, and the past on another model.

use patchbay_contract::compare::{
    AgainstFigures, AgainstView, CellAgainst, ColumnAgainst, ReplayColumnView, ReplayOutcomeView,
    ReplayView,
};
use patchbay_engine::{Against, ColumnFigures, Replay, ReplayOutcome};

use super::compare::{definition, sample};
use super::receipts::cost;

pub(crate) fn replay(replay: &Replay) -> ReplayView {
    ReplayView {
        definition: definition(&replay.definition),
        sample: sample(replay.sample),
        spent: cost(replay.spent),
        spent_on_priced: cost(replay.spent_on_priced),
        there_nano_usd: replay.there.map(|there| there.0),
        priced: replay.priced,
        unpriced: replay.unpriced,
    }
}

pub(crate) fn replay_outcome(outcome: &ReplayOutcome) -> ReplayOutcomeView {
    let columns = outcome.columns.iter().map(|column| ReplayColumnView {
        column: column.column,
        name: column.name.clone(),
        questions: column.questions,
        unknown: column.unknown,
        cost: cost(column.cost),
        total_nano_usd: column.total.map(|total| total.0),
        low_nano_usd: column.interval.map(|(low, _)| low.0),
        high_nano_usd: column.interval.map(|(_, high)| high.0),
    });
    ReplayOutcomeView {
        sample: sample(outcome.sample),
        spent: cost(outcome.spent),
        columns: columns.collect(),
    }
}

pub(crate) fn against(against: &Against) -> AgainstView {
    AgainstView {
        columns: against
            .columns
            .iter()
            .map(|column| ColumnAgainst {
                name: column.name.clone(),
                older_column: column.places.0,
                newer_column: column.places.1,
                older: figures(&column.older),
                newer: figures(&column.newer),
                same: column.same,
                both: column.both,
            })
            .collect(),
        cells: against
            .cells
            .iter()
            .map(|cell| CellAgainst {
                older_case: cell.older.case,
                newer_case: cell.newer.case,
                repeat: cell.newer.repeat,
                older_column: cell.older.column,
                newer_column: cell.newer.column,
                is_same: cell.is_same,
                lost_checks: cell.lost_checks,
                won_checks: cell.won_checks,
            })
            .collect(),
        has_changed_setup: against.has_changed_setup,
    }
}

fn figures(figures: &ColumnFigures) -> AgainstFigures {
    AgainstFigures {
        answered: figures.answered,
        failed: figures.failed,
        passed: figures.passed,
        checks: figures.checks,
        first_token_millis: figures.first_token_millis,
        tokens_per_second: figures.tokens_per_second,
        length: figures.length,
        cost: cost(figures.cost),
    }
}
