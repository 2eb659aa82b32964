//! From the bytes of a reply to the domain's events, without any IO.
//!
//! A server that was asked for a stream may send one, or a whole JSON reply, or a web page. Which one
//! it is is told by the first byte, because content types lie and `{` begins no event stream; where a
//! family streams one object a line, it begins the first of them.

use std::ops::ControlFlow;

use http::HeaderMap;
use patchbay_domain::{Failure, FailureClass};

use crate::decode::{Decoded, Framing, StreamDecoder};
use crate::errors::unexpected_content;
use crate::lines::LineParser;
use crate::scrub::Scrubber;
use crate::sse::{SseEvent, SseParser};

/// The largest reply that is read as a whole: lists of models, answers that were not streamed.
pub(crate) const WHOLE_BODY_BYTES: usize = 16 * 1024 * 1024;

/// Enough of a page to find its title.
const PAGE_BYTES: usize = 64 * 1024;

/// Reads one answer. Its events do not depend on how the bytes are cut into pieces.
#[derive(Debug)]
pub struct AnswerReader<D> {
    body: Body,
    decoder: D,
    scrubber: Scrubber,
    done: bool,
}

#[derive(Debug)]
enum Body {
    Undecided,
    Events(SseParser),
    Lines(LineParser),
    Whole(Vec<u8>),
    Page(Vec<u8>),
}

impl<D: StreamDecoder> AnswerReader<D> {
    /// Reads with this decoder; the scrubber cleans what a page or an error says.
    pub fn new(decoder: D, scrubber: Scrubber) -> Self {
        Self {
            body: Body::Undecided,
            decoder,
            scrubber,
            done: false,
        }
    }

    /// Reads the next bytes. Nothing follows an `Err`.
    pub fn push(&mut self, bytes: &[u8]) -> Decoded {
        if self.done {
            return Decoded::new();
        }
        let mut bytes = bytes;
        if matches!(self.body, Body::Undecided) {
            // White space and the marks of a byte order say nothing, and are of no use to any reader.
            let is_blank = |byte: &u8| byte.is_ascii_whitespace() || b"\xef\xbb\xbf".contains(byte);
            let Some(start) = bytes.iter().position(|byte| !is_blank(byte)) else {
                return Decoded::new();
            };
            bytes = &bytes[start..];
            self.body = match bytes.first() {
                Some(b'{') if self.decoder.framing() == Framing::JsonLines => {
                    Body::Lines(LineParser::default())
                }
                Some(b'{' | b'[') => Body::Whole(Vec::new()),
                Some(b'<') => Body::Page(Vec::new()),
                _ => Body::Events(SseParser::default()),
            };
        }
        match &mut self.body {
            Body::Undecided => {}
            Body::Events(parser) => {
                let decoded = push_events(parser, bytes, &mut self.decoder);
                self.done = self.decoder.is_done() || decoded.last().is_some_and(Result::is_err);
                return decoded;
            }
            Body::Lines(parser) => {
                let decoded = push_lines(parser, bytes, &mut self.decoder);
                self.done = self.decoder.is_done() || decoded.last().is_some_and(Result::is_err);
                return decoded;
            }
            Body::Whole(whole) if whole.len() + bytes.len() > WHOLE_BODY_BYTES => {
                self.done = true;
                return Decoded::from_iter([Err(too_large())]);
            }
            Body::Whole(whole) => whole.extend_from_slice(bytes),
            Body::Page(page) => {
                page.extend_from_slice(&bytes[..bytes.len().min(PAGE_BYTES - page.len())]);
                if page.len() >= PAGE_BYTES {
                    return self.finish();
                }
            }
        }
        Decoded::new()
    }

    /// The body has ended: what the last bytes held. An end without a finish reason is no failure
    /// here; whoever runs the answer tells it by what is missing.
    pub fn finish(&mut self) -> Decoded {
        if std::mem::replace(&mut self.done, true) {
            return Decoded::new();
        }
        match std::mem::replace(&mut self.body, Body::Undecided) {
            Body::Undecided => Decoded::new(),
            Body::Page(page) => {
                let page = String::from_utf8_lossy(&page);
                let failure = unexpected_content(200, &HeaderMap::new(), &page, &self.scrubber);
                Decoded::from_iter([Err(failure)])
            }
            Body::Whole(whole) => self.decoder.push_whole(&String::from_utf8_lossy(&whole)),
            Body::Events(parser) => match parser.finish().filter(|event| !is_cut(&event.data)) {
                Some(event) => self.decoder.push(&event),
                None => Decoded::new(),
            },
            Body::Lines(parser) => match parser.finish().filter(|line| !is_cut(line)) {
                Some(line) => self.decoder.push(&SseEvent {
                    name: None,
                    data: line,
                }),
                None => Decoded::new(),
            },
        }
    }

    /// Whether nothing more is worth reading.
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Whether the model said why it stopped.
    pub fn is_finished(&self) -> bool {
        self.decoder.is_finished()
    }
}

/// An event that the end of the body left without its empty line may be whole or cut in the middle.
/// Half an object is no malformed event: the cut is told by what is missing.
fn is_cut(data: &str) -> bool {
    let data = data.trim();
    let is_end_mark = data.starts_with('[') && data.ends_with(']');
    !is_end_mark && serde_json::from_str::<serde::de::IgnoredAny>(data).is_err()
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

fn push_lines(parser: &mut LineParser, bytes: &[u8], decoder: &mut impl StreamDecoder) -> Decoded {
    let mut decoded = Decoded::new();
    let result = parser.push(bytes, |line| {
        decoded.extend(decoder.push(&SseEvent {
            name: None,
            data: line,
        }));
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

pub(crate) fn too_large() -> Failure {
    Failure::new(
        FailureClass::ResponseTooLarge,
        "One piece of the reply was larger than any answer needs, and was not read.",
    )
}
