//! Which judges are at work, and how far they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::RoundId;
use tokio_util::sync::CancellationToken;

use super::judge::Wanted;

/// The judges at work.
#[derive(Clone, Default)]
pub(crate) struct Judges(Arc<Mutex<HashMap<RoundId, AtWork>>>);

struct AtWork {
    stop: CancellationToken,
    progress: JudgingProgress,
    /// Verdicts that did not come about, which can be asked for again.
    lost: Vec<Wanted>,
    rubric: String,
}

/// How far the judges are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JudgingProgress {
    /// Requests that are over.
    pub done: u32,
    /// Requests in all.
    pub total: u32,
    /// Verdicts that did not come about.
    pub failed: u32,
    /// Why the newest of them did not, in one sentence.
    pub problem: Option<String>,
    /// Somebody is at work.
    pub is_running: bool,
}

impl Judges {
    /// How far they are, or were when they were last at work.
    pub(super) fn progress(&self, round: RoundId) -> Option<JudgingProgress> {
        crate::lock(&self.0)
            .get(&round)
            .map(|work| work.progress.clone())
    }

    /// Asks no further judge.
    pub(super) fn stop(&self, round: RoundId) {
        if let Some(work) = crate::lock(&self.0).get(&round) {
            work.stop.cancel();
        }
    }

    pub(super) fn note(&self, round: RoundId, change: impl FnOnce(&mut JudgingProgress)) {
        if let Some(work) = crate::lock(&self.0).get_mut(&round) {
            change(&mut work.progress);
        }
    }

    /// Notes a verdict that did not come about, and why.
    pub(super) fn lose(&self, round: RoundId, wanted: Wanted, problem: String) {
        if let Some(work) = crate::lock(&self.0).get_mut(&round) {
            work.progress.failed += 1;
            work.progress.problem = Some(problem);
            work.lost.push(wanted);
        }
    }

    /// What did not come about when they were last at work, and by what they judged.
    pub(super) fn lost(&self, round: RoundId) -> Option<(Vec<Wanted>, String)> {
        let judges = crate::lock(&self.0);
        let work = judges.get(&round).filter(|work| !work.lost.is_empty())?;
        Some((work.lost.clone(), work.rubric.clone()))
    }

    pub(super) fn begin(
        &self,
        round: RoundId,
        total: u32,
        rubric: &str,
        stop: &CancellationToken,
    ) -> bool {
        let mut judges = crate::lock(&self.0);
        if judges
            .get(&round)
            .is_some_and(|work| work.progress.is_running)
        {
            return false;
        }
        let progress = JudgingProgress {
            total,
            is_running: true,
            ..JudgingProgress::default()
        };
        let stop = stop.clone();
        let work = AtWork {
            stop,
            progress,
            lost: Vec::new(),
            rubric: rubric.to_owned(),
        };
        judges.insert(round, work);
        true
    }
}
