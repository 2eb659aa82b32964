//! The canonical models and their other names.
//!
//! OpenRouter's list names the models of all makers in one spelling; the makers' own lists add what
//! it does not carry. LiteLLM says what they can do.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_domain::catalogue::{Alias, CanonicalId, CanonicalModel, ModelIndex, normalised};
use patchbay_domain::{Capabilities, Modalities, ModelListing};
use serde_json::{Map, Value};

use crate::{dated, second};

/// Makers' own lists in genai-prices: the preset, and their word.
pub(crate) const MAKERS: &[(&str, &str, &str)] = &[
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

pub(crate) type Models = BTreeMap<CanonicalId, CanonicalModel>;

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
    dated::find(second, providers, &mut models, &mut aliases);
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

pub(crate) fn provider<'a>(providers: &'a [Value], id: &str) -> &'a Value {
    providers
        .iter()
        .find(|provider| provider["id"] == id)
        .unwrap()
}

pub(crate) fn priced_models(provider: &Value) -> impl Iterator<Item = &Value> {
    provider["models"].as_array().unwrap().iter()
}

pub(crate) fn index(models: &Models, aliases: &[Alias]) -> ModelIndex {
    ModelIndex::new(models.values().cloned().collect(), aliases.to_vec())
}

pub(crate) fn canonical(index: &ModelIndex, preset: Option<&str>, id: &str) -> Option<CanonicalId> {
    let listing = ModelListing {
        id: id.to_owned(),
        ..ModelListing::default()
    };
    index
        .canonical(preset, &listing)
        .map(|model| model.id.clone())
}

pub(crate) fn new(
    id: CanonicalId,
    name: Option<&str>,
    context_length: Option<u64>,
) -> CanonicalModel {
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
        embeds: false,
        id,
    }
}

/// Makers name what makes embeddings after them. Without an entry of its own a model is never the same at
/// two providers, and its vectors must not be mixed with another's.
fn makes_embeddings(id: &str) -> bool {
    !id.ends_with("-latest")
        && id
            .split('-')
            .any(|word| matches!(word, "embed" | "embedding"))
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
        let holds_chats = has_answer && is_chat(&format!("{maker}/{id}"));
        let embeds = makes_embeddings(&id) && model.to_string().contains("input_mtok");
        if id.contains(['/', ':']) || id.starts_with("ft:") || !(holds_chats || embeds) {
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
        // Their names for people leave out what tells them apart.
        let name = model["name"].as_str().filter(|_| !embeds);
        let made = CanonicalModel {
            embeds,
            ..new(id.clone(), name, context)
        };
        models.insert(id, made);
    }
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
