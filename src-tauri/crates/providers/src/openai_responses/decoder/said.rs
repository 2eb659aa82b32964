//! What was said so far of one kind of text, so that a word that the stream tells four times over is
//! said once.
//!
//! Ids and indexes are no help: some servers count them wrongly and one makes up an id an event. But
//! all of them tell one thing after the other, so what counts is the order and the words themselves.

/// What stands between two paragraphs that the format keeps apart.
const GAP: &str = "\n\n";

/// The text so far, and where its newest item and part began.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Without gaps.
    text: String,
    item_start: usize,
    part_start: usize,
    /// The newest part was told as a whole, and nothing has followed.
    is_part_closed: bool,
    /// The newest item was told as a whole, and nothing has followed.
    closed_item: Option<Closed>,
    is_gap_due: bool,
}

#[derive(Clone, Copy, Debug)]
struct Closed {
    output_index: Option<u64>,
    /// Whether it said what its pieces had said.
    is_alike: bool,
}

impl Said {
    /// Whether nothing was said yet.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The next item begins, in a paragraph of its own.
    pub(super) fn begin_item(&mut self) {
        self.item_start = self.text.len();
        self.closed_item = None;
        self.begin_part();
    }

    /// The next part of the item begins, in a paragraph of its own.
    pub(super) fn begin_part(&mut self) {
        self.part_start = self.text.len();
        self.is_part_closed = false;
        self.is_gap_due = !self.text.is_empty();
    }

    /// A piece; what of it is new, which is all of it.
    pub(super) fn delta(&mut self, piece: &str) -> Option<String> {
        if piece.is_empty() {
            return None;
        }
        self.is_part_closed = false;
        self.closed_item = None;
        Some(self.say(piece))
    }

    /// A part as a whole; what of it is new.
    pub(super) fn finish_part(&mut self, whole: &str) -> Option<String> {
        if std::mem::replace(&mut self.is_part_closed, true) {
            return None;
        }
        let new = self.fill(self.part_start, &[whole.to_owned()]);
        self.part_start = self.text.len();
        new
    }

    /// An item as a whole, in paragraphs; what of it is new.
    pub(super) fn finish_item(
        &mut self,
        paragraphs: &[String],
        output_index: Option<u64>,
    ) -> Option<String> {
        match self.closed_item {
            // Told twice over.
            Some(closed) if closed.output_index == output_index => return None,
            // Told among others, so that nobody knows where it began. The end of the reply tells.
            Some(closed) if !closed.is_alike => return None,
            Some(_) => self.begin_item(),
            None => {}
        }
        let is_alike = paragraphs
            .concat()
            .starts_with(&self.text[self.item_start..]);
        let new = self.fill(self.item_start, paragraphs);
        if is_alike {
            self.item_start = self.text.len();
        }
        self.part_start = self.text.len();
        self.is_part_closed = true;
        self.closed_item = Some(Closed {
            output_index,
            is_alike,
        });
        new
    }

    /// The whole reply, in paragraphs; what of it is new.
    pub(super) fn finish_all(&mut self, paragraphs: &[String]) -> Option<String> {
        self.fill(0, paragraphs)
    }

    /// What these paragraphs say beyond what was said since `start`. Nothing where they do not begin
    /// alike: a word too few is better than an answer told twice.
    fn fill(&mut self, start: usize, paragraphs: &[String]) -> Option<String> {
        let since = &self.text[start..];
        if !paragraphs.concat().starts_with(since) {
            return None;
        }
        let mut known = since.len();
        let mut new = String::new();
        for paragraph in paragraphs {
            if known >= paragraph.len() {
                known -= paragraph.len();
                continue;
            }
            if known == 0 {
                // The first one may go on with what was said, if it was begun.
                self.is_gap_due |= !new.is_empty() || (self.text.len() > start);
            }
            new.push_str(&self.say(&paragraph[known..]));
            known = 0;
        }
        (!new.is_empty()).then_some(new)
    }

    fn say(&mut self, words: &str) -> String {
        let is_gap_due = std::mem::take(&mut self.is_gap_due);
        let needs_gap = is_gap_due && !self.text.is_empty() && !self.text.ends_with('\n');
        self.text.push_str(words);
        if needs_gap {
            format!("{GAP}{words}")
        } else {
            words.to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(paragraphs: &[&str]) -> Vec<String> {
        paragraphs.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn what_came_in_pieces_is_not_said_again() {
        let mut said = Said::default();
        said.begin_item();
        assert_eq!(said.delta("Hel").as_deref(), Some("Hel"));
        assert_eq!(said.delta("lo").as_deref(), Some("lo"));
        assert_eq!(said.finish_part("Hello"), None);
        assert_eq!(said.finish_part("Hello"), None);
        assert_eq!(said.finish_item(&words(&["Hello"]), Some(0)), None);
        assert_eq!(said.finish_item(&words(&["Hello"]), Some(0)), None);
        assert_eq!(said.finish_all(&words(&["Hello"])), None);
    }

    #[test]
    fn a_lost_end_is_said_by_whoever_tells_it_first() {
        let mut said = Said::default();
        said.delta("Hel");
        assert_eq!(said.finish_part("Hello").as_deref(), Some("lo"));
        assert_eq!(
            said.finish_item(&words(&["Hello you"]), None).as_deref(),
            Some(" you")
        );
        assert_eq!(
            said.finish_all(&words(&["Hello you", "Bye"])).as_deref(),
            Some("\n\nBye")
        );
    }

    #[test]
    fn items_without_a_beginning_are_told_apart_by_their_index() {
        let mut said = Said::default();
        let first = said.finish_item(&words(&["One"]), Some(0));
        let second = said.finish_item(&words(&["Two"]), Some(1));
        assert_eq!(first.as_deref(), Some("One"));
        assert_eq!(second.as_deref(), Some("\n\nTwo"));
    }

    #[test]
    fn items_that_are_told_among_each_other_are_not_said_twice() {
        let mut said = Said::default();
        said.begin_item();
        said.begin_item();
        said.delta("A");
        said.delta("B");
        assert_eq!(said.finish_item(&words(&["A"]), Some(0)), None);
        assert_eq!(said.finish_item(&words(&["B"]), Some(1)), None);
        assert_eq!(said.finish_all(&words(&["A", "B"])), None);
    }

    #[test]
    fn words_that_differ_at_the_end_are_left_alone() {
        let mut said = Said::default();
        said.delta("Hello ");
        assert_eq!(said.finish_part("Hello"), None);
        assert_eq!(said.finish_item(&words(&["Hello"]), Some(0)), None);
        assert_eq!(said.finish_all(&words(&["Hello"])), None);
    }

    #[test]
    fn parts_stand_in_paragraphs_of_their_own() {
        let mut said = Said::default();
        said.begin_part();
        assert_eq!(said.delta("One").as_deref(), Some("One"));
        said.begin_part();
        assert_eq!(said.delta("Two").as_deref(), Some("\n\nTwo"));
        assert_eq!(said.delta("!").as_deref(), Some("!"));
        assert_eq!(said.finish_item(&words(&["One", "Two!"]), None), None);
    }
}
