//! Messages form a tree: an edit or a second answer is a sibling, and nothing is ever overwritten.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::content::{ChatMessage, Part};
use crate::id::{ConversationId, MessageId, RunId};
use crate::time::UnixMillis;
use crate::words::word_enum;

word_enum! {
    /// Who speaks.
    pub enum Role {
        /// Standing instructions.
        System = "system",
        /// The person.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

word_enum! {
    /// Where a message stands.
    pub enum MessageStatus {
        /// Whole.
        Complete = "complete",
        /// Being written by a run right now.
        Streaming = "streaming",
        /// The person stopped it; the text is what there was.
        Stopped = "stopped",
        /// Patchbay ended in the middle; the text is what had been saved.
        Interrupted = "interrupted",
        /// Every attempt failed; the text is what there was.
        Failed = "failed",
    }
}

/// One message in the tree of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation: ConversationId,
    /// The message that it answers or follows; `None` for a first one.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// What the model thought before it spoke, where the provider shows it.
    pub reasoning: String,
    /// Where it stands.
    pub status: MessageStatus,
    /// The run that wrote it; `None` for what a person wrote.
    pub run: Option<RunId>,
    /// When it was made.
    pub created_at: UnixMillis,
}

/// The messages from the first one down to `leaf`, oldest first.
///
/// A parent that is missing ends the path there; a loop, which only a damaged database can hold,
/// ends it too.
pub fn path_to(messages: &[Message], leaf: MessageId) -> Vec<&Message> {
    let by_id: HashMap<MessageId, &Message> = messages
        .iter()
        .map(|message| (message.id, message))
        .collect();
    let mut path = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(leaf);
    while let Some(message) = next.and_then(|id| by_id.get(&id)) {
        if !seen.insert(message.id) {
            break;
        }
        path.push(*message);
        next = message.parent;
    }
    path.reverse();
    path
}

/// The messages with the same parent as `id`, itself included, oldest first.
pub fn siblings(messages: &[Message], id: MessageId) -> Vec<&Message> {
    let Some(message) = messages.iter().find(|message| message.id == id) else {
        return Vec::new();
    };
    let mut found: Vec<&Message> = messages
        .iter()
        .filter(|other| other.parent == message.parent)
        .collect();
    found.sort_by_key(|message| (message.created_at, message.id));
    found
}

/// The leaf that a person would expect below `from`: always the newest child, down to the end.
pub fn newest_leaf(messages: &[Message], from: MessageId) -> MessageId {
    let mut newest_child: HashMap<MessageId, &Message> = HashMap::new();
    for message in messages {
        let Some(parent) = message.parent else {
            continue;
        };
        let entry = newest_child.entry(parent).or_insert(message);
        if (entry.created_at, entry.id) < (message.created_at, message.id) {
            *entry = message;
        }
    }
    let mut leaf = from;
    let mut seen = HashSet::from([from]);
    while let Some(child) = newest_child.get(&leaf) {
        if !seen.insert(child.id) {
            break;
        }
        leaf = child.id;
    }
    leaf
}

/// What a model reads of a path: the system text first, then every turn that says something.
///
/// Answers that hold no text (a failed attempt) are left out together with nothing else, and two
/// turns of one role in a row are joined, because several wire formats refuse them.
pub fn prompt(system: &str, path: &[&Message]) -> Vec<ChatMessage> {
    let mut turns: Vec<ChatMessage> = Vec::with_capacity(path.len() + 1);
    if !system.trim().is_empty() {
        turns.push(ChatMessage::text(Role::System, system));
    }
    for message in path {
        if message.text.is_empty() {
            continue;
        }
        let part = Part::Text {
            text: message.text.clone(),
        };
        match turns.last_mut() {
            Some(last) if last.role == message.role => last.parts.push(part),
            _ => turns.push(ChatMessage::text(message.role, message.text.as_str())),
        }
    }
    turns
}

/// A title for a conversation from its first question: the first line, cut at a word.
pub fn title_from(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("");
    let line = line.trim_start_matches(['#', '>', '-', '*', '`', ' ']);
    let line = if line.is_empty() { "New chat" } else { line };
    if line.chars().count() <= LONGEST {
        return line.to_owned();
    }
    let cut: String = line.chars().take(LONGEST).collect();
    let cut = match cut.rfind(char::is_whitespace) {
        Some(position) if position > LONGEST / 2 => &cut[..position],
        _ => cut.as_str(),
    };
    format!("{}…", cut.trim_end())
}

/// How many words a text has. A run of letters and digits is one; in scripts that set no spaces, each
/// sign is.
pub fn words_in(text: &str) -> u64 {
    let mut words = 0;
    let mut is_within = false;
    for sign in text.chars() {
        if is_without_spaces(sign) {
            words += 1;
            is_within = false;
        } else if sign.is_alphanumeric() {
            words += u64::from(!is_within);
            is_within = true;
        } else {
            // "don't" and "well-known" are one word each.
            is_within &= matches!(sign, '\'' | '\u{2019}' | '-' | '_');
        }
    }
    words
}

/// Kana, Han and Thai: where words end is for a dictionary to say.
fn is_without_spaces(sign: char) -> bool {
    matches!(sign, '\u{0e00}'..='\u{0e7f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{2fa1f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> MessageId {
        MessageId::from_uuid(Uuid::from_u128(number))
    }

    fn message(number: u128, parent: Option<u128>, role: Role, text: &str) -> Message {
        Message {
            id: id(number),
            conversation: ConversationId::from_uuid(Uuid::from_u128(1)),
            parent: parent.map(id),
            role,
            text: text.to_owned(),
            reasoning: String::new(),
            status: MessageStatus::Complete,
            run: None,
            created_at: UnixMillis(i64::try_from(number).unwrap_or(0)),
        }
    }

    #[test]
    fn words_are_counted_as_a_reader_would() {
        for (text, words) in [
            ("", 0),
            ("  \n", 0),
            ("Hello, world!", 2),
            ("don't stop the well-known 3.5 x", 7),
            ("你好世界", 4),
            ("Rust は速い", 4),
            ("| a | b |\n|---|---|", 2),
        ] {
            assert_eq!(words_in(text), words, "{text:?}");
        }
    }

    #[test]
    fn a_path_leaves_out_the_other_branch() {
        let tree = [
            message(1, None, Role::User, "question"),
            message(2, Some(1), Role::Assistant, "first"),
            message(3, Some(1), Role::Assistant, "second"),
            message(4, Some(2), Role::User, "more"),
        ];
        let path: Vec<_> = path_to(&tree, id(4))
            .iter()
            .map(|message| message.id)
            .collect();
        assert_eq!(path, [id(1), id(2), id(4)]);
        assert_eq!(newest_leaf(&tree, id(1)), id(3));
        assert_eq!(newest_leaf(&tree, id(2)), id(4));
        assert_eq!(siblings(&tree, id(2)).len(), 2);
    }

    #[test]
    fn an_empty_answer_is_not_sent_and_roles_alternate() {
        let tree = [
            message(1, None, Role::User, "one"),
            message(2, Some(1), Role::Assistant, ""),
            message(3, Some(2), Role::User, "two"),
        ];
        let turns = prompt("", &path_to(&tree, id(3)));
        assert_eq!(
            turns,
            [ChatMessage {
                role: Role::User,
                parts: ["one", "two"]
                    .map(|text| Part::Text {
                        text: text.to_owned()
                    })
                    .to_vec(),
                cache: None,
            }]
        );
    }

    #[test]
    fn a_title_is_one_short_line() {
        assert_eq!(title_from("\n\n## How do I\nsort?"), "How do I");
        assert_eq!(title_from("   "), "New chat");
        let long = title_from(&"word ".repeat(40));
        assert!(
            long.ends_with("word…") && long.chars().count() <= 61,
            "{long}"
        );
        assert_eq!(title_from(&"字".repeat(80)).chars().count(), 61);
    }

    proptest! {
        #[test]
        fn any_parents_at_all_give_a_finite_path(parents in prop::collection::vec(prop::option::of(0_u128..20), 1..20)) {
            let tree: Vec<Message> = parents
                .iter()
                .enumerate()
                .map(|(number, parent)| message(number as u128, *parent, Role::User, "x"))
                .collect();
            for message in &tree {
                let path = path_to(&tree, message.id);
                prop_assert!(path.len() <= tree.len());
                prop_assert_eq!(path.last().map(|last| last.id), Some(message.id));
                let _ = newest_leaf(&tree, message.id);
            }
        }

        #[test]
        fn a_title_never_panics(text in "\\PC{0,200}") {
            prop_assert!(title_from(&text).chars().count() <= 61);
        }
    }
}
