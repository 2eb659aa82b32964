//! The canonical models and their other names.
//!
//! OpenRouter's list names the models of all makers in one spelling; the makers' own lists add what
//! it does not carry. LiteLLM says what they can do.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_domain::catalogue::{
    Alias, CanonicalId, CanonicalModel, ModelIndex, Quote, normalised,
};
use patchbay_domain::price::PriceRule;
use patchbay_domain::{Capabilities, Modalities, ModelListing, UnixMillis};
use serde_json::{Map, Value};

use crate::second;

/// Makers' own lists in genai-prices: the preset, and their word.
const MAKERS: &[(&str, &str, &str)] = &[
    ("anthropic", "anthropic", "anthropic"),
    ("cohere", "cohere", "cohere"),
    ("deepseek", "deepseek", "deepseek"),
    ("google", "google", "google"),
    ("meta", "meta", "meta"),
    ("minimax", "minimax", "minimax"),
    ("mistral", "mistral", "mistralai"),
    ("moonshotai", "moonshot", "moonshotai"),
    ("openai", "openai", "openai"),
    ("perplexity", "perplexity", "perplexity"),
    ("x-ai", "xai", "x-ai"),
    ("zai", "zai", "z-ai"),
    ("zhipuai", "zhipu", "z-ai"),
];

/// Words in the ids of what does not hold conversations in text.
const NO_CHAT: &[&str] = &[
    "embed",
    "tts",
    "whisper",
    "transcribe",
    "moderation",
    "rerank",
    "lyria",
    "realtime",
    "-live",
    "live-",
    "ocr",
    "speech",
    "orpheus",
    "voice",
    "gpt-image",
    "chatgpt-image",
    "translate",
    "davinci",
    "curie",
    "babbage",
    "robotics",
    "decider",
    "streaming",
    "nano-banana",
    "computer-use",
    "palm-2",
    ".ft-",
    "openai/ada",
];

type Models = BTreeMap<CanonicalId, CanonicalModel>;

pub(crate) fn make(
    providers: &[Value],
    second: &Map<String, Value>,
    by_hand: Vec<Alias>,
) -> (Vec<CanonicalModel>, Vec<Alias>) {
    let mut models = Models::new();
    let mut aliases = by_hand;
    of_openrouter(provider(providers, "openrouter"), &mut models, &aliases);
    for (name, preset, maker) in MAKERS {
        of_maker(
            provider(providers, name),
            preset,
            maker,
            &mut models,
            &aliases,
        );
    }
    dated(second, providers, &mut models, &mut aliases);
    aliases.sort_by(|a, b| (&a.model, &a.preset, &a.id).cmp(&(&b.model, &b.preset, &b.id)));
    let unknown: Vec<_> = aliases
        .iter()
        .filter(|alias| {
            alias
                .model
                .as_ref()
                .is_some_and(|id| !models.contains_key(id))
        })
        .map(|alias| alias.id.as_str())
        .collect();
    println!("\nAliases of no model, left out: {}", unknown.join(" "));
    aliases.retain(|alias| {
        alias
            .model
            .as_ref()
            .is_none_or(|id| models.contains_key(id))
    });

    let mut models: Vec<_> = models.into_values().collect();
    let index = ModelIndex::new(models.clone(), aliases.clone());
    enrich(&mut models, &index, second, providers);
    (models, aliases)
}

fn provider<'a>(providers: &'a [Value], id: &str) -> &'a Value {
    providers
        .iter()
        .find(|provider| provider["id"] == id)
        .unwrap()
}

fn priced_models(provider: &Value) -> impl Iterator<Item = &Value> {
    provider["models"].as_array().unwrap().iter()
}

fn index(models: &Models, aliases: &[Alias]) -> ModelIndex {
    ModelIndex::new(models.values().cloned().collect(), aliases.to_vec())
}

fn canonical(index: &ModelIndex, preset: Option<&str>, id: &str) -> Option<CanonicalId> {
    let listing = ModelListing {
        id: id.to_owned(),
        ..ModelListing::default()
    };
    index
        .canonical(preset, &listing)
        .map(|model| model.id.clone())
}

fn new(id: CanonicalId, name: Option<&str>, context_length: Option<u64>) -> CanonicalModel {
    let first = normalised(id.name());
    let family = first
        .split('-')
        .next()
        .filter(|word| word.len() > 1 && !word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned);
    CanonicalModel {
        maker: id.maker().to_owned(),
        name: name.map_or_else(|| id.name().to_owned(), str::to_owned),
        family,
        released_at: None,
        context_length,
        max_output: None,
        capabilities: Capabilities::default(),
        id,
    }
}

fn is_chat(id: &str) -> bool {
    let moves = id.ends_with("-latest") && id != "openai/chatgpt-4o-latest";
    !moves && !NO_CHAT.iter().any(|word| id.contains(word))
}

fn of_openrouter(list: &Value, models: &mut Models, aliases: &[Alias]) {
    let mut known = BTreeSet::new();
    // The plain id first, then its variants: `a/b` before `a/b:free`.
    let mut listed: Vec<_> = priced_models(list).collect();
    listed.sort_by_key(|model| model["id"].as_str().unwrap().contains(':'));
    for model in listed {
        let id = model["id"].as_str().unwrap();
        let (base, _) = id.split_once(':').unwrap_or((id, ""));
        let is_own = !base.starts_with(['~']) && !base.starts_with("openrouter/");
        let Some(id) = CanonicalId::spelled(base).filter(|id| is_own && is_chat(id.as_str()))
        else {
            continue;
        };
        let is_alias = aliases.iter().any(|alias| {
            alias.model.as_ref().is_some_and(|model| *model != id) && alias.id == base
        });
        if is_alias || !known.insert((id.maker().to_owned(), normalised(id.name()))) {
            continue;
        }
        let name = model["name"].as_str().map(|name| {
            let (before, _) = name.split_once(" (free)").unwrap_or((name, ""));
            before
                .split_once(" (batch)")
                .map_or(before, |(before, _)| before)
                .trim()
        });
        let context = model["context_window"].as_u64();
        models.insert(id.clone(), new(id, name, context));
    }
}

fn of_maker(list: &Value, preset: &str, maker: &str, models: &mut Models, aliases: &[Alias]) {
    for model in priced_models(list) {
        let id = model["id"].as_str().unwrap().to_lowercase();
        let has_answer = model.to_string().contains("output_mtok");
        if id.contains(['/', ':'])
            || id.starts_with("ft:")
            || !has_answer
            || !is_chat(&format!("{maker}/{id}"))
        {
            continue;
        }
        let moves = aliases.iter().any(|alias| {
            alias.id == id
                && alias.model.is_none()
                && alias.preset.as_deref().is_none_or(|at| at == preset)
        });
        if moves || canonical(&index(models, aliases), Some(preset), &id).is_some() {
            continue;
        }
        let id = CanonicalId::spelled(&format!("{maker}/{id}")).unwrap();
        let context = model["context_window"].as_u64();
        models.insert(id.clone(), new(id, model["name"].as_str(), context));
    }
}

/// Dated snapshots by the makers' own names. Where a model has one, it is that model; where it has
/// several, each is a model of its own.
fn dated(
    second: &Map<String, Value>,
    providers: &[Value],
    models: &mut Models,
    aliases: &mut Vec<Alias>,
) {
    let undated = index(models, aliases);
    let mut found: BTreeMap<CanonicalId, BTreeMap<String, String>> = BTreeMap::new();
    let by_name: BTreeMap<(String, String), CanonicalId> = models
        .keys()
        .map(|id| ((id.maker().to_owned(), normalised(id.name())), id.clone()))
        .collect();
    let mut note = |preset: &str, id: &str| {
        let Some((_, _, maker)) = MAKERS.iter().find(|(_, own, _)| *own == preset) else {
            return;
        };
        if let Some(date) = date_at_end(id)
            && !id.starts_with("ft:")
            && let Some(model) = by_name.get(&((*maker).to_owned(), undated_name(id)))
        {
            let dates = found.entry(model.clone()).or_default();
            dates
                .entry(date)
                .or_insert_with(|| id.to_lowercase().replace('@', "-"));
        }
    };
    for (preset, _, id, _) in second::entries(second) {
        note(preset, id);
    }
    for (name, preset, _) in MAKERS {
        for model in priced_models(provider(providers, name)) {
            for id in literals(&model["match"]) {
                note(preset, id);
            }
        }
    }
    let mut in_router: BTreeMap<CanonicalId, String> = BTreeMap::new();
    for model in priced_models(provider(providers, "openrouter")) {
        let own = model["id"].as_str().unwrap();
        for id in literals(&model["match"]) {
            if let Some(date) = id.strip_prefix(own).and_then(date_at_end)
                && let Some(model) = canonical(&undated, Some("openrouter"), own)
                && let Some((_, name)) = id.split_once('/')
                && undated_name(name) == normalised(model.name())
            {
                in_router.insert(model.clone(), date);
                aliases.push(Alias {
                    preset: Some("openrouter".to_owned()),
                    id: id.to_owned(),
                    model: Some(model),
                });
            }
        }
    }
    for (model, dates) in &found {
        let is_one = dates.len() == 1;
        for (date, id) in dates {
            let by_hand = aliases.iter().any(|alias| alias.id == *id);
            let whole = CanonicalId::spelled(&format!("{}/{id}", model.maker())).unwrap();
            if by_hand || models.contains_key(&whole) {
                continue;
            }
            if is_one {
                aliases.push(Alias {
                    preset: None,
                    id: format!("{}/{id}", model.maker()),
                    model: Some(model.clone()),
                });
                aliases.push(Alias {
                    preset: None,
                    id: id.clone(),
                    model: Some(model.clone()),
                });
                models.get_mut(model).unwrap().released_at = moment(date);
            } else {
                let base = models[model].clone();
                let name = format!("{} ({date})", base.name);
                let mut dated = new(whole.clone(), Some(&name), base.context_length);
                dated.released_at = moment(date);
                models.insert(whole, dated);
            }
        }
    }
    for (id, date) in in_router {
        let model = models.get_mut(&id).unwrap();
        if !found.contains_key(&id) {
            model.released_at = moment(&date);
        }
    }
    for model in models.values_mut() {
        if let Some(date) = date_at_end(model.id.as_str()) {
            model.released_at = moment(&date);
        }
    }
    let several: Vec<_> = found
        .iter()
        .filter(|(_, dates)| dates.len() > 1)
        .map(|(model, dates)| format!("{model} ({})", dates.len()))
        .collect();
    println!(
        "\nModels with several dated snapshots: {}",
        several.join(", ")
    );
}

fn literals(condition: &Value) -> Vec<&str> {
    if let Some(id) = condition["equals"].as_str() {
        return vec![id];
    }
    let parts = condition["or_"].as_array();
    parts.into_iter().flatten().flat_map(literals).collect()
}

fn moment(date: &str) -> Option<UnixMillis> {
    let quote = Quote {
        from: Some(date.to_owned()),
        ..Quote::default()
    };
    PriceRule::try_from(&quote).ok()?.from
}

/// The date at the end of an id, as `2026-11-25`.
fn date_at_end(id: &str) -> Option<String> {
    let id = id.replace('@', "-");
    let dashed: String = {
        let digits = id.rsplit('-').next()?;
        if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..])
        } else {
            id.get(id.len().checked_sub(10)?..)?.to_owned()
        }
    };
    moment(&dashed).filter(|moment| moment.0 > 1_600_000_000_000)?;
    Some(dashed)
}

fn undated_name(id: &str) -> String {
    let id = id.replace('@', "-");
    let digits = id.rsplit('-').next().unwrap_or_default();
    let length = if digits.len() == 8 { 8 } else { 10 };
    normalised(&id[..id.len() - length])
}

fn enrich(
    models: &mut [CanonicalModel],
    index: &ModelIndex,
    second: &Map<String, Value>,
    providers: &[Value],
) {
    let mut by_id: BTreeMap<CanonicalId, &mut CanonicalModel> = models
        .iter_mut()
        .map(|model| (model.id.clone(), model))
        .collect();
    // What its maker says first, then what others who serve it claim for it.
    for is_maker in [true, false] {
        for (preset, _, id, entry) in second::entries(second) {
            let Some(model) = canonical(index, Some(preset), id).and_then(|id| by_id.get_mut(&id))
            else {
                continue;
            };
            let own = MAKERS.iter().find(|(_, own, _)| *own == preset);
            if own.is_some_and(|(_, _, maker)| *maker == model.maker) != is_maker {
                continue;
            }
            let claimed = capabilities(entry);
            model.capabilities = if is_maker {
                let number = |key: &str| entry[key].as_str().and_then(|text| text.parse().ok());
                model.max_output = model.max_output.or(number("max_output"));
                model.context_length = model.context_length.or(number("max_input"));
                model.capabilities.or(claimed)
            } else {
                // That somebody serves it without tools or pictures says nothing about the model.
                model.capabilities.or(Capabilities {
                    input: claimed.input.filter(|kinds| kinds.image),
                    reasoning: claimed.reasoning.filter(|is| *is),
                    ..Capabilities::default()
                })
            };
        }
    }
    // The router of Hugging Face serves what lies on its hub for everybody to take.
    for provider in providers {
        if !provider["id"].as_str().unwrap().starts_with("huggingface_") {
            continue;
        }
        for listed in priced_models(provider) {
            let id = listed["id"].as_str().unwrap();
            if let Some(model) =
                canonical(index, Some("huggingface"), id).and_then(|id| by_id.get_mut(&id))
            {
                model.capabilities.open_weights = Some(true);
            }
        }
    }
}

fn capabilities(entry: &Value) -> Capabilities {
    let supports = |what: &str| entry["supports"][what].as_bool();
    let kinds = |key: &str| {
        let words = entry[key].as_array()?;
        let has = |word: &str| words.iter().any(|given| given == word);
        Some(Modalities {
            text: has("text"),
            image: has("image"),
            pdf: false,
            audio: has("audio"),
            video: has("video"),
        })
    };
    // Where the list says nothing of pictures, nobody knows.
    let says = kinds("modalities").or_else(|| {
        supports("vision").map(|_| Modalities {
            text: true,
            ..Modalities::default()
        })
    });
    Capabilities {
        input: says.map(|kinds| Modalities {
            image: kinds.image || supports("vision") == Some(true),
            pdf: supports("pdf_input") == Some(true),
            audio: kinds.audio || supports("audio_input") == Some(true),
            video: kinds.video || supports("video_input") == Some(true),
            ..kinds
        }),
        output: kinds("output_modalities"),
        tools: supports("function_calling"),
        reasoning: supports("reasoning"),
        json_schema: supports("response_schema"),
        open_weights: None,
    }
}
