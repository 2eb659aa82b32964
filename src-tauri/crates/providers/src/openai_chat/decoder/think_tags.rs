//! Thinking between `<think>` and `</think>` in the text of an answer.
//!
//! Text is handed on as it comes: no more is held back than what may be the beginning of a tag, and
//! white space before the first word. So the pieces of the two texts do not depend on how the server
//! cut them, only their borders do.

use super::super::dialect::ThinkTags;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// More white space than this at the beginning is text. No model puts so much before its tag.
const MOST_SPACE: usize = 32;

/// Which text a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Answer,
    Thinking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but white space has come yet, and a tag may follow.
    Start { tag: &'static str, opens: Voice },
    /// Inside, until the closing tag.
    Thinking,
    /// Outside, and a tag may follow.
    Answer,
    /// Outside for good.
    Over,
}

/// Divides the text of one answer.
#[derive(Debug)]
pub(super) struct ThinkFilter {
    tags: ThinkTags,
    state: State,
    held: String,
    /// White space after a tag is the template's, not the model's.
    skips_space: bool,
    /// Whether the answer has words already.
    has_spoken: bool,
}

impl ThinkFilter {
    pub(super) fn new(tags: ThinkTags) -> Self {
        let state = match tags {
            ThinkTags::Never => State::Over,
            ThinkTags::AtStart => State::Start {
                tag: OPEN,
                opens: Voice::Answer,
            },
            ThinkTags::Anywhere => State::Answer,
            // Some servers repeat the tag that the prompt ended with.
            ThinkTags::OpenedByPrompt => State::Start {
                tag: OPEN,
                opens: Voice::Thinking,
            },
        };
        Self {
            tags,
            state,
            held: String::new(),
            skips_space: false,
            has_spoken: false,
        }
    }

    /// Reads more of the text. No piece that is given out is empty.
    pub(super) fn push(&mut self, text: &str, mut give: impl FnMut(Voice, String)) {
        if self.state == State::Over && !self.skips_space {
            if !text.is_empty() {
                give(Voice::Answer, text.to_owned());
            }
            return;
        }
        self.held.push_str(text);
        while self.step(&mut give) {}
    }

    /// There is no more: what was held back was no tag.
    pub(super) fn finish(&mut self, mut give: impl FnMut(Voice, String)) {
        let voice = match self.state {
            State::Start { opens, .. } => opens,
            State::Thinking => Voice::Thinking,
            State::Answer | State::Over => Voice::Answer,
        };
        let held = std::mem::take(&mut self.held);
        self.say(voice, &held, &mut give);
    }

    /// One move; whether there may be another.
    fn step(&mut self, give: &mut impl FnMut(Voice, String)) -> bool {
        match self.state {
            State::Start { tag, opens } => {
                let word = self.held.trim_start();
                let space = self.held.len() - word.len();
                if space <= MOST_SPACE && word.starts_with(tag) {
                    self.held = word[tag.len()..].to_owned();
                    self.enter(State::Thinking);
                    return true;
                }
                if space <= MOST_SPACE && tag.starts_with(word) {
                    return false;
                }
                self.state = match opens {
                    Voice::Thinking => State::Thinking,
                    Voice::Answer => State::Over,
                };
                true
            }
            State::Thinking => {
                let found = self.until(CLOSE, Voice::Thinking, give);
                if found {
                    self.enter(match self.tags {
                        ThinkTags::Anywhere => State::Answer,
                        _ => State::Over,
                    });
                }
                found
            }
            State::Answer => {
                let found = self.until(OPEN, Voice::Answer, give);
                if found {
                    self.enter(State::Thinking);
                }
                found
            }
            State::Over => {
                let held = std::mem::take(&mut self.held);
                self.say(Voice::Answer, &held, give);
                false
            }
        }
    }

    fn enter(&mut self, state: State) {
        self.state = state;
        self.skips_space = state == State::Thinking || !self.has_spoken;
    }

    /// Gives out what stands before the tag, and swallows the tag. What may be its beginning stays.
    fn until(&mut self, tag: &str, voice: Voice, give: &mut impl FnMut(Voice, String)) -> bool {
        let held = std::mem::take(&mut self.held);
        if let Some((before, after)) = held.split_once(tag) {
            self.say(voice, before, give);
            self.held = after.to_owned();
            return true;
        }
        let kept = (1..tag.len())
            .rev()
            .find(|length| held.ends_with(&tag[..*length]))
            .unwrap_or(0);
        let (before, kept) = held.split_at(held.len() - kept);
        self.say(voice, before, give);
        self.held = kept.to_owned();
        false
    }

    fn say(&mut self, voice: Voice, text: &str, give: &mut impl FnMut(Voice, String)) {
        let text = if self.skips_space {
            text.trim_start()
        } else {
            text
        };
        if text.is_empty() {
            return;
        }
        self.skips_space = false;
        self.has_spoken |= voice == Voice::Answer;
        give(voice, text.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The answer and the thinking.
    fn divide(tags: ThinkTags, pieces: &[&str]) -> (String, String) {
        let mut filter = ThinkFilter::new(tags);
        let (mut answer, mut thinking) = (String::new(), String::new());
        let mut give = |voice, text: String| {
            assert!(!text.is_empty());
            match voice {
                Voice::Answer => answer.push_str(&text),
                Voice::Thinking => thinking.push_str(&text),
            }
        };
        for piece in pieces {
            filter.push(piece, &mut give);
            assert!(filter.held.len() < MOST_SPACE + CLOSE.len(), "{filter:?}");
        }
        filter.finish(&mut give);
        (answer, thinking)
    }

    fn pair(answer: &str, thinking: &str) -> (String, String) {
        (answer.to_owned(), thinking.to_owned())
    }

    #[test]
    fn tags_are_read_where_they_may_stand() {
        use ThinkTags::*;
        let usual = "\n<think>\nHm.\n</think>\n\nYes, <think> is a tag.";
        for (tags, text, expected) in [
            (AtStart, usual, pair("Yes, <think> is a tag.", "Hm.\n")),
            (Never, usual, pair(usual, "")),
            (
                AtStart,
                "Use <think>x</think>.",
                pair("Use <think>x</think>.", ""),
            ),
            (AtStart, " <thin", pair(" <thin", "")),
            (AtStart, "<think>cut", pair("", "cut")),
            (AtStart, "<think>a</thin", pair("", "a</thin")),
            (AtStart, "<think></think>a", pair("a", "")),
            (AtStart, "\n\n plain", pair("\n\n plain", "")),
            (
                Anywhere,
                "a <think>b</think> c<think>d</think>\n\ne",
                pair("a  c\n\ne", "bd"),
            ),
            (Anywhere, "a < b </think>", pair("a < b </think>", "")),
            (OpenedByPrompt, "Hm.</think>\n\nYes.", pair("Yes.", "Hm.")),
            (
                OpenedByPrompt,
                "<think>\nHm.</think>Yes.",
                pair("Yes.", "Hm."),
            ),
            (OpenedByPrompt, "never closed", pair("", "never closed")),
        ] {
            assert_eq!(divide(tags, &[text]), expected, "{tags:?} {text:?}");
        }
    }

    #[test]
    fn words_are_handed_on_at_once() {
        let mut filter = ThinkFilter::new(ThinkTags::Anywhere);
        let mut given = Vec::new();
        for piece in ["Yes", ", a<", "b <th", "at"] {
            filter.push(piece, |_, text| given.push(text));
        }
        assert_eq!(given, ["Yes", ", a", "<b ", "<that"]);
    }

    #[test]
    fn endless_white_space_is_not_waited_for() {
        let mut filter = ThinkFilter::new(ThinkTags::AtStart);
        let mut given = 0;
        for _ in 0..40 {
            filter.push(" ", |_, text| given += text.len());
        }
        assert_eq!(given, 40);
    }

    fn any_tags() -> impl Strategy<Value = ThinkTags> {
        prop::sample::select(vec![
            ThinkTags::Never,
            ThinkTags::AtStart,
            ThinkTags::Anywhere,
            ThinkTags::OpenedByPrompt,
        ])
    }

    proptest! {
        #[test]
        fn how_the_text_is_cut_changes_nothing(
            tags in any_tags(),
            words in prop::collection::vec(prop::sample::select(vec![
                "<think>", "</think>", "<", "<t", "think>", "</", " ", "\n", "a", "é", "          ",
            ]), 0..12),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let text = words.concat();
            let letters: Vec<char> = text.chars().collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(letters.len() + 1)).collect();
            cuts.extend([0, letters.len()]);
            cuts.sort_unstable();
            let pieces: Vec<String> = cuts.windows(2)
                .map(|pair| letters[pair[0]..pair[1]].iter().collect())
                .collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(divide(tags, &pieces), divide(tags, &[&text]));
        }
    }
}
