//! The list of models, in the shapes that servers give it.
//!
//! What a model can hold and do is read wherever some list says it, for those names collide with
//! nothing. Prices and dates are read only in the shape that the provider is known for.

mod capabilities;
mod fields;
mod openrouter;
mod prices;
mod shape;

use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::{Failure, ModelListing, Price, UnixMillis};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use self::fields::Fields;
pub use self::shape::ModelListShape;
use crate::model_list::{ModelListError, tidied};
use crate::wire_client::WireClient;

/// Seconds of 2018-01-01 and of 2100-01-01: no model here came out before the one or after the other.
const SENSIBLE_SECONDS: std::ops::Range<u64> = 1_514_764_800..4_102_444_800;

/// What is known of a list before it is read.
#[derive(Clone, Copy, Debug)]
pub struct ListContext<'a> {
    /// The provider's name, which becomes the name of its price list.
    pub provider_name: &'a str,
    /// What shape its list has.
    pub shape: ModelListShape,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    data: Option<&'a RawValue>,
    /// llama.cpp's server sends both.
    #[serde(borrow, default, deserialize_with = "even_null")]
    models: Option<&'a RawValue>,
}

/// Tells a field that is `null` from one that is not there.
fn even_null<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Reads `{"data":[..]}`, `{"models":[..]}` or a bare list, whose items are objects or plain ids.
/// Sorted by id, each id once. Where two entries of one id ask for different prices, its price is not
/// known.
///
/// There is no clock here: whoever asked for the list knows when, and sets
/// [`as_of`](PriceTag::as_of) of its prices, which is 0.
///
/// # Errors
/// Where the body is none of these.
pub fn parse_models(
    body: &str,
    context: ListContext<'_>,
) -> Result<Vec<ModelListing>, ModelListError> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let list = if body.starts_with('[') {
        body
    } else {
        let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| ModelListError)?;
        envelope
            .data
            .or(envelope.models)
            .ok_or(ModelListError)?
            .get()
    };
    // A server without a single model says `null`.
    let items: Option<Vec<&RawValue>> = serde_json::from_str(list).map_err(|_| ModelListError)?;
    let models = items
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| listing(item.get(), context));
    Ok(tidied(models.collect()))
}

/// Asks for the list at `path`. Its shape is the same whichever of OpenAI's formats is spoken.
pub(crate) async fn fetch_models(
    client: &WireClient,
    path: &str,
    shape: ModelListShape,
) -> Result<Vec<ModelListing>, Failure> {
    let context = ListContext {
        provider_name: client.name(),
        shape,
    };
    let request = client.get(client.url(path));
    let parse = |body: &str| parse_models(body, context);
    client.fetch_parsed(request, parse).await
}

fn listing(item: &str, context: ListContext<'_>) -> Option<ModelListing> {
    if let Ok(id) = serde_json::from_str::<String>(item) {
        let id = Some(id).filter(|id| !id.trim().is_empty())?;
        return Some(ModelListing {
            id,
            ..ModelListing::default()
        });
    }
    let entry = Fields::parse(item)?;
    // Fireworks: another tier of service of a model that stands there already.
    if context.shape == ModelListShape::Fireworks && entry.text("service_tier").is_some() {
        return None;
    }
    let name = first(["display_name", "title", "name"], |field| entry.text(field));
    // Fireworks, LiteLLM; Ollama's and Cohere's native shapes have a name and no id.
    let id = first(["usage_identifier", "id", "model_name"], |field| {
        entry.text(field)
    })
    .or_else(|| entry.text("name"))?;
    let mut capabilities = capabilities::capabilities(&entry);
    if context.shape == ModelListShape::Huggingface {
        capabilities.open_weights = Some(true);
    }
    let price = prices::rules(&entry, context.shape).map(|rules| Price {
        rules,
        tag: PriceTag {
            source: PriceSource::Provider,
            name: context.provider_name.to_owned(),
            as_of: UnixMillis(0),
        },
    });
    Some(ModelListing {
        name: name.filter(|name| *name != id).or_else(|| file_name(&id)),
        context_length: context_length(&entry, context.shape),
        max_output: max_output(&entry),
        owned_by: first(["owned_by", "organization", "publisher"], |field| {
            entry.text(field)
        }),
        released_at: entry
            .count("created")
            .filter(|seconds| {
                context.shape.has_release_dates() && SENSIBLE_SECONDS.contains(seconds)
            })
            .and_then(|seconds| i64::try_from(seconds).ok())
            .map(|seconds| UnixMillis(seconds * 1_000)),
        is_chat: capabilities::is_chat(&entry, &capabilities),
        capabilities,
        // llama.cpp's server says it among the facts of the file.
        quantization: entry
            .text("quantization")
            .or_else(|| entry.object("meta").text("ftype")),
        price,
        id,
    })
}

/// llama.cpp's server calls a model by the path of its file, of which people know the end.
fn file_name(id: &str) -> Option<String> {
    let stem = id.strip_suffix(".gguf")?;
    let (folders, name) = stem.rsplit_once(['/', '\\'])?;
    let is_path = folders.is_empty() || folders.starts_with('/') || folders.contains(':');
    (is_path && !name.is_empty()).then(|| name.to_owned())
}

fn first<T>(
    names: impl IntoIterator<Item = &'static str>,
    read: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    names.into_iter().find_map(read)
}

/// What is loaded now comes before what could be, and both before the prompt's own limit.
fn context_length(entry: &Fields<'_>, shape: ModelListShape) -> Option<u64> {
    let own = first(
        [
            "loaded_context_length",
            "context_length",
            "context_window",
            "context_size",
            "max_context_length",
            "max_model_len",
        ],
        |field| entry.count(field),
    );
    let limits = || {
        let limits = entry.object("limits");
        limits
            .count("max_context_length")
            .or_else(|| limits.count("max_input_tokens"))
    };
    let meta = entry.object("meta");
    own.or_else(|| entry.object("metadata").count("context_length"))
        .or_else(|| meta.count("n_ctx"))
        .or_else(|| meta.count("n_ctx_train"))
        .or_else(limits)
        .or_else(|| entry.object("model_info").count("max_input_tokens"))
        .or_else(|| entry.count("max_prompt_length"))
        .or_else(|| match shape {
            // What every host can hold.
            ModelListShape::Huggingface => prices::live_hosts(entry)
                .filter_map(|host| host.count("context_length"))
                .min(),
            _ => None,
        })
}

fn max_output(entry: &Fields<'_>) -> Option<u64> {
    const NAMES: [&str; 3] = [
        "max_completion_tokens",
        "max_output_tokens",
        "max_output_length",
    ];
    let places = [
        entry.object("top_provider"),
        entry.clone(),
        entry.object("limits"),
        entry.object("model_info"),
    ];
    places
        .iter()
        .find_map(|place| first(NAMES, |field| place.count(field)))
}

#[cfg(test)]
mod tests;
