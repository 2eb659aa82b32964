//! Amounts as people read them. The window has the same rules in `ui/src/lib/format.ts`; both are held to
//! `tests/money-words.json`.

use crate::money::NanoUsd;

const NANO_PER_TEN_THOUSANDTH: u64 = 100_000;
const NANO_PER_CENT: u64 = 10_000_000;
const NANO_PER_DOLLAR: u64 = 1_000_000_000;

/// A real minus sign, as wide as a digit where digits have one width.
const MINUS: &str = "\u{2212}";

/// What was spent, or may be: to the fourth decimal below one dollar, to the cent above, halves away
/// from zero. What is less than a ten-thousandth and not nothing says so.
pub fn money_words(amount: NanoUsd) -> String {
    let sign = sign(amount);
    let size = amount.0.unsigned_abs();
    if size > 0 && size < NANO_PER_TEN_THOUSANDTH {
        return format!("{sign}<$0.0001");
    }
    let ten_thousandths = rounded(size, NANO_PER_TEN_THOUSANDTH);
    if ten_thousandths < 10_000 {
        return format!("{sign}$0.{ten_thousandths:04}");
    }
    let cents = rounded(size, NANO_PER_CENT);
    format!("{sign}${}.{:02}", grouped(cents / 100), cents % 100)
}

/// What a person has set, to its last digit: a limit is never shown as another one. At least to the
/// cent.
pub fn limit_words(amount: NanoUsd) -> String {
    let size = amount.0.unsigned_abs();
    let rest = format!("{:09}", size % NANO_PER_DOLLAR);
    let (cents, more) = rest.split_at(2);
    let more = more.trim_end_matches('0');
    let dollars = grouped(size / NANO_PER_DOLLAR);
    format!("{}${dollars}.{cents}{more}", sign(amount))
}

fn sign(amount: NanoUsd) -> &'static str {
    if amount.0 < 0 { MINUS } else { "" }
}

fn rounded(size: u64, unit: u64) -> u64 {
    size / unit + u64::from(size % unit * 2 >= unit)
}

/// A count with marks between thousands: "1,234,567".
pub fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;
    use crate::money::parse_dollars;

    #[derive(Deserialize)]
    struct Vector {
        nano_usd: i64,
        money: String,
        limit: String,
    }

    #[test]
    fn amounts_read_as_in_the_window() {
        let vectors: Vec<Vector> =
            serde_json::from_str(include_str!("../tests/money-words.json")).unwrap();
        assert!(vectors.len() > 20);
        for vector in vectors {
            let amount = NanoUsd(vector.nano_usd);
            assert_eq!(money_words(amount), vector.money);
            assert_eq!(limit_words(amount), vector.limit);
        }
    }

    proptest! {
        #[test]
        fn a_limit_is_shown_as_it_is(nano in any::<i64>()) {
            let plain = limit_words(NanoUsd(nano)).replace(['$', ','], "").replace(MINUS, "-");
            prop_assert_eq!(parse_dollars(&plain), Ok(NanoUsd(nano)));
        }

        #[test]
        fn an_amount_is_at_most_half_a_step_off(nano in 100_000_i64..i64::MAX / 2) {
            let shown = money_words(NanoUsd(nano)).replace(['$', ','], "");
            let shown = parse_dollars(&shown).unwrap().0;
            let step = if nano < 999_950_000 { 100_000 } else { 10_000_000 };
            prop_assert!((shown - nano).abs() * 2 <= step, "{} as {}", nano, shown);
        }
    }
}
