//! What makers declare on their pages, of prompts, of money and of keys that read it.

use serde::Deserialize;

use crate::organisation::OrganisationShape;

/// What a maker declares about prompts and answers.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPolicy {
    /// Whether models are trained with them.
    pub trains: Trains,
    /// For how many days they are kept; absent where no number is declared.
    #[serde(default)]
    pub keeps_days: Option<u32>,
    /// The rest, in one sentence.
    pub words: String,
    /// The maker's page that says so.
    pub source: String,
    /// Year and month in which that page was read.
    pub as_of: String,
}

/// Whether models are trained with prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trains {
    /// No, unless the account asks for it.
    No,
    /// With what is sent without paying.
    UnpaidOnly,
    /// The host behind the gateway decides.
    DependsOnHost,
    /// The page does not say.
    Unknown,
}

/// What putting money in costs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopUpFees {
    /// Hundredths of the amount, as decimal text.
    pub percent: String,
    /// The least, as decimal text.
    pub least: String,
    /// The currency of the least.
    pub currency: String,
    /// Hundredths of the amount where it is put in by crypto currency, as decimal text.
    #[serde(default)]
    pub crypto_percent: Option<String>,
    /// The rest, in one sentence.
    pub words: String,
    /// The page that says so.
    pub source: String,
    /// When that was read, as `2026-07`.
    pub as_of: String,
}

/// How a maker tells what a whole organisation used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// The shape of its reports.
    pub shape: OrganisationShape,
    /// How admin keys begin, and no others do.
    pub key_prefix: String,
    /// The page on which they are made.
    pub key_url: String,
    /// What its costs leave out or count besides, in one sentence.
    pub words: String,
    /// The maker's page that says so.
    pub source: String,
    /// Year and month in which that page was read.
    pub as_of: String,
}
