//! What is said of unknown costs, and of changes of history.

use patchbay_domain::price::PriceTag;
use patchbay_domain::{Day, Endpoint};
use patchbay_store::UnknownGroup;

use super::{RepriceOutcome, RepriceWhich};

pub(super) fn why_unknown(group: &UnknownGroup, has_price: bool) -> String {
    let without_tokens = group.attempts.saturating_sub(group.counted);
    let no_tokens = "The provider sent no count of tokens.";
    if without_tokens == group.attempts {
        return no_tokens.to_owned();
    }
    let price = match (has_price, group.without_rates) {
        (true, 0) => "Its price did not cover all of their tokens.",
        (true, _) => "There was no price when these were sent; there is one now.",
        (false, 0) => "Its price does not cover all of their tokens.",
        (false, _) => "Nobody knows the price of this way in.",
    };
    match without_tokens {
        0 => price.to_owned(),
        one_or_more => format!("{price} For {one_or_more} of them there is no count of tokens."),
    }
}

/// What is added to the words of a job of which the last part is not there.
pub(super) fn not_whole(is_going_on: bool) -> &'static str {
    if is_going_on {
        " It is being done: this is what was done so far."
    } else {
        " It was cut short: this is what was done, the rest was not. Do it again to go on."
    }
}

/// One sentence, such as "Priced 3 attempts without a cost through Acme to large, from 2026-11-01 to
/// 2026-11-26, by genai-prices 0.2.3."
pub(super) fn audit_words(
    which: RepriceWhich,
    outcome: &RepriceOutcome,
    through: Option<(&Endpoint, &str)>,
    (from, to): (Day, Day),
    lists: &[PriceTag],
) -> String {
    let attempts = match outcome.changed {
        1 => "1 attempt".to_owned(),
        many => format!("{many} attempts"),
    };
    let what = match which {
        RepriceWhich::Unknown => format!("Priced {attempts} without a cost"),
        RepriceWhich::All => format!("Priced {attempts} again"),
    };
    let through = through.map_or_else(String::new, |(endpoint, provider)| {
        format!(" of {} through {provider}", endpoint.model)
    });
    let days = if from == to {
        format!("on {from}")
    } else {
        format!("from {from} to {to}")
    };
    let by = match lists {
        [] => "by what the providers counted and the rates of their own time".to_owned(),
        [one] => format!("by {}", one.name),
        [one, another] => format!("by {} and {}", one.name, another.name),
        [first, rest @ ..] => format!("by {} and {} other lists", first.name, rest.len()),
    };
    format!("{what}{through}, {days}, {by}.")
}
