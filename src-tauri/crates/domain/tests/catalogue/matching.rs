//! Ids as providers write them, and the models they are. The second table matters more: a pair that
//! is wrongly matched compares, prices and replaces one model by another.
//!
//! Long because it is two tables.

use patchbay_domain::ModelListing;
use patchbay_domain::catalogue::{Alias, CanonicalModel, ModelIndex};

use crate::file;

/// Preset (or `-`), the id there, the model.
const SAME: &[(&str, &str, &str)] = &[
    // Makers' own names.
    ("openai", "gpt-4o", "openai/gpt-4o"),
    ("openai", "gpt-5.1", "openai/gpt-5.1"),
    ("openai", "gpt-5-2025-08-07", "openai/gpt-5"),
    ("openai", "gpt-4.1-mini-2025-04-14", "openai/gpt-4.1-mini"),
    ("openai", "gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13"),
    ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o-2024-08-06"),
    ("openai", "gpt-3.5-turbo", "openai/gpt-3.5-turbo"),
    ("openai", "o3-mini", "openai/o3-mini"),
    ("openai", "chatgpt-4o-latest", "openai/chatgpt-4o-latest"),
    (
        "anthropic",
        "claude-sonnet-4-5-20250929",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "anthropic",
        "claude-sonnet-4-5",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "anthropic",
        "claude-sonnet-4-20250514",
        "anthropic/claude-sonnet-4",
    ),
    (
        "anthropic",
        "claude-opus-4-1-20250805",
        "anthropic/claude-opus-4.1",
    ),
    (
        "anthropic",
        "claude-haiku-4-5-20251001",
        "anthropic/claude-haiku-4.5",
    ),
    (
        "anthropic",
        "claude-3-5-sonnet-20241022",
        "anthropic/claude-3.5-sonnet",
    ),
    (
        "anthropic",
        "claude-3-7-sonnet-latest",
        "anthropic/claude-3.7-sonnet",
    ),
    ("google", "models/gemini-2.5-pro", "google/gemini-2.5-pro"),
    ("google", "gemini-2.0-flash", "google/gemini-2.0-flash-001"),
    ("google", "models/gemma-3-27b-it", "google/gemma-3-27b-it"),
    ("deepseek", "deepseek-v3.2", "deepseek/deepseek-v3.2"),
    ("zai", "glm-4.6", "z-ai/glm-4.6"),
    ("zhipu", "GLM-4.7", "z-ai/glm-4.7"),
    ("mistral", "codestral-2508", "mistralai/codestral-2508"),
    (
        "mistral",
        "mistral-large-2512",
        "mistralai/mistral-large-2512",
    ),
    ("mistral", "zai-glm-5-3", "z-ai/glm-5.3"),
    ("xai", "grok-4", "x-ai/grok-4-0709"),
    ("xai", "grok-code-fast-1", "x-ai/grok-code-fast-1"),
    (
        "moonshot",
        "kimi-k2-0905-preview",
        "moonshotai/kimi-k2-0905",
    ),
    ("minimax", "MiniMax-M2", "minimax/minimax-m2"),
    ("cohere", "command-r-08-2024", "cohere/command-r-08-2024"),
    ("perplexity", "sonar-pro", "perplexity/sonar-pro"),
    (
        "alibaba",
        "qwen3-coder-480b-a35b-instruct",
        "qwen/qwen3-coder",
    ),
    // Routers and gateways.
    (
        "openrouter",
        "anthropic/claude-sonnet-4.5",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "openrouter",
        "qwen/qwen3-235b-a22b:free",
        "qwen/qwen3-235b-a22b",
    ),
    ("openrouter", "openai/gpt-5.1:online", "openai/gpt-5.1"),
    ("openrouter", "z-ai/glm-4.6:exacto", "z-ai/glm-4.6"),
    (
        "openrouter",
        "deepseek/deepseek-chat",
        "deepseek/deepseek-chat",
    ),
    (
        "openrouter",
        "anthropic/claude-3.7-sonnet:thinking",
        "anthropic/claude-3.7-sonnet",
    ),
    ("openrouter", "openai/gpt-5.1:batch", "openai/gpt-5.1"),
    ("-", "openai/gpt-4o", "openai/gpt-4o"),
    (
        "-",
        "openrouter/anthropic/claude-sonnet-4.5",
        "anthropic/claude-sonnet-4.5",
    ),
    ("-", "gemini/gemini-2.5-pro", "google/gemini-2.5-pro"),
    ("-", "xai/grok-4.5", "x-ai/grok-4.5"),
    ("-", "azure/gpt-4o", "openai/gpt-4o"),
    (
        "-",
        "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "-",
        "vertex_ai/claude-sonnet-4-5@20250929",
        "anthropic/claude-sonnet-4.5",
    ),
    ("-", "gpt-5.1", "openai/gpt-5.1"),
    ("-", "glm-4.6", "z-ai/glm-4.6"),
    ("-", "GLM4.6", "z-ai/glm-4.6"),
    ("nanogpt", "z-ai/glm-4.6", "z-ai/glm-4.6"),
    ("nanogpt", "zai-org/GLM-4.6-FP8", "z-ai/glm-4.6"),
    ("nanogpt", "TEE/glm-4.6", "z-ai/glm-4.6"),
    (
        "nanogpt",
        "claude-sonnet-4-5-20250929",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "huggingface",
        "deepseek-ai/DeepSeek-R1:novita",
        "deepseek/deepseek-r1",
    ),
    ("huggingface", "zai-org/GLM-4.6:fastest", "z-ai/glm-4.6"),
    ("github_models", "openai/gpt-4o", "openai/gpt-4o"),
    (
        "github_models",
        "meta/Llama-3.3-70B-Instruct",
        "meta/llama-3.3-70b-instruct",
    ),
    // Clouds.
    (
        "bedrock",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "bedrock",
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic/claude-3.5-sonnet",
    ),
    (
        "bedrock",
        "meta.llama3-1-70b-instruct-v1:0",
        "meta/llama-3.1-70b-instruct",
    ),
    (
        "bedrock",
        "us.meta.llama4-scout-17b-instruct-v1:0",
        "meta/llama-4-scout",
    ),
    ("bedrock", "us.deepseek.r1-v1:0", "deepseek/deepseek-r1"),
    ("bedrock", "openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"),
    (
        "bedrock",
        "mistral.mistral-7b-instruct-v0:2",
        "mistralai/mistral-7b-instruct-v0.2",
    ),
    ("bedrock", "amazon.nova-pro-v1:0", "amazon/nova-pro-v1"),
    (
        "vertex",
        "publishers/anthropic/models/claude-sonnet-4-5@20250929",
        "anthropic/claude-sonnet-4.5",
    ),
    (
        "vertex",
        "meta/llama-3.3-70b-instruct-maas",
        "meta/llama-3.3-70b-instruct",
    ),
    ("azure", "gpt-4o-2024-11-20", "openai/gpt-4o-2024-11-20"),
    (
        "bedrock_mantle",
        "openai.gpt-oss-120b",
        "openai/gpt-oss-120b",
    ),
    ("zai_coding", "glm-4.6", "z-ai/glm-4.6"),
    ("moonshot_china", "kimi-k2.5", "moonshotai/kimi-k2.5"),
    // Hosts of open weights.
    (
        "fireworks",
        "accounts/fireworks/models/deepseek-v3p1",
        "deepseek/deepseek-chat-v3.1",
    ),
    (
        "fireworks",
        "accounts/fireworks/models/deepseek-v3p2",
        "deepseek/deepseek-v3.2",
    ),
    (
        "fireworks",
        "accounts/fireworks/models/kimi-k2p5",
        "moonshotai/kimi-k2.5",
    ),
    (
        "fireworks",
        "accounts/fireworks/models/llama-v3p3-70b-instruct",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "together",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "together",
        "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
        "meta/llama-3.1-8b-instruct",
    ),
    (
        "together",
        "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8",
        "meta/llama-4-maverick",
    ),
    (
        "together",
        "deepseek-ai/DeepSeek-V3.1",
        "deepseek/deepseek-chat-v3.1",
    ),
    (
        "together",
        "deepseek-ai/DeepSeek-V3",
        "deepseek/deepseek-chat",
    ),
    (
        "together",
        "moonshotai/Kimi-K2-Instruct-0905",
        "moonshotai/kimi-k2-0905",
    ),
    (
        "together",
        "Qwen/Qwen3-235B-A22B-Instruct-2507-tput",
        "qwen/qwen3-235b-a22b-2507",
    ),
    ("together", "zai-org/GLM-5.2", "z-ai/glm-5.2"),
    (
        "deepinfra",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "deepinfra",
        "Qwen/Qwen3-Coder-480B-A35B-Instruct-Turbo",
        "qwen/qwen3-coder",
    ),
    ("novita", "deepseek/deepseek_v3", "deepseek/deepseek-chat"),
    (
        "novita",
        "meta-llama/llama-3.1-8b-instruct-bf16",
        "meta/llama-3.1-8b-instruct",
    ),
    ("novita", "zai-org/glm-4.6", "z-ai/glm-4.6"),
    (
        "groq",
        "llama-3.3-70b-versatile",
        "meta/llama-3.3-70b-instruct",
    ),
    ("groq", "llama-3.1-8b-instant", "meta/llama-3.1-8b-instruct"),
    ("groq", "moonshotai/kimi-k2-instruct", "moonshotai/kimi-k2"),
    ("groq", "openai/gpt-oss-120b", "openai/gpt-oss-120b"),
    ("cerebras", "llama3.1-8b", "meta/llama-3.1-8b-instruct"),
    ("cerebras", "qwen-3-32b", "qwen/qwen3-32b"),
    ("cerebras", "zai-glm-4.7", "z-ai/glm-4.7"),
    (
        "sambanova",
        "Meta-Llama-3.3-70B-Instruct",
        "meta/llama-3.3-70b-instruct",
    ),
    ("sambanova", "DeepSeek-V3.1", "deepseek/deepseek-chat-v3.1"),
    ("nvidia", "deepseek-ai/deepseek-r1", "deepseek/deepseek-r1"),
    (
        "nvidia",
        "meta/llama-3.1-70b-instruct",
        "meta/llama-3.1-70b-instruct",
    ),
    // This computer.
    ("ollama", "llama3.3:70b", "meta/llama-3.3-70b-instruct"),
    ("-", "llama3.3:70b", "meta/llama-3.3-70b-instruct"),
    ("ollama", "gemma3:27b", "google/gemma-3-27b-it"),
    ("ollama", "gpt-oss:20b", "openai/gpt-oss-20b"),
    (
        "ollama",
        "deepseek-r1:70b",
        "deepseek/deepseek-r1-distill-llama-70b",
    ),
    (
        "lm_studio",
        "lmstudio-community/Llama-3.3-70B-Instruct-GGUF",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "lm_studio",
        "unsloth/gemma-3-27b-it-GGUF",
        "google/gemma-3-27b-it",
    ),
    (
        "llama_cpp",
        "Llama-3.3-70B-Instruct-Q4_K_M",
        "meta/llama-3.3-70b-instruct",
    ),
    ("vllm", "Qwen/QwQ-32B-AWQ", "qwen/qwq-32b"),
];

/// Preset (or `-`), the id there, the model it must not be.
const NOT: &[(&str, &str, &str)] = &[
    // One word more or less is another model.
    ("openai", "gpt-4o-mini", "openai/gpt-4o"),
    ("openai", "gpt-4o", "openai/gpt-4o-mini"),
    ("openai", "gpt-5-mini", "openai/gpt-5"),
    ("openai", "gpt-5-chat-latest", "openai/gpt-5"),
    ("openai", "gpt-5-codex", "openai/gpt-5"),
    ("openai", "gpt-5.1", "openai/gpt-5"),
    ("openai", "gpt-5", "openai/gpt-5.1"),
    ("openai", "gpt-4o-audio-preview", "openai/gpt-4o"),
    ("openai", "gpt-4-turbo", "openai/gpt-4"),
    ("openai", "o3-mini", "openai/o3"),
    ("openai", "o1", "openai/o3"),
    ("anthropic", "claude-opus-4-5", "anthropic/claude-opus-4"),
    ("anthropic", "claude-opus-4", "anthropic/claude-sonnet-4"),
    (
        "anthropic",
        "claude-3-5-haiku-20241022",
        "anthropic/claude-3-haiku",
    ),
    (
        "openrouter",
        "anthropic/claude-opus-4.8-fast",
        "anthropic/claude-opus-4.8",
    ),
    ("google", "gemini-2.5-flash-lite", "google/gemini-2.5-flash"),
    (
        "google",
        "gemini-2.5-flash-image",
        "google/gemini-2.5-flash",
    ),
    (
        "google",
        "gemini-2.5-pro-preview-03-25",
        "google/gemini-2.5-pro",
    ),
    ("zai", "glm-4.5-air", "z-ai/glm-4.5"),
    ("zai", "glm-4.5v", "z-ai/glm-4.5"),
    ("zai", "glm-4.5-x", "z-ai/glm-4.5"),
    ("xai", "grok-4-fast", "x-ai/grok-4-0709"),
    ("xai", "grok-3-mini", "x-ai/grok-3-beta"),
    ("moonshot", "kimi-k2-thinking", "moonshotai/kimi-k2"),
    ("moonshot", "kimi-k2-0905-preview", "moonshotai/kimi-k2"),
    ("minimax", "MiniMax-M2.1", "minimax/minimax-m2"),
    // Versions that differ in a digit.
    (
        "groq",
        "llama-3.1-70b-versatile",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "together",
        "meta-llama/Meta-Llama-3.1-70B-Instruct-Turbo",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "together",
        "meta-llama/Llama-3.3-70B-Instruct-Turbo",
        "meta/llama-3.1-70b-instruct",
    ),
    (
        "together",
        "meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo",
        "meta/llama-3.1-70b-instruct",
    ),
    ("-", "llama-31-8b-instruct", "meta/llama-3.1-8b-instruct"),
    // Snapshots of which there are several, and a date that nobody knows.
    (
        "anthropic",
        "claude-3-5-sonnet-20240620",
        "anthropic/claude-3.5-sonnet",
    ),
    (
        "bedrock",
        "anthropic.claude-3-5-sonnet-20240620-v1:0",
        "anthropic/claude-3.5-sonnet",
    ),
    (
        "anthropic",
        "claude-sonnet-4-5-20261231",
        "anthropic/claude-sonnet-4.5",
    ),
    ("openai", "gpt-4o-2024-05-13", "openai/gpt-4o"),
    ("openai", "gpt-4o-2024-08-06", "openai/gpt-4o"),
    ("openai", "gpt-4o-2030-01-01", "openai/gpt-4o"),
    (
        "deepinfra",
        "deepseek-ai/DeepSeek-R1-0528",
        "deepseek/deepseek-r1",
    ),
    (
        "together",
        "Qwen/Qwen3-235B-A22B-Instruct-2507",
        "qwen/qwen3-235b-a22b",
    ),
    (
        "together",
        "Qwen/Qwen3-235B-A22B-Thinking-2507",
        "qwen/qwen3-235b-a22b-2507",
    ),
    (
        "mistral",
        "mistral-large-2411",
        "mistralai/mistral-large-2512",
    ),
    // Names that move.
    ("deepseek", "deepseek-chat", "deepseek/deepseek-chat"),
    ("deepseek", "deepseek-reasoner", "deepseek/deepseek-r1"),
    ("mistral", "mistral-large-latest", "mistralai/mistral-large"),
    ("mistral", "mistral-small", "mistralai/mistral-small"),
    ("alibaba", "qwen-max", "qwen/qwen-max"),
    ("google", "gemini-flash-latest", "google/gemini-2.5-flash"),
    (
        "openrouter",
        "~anthropic/claude-sonnet-latest",
        "anthropic/claude-sonnet-4.5",
    ),
    ("ollama", "llama3.3:latest", "meta/llama-3.1-70b-instruct"),
    // Distillations and what others trained further.
    ("ollama", "deepseek-r1:70b", "deepseek/deepseek-r1"),
    ("ollama", "deepseek-r1:8b", "deepseek/deepseek-r1"),
    (
        "groq",
        "deepseek-r1-distill-llama-70b",
        "deepseek/deepseek-r1",
    ),
    (
        "groq",
        "deepseek-r1-distill-llama-70b",
        "meta/llama-3.3-70b-instruct",
    ),
    (
        "openrouter",
        "nousresearch/hermes-3-llama-3.1-70b",
        "meta/llama-3.1-70b-instruct",
    ),
    (
        "nvidia",
        "nvidia/llama-3.1-nemotron-70b-instruct",
        "meta/llama-3.1-70b-instruct",
    ),
    (
        "huggingface",
        "somebody/Llama-3.3-70B-Instruct",
        "meta/llama-3.3-70b-instruct",
    ),
    ("openai", "ft:gpt-4o-2024-08-06:acme::abc", "openai/gpt-4o"),
    (
        "fireworks",
        "accounts/acme/models/deepseek-v3p1",
        "deepseek/deepseek-chat-v3.1",
    ),
    // Turbo means rounded with two hosts and nothing of the kind elsewhere.
    (
        "novita",
        "deepseek/deepseek-r1-turbo",
        "deepseek/deepseek-r1",
    ),
    ("openai", "gpt-3.5-turbo-instruct", "openai/gpt-3.5-turbo"),
    ("zai", "glm-5-turbo", "z-ai/glm-5"),
    (
        "moonshot",
        "kimi-k2-turbo-preview",
        "moonshotai/kimi-k2-0905",
    ),
    // Base models and instructed ones.
    (
        "openrouter",
        "meta-llama/llama-3.1-405b",
        "meta/llama-3.1-405b-instruct",
    ),
    (
        "huggingface",
        "meta-llama/Llama-3.1-8B",
        "meta/llama-3.1-8b-instruct",
    ),
    (
        "openrouter",
        "deepseek/deepseek-v3-base",
        "deepseek/deepseek-chat",
    ),
    // Another line of the same maker.
    (
        "bedrock",
        "mistral.mistral-7b-instruct-v0:2",
        "mistralai/mistral-7b-instruct-v0.1",
    ),
    ("deepseek", "deepseek-v3.2-exp", "deepseek/deepseek-v3.2"),
    (
        "cohere",
        "command-r-plus-08-2024",
        "cohere/command-r-08-2024",
    ),
    (
        "openrouter",
        "qwen/qwen3-coder-30b-a3b-instruct",
        "qwen/qwen3-coder",
    ),
    (
        "-",
        "qwen3-next-80b-a3b-thinking",
        "qwen/qwen3-next-80b-a3b-instruct",
    ),
    ("-", "", "openai/gpt-4o"),
    ("-", "/", "openai/gpt-4o"),
];

fn found<'a>(index: &'a ModelIndex, preset: &str, id: &str) -> Option<&'a str> {
    let listing = ModelListing {
        id: id.to_owned(),
        ..ModelListing::default()
    };
    let preset = (preset != "-").then_some(preset);
    index
        .canonical(preset, &listing)
        .map(|model| model.id.as_str())
}

fn index() -> ModelIndex {
    let file = file();
    ModelIndex::new(file.models, file.aliases)
}

#[test]
fn these_ids_are_these_models() {
    let index = index();
    let wrong: Vec<_> = SAME
        .iter()
        .filter_map(|(preset, id, model)| {
            let got = found(&index, preset, id);
            (got != Some(*model)).then(|| format!("{preset} {id}: {got:?}, not {model}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn these_ids_are_not_these_models() {
    let index = index();
    let wrong: Vec<_> = NOT
        .iter()
        .filter(|(preset, id, model)| found(&index, preset, id) == Some(*model))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (_, _, model) in NOT {
        let is_there = index
            .models()
            .iter()
            .any(|known| known.id.as_str() == *model);
        assert!(is_there, "{model} is no model, and nothing can match it");
    }
}

#[test]
fn every_model_is_found_under_its_own_id() {
    let index = index();
    let lost: Vec<_> = index
        .models()
        .iter()
        .map(|model| model.id.as_str())
        .filter(|id| found(&index, "-", id) != Some(*id))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn the_order_of_the_file_does_not_matter() {
    let mut file = file();
    let forwards = ModelIndex::new(file.models.clone(), file.aliases.clone());
    file.models.reverse();
    file.aliases.reverse();
    let backwards = ModelIndex::new(file.models, file.aliases);
    let ids = file.lists.iter().flat_map(|list| {
        let preset = list.presets[0].split(':').next().unwrap().to_owned();
        list.prices
            .iter()
            .map(move |price| (preset.clone(), price.id.clone()))
    });
    for (preset, id) in ids {
        assert_eq!(
            found(&forwards, &preset, &id),
            found(&backwards, &preset, &id),
            "{preset} {id}"
        );
    }
}

/// The table by hand is long enough without lines that do nothing.
#[test]
fn no_alias_is_wasted_on_a_model_of_that_very_name() {
    let file = file();
    let is_needless = |alias: &&Alias| {
        let is_own = |model: &CanonicalModel| {
            Some(&model.id) == alias.model.as_ref() && model.id.as_str() == alias.id
        };
        alias.preset.is_none() && file.models.iter().any(is_own)
    };
    let needless: Vec<_> = file.aliases.iter().filter(is_needless).collect();
    assert!(needless.is_empty(), "{needless:?}");
}
