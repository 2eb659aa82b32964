//! The blocks that an answer is made of, which begin, grow and end by their index.

use std::collections::BTreeMap;

use patchbay_domain::StreamEvent;
use patchbay_domain::content::JsonText;
use serde::Serialize;
use serde_json::value::RawValue;

use super::REASONING_FORMAT;
use super::wire::{Block, Delta};
use crate::decode::Decoded;
use crate::lenient::filled;

/// The blocks that have begun and not ended.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: BTreeMap<u64, OpenBlock>,
    next_call: u32,
    /// What made-up ids begin with, so that two answers of one conversation do not share any.
    answer: String,
}

/// What must be remembered of a block until its end.
#[derive(Debug)]
enum OpenBlock {
    /// Words, which are handed on at once.
    Text,
    /// Thinking, which is handed on at once and kept with its signature too.
    Thinking { thinking: String, signature: String },
    /// A tool call: its number, its arguments as they stood at its beginning, and whether pieces of
    /// them came since.
    Tool {
        index: u32,
        input: String,
        has_pieces: bool,
    },
    /// What the provider's own tools do, and whatever comes to be.
    Other,
}

/// Thinking as it is sent back.
#[derive(Serialize)]
struct SignedThinking<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    thinking: &'a str,
    signature: &'a str,
}

impl Blocks {
    /// The provider's id of the answer.
    pub(super) fn name_answer(&mut self, id: &str) {
        self.answer = id.chars().filter(char::is_ascii_alphanumeric).collect();
    }

    /// A block begins.
    pub(super) fn begin(&mut self, index: u64, raw: &RawValue, decoded: &mut Decoded) {
        // An index that is used again without an end: the block before is whole.
        self.end(index, decoded);
        let block = serde_json::from_str::<Block<'_>>(raw.get()).unwrap_or_default();
        let open = match block.kind.as_deref().unwrap_or_default() {
            "text" => {
                push_text(block.text.unwrap_or_default(), decoded);
                OpenBlock::Text
            }
            "thinking" => {
                let thinking = block.thinking.unwrap_or_default();
                push_reasoning(thinking.clone(), decoded);
                OpenBlock::Thinking {
                    thinking,
                    signature: block.signature.unwrap_or_default(),
                }
            }
            "redacted_thinking" => {
                push_item(raw.get(), decoded);
                OpenBlock::Other
            }
            "tool_use" => self.begin_call(block, decoded),
            _ => OpenBlock::Other,
        };
        self.open.insert(index, open);
    }

    fn begin_call(&mut self, block: Block<'_>, decoded: &mut Decoded) -> OpenBlock {
        let index = self.next_call;
        self.next_call = self.next_call.saturating_add(1);
        let id = filled(block.id).unwrap_or_else(|| format!("toolu_{}_{index}", self.answer));
        decoded.push(Ok(StreamEvent::ToolCall {
            index,
            id: Some(id),
            name: filled(block.name),
            arguments: String::new(),
        }));
        let input = block.input.map_or("", RawValue::get);
        OpenBlock::Tool {
            index,
            input: input.to_owned(),
            has_pieces: false,
        }
    }

    /// A piece of a block.
    pub(super) fn extend(&mut self, index: u64, delta: Delta, decoded: &mut Decoded) {
        // Servers that leave out a block's beginning tell its kind by the piece.
        let open = self.open.entry(index).or_insert_with(|| {
            if delta.thinking.is_some() || delta.signature.is_some() {
                OpenBlock::Thinking {
                    thinking: String::new(),
                    signature: String::new(),
                }
            } else if delta.text.is_some() {
                OpenBlock::Text
            } else {
                OpenBlock::Other
            }
        });
        match open {
            OpenBlock::Text => push_text(delta.text.unwrap_or_default(), decoded),
            OpenBlock::Thinking {
                thinking,
                signature,
            } => {
                if let Some(signed) = delta.signature {
                    *signature = signed;
                }
                if let Some(text) = delta.thinking {
                    thinking.push_str(&text);
                    push_reasoning(text, decoded);
                }
            }
            OpenBlock::Tool {
                index, has_pieces, ..
            } => {
                let arguments = delta.partial_json.unwrap_or_default();
                if !arguments.is_empty() {
                    *has_pieces = true;
                    decoded.push(Ok(more_arguments(*index, arguments)));
                }
            }
            OpenBlock::Other => {}
        }
    }

    /// A block is whole. What was not known to be open is nothing.
    pub(super) fn end(&mut self, index: u64, decoded: &mut Decoded) {
        match self.open.remove(&index) {
            Some(OpenBlock::Thinking {
                thinking,
                signature,
            }) if !signature.is_empty() => {
                let item = SignedThinking {
                    kind: "thinking",
                    thinking: &thinking,
                    signature: &signature,
                };
                if let Ok(item) = serde_json::to_string(&item) {
                    push_item(&item, decoded);
                }
            }
            Some(OpenBlock::Tool {
                index,
                input,
                has_pieces: false,
            }) => {
                let is_object = input.starts_with('{');
                let arguments = if is_object { input } else { "{}".to_owned() };
                decoded.push(Ok(more_arguments(index, arguments)));
            }
            // Thinking that nobody signed is of no use to anybody when it comes back.
            _ => {}
        }
    }

    /// The message is whole, and so are its blocks.
    pub(super) fn end_all(&mut self, decoded: &mut Decoded) {
        let open: Vec<u64> = self.open.keys().copied().collect();
        for index in open {
            self.end(index, decoded);
        }
    }
}

fn push_text(text: String, decoded: &mut Decoded) {
    if !text.is_empty() {
        decoded.push(Ok(StreamEvent::Text { text }));
    }
}

fn push_reasoning(text: String, decoded: &mut Decoded) {
    if !text.is_empty() {
        decoded.push(Ok(StreamEvent::Reasoning { text }));
    }
}

fn push_item(item: &str, decoded: &mut Decoded) {
    decoded.push(Ok(StreamEvent::ReasoningItem {
        format: REASONING_FORMAT.to_owned(),
        item: JsonText(item.to_owned()),
    }));
}

fn more_arguments(index: u32, arguments: String) -> StreamEvent {
    StreamEvent::ToolCall {
        index,
        id: None,
        name: None,
        arguments,
    }
}
