//! Sentences about spend that are said in more than one place.

/// A price is not known, and this budget asks nobody without one.
pub(crate) fn wants_it_known(budget: &str) -> String {
    format!(
        "Nobody knows the price of this, and the budget \u{201c}{budget}\u{201d} wants it known."
    )
}

/// "1 attempt was", "3 attempts were".
pub(crate) fn attempts(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 attempt {one}"),
        count => format!("{count} attempts {many}"),
    }
}

/// What the ledger does not know of the cost of some attempts.
pub(crate) fn unknown_here(count: u64) -> String {
    format!(
        "{} no known cost here; a price makes them known.",
        attempts(count, "has", "have")
    )
}

/// Why the provider may know of a higher cost.
pub(crate) fn cut_short(count: u64) -> String {
    format!(
        "{} stopped before the end, and the provider may have charged for more than had arrived.",
        attempts(count, "was", "were")
    )
}

/// What the ledger only estimates.
pub(crate) fn estimated_here(count: u64) -> String {
    format!("{} an estimate here.", attempts(count, "is", "are"))
}
