//! One entry of the log, and how it is written: JSON, since a later version has to read it too. A field
//! that comes to one of these types needs a default.

use patchbay_domain::{Attempt, RunId};
use serde::{Deserialize, Serialize};

use crate::app_request::NewAppRequest;
use crate::error::StoreError;
use crate::run::{FinishRun, NewRun};

/// Something that happened to a run of an app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "they stand in a list for some milliseconds; a box for each would cost more"
)]
pub(crate) enum Entry {
    /// It begins.
    Begin(BeginAppRun),
    /// An attempt begins, or is settled.
    Attempt(Attempt),
    /// It ended.
    Finish(FinishRun),
}

/// What is written when a run of an app begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BeginAppRun {
    pub(crate) run: NewRun,
    /// The first attempt.
    pub(crate) first: Option<Attempt>,
    pub(crate) request: NewAppRequest,
}

impl Entry {
    /// Whose it is.
    pub(crate) fn run(&self) -> RunId {
        match self {
            Self::Begin(begin) => begin.run.id,
            Self::Attempt(attempt) => attempt.run,
            Self::Finish(finish) => finish.run,
        }
    }

    pub(super) fn to_json(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self).map_err(StoreError::Json)
    }

    pub(super) fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}
