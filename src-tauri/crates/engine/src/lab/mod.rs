//! The latency lab: the same tiny prompt through chosen ways in, taking turns.
//!
//! Its requests are runs like all others, so its receipts and its spend are where all are. What is
//! kept beside them is one small document a measurement, from which every figure is worked out.

mod export;
mod figures;
mod measure;

use patchbay_domain::{Cost, Endpoint, LabId, NanoUsd, UnixMillis};
use serde::{Deserialize, Serialize};

pub use self::export::ExportFormat;
pub use self::figures::{LabFigures, LabRow};
pub(crate) use self::measure::Measuring;
use crate::{Engine, EngineError};

/// The most ways in of one measurement.
pub(crate) const MAX_ENDPOINTS: usize = 12;

/// The most rounds.
pub(crate) const MAX_ROUNDS: u32 = 200;

/// The longest answer that can be asked for, in tokens.
pub(crate) const MAX_TOKENS: u32 = 1_000;

/// The longest prompt, in bytes: a measurement is of latency, not of reading.
const PROMPT_BYTES: usize = 20_000;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabPlan {
    /// Through which ways in.
    pub endpoints: Vec<Endpoint>,
    /// The one that the others are held against, as an index.
    pub baseline: Option<u32>,
    /// How often each is asked.
    pub rounds: u32,
    /// What is asked.
    pub prompt: String,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
}

/// One request of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabSample {
    /// Index of its way in.
    pub endpoint: u32,
    /// 0 for the first round.
    pub round: u32,
    /// Milliseconds until the first token.
    pub first_token: Option<u64>,
    /// Milliseconds until the end of the answer; `None` where it failed.
    pub total: Option<u64>,
    /// What it cost.
    pub cost: Cost,
    /// Why it failed, in one sentence.
    pub failure: Option<String>,
    /// The host behind a gateway, where it was named.
    pub served_by: Option<String>,
}

/// A measurement, going on or done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lab {
    /// Its id.
    pub id: LabId,
    /// When it began.
    pub started_at: UnixMillis,
    /// What is measured.
    pub plan: LabPlan,
    /// The providers' names at the time, in the order of the ways in.
    pub names: Vec<String>,
    /// Every request that is over.
    pub samples: Vec<LabSample>,
    /// It was stopped before its end.
    pub is_stopped: bool,
    /// It is still going on. Never true in what is stored.
    #[serde(skip)]
    pub is_running: bool,
}

impl LabPlan {
    /// Checks it.
    ///
    /// # Errors
    /// The first thing that cannot be measured.
    fn check(&self) -> Result<(), EngineError> {
        let refuse = |field: &str, sentence: String, advice: &str| {
            Err(EngineError::input(field, sentence, advice))
        };
        if self.endpoints.is_empty() || self.endpoints.len() > MAX_ENDPOINTS {
            let sentence = format!("A measurement has 1 to {MAX_ENDPOINTS} ways in.");
            return refuse("endpoints", sentence, "Choose some.");
        }
        if !(1..=MAX_ROUNDS).contains(&self.rounds) {
            let sentence = format!("There are 1 to {MAX_ROUNDS} rounds.");
            return refuse("rounds", sentence, "Twenty give a useful interval.");
        }
        if self.prompt.trim().is_empty() || self.prompt.len() > PROMPT_BYTES {
            let sentence = format!("The prompt has 1 to {PROMPT_BYTES} bytes.");
            return refuse("prompt", sentence, "A few words are best.");
        }
        if !(1..=MAX_TOKENS).contains(&self.max_tokens) {
            let sentence = format!("The longest answer has 1 to {MAX_TOKENS} tokens.");
            return refuse("max_tokens", sentence, "Sixteen are enough.");
        }
        let has_baseline = self
            .baseline
            .is_none_or(|index| (index as usize) < self.endpoints.len());
        if !has_baseline {
            let sentence = "The baseline is none of the ways in.".to_owned();
            return refuse("baseline", sentence, "Choose one of them.");
        }
        Ok(())
    }

    /// Requests in all.
    pub fn requests(&self) -> u32 {
        let endpoints = u32::try_from(self.endpoints.len()).unwrap_or(u32::MAX);
        endpoints.saturating_mul(self.rounds)
    }
}

/// What a measurement would cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabEstimate {
    /// Each way in; `None` where its price is not known.
    pub each: Vec<Option<NanoUsd>>,
    /// Requests in all.
    pub requests: u32,
}

impl LabEstimate {
    /// All together; `None` where one of them is not known.
    pub fn total(&self) -> Option<NanoUsd> {
        self.each
            .iter()
            .copied()
            .try_fold(0_i64, |sum, cost| {
                cost.map(|cost| sum.saturating_add(cost.0))
            })
            .map(NanoUsd)
    }
}

impl Engine {
    /// Every measurement that was kept, the newest first, and those that go on.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn labs(&self) -> Result<Vec<Lab>, EngineError> {
        let mut labs = self.measuring.running();
        for (id, started_at, body) in self.store.labs().await? {
            if labs.iter().any(|lab| lab.id == id) {
                continue;
            }
            match serde_json::from_str::<Lab>(&body.0) {
                Ok(lab) => labs.push(lab),
                // Of a later version, or damaged: the others are shown.
                Err(error) => {
                    tracing::warn!(%error, %id, ?started_at, "a measurement cannot be read")
                }
            }
        }
        labs.sort_by_key(|lab| std::cmp::Reverse(lab.started_at));
        Ok(labs)
    }

    /// Forgets a measurement. What it spent stays in the receipts.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn delete_lab(&self, id: LabId) -> Result<(), EngineError> {
        // One that still goes on is not written yet, and will not be.
        if self.measuring.discard(id) {
            return Ok(());
        }
        Ok(self.store.delete_lab(id).await?)
    }

    /// Stops a measurement after the request that is going on.
    pub fn stop_lab(&self, id: LabId) {
        self.measuring.stop(id);
    }

    /// A measurement as a text to be kept.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn export_lab(&self, id: LabId, format: ExportFormat) -> Result<String, EngineError> {
        let labs = self.labs().await?;
        let lab = labs
            .iter()
            .find(|lab| lab.id == id)
            .ok_or(EngineError::NotFound("The measurement"))?;
        Ok(export::export(lab, format))
    }
}
