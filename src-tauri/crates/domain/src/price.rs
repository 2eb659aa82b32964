//! Prices: rates with everything that changes them. The size of the prompt, the hour, the day a new
//! price begins, and the tier of service.
//!
//! A price is data and this is its only reader, so that what the list shows, what an estimate says
//! and what a receipt charges cannot disagree.

use serde::{Deserialize, Serialize};

use crate::money::{Cost, CostKind};
use crate::rates::Rates;
use crate::receipt::ListPrice;
use crate::time::UnixMillis;
use crate::usage::Usage;
use crate::words::word_enum;

const MINUTES_A_DAY: i64 = 24 * 60;
const MILLIS_A_MINUTE: i64 = 60_000;

word_enum! {
    /// How soon a request is served, and for how much.
    pub enum ServiceTier {
        /// As usual.
        Standard = "standard",
        /// Later, together with others.
        Batch = "batch",
        /// When there is room.
        Flex = "flex",
        /// Before others.
        Priority = "priority",
    }
}

word_enum! {
    /// Where a price comes from, the least trusted first: of two prices for one endpoint the one
    /// from the later source wins.
    pub enum PriceSource {
        /// The price list that came with Patchbay.
        Snapshot = "snapshot",
        /// The provider's own list, asked over its API.
        Provider = "provider",
        /// The person, who may have a contract.
        Person = "person",
    }
}

/// Which list a price stood on, and when it was known to be true.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PriceTag {
    /// What kind of list.
    pub source: PriceSource,
    /// Its name and version, for people.
    pub name: String,
    /// When the list was made or asked.
    pub as_of: UnixMillis,
}

/// The price of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Of the rules that apply, the last one wins; where none does, the first one. At least one.
    pub rules: Vec<PriceRule>,
    /// Where it comes from.
    pub tag: PriceTag,
}

/// Rates, and when they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceRule {
    /// From this moment on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<UnixMillis>,
    /// At these hours only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<DailyHours>,
    /// For this tier of service only; `None` for the standard one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<ServiceTier>,
    /// The rates.
    pub rates: Rates,
    /// Other rates for long prompts, the shortest first. Crossing into a tier changes the rate of
    /// **every** token of the request, not of those above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tiers: Vec<PriceTier>,
}

/// Rates for prompts above a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTier {
    /// The tier begins with one token more than this; all tokens of the prompt count.
    pub above_input_tokens: u64,
    /// All rates of the tier, those that it shares with the base too.
    pub rates: Rates,
}

/// A part of each day in UTC. It may pass midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyHours {
    /// Minute of the day at which it begins, 0 to 1,439.
    pub from_minute: u16,
    /// Minute of the day at which it is over.
    pub until_minute: u16,
}

impl DailyHours {
    /// Whether the moment lies within.
    pub fn contains(&self, at: UnixMillis) -> bool {
        let minute = at.0.div_euclid(MILLIS_A_MINUTE).rem_euclid(MINUTES_A_DAY);
        let (from, until) = (i64::from(self.from_minute), i64::from(self.until_minute));
        if until < from {
            minute >= from || minute < until
        } else {
            (from..until).contains(&minute)
        }
    }
}

impl PriceRule {
    fn applies(&self, at: UnixMillis, tier: ServiceTier) -> bool {
        self.service_tier.unwrap_or(ServiceTier::Standard) == tier
            && self.from.is_none_or(|from| at >= from)
            && self.hours.is_none_or(|hours| hours.contains(at))
    }

    fn rates_for(&self, input_tokens: u64) -> Rates {
        self.tiers
            .iter()
            .rfind(|tier| input_tokens > tier.above_input_tokens)
            .map_or(self.rates, |tier| tier.rates)
    }
}

impl Price {
    /// A price that is the same at any time and for any prompt.
    pub fn flat(rates: Rates, tag: PriceTag) -> Self {
        Self {
            rules: vec![PriceRule {
                rates,
                ..PriceRule::default()
            }],
            tag,
        }
    }

    /// The rates for a request that is sent at `at` with a prompt of `input_tokens`. A tier of
    /// service that has no price of its own is charged as the standard one.
    pub fn rates(&self, at: UnixMillis, input_tokens: u64, tier: ServiceTier) -> Rates {
        self.rule(at, tier)
            .map(|rule| rule.rates_for(input_tokens))
            .unwrap_or_default()
    }

    /// The rule that holds.
    pub fn rule(&self, at: UnixMillis, tier: ServiceTier) -> Option<&PriceRule> {
        let last = |tier| self.rules.iter().rfind(|rule| rule.applies(at, tier));
        last(tier)
            .or_else(|| last(ServiceTier::Standard))
            .or_else(|| self.rules.first())
    }

    /// Whether more than the tokens decides: the size of the prompt, the hour, a day on which other
    /// rates begin, the tier of service.
    pub fn has_conditions(&self) -> bool {
        self.rules.len() > 1
            || self
                .rules
                .iter()
                .any(|rule| !rule.tiers.is_empty() || rule.hours.is_some())
    }

    /// What these tokens cost by this list, where every class of them has a rate of its own: a guess
    /// would compare what cannot be compared.
    pub fn for_tokens(
        &self,
        usage: &Usage,
        at: UnixMillis,
        tier: ServiceTier,
    ) -> Option<ListPrice> {
        let cost = self.cost(usage, at, tier);
        let amount = cost.amount.filter(|_| cost.kind == CostKind::Computed)?;
        Some(ListPrice {
            amount,
            tag: self.tag.clone(),
        })
    }

    /// What a request sent at `at` costs, by its usage.
    pub fn cost(&self, usage: &Usage, at: UnixMillis, tier: ServiceTier) -> Cost {
        self.rates(at, usage.total_input(), tier).price(usage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::NanoUsdPerMTok;

    fn rates(dollars: i64) -> Rates {
        Rates {
            input: Some(NanoUsdPerMTok(dollars * 1_000_000_000)),
            ..Rates::default()
        }
    }

    fn rule(dollars: i64) -> PriceRule {
        PriceRule {
            rates: rates(dollars),
            ..PriceRule::default()
        }
    }

    fn price(rules: Vec<PriceRule>) -> Price {
        let tag = PriceTag {
            source: PriceSource::Snapshot,
            name: "a list".to_owned(),
            as_of: UnixMillis(0),
        };
        Price { rules, tag }
    }

    fn at_minute(minute: i64) -> UnixMillis {
        UnixMillis(minute * MILLIS_A_MINUTE)
    }

    #[test]
    fn a_tier_begins_one_token_above_its_size_and_changes_every_token() {
        let price = price(vec![PriceRule {
            tiers: vec![
                PriceTier {
                    above_input_tokens: 100,
                    rates: rates(2),
                },
                PriceTier {
                    above_input_tokens: 200,
                    rates: rates(4),
                },
            ],
            ..rule(1)
        }]);
        let cost = |input, cache_read| {
            let usage = Usage {
                input,
                cache_read,
                ..Usage::default()
            };
            price
                .cost(&usage, UnixMillis(0), ServiceTier::Standard)
                .amount
                .map(|amount| amount.0)
        };
        assert_eq!(cost(100, 0), Some(100_000));
        assert_eq!(cost(101, 0), Some(202_000));
        assert_eq!(cost(1, 200), Some(201 * 4_000), "cached tokens count too");
    }

    #[test]
    fn a_new_price_begins_on_its_day_and_the_hour_has_the_last_word() {
        let night = DailyHours {
            from_minute: 1_410,
            until_minute: 30,
        };
        let price = price(vec![
            rule(1),
            PriceRule {
                from: Some(at_minute(MINUTES_A_DAY)),
                ..rule(2)
            },
            PriceRule {
                hours: Some(night),
                ..rule(9)
            },
        ]);
        let at = |minute| price.rates(at_minute(minute), 1, ServiceTier::Standard);
        assert_eq!(at(600), rates(1));
        assert_eq!(at(MINUTES_A_DAY + 600), rates(2));
        assert_eq!(at(1_409), rates(1));
        assert_eq!(at(1_410), rates(9));
        assert_eq!(at(MINUTES_A_DAY + 29), rates(9));
        assert_eq!(at(MINUTES_A_DAY + 30), rates(2));
    }

    #[test]
    fn a_tier_of_service_without_a_price_is_charged_as_usual() {
        let price = price(vec![
            rule(2),
            PriceRule {
                service_tier: Some(ServiceTier::Batch),
                ..rule(1)
            },
        ]);
        let of = |tier| price.rates(UnixMillis(0), 1, tier);
        assert_eq!(of(ServiceTier::Standard), rates(2));
        assert_eq!(of(ServiceTier::Batch), rates(1));
        assert_eq!(of(ServiceTier::Priority), rates(2));
    }

    #[test]
    fn before_its_first_day_the_first_price_holds() {
        let price = price(vec![PriceRule {
            from: Some(at_minute(10)),
            ..rule(3)
        }]);
        assert_eq!(
            price.rates(at_minute(0), 1, ServiceTier::Standard),
            rates(3)
        );
    }
}
