//! What a turn is made of: words, pictures, documents, tool calls and what tools answered.
//!
//! One vocabulary for all wire formats. A format that has no place for a part says so with a
//! [`FailureClass::InvalidRequest`](crate::FailureClass::InvalidRequest) before anything is sent; it
//! never leaves a part out silently.

use serde::{Deserialize, Serialize};

use crate::message::Role;
use crate::words::word_enum;

/// JSON as text. This crate does not look inside; whoever makes one has checked that it parses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonText(pub String);

word_enum! {
    /// How long a provider should keep what it has read so far.
    pub enum CacheLifetime {
        /// About five minutes.
        Short = "short",
        /// About an hour; dearer to write.
        Long = "long",
    }
}

/// One turn, as the model reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks. What tools answered stands in a turn of the user's.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// A hint that everything up to the end of this turn will be sent again. Formats that cache by
    /// themselves, or not at all, leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheLifetime>,
}

impl ChatMessage {
    /// A turn of words alone.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            parts: vec![Part::Text { text: text.into() }],
            cache: None,
        }
    }

    /// The words of the turn, its parts with a blank line between them; pictures, documents, tools
    /// and thinking left out.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for part in &self.parts {
            if let Part::Text { text } = part {
                if !words.is_empty() {
                    words.push_str("\n\n");
                }
                words.push_str(text);
            }
        }
        words
    }

    /// Whether there is nothing in it but words.
    pub fn is_words_only(&self) -> bool {
        self.parts
            .iter()
            .all(|part| matches!(part, Part::Text { .. }))
    }
}

/// A part of a turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Words.
    Text {
        /// Plain text or Markdown.
        text: String,
    },
    /// A picture.
    Image {
        /// PNG, JPEG, WebP or GIF.
        media: Media,
    },
    /// A document that the model reads as a whole, such as a PDF.
    Document {
        /// Its name, for models that show it to themselves.
        name: Option<String>,
        /// What is in it.
        media: Media,
    },
    /// A tool that the model asked for, in a turn of the assistant's.
    ToolCall {
        /// Links the call to its result. Unique within a request.
        id: String,
        /// The tool's name.
        name: String,
        /// Its arguments, an object.
        arguments: JsonText,
    },
    /// What a tool answered, in a turn of the user's.
    ToolResult {
        /// The call that it answers.
        id: String,
        /// The tool's name; one format finds the call by it.
        name: String,
        /// What it said.
        text: String,
        /// The tool failed, and `text` says how.
        is_error: bool,
    },
    /// Thinking that its provider wants back unmodified, as
    /// [`StreamEvent::ReasoningItem`](crate::StreamEvent::ReasoningItem) gave it. Only the format
    /// that made it can read it; others leave it out, since none of them takes foreign thinking.
    ReasoningItem {
        /// Which format made it.
        format: String,
        /// The item.
        item: JsonText,
    },
}

/// Bytes with their type, or where to find them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Such as `image/png` or `application/pdf`.
    pub media_type: String,
    /// The bytes, or their address.
    pub source: MediaSource,
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// The bytes in Base64 with padding, as every wire format writes them.
    Base64(String),
    /// An `https` address that the provider itself fetches.
    Url(String),
}

/// A tool that the model may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Letters, digits, `_` and `-`.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// JSON schema of its arguments; an object.
    pub parameters: JsonText,
    /// Ask the provider to hold the arguments to the schema.
    pub is_strict: bool,
}

/// Whether tools are to be used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// As the model likes.
    #[default]
    Auto,
    /// None of them.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// In which form the answer comes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// As the model likes.
    #[default]
    Text,
    /// Some JSON object.
    Json,
    /// JSON that follows a schema.
    Schema {
        /// Letters, digits, `_` and `-`; some formats want one.
        name: String,
        /// The schema; an object.
        schema: JsonText,
        /// Ask the provider to hold the answer to it.
        is_strict: bool,
    },
}

word_enum! {
    /// How much a model should think before it answers. Formats that count tokens translate.
    pub enum ReasoningEffort {
        /// Not at all, where the model can do without.
        None = "none",
        /// As little as it can.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// The middle.
        Medium = "medium",
        /// Much.
        High = "high",
        /// As much as it can.
        Max = "max",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_out_what_is_not_said() {
        let message = ChatMessage {
            role: Role::User,
            parts: vec![
                Part::Text {
                    text: "one".to_owned(),
                },
                Part::Image {
                    media: Media {
                        media_type: "image/png".to_owned(),
                        source: MediaSource::Base64("AA==".to_owned()),
                    },
                },
                Part::Text {
                    text: "two".to_owned(),
                },
            ],
            cache: None,
        };
        assert_eq!(message.words(), "one\n\ntwo");
        assert!(!message.is_words_only());
        assert!(ChatMessage::text(Role::User, "x").is_words_only());
    }
}
