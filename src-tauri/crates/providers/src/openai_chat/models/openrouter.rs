//! OpenRouter's prices, with the conditions that change them.

use patchbay_domain::Rates;
use patchbay_domain::price::{DailyHours, PriceRule, PriceTier};

use super::fields::Fields;
use super::prices::{PER_TOKEN, extra, extra_amount, main};

/// Rates for some prompts, or at some hours.
struct Override<'a> {
    above: Option<u64>,
    hours: Option<DailyHours>,
    pricing: Fields<'a>,
}

/// The price as rules: the usual one first, then one for each part of the day that has its own.
pub(super) fn rules(pricing: &Fields<'_>) -> Option<Vec<PriceRule>> {
    // Whether a discount is in the rates already is not said, so such a price is not known.
    if extra_amount(pricing, "discount", 0).is_some() {
        return None;
    }
    let base = apply(Rates::default(), pricing)?;
    let overrides = pricing
        .list("overrides")
        .into_iter()
        .map(read_override)
        .collect::<Option<Vec<_>>>()?;
    let mut parts_of_day: Vec<DailyHours> = Vec::new();
    for hours in overrides.iter().filter_map(|entry| entry.hours) {
        if parts_of_day.contains(&hours) {
            continue;
        }
        // Two that share an hour would need a third rule for it. Nobody has that.
        if parts_of_day.iter().any(|other| share_time(*other, hours)) {
            return None;
        }
        parts_of_day.push(hours);
    }
    let days = std::iter::once(None).chain(parts_of_day.into_iter().map(Some));
    days.map(|hours| rule(base, &overrides, hours)).collect()
}

fn rule(base: Rates, overrides: &[Override<'_>], hours: Option<DailyHours>) -> Option<PriceRule> {
    let holds = |entry: &&Override<'_>| entry.hours.is_none() || entry.hours == hours;
    let overrides: Vec<_> = overrides.iter().filter(holds).collect();
    let rates_above = |size: u64| {
        overrides
            .iter()
            .filter(|entry| entry.above.is_none_or(|above| above <= size))
            .try_fold(base, |rates, entry| apply(rates, &entry.pricing))
    };
    let mut sizes: Vec<u64> = overrides.iter().filter_map(|entry| entry.above).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let always = overrides.iter().filter(|entry| entry.above.is_none());
    Some(PriceRule {
        hours,
        rates: always
            .into_iter()
            .try_fold(base, |rates, entry| apply(rates, &entry.pricing))?,
        tiers: sizes
            .into_iter()
            .map(|above_input_tokens| {
                Some(PriceTier {
                    above_input_tokens,
                    rates: rates_above(above_input_tokens)?,
                })
            })
            .collect::<Option<_>>()?,
        ..PriceRule::default()
    })
}

/// `None` for a condition that a price here cannot express; then the price is not known.
fn read_override(pricing: Fields<'_>) -> Option<Override<'_>> {
    let days = pricing.words("utc_days").unwrap_or_default();
    if !days.is_empty() && days.len() < 7 {
        return None;
    }
    let hours = match (clock(&pricing, "utc_start"), clock(&pricing, "utc_end")) {
        (None, None) => None,
        (Some(from), Some(until)) => Some(DailyHours {
            from_minute: from?,
            until_minute: until?,
        }),
        _ => return None,
    };
    Some(Override {
        above: pricing.count("min_prompt_tokens"),
        hours,
        pricing,
    })
}

/// A time of day that is written as a number: 1030 is half past ten. `Some(None)` where it is none.
fn clock(pricing: &Fields<'_>, name: &str) -> Option<Option<u16>> {
    let raw = pricing.raw(name)?.get();
    let number: Option<u16> = raw.parse().ok();
    Some(number.and_then(|number| {
        let (hour, minute) = (number / 100, number % 100);
        (hour < 24 && minute < 60).then_some(hour * 60 + minute)
    }))
}

fn share_time(left: DailyHours, right: DailyHours) -> bool {
    let minutes = 0..24 * 60_i64;
    minutes.into_iter().any(|minute| {
        let at = patchbay_domain::UnixMillis(minute * 60_000);
        left.contains(at) && right.contains(at)
    })
}

/// These rates, and instead of them the ones that are listed here. A class that is not listed keeps
/// its rate.
fn apply(rates: Rates, pricing: &Fields<'_>) -> Option<Rates> {
    let apart = |name| extra(pricing, name, PER_TOKEN);
    Some(Rates {
        input: main(pricing, "prompt", PER_TOKEN)?.or(rates.input),
        output: main(pricing, "completion", PER_TOKEN)?.or(rates.output),
        cache_read: apart("input_cache_read").or(rates.cache_read),
        cache_write: apart("input_cache_write").or(rates.cache_write),
        cache_write_long: apart("input_cache_write_1h").or(rates.cache_write_long),
        reasoning: apart("internal_reasoning").or(rates.reasoning),
        audio_input: apart("audio").or(rates.audio_input),
        audio_cache_read: apart("input_audio_cache").or(rates.audio_cache_read),
        audio_output: apart("audio_output").or(rates.audio_output),
        // `image` and `image_output` are prices for a picture, of which nobody tells the number.
        image_input: apart("image_token").or(rates.image_input),
        per_request: extra_amount(pricing, "request", 0).or(rates.per_request),
        thousand_searches: extra_amount(pricing, "web_search", 3).or(rates.thousand_searches),
        ..rates
    })
}
