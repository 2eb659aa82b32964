//! `/v1/embeddings`.
//!
//! There is no other model behind a name here than the one that the name stands for: vectors of two
//! models do not mix, so a request that cannot be answered by its own model fails. Only an app that names
//! several itself, in `models`, is answered by any of them, and `model` says by which.

use std::borrow::Cow;
use std::sync::Arc;

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::HeaderMap;
use patchbay_domain::{
    AppEndpoint, ChatRequest, Cost, EmbeddingInput, EmbeddingRequest, Vector, VectorEncoding,
    WireFamily,
};
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

use super::preferences::{Provider, wish};
use crate::answer::Answer;
use crate::asking::{self, Asked};
use crate::failure::Refusal;
use crate::guard::Caller;
use crate::items;
use crate::routes::Shared;
use crate::told::{Told, dollars};

#[derive(Deserialize)]
struct Body<'a> {
    model: Option<String>,
    #[serde(default)]
    models: Option<Vec<String>>,
    provider: Option<Provider>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    encoding_format: Option<String>,
    dimensions: Option<u32>,
    stream: Option<bool>,
}

/// What is read here, so that all else, `user` among it, is for ways in that are asked in these words.
const KNOWN: &[&str] = &[
    "model",
    "models",
    "provider",
    "input",
    "encoding_format",
    "dimensions",
    "stream",
];

/// Answers one request.
pub(crate) async fn answer(
    shared: Arc<Shared>,
    caller: Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let (asked, encoding) = parse(&body, &headers)?;
    asking::reply_whole(&shared, caller, asked, move |answer| {
        whole(answer, encoding)
    })
    .await
}

fn parse(bytes: &[u8], headers: &HeaderMap) -> Result<(Asked, VectorEncoding), Refusal> {
    let body: Body<'_> =
        serde_json::from_slice(bytes).map_err(|error| items::unreadable(&error))?;
    if body.stream == Some(true) {
        return Err(Refusal::invalid("stream", "Embeddings are not streamed."));
    }
    let encoding = match body.encoding_format.as_deref() {
        None => VectorEncoding::Float,
        Some(word) => VectorEncoding::from_word(word).ok_or_else(|| {
            Refusal::invalid("encoding_format", "Vectors are written as float or base64.")
        })?,
    };
    if body.dimensions == Some(0) {
        return Err(Refusal::invalid(
            "dimensions",
            "A vector has at least one number.",
        ));
    }
    let embedding = EmbeddingRequest {
        input: input(body.input)?,
        dimensions: body.dimensions,
        encoding,
    };
    let asked = Asked {
        endpoint: AppEndpoint::Embeddings,
        wish: wish(
            body.model,
            body.models.unwrap_or_default(),
            body.provider,
            headers,
        )?,
        request: ChatRequest {
            embedding: Some(embedding),
            foreign_fields: items::foreign(
                WireFamily::OpenAiChat,
                bytes,
                KNOWN,
                Default::default(),
            ),
            ..ChatRequest::default()
        },
        is_stream: false,
        holds_back: None,
        has_instructions: false,
    };
    Ok((asked, encoding))
}

/// A text, texts, the numbers of tokens, or lists of those. Told apart by their beginning, since they can
/// be long.
fn input(raw: Option<&RawValue>) -> Result<EmbeddingInput, Refusal> {
    let json = raw.map_or("null", RawValue::get);
    let wrong = |error: serde_json::Error| {
        Refusal::invalid(
            "input",
            format!("The input is a text, texts, or the numbers of tokens: {error}."),
        )
    };
    let inside = json.strip_prefix('[').map(str::trim_start);
    let input = match inside.and_then(|inside| inside.as_bytes().first()) {
        None => EmbeddingInput::Texts(vec![serde_json::from_str(json).map_err(wrong)?]),
        Some(b']') => EmbeddingInput::Texts(Vec::new()),
        Some(b'"') => EmbeddingInput::Texts(serde_json::from_str(json).map_err(wrong)?),
        Some(b'[') => EmbeddingInput::Tokens(serde_json::from_str(json).map_err(wrong)?),
        Some(_) => EmbeddingInput::Tokens(vec![serde_json::from_str(json).map_err(wrong)?]),
    };
    let is_hollow = match &input {
        EmbeddingInput::Texts(texts) => texts.is_empty(),
        EmbeddingInput::Tokens(lists) => lists.is_empty() || lists.iter().any(Vec::is_empty),
    };
    if is_hollow {
        return Err(Refusal::invalid(
            "input",
            "There is nothing to make embeddings of.",
        ));
    }
    Ok(input)
}

#[derive(Serialize)]
struct List<'a> {
    object: &'static str,
    data: Vec<Item>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageBody>,
    provider: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Item {
    object: &'static str,
    index: usize,
    embedding: Box<RawValue>,
}

/// Tokens, where the provider counted them.
#[derive(Serialize)]
struct UsageBody {
    prompt_tokens: u64,
    total_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
}

fn whole(answer: &Answer, encoding: VectorEncoding) -> Vec<u8> {
    let vectors = answer.vectors.iter().flat_map(|vectors| vectors.iter());
    let data = vectors
        .enumerate()
        .filter_map(|(index, vector)| {
            Some(Item {
                object: "embedding",
                index,
                embedding: RawValue::from_string(written(vector, encoding)?.into_owned()).ok()?,
            })
        })
        .collect();
    let cost = Cost::sum(answer.attempts.iter().map(|attempt| attempt.cost));
    let list = List {
        object: "list",
        data,
        model: answer.model(),
        usage: answer.usage.as_ref().map(|usage| UsageBody {
            prompt_tokens: usage.total_input(),
            total_tokens: usage.total_input().saturating_add(usage.total_output()),
            cost: cost.amount.map(dollars),
        }),
        provider: answer.provider_name(),
        patchbay: Told::of(answer),
    };
    serde_json::to_vec(&list).unwrap_or_default()
}

/// A vector as JSON in the form that was asked for. Where the provider wrote it so, as it stands.
fn written(vector: &Vector, encoding: VectorEncoding) -> Option<Cow<'_, str>> {
    Some(match (vector.encoding, encoding) {
        (VectorEncoding::Float, VectorEncoding::Float) => Cow::Borrowed(&vector.data),
        (VectorEncoding::Base64, VectorEncoding::Base64) => {
            Cow::Owned(format!("\"{}\"", vector.data))
        }
        (VectorEncoding::Float, VectorEncoding::Base64) => {
            let numbers: Vec<f64> = serde_json::from_str(&vector.data).ok()?;
            let bytes: Vec<u8> = numbers
                .into_iter()
                .flat_map(|number| (number as f32).to_le_bytes())
                .collect();
            Cow::Owned(format!("\"{}\"", STANDARD.encode(bytes)))
        }
        (VectorEncoding::Base64, VectorEncoding::Float) => {
            let bytes = STANDARD.decode(&vector.data).ok()?;
            let numbers: Vec<f32> = bytes
                .chunks_exact(4)
                .filter_map(|bytes| bytes.try_into().ok().map(f32::from_le_bytes))
                .collect();
            Cow::Owned(serde_json::to_string(&numbers).ok()?)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn every_form_of_input_is_understood() {
        let texts = |texts: &[&str]| {
            EmbeddingInput::Texts(texts.iter().map(|&text| text.to_owned()).collect())
        };
        for (json, expected) in [
            (r#""a b""#, texts(&["a b"])),
            (r#"[ "a", "b" ]"#, texts(&["a", "b"])),
            ("[1, 2]", EmbeddingInput::Tokens(vec![vec![1, 2]])),
            (
                "[[1, 2],[3]]",
                EmbeddingInput::Tokens(vec![vec![1, 2], vec![3]]),
            ),
        ] {
            assert_eq!(input(Some(&raw(json))).unwrap(), expected, "{json}");
        }
        for json in [
            "null",
            "{}",
            "7",
            "[]",
            "[[]]",
            "[[1],[]]",
            "[-1]",
            "[1.5]",
            "[\"a\",1]",
            "[null]",
        ] {
            let refusal = input(Some(&raw(json))).unwrap_err();
            assert_eq!(refusal.param.as_deref(), Some("input"), "{json}");
        }
        assert!(input(None).is_err());
    }

    #[test]
    fn vectors_are_turned_into_the_other_form_and_kept_in_their_own() {
        let floats = Vector {
            encoding: VectorEncoding::Float,
            data: "[0.10,-2,3e-1]".to_owned(),
            numbers: 3,
        };
        assert_eq!(
            written(&floats, VectorEncoding::Float).unwrap(),
            "[0.10,-2,3e-1]"
        );
        let packed = written(&floats, VectorEncoding::Base64)
            .unwrap()
            .into_owned();
        let base64 = Vector {
            encoding: VectorEncoding::Base64,
            data: packed.trim_matches('"').to_owned(),
            numbers: 3,
        };
        assert_eq!(written(&base64, VectorEncoding::Base64).unwrap(), packed);
        assert_eq!(
            written(&base64, VectorEncoding::Float).unwrap(),
            "[0.1,-2.0,0.3]"
        );
    }
}
