//! Amounts, for people and for scripts.

use patchbay_domain::{Cost, CostKind, NanoUsd};
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

/// For people: cents from a dollar on, else four digits that count.
pub(crate) fn dollars(amount: NanoUsd) -> String {
    let sign = if amount.0 < 0 { "-" } else { "" };
    let nano = amount.0.unsigned_abs();
    if nano == 0 {
        return "$0".to_owned();
    }
    let decimals: u32 = match nano {
        1_000_000_000.. => 2,
        10_000_000.. => 4,
        10_000.. => 6,
        _ => 9,
    };
    let step = 10_u64.pow(9 - decimals);
    let rounded = (nano + step / 2) / step;
    let whole = rounded / 10_u64.pow(decimals);
    let fraction = rounded % 10_u64.pow(decimals);
    let width = usize::try_from(decimals).unwrap_or(9);
    format!("{sign}${whole}.{fraction:0width$}")
}

/// For people: a cost, with a mark where it is an estimate.
pub(crate) fn cost_words(cost: Cost) -> String {
    match (cost.amount, cost.kind) {
        (Some(amount), CostKind::Estimated) => format!("~{}", dollars(amount)),
        (Some(amount), _) => dollars(amount),
        (None, _) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short_and_not_zero_where_they_are_small() {
        let words = |nano| dollars(NanoUsd(nano));
        assert_eq!(words(0), "$0");
        assert_eq!(words(1), "$0.000000001");
        assert_eq!(words(123_456), "$0.000123");
        assert_eq!(words(99_999_999), "$0.1000");
        assert_eq!(words(12_345_678_901), "$12.35");
        assert_eq!(words(-2_000_000_000), "-$2.00");
    }
}
