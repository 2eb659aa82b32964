//! LiteLLM's cost map: a second opinion on every price, and the only one on a few providers.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_domain::catalogue::{
    Disagreement, ListedPrice, PriceBook, PriceList, Quote, RateTexts,
};
use patchbay_domain::money::parse_dollars;
use patchbay_domain::price::ServiceTier;
use patchbay_domain::{NanoUsdPerMTok, UnixMillis};
use serde_json::{Map, Value};

use crate::SECOND;

/// A provider of LiteLLM: the preset, what stands before the ids, and whether its prices are taken
/// where the first list has none. Those of clouds are not: their ids name regions and deployments.
pub(crate) const PROVIDERS: &[(&str, &str, &str, bool)] = &[
    ("anthropic", "anthropic", "", true),
    ("azure", "azure", "azure/", false),
    ("azure_ai", "azure", "azure_ai/", false),
    ("bedrock", "bedrock", "", false),
    ("bedrock_converse", "bedrock", "", false),
    ("bedrock_mantle", "bedrock_mantle", "bedrock_mantle/", false),
    ("bigmodel", "zhipu", "bigmodel/", true),
    ("cerebras", "cerebras", "cerebras/", true),
    ("cohere_chat", "cohere", "", true),
    ("dashscope", "alibaba", "dashscope/", true),
    ("deepinfra", "deepinfra", "deepinfra/", true),
    ("deepseek", "deepseek", "deepseek/", true),
    ("fireworks_ai", "fireworks", "fireworks_ai/", true),
    ("gemini", "google", "gemini/", true),
    ("groq", "groq", "groq/", true),
    ("minimax", "minimax", "minimax/", true),
    ("mistral", "mistral", "mistral/", true),
    ("moonshot", "moonshot", "moonshot/", true),
    ("novita", "novita", "novita/", true),
    ("openai", "openai", "", true),
    ("sambanova", "sambanova", "sambanova/", true),
    ("together_ai", "together", "together_ai/", true),
    ("vertex_ai-anthropic_models", "vertex", "vertex_ai/", false),
    ("vertex_ai-language-models", "vertex", "", false),
    ("xai", "xai", "xai/", true),
    ("zai", "zai", "zai/", true),
];

const HOUR: i64 = 3_600_000;

/// Groups of a size, which LiteLLM lists as if they were models.
fn is_no_model(id: &str) -> bool {
    id.starts_with("together-ai-") || id.starts_with("fireworks-ai-") || id.starts_with("ft:")
}

/// The preset and the provider's own id of each entry, in order.
pub(crate) fn entries(
    second: &Map<String, Value>,
) -> impl Iterator<Item = (&'static str, bool, &str, &Value)> {
    second.iter().filter_map(|(name, entry)| {
        let provider = entry["provider"].as_str()?;
        let (_, preset, before, is_taken) =
            PROVIDERS.iter().find(|(known, ..)| *known == provider)?;
        let id = name.strip_prefix(before).unwrap_or(name);
        (!is_no_model(id)).then_some((*preset, *is_taken, id, entry))
    })
}

fn rate<'a>(entry: &'a Value, key: &str) -> Option<&'a str> {
    entry["rates"][key].as_str()
}

fn nano(text: &str) -> i64 {
    parse_dollars(text).unwrap().0
}

/// Whether two rates are more than half a percent of the larger one apart.
fn differs(ours: NanoUsdPerMTok, theirs: i64) -> bool {
    let (ours, theirs) = (i128::from(ours.0), i128::from(theirs));
    (ours - theirs).abs() * 200 > ours.abs().max(theirs.abs())
}

/// Puts the second opinion beside each price of the first lists that it contradicts.
pub(crate) fn compare(
    second: &Map<String, Value>,
    book: &PriceBook,
    now: UnixMillis,
    lists: &mut [PriceList],
) {
    println!("\nThe two lists disagree (dollars a million tokens, prompt and answer):");
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut agreed: BTreeSet<(&str, String)> = BTreeSet::new();
    let mut notes: BTreeMap<(&str, String), Disagreement> = BTreeMap::new();
    for (preset, _, id, entry) in entries(second) {
        let (Some(input), Some(output)) = (
            rate(entry, "input_cost_per_token"),
            rate(entry, "output_cost_per_token"),
        ) else {
            continue;
        };
        let (Some(listed), Some(price)) = (book.listed(preset, id), book.price(preset, id)) else {
            continue;
        };
        let rates = price.rates(now, 0, ServiceTier::Standard);
        if rates.input.is_none() || rates.output.is_none() {
            continue;
        }
        let count = counts.entry(preset).or_default();
        count.0 += 1;
        // This list knows no hours: what holds at any hour of the day is no contradiction.
        let agrees = (0..24).any(|hour| {
            let rates = price.rates(UnixMillis(now.0 + hour * HOUR), 0, ServiceTier::Standard);
            rates.input.is_some_and(|ours| !differs(ours, nano(input)))
                && rates
                    .output
                    .is_some_and(|ours| !differs(ours, nano(output)))
        });
        if agrees {
            agreed.insert((preset, listed.id.clone()));
            continue;
        }
        count.1 += 1;
        let ours = RateTexts::from(&rates);
        println!(
            "  {preset} {id}: {} / {}, the other {input} / {output}",
            ours.input.unwrap(),
            ours.output.unwrap()
        );
        notes
            .entry((preset, listed.id.clone()))
            .or_insert_with(|| Disagreement {
                source: SECOND,
                input: input.to_owned(),
                output: output.to_owned(),
            });
    }
    for list in lists {
        for listed in &mut list.prices {
            listed.disagrees = list.presets.iter().find_map(|preset| {
                // One price often stands for several ids, of which the other list may price an old
                // one differently: where any of them agrees, the price is not in doubt.
                let known = notes
                    .iter()
                    .find(|((at, id), _)| at == preset && *id == listed.id);
                known
                    .filter(|(key, _)| !agreed.contains(key))
                    .map(|(_, note)| note.clone())
            });
        }
    }
    let (all, apart) = counts
        .values()
        .fold((0, 0), |sum, (all, apart)| (sum.0 + all, sum.1 + apart));
    println!("\nOf {all} prices in both lists {apart} are more than half a percent apart:");
    for (preset, (all, apart)) in counts {
        println!("  {preset:<16} {apart:>4} of {all:>4}");
    }
}

/// What the first lists do not know.
pub(crate) fn lists(second: &Map<String, Value>, book: &PriceBook) -> Vec<PriceList> {
    let mut lists: BTreeMap<&str, BTreeMap<String, ListedPrice>> = BTreeMap::new();
    for (preset, is_taken, id, entry) in entries(second) {
        if !is_taken || entry["tiered"] == true || book.listed(preset, id).is_some() {
            continue;
        }
        if let Some(quote) = quote(entry) {
            let listed = ListedPrice {
                id: id.to_owned(),
                applies: None,
                rules: vec![quote],
                uncounted: Vec::new(),
                disagrees: None,
            };
            lists
                .entry(preset)
                .or_default()
                .entry(id.to_lowercase())
                .or_insert(listed);
        }
    }
    println!("\nOnly in the second list:");
    lists
        .into_iter()
        .map(|(preset, prices)| {
            println!("  {preset:<16} {:>4}", prices.len());
            PriceList {
                presets: vec![preset.to_owned()],
                source: SECOND,
                fallback: Vec::new(),
                prices: prices.into_values().collect(),
            }
        })
        .collect()
}

/// The standard rates with their tiers. Nothing where prompt and answer are both nothing: this list
/// writes nothing for what it does not know.
fn quote(entry: &Value) -> Option<Quote> {
    let text = |key: &str| rate(entry, key).map(str::to_owned);
    let rates = RateTexts {
        input: text("input_cost_per_token"),
        cache_read: text("cache_read_input_token_cost"),
        cache_write: text("cache_creation_input_token_cost").filter(|text| nano(text) > 0),
        cache_write_long: text("cache_creation_input_token_cost_above_1hr"),
        output: text("output_cost_per_token"),
        reasoning: text("output_cost_per_reasoning_token"),
        audio_input: text("input_cost_per_audio_token"),
        audio_output: text("output_cost_per_audio_token"),
        ..RateTexts::default()
    };
    if [rates.input.as_deref()?, rates.output.as_deref()?]
        .iter()
        .all(|text| nano(text) == 0)
    {
        return None;
    }
    let sizes: BTreeSet<u64> = entry["rates"]
        .as_object()?
        .keys()
        .filter_map(|key| {
            let size = key.strip_prefix("input_cost_per_token_above_")?;
            Some(size.strip_suffix("k_tokens")?.parse::<u64>().ok()? * 1_000)
        })
        .collect();
    let above = sizes
        .into_iter()
        .map(|tokens| {
            let own = |key: &str, base: &Option<String>| {
                text(&format!("{key}_above_{}k_tokens", tokens / 1_000)).or_else(|| base.clone())
            };
            let rates = RateTexts {
                input: own("input_cost_per_token", &rates.input),
                cache_read: own("cache_read_input_token_cost", &rates.cache_read),
                cache_write: own("cache_creation_input_token_cost", &rates.cache_write),
                output: own("output_cost_per_token", &rates.output),
                ..rates.clone()
            };
            patchbay_domain::catalogue::QuoteAbove { tokens, rates }
        })
        .collect();
    Some(Quote {
        rates,
        above,
        ..Quote::default()
    })
}
