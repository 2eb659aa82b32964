//! What those who read a text declare about keeping it.

use serde::{Deserialize, Serialize};

use crate::words::word_enum;

word_enum! {
    /// Whether models are trained with prompts.
    pub enum Training {
        /// No, unless the account asks for it.
        No = "no",
        /// With what is sent without paying.
        UnpaidOnly = "unpaid_only",
        /// The host behind the gateway decides.
        DependsOnHost = "depends_on_host",
        /// The page does not say.
        Unknown = "unknown",
    }
}

/// A provider's own words about prompts and answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPolicy {
    /// Whether models are trained with them.
    pub training: Training,
    /// For how many days they are kept; `None` where no number is declared.
    pub keeps_days: Option<u32>,
    /// The rest, in one sentence.
    pub words: String,
    /// The page that says so.
    pub source: String,
    /// When it was read, as `2026-07`.
    pub as_of: String,
}

impl DeclaredPolicy {
    /// It declares that what is sent may be used for training. `is_free` says that nothing is paid.
    pub fn trains(&self, is_free: bool) -> bool {
        match self.training {
            Training::UnpaidOnly => is_free,
            Training::DependsOnHost => true,
            Training::No | Training::Unknown => false,
        }
    }

    /// It declares that what is sent is kept.
    pub fn keeps(&self) -> bool {
        self.keeps_days.is_some_and(|days| days > 0)
    }
}
