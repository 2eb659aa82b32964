//! Money in whole nano-dollars.
//!
//! Integers add up exactly in any order, in Rust and in SQLite's `SUM`. Floating point does not, and
//! a bill that is off by a cent is a bill that nobody trusts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::words::word_enum;

const NANO_PER_DOLLAR: i128 = 1_000_000_000;
const TOKENS_PER_RATE: i128 = 1_000_000;

/// An amount in billionths of a US dollar. One `i64` holds about 9.2 billion dollars.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsd(pub i64);

/// A rate in billionths of a US dollar for a million tokens: $3.00 a million is `3_000_000_000`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NanoUsdPerMTok(pub i64);

word_enum! {
    /// How an amount came to be known.
    pub enum CostKind {
        /// The provider said what it charged.
        Reported = "reported",
        /// Counted tokens times a known rate.
        Computed = "computed",
        /// Tokens that we counted ourselves, or a rate that may not apply.
        Estimated = "estimated",
        /// Price or usage is missing. Shown as "unknown", never as zero.
        Unknown = "unknown",
    }
}

/// What something cost, together with how sure that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cost {
    /// The amount; `None` exactly where `kind` is [`CostKind::Unknown`].
    pub amount: Option<NanoUsd>,
    /// How the amount came to be known.
    pub kind: CostKind,
}

impl Cost {
    /// Nobody knows.
    pub const UNKNOWN: Self = Self {
        amount: None,
        kind: CostKind::Unknown,
    };

    /// Free, and known to be: a model on this computer, or an attempt that was refused.
    pub const FREE: Self = Self {
        amount: Some(NanoUsd(0)),
        kind: CostKind::Computed,
    };

    /// The sum of parts. One unknown part makes the sum unknown, because a sum that leaves
    /// something out is wrong; the least sure part names the kind.
    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().fold(Self::FREE, |total, part| {
            let (Some(left), Some(right)) = (total.amount, part.amount) else {
                return Self::UNKNOWN;
            };
            Self {
                amount: Some(NanoUsd(left.0.saturating_add(right.0))),
                kind: match (total.kind, part.kind) {
                    (CostKind::Unknown, _) | (_, CostKind::Unknown) => return Self::UNKNOWN,
                    (CostKind::Estimated, _) | (_, CostKind::Estimated) => CostKind::Estimated,
                    (CostKind::Reported, _) | (_, CostKind::Reported) => CostKind::Reported,
                    (CostKind::Computed, CostKind::Computed) => CostKind::Computed,
                },
            }
        })
    }
}

/// `tokens` at `rate`, rounded half to even to a nano-dollar; saturates at the ends of `i64`.
pub fn line_cost(tokens: u64, rate: NanoUsdPerMTok) -> NanoUsd {
    // u64 times i64 always fits an i128.
    let product = i128::from(tokens) * i128::from(rate.0);
    let rounded = divide_half_even(product, TOKENS_PER_RATE);
    let clamped = rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    NanoUsd(i64::try_from(clamped).unwrap_or(i64::MAX))
}

/// `count` things of which a thousand cost `thousand`, rounded half to even to a nano-dollar;
/// saturates at the ends of `i64`.
pub fn share_of_thousand(count: u64, thousand: NanoUsd) -> NanoUsd {
    let rounded = divide_half_even(i128::from(count) * i128::from(thousand.0), 1_000);
    let clamped = rounded.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    NanoUsd(i64::try_from(clamped).unwrap_or(i64::MAX))
}

fn divide_half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let remainder = numerator.rem_euclid(denominator);
    let twice = remainder * 2;
    let round_up = twice > denominator || (twice == denominator && quotient.rem_euclid(2) == 1);
    quotient + i128::from(round_up)
}

/// Why a decimal text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with at most one point, an optional sign and an optional power of ten.
    #[error("not a decimal number")]
    NotDecimal,
    /// More than about 9.2 billion dollars.
    #[error("too large for an amount of money")]
    TooLarge,
}

/// Reads a decimal amount of dollars, such as `0.0000123` or `1.5e-6`, digit by digit: the text
/// never passes through floating point. Digits below a nano-dollar round half to even.
///
/// # Errors
/// Where the text is not a decimal number, or too large.
pub fn parse_dollars(text: &str) -> Result<NanoUsd, AmountError> {
    let text = text.trim();
    let (text, negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            exponent
                .parse::<i32>()
                .map_err(|_| AmountError::NotDecimal)?,
        ),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction) {
        return Err(AmountError::NotDecimal);
    }
    let digits: String = format!("{whole}{fraction}")
        .trim_start_matches('0')
        .chars()
        .take(64)
        .collect();
    if digits.is_empty() {
        return Ok(NanoUsd(0));
    }
    let kept = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let given = i64::try_from(format!("{whole}{fraction}").trim_start_matches('0').len())
        .unwrap_or(i64::MAX);
    let fraction_digits = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    // The value is `digits * 10^shift` nano-dollars.
    let shift = i64::from(exponent) + 9 - fraction_digits + (given - kept);
    let magnitude = scale(&digits, shift)?;
    i64::try_from(if negative { -magnitude } else { magnitude })
        .map(NanoUsd)
        .map_err(|_| AmountError::TooLarge)
}

fn scale(digits: &str, shift: i64) -> Result<i128, AmountError> {
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if length.saturating_add(shift) > 20 {
        return Err(AmountError::TooLarge);
    }
    let parse = |part: &str| part.parse::<i128>().map_err(|_| AmountError::TooLarge);
    if shift >= 0 {
        let power = u32::try_from(shift).map_err(|_| AmountError::TooLarge)?;
        return parse(digits)?
            .checked_mul(10_i128.pow(power))
            .ok_or(AmountError::TooLarge);
    }
    let dropped = usize::try_from(-shift).unwrap_or(usize::MAX);
    if dropped > digits.len() {
        return Ok(0);
    }
    let (kept, rest) = digits.split_at(digits.len() - dropped);
    let kept = if kept.is_empty() { 0 } else { parse(kept)? };
    let half = {
        let mut half = String::from("5");
        half.extend(std::iter::repeat_n('0', rest.len().saturating_sub(1)));
        half
    };
    let round_up = match rest.cmp(half.as_str()) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => kept % 2 == 1,
        std::cmp::Ordering::Less => false,
    };
    Ok(kept + i128::from(round_up))
}

impl fmt::Display for NanoUsd {
    /// Dollars with all nine decimals: exact, for exports and logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = i128::from(self.0);
        let sign = if value < 0 { "-" } else { "" };
        let magnitude = value.abs();
        let (whole, fraction) = (magnitude / NANO_PER_DOLLAR, magnitude % NANO_PER_DOLLAR);
        write!(formatter, "{sign}{whole}.{fraction:09}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rounds_half_to_even() {
        assert_eq!(line_cost(1, NanoUsdPerMTok(500_000)), NanoUsd(0));
        assert_eq!(line_cost(3, NanoUsdPerMTok(500_000)), NanoUsd(2));
        assert_eq!(line_cost(1, NanoUsdPerMTok(500_001)), NanoUsd(1));
        assert_eq!(
            line_cost(1_000_000, NanoUsdPerMTok(3_000_000_000)),
            NanoUsd(3_000_000_000)
        );
    }

    #[test]
    fn reads_what_providers_write() {
        assert_eq!(parse_dollars("0.00706"), Ok(NanoUsd(7_060_000)));
        assert_eq!(parse_dollars("1.5e-6"), Ok(NanoUsd(1_500)));
        assert_eq!(parse_dollars("12"), Ok(NanoUsd(12_000_000_000)));
        assert_eq!(parse_dollars("-0.25"), Ok(NanoUsd(-250_000_000)));
        assert_eq!(parse_dollars("0"), Ok(NanoUsd(0)));
        assert_eq!(parse_dollars("0.0000000005"), Ok(NanoUsd(0)));
        assert_eq!(parse_dollars("0.0000000015"), Ok(NanoUsd(2)));
        assert_eq!(parse_dollars("0.00000000050000001"), Ok(NanoUsd(1)));
        assert_eq!(parse_dollars("1e-400"), Ok(NanoUsd(0)));
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", ".", "NaN", "1,5", "0x10", "1.2.3", "--1", "1e", "inf"] {
            assert_eq!(
                parse_dollars(text),
                Err(AmountError::NotDecimal),
                "{text:?}"
            );
        }
        assert_eq!(parse_dollars("99999999999"), Err(AmountError::TooLarge));
        assert_eq!(parse_dollars("1e300"), Err(AmountError::TooLarge));
    }

    #[test]
    fn an_unknown_part_makes_the_sum_unknown() {
        assert_eq!(
            Cost::sum([Cost::FREE, Cost::UNKNOWN, Cost::FREE]),
            Cost::UNKNOWN
        );
        assert_eq!(Cost::sum([]), Cost::FREE);
    }

    proptest! {
        #[test]
        fn any_amount_survives_text(nano in any::<i64>()) {
            prop_assert_eq!(parse_dollars(&NanoUsd(nano).to_string()), Ok(NanoUsd(nano)));
        }

        #[test]
        fn a_line_is_within_half_a_nano_dollar(tokens in 0_u64..1_000_000_000_000, rate in 0_i64..100_000_000_000) {
            let exact = i128::from(tokens) * i128::from(rate);
            let line = i128::from(line_cost(tokens, NanoUsdPerMTok(rate)).0);
            prop_assume!(line < i128::from(i64::MAX));
            prop_assert!((line * TOKENS_PER_RATE - exact).abs() * 2 <= TOKENS_PER_RATE);
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = parse_dollars(&text);
        }

        #[test]
        fn an_exponent_only_moves_the_point(nano in -1_000_000_000_i64..1_000_000_000, power in 0_i32..6) {
            let shifted = format!("{nano}e{}", -9 + power);
            let expected = nano.checked_mul(10_i64.pow(u32::try_from(power).unwrap())).map(NanoUsd);
            prop_assert_eq!(parse_dollars(&shifted).ok(), expected);
        }
    }
}
