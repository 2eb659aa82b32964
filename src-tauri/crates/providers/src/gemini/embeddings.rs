//! Embeddings as Google AI Studio makes them: one request for all texts, and values in digits.

use patchbay_domain::{
    EmbeddingInput, EmbeddingRequest, Failure, FailureClass, FinishReason, StreamEvent,
};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::embeddings::{counted, shortened, vector};
use crate::errors::in_band_failure;
use crate::lenient::present;
use crate::request_body::refused;
use crate::scrub::Scrubber;

/// The body of a request; `path` names the model as the address does.
///
/// # Errors
/// Tokens as numbers, which Google takes none of.
pub(super) fn body(wanted: &EmbeddingRequest, path: &str) -> Result<Vec<u8>, Failure> {
    let EmbeddingInput::Texts(texts) = &wanted.input else {
        return Err(refused(
            "Google takes texts alone, and this input is written as the numbers of tokens.",
        ));
    };
    let requests: Vec<serde_json::Value> = texts
        .iter()
        .map(|text| {
            let mut one = json!({ "model": path, "content": { "parts": [{ "text": text }] } });
            if let Some(dimensions) = wanted.dimensions {
                one["outputDimensionality"] = dimensions.into();
            }
            one
        })
        .collect();
    Ok(json!({ "requests": requests }).to_string().into_bytes())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Reply<'a> {
    #[serde(borrow)]
    embeddings: Option<Vec<Values<'a>>>,
    #[serde(borrow)]
    usage_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    values: &'a RawValue,
}

/// Reads the reply.
///
/// # Errors
/// It is an error, or holds no vector for each text.
pub(super) fn read(
    body: &str,
    wanted: &EmbeddingRequest,
    request_id: Option<String>,
    scrubber: &Scrubber,
) -> Result<Vec<StreamEvent>, Failure> {
    let reply: Reply<'_> = serde_json::from_str(body.trim()).map_err(|error| {
        let message = format!("The reply holds no vectors (column {}).", error.column());
        Failure::new(FailureClass::UnexpectedContent, message)
    })?;
    if let Some(error) = present(reply.error) {
        return Err(in_band_failure(error.get(), scrubber));
    }
    let embeddings = reply.embeddings.unwrap_or_default();
    let vectors = embeddings.iter().map(|one| vector(one.values)).collect();
    let vectors = counted(vectors, wanted.input.len())?;
    let mut events = vec![StreamEvent::Started {
        request_id,
        model: None,
        served_by: None,
    }];
    events.extend(shortened(&vectors, wanted.dimensions));
    events.push(StreamEvent::Embeddings { vectors });
    // Not every model is counted: without it nobody knows what it cost.
    events.extend(present(reply.usage_metadata).and_then(|raw| super::usage_event(raw.get())));
    events.push(StreamEvent::Finished {
        reason: FinishReason::Stop,
    });
    Ok(events)
}

#[cfg(test)]
mod tests {
    use patchbay_domain::VectorEncoding;
    use serde_json::Value;

    use super::*;

    fn wanted(input: EmbeddingInput) -> EmbeddingRequest {
        EmbeddingRequest {
            input,
            dimensions: Some(2),
            encoding: VectorEncoding::Base64,
        }
    }

    #[test]
    fn texts_are_asked_together_and_tokens_not_at_all() {
        let texts = EmbeddingInput::Texts(vec!["a".to_owned(), "b".to_owned()]);
        let sent = body(&wanted(texts), "models/gemini-embedding-001").unwrap();
        let sent: Value = serde_json::from_slice(&sent).unwrap();
        assert_eq!(
            sent["requests"][1],
            json!({
                "model": "models/gemini-embedding-001",
                "content": { "parts": [{ "text": "b" }] },
                "outputDimensionality": 2,
            })
        );
        let tokens = wanted(EmbeddingInput::Tokens(vec![vec![1]]));
        let failure = body(&tokens, "models/m").unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest);
    }

    #[test]
    fn values_are_vectors_and_a_count_is_used_where_there_is_one() {
        let texts = wanted(EmbeddingInput::Texts(vec!["a".to_owned()]));
        let scrubber = Scrubber::default();
        let read = |body| read(body, &texts, None, &scrubber);
        let events = read(
            r#"{"embeddings":[{"values":[0.5,-0.25]}],"usageMetadata":{"promptTokenCount":3}}"#,
        )
        .unwrap();
        assert!(events.iter().any(|event| matches!(event,
            StreamEvent::Embeddings { vectors } if vectors[0].data == "[0.5,-0.25]")));
        assert!(events.iter().any(|event| matches!(event,
            StreamEvent::Usage { usage, .. } if usage.input == 3)));
        let silent = read(r#"{"embeddings":[{"values":[1,2]}]}"#).unwrap();
        assert!(
            !silent
                .iter()
                .any(|event| matches!(event, StreamEvent::Usage { .. }))
        );
        assert!(read("{}").is_err());
    }
}
