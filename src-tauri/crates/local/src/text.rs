//! From token bytes to text that may be shown: whole characters only, and nothing that may still
//! turn out to be the beginning of a stop text.

/// Bytes in, whole characters out. A token can end in the middle of a character.
#[derive(Debug, Default)]
pub(crate) struct Utf8Buffer {
    pending: Vec<u8>,
}

impl Utf8Buffer {
    /// Adds bytes and takes out the characters that are whole now. Bytes that can never become a
    /// character come out as U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut whole = String::new();
        let mut start = 0;
        while let Some(rest) = self.pending.get(start..).filter(|rest| !rest.is_empty()) {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    whole.push_str(text);
                    start = self.pending.len();
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    whole.push_str(&String::from_utf8_lossy(&rest[..valid]));
                    start += valid;
                    let Some(broken) = error.error_len() else {
                        break;
                    };
                    whole.push(char::REPLACEMENT_CHARACTER);
                    start += broken;
                }
            }
        }
        self.pending.drain(..start);
        whole
    }
}

/// What may be shown after some text was added, and whether a stop text was reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    pub(crate) text: String,
    pub(crate) stopped: bool,
}

/// Holds text back for as long as it may be the beginning of a stop text.
#[derive(Debug)]
pub(crate) struct StopScanner {
    stops: Vec<String>,
    held: String,
}

impl StopScanner {
    /// Empty stop texts are left out: they would end every answer before it begins.
    pub(crate) fn new(stops: Vec<String>) -> Self {
        let stops = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
        Self {
            stops,
            held: String::new(),
        }
    }

    /// Adds text. The stop text that is complete first ends the answer before its own first
    /// character; of two that are complete at the same character, the longer one.
    pub(crate) fn push(&mut self, text: &str) -> Scan {
        let already = self.held.len();
        self.held.push_str(text);
        if let Some(start) = self.first_match(already) {
            self.held.truncate(start);
            return Scan {
                text: std::mem::take(&mut self.held),
                stopped: true,
            };
        }
        let hold_from = self.held.len() - self.longest_beginning();
        let kept = self.held.split_off(hold_from);
        Scan {
            text: std::mem::replace(&mut self.held, kept),
            stopped: false,
        }
    }

    /// The answer is over: what was held back is text after all.
    pub(crate) fn finish(self) -> String {
        self.held
    }

    /// Where the stop text begins that ends first, if one ends after `already` bytes.
    fn first_match(&self, already: usize) -> Option<usize> {
        self.stops
            .iter()
            .filter_map(|stop| {
                // A match that ends in the new text begins at most its own length before it.
                let mut from = (already + 1).saturating_sub(stop.len());
                while !self.held.is_char_boundary(from) {
                    from -= 1;
                }
                let start = from + self.held[from..].find(stop.as_str())?;
                Some((start + stop.len(), start))
            })
            .min()
            .map(|(_, start)| start)
    }

    /// Bytes at the end that are the beginning of a stop text.
    fn longest_beginning(&self) -> usize {
        self.stops
            .iter()
            .flat_map(|stop| stop.char_indices().map(move |(end, _)| &stop[..end]))
            .filter(|beginning| self.held.ends_with(beginning))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule, said as simply as it can be: character by character.
    fn expected(text: &str, stops: &[String]) -> (String, bool) {
        for (start, letter) in text.char_indices() {
            let end = start + letter.len_utf8();
            let longest = stops
                .iter()
                .filter(|stop| !stop.is_empty() && text[..end].ends_with(stop.as_str()))
                .map(String::len)
                .max();
            if let Some(length) = longest {
                return (text[..end - length].to_owned(), true);
            }
        }
        (text.to_owned(), false)
    }

    fn scan(chunks: &[String], stops: &[String]) -> (String, bool) {
        let mut scanner = StopScanner::new(stops.to_vec());
        let mut shown = String::new();
        for chunk in chunks {
            let scan = scanner.push(chunk);
            shown.push_str(&scan.text);
            if scan.stopped {
                return (shown, true);
            }
        }
        shown.push_str(&scanner.finish());
        (shown, false)
    }

    #[test]
    fn a_beginning_is_held_and_given_back() {
        let mut scanner = StopScanner::new(vec!["END".to_owned()]);
        assert_eq!(
            scanner.push("one E"),
            Scan {
                text: "one ".to_owned(),
                stopped: false
            }
        );
        assert_eq!(
            scanner.push("N"),
            Scan {
                text: String::new(),
                stopped: false
            }
        );
        assert_eq!(
            scanner.push("T"),
            Scan {
                text: "ENT".to_owned(),
                stopped: false
            }
        );
        assert_eq!(
            scanner.push("END."),
            Scan {
                text: String::new(),
                stopped: true
            }
        );
    }

    #[test]
    fn an_emoji_in_four_pieces_comes_out_once() {
        let mut buffer = Utf8Buffer::default();
        let bytes = "é🦀".as_bytes();
        let shown: Vec<String> = bytes.iter().map(|byte| buffer.push(&[*byte])).collect();
        assert_eq!(shown, ["", "é", "", "", "", "🦀"]);
    }

    #[test]
    fn bytes_that_are_no_character_are_replaced() {
        let mut buffer = Utf8Buffer::default();
        assert_eq!(buffer.push(b"a\xFFb\xE2\x82"), "a\u{FFFD}b");
        assert_eq!(buffer.push(b"c"), "\u{FFFD}c");
    }

    proptest! {
        #[test]
        fn any_chunking_of_bytes_gives_the_same_text(
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            cuts in prop::collection::vec(0_usize..60, 0..10),
        ) {
            let mut buffer = Utf8Buffer::default();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut <= bytes.len()).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let shown: String =
                cuts.windows(2).map(|pair| buffer.push(&bytes[pair[0]..pair[1]])).collect();
            let mut whole = Utf8Buffer::default();
            prop_assert_eq!(&shown, &whole.push(&bytes));
            // What is left is the beginning of one character, and nothing else was lost.
            let lossy = String::from_utf8_lossy(&bytes);
            let rest = lossy.strip_prefix(shown.as_str());
            prop_assert!(matches!(rest, Some("" | "\u{FFFD}")), "{:?}", rest);
        }

        #[test]
        fn any_chunking_stops_at_the_same_place(
            chunks in prop::collection::vec("[abé]{0,4}", 0..8),
            stops in prop::collection::vec("[abé]{0,4}", 0..4),
        ) {
            prop_assert_eq!(scan(&chunks, &stops), expected(&chunks.concat(), &stops));
        }
    }
}
