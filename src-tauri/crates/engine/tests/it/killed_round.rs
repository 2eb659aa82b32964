//! `kill -9` in the middle of a grid of 1,000 cells, at random moments, until it is done.
//!
//! The test starts itself again as a child that goes on with the round. After each kill the parent
//! opens the folder and looks: what was answered stays answered by the same run, and in the end each
//! cell was answered exactly once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use patchbay_domain::compare::{CellKey, Row};
use patchbay_domain::{Endpoint, RoundId, RunId};
use patchbay_engine::{CellState, RoundState, RunFilter, RunOrigin};
use patchbay_testkit::ScriptedProvider;

use crate::child::{self, tell};
use crate::compare::{asks, definition};
use crate::support::{form, open};

const CHILD: &str = "PATCHBAY_TEST_GRID_FOLDER";
const ROUND: &str = "PATCHBAY_TEST_GRID_ROUND";
const TEST: &str = "killed_round::a_grid_of_a_thousand_cells_asks_nothing_twice";

/// Rows of variables; with two columns and five repeats these are 1,000 cells.
const ROWS: u32 = 100;

/// Kills at the most; then it is left to end.
const KILLS: u32 = 8;

#[test]
fn a_grid_of_a_thousand_cells_asks_nothing_twice() {
    let runtime = child::runtime();
    if let Some(folder) = std::env::var_os(CHILD) {
        let round = std::env::var(ROUND).unwrap().parse().unwrap();
        runtime.block_on(go_on(Path::new(&folder), round));
        return;
    }
    let mut moments = child::Moments::new();
    let folder = tempfile::tempdir().unwrap();
    let server = ScriptedProvider::start().unwrap();
    let round = runtime.block_on(begin(folder.path(), &server.base_url()));
    let mut answered: HashMap<CellKey, RunId> = HashMap::new();
    for kill in 0..=KILLS {
        let is_last = kill == KILLS;
        let after = moments.next(50, 700);
        let is_done = child::run(
            TEST,
            [
                (CHILD, folder.path().as_os_str()),
                (ROUND, round.to_string().as_ref()),
            ],
            (!is_last).then_some(after),
        );
        runtime.block_on(check(folder.path(), round, &mut answered));
        if is_done {
            break;
        }
    }
    assert_eq!(answered.len(), 1_000);
    runtime.block_on(count(folder.path()));
}

async fn begin(folder: &Path, base_url: &str) -> RoundId {
    let engine = Arc::new(open(folder).await);
    let saved = engine
        .save_provider(form("Grid", base_url, None))
        .await
        .unwrap();
    let endpoint = |model: &str| Endpoint {
        provider: saved.record.id.clone(),
        model: model.to_owned(),
    };
    let columns = vec![asks(endpoint("echo:a")), asks(endpoint("echo:b"))];
    let mut wanted = definition(columns, &["Row {{row}}"]);
    wanted.rows = (0..ROWS)
        .map(|row| Row::from([("row".to_owned(), row.to_string())]))
        .collect();
    wanted.repeats = 5;
    wanted.parallel = 8;
    let comparison = engine.save_comparison(None, wanted).await.unwrap();
    let round = engine.start_comparison(comparison.id).await.unwrap();
    engine.pause_round(round);
    engine.close().await;
    round
}

/// As the child: goes on until it is killed or done.
async fn go_on(folder: &Path, round: RoundId) {
    let engine = Arc::new(open(folder).await);
    let mut changes = engine.changes();
    engine.resume_round(round, true).await.unwrap();
    tell("going");
    loop {
        let detail = engine.round(round).await.unwrap();
        if detail.record.state != RoundState::Running {
            tell("done");
            break;
        }
        for _ in 0..200 {
            let _ = changes.recv().await;
            if changes.is_empty() {
                break;
            }
        }
    }
    engine.close().await;
}

async fn check(folder: &Path, round: RoundId, answered: &mut HashMap<CellKey, RunId>) {
    let engine = open(folder).await;
    assert_eq!(
        engine.check_integrity().await.unwrap(),
        Vec::<String>::new()
    );
    let detail = engine.round(round).await.unwrap();
    assert_ne!(
        detail.record.state,
        RoundState::Running,
        "nobody asks it now"
    );
    for cell in &detail.cells {
        assert_ne!(cell.state, CellState::Running);
        if cell.state == CellState::Answered {
            let run = cell.run.unwrap();
            let before = answered.insert(cell.key, run);
            assert!(before.is_none_or(|before| before == run), "{cell:?}");
        } else {
            assert!(
                !answered.contains_key(&cell.key),
                "{cell:?} was answered before"
            );
        }
    }
    engine.close().await;
}

/// Counts the runs that answered, over all cells.
async fn count(folder: &Path) {
    let engine = open(folder).await;
    let filter = RunFilter {
        origin: Some(RunOrigin::Compare),
        ..RunFilter::default()
    };
    let mut whole = 0;
    let mut before = None;
    loop {
        let page = engine
            .find_receipts(filter.clone(), before, 200)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        whole += page
            .iter()
            .filter(|run| run.status.as_str() == "answered")
            .count();
    }
    assert_eq!(whole, 1_000, "each cell was answered once, and none twice");
    engine.close().await;
}
