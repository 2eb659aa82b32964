//! Embeddings in OpenAI's words. All who speak one of its formats are asked in them, and Ollama too, which
//! copies them beside its own format.
//!
//! There is no stream: the reply is read as a whole. Its vectors are handed on as they were written, since
//! whoever compares them with older ones needs every digit.

mod vectors;

use futures::future::BoxFuture;
use patchbay_domain::{
    ChatRequest, EmbeddingInput, EmbeddingRequest, EventStream, Failure, FailureClass,
    FinishReason, StreamEvent, VectorEncoding,
};
use reqwest::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) use self::vectors::{counted, shortened, vector};
use crate::answer::{accepted, refusal};
use crate::errors::{in_band_failure, request_id};
use crate::lenient::{Count, lenient, present};
use crate::openai_chat::{Dialect, usage_event};
use crate::request_body::{Fields, Join, with_extra_body};
use crate::scrub::Scrubber;
use crate::wire_client::WireClient;

/// The largest reply that is read. What OpenAI's largest request is answered with, 2,048 vectors of 3,072
/// numbers, fits in digits too.
pub(crate) const REPLY_BYTES: usize = 160 * 1024 * 1024;

/// Asks for embeddings at `path` below the base URL.
///
/// # Errors
/// The provider refuses, or cannot be reached.
pub(crate) fn open<'a>(
    client: &'a WireClient,
    path: &'a str,
    request: &'a ChatRequest,
    wanted: &'a EmbeddingRequest,
    dialect: Dialect,
) -> BoxFuture<'a, Result<EventStream, Failure>> {
    Box::pin(async move {
        let scrubber = client.scrubber();
        let mut response = post(client, path, body(request, wanted, true)?).await?;
        if matches!(response.status().as_u16(), 400 | 422)
            && wanted.encoding == VectorEncoding::Base64
        {
            let failure = refusal(response, scrubber).await;
            if !is_about_the_encoding(&failure) {
                return Err(failure);
            }
            // In digits they are as good: whoever asked is given the other form.
            tracing::info!(provider = %client.name(), "the server writes no vectors in Base64");
            response = post(client, path, body(request, wanted, false)?).await?;
        }
        let response = accepted(response, scrubber).await?;
        let reader = Reader {
            request_id: request_id(response.headers(), scrubber),
            inputs: wanted.input.len(),
            dimensions: wanted.dimensions,
            dialect,
            scrubber: scrubber.clone(),
        };
        Ok(client.whole(response, REPLY_BYTES, move |body| reader.read(body)))
    })
}

async fn post(client: &WireClient, path: &str, body: Vec<u8>) -> Result<Response, Failure> {
    client.send(client.post_json(client.url(path), body)).await
}

fn is_about_the_encoding(failure: &Failure) -> bool {
    let message = failure.message.to_lowercase();
    message.contains("encoding_format") || message.contains("base64")
}

/// The body of a request. Digits are everybody's own choice, so that only the other form is asked for.
fn body(
    request: &ChatRequest,
    wanted: &EmbeddingRequest,
    with_encoding: bool,
) -> Result<Vec<u8>, Failure> {
    let mut fields = Fields::default();
    fields.put("model", &request.model)?;
    match &wanted.input {
        // One is sent as one, which the smallest servers understand too.
        EmbeddingInput::Texts(texts) => match texts.as_slice() {
            [text] => fields.put("input", text)?,
            texts => fields.put("input", texts)?,
        },
        EmbeddingInput::Tokens(lists) => match lists.as_slice() {
            [list] => fields.put("input", list)?,
            lists => fields.put("input", lists)?,
        },
    }
    fields.put_some("dimensions", wanted.dimensions.as_ref())?;
    if with_encoding && wanted.encoding == VectorEncoding::Base64 {
        fields.put("encoding_format", wanted.encoding.as_str())?;
    }
    with_extra_body(&fields, request.extra_body.as_ref(), Join::Never)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    #[serde(borrow)]
    data: Option<Vec<Item<'a>>>,
    #[serde(deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    model: Option<String>,
    /// OpenRouter: the host behind it.
    #[serde(deserialize_with = "lenient")]
    provider: Option<String>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(default, deserialize_with = "lenient")]
    index: Option<Count>,
    #[serde(borrow)]
    embedding: &'a RawValue,
}

/// What has to be known to read the reply.
struct Reader {
    request_id: Option<String>,
    inputs: usize,
    dimensions: Option<u32>,
    dialect: Dialect,
    scrubber: Scrubber,
}

impl Reader {
    fn read(self, body: &str) -> Result<Vec<StreamEvent>, Failure> {
        let body = body.trim_start_matches('\u{feff}').trim();
        let reply: Reply<'_> = serde_json::from_str(body).map_err(|error| {
            let at = error.column();
            self.strange(format!("The reply holds no vectors (column {at})."))
        })?;
        if let Some(error) = present(reply.error) {
            return Err(in_band_failure(error.get(), &self.scrubber));
        }
        let Some(items) = reply.data else {
            // `{"detail": ..}` and the like with a good status.
            let failure = in_band_failure(body, &self.scrubber);
            let class = FailureClass::UnexpectedContent;
            return Err(Failure { class, ..failure });
        };
        let items = in_order(items).ok_or_else(|| {
            self.strange("The reply counts its vectors in a way that cannot be followed.")
        })?;
        let vectors = items.into_iter().map(vector).collect();
        let vectors = counted(vectors, self.inputs)?;
        let clean = |text: &Option<String>| self.scrubber.identifier_in(text.as_deref());
        let mut events = vec![StreamEvent::Started {
            model: clean(&reply.model),
            served_by: clean(&reply.provider),
            request_id: self.request_id.clone().or_else(|| clean(&reply.id)),
        }];
        events.extend(shortened(&vectors, self.dimensions));
        events.push(StreamEvent::Embeddings { vectors });
        events.extend(present(reply.usage).and_then(|raw| usage_event(raw, self.dialect)));
        events.push(StreamEvent::Finished {
            reason: FinishReason::Stop,
        });
        Ok(events)
    }

    fn strange(&self, message: impl Into<String>) -> Failure {
        Failure {
            request_id: self.request_id.clone(),
            ..Failure::new(FailureClass::UnexpectedContent, message)
        }
    }
}

/// The vectors in the order of the inputs: by their numbers where they have them, which no standard says
/// are in order. `None` where a number comes twice, or one is missing.
fn in_order(items: Vec<Item<'_>>) -> Option<Vec<&RawValue>> {
    if items.iter().all(|item| item.index.is_none()) {
        return Some(items.into_iter().map(|item| item.embedding).collect());
    }
    let mut places: Vec<Option<&RawValue>> = vec![None; items.len()];
    for item in items {
        let index = usize::try_from(item.index?.0).ok()?;
        let place = places.get_mut(index)?;
        if place.replace(item.embedding).is_some() {
            return None;
        }
    }
    places.into_iter().collect()
}

#[cfg(test)]
mod tests;
