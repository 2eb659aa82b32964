//! Server-sent events, parsed from bytes.
//!
//! Our own parser, because `sse-stream` 0.3 cannot give what untrusted servers ask for: it holds a
//! line of any length in memory, one byte of broken UTF-8 ends its stream, and it drops an event
//! that lacks its last line break, which servers do send. Where both can read a stream they give the
//! same events; a property test holds the two side by side.

use std::ops::ControlFlow;

/// The most bytes that one event may hold. Pictures come as text in one event; nothing is larger.
pub const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// One event with data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SseEvent {
    /// The event's name, where it has one.
    pub name: Option<String>,
    /// The data lines, joined by line breaks. Broken UTF-8 is replaced.
    pub data: String,
}

/// An event was larger than [`MAX_EVENT_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("one event is larger than {MAX_EVENT_BYTES} bytes")]
pub struct EventTooLarge;

/// Takes bytes as they come and gives events when they are whole.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    name: Option<String>,
    data: Option<String>,
    /// The last byte was a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    began: bool,
}

impl SseParser {
    /// Reads `bytes` and hands each whole event to `take`, which may stop the reading.
    ///
    /// # Errors
    /// Where an event grows past the limit. The parser is of no use after that.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(SseEvent) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, EventTooLarge> {
        let mut rest = bytes;
        if self.after_return && !rest.is_empty() {
            self.after_return = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            self.extend_line(&rest[..end])?;
            let is_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            if is_return {
                match rest.first() {
                    Some(b'\n') => rest = &rest[1..],
                    Some(_) => {}
                    None => self.after_return = true,
                }
            }
            if let Some(event) = self.end_line()
                && take(event).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.extend_line(rest)?;
        Ok(ControlFlow::Continue(()))
    }

    /// The event that the end of the body left without its empty line. It may be cut in the middle:
    /// only the format's decoder can tell.
    pub fn finish(mut self) -> Option<SseEvent> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.end_event()
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        let held = self.line.len() + self.data.as_ref().map_or(0, String::len);
        if held + bytes.len() > MAX_EVENT_BYTES {
            return Err(EventTooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Option<SseEvent> {
        if !self.began {
            self.began = true;
            if self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
        }
        if self.line.is_empty() {
            return self.end_event();
        }
        let line = String::from_utf8_lossy(&self.line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => append_line(&mut self.data, value),
            "event" => self.name = Some(value.to_owned()),
            // Not in the standard: llama.cpp's server names the field after the event.
            "error" => {
                self.name = Some("error".to_owned());
                append_line(&mut self.data, value);
            }
            // Comments have an empty field name; ids and reconnection delays do not concern us.
            _ => {}
        }
        self.line.clear();
        // One large event must not hold its memory for the rest of the stream.
        self.line.shrink_to(16 * 1024);
        None
    }

    fn end_event(&mut self) -> Option<SseEvent> {
        let name = self.name.take();
        self.data.take().map(|data| SseEvent { name, data })
    }
}

fn append_line(data: &mut Option<String>, line: &str) {
    match data {
        Some(data) => {
            data.push('\n');
            data.push_str(line);
        }
        None => *data = Some(line.to_owned()),
    }
}

#[cfg(test)]
mod tests;
