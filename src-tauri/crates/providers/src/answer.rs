//! From an HTTP reply to the domain's events: the same for every family of wire formats.

use std::time::Duration;

use futures::StreamExt as _;
use http::header::CONTENT_TYPE;
use patchbay_domain::{EventStream, Failure};
use reqwest::Response;

use crate::decode::StreamDecoder;
use crate::errors::{ErrorReply, reply_failure, transport_failure, unexpected_content};
use crate::reader::{AnswerReader, WHOLE_BODY_BYTES, too_large};
use crate::scrub::Scrubber;

/// Enough of an error body for every message there is.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// Providers answer errors at once; one that dawdles is not worth the wait for its words.
const ERROR_BODY_LIMIT: Duration = Duration::from_secs(5);

/// Checks that the reply is one that can be decoded.
pub(crate) async fn accepted(response: Response, scrubber: &Scrubber) -> Result<Response, Failure> {
    if !response.status().is_success() {
        return Err(refusal(response, scrubber).await);
    }
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|value| value.to_ascii_lowercase().contains("html")) {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = beginning(response).await;
        return Err(unexpected_content(status, &headers, &body, scrubber));
    }
    Ok(response)
}

/// Reads a refusal and classes it.
pub(crate) async fn refusal(response: Response, scrubber: &Scrubber) -> Failure {
    let (status, headers, url) = (
        response.status().as_u16(),
        response.headers().clone(),
        response.url().clone(),
    );
    let body = beginning(response).await;
    reply_failure(
        ErrorReply {
            status,
            headers: &headers,
            body: &body,
            url: &url,
        },
        scrubber,
    )
}

/// What can be had of a body within the limits; an error in it loses nothing that was read.
pub(crate) async fn beginning(mut response: Response) -> String {
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(bytes)) = response.chunk().await {
            body.extend_from_slice(&bytes);
            if body.len() >= ERROR_BODY_BYTES {
                body.truncate(ERROR_BODY_BYTES);
                break;
            }
        }
    };
    // What came in time is kept either way.
    let _ = tokio::time::timeout(ERROR_BODY_LIMIT, read).await;
    String::from_utf8_lossy(&body).into_owned()
}

/// Reads a whole body, bounded.
pub(crate) async fn whole_body(response: Response, scrubber: &Scrubber) -> Result<String, Failure> {
    whole_body_within(WHOLE_BODY_BYTES, response, scrubber).await
}

/// Reads a whole body of at most so many bytes.
pub(crate) async fn whole_body_within(
    most: usize,
    mut response: Response,
    scrubber: &Scrubber,
) -> Result<String, Failure> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) if body.len() + bytes.len() > most => {
                return Err(too_large());
            }
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return Ok(String::from_utf8_lossy(&body).into_owned()),
            Err(error) => return Err(transport_failure(&error, scrubber)),
        }
    }
}

/// Decodes an accepted reply. Dropping the stream closes the connection.
pub(crate) fn answer<D>(response: Response, decoder: D, scrubber: Scrubber) -> EventStream
where
    D: StreamDecoder + Send + 'static,
{
    let mut reader = AnswerReader::new(decoder, scrubber.clone());
    let mut bytes = response.bytes_stream();
    async_stream::stream! {
        while let Some(piece) = bytes.next().await {
            let decoded = match piece {
                Ok(piece) => reader.push(&piece),
                // The model had said that it was done: nothing of the answer is missing.
                Err(_) if reader.is_finished() => return,
                Err(error) => {
                    yield Err(transport_failure(&error, &scrubber));
                    return;
                }
            };
            for event in decoded {
                yield event;
            }
            if reader.is_done() {
                return;
            }
        }
        for event in reader.finish() {
            yield event;
        }
    }
    .boxed()
}
