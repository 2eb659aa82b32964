//! Sentences about budgets that are said in more than one place.

/// A price is not known, and this budget asks nobody without one.
pub(crate) fn wants_it_known(budget: &str) -> String {
    format!(
        "Nobody knows the price of this, and the budget \u{201c}{budget}\u{201d} wants it known."
    )
}
