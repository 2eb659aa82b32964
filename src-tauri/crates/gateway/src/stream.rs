//! An answer piece by piece, as server-sent events.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use patchbay_domain::run::Outcome;
use patchbay_engine::RunUpdate;

use crate::answer::Answer;
use crate::asking::{Begun, is_said, refusal};
use crate::failure::Refusal;
use crate::limits::Counted;
use crate::told;

/// A silent stream says this often that it is alive, so that nobody between takes it for dead.
pub(crate) const ALIVE_EVERY: Duration = Duration::from_secs(15);

/// A comment, which clients skip.
pub(crate) const ALIVE: &[u8] = b": patchbay\n\n";

/// How a client's format writes an answer piece by piece. `answer` is all that was said so far, with
/// the update in question.
pub(crate) trait Encoder: Send {
    /// Before the first word.
    fn begin(&mut self, answer: &Answer, out: &mut Vec<u8>);

    /// Something new.
    fn update(&mut self, update: &RunUpdate, answer: &Answer, out: &mut Vec<u8>);

    /// The answer is whole.
    fn end(&mut self, answer: &Answer, out: &mut Vec<u8>);

    /// The answer breaks off, and the client is told so in its own words.
    fn break_off(&mut self, refusal: &Refusal, answer: &Answer, out: &mut Vec<u8>);
}

/// Writes one event.
pub(crate) fn event(out: &mut Vec<u8>, name: Option<&str>, json: &[u8]) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(json);
    out.extend_from_slice(b"\n\n");
}

/// The reply whose body is the stream. Dropping it, as hyper does when the client hangs up, drops the
/// run and so cancels it.
pub(crate) fn respond(begun: Begun, mut encoder: Box<dyn Encoder>, counted: Counted) -> Response {
    let Begun {
        mut run,
        answer: known,
        early,
        is_held,
    } = begun;
    let mut headers = http::HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    told::add_headers(
        &mut headers,
        known.run,
        &known.attempts,
        known.note.as_deref(),
        false,
    );
    let body = async_stream::stream! {
        let _counted = counted;
        let mut answer = Answer::of(&run);
        // What is known before the first word stands in the head and in the first event.
        answer.attempts.clone_from(&known.attempts);
        answer.usage = known.usage;
        let mut out = Vec::new();
        encoder.begin(&answer, &mut out);
        let mut held = Vec::new();
        let mut early = early.into_iter();
        loop {
            let update = match early.next().or_else(|| run.arrived()) {
                Some(update) => Some(update),
                None => {
                    // What came together leaves together.
                    if !out.is_empty() {
                        yield Ok::<_, std::convert::Infallible>(Bytes::from(std::mem::take(&mut out)));
                    }
                    match tokio::time::timeout(ALIVE_EVERY, run.next()).await {
                        Ok(update) => update,
                        Err(_) => {
                            yield Ok(Bytes::from_static(ALIVE));
                            continue;
                        }
                    }
                }
            };
            let Some(update) = update else {
                // The engine is closing: the answer has no end.
                answer.outcome = answer.outcome.take().or(Some(Outcome::Interrupted));
                break;
            };
            answer.take(&update);
            if matches!(update, RunUpdate::Discard) {
                held.clear();
            } else if is_held && is_said(&update) {
                held.push(update);
            } else {
                encoder.update(&update, &answer, &mut out);
            }
            if answer.outcome.is_some() {
                break;
            }
        }
        match refusal(&answer) {
            None => {
                for update in &held {
                    encoder.update(update, &answer, &mut out);
                }
                encoder.end(&answer, &mut out);
            }
            Some(refusal) => encoder.break_off(&refusal, &answer, &mut out),
        }
        yield Ok(Bytes::from(out));
    };
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().extend(headers);
    response
}
