//! The price lists of genai-prices in our words.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_domain::catalogue::{
    Clause, ListSource, ListedPrice, PriceBook, PriceList, Quote, plausible,
};
use patchbay_domain::price::{DailyHours, PriceRule, PriceTier, ServiceTier};
use patchbay_domain::rates::Rates;
use patchbay_domain::{NanoUsd, NanoUsdPerMTok, money::parse_dollars};
use serde_json::Value;

use crate::FIRST;

/// Which presets a provider of genai-prices is, and which of them its models come from otherwise.
const PRESETS: &[(&str, &[&str])] = &[
    ("anthropic", &["anthropic"]),
    ("aws", &["bedrock", "bedrock_mantle"]),
    ("azure", &["azure"]),
    ("cerebras", &["cerebras"]),
    ("cohere", &["cohere"]),
    ("deepseek", &["deepseek"]),
    ("fireworks", &["fireworks"]),
    ("google", &["google", "vertex"]),
    ("groq", &["groq"]),
    ("minimax", &["minimax"]),
    ("mistral", &["mistral"]),
    ("moonshotai", &["moonshot"]),
    ("novita", &["novita"]),
    ("openai", &["openai"]),
    ("openrouter", &["openrouter"]),
    ("perplexity", &["perplexity"]),
    ("together", &["together"]),
    ("x-ai", &["xai"]),
    ("zai", &["zai"]),
    ("zhipuai", &["zhipu"]),
];

/// Lists of things that are no language models.
const LEFT_OUT: &[&str] = &["elevenlabs", "voyageai", "openai-decisions"];

/// Texts of one model's prices at one time.
type Texts = BTreeMap<String, Value>;

pub(crate) fn first(providers: &[Value]) -> Vec<PriceList> {
    let mut without_preset = Vec::new();
    let mut lists = Vec::new();
    for provider in providers {
        let id = provider["id"].as_str().unwrap();
        if LEFT_OUT.contains(&id) {
            continue;
        }
        let known = PRESETS.iter().find(|(name, _)| *name == id);
        if known.is_none() && !id.starts_with("huggingface_") {
            without_preset.push(id);
        }
        let fallback = provider["fallback_model_providers"].as_array();
        lists.push(PriceList {
            presets: presets(id),
            source: FIRST,
            fallback: fallback
                .into_iter()
                .flatten()
                .map(|id| presets(id.as_str().unwrap()).swap_remove(0))
                .collect(),
            prices: array(&provider["models"]).iter().map(listed).collect(),
        });
    }
    lists.sort_by(|a, b| a.presets.cmp(&b.presets));
    println!("Left out, no language models: {}", LEFT_OUT.join(" "));
    println!(
        "Kept under their own ids, no preset: {}",
        without_preset.join(" ")
    );
    lists
}

fn presets(id: &str) -> Vec<String> {
    if let Some(route) = id.strip_prefix("huggingface_") {
        return vec![format!("huggingface:{route}")];
    }
    PRESETS.iter().find(|(name, _)| *name == id).map_or_else(
        || vec![id.to_owned()],
        |(_, presets)| presets.iter().map(|preset| (*preset).to_owned()).collect(),
    )
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn kind(value: &Value) -> &str {
    value["_"].as_str().unwrap_or_default()
}

fn listed(model: &Value) -> ListedPrice {
    let id = model["id"].as_str().unwrap();
    let applies = clause(&model["match"]);
    let mut uncounted = BTreeSet::new();
    let rules = rules(id, model, &mut uncounted);
    ListedPrice {
        id: id.to_owned(),
        applies: (applies != Clause::Equals(id.to_lowercase())).then_some(applies),
        rules: rules.iter().map(Quote::from).collect(),
        uncounted: uncounted.into_iter().collect(),
        disagrees: None,
    }
}

/// The rules of a model: those of the standard tier in the list's order, then each other tier's,
/// which replace only some of the rates of the standard one that holds at the same time.
fn rules(id: &str, model: &Value, uncounted: &mut BTreeSet<String>) -> Vec<PriceRule> {
    let standard: Vec<(Limits, Texts)> = match &model["prices"] {
        Value::Array(conditional) => conditional
            .iter()
            .map(|price| (limits(&price["constraint"]), texts(&price["prices"])))
            .collect(),
        flat => vec![(Limits::default(), texts(flat))],
    };
    let mut rules: Vec<PriceRule> = standard
        .iter()
        .map(|(limits, texts)| rule(id, *limits, None, texts, uncounted))
        .collect();
    for tier in [ServiceTier::Batch, ServiceTier::Flex, ServiceTier::Priority] {
        // Of those that hold the first wins, so the last of them is laid on first.
        let variants: Vec<(Limits, Texts)> = array(&model["price_variants"])
            .iter()
            .filter(|variant| tier_of(&variant["when"]) == Some(tier))
            .map(|variant| (limits(&variant["constraint"]), texts(&variant["prices"])))
            .rev()
            .collect();
        let starts: BTreeSet<_> = variants.iter().map(|(limits, _)| limits.from).collect();
        assert!(
            variants.iter().all(|(limits, _)| limits.hours.is_none()),
            "{id}: a tier of service with hours needs a rule"
        );
        for (limits, base) in &standard {
            for start in &starts {
                let mut texts = base.clone();
                let held = variants.iter().filter(|(limits, _)| limits.from <= *start);
                texts.extend(held.flat_map(|(_, texts)| texts.clone()));
                let limits = Limits {
                    from: limits.from.max(*start),
                    hours: limits.hours,
                };
                rules.push(rule(id, limits, Some(tier), &texts, uncounted));
            }
        }
    }
    if rules.iter().all(|rule| rule.rates == Rates::default()) {
        // A list writes no price for what is free, and for what it does not know. Only an id that
        // says `free` is taken for the former.
        let is_free = id.ends_with(":free") && uncounted.is_empty();
        return if is_free {
            vec![PriceRule {
                rates: Rates {
                    input: Some(NanoUsdPerMTok(0)),
                    output: Some(NanoUsdPerMTok(0)),
                    ..Rates::default()
                },
                ..PriceRule::default()
            }]
        } else {
            Vec::new()
        };
    }
    rules
}

#[derive(Clone, Copy, Default)]
struct Limits {
    from: Option<patchbay_domain::UnixMillis>,
    hours: Option<DailyHours>,
}

fn limits(constraint: &Value) -> Limits {
    let text = |key: &str| constraint[key].as_str().unwrap().to_owned();
    let quote = match kind(constraint) {
        "" => Quote::default(),
        "StartDateConstraint" => Quote {
            from: Some(text("start_date")),
            ..Quote::default()
        },
        "TimeOfDateConstraint" => Quote {
            hours: Some(format!("{}-{}", text("start_time"), text("end_time"))),
            ..Quote::default()
        },
        other => panic!("a constraint of a new kind: {other}"),
    };
    let rule = PriceRule::try_from(&quote).unwrap();
    Limits {
        from: rule.from,
        hours: rule.hours,
    }
}

/// Which tier of service a condition of the request means. Speeds, regions and ways of searching
/// are no tiers of ours.
fn tier_of(when: &Value) -> Option<ServiceTier> {
    let when = when.as_object().unwrap();
    let only = |key: &str| (when.len() == 1).then(|| when.get(key)?.as_str()).flatten();
    match (only("processing"), only("service_tier")) {
        (Some("batch"), _) => Some(ServiceTier::Batch),
        (_, Some("flex")) => Some(ServiceTier::Flex),
        (_, Some("priority")) => Some(ServiceTier::Priority),
        _ => None,
    }
}

fn texts(price: &Value) -> Texts {
    assert_eq!(kind(price), "ModelPrice");
    price
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, value)| *key != "_" && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn rule(
    id: &str,
    limits: Limits,
    service_tier: Option<ServiceTier>,
    texts: &Texts,
    uncounted: &mut BTreeSet<String>,
) -> PriceRule {
    let starts: BTreeSet<u64> = texts
        .values()
        .flat_map(|value| array(&value["tiers"]))
        .map(|tier| tier["start"].as_u64().unwrap())
        .collect();
    let mut at_size = |start: Option<u64>| {
        let mut rates = Rates::default();
        for (key, value) in texts {
            set(&mut rates, key, amount(id, value, start), uncounted);
        }
        rates
    };
    PriceRule {
        from: limits.from,
        hours: limits.hours,
        service_tier,
        rates: at_size(None),
        tiers: starts
            .iter()
            .map(|start| PriceTier {
                above_input_tokens: *start,
                rates: at_size(Some(*start)),
            })
            .collect(),
    }
}

/// The amount that holds for prompts of more than `start` tokens.
fn amount(id: &str, value: &Value, start: Option<u64>) -> i64 {
    let text = match value {
        Value::String(text) => text,
        tiered => {
            assert_eq!(kind(tiered), "TieredPrices", "{id}");
            let reached = array(&tiered["tiers"])
                .iter()
                .filter(|tier| start.is_some_and(|start| tier["start"].as_u64().unwrap() <= start))
                .max_by_key(|tier| tier["start"].as_u64());
            reached
                .map_or(&tiered["base"], |tier| &tier["price"])
                .as_str()
                .unwrap()
        }
    };
    parse_dollars(text).unwrap().0
}

fn set(rates: &mut Rates, key: &str, nano: i64, uncounted: &mut BTreeSet<String>) {
    let tokens = Some(NanoUsdPerMTok(nano));
    match key {
        "input_mtok" => rates.input = tokens,
        "cache_read_mtok" => rates.cache_read = tokens,
        "cache_write_mtok" => rates.cache_write = tokens,
        "cache_write_1h_mtok" => rates.cache_write_long = tokens,
        "output_mtok" => rates.output = tokens,
        "output_reasoning_mtok" => rates.reasoning = tokens,
        "input_audio_mtok" => rates.audio_input = tokens,
        "cache_audio_read_mtok" => rates.audio_cache_read = tokens,
        "input_image_mtok" => rates.image_input = tokens,
        "output_audio_mtok" => rates.audio_output = tokens,
        "output_image_mtok" => rates.image_output = tokens,
        // A thousand requests, and one of ours: exact, since no list goes below a millionth.
        "requests_kcount" => {
            assert_eq!(nano % 1_000, 0, "a request costs less than a nano-dollar");
            rates.per_request = Some(NanoUsd(nano / 1_000));
        }
        "web_searches_kcount" => rates.thousand_searches = Some(NanoUsd(nano)),
        other => {
            uncounted.insert(other.to_owned());
        }
    }
}

fn clause(condition: &Value) -> Clause {
    let lower = |key: &str| condition[key].as_str().unwrap().to_lowercase();
    let all = |key: &str| array(&condition[key]).iter().map(clause).collect();
    match kind(condition) {
        "ClauseEquals" => Clause::Equals(lower("equals")),
        "ClauseStartsWith" => Clause::StartsWith(lower("starts_with")),
        "ClauseEndsWith" => Clause::EndsWith(lower("ends_with")),
        "ClauseContains" => Clause::Contains(lower("contains")),
        "ClauseOr" => Clause::Any(all("or_")),
        "ClauseAnd" => Clause::All(all("and_")),
        "ClauseRegex" => pattern(condition["regex"].as_str().unwrap()),
        other => panic!("a clause of a new kind: {other}"),
    }
}

/// The few shapes of regular expressions that the lists use. A new one stops the generator, so that
/// nobody guesses what it means.
fn pattern(regex: &str) -> Clause {
    if regex == r"^(?!.*-[tT][tT][sS](?:$|-))" {
        let ends = Clause::EndsWith("-tts".to_owned());
        let contains = Clause::Contains("-tts-".to_owned());
        return Clause::Not(Box::new(Clause::Any(vec![ends, contains])));
    }
    let Some(body) = regex.strip_prefix('^') else {
        panic!("a regular expression of a new shape: {regex}");
    };
    if let Some((before, rest)) = body.split_once("[-@]") {
        let one = |between: &str| pattern(&format!("^{before}{between}{rest}"));
        return Clause::Any(vec![one("-"), one("@")]);
    }
    if let Some((before, rest)) = body.split_once('(')
        && let Some((optional, rest)) = rest.split_once(")?")
    {
        let one = |between: &str| pattern(&format!("^{before}{between}{rest}"));
        return Clause::Any(vec![one(optional), one("")]);
    }
    let (body, is_whole) = match body.strip_suffix('$') {
        Some(body) => (body, true),
        None => (body, false),
    };
    let mut digits = String::new();
    let mut rest = body;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(r"\d") {
            let (count, after) = match after
                .strip_prefix('{')
                .and_then(|text| text.split_once('}'))
            {
                Some((count, after)) => (count.parse().unwrap(), after),
                None => (1, after),
            };
            digits.push_str(&"#".repeat(count));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\\') {
            let escaped = after.chars().next().unwrap();
            assert!(".[]".contains(escaped), "an escape of a new kind: {regex}");
            digits.push(escaped);
            rest = &after[escaped.len_utf8()..];
        } else {
            assert!(
                character.is_ascii_digit()
                    || character.is_ascii_lowercase()
                    || "-/=_:@".contains(character),
                "a regular expression of a new shape: {regex}"
            );
            digits.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    match (digits.contains('#'), is_whole) {
        (false, true) => Clause::Equals(digits),
        (false, false) => Clause::StartsWith(digits),
        (true, true) => Clause::Digits(digits),
        (true, false) => Clause::StartsWithDigits(digits),
    }
}

/// Takes the prices out that nobody should believe, and says which.
pub(crate) fn drop_absurd(sources: &[ListSource], lists: &mut [PriceList]) {
    println!("\nNot believed:");
    for list in lists {
        let book = PriceBook::new(sources, vec![list.clone()]).unwrap();
        let preset = list.presets[0].clone();
        for listed in &mut list.prices {
            // A price that stands behind a wider condition is judged there.
            let is_own = book
                .listed(&preset, &listed.id)
                .is_some_and(|found| *found == *listed);
            let Some(price) = book.price(&preset, &listed.id).filter(|_| is_own) else {
                continue;
            };
            if let Err(problem) = plausible(price, None) {
                println!("  {preset} {}: {problem}", listed.id);
                listed.rules.clear();
            }
        }
    }
}
