//! Which of several prices holds, and which is not to be believed.

use crate::money::NanoUsdPerMTok;
use crate::price::Price;
use crate::rates::Rates;

/// Ten thousand dollars a million tokens. The dearest model that was ever sold asked six hundred.
const DEAREST: i64 = 10_000_000_000_000;
/// A price that grows or shrinks by more than this at once is a wrong unit, not a new price.
const LARGEST_JUMP: i128 = 100;
/// Prompt and answer that lie further apart than this are in different units.
const LARGEST_GAP: i128 = 1_000;

/// Why a price is not believed. Its text is a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceProblem {
    /// It has no rule.
    #[error("The list says nothing about what it costs.")]
    Empty,
    /// A rate is below nothing.
    #[error("The list asks for less than nothing.")]
    Negative,
    /// A rate is beyond anything that was ever asked.
    #[error("The list asks for more than $10,000 for a million tokens.")]
    Absurd,
    /// Prompt and answer do not fit each other.
    #[error("The list's prices for prompt and answer are more than a thousand times apart.")]
    Lopsided,
    /// It is far from what it was.
    #[error("The price is more than a hundred times higher or lower than the one before.")]
    Jump,
    /// What cost money is said to be free.
    #[error("The list says that it is free now, and it was not before.")]
    SuddenlyFree,
}

/// The price that holds for an endpoint: the person's own, else the provider's, else the one that
/// came with Patchbay. They are never mixed: half of one list and half of another is no price.
pub fn effective<'a>(
    person: Option<&'a Price>,
    provider: Option<&'a Price>,
    snapshot: Option<&'a Price>,
) -> Option<&'a Price> {
    person.or(provider).or(snapshot)
}

/// Whether a price from a list can be believed. `previous` is the last one that was believed of the
/// same endpoint. What a person sets is theirs to decide and is not asked about.
///
/// # Errors
/// The first reason not to.
pub fn plausible(new: &Price, previous: Option<&Price>) -> Result<(), PriceProblem> {
    let rates = all_rates(new);
    if rates.is_empty() || rates.iter().all(|rates| amounts(rates).is_empty()) {
        return Err(PriceProblem::Empty);
    }
    for rates in &rates {
        if amounts(rates).iter().any(|amount| *amount < 0) {
            return Err(PriceProblem::Negative);
        }
        if token_amounts(rates).iter().any(|amount| *amount > DEAREST) {
            return Err(PriceProblem::Absurd);
        }
        if let (Some(input), Some(output)) = (rates.input, rates.output)
            && apart(input, output, LARGEST_GAP)
        {
            return Err(PriceProblem::Lopsided);
        }
    }
    let Some(previous) = previous else {
        return Ok(());
    };
    let before = all_rates(previous);
    if is_free(&rates) && !is_free(&before) {
        return Err(PriceProblem::SuddenlyFree);
    }
    let jumps = |of: fn(&Rates) -> Option<NanoUsdPerMTok>| {
        let (Some(new), Some(old)) = (range(&rates, of), range(&before, of)) else {
            return false;
        };
        i128::from(new.1.0) > i128::from(old.1.0) * LARGEST_JUMP
            || i128::from(new.0.0) * LARGEST_JUMP < i128::from(old.0.0)
    };
    if jumps(|rates| rates.input) || jumps(|rates| rates.output) {
        return Err(PriceProblem::Jump);
    }
    Ok(())
}

fn all_rates(price: &Price) -> Vec<Rates> {
    price
        .rules
        .iter()
        .flat_map(|rule| {
            std::iter::once(rule.rates).chain(rule.tiers.iter().map(|tier| tier.rates))
        })
        .collect()
}

fn token_amounts(rates: &Rates) -> Vec<i64> {
    [
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.cache_write_long,
        rates.output,
        rates.reasoning,
        rates.audio_input,
        rates.audio_cache_read,
        rates.image_input,
        rates.audio_output,
        rates.image_output,
    ]
    .into_iter()
    .flatten()
    .map(|rate| rate.0)
    .collect()
}

fn amounts(rates: &Rates) -> Vec<i64> {
    let others = [rates.per_request, rates.thousand_searches];
    let mut amounts = token_amounts(rates);
    amounts.extend(others.into_iter().flatten().map(|amount| amount.0));
    amounts
}

fn is_free(rates: &[Rates]) -> bool {
    rates
        .iter()
        .all(|rates| amounts(rates).iter().all(|amount| *amount == 0))
}

/// A rate of nothing beside one that is not is an embedding or a gift, no wrong unit.
fn apart(left: NanoUsdPerMTok, right: NanoUsdPerMTok, times: i128) -> bool {
    let (low, high) = (left.0.min(right.0), left.0.max(right.0));
    low > 0 && i128::from(high) > i128::from(low) * times
}

/// The lowest and the highest rate that is not nothing: tiers and tariffs come and go, and only
/// what lies outside all of them is a jump.
fn range(
    rates: &[Rates],
    of: fn(&Rates) -> Option<NanoUsdPerMTok>,
) -> Option<(NanoUsdPerMTok, NanoUsdPerMTok)> {
    let charged = || rates.iter().filter_map(of).filter(|rate| rate.0 > 0);
    Some((charged().min()?, charged().max()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{PriceRule, PriceSource, PriceTag, PriceTier};
    use crate::time::UnixMillis;

    fn nano(dollars: f64) -> Option<NanoUsdPerMTok> {
        #[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
        Some(NanoUsdPerMTok((dollars * 1e9) as i64))
    }

    fn rates(input: f64, output: f64) -> Rates {
        Rates {
            input: nano(input),
            output: nano(output),
            ..Rates::default()
        }
    }

    fn price(input: f64, output: f64) -> Price {
        let tag = PriceTag {
            source: PriceSource::Provider,
            name: "a list".to_owned(),
            as_of: UnixMillis(0),
        };
        Price::flat(rates(input, output), tag)
    }

    #[test]
    fn ordinary_prices_are_believed() {
        for ordinary in [
            price(0.01, 0.02),
            price(150.0, 600.0),
            price(0.02, 0.0),
            price(0.0, 0.0),
        ] {
            assert_eq!(plausible(&ordinary, None), Ok(()), "{ordinary:?}");
        }
        assert_eq!(
            plausible(&price(3.0, 15.0), Some(&price(5.0, 25.0))),
            Ok(())
        );
        assert_eq!(plausible(&price(1.0, 2.0), Some(&price(0.0, 0.0))), Ok(()));
    }

    #[test]
    fn a_price_a_hundred_thousand_times_too_high_is_refused() {
        let wrong = price(13_500.0, 54_000.0);
        assert_eq!(plausible(&wrong, None), Err(PriceProblem::Absurd));
    }

    #[test]
    fn wrong_units_are_noticed() {
        assert_eq!(
            plausible(&price(3.0, 0.000_015), None),
            Err(PriceProblem::Lopsided)
        );
        assert_eq!(
            plausible(&price(0.000_1, 5.0), None),
            Err(PriceProblem::Lopsided)
        );
        assert_eq!(
            plausible(&price(300.0, 1_500.0), Some(&price(2.0, 10.0))),
            Err(PriceProblem::Jump)
        );
        assert_eq!(
            plausible(&price(0.02, 0.1), Some(&price(3.0, 15.0))),
            Err(PriceProblem::Jump)
        );
    }

    #[test]
    fn nothing_and_less_than_nothing_are_suspicious() {
        assert_eq!(
            plausible(&price(-1.0, 2.0), None),
            Err(PriceProblem::Negative)
        );
        assert_eq!(
            plausible(&price(0.0, 0.0), Some(&price(1.0, 2.0))),
            Err(PriceProblem::SuddenlyFree)
        );
        let mut empty = price(1.0, 1.0);
        empty.rules = vec![PriceRule::default()];
        assert_eq!(plausible(&empty, None), Err(PriceProblem::Empty));
        empty.rules.clear();
        assert_eq!(plausible(&empty, None), Err(PriceProblem::Empty));
    }

    #[test]
    fn an_absurd_tier_is_seen_too() {
        let mut tiered = price(1.0, 2.0);
        tiered.rules[0].tiers = vec![PriceTier {
            above_input_tokens: 1,
            rates: rates(20_000.0, 20_000.0),
        }];
        assert_eq!(plausible(&tiered, None), Err(PriceProblem::Absurd));
    }

    #[test]
    fn a_new_tariff_is_no_jump() {
        let mut before = price(1.0, 2.0);
        before.rules[0].tiers = vec![PriceTier {
            above_input_tokens: 1,
            rates: rates(50.0, 100.0),
        }];
        assert_eq!(plausible(&price(2.0, 4.0), Some(&before)), Ok(()));
        assert_eq!(plausible(&before, Some(&price(2.0, 4.0))), Ok(()));
    }

    #[test]
    fn the_person_has_the_last_word() {
        let [a, b, c] = [price(1.0, 1.0), price(2.0, 2.0), price(3.0, 3.0)];
        assert_eq!(effective(Some(&a), Some(&b), Some(&c)), Some(&a));
        assert_eq!(effective(None, Some(&b), Some(&c)), Some(&b));
        assert_eq!(effective(None, None, Some(&c)), Some(&c));
        assert_eq!(effective(None, None, None), None);
    }
}
