//! The currency that amounts are shown in beside dollars. Dollars stay the truth: nothing is stored or
//! added up in any other.

use patchbay_domain::amount::money_words;
use patchbay_domain::{Day, NanoUsd};
use serde::{Deserialize, Serialize};

use super::calendar::today;
use crate::{Engine, EngineError};

const KEY: &str = "spend_currency";

/// Digits of a rate that are read; an amount times such a rate still fits.
const MOST_DIGITS: usize = 18;

/// The longest name of a place where a rate was found, in characters.
const LONGEST_SOURCE: usize = 200;

/// A currency and what a dollar is worth in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Currency {
    /// Three letters, such as `EUR`.
    pub code: String,
    /// What a dollar is worth in it, as decimal text.
    pub per_usd: String,
    /// The day of that rate, as `2026-11-25`.
    pub as_of: String,
    /// Where the rate was found; empty where nobody said.
    #[serde(default)]
    pub source: String,
}

impl Currency {
    /// What an amount is worth, in billionths of the currency, rounded half to even. `None` where it is
    /// too large to be money.
    pub fn worth(&self, amount: NanoUsd) -> Option<i64> {
        let (digits, scale) = rate(&self.per_usd)?;
        let product = i128::from(amount.0).checked_mul(digits)?;
        let divisor = 10_i128.checked_pow(scale)?;
        let quotient = product.div_euclid(divisor);
        let twice = product.rem_euclid(divisor) * 2;
        let rounds_up = twice > divisor || (twice == divisor && quotient.rem_euclid(2) == 1);
        i64::try_from(quotient + i128::from(rounds_up)).ok()
    }

    /// An amount for people, such as `0.86 EUR`.
    pub(crate) fn words(&self, amount: NanoUsd) -> Option<String> {
        let worth = money_words(NanoUsd(self.worth(amount)?));
        Some(format!("{}\u{a0}{}", worth.replace('$', ""), self.code))
    }
}

impl Engine {
    /// The currency beside dollars; `None` for dollars alone.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn spend_currency(&self) -> Result<Option<Currency>, EngineError> {
        let kept = self.store.setting(KEY).await?;
        // What a later version wrote and this one cannot read is no reason to show no dollars.
        let read = kept.and_then(|kept| serde_json::from_value::<Currency>(kept).ok());
        Ok(read.filter(|currency| rate(&currency.per_usd).is_some()))
    }

    /// Sets the currency beside dollars, or shows dollars alone.
    ///
    /// # Errors
    /// A part of it cannot be used, or the database cannot be written.
    pub async fn set_spend_currency(
        &self,
        currency: Option<Currency>,
    ) -> Result<Option<Currency>, EngineError> {
        let Some(currency) = currency else {
            self.store.remove_setting(KEY).await?;
            return Ok(None);
        };
        let checked = checked(&currency, today(self.clock.now()))?;
        let value = serde_json::to_value(&checked).unwrap_or_default();
        self.store.set_setting(KEY, value).await?;
        Ok(Some(checked))
    }
}

fn checked(currency: &Currency, today: Day) -> Result<Currency, EngineError> {
    let code = currency.code.trim().to_ascii_uppercase();
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        let sentence = "A currency is named by three letters.";
        return Err(EngineError::input(
            "code",
            sentence,
            "Enter a code such as EUR or GBP.",
        ));
    }
    if code == "USD" {
        let sentence = "Dollars are shown in any case.";
        let advice = "Choose another currency, or none.";
        return Err(EngineError::input("code", sentence, advice));
    }
    let per_usd = currency.per_usd.trim();
    if rate(per_usd).is_none() {
        return Err(EngineError::input(
            "per_usd",
            "The rate is not a number above 0.",
            "Enter what one dollar is worth, with a point and at most 18 digits, such as 0.92.",
        ));
    }
    let as_of: Option<Day> = currency.as_of.trim().parse().ok();
    let Some(as_of) = as_of.filter(|day| *day <= today.plus(1)) else {
        return Err(EngineError::input(
            "as_of",
            "The day of the rate is not a day up to today.",
            "Enter the day on which the rate held, such as 2026-11-25.",
        ));
    };
    let source = currency.source.trim();
    if source.chars().count() > LONGEST_SOURCE || source.chars().any(char::is_control) {
        return Err(EngineError::input(
            "source",
            "The source of the rate is too long or holds line breaks.",
            "Name it in at most 200 characters.",
        ));
    }
    Ok(Currency {
        code,
        per_usd: per_usd.to_owned(),
        as_of: as_of.to_string(),
        source: source.to_owned(),
    })
}

/// A rate as whole digits and the count of those behind the point; `None` for what is no number above
/// 0, written plainly.
fn rate(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_plain(whole) || !is_plain(fraction) {
        return None;
    }
    // Zeros at the end say nothing and could make it too long.
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    if digits.len() > MOST_DIGITS {
        return None;
    }
    let digits: i128 = digits.parse().ok()?;
    (digits > 0).then_some((digits, u32::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn euro(per_usd: &str) -> Currency {
        Currency {
            code: "EUR".to_owned(),
            per_usd: per_usd.to_owned(),
            as_of: "2026-11-25".to_owned(),
            source: String::new(),
        }
    }

    fn field_of(currency: &Currency) -> Option<String> {
        match checked(currency, "2026-11-25".parse().unwrap()) {
            Ok(_) => None,
            Err(EngineError::Input(input)) => Some(input.field),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_dollar_is_worth_what_the_rate_says_to_the_last_digit() {
        for (nano, per_usd, worth) in [
            (1_000_000_000, "0.92", 920_000_000),
            (1_000_000_000, "149.87", 149_870_000_000),
            (-1_000_000_000, "0.92", -920_000_000),
            (1, "0.5", 0),
            (3, "0.5", 2),
            (1_000_000_000, "0.123456789012345678", 123_456_789),
            (0, "7", 0),
        ] {
            assert_eq!(
                euro(per_usd).worth(NanoUsd(nano)),
                Some(worth),
                "{nano} {per_usd}"
            );
        }
        assert_eq!(euro("1000000").worth(NanoUsd(i64::MAX)), None);
        assert_eq!(
            euro("0.92").words(NanoUsd(1_500_000_000)).unwrap(),
            "1.38\u{a0}EUR"
        );
    }

    #[test]
    fn what_cannot_be_used_is_said_by_field() {
        assert_eq!(field_of(&euro("0.92")), None);
        for code in ["", "EU", "EURO", "12A", "usd", "E R"] {
            let currency = Currency {
                code: code.to_owned(),
                ..euro("1")
            };
            assert_eq!(field_of(&currency).as_deref(), Some("code"), "{code}");
        }
        for rate in [
            "",
            "0",
            "0.000",
            "-1",
            "1,5",
            "1e3",
            ".5",
            "NaN",
            "1.2.3",
            "1234567890123456789",
        ] {
            assert_eq!(field_of(&euro(rate)).as_deref(), Some("per_usd"), "{rate}");
        }
        for day in ["", "yesterday", "2026-02-30", "2026-12-01"] {
            let currency = Currency {
                as_of: day.to_owned(),
                ..euro("1")
            };
            assert_eq!(field_of(&currency).as_deref(), Some("as_of"), "{day}");
        }
        let long = Currency {
            source: "x".repeat(201),
            ..euro("1")
        };
        assert_eq!(field_of(&long).as_deref(), Some("source"));
    }

    #[test]
    fn small_letters_and_blanks_are_tidied() {
        let typed = Currency {
            code: " gbp ".to_owned(),
            per_usd: " 0.78 ".to_owned(),
            source: " ECB ".to_owned(),
            ..euro("1")
        };
        let kept = checked(&typed, "2026-11-25".parse().unwrap()).unwrap();
        assert_eq!((kept.code.as_str(), kept.per_usd.as_str()), ("GBP", "0.78"));
        assert_eq!(kept.source, "ECB");
    }

    proptest! {
        #[test]
        fn worth_is_within_half_a_billionth(nano in -1_000_000_000_000_i64..1_000_000_000_000, whole in 0_u32..1_000, fraction in 0_u32..1_000_000) {
            let currency = euro(&format!("{whole}.{fraction:06}"));
            prop_assume!(whole > 0 || fraction > 0);
            let worth = i128::from(currency.worth(NanoUsd(nano)).unwrap());
            let exact = i128::from(nano) * (i128::from(whole) * 1_000_000 + i128::from(fraction));
            prop_assert!((worth * 1_000_000 - exact).abs() * 2 <= 1_000_000);
        }
    }
}
