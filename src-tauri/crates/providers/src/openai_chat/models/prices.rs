//! The prices in a provider's own list.
//!
//! A price that is negative, not a number or absurd is no price. What costs nothing beside something
//! that costs is not listed: lists write 0 for classes that they do not price apart.

use patchbay_domain::price::{PriceRule, PriceTier, ServiceTier};
use patchbay_domain::{NanoUsd, NanoUsdPerMTok, Rates};

use super::fields::Fields;
use super::openrouter;
use super::shape::ModelListShape;
use crate::decimal::shifted_dollars;

/// Powers of ten from a list's unit to dollars for a million tokens.
pub(super) const PER_TOKEN: i32 = 6;
const PER_THOUSAND: i32 = 3;
const PER_MILLION: i32 = 0;
/// Ten-thousandths of a dollar for a million; US cents for a hundred million are the same.
const TEN_THOUSANDTHS: i32 = -4;

/// More dollars than this for a million tokens, or for a thousand searches, is a mistake of the list.
const ABSURD_DOLLARS: i64 = 10_000;
const NANO_PER_DOLLAR: i64 = 1_000_000_000;

/// The rules of the price in this entry; `None` where it has none that can be believed.
pub(super) fn rules(entry: &Fields<'_>, shape: ModelListShape) -> Option<Vec<PriceRule>> {
    let rules = match shape {
        ModelListShape::Plain | ModelListShape::Openai => return None,
        ModelListShape::Openrouter => openrouter::rules(&entry.object("pricing"))?,
        ModelListShape::Together => flat(together(&entry.object("pricing"))?),
        ModelListShape::Deepinfra => flat(deepinfra(&entry.object("metadata").object("pricing"))?),
        ModelListShape::Novita => novita(entry)?,
        ModelListShape::Nanogpt => flat(nanogpt(&entry.object("pricing"))?),
        ModelListShape::Xai => xai(entry)?,
        ModelListShape::Fireworks => flat(fireworks(entry)?),
        ModelListShape::Huggingface => flat(huggingface(entry)?),
        ModelListShape::Litellm => litellm(&LitellmEntry {
            info: entry.object("model_info"),
            parameters: entry.object("litellm_params"),
        })?,
    };
    let first = rules.first()?.rates;
    (first.input.is_some() || first.output.is_some()).then_some(rules)
}

fn flat(rates: Rates) -> Vec<PriceRule> {
    vec![PriceRule {
        rates,
        ..PriceRule::default()
    }]
}

/// An amount that can be believed. `Some(None)` where there is no field of this name, `None` where
/// what stands there is no amount.
fn amount(fields: &Fields<'_>, name: &str, power: i32) -> Option<Option<i64>> {
    let Some(raw) = fields.raw(name) else {
        return Some(None);
    };
    let NanoUsd(nano) = shifted_dollars(raw.get().trim_matches('"'), power)?;
    let is_sane = (0..=ABSURD_DOLLARS * NANO_PER_DOLLAR).contains(&nano);
    is_sane.then_some(Some(nano))
}

/// A rate without which, where it is wrong, the whole price is worth nothing.
pub(super) fn main(fields: &Fields<'_>, name: &str, power: i32) -> Option<Option<NanoUsdPerMTok>> {
    amount(fields, name, power).map(|nano| nano.map(NanoUsdPerMTok))
}

/// A rate of a class that is priced apart.
pub(super) fn extra(fields: &Fields<'_>, name: &str, power: i32) -> Option<NanoUsdPerMTok> {
    extra_amount(fields, name, power).map(|NanoUsd(nano)| NanoUsdPerMTok(nano))
}

/// What something that is no token costs.
pub(super) fn extra_amount(fields: &Fields<'_>, name: &str, power: i32) -> Option<NanoUsd> {
    amount(fields, name, power)
        .flatten()
        .filter(|nano| *nano > 0)
        .map(NanoUsd)
}

fn is_free(rates: &Rates) -> bool {
    let rates = [rates.input, rates.output];
    rates.into_iter().flatten().all(|rate| rate.0 == 0)
}

fn together(pricing: &Fields<'_>) -> Option<Rates> {
    let rates = Rates {
        input: main(pricing, "input", PER_MILLION)?,
        output: main(pricing, "output", PER_MILLION)?,
        cache_read: extra(pricing, "cached_input", PER_MILLION)
            .or_else(|| extra(pricing, "cachedInput", PER_MILLION)),
        ..Rates::default()
    };
    // What is rented by the hour stands there with zeros too.
    (!is_free(&rates)).then_some(rates)
}

fn deepinfra(pricing: &Fields<'_>) -> Option<Rates> {
    Some(Rates {
        input: main(pricing, "input_tokens", PER_MILLION)?,
        output: main(pricing, "output_tokens", PER_MILLION)?,
        cache_read: extra(pricing, "cache_read_tokens", PER_MILLION),
        cache_write: extra(pricing, "cache_write_tokens", PER_MILLION),
        ..Rates::default()
    })
}

fn nanogpt(pricing: &Fields<'_>) -> Option<Rates> {
    let is_other = |name, expected: &str| {
        pricing
            .text(name)
            .is_some_and(|word| !word.eq_ignore_ascii_case(expected))
    };
    if is_other("unit", "per_million_tokens") || is_other("currency", "USD") {
        return None;
    }
    Some(Rates {
        input: main(pricing, "prompt", PER_MILLION)?,
        output: main(pricing, "completion", PER_MILLION)?,
        cache_read: extra(pricing, "cacheReadInputPer1kTokens", PER_THOUSAND),
        cache_write: extra(pricing, "cacheWriteInputPer1kTokens", PER_THOUSAND),
        ..Rates::default()
    })
}

fn novita(entry: &Fields<'_>) -> Option<Vec<PriceRule>> {
    let pricing = entry.object("pricing");
    if entry.flag("is_tiered_billing") != Some(true) {
        let mut rates = novita_rates(&pricing)?;
        if pricing.is_empty() {
            rates.input = main(entry, "input_token_price_per_m", TEN_THOUSANDTHS)?;
            rates.output = main(entry, "output_token_price_per_m", TEN_THOUSANDTHS)?;
        }
        return Some(flat(rates));
    }
    let mut bands = entry.list("tiered_billing_configs");
    bands.sort_by_key(|band| band.count("min_tokens"));
    let mut rules: Vec<PriceRule> = Vec::new();
    let mut above = None;
    for band in &bands {
        let rates = novita_rates(&band.object("pricing"))?;
        match rules.first_mut() {
            None => rules = flat(rates),
            Some(rule) => rule.tiers.push(PriceTier {
                above_input_tokens: above?,
                rates,
            }),
        }
        above = band.count("max_tokens");
    }
    Some(rules)
}

fn novita_rates(pricing: &Fields<'_>) -> Option<Rates> {
    let read = |name: &str| -> Option<Option<NanoUsdPerMTok>> {
        let price = pricing.object(name);
        if price.raw("price_per_m_decimal").is_some() {
            main(&price, "price_per_m_decimal", PER_MILLION)
        } else {
            main(&price, "price_per_m", TEN_THOUSANDTHS)
        }
    };
    let apart = |name| read(name).flatten().filter(|rate| rate.0 > 0);
    Some(Rates {
        input: read("prompt")?,
        output: read("completion")?,
        cache_read: apart("input_cache_read"),
        cache_write: apart("input_cache_write"),
        ..Rates::default()
    })
}

fn xai(entry: &Fields<'_>) -> Option<Vec<PriceRule>> {
    let rates = Rates {
        input: main(entry, "prompt_text_token_price", TEN_THOUSANDTHS)?,
        output: main(entry, "completion_text_token_price", TEN_THOUSANDTHS)?,
        cache_read: extra(entry, "cached_prompt_text_token_price", TEN_THOUSANDTHS),
        image_input: extra(entry, "prompt_image_token_price", TEN_THOUSANDTHS),
        // Cents for a hundred million searches.
        thousand_searches: extra_amount(entry, "search_price", -7),
        ..Rates::default()
    };
    if is_free(&rates) {
        return None;
    }
    let mut rules = flat(rates);
    // The tier begins with the threshold itself. A rate of 0 in it is the usual one.
    if let (Some(threshold), Some(rule)) =
        (entry.count("long_context_threshold"), rules.first_mut())
    {
        let long = |name, usual| extra(entry, name, TEN_THOUSANDTHS).or(usual);
        let cached = "cached_prompt_text_token_price_long_context";
        rule.tiers.push(PriceTier {
            above_input_tokens: threshold - 1,
            rates: Rates {
                input: long("prompt_text_token_price_long_context", rates.input),
                output: long("completion_text_token_price_long_context", rates.output),
                cache_read: long(cached, rates.cache_read),
                ..rates
            },
        });
    }
    Some(rules)
}

fn fireworks(entry: &Fields<'_>) -> Option<Rates> {
    let mut rates = Rates::default();
    for price in entry.list("pricing") {
        if price.text("unit").as_deref() != Some("1M tokens") {
            continue;
        }
        let amount = main(&price, "amount", PER_MILLION)?;
        match price.text("sku").as_deref() {
            Some("LLM input tokens (uncached)") => rates.input = amount,
            Some("LLM input tokens (cached)") => rates.cache_read = amount,
            Some("LLM output tokens") => rates.output = amount,
            _ => {}
        }
    }
    Some(rates)
}

/// The router chooses among hosts, so there is one price only where they all ask the same.
fn huggingface(entry: &Fields<'_>) -> Option<Rates> {
    let mut common = None;
    for host in live_hosts(entry) {
        let pricing = host.object("pricing");
        let rates = Rates {
            input: main(&pricing, "input", PER_MILLION)?,
            output: main(&pricing, "output", PER_MILLION)?,
            ..Rates::default()
        };
        if *common.get_or_insert(rates) != rates {
            return None;
        }
    }
    common
}

/// The hosts of a model that answer now.
pub(super) fn live_hosts<'a>(entry: &Fields<'a>) -> impl Iterator<Item = Fields<'a>> {
    entry
        .list("providers")
        .into_iter()
        .filter(|host| host.text("status").is_none_or(|status| status == "live"))
}

/// What the proxy knows of a model, and what its configuration says. Of the prices in the
/// configuration it copies those of the prompt and the answer, and leaves those of the cache.
struct LitellmEntry<'a> {
    info: Fields<'a>,
    parameters: Fields<'a>,
}

fn litellm(entry: &LitellmEntry<'_>) -> Option<Vec<PriceRule>> {
    let rates = litellm_rates(entry, "")?;
    // A model that the proxy knows nothing about stands there with zeros.
    if is_free(&rates) {
        return None;
    }
    let filled = |rates: Rates, usual: Rates| Rates {
        input: rates.input.or(usual.input),
        output: rates.output.or(usual.output),
        cache_read: rates.cache_read.or(usual.cache_read),
        cache_write: rates.cache_write.or(usual.cache_write),
        ..usual
    };
    let mut rules = flat(rates);
    for thousands in [128_u64, 200, 256, 272, 512] {
        let long = litellm_rates(entry, &format!("_above_{thousands}k_tokens"))?;
        if long != Rates::default()
            && let Some(rule) = rules.first_mut()
        {
            rule.tiers.push(PriceTier {
                above_input_tokens: thousands * 1_000,
                rates: filled(long, rates),
            });
        }
    }
    for tier in [ServiceTier::Flex, ServiceTier::Priority] {
        let own = litellm_rates(entry, &format!("_{}", tier.as_str()))?;
        if own != Rates::default() {
            rules.push(PriceRule {
                service_tier: Some(tier),
                rates: filled(own, rates),
                ..PriceRule::default()
            });
        }
    }
    Some(rules)
}

fn litellm_rates(entry: &LitellmEntry<'_>, suffix: &str) -> Option<Rates> {
    let LitellmEntry { info, parameters } = entry;
    let name = |stem: &str| format!("{stem}{suffix}");
    let main = |stem: &str| {
        let known = main(info, &name(stem), PER_TOKEN)?;
        Some(known.or(main(parameters, &name(stem), PER_TOKEN)?))
    };
    let apart = |stem: &str| {
        let name = name(stem);
        extra(info, &name, PER_TOKEN).or_else(|| extra(parameters, &name, PER_TOKEN))
    };
    let creation = "cache_creation_input_token_cost";
    Some(Rates {
        input: main("input_cost_per_token")?,
        output: main("output_cost_per_token")?,
        cache_read: apart("cache_read_input_token_cost"),
        cache_write: apart(creation),
        cache_write_long: apart("cache_creation_input_token_cost_above_1hr"),
        reasoning: apart("output_cost_per_reasoning_token"),
        audio_input: apart("input_cost_per_audio_token"),
        audio_output: apart("output_cost_per_audio_token"),
        ..Rates::default()
    })
}
