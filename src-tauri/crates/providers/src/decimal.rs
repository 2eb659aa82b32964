//! Amounts of money in other units than dollars, digit by digit.

use patchbay_domain::NanoUsd;
use patchbay_domain::money::parse_dollars;

/// A decimal number of units of `10^power` dollars each, such as prices for one token
/// (`power` 6 makes them prices for a million). `None` where it is no number or too large.
pub(crate) fn shifted_dollars(text: &str, power: i32) -> Option<NanoUsd> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let exponent = exponent.checked_add(power)?;
    parse_dollars(&format!("{mantissa}e{exponent}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_moves_and_no_digit_is_lost() {
        for (text, power, nano) in [
            ("0.0000000375", 6, 37_500_000),
            ("3.75e-8", 6, 37_500_000),
            ("37756000", -10, 3_775_600),
            ("1500", -4, 150_000_000),
            ("0.25", 0, 250_000_000),
            ("-1", 6, -1_000_000_000_000_000),
        ] {
            assert_eq!(shifted_dollars(text, power), Some(NanoUsd(nano)), "{text}");
        }
        for text in ["", "NaN", "1e", "free", "1e2147483647", "9e99"] {
            assert_eq!(shifted_dollars(text, 6), None, "{text}");
        }
    }
}
