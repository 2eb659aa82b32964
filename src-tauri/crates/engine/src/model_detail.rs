//! All that is known about one way in, and a person's own price of it.

use jiff::Timestamp;
use patchbay_domain::amount::grouped;
use patchbay_domain::money::parse_dollars;
use patchbay_domain::price::{PriceRule, PriceSource, PriceTag, PriceTier, ServiceTier};
use patchbay_domain::{Endpoint, NanoUsd, NanoUsdPerMTok, Price, ProviderId, Rates, UnixMillis};

use crate::catalogue::Snapshot;
use crate::models::{ModelChoice, PriceNow, snapshot_price};
use crate::providers::preset_of;
use crate::{Engine, EngineError};

/// What a person's own price is called on receipts.
const OWN_PRICE: &str = "Your own price";

/// Above this nobody asks, so it is a slip of the pen: dollars per million tokens.
const MOST_DOLLARS: i64 = 10_000;

/// Everything about one way in.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelDetail {
    /// As in the list.
    pub model: ModelChoice,
    /// The rules of the price that holds.
    pub rules: Vec<RuleDetail>,
    /// What the maker itself asks, where this way in is another's.
    pub list_price: Option<PriceNow>,
    /// What every list says, the one that wins first.
    pub sources: Vec<PriceNow>,
    /// Why the newest list was not believed.
    pub problem: Option<String>,
    /// Every price that was written down, the newest first.
    pub history: Vec<(UnixMillis, PriceNow)>,
}

/// One rule of a price, or one size of prompt under it.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDetail {
    /// When it holds; empty for always.
    pub condition: String,
    /// It holds now for a short prompt.
    pub is_current: bool,
    /// Its rates.
    pub rates: Rates,
}

/// A person's own price as it is typed: dollars per million tokens as decimal text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnPrice {
    /// Prompt tokens.
    pub input: Option<String>,
    /// Answer tokens.
    pub output: Option<String>,
    /// Prompt tokens from the cache.
    pub cache_read: Option<String>,
    /// Prompt tokens written to the cache.
    pub cache_write: Option<String>,
    /// Thinking tokens.
    pub reasoning: Option<String>,
    /// Dollars for each request.
    pub per_request: Option<String>,
}

impl Engine {
    /// Everything about one way in.
    ///
    /// # Errors
    /// It is not on any list, or the database cannot be read.
    pub async fn model_detail(&self, endpoint: &Endpoint) -> Result<ModelDetail, EngineError> {
        let models = self.models().await?;
        let model = models
            .into_iter()
            .find(|model| model.endpoint == *endpoint)
            .ok_or(EngineError::NotFound("The model"))?;
        let now = self.clock.now();
        let history = self.store.price_history(endpoint.clone()).await?;
        let history = history
            .iter()
            .map(|record| (record.recorded_at, PriceNow::of(&record.price, now)))
            .collect();
        let prices = self.prices_of(endpoint).await?;
        let listed = self.store.listed_model(endpoint.clone()).await?;
        let list_price = model
            .canonical_id
            .as_deref()
            .and_then(|id| Snapshot::embedded().list_price(id));
        Ok(ModelDetail {
            rules: prices
                .first()
                .map_or_else(Vec::new, |price| rules(price, now)),
            list_price: list_price.map(|price| PriceNow::of(price, now)),
            sources: prices
                .iter()
                .map(|price| PriceNow::of(price, now))
                .collect(),
            problem: match listed.and_then(|listed| listed.price_problem) {
                Some(problem) => Some(problem),
                None => self.doubt(endpoint, prices.first()).await,
            },
            history,
            model,
        })
    }

    /// What the embedded list is not sure of, where the price that holds stands on it.
    async fn doubt(&self, endpoint: &Endpoint, holds: Option<&Price>) -> Option<String> {
        let of_snapshot = holds.is_some_and(|price| price.tag.source == PriceSource::Snapshot);
        if !of_snapshot || endpoint.provider.is_local() {
            return None;
        }
        let record = self.provider_record(&endpoint.provider).await.ok()?;
        doubts(&preset_of(&record)?.id, &endpoint.model)
    }

    /// Every price of an endpoint, the one that holds first.
    async fn prices_of(&self, endpoint: &Endpoint) -> Result<Vec<Price>, EngineError> {
        if endpoint.provider.is_local() {
            return Ok(vec![crate::routing::free()]);
        }
        let record = self.provider_record(&endpoint.provider).await?;
        let own = self.store.price_override(endpoint.clone()).await?;
        let listed = self.store.listed_model(endpoint.clone()).await?;
        let all = [
            own.map(|record| record.price),
            listed.and_then(|listed| listed.listing.price),
            snapshot_price(&record, &endpoint.model),
        ];
        Ok(all.into_iter().flatten().collect())
    }

    /// Sets a person's own price, which wins over every list.
    ///
    /// # Errors
    /// A field is no amount, no field is filled, or the database cannot be written.
    pub async fn set_own_price(
        &self,
        endpoint: &Endpoint,
        own: &OwnPrice,
    ) -> Result<ModelDetail, EngineError> {
        if endpoint.provider == ProviderId::local() {
            return Err(EngineError::input(
                "input",
                "A model on this computer costs nothing.",
                "Set prices for models of providers.",
            ));
        }
        let now = self.clock.now();
        let price = Price::flat(
            own_rates(own)?,
            PriceTag {
                source: PriceSource::Person,
                name: OWN_PRICE.to_owned(),
                as_of: now,
            },
        );
        self.store
            .set_price_override(endpoint.clone(), price, now)
            .await?;
        self.model_detail(endpoint).await
    }

    /// Takes a person's own price back; the lists hold again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn clear_own_price(&self, endpoint: &Endpoint) -> Result<ModelDetail, EngineError> {
        self.store.remove_price_override(endpoint.clone()).await?;
        self.model_detail(endpoint).await
    }
}

/// What one list says and another does not, and what nobody counts.
fn doubts(preset: &str, model: &str) -> Option<String> {
    let snapshot = Snapshot::embedded();
    let line = snapshot.listed(preset, model)?;
    let mut sentences = Vec::new();
    if let Some(other) = &line.disagrees {
        let source = snapshot.sources().get(other.source)?;
        sentences.push(format!(
            "{} {} of {} says ${} for the prompt and ${} for the answer.",
            source.name, source.version, source.as_of, other.input, other.output
        ));
    }
    if !line.uncounted.is_empty() {
        sentences.push(format!(
            "Charged too, and not counted here: {}.",
            line.uncounted.join(", ")
        ));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

fn own_rates(own: &OwnPrice) -> Result<Rates, EngineError> {
    let rate = |field, text: &Option<String>| -> Result<Option<NanoUsdPerMTok>, EngineError> {
        Ok(amount(field, text.as_deref())?.map(|amount| NanoUsdPerMTok(amount.0)))
    };
    let rates = Rates {
        input: rate("input", &own.input)?,
        output: rate("output", &own.output)?,
        cache_read: rate("cache_read", &own.cache_read)?,
        cache_write: rate("cache_write", &own.cache_write)?,
        reasoning: rate("reasoning", &own.reasoning)?,
        per_request: amount("per_request", own.per_request.as_deref())?,
        ..Rates::default()
    };
    if rates.input.is_none() || rates.output.is_none() {
        let field = if rates.input.is_none() {
            "input"
        } else {
            "output"
        };
        return Err(EngineError::input(
            field,
            "A price needs an amount for prompt and answer.",
            "Type dollars per million tokens, such as 0.15; 0 where it costs nothing.",
        ));
    }
    Ok(rates)
}

fn amount(field: &'static str, text: Option<&str>) -> Result<Option<NanoUsd>, EngineError> {
    let Some(text) = text.map(|text| text.trim().trim_start_matches('$')) else {
        return Ok(None);
    };
    if text.is_empty() {
        return Ok(None);
    }
    let advice = "Type dollars per million tokens, such as 0.15.";
    // A comma is a decimal point to half of the world; a price per million tokens has no thousands.
    let amount = parse_dollars(&text.replace(',', "."))
        .map_err(|_| EngineError::input(field, "This is not an amount of money.", advice))?;
    if amount.0 < 0 {
        return Err(EngineError::input(
            field,
            "A price is not below zero.",
            advice,
        ));
    }
    if amount.0 > MOST_DOLLARS * 1_000_000_000 {
        let sentence = format!("More than ${MOST_DOLLARS} is not a price that anybody asks.");
        return Err(EngineError::input(field, sentence, advice));
    }
    Ok(Some(amount))
}

/// The rules of a price, each size of prompt on its own.
fn rules(price: &Price, now: UnixMillis) -> Vec<RuleDetail> {
    let current = price.rule(now, ServiceTier::Standard);
    let mut details = Vec::new();
    for rule in &price.rules {
        let is_current = current.is_some_and(|current| std::ptr::eq(current, rule));
        details.push(RuleDetail {
            condition: condition(rule, None),
            is_current,
            rates: rule.rates,
        });
        details.extend(rule.tiers.iter().map(|tier| RuleDetail {
            condition: condition(rule, Some(tier)),
            is_current: false,
            rates: tier.rates,
        }));
    }
    details
}

fn condition(rule: &PriceRule, tier: Option<&PriceTier>) -> String {
    let mut parts = Vec::new();
    if let Some(tier) = tier {
        parts.push(format!(
            "prompts over {} tokens",
            grouped(tier.above_input_tokens)
        ));
    } else if let Some(first) = rule.tiers.first() {
        parts.push(format!(
            "prompts up to {} tokens",
            grouped(first.above_input_tokens)
        ));
    }
    if let Some(service) = rule.service_tier {
        parts.push(format!("{} service", service.as_str()));
    }
    if let Some(hours) = rule.hours {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        parts.push(format!(
            "{} to {} UTC",
            time(hours.from_minute),
            time(hours.until_minute)
        ));
    }
    if let Some(from) = rule.from {
        let day = Timestamp::from_millisecond(from.0)
            .map(|at| at.strftime("%Y-%m-%d").to_string())
            .unwrap_or_default();
        parts.push(format!("from {day}"));
    }
    let mut words = parts.join(", ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use patchbay_domain::price::DailyHours;

    use super::*;

    fn rates(dollars: i64) -> Rates {
        Rates {
            input: Some(NanoUsdPerMTok(dollars * 1_000_000_000)),
            ..Rates::default()
        }
    }

    #[test]
    fn a_rule_says_in_words_when_it_holds() {
        let price = Price {
            rules: vec![
                PriceRule {
                    rates: rates(1),
                    tiers: vec![PriceTier {
                        above_input_tokens: 200_000,
                        rates: rates(2),
                    }],
                    ..PriceRule::default()
                },
                PriceRule {
                    rates: rates(3),
                    hours: Some(DailyHours {
                        from_minute: 990,
                        until_minute: 30,
                    }),
                    from: Some(UnixMillis(1_764_547_200_000)),
                    service_tier: Some(ServiceTier::Batch),
                    ..PriceRule::default()
                },
            ],
            tag: PriceTag {
                source: PriceSource::Snapshot,
                name: "a list".to_owned(),
                as_of: UnixMillis(0),
            },
        };
        let said = rules(&price, UnixMillis(0));
        let words: Vec<_> = said
            .iter()
            .map(|rule| (rule.condition.as_str(), rule.is_current))
            .collect();
        assert_eq!(
            words,
            [
                ("Prompts up to 200,000 tokens", true),
                ("Prompts over 200,000 tokens", false),
                ("Batch service, 16:30 to 00:30 UTC, from 2025-12-01", false),
            ]
        );
    }

    #[test]
    fn an_own_price_is_read_digit_by_digit_or_refused_with_its_field() {
        let own = |input: &str, output: &str| OwnPrice {
            input: Some(input.to_owned()),
            output: Some(output.to_owned()),
            ..OwnPrice::default()
        };
        let read = own_rates(&own("$0,15", " 0.6 ")).unwrap();
        assert_eq!(read.input, Some(NanoUsdPerMTok(150_000_000)));
        assert_eq!(read.output, Some(NanoUsdPerMTok(600_000_000)));
        for (input, output, field) in [
            ("", "1", "input"),
            ("1", "", "output"),
            ("cheap", "1", "input"),
            ("1", "-1", "output"),
            ("1", "10001", "output"),
        ] {
            match own_rates(&own(input, output)) {
                Err(EngineError::Input(wrong)) => assert_eq!(wrong.field, field),
                other => panic!("{input} {output}: {other:?}"),
            }
        }
    }
}
