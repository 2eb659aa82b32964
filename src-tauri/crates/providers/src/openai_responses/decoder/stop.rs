//! Stop texts, which this format does not have: the answer is cut here.
//!
//! The rest of the stream is still read, because the provider charges for all that the model wrote
//! and says how much only at the end.

/// Finds the first stop text in what is said, however it is cut into pieces.
#[derive(Debug, Default)]
pub(super) struct StopText {
    stops: Vec<String>,
    /// An end that may be the beginning of a stop text.
    held: String,
    is_cut: bool,
}

impl StopText {
    pub(super) fn new(stops: Vec<String>) -> Self {
        Self {
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            ..Self::default()
        }
    }

    /// Whether the answer has reached a stop text.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What can be said now that this has come.
    pub(super) fn push(&mut self, words: String) -> String {
        if self.is_cut {
            return String::new();
        }
        if self.stops.is_empty() {
            return words;
        }
        let mut text = std::mem::take(&mut self.held) + &words;
        let found = |stop: &String| text.find(stop).map(|at| (at + stop.len(), at));
        // The one that is complete first, as if the text came letter by letter.
        if let Some((_, at)) = self.stops.iter().filter_map(found).min() {
            self.is_cut = true;
            text.truncate(at);
            return text;
        }
        let begins_stop = |at: &usize| self.stops.iter().any(|stop| stop.starts_with(&text[*at..]));
        let starts = text.char_indices().map(|(at, _)| at);
        if let Some(at) = starts.into_iter().find(begins_stop) {
            self.held = text.split_off(at);
        }
        text
    }

    /// What was held back, now that no more follows it.
    pub(super) fn flush(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(stops: &[&str], pieces: &[&str]) -> (String, bool) {
        let mut stop = StopText::new(stops.iter().map(|&stop| stop.to_owned()).collect());
        let mut said = String::new();
        for piece in pieces {
            said.push_str(&stop.push((*piece).to_owned()));
        }
        said.push_str(&stop.flush());
        (said, stop.is_cut())
    }

    #[test]
    fn the_first_stop_text_ends_the_answer_and_is_no_part_of_it() {
        assert_eq!(
            said(&["END", "stop"], &["One st", "op END"]),
            ("One ".to_owned(), true)
        );
        assert_eq!(
            said(&["世界"], &["Hello 世", "x 世", "界!"]),
            ("Hello 世x ".to_owned(), true)
        );
        assert_eq!(said(&["END"], &["The EN", "D"]), ("The ".to_owned(), true));
        assert_eq!(said(&["END"], &["The EN"]), ("The EN".to_owned(), false));
    }

    proptest! {
        #[test]
        fn it_does_not_depend_on_the_pieces(
            text in "[ab]{0,20}", stops in prop::collection::vec("[ab]{1,4}", 1..3),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let (said, is_cut) = said(&stops, &pieces);
            let first = stops
                .iter()
                .filter_map(|stop| text.find(stop).map(|at| (at + stop.len(), at)))
                .min();
            prop_assert_eq!(is_cut, first.is_some());
            prop_assert_eq!(said, &text[..first.map_or(text.len(), |(_, at)| at)]);
        }
    }
}
