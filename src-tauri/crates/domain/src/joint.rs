//! Where the rest of an answer joins its first half.
//!
//! A half answer is sent without the white space at its end. Anthropic refuses it otherwise, chat
//! templates cut it off unasked, and for most models a space belongs to the word behind it, so that
//! they go on badly after one that stands alone. What is shown is not touched: the half stays as it
//! was shown, and of the white space that was not sent the model may write again what it likes; as
//! much of it as is shown already is dropped. So nothing is doubled, and nothing that the model wrote
//! is lost.

use crate::content::Part;
use crate::message::Role;
use crate::request::ChatRequest;
use crate::stream::StreamEvent;

/// Where the rest of one answer joins its first half. Text goes through it in the order in which it
/// comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joint {
    /// The half as it was sent.
    half: String,
    /// What of the shown white space was not sent and did not come again yet.
    cut: String,
    /// The answer may begin with the half itself.
    may_repeat: bool,
    /// Text that may turn out to be a repetition.
    held: String,
    /// The first text of its own has passed.
    is_past: bool,
}

impl Joint {
    /// Makes the request ready to be continued: cuts the white space off the end of its last turn, and
    /// takes the thinking out of that turn, which belongs to the answer that broke off.
    ///
    /// Of a half that is nothing but white space there is nothing to continue: the turn is taken out,
    /// and an answer is asked for. `None` where the request asks for no continuation.
    pub fn cut(request: &mut ChatRequest) -> Option<Self> {
        if !std::mem::take(&mut request.continues) {
            return None;
        }
        let last = request
            .messages
            .last_mut()
            .filter(|last| last.role == Role::Assistant)?;
        last.parts
            .retain(|part| !matches!(part, Part::ReasoningItem { .. }));
        let mut cut = String::new();
        while let Some(Part::Text { text }) = last.parts.last_mut() {
            let end = text.trim_end().len();
            cut.insert_str(0, &text[end..]);
            text.truncate(end);
            if !text.is_empty() {
                break;
            }
            last.parts.pop();
        }
        let half = last.words();
        request.continues = !last.parts.is_empty();
        if last.parts.is_empty() {
            request.messages.pop();
        }
        Some(Self {
            half,
            cut,
            may_repeat: false,
            held: String::new(),
            is_past: false,
        })
    }

    /// For providers that begin the answer with the half that they were sent.
    #[must_use]
    pub fn repeated(mut self) -> Self {
        self.may_repeat = !self.half.is_empty();
        self
    }

    /// The event as it is to be shown; `None` where nothing of it is, or not yet.
    pub fn pass(&mut self, event: StreamEvent) -> Option<StreamEvent> {
        match event {
            StreamEvent::Text { text } => self.join(text).map(|text| StreamEvent::Text { text }),
            other => Some(other),
        }
    }

    /// What is still held once no more text comes.
    pub fn rest(&mut self) -> Option<StreamEvent> {
        self.may_repeat = false;
        self.join(String::new())
            .map(|text| StreamEvent::Text { text })
    }

    fn join(&mut self, text: String) -> Option<String> {
        if self.is_past {
            return (!text.is_empty()).then_some(text);
        }
        self.held.push_str(&text);
        if self.may_repeat {
            if self.held.len() < self.half.len() && self.half.starts_with(&self.held) {
                return None;
            }
            if self.held.starts_with(&self.half) {
                self.held.drain(..self.half.len());
            }
            self.may_repeat = false;
        }
        let shown = shared_beginning(&self.held, &self.cut);
        self.held.drain(..shown);
        self.cut.drain(..shown);
        if self.held.is_empty() {
            return None;
        }
        self.is_past = true;
        Some(std::mem::take(&mut self.held))
    }
}

/// Bytes of the longest beginning that both texts have.
fn shared_beginning(left: &str, right: &str) -> usize {
    left.chars()
        .zip(right.chars())
        .take_while(|(left, right)| left == right)
        .map(|(letter, _)| letter.len_utf8())
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::content::{ChatMessage, JsonText};

    fn request(half: &str) -> ChatRequest {
        ChatRequest {
            messages: vec![
                ChatMessage::text(Role::User, "Go on"),
                ChatMessage::text(Role::Assistant, half),
            ],
            continues: true,
            ..ChatRequest::default()
        }
    }

    /// What is shown in the end, the half included.
    fn shown(half: &str, mut joint: Joint, pieces: &[&str]) -> String {
        let mut shown = half.to_owned();
        let events = pieces.iter().map(|text| StreamEvent::Text {
            text: (*text).to_owned(),
        });
        let mut passed: Vec<_> = events.filter_map(|event| joint.pass(event)).collect();
        passed.extend(joint.rest());
        for event in passed {
            let StreamEvent::Text { text } = event else {
                panic!("only text went in");
            };
            assert!(!text.is_empty());
            shown.push_str(&text);
        }
        shown
    }

    #[test]
    fn white_space_is_neither_doubled_nor_lost() {
        for (half, pieces, expected) in [
            ("1 2 ", vec![" 3", " 4"], "1 2 3 4"),
            ("1 2 ", vec!["3"], "1 2 3"),
            ("1 2", vec![" 3"], "1 2 3"),
            ("1 2", vec!["3"], "1 23"),
            ("one.\n", vec!["\n", "\nTwo"], "one.\n\nTwo"),
            ("one.\n\n", vec!["\n", "- two"], "one.\n\n- two"),
            ("one. ", vec!["\n\nTwo"], "one. \n\nTwo"),
            ("one. \n", vec![" ", "\n", "  two"], "one. \n  two"),
            ("one ", vec![], "one "),
        ] {
            let mut request = request(half);
            let joint = Joint::cut(&mut request).unwrap();
            assert!(request.continues);
            assert_eq!(request.messages[1].words(), half.trim_end());
            assert_eq!(shown(half, joint, &pieces), expected, "{half:?}");
        }
    }

    #[test]
    fn a_repeated_half_is_shown_once() {
        for (half, pieces, expected) in [
            ("1 2 ", vec!["1", " 2 3"], "1 2 3"),
            ("1 2 ", vec!["1 2", " 3"], "1 2 3"),
            ("1 2 ", vec![" 3 4"], "1 2 3 4"),
            // The beginning of a repetition that was none.
            ("1 2 ", vec!["1", "0"], "1 2 10"),
            ("1 2 ", vec!["1"], "1 2 1"),
        ] {
            let joint = Joint::cut(&mut request(half)).unwrap().repeated();
            assert_eq!(shown(half, joint, &pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn there_is_nothing_to_continue_in_nothing() {
        let mut blank = request(" \n");
        let joint = Joint::cut(&mut blank).unwrap();
        assert!(!blank.continues);
        assert_eq!(blank.messages.len(), 1);
        assert_eq!(shown(" \n", joint, &["Well"]), " \nWell");

        let mut question = request("half");
        question.messages.pop();
        assert_eq!(Joint::cut(&mut question), None);
        assert!(!question.continues);
        let mut usual = request("half ");
        usual.continues = false;
        assert_eq!(Joint::cut(&mut usual), None);
        assert_eq!(usual.messages[1].words(), "half ");
    }

    #[test]
    fn the_thinking_of_the_half_is_not_sent() {
        let mut request = request("half");
        request.messages[1].parts.insert(
            0,
            Part::ReasoningItem {
                format: "any".to_owned(),
                item: JsonText("{}".to_owned()),
            },
        );
        let joint = Joint::cut(&mut request);
        assert!(joint.is_some());
        assert!(request.messages[1].is_words_only());
    }

    proptest! {
        #[test]
        fn the_cuts_of_a_stream_change_nothing(
            half in "[ab \n]{0,6}", rest in "[ab \n]{0,8}", at in 0_usize..8, repeats in any::<bool>(),
        ) {
            let joint = || {
                let joint = Joint::cut(&mut request(&half)).unwrap();
                if repeats { joint.repeated() } else { joint }
            };
            let (left, right) = rest.split_at(at.min(rest.len()));
            prop_assert_eq!(
                shown(&half, joint(), &[left, right]),
                shown(&half, joint(), &[&rest])
            );
        }
    }
}
