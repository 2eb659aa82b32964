//! Newline-delimited JSON, cut into lines from bytes: how Ollama streams.

use std::ops::ControlFlow;

use crate::sse::{EventTooLarge, MAX_EVENT_BYTES};

/// Takes bytes as they come and gives lines when they are whole.
#[derive(Debug, Default)]
pub(crate) struct LineParser {
    line: Vec<u8>,
}

impl LineParser {
    /// Reads `bytes` and hands each whole line that is not blank to `take`, which may stop the
    /// reading. Broken UTF-8 is replaced.
    ///
    /// # Errors
    /// Where a line grows past the limit of an event. The parser is of no use after that.
    pub(crate) fn push(
        &mut self,
        bytes: &[u8],
        mut take: impl FnMut(String) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, EventTooLarge> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            self.extend(line)?;
            if let Some(line) = self.end_line()
                && take(line).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.extend(rest)?;
        Ok(ControlFlow::Continue(()))
    }

    /// What the end of the body left without its line break. It may be cut in the middle.
    pub(crate) fn finish(mut self) -> Option<String> {
        self.end_line()
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        if self.line.len() + bytes.len() > MAX_EVENT_BYTES {
            return Err(EventTooLarge);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.line);
        let text = text.trim_start_matches('\u{feff}').trim();
        let line = (!text.is_empty()).then(|| text.to_owned());
        self.line.clear();
        // One large line must not hold its memory for the rest of the stream.
        self.line.shrink_to(16 * 1024);
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut parser = LineParser::default();
        let mut found = Vec::new();
        for piece in pieces {
            let read = parser.push(piece, |line| {
                found.push(line);
                ControlFlow::Continue(())
            });
            assert_eq!(read, Ok(ControlFlow::Continue(())));
        }
        found.extend(parser.finish());
        found
    }

    #[test]
    fn blank_lines_and_carriage_returns_say_nothing() {
        let body = b"{\"a\":1}\r\n\r\n\n  {\"b\":2} \n{\"c\"";
        assert_eq!(
            lines([body.as_slice()]),
            ["{\"a\":1}", "{\"b\":2}", "{\"c\""]
        );
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let mut parser = LineParser::default();
        let piece = vec![b'x'; MAX_EVENT_BYTES];
        let take = |_| ControlFlow::Continue(());
        assert!(parser.push(&piece, take).is_ok());
        assert_eq!(parser.push(b"x", take), Err(EventTooLarge));
    }

    #[test]
    fn nothing_is_read_behind_a_stop() {
        let mut parser = LineParser::default();
        let mut count = 0;
        let read = parser.push(b"1\n2\n3\n", |_| {
            count += 1;
            ControlFlow::Break(())
        });
        assert_eq!((read, count), (Ok(ControlFlow::Break(())), 1));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(bytes in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..60), size in 1_usize..8) {
            prop_assert_eq!(lines(bytes.chunks(size)), lines([bytes.as_slice()]));
        }
    }
}
