//! Decimal text, read digit by digit: money never passes through floating point.

/// Longer figures are no balances.
const MOST_DIGITS: usize = 40;
const MOST_SHIFT: i32 = 40;

/// The figure as plain decimal text, divided by ten `places` times: no exponent, no sign in front of a
/// zero, no needless zeros in front. What stands behind the point stays as it was written.
pub(crate) fn plain_decimal(text: &str, places: i32) -> Option<String> {
    let text = text.trim();
    let (text, is_negative) = match text.strip_prefix('-') {
        Some(rest) => (rest, true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() > MOST_DIGITS {
        return None;
    }
    let shift = exponent.checked_sub(places)?;
    if shift.abs() > MOST_SHIFT {
        return None;
    }
    // Where the point stands, counted from the first digit.
    let point = i32::try_from(whole.len()).ok()? + shift;
    if point <= 0 {
        digits.insert_str(0, &"0".repeat(usize::try_from(1 - point).ok()?));
    }
    let point = usize::try_from(point.max(1)).ok()?;
    while digits.len() < point {
        digits.push('0');
    }
    let (whole, fraction) = digits.split_at(point);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let figure = match fraction {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    };
    let is_zero = figure.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    Some(if is_negative && !is_zero {
        format!("-{figure}")
    } else {
        figure
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn figures_keep_their_digits() {
        for (text, places, expected) in [
            ("129.46956147", 0, "129.46956147"),
            ("110.00", 0, "110.00"),
            ("1000000", 4, "100.0000"),
            ("1", 4, "0.0001"),
            ("-25", 4, "-0.0025"),
            ("0.1015644762", 0, "0.1015644762"),
            ("1.5e-7", 0, "0.00000015"),
            ("1.5E3", 0, "1500"),
            ("2e0", 0, "2"),
            ("-0.00", 0, "0.00"),
            ("007", 0, "7"),
            (".5", 0, "0.5"),
            ("5.", 0, "5"),
            (
                "99999999999999999999.999999999",
                0,
                "99999999999999999999.999999999",
            ),
        ] {
            assert_eq!(
                plain_decimal(text, places).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_figure_is_left_out() {
        for text in [
            "",
            ".",
            "-",
            "abc",
            "1,5",
            "1.2.3",
            "NaN",
            "1e999999999999",
            "1e400",
            "--1",
        ] {
            assert_eq!(plain_decimal(text, 0), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}", places in -50_i32..50) {
            let _ = plain_decimal(&text, places);
        }

        #[test]
        fn moving_the_point_there_and_back_changes_no_digit(number in 0_u64.., places in 0_i32..9) {
            let text = number.to_string();
            let moved = plain_decimal(&text, places).unwrap();
            let back = plain_decimal(&moved, -places).unwrap();
            prop_assert_eq!(back, text);
        }
    }
}
