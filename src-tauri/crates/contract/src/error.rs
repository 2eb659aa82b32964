//! Errors as the web view sees them: it branches on the code and shows the words.

use serde::{Deserialize, Serialize};

use crate::replies::FailureView;

/// What kind of error a command answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Something that was typed cannot be used; `field` says which.
    InvalidInput,
    /// It is not there any more.
    NotFound,
    /// History cannot be read or written at all; see `AppInformation.storage`.
    StorageUnavailable,
    /// There is no room on the disk.
    StorageFull,
    /// The keychain cannot be used now; a key can be kept for this session.
    VaultUnavailable,
    /// A provider failed; `failure` says how.
    ProviderFailed,
    /// It is being done already.
    Busy,
    /// It was stopped by the person.
    Cancelled,
    /// A fault of ours.
    Internal,
}

/// The error of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "generate", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct IpcError {
    /// What kind.
    pub code: ErrorCode,
    /// One sentence: what happened.
    pub message: String,
    /// One sentence: what to do next.
    pub advice: String,
    /// The name of the field that was refused, as it is spelt in the request.
    pub field: Option<String>,
    /// More for those who ask, with secrets removed.
    pub detail: Option<String>,
    /// How the provider failed, where one did.
    pub failure: Option<Box<FailureView>>,
}

impl IpcError {
    /// An error with its two sentences.
    pub fn new(code: ErrorCode, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            advice: advice.into(),
            field: None,
            detail: None,
            failure: None,
        }
    }
}

impl std::fmt::Display for IpcError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.message, self.advice)
    }
}

impl std::error::Error for IpcError {}
