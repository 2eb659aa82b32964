//! What every wire format's decoder can do.

use patchbay_domain::{Failure, StreamEvent};
use serde::Deserialize;
use smallvec::SmallVec;

use crate::sse::SseEvent;

/// The domain events that one event of the wire holds; seldom more than two. An `Err` is the last.
pub type Decoded = SmallVec<[Result<StreamEvent, Failure>; 2]>;

/// Reads an event, which is a JSON object in all families.
///
/// # Errors
/// Says where the reading failed, and nothing of what stood there.
pub(crate) fn parse_event<'a, T: Deserialize<'a>>(data: &'a str) -> Result<T, String> {
    if !data.starts_with('{') {
        return Err(NO_OBJECT.to_owned());
    }
    serde_json::from_str(data).map_err(|error| no_json(&error))
}

/// What is said of an event that is something else.
pub(crate) const NO_OBJECT: &str = "An event is not a JSON object.";

/// What is said of an event that cannot be read.
pub(crate) fn no_json(error: &serde_json::Error) -> String {
    format!("An event is not JSON (column {}).", error.column())
}

/// How a family cuts its stream into events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    #[default]
    EventStream,
    /// One JSON object a line. Each line is handed on as the data of an event without a name.
    JsonLines,
}

/// Turns one family's events into the domain's. Pure and synchronous, so that recorded streams,
/// fuzzing and the gateway use the very code that answers a person.
pub trait StreamDecoder {
    /// How the stream is cut into events.
    fn framing(&self) -> Framing {
        Framing::EventStream
    }

    /// Reads one event of the stream.
    fn push(&mut self, event: &SseEvent) -> Decoded;

    /// Reads a whole reply, from a server that does not stream although it was asked to.
    fn push_whole(&mut self, body: &str) -> Decoded;

    /// Whether the format's own end mark was read, so that nothing more is worth waiting for.
    fn is_done(&self) -> bool;

    /// Whether the model said why it stopped. A connection that breaks after that took nothing away.
    fn is_finished(&self) -> bool;
}

impl<D: StreamDecoder + ?Sized> StreamDecoder for Box<D> {
    fn framing(&self) -> Framing {
        (**self).framing()
    }

    fn push(&mut self, event: &SseEvent) -> Decoded {
        (**self).push(event)
    }

    fn push_whole(&mut self, body: &str) -> Decoded {
        (**self).push_whole(body)
    }

    fn is_done(&self) -> bool {
        (**self).is_done()
    }

    fn is_finished(&self) -> bool {
        (**self).is_finished()
    }
}
