//! Whom a request wants to be answered by: `model`, OpenRouter's `models` and `provider`, and our own
//! headers.

use http::header::HeaderMap;
use patchbay_domain::NanoUsdPerMTok;
use patchbay_engine::{Sort, Wish, ceiling_from_dollars};
use serde::Deserialize;

use crate::failure::Refusal;

/// Milliseconds until another way in is asked where the first token is late.
pub(crate) const FIRST_TOKEN_HEADER: &str = "x-patchbay-first-token-ms";

/// `true` to be given nothing before the answer is whole, `false` for the opposite.
pub(crate) const HOLD_HEADER: &str = "x-patchbay-hold-back";

/// OpenRouter's `provider` object.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Provider {
    order: Option<Vec<String>>,
    only: Option<Vec<String>>,
    ignore: Option<Vec<String>>,
    allow_fallbacks: Option<bool>,
    require_parameters: Option<bool>,
    data_collection: Option<String>,
    zdr: Option<bool>,
    sort: Option<SortWord>,
    max_price: Option<MaxPrice>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum SortWord {
    Word(String),
    Object { by: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MaxPrice {
    prompt: Option<Dollars>,
    completion: Option<Dollars>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Dollars {
    Number(f64),
    Text(String),
}

/// The wish behind names, preferences and headers.
///
/// # Errors
/// A preference that nobody knows, or a number that is none.
pub(crate) fn wish(
    model: Option<String>,
    models: Vec<String>,
    provider: Option<Provider>,
    headers: &HeaderMap,
) -> Result<Wish, Refusal> {
    let mut names: Vec<String> = model.into_iter().filter(|name| !name.is_empty()).collect();
    for name in models {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(Refusal::invalid("model", "The request names no model."));
    }
    let provider = provider.unwrap_or_default();
    let sort = match provider.sort.map(|sort| match sort {
        SortWord::Word(word) | SortWord::Object { by: word } => word,
    }) {
        None => None,
        Some(word) => match word.as_str() {
            "price" => Some(Sort::Price),
            "throughput" | "latency" => Some(Sort::Speed),
            other => {
                return Err(Refusal::invalid(
                    "provider.sort",
                    format!("\u{201c}{other}\u{201d} is none of price, throughput and latency."),
                ));
            }
        },
    };
    let price = provider.max_price.unwrap_or_default();
    Ok(Wish {
        models: names,
        order: provider.order.unwrap_or_default(),
        only: provider.only.unwrap_or_default(),
        ignore: provider.ignore.unwrap_or_default(),
        sort,
        prompt_ceiling: ceiling("provider.max_price.prompt", price.prompt)?,
        output_ceiling: ceiling("provider.max_price.completion", price.completion)?,
        is_alone: provider.allow_fallbacks == Some(false),
        requires_parameters: provider.require_parameters == Some(true),
        denies_collection: provider.zdr == Some(true)
            || provider.data_collection.as_deref() == Some("deny"),
        first_token_millis: first_token(headers)?,
    })
}

fn ceiling(field: &str, dollars: Option<Dollars>) -> Result<Option<NanoUsdPerMTok>, Refusal> {
    let Some(dollars) = dollars else {
        return Ok(None);
    };
    let number = match dollars {
        Dollars::Number(number) => Some(number),
        Dollars::Text(text) => text.trim().parse().ok(),
    };
    number
        .and_then(ceiling_from_dollars)
        .map(Some)
        .ok_or_else(|| Refusal::invalid(field, "This is no price in dollars a million tokens."))
}

/// The limit of the first token that a request sets for itself.
///
/// # Errors
/// It is no number of milliseconds that anybody can keep.
pub(crate) fn first_token(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get(FIRST_TOKEN_HEADER) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .filter(|millis| (100..=3_600_000).contains(millis))
        .map(Some)
        .ok_or_else(|| {
            Refusal::invalid(
                FIRST_TOKEN_HEADER,
                "The limit of the first token is 100 to 3600000 milliseconds.",
            )
        })
}

/// Whether the answer is to be held back, where the request says so.
///
/// # Errors
/// Another word than `true` and `false`.
pub(crate) fn holds_back(headers: &HeaderMap) -> Result<Option<bool>, Refusal> {
    match headers.get(HOLD_HEADER).map(|value| value.as_bytes()) {
        None => Ok(None),
        Some(b"true") => Ok(Some(true)),
        Some(b"false") => Ok(Some(false)),
        Some(_) => Err(Refusal::invalid(HOLD_HEADER, "This is true or false.")),
    }
}
