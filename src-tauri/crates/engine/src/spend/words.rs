//! Amounts as people read them.

use patchbay_domain::NanoUsd;

/// Dollars with as many decimals as say something: two from a dollar on, four significant ones below.
pub(crate) fn dollars(amount: NanoUsd) -> String {
    let sign = if amount.0 < 0 { "\u{2212}" } else { "" };
    let exact = NanoUsd(amount.0.saturating_abs()).to_string();
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let zeros = fraction.len() - fraction.trim_start_matches('0').len();
    let digits = match (whole, zeros) {
        ("0", zeros) if zeros >= 9 => 2,
        ("0", zeros) => (zeros + 2).max(2),
        _ => 2,
    };
    let shown = round(amount.0.saturating_abs(), digits.min(9));
    format!("{sign}${shown}")
}

/// Rounds half up at so many decimals.
fn round(nano: i64, decimals: usize) -> String {
    let power = 10_i64.pow(u32::try_from(9 - decimals).unwrap_or(0));
    let rounded =
        (i128::from(nano) + i128::from(power) / 2) / i128::from(power) * i128::from(power);
    let text = NanoUsd(i64::try_from(rounded).unwrap_or(i64::MAX)).to_string();
    let cut = text.len() - (9 - decimals);
    text.get(..cut).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_amounts_keep_their_first_digits() {
        for (nano, words) in [
            (0, "$0.00"),
            (1_500_000_000, "$1.50"),
            (1_234_567_890, "$1.23"),
            (999_999_999, "$1.00"),
            (250_000_000, "$0.25"),
            (12_345_000, "$0.012"),
            (1_239, "$0.0000012"),
            (1, "$0.000000001"),
            (-2_500_000_000, "\u{2212}$2.50"),
        ] {
            assert_eq!(dollars(NanoUsd(nano)), words);
        }
    }
}
