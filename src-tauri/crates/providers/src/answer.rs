//! From an HTTP reply to the domain's events: the same for every family of wire formats.

use std::ops::ControlFlow;
use std::time::Duration;

use futures::StreamExt as _;
use http::header::CONTENT_TYPE;
use patchbay_domain::{EventStream, Failure, FailureClass};
use reqwest::Response;

use crate::decode::{Decoded, StreamDecoder};
use crate::errors::{ErrorReply, reply_failure, transport_failure, unexpected_content};
use crate::scrub::Scrubber;
use crate::sse::SseParser;

/// Enough of an error body for every message there is.
const ERROR_BODY_BYTES: usize = 64 * 1024;

/// Providers answer errors at once; one that dawdles is not worth the wait for its words.
const ERROR_BODY_LIMIT: Duration = Duration::from_secs(5);

/// The largest reply that is read as a whole: lists of models, answers that were not streamed.
pub(crate) const WHOLE_BODY_BYTES: usize = 16 * 1024 * 1024;

/// What a body is, told by its first byte: content types lie, and `{` begins no event stream.
enum Body {
    Undecided,
    Events(SseParser),
    Whole(Vec<u8>),
    Page(Vec<u8>),
}

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
async fn beginning(mut response: Response) -> String {
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
pub(crate) async fn whole_body(
    mut response: Response,
    scrubber: &Scrubber,
) -> Result<String, Failure> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) if body.len() + bytes.len() > WHOLE_BODY_BYTES => {
                return Err(too_large());
            }
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => return Ok(String::from_utf8_lossy(&body).into_owned()),
            Err(error) => return Err(transport_failure(&error, scrubber)),
        }
    }
}

/// Decodes an accepted reply. Dropping the stream closes the connection.
pub(crate) fn answer<D>(response: Response, mut decoder: D, scrubber: Scrubber) -> EventStream
where
    D: StreamDecoder + Send + 'static,
{
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut bytes = response.bytes_stream();
    async_stream::stream! {
        let mut body = Body::Undecided;
        while let Some(piece) = bytes.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                // The model had said that it was done: nothing of the answer is missing.
                Err(_) if decoder.is_finished() => return,
                Err(error) => {
                    yield Err(transport_failure(&error, &scrubber));
                    return;
                }
            };
            let (decoded, is_full) = body.push(&piece, &mut decoder);
            for event in decoded {
                let is_last = event.is_err();
                yield event;
                if is_last {
                    return;
                }
            }
            if is_full || decoder.is_done() {
                break;
            }
        }
        match body {
            Body::Page(page) => {
                let page = String::from_utf8_lossy(&page);
                yield Err(unexpected_content(status, &headers, &page, &scrubber));
            }
            Body::Whole(whole) => {
                for event in decoder.push_whole(&String::from_utf8_lossy(&whole)) {
                    yield event;
                }
            }
            Body::Events(parser) if !decoder.is_done() => {
                // Whole, or cut in the middle; then the cut is told by what is missing.
                let last = parser.finish().map(|event| decoder.push(&event)).unwrap_or_default();
                for event in last {
                    if !matches!(event, Ok(patchbay_domain::StreamEvent::Malformed { .. })) {
                        yield event;
                    }
                }
            }
            Body::Events(_) | Body::Undecided => {}
        }
    }
    .boxed()
}

impl Body {
    /// Reads the next bytes. The flag says that no more are wanted.
    fn push(&mut self, bytes: &[u8], decoder: &mut impl StreamDecoder) -> (Decoded, bool) {
        if matches!(self, Self::Undecided) {
            let blank = |byte: &&u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
            *self = match bytes.iter().find(|byte| !blank(byte)) {
                None => return (Decoded::new(), false),
                Some(b'{' | b'[') => Self::Whole(Vec::new()),
                Some(b'<') => Self::Page(Vec::new()),
                Some(_) => Self::Events(SseParser::default()),
            };
        }
        match self {
            Self::Undecided => (Decoded::new(), false),
            Self::Events(parser) => (push_events(parser, bytes, decoder), false),
            Self::Whole(whole) if whole.len() + bytes.len() > WHOLE_BODY_BYTES => {
                (Decoded::from_iter([Err(too_large())]), true)
            }
            Self::Whole(whole) => {
                whole.extend_from_slice(bytes);
                (Decoded::new(), false)
            }
            Self::Page(page) => {
                page.extend_from_slice(&bytes[..bytes.len().min(ERROR_BODY_BYTES)]);
                (Decoded::new(), page.len() >= ERROR_BODY_BYTES)
            }
        }
    }
}

fn push_events(parser: &mut SseParser, bytes: &[u8], decoder: &mut impl StreamDecoder) -> Decoded {
    let mut decoded = Decoded::new();
    let result = parser.push(bytes, |event| {
        decoded.extend(decoder.push(&event));
        if decoder.is_done() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if result.is_err() {
        decoded.push(Err(too_large()));
    }
    decoded
}

fn too_large() -> Failure {
    Failure::new(
        FailureClass::ResponseTooLarge,
        "One piece of the reply was larger than any answer needs, and was not read.",
    )
}
