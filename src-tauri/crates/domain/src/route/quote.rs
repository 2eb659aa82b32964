//! What a request may cost at most, and where its answer has to end for that to be true.

use super::need::{Need, USUAL_ANSWER};
use super::planning::CostEstimate;
use crate::budget::Left;
use crate::money::NanoUsd;
use crate::price::{Price, ServiceTier};
use crate::time::UnixMillis;
use crate::usage::Usage;

/// How long an answer can get where neither the request nor the model sets an end.
pub const LONG_ANSWER: u64 = 8_192;

/// An answer that a budget holds shorter than this is not worth asking for.
const SHORT_ANSWER: u64 = 256;

/// Nano-dollars that rounding can add: half a one for each of the classes of tokens.
const ROUNDING: i64 = 6;

/// What a request may cost, and where its answer has to end for that to be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// What it may cost.
    pub estimate: CostEstimate,
    /// The end that has to be sent along; `None` where the request and the model set it already.
    pub max_output: Option<u64>,
}

/// What the request may cost there, held to what a budget leaves.
///
/// The worst case takes one token for each byte of the prompt, at the dearest of the rates that a
/// prompt can be charged at, and the longest answer at the dearer of the rates for answers and for
/// thinking. `None` where nobody knows the price.
pub fn quote(
    price: Option<&Price>,
    max_output: Option<u64>,
    need: &Need,
    now: UnixMillis,
    left: Option<&Left>,
) -> Option<Quoted> {
    let price = price?;
    let rates = price.rates(now, need.input_tokens, ServiceTier::Standard);
    let (longest, is_certain) = match (need.max_output, max_output) {
        (Some(asked), Some(most)) => (asked.min(most), true),
        (Some(tokens), None) | (None, Some(tokens)) => (tokens, true),
        (None, None) => (LONG_ANSWER, false),
    };
    let cost = |output| {
        rates
            .price(&Usage {
                input: need.input_tokens,
                output,
                ..Usage::ZERO
            })
            .amount
    };
    let most_input = need.most_input_tokens.max(need.input_tokens);
    let dear = price
        .rates(now, most_input, ServiceTier::Standard)
        .dearest(need.images || need.documents);
    let worst = |output| {
        let usage = Usage {
            input: most_input,
            output,
            ..Usage::ZERO
        };
        let amount = dear.price(&usage).amount?;
        let is_free = amount.0 == 0;
        Some(NanoUsd(amount.0.saturating_add(if is_free {
            0
        } else {
            ROUNDING
        })))
    };
    let likely = cost(longest.min(USUAL_ANSWER))?;
    let whole = Quoted {
        estimate: CostEstimate {
            likely,
            worst: worst(longest)?.max(likely),
        },
        // Under a budget an answer without an end would have no worst case.
        max_output: left.and_then(|_| (!is_certain).then_some(longest)),
    };
    let Some(left) = left.filter(|left| whole.estimate.worst > left.amount) else {
        return Some(whole);
    };
    let for_output = left.amount.0.saturating_sub(worst(0)?.0);
    let rate = dear.output.map_or(0, |rate| rate.0);
    let fits = u64::try_from(i128::from(for_output) * 1_000_000 / i128::from(rate.max(1)))
        .unwrap_or(0)
        .min(longest);
    let shorter = worst(fits).filter(|worst| fits >= SHORT_ANSWER && *worst <= left.amount);
    Some(match shorter {
        Some(worst) => Quoted {
            estimate: CostEstimate {
                likely: cost(fits.min(USUAL_ANSWER))?.min(worst),
                worst,
            },
            max_output: Some(fits),
        },
        None => whole,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::NanoUsdPerMTok;
    use crate::price::{PriceRule, PriceSource, PriceTag, PriceTier};
    use crate::rates::Rates;

    fn rate(nano: i64) -> Option<NanoUsdPerMTok> {
        Some(NanoUsdPerMTok(nano))
    }

    fn price(rules: Vec<PriceRule>) -> Price {
        let tag = PriceTag {
            source: PriceSource::Person,
            name: "by hand".to_owned(),
            as_of: UnixMillis(0),
        };
        Price { rules, tag }
    }

    /// [`super::quote`] now.
    fn quote(price: &Price, max_output: Option<u64>, need: &Need, left: Option<&Left>) -> Quoted {
        super::quote(Some(price), max_output, need, UnixMillis(0), left).unwrap()
    }

    fn flat(rates: Rates) -> Vec<PriceRule> {
        vec![PriceRule {
            rates,
            ..PriceRule::default()
        }]
    }

    fn left(amount: i64) -> Left {
        Left {
            name: "all".to_owned(),
            amount: NanoUsd(amount),
            refuses_unknown: None,
        }
    }

    const NEED: Need = Need {
        input_tokens: 100,
        most_input_tokens: 400,
        max_output: None,
        images: false,
        documents: false,
        tools: false,
        json_schema: false,
        reasoning: false,
        embedding: None,
    };

    const DOLLAR: Rates = Rates {
        input: Some(NanoUsdPerMTok(1_000_000_000)),
        output: Some(NanoUsdPerMTok(1_000_000_000)),
        cache_read: None,
        cache_write: None,
        cache_write_long: None,
        reasoning: None,
        audio_input: None,
        audio_cache_read: None,
        image_input: None,
        audio_output: None,
        image_output: None,
        per_request: None,
        thousand_searches: None,
    };

    #[test]
    fn an_answer_is_held_to_what_is_left() {
        let price = price(flat(DOLLAR));
        let quote = |left: Option<Left>| quote(&price, Some(4_000), &NEED, left.as_ref());
        let free = quote(None);
        assert_eq!(free.max_output, None);
        assert_eq!(free.estimate.worst, NanoUsd(4_400_006));
        assert_eq!(quote(Some(left(5_000_000))).max_output, None);
        let held = quote(Some(left(1_400_006)));
        assert_eq!(held.max_output, Some(1_000));
        assert_eq!(held.estimate.worst, NanoUsd(1_400_006));
        let too_little = quote(Some(left(500_000)));
        assert!(
            too_little.estimate.worst.0 > 500_000,
            "no answer of 99 tokens is asked for"
        );
    }

    #[test]
    fn under_a_budget_every_answer_has_an_end() {
        let price = price(flat(DOLLAR));
        let quote = |left: Option<Left>| quote(&price, None, &NEED, left.as_ref());
        assert_eq!(quote(None).max_output, None);
        assert_eq!(quote(Some(left(i64::MAX))).max_output, Some(LONG_ANSWER));
    }

    #[test]
    fn what_is_free_stays_free() {
        let quote = quote(&price(flat(Rates::FREE)), None, &NEED, Some(&left(0)));
        assert_eq!(quote.estimate.worst, NanoUsd(0));
    }

    proptest! {
        /// Whatever a provider counts within the prompt's bytes and the answer's end, the worst case
        /// holds it.
        #[test]
        fn nothing_costs_more_than_its_worst_case(
            rates in proptest::array::uniform6(0_i64..100_000_000_000),
            tier in 1_000_i64..100_000_000_000,
            most in 1_u64..200_000,
            longest in 1_u64..100_000,
            parts in proptest::array::uniform4(0_u64..1_000),
            thinks in 0_u64..=1_000,
        ) {
            let base = Rates {
                input: rate(rates[0]), cache_read: rate(rates[1]), cache_write: rate(rates[2]),
                cache_write_long: rate(rates[3]), output: rate(rates[4]), reasoning: rate(rates[5]),
                ..Rates::default()
            };
            let long = Rates { input: rate(tier), output: rate(tier), ..base };
            let rules = vec![PriceRule {
                rates: base,
                tiers: vec![PriceTier { above_input_tokens: most + 1, rates: long }],
                ..PriceRule::default()
            }];
            let price = price(rules);
            let need = Need { most_input_tokens: most, input_tokens: most / 4, ..NEED };
            let whole: u64 = parts.iter().sum::<u64>().max(1);
            let part = |index: usize| most * parts[index] / whole;
            let usage = Usage {
                input: part(0), cache_read: part(1), cache_write: part(2), cache_write_long: part(3),
                output: longest * (1_000 - thinks) / 1_000, reasoning: longest * thinks / 1_000,
                ..Usage::ZERO
            };
            let cost = price.cost(&usage, UnixMillis(0), ServiceTier::Standard).amount.unwrap();
            let worst = quote(&price, Some(longest), &need, None).estimate.worst;
            prop_assert!(cost <= worst, "{cost:?} above {worst:?}");
            for held in [worst.0 / 3, worst.0 / 2, worst.0] {
                let held = left(held);
                let quoted = quote(&price, Some(longest), &need, Some(&held));
                if let Some(end) = quoted.max_output {
                    prop_assert!(quoted.estimate.worst <= held.amount);
                    prop_assert!(end <= longest);
                }
            }
        }
    }
}
