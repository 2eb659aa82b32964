//! Price rules as the snapshot spells them: decimal dollars, dates and hours that a person can
//! read and compare line by line.

use serde::{Deserialize, Serialize};

use crate::money::{NanoUsd, NanoUsdPerMTok, parse_dollars};
use crate::price::{DailyHours, PriceRule, PriceTier, ServiceTier};
use crate::rates::Rates;
use crate::time::UnixMillis;

const MILLIS_A_DAY: i64 = 86_400_000;

/// Why a rule cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceTextError {
    /// A rate is no amount of dollars.
    #[error("{0:?} is not an amount of dollars")]
    Amount(String),
    /// A first day is not a date.
    #[error("{0:?} is not a date such as 2026-11-25")]
    Date(String),
    /// A part of the day is none.
    #[error("{0:?} is not a part of the day such as 16:30-00:30")]
    Hours(String),
    /// A tier of service is not one of ours.
    #[error("{0:?} is not a tier of service")]
    Tier(String),
    /// A list is from a source that the file does not name.
    #[error("there is no source number {0}")]
    Source(usize),
}

/// One rule of a price. Amounts are dollars in decimal text: a million tokens, but one request and
/// a thousand searches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The first day in UTC on which it holds, such as `2026-11-25`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The part of the day in UTC, such as `16:30-00:30`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
    /// The tier of service, a word of [`ServiceTier`]; none for the standard one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The rates.
    #[serde(flatten)]
    pub rates: RateTexts,
    /// Rates of longer prompts, the shortest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<QuoteAbove>,
}

/// The rates of prompts with more tokens than a size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteAbove {
    /// The size: the rates hold from one token more.
    pub tokens: u64,
    /// The rates, all of them.
    #[serde(flatten)]
    pub rates: RateTexts,
}

macro_rules! rate_texts {
    ($($name:ident: $unit:ident,)+) => {
        /// [`Rates`] as decimal text, under the same names.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct RateTexts {
            $(
                #[doc = concat!("See [`Rates::", stringify!($name), "`].")]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<String>,
            )+
        }

        impl TryFrom<&RateTexts> for Rates {
            type Error = PriceTextError;

            fn try_from(texts: &RateTexts) -> Result<Self, PriceTextError> {
                Ok(Self {
                    $($name: nano(texts.$name.as_deref())?.map($unit),)+
                })
            }
        }

        impl From<&Rates> for RateTexts {
            fn from(rates: &Rates) -> Self {
                Self {
                    $($name: rates.$name.map(|$unit(nano)| dollars(nano)),)+
                }
            }
        }
    };
}

rate_texts! {
    input: NanoUsdPerMTok,
    cache_read: NanoUsdPerMTok,
    cache_write: NanoUsdPerMTok,
    cache_write_long: NanoUsdPerMTok,
    output: NanoUsdPerMTok,
    reasoning: NanoUsdPerMTok,
    audio_input: NanoUsdPerMTok,
    audio_cache_read: NanoUsdPerMTok,
    image_input: NanoUsdPerMTok,
    audio_output: NanoUsdPerMTok,
    image_output: NanoUsdPerMTok,
    per_request: NanoUsd,
    thousand_searches: NanoUsd,
}

fn nano(text: Option<&str>) -> Result<Option<i64>, PriceTextError> {
    text.map(|text| {
        parse_dollars(text)
            .map(|amount| amount.0)
            .map_err(|_| PriceTextError::Amount(text.to_owned()))
    })
    .transpose()
}

/// The shortest decimal text of an amount.
fn dollars(nano: i64) -> String {
    let text = NanoUsd(nano).to_string();
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl TryFrom<&Quote> for PriceRule {
    type Error = PriceTextError;

    fn try_from(quote: &Quote) -> Result<Self, PriceTextError> {
        let from = quote
            .from
            .as_deref()
            .map(|text| start_of_date(text).ok_or_else(|| PriceTextError::Date(text.to_owned())));
        let hours = quote
            .hours
            .as_deref()
            .map(|text| hours(text).ok_or_else(|| PriceTextError::Hours(text.to_owned())));
        let service_tier = quote.tier.as_deref().map(|word| {
            ServiceTier::from_word(word).ok_or_else(|| PriceTextError::Tier(word.to_owned()))
        });
        let tiers = quote.above.iter().map(|above| {
            Ok(PriceTier {
                above_input_tokens: above.tokens,
                rates: Rates::try_from(&above.rates)?,
            })
        });
        Ok(Self {
            from: from.transpose()?,
            hours: hours.transpose()?,
            service_tier: service_tier.transpose()?,
            rates: Rates::try_from(&quote.rates)?,
            tiers: tiers.collect::<Result<_, _>>()?,
        })
    }
}

impl From<&PriceRule> for Quote {
    /// A first moment is kept to the day.
    fn from(rule: &PriceRule) -> Self {
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        Self {
            from: rule.from.map(UnixMillis::utc_date),
            hours: rule
                .hours
                .map(|hours| format!("{}-{}", clock(hours.from_minute), clock(hours.until_minute))),
            tier: rule.service_tier.map(|tier| tier.as_str().to_owned()),
            rates: RateTexts::from(&rule.rates),
            above: rule
                .tiers
                .iter()
                .map(|tier| QuoteAbove {
                    tokens: tier.above_input_tokens,
                    rates: RateTexts::from(&tier.rates),
                })
                .collect(),
        }
    }
}

fn hours(text: &str) -> Option<DailyHours> {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute) = (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let (from, until) = text.split_once('-')?;
    Some(DailyHours {
        from_minute: minute(from)?,
        until_minute: minute(until)?,
    })
}

/// The first moment in UTC of a date such as `2026-11-25`; `None` where there is no such day.
pub(super) fn start_of_date(text: &str) -> Option<UnixMillis> {
    let mut parts = text.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (
        parts.next()?.ok()?,
        parts.next()?.ok()?,
        parts.next()?.ok()?,
    );
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March put the leap day at their end.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * shifted_year + shifted_year / 4 - shifted_year / 100
        + shifted_year / 400
        + day_of_year
        - 719_468;
    let start = UnixMillis(days * MILLIS_A_DAY);
    (start.utc_date() == format!("{year:04}-{month:02}-{day:02}")).then_some(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rule_survives_its_text() {
        let text = r#"{"from":"2026-08-17","hours":"22:00-01:30","tier":"flex","input":"0.1","output":"1.25","per_request":"0.005","above":[{"tokens":200000,"input":"0.2","output":"2"}]}"#;
        let quote: Quote = serde_json::from_str(text).unwrap();
        let rule = PriceRule::try_from(&quote).unwrap();
        assert_eq!(rule.from, Some(UnixMillis(1_786_924_800_000)));
        assert_eq!(rule.service_tier, Some(ServiceTier::Flex));
        assert_eq!(rule.rates.input, Some(NanoUsdPerMTok(100_000_000)));
        assert_eq!(rule.rates.per_request, Some(NanoUsd(5_000_000)));
        assert_eq!(rule.rates.cache_read, None);
        assert_eq!(
            rule.tiers[0].rates.output,
            Some(NanoUsdPerMTok(2_000_000_000))
        );
        assert_eq!(serde_json::to_string(&Quote::from(&rule)).unwrap(), text);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = |text: &str| {
            PriceRule::try_from(&serde_json::from_str::<Quote>(text).unwrap())
                .unwrap_err()
                .to_string()
        };
        assert!(error(r#"{"input":"cheap"}"#).contains("cheap"));
        assert!(error(r#"{"from":"2026-02-30"}"#).contains("2026-02-30"));
        assert!(error(r#"{"hours":"25:00-01:00"}"#).contains("25:00"));
        assert!(error(r#"{"tier":"soon"}"#).contains("soon"));
    }

    proptest! {
        #[test]
        fn a_date_survives_its_moment(days in 0_i64..60_000) {
            let moment = UnixMillis(days * MILLIS_A_DAY);
            prop_assert_eq!(start_of_date(&moment.utc_date()), Some(moment));
        }

        #[test]
        fn reading_a_date_never_panics(text in "\\PC{0,16}") {
            let _ = start_of_date(&text);
        }
    }
}
