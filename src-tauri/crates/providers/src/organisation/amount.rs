//! Amounts that are added up before they are rounded. A day's costs are many parts of less than a
//! nano-dollar, and rounding each of them would move the sum.

use patchbay_domain::NanoUsd;

use crate::balance::plain_decimal;

/// Digits behind the point of a dollar that are counted. Makers write no more than these.
const DIGITS: i32 = 18;

/// Billionths of a dollar have nine of them.
const BELOW_NANO: i128 = 1_000_000_000;

/// The longest fraction that is read: makers fill them up with zeros.
const LONGEST_FRACTION: usize = 24;

/// A sum, in units of 10^-18 dollars.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Dollars(i128);

impl Dollars {
    /// Decimal text of units of which 10^`places` are a dollar: 2 for cents. `None` where it is no
    /// number, or no amount of money.
    pub(super) fn read(text: &str, places: i32) -> Option<Self> {
        let units = plain_decimal(&shortened(text), places - DIGITS)?;
        let whole = units
            .split_once('.')
            .map_or(units.as_str(), |(whole, _)| whole);
        whole.parse().ok().map(Self)
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// Rounded half to even; `None` for more than about nine billion dollars.
    pub(super) fn nano(self) -> Option<NanoUsd> {
        let (whole, rest) = (self.0.div_euclid(BELOW_NANO), self.0.rem_euclid(BELOW_NANO));
        let twice = rest * 2;
        let is_up = twice > BELOW_NANO || (twice == BELOW_NANO && whole.rem_euclid(2) == 1);
        i64::try_from(whole + i128::from(is_up)).ok().map(NanoUsd)
    }
}

/// The number without what stands far behind its point.
fn shortened(text: &str) -> String {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let Some((whole, fraction)) = mantissa.split_once('.') else {
        return text.to_owned();
    };
    let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
    match fraction.get(..LONGEST_FRACTION) {
        Some(kept) if is_number => format!("{whole}.{kept}{exponent}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nano(text: &str, places: i32) -> Option<i64> {
        Dollars::read(text, places)?.nano().map(|amount| amount.0)
    }

    #[test]
    fn amounts_are_exact_to_the_nano_dollar() {
        for (text, places, expected) in [
            ("0.06", 0, 60_000_000),
            ("1.234567891", 0, 1_234_567_891),
            // A number that went through floating point on the other side.
            ("0.06000000000000001", 0, 60_000_000),
            ("123.78912", 2, 1_237_891_200),
            ("0.0000001", 2, 1),
            ("1e-9", 0, 1),
            ("2.5E-5", 0, 25_000),
            ("-12.5", 2, -125_000_000),
            ("0", 2, 0),
            (
                "0.0130000000000000000000000000000000000000000000000000",
                0,
                13_000_000,
            ),
            ("9000000000", 0, 9_000_000_000_000_000_000),
            // Half to even.
            ("0.0000000005", 0, 0),
            ("0.0000000015", 0, 2),
            ("0.00000000050000001", 0, 1),
        ] {
            assert_eq!(nano(text, places), Some(expected), "{text}");
        }
        for text in ["", "free", "NaN", "1e400", "1.2.3", "0x10"] {
            assert_eq!(Dollars::read(text, 0), None, "{text}");
        }
        assert_eq!(nano("10000000000", 0), None);
    }

    #[test]
    fn parts_below_a_nano_dollar_are_added_up_before_they_are_rounded() {
        let part = Dollars::read("0.00000003", 2).unwrap();
        let sum = (0..10).fold(Dollars::default(), |sum, _| sum.plus(part).unwrap());
        assert_eq!(
            (part.nano(), sum.nano()),
            (Some(NanoUsd(0)), Some(NanoUsd(3)))
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}", places in 0_i32..3) {
            let _ = Dollars::read(&text, places);
        }

        #[test]
        fn whole_nano_dollars_come_back(amount in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            let text = NanoUsd(amount).to_string();
            let text = text.trim_start_matches('$');
            prop_assert_eq!(nano(text, 0), Some(amount));
        }
    }
}
