//! An answer piece by piece, as server-sent events.

use std::convert::Infallible;
use std::slice;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::Stream;
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

/// One answer of a stream, as it comes together and is written.
pub(crate) struct Part<E: ?Sized> {
    pub(crate) answer: Answer,
    /// Nothing is written before the answer is whole.
    is_held: bool,
    held: Vec<RunUpdate>,
    pub(crate) encoder: Box<E>,
}

impl<E: Encoder + ?Sized> Part<E> {
    /// Before its first word. What is known by then stands in the head and in the first event.
    pub(crate) fn new(begun: &Begun, encoder: Box<E>) -> Self {
        Self {
            answer: Answer {
                attempts: begun.answer.attempts.clone(),
                usage: begun.answer.usage,
                ..Answer::of(&begun.run)
            },
            is_held: begun.is_held,
            held: Vec::new(),
            encoder,
        }
    }

    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        self.encoder.begin(&self.answer, out);
    }

    /// Writes what is new, or keeps it. Says whether the answer is over.
    pub(crate) fn take(&mut self, update: RunUpdate, out: &mut Vec<u8>) -> bool {
        self.answer.take(&update);
        if matches!(update, RunUpdate::Discard) {
            self.held.clear();
        } else if self.is_held && is_said(&update) {
            self.held.push(update);
        } else {
            self.encoder.update(&update, &self.answer, out);
        }
        self.answer.outcome.is_some()
    }

    /// Writes what was held back: the answer is whole.
    pub(crate) fn release(&mut self, out: &mut Vec<u8>) {
        for update in self.held.drain(..) {
            self.encoder.update(&update, &self.answer, out);
        }
    }
}

/// The reply whose body is the stream. Dropping it, as hyper does when the client hangs up, drops the
/// run and so cancels it.
pub(crate) fn respond(begun: Begun, encoder: Box<dyn Encoder>, counted: Counted) -> Response {
    let mut part = Part::new(&begun, encoder);
    let Begun {
        mut run,
        answer: known,
        early,
        ..
    } = begun;
    let body = async_stream::stream! {
        let _counted = counted;
        let mut out = Vec::new();
        part.begin(&mut out);
        let mut early = early.into_iter();
        loop {
            let update = match early.next().or_else(|| run.arrived()) {
                Some(update) => Some(update),
                None => {
                    // What came together leaves together.
                    if !out.is_empty() {
                        yield Ok(Bytes::from(std::mem::take(&mut out)));
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
                part.answer.outcome = Some(Outcome::Interrupted);
                break;
            };
            if part.take(update, &mut out) {
                break;
            }
        }
        match refusal(&part.answer) {
            None => {
                part.release(&mut out);
                part.encoder.end(&part.answer, &mut out);
            }
            Some(refusal) => part.encoder.break_off(&refusal, &part.answer, &mut out),
        }
        yield Ok(Bytes::from(out));
    };
    events(body, slice::from_ref(&known))
}

/// A reply of events, with what is known of the answers in its head.
pub(crate) fn events(
    body: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
    known: &[Answer],
) -> Response {
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    told::add_headers(headers, known, false);
    response
}
