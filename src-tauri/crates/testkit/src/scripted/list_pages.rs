//! Lists of models, in the shape of each family.

use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use super::ScriptedOptions;
use super::families::{CREATED_TEXT, number};
use super::lists::{self, ScriptedModel, ScriptedPrices};
use super::models::base_name;
use super::request::RecordedRequest;
use super::routes::{Dialect, Route};
use super::script::Script;

/// The list of models, a page at a time where the family has pages.
pub(super) fn page(request: &RecordedRequest, route: &Route, options: &ScriptedOptions) -> Script {
    let models = lists::all(options);
    let each =
        |entry: fn(&ScriptedModel) -> Value| -> Vec<Value> { models.iter().map(entry).collect() };
    let body = match (route.family, route.dialect) {
        (WireFamily::AnthropicMessages, _) => anthropic(request, &models),
        (WireFamily::Gemini, _) => google(request, "models", &each(gemini)),
        (WireFamily::Vertex, _) => google(request, "publisherModels", &each(vertex)),
        (WireFamily::Ollama, _) => json!({ "models": each(ollama) }),
        (_, Dialect::OpenRouter) => json!({ "data": each(open_router) }),
        (_, Dialect::Together) => json!(each(together)),
        _ => json!({ "object": "list", "data": each(openai) }),
    };
    Script::json(200, &body)
}

/// OpenRouter's hosts of one model; `None` where it has no such model.
pub(super) fn hosts(model: &str, options: &ScriptedOptions) -> Option<Script> {
    let models = lists::all(options);
    let model = lists::find(&models, model.strip_prefix("scripted/").unwrap_or(model))?;
    let host = |name: &str, tag: &str, uptime: f64| {
        json!({
            "name": format!("{name} | {}", model.id),
            "provider_name": name,
            "tag": tag,
            "context_length": model.context_length,
            "max_completion_tokens": model.context_length / 2,
            "pricing": pricing(model),
            "quantization": "fp8",
            "status": 0,
            "uptime_last_30m": uptime,
            "supported_parameters": SUPPORTED,
        })
    };
    let hosts = [
        host("DeepInfra", "deepinfra/fp8", 99.5),
        host("Acme", "acme", 97.25),
    ];
    let body = json!({ "data": { "id": routed_id(model), "name": model.id, "endpoints": hosts } });
    Some(Script::json(200, &body))
}

/// Ollama's page about one model; `None` where it has no such model.
pub(super) fn show(name: &str, options: &ScriptedOptions) -> Option<Script> {
    let models = lists::all(options);
    let model = lists::find(&models, name)?;
    let mut capabilities = vec!["completion"];
    match base_name(&model.plays) {
        "tool-call" => capabilities.push("tools"),
        "reasoning" | "reasoning-only" => capabilities.push("thinking"),
        _ => {}
    }
    let body = json!({
        "modelfile": "FROM scripted",
        "parameters": format!("num_ctx                        {}", lists::ollama_window(model)),
        "template": "{{ .Prompt }}",
        "details": details(),
        "model_info": {
            "general.architecture": "scripted",
            "general.parameter_count": 8_030_261_312_u64,
            "scripted.context_length": model.context_length,
        },
        "capabilities": capabilities,
        "modified_at": CREATED_TEXT,
    });
    Some(Script::json(200, &body))
}

/// Ollama's list of what is in memory: every model that answered.
pub(super) fn loaded(requests: &[RecordedRequest]) -> Script {
    let mut names: Vec<String> = requests
        .iter()
        .filter(|request| request.family() == WireFamily::Ollama && request.is_chat())
        .map(RecordedRequest::model)
        .collect();
    names.sort();
    names.dedup();
    let entry = |name: &String| {
        json!({ "name": name, "model": name, "size": 5_137_025_024_u64, "digest": "5c12",
            "details": details(), "expires_at": "2038-01-19T03:14:07Z",
            "size_vram": 5_137_025_024_u64, "context_length": lists::OLLAMA_WINDOW })
    };
    let models: Vec<Value> = names.iter().map(entry).collect();
    Script::json(200, &json!({ "models": models }))
}

fn maker(model: &ScriptedModel) -> &str {
    model
        .id
        .split_once('/')
        .map_or("scripted", |(maker, _)| maker)
}

fn openai(model: &ScriptedModel) -> Value {
    json!({ "id": model.id, "object": "model", "created": model.created, "owned_by": maker(model),
        "context_length": model.context_length })
}

/// A page of `limit` models after the one that is named.
fn anthropic(request: &RecordedRequest, models: &[ScriptedModel]) -> Value {
    let limit = parameter(request, "limit").and_then(|limit| limit.parse().ok());
    let after = parameter(request, "after_id");
    let start = after
        .and_then(|after| models.iter().position(|model| model.id == after))
        .map_or(0, |at| at + 1);
    let limit: usize = limit.unwrap_or(20).clamp(1, 1_000);
    let end = (start + limit).min(models.len());
    let page = &models[start..end];
    let entry = |model: &ScriptedModel| {
        json!({ "type": "model", "id": model.id, "display_name": display_name(model),
            "created_at": CREATED_TEXT, "max_input_tokens": model.context_length,
            "max_tokens": model.context_length / 2 })
    };
    let id = |model: &ScriptedModel| model.id.clone();
    json!({
        "data": page.iter().map(entry).collect::<Vec<_>>(),
        "first_id": page.first().map(id),
        "has_more": end < models.len(),
        "last_id": page.last().map(id),
    })
}

/// A page of `pageSize` entries from the token on, which is a number here.
fn google(request: &RecordedRequest, name: &str, entries: &[Value]) -> Value {
    let count = |name| parameter(request, name).and_then(|text| text.parse::<usize>().ok());
    let start = count("pageToken").unwrap_or(0).min(entries.len());
    let size = count("pageSize").filter(|size| *size > 0).unwrap_or(50);
    let end = (start + size.min(1_000)).min(entries.len());
    let mut page = json!({ name: entries[start..end] });
    if end < entries.len() {
        page["nextPageToken"] = json!(end.to_string());
    }
    page
}

fn gemini(model: &ScriptedModel) -> Value {
    json!({
        "name": format!("models/{}", model.id),
        "version": "001",
        "displayName": display_name(model),
        "description": "Plays its name.",
        "inputTokenLimit": model.context_length,
        "outputTokenLimit": model.context_length / 2,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
        "temperature": 1,
        "maxTemperature": 2,
        "thinking": base_name(&model.plays).starts_with("reasoning"),
    })
}

fn vertex(model: &ScriptedModel) -> Value {
    json!({
        "name": format!("publishers/google/models/{}", model.id),
        "versionId": "001",
        "openSourceCategory": "PROPRIETARY",
        "launchStage": "GA",
        "publisherModelTemplate": format!(
            "projects/{{user-project}}/locations/{{location}}/publishers/google/models/{}@001",
            model.id
        ),
    })
}

fn ollama(model: &ScriptedModel) -> Value {
    json!({ "name": model.id, "model": model.id, "modified_at": CREATED_TEXT,
        "size": 4_661_224_676_u64, "digest": "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1",
        "details": details() })
}

fn details() -> Value {
    json!({ "parent_model": "", "format": "gguf", "family": "scripted", "families": ["scripted"],
        "parameter_size": "8.0B", "quantization_level": "Q4_K_M" })
}

const SUPPORTED: [&str; 7] = [
    "include_reasoning",
    "max_tokens",
    "reasoning",
    "response_format",
    "stop",
    "temperature",
    "tools",
];

/// All names there have a maker.
fn routed_id(model: &ScriptedModel) -> String {
    if model.id.contains('/') {
        return model.id.clone();
    }
    format!("scripted/{}", model.id)
}

fn open_router(model: &ScriptedModel) -> Value {
    let id = routed_id(model);
    json!({
        "id": id,
        "canonical_slug": id,
        "hugging_face_id": "",
        "name": display_name(model),
        "created": model.created,
        "description": "Plays its name.",
        "context_length": model.context_length,
        "architecture": {
            "modality": "text->text",
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": null,
        },
        "pricing": pricing(model),
        "top_provider": {
            "context_length": model.context_length,
            "max_completion_tokens": model.context_length / 2,
            "is_moderated": false,
        },
        "per_request_limits": null,
        "supported_parameters": SUPPORTED,
    })
}

/// Text, in US dollars per token.
fn pricing(model: &ScriptedModel) -> Value {
    let prices = model.prices.clone().unwrap_or_default();
    let mut pricing = json!({ "prompt": prices.prompt, "completion": prices.completion,
        "request": "0", "image": "0" });
    for (name, price) in [
        ("input_cache_read", prices.cache_read),
        ("input_cache_write", prices.cache_write),
    ] {
        if let Some(price) = price {
            pricing[name] = json!(price);
        }
    }
    pricing
}

/// Numbers, in US dollars per million tokens.
fn together(model: &ScriptedModel) -> Value {
    let prices: ScriptedPrices = model.prices.clone().unwrap_or_default();
    json!({
        "id": model.id,
        "object": "model",
        "created": model.created,
        "type": "chat",
        "running": false,
        "display_name": display_name(model),
        "organization": maker(model),
        "context_length": model.context_length,
        "pricing": {
            "hourly": 0,
            "input": per_million(&prices.prompt),
            "output": per_million(&prices.completion),
            "base": 0,
            "finetune": 0,
        },
    })
}

/// The point moved by six places.
fn per_million(price: &str) -> Value {
    let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
    let fraction = format!("{fraction:0<6}");
    let (more, rest) = fraction.split_at(6);
    number(&format!("{whole}{more}.{rest}0"))
}

fn display_name(model: &ScriptedModel) -> String {
    format!("Scripted {}", model.id)
}

fn parameter<'a>(request: &'a RecordedRequest, name: &str) -> Option<&'a str> {
    request.query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })
}
