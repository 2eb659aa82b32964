//! An answer in Anthropic's format, whole or block by block.

use patchbay_domain::{FinishReason, JsonText, Usage, WireFamily};
use patchbay_engine::RunUpdate;
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::failure::{Refusal, Shape};
use crate::items;
use crate::stream::{Encoder, event};
use crate::told::Told;

fn stop_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "max_tokens",
        FinishReason::ContentFilter => "refusal",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::Stop | FinishReason::Other => "end_turn",
    }
}

fn id(answer: &Answer) -> String {
    format!("msg_{}", answer.run)
}

#[derive(Serialize)]
struct UsageBody {
    input_tokens: u64,
    cache_creation_input_tokens: u64,
    cache_read_input_tokens: u64,
    output_tokens: u64,
}

impl UsageBody {
    /// Tokens, in classes that do not overlap, as Anthropic counts them.
    fn of(usage: Option<&Usage>) -> Self {
        let usage = usage.copied().unwrap_or_default();
        let written = usage.cache_write.saturating_add(usage.cache_write_long);
        Self {
            input_tokens: usage
                .total_input()
                .saturating_sub(usage.cache_read)
                .saturating_sub(written),
            cache_creation_input_tokens: written,
            cache_read_input_tokens: usage.cache_read,
            output_tokens: usage.total_output(),
        }
    }
}

#[derive(Serialize)]
struct Message<'a> {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: &'a str,
    content: Vec<Value>,
    stop_reason: Option<&'static str>,
    stop_sequence: Option<&'static str>,
    usage: UsageBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

/// The whole answer.
pub(super) fn whole(answer: &Answer) -> Vec<u8> {
    let mut content = Vec::new();
    let mut has_thinking = false;
    for (format, item) in &answer.items {
        let block = thinking_block(format, item);
        has_thinking |= block["type"] == "thinking";
        content.push(block);
    }
    if !has_thinking && !answer.reasoning.is_empty() {
        content.insert(
            0,
            json!({ "type": "thinking", "thinking": answer.reasoning, "signature": "" }),
        );
    }
    if !answer.text.is_empty() {
        content.push(json!({ "type": "text", "text": answer.text }));
    }
    for call in &answer.calls {
        let input: Value = serde_json::from_str(&call.arguments).unwrap_or_else(|_| json!({}));
        content
            .push(json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }));
    }
    let message = Message {
        id: id(answer),
        kind: "message",
        role: "assistant",
        model: answer.model(),
        content,
        stop_reason: Some(stop_word(answer.finish().unwrap_or(FinishReason::Stop))),
        stop_sequence: None,
        usage: UsageBody::of(answer.usage.as_ref()),
        patchbay: Told::of(answer),
    };
    serde_json::to_vec(&message).unwrap_or_default()
}

/// Thinking as a block: its own as it came, another format's as data that is only to be sent back.
fn thinking_block(format: &str, item: &JsonText) -> Value {
    if format == WireFamily::AnthropicMessages.as_str()
        && let Ok(block) = serde_json::from_str(&item.0)
    {
        return block;
    }
    json!({ "type": "redacted_thinking", "data": items::to_opaque(format, item) })
}

/// An answer block by block. One block is open at a time.
#[derive(Default)]
pub(super) struct Blocks {
    next: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    Tool(u32),
}

#[derive(Serialize)]
struct Delta<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    index: u32,
    delta: Piece<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Piece<'a> {
    #[serde(rename = "text_delta")]
    Text { text: &'a str },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: &'a str },
    #[serde(rename = "signature_delta")]
    Signature { signature: &'a str },
    #[serde(rename = "input_json_delta")]
    InputJson { partial_json: &'a str },
}

impl Blocks {
    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            let stop = json!({ "type": "content_block_stop", "index": self.next - 1 });
            event(out, Some("content_block_stop"), stop.to_string().as_bytes());
        }
    }

    /// Opens a block, unless it is open.
    fn ensure(&mut self, open: Open, block: impl FnOnce() -> Value, out: &mut Vec<u8>) {
        if self.open == Some(open) {
            return;
        }
        self.close(out);
        let start =
            json!({ "type": "content_block_start", "index": self.next, "content_block": block() });
        event(
            out,
            Some("content_block_start"),
            start.to_string().as_bytes(),
        );
        self.next += 1;
        self.open = Some(open);
    }

    fn piece(&self, delta: Piece<'_>, out: &mut Vec<u8>) {
        let delta = Delta {
            kind: "content_block_delta",
            index: self.next.saturating_sub(1),
            delta,
        };
        let json = serde_json::to_vec(&delta).unwrap_or_default();
        event(out, Some("content_block_delta"), &json);
    }

    fn item(&mut self, format: &str, item: &JsonText, out: &mut Vec<u8>) {
        #[derive(serde::Deserialize)]
        struct Signed {
            signature: Option<String>,
        }
        let is_own = format == WireFamily::AnthropicMessages.as_str();
        if is_own && self.open == Some(Open::Thinking) {
            let signed: Option<Signed> = serde_json::from_str(&item.0).ok();
            if let Some(signature) = signed.and_then(|signed| signed.signature) {
                self.piece(
                    Piece::Signature {
                        signature: &signature,
                    },
                    out,
                );
                self.close(out);
                return;
            }
        }
        self.close(out);
        let start = json!({
            "type": "content_block_start",
            "index": self.next,
            "content_block": thinking_block(format, item),
        });
        event(
            out,
            Some("content_block_start"),
            start.to_string().as_bytes(),
        );
        self.next += 1;
        self.open = Some(Open::Thinking);
        self.close(out);
    }
}

impl Encoder for Blocks {
    fn begin(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        let message = Message {
            id: id(answer),
            kind: "message",
            role: "assistant",
            model: answer.model(),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: UsageBody::of(answer.usage.as_ref()),
            patchbay: None,
        };
        let start = json!({ "type": "message_start", "message": message });
        event(out, Some("message_start"), start.to_string().as_bytes());
    }

    fn update(&mut self, update: &RunUpdate, _: &Answer, out: &mut Vec<u8>) {
        match update {
            RunUpdate::Text(text) => {
                self.ensure(Open::Text, || json!({ "type": "text", "text": "" }), out);
                self.piece(Piece::Text { text }, out);
            }
            RunUpdate::Reasoning(thinking) => {
                let block = || json!({ "type": "thinking", "thinking": "", "signature": "" });
                self.ensure(Open::Thinking, block, out);
                self.piece(Piece::Thinking { thinking }, out);
            }
            RunUpdate::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let block = || json!({ "type": "tool_use", "id": id, "name": name, "input": {} });
                self.ensure(Open::Tool(*index), block, out);
                if !arguments.is_empty() {
                    self.piece(
                        Piece::InputJson {
                            partial_json: arguments,
                        },
                        out,
                    );
                }
            }
            RunUpdate::ReasoningItem { format, item } => self.item(format, item, out),
            _ => {}
        }
    }

    fn end(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        self.close(out);
        let reason = stop_word(answer.finish().unwrap_or(FinishReason::Stop));
        let delta = json!({
            "type": "message_delta",
            "delta": { "stop_reason": reason, "stop_sequence": null },
            "usage": UsageBody::of(answer.usage.as_ref()),
            "patchbay": Told::of(answer),
        });
        event(out, Some("message_delta"), delta.to_string().as_bytes());
        event(out, Some("message_stop"), br#"{"type":"message_stop"}"#);
    }

    fn break_off(&mut self, refusal: &Refusal, _: &Answer, out: &mut Vec<u8>) {
        event(
            out,
            Some("error"),
            refusal.json(Shape::Anthropic).as_bytes(),
        );
    }
}
