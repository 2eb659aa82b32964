//! Amounts, for people and for scripts.

use patchbay_domain::amount::money_words;
use patchbay_domain::{Cost, CostKind};
use serde::Serialize;

/// An amount as decimal text, so that no reader rounds it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Money {
    /// Dollars with nine decimals; `null` where nobody knows.
    usd: Option<String>,
    /// `reported`, `computed`, `estimated` or `unknown`.
    kind: &'static str,
}

impl Money {
    pub(crate) fn of(cost: Cost) -> Self {
        Self {
            usd: cost.amount.map(|amount| amount.to_string()),
            kind: cost.kind.as_str(),
        }
    }
}

/// For people: a cost, with a mark where it is an estimate.
pub(crate) fn cost_words(cost: Cost) -> String {
    match (cost.amount, cost.kind) {
        (Some(amount), CostKind::Estimated) => format!("~{}", money_words(amount)),
        (Some(amount), _) => money_words(amount),
        (None, _) => "unknown".to_owned(),
    }
}
