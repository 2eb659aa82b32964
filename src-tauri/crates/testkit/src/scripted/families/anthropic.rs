//! Anthropic messages: named events, blocks that open and close, counts at both ends.

use bytes::Bytes;
use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use super::{Setting, TOOL_ARGUMENTS, TOOL_NAME, Whole, Writer, errors, named_event};
use crate::scripted::said::{Failure, Finish, Told};

/// What the client has to send back unread with the thinking.
const SIGNATURE: &str = "c2NyaXB0ZWQgc2lnbmF0dXJl";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Thinking,
    Text,
    Tool,
}

pub(super) struct Messages {
    setting: Setting,
    open: Option<Block>,
    index: usize,
    has_failed: bool,
}

impl Messages {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            open: None,
            index: 0,
            has_failed: false,
        }
    }

    fn message(&self) -> Value {
        json!({
            "id": "msg_scripted_1",
            "type": "message",
            "role": "assistant",
            "model": self.setting.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
        })
    }

    /// The prompt's tokens, and as many of the answer's as were made.
    fn usage(&self, output: usize) -> Value {
        let counts = &self.setting.counts;
        json!({
            // What came from the cache or went into it is not among these.
            "input_tokens": counts.input,
            "cache_read_input_tokens": counts.cache_read,
            "cache_creation_input_tokens": counts.cache_write + counts.cache_write_long,
            "output_tokens": output,
        })
    }

    fn usage_at_the_start(&self, output: usize) -> Value {
        let counts = &self.setting.counts;
        let mut usage = self.usage(output);
        usage["cache_creation"] = json!({
            "ephemeral_5m_input_tokens": counts.cache_write,
            "ephemeral_1h_input_tokens": counts.cache_write_long,
        });
        usage["service_tier"] = json!("standard");
        usage
    }

    fn open(&mut self, block: Block) -> Vec<Bytes> {
        if self.open == Some(block) {
            return vec![];
        }
        let mut frames = self.close();
        self.open = Some(block);
        let content = match block {
            Block::Thinking => json!({ "type": "thinking", "thinking": "", "signature": "" }),
            Block::Text => json!({ "type": "text", "text": "" }),
            Block::Tool => {
                json!({ "type": "tool_use", "id": "toolu_scripted_1", "name": TOOL_NAME, "input": {} })
            }
        };
        frames.push(named_event(&json!({
            "type": "content_block_start", "index": self.index, "content_block": content,
        })));
        frames
    }

    fn delta(&self, delta: &Value) -> Bytes {
        named_event(&json!({ "type": "content_block_delta", "index": self.index, "delta": delta }))
    }

    fn close(&mut self) -> Vec<Bytes> {
        let Some(block) = self.open.take() else {
            return vec![];
        };
        let mut frames = Vec::new();
        if block == Block::Thinking {
            frames.push(self.delta(&json!({ "type": "signature_delta", "signature": SIGNATURE })));
        }
        frames.push(named_event(
            &json!({ "type": "content_block_stop", "index": self.index }),
        ));
        self.index += 1;
        frames
    }
}

impl Writer for Messages {
    fn start(&mut self) -> Vec<Bytes> {
        let mut message = self.message();
        if self.setting.told != Told::Never {
            message["usage"] = self.usage_at_the_start(1);
        }
        vec![
            named_event(&json!({ "type": "message_start", "message": message })),
            named_event(&json!({ "type": "ping" })),
        ]
    }

    fn thought(&mut self, text: &str) -> Vec<Bytes> {
        let mut frames = self.open(Block::Thinking);
        frames.push(self.delta(&json!({ "type": "thinking_delta", "thinking": text })));
        frames
    }

    fn text(&mut self, text: &str) -> Vec<Bytes> {
        let mut frames = self.open(Block::Text);
        if self.setting.told == Told::Growing {
            // With one token a number, the number is the count; told ahead of its token, so that the
            // token stays the last frame.
            let said = text.trim().parse().unwrap_or(0);
            let delta = json!({ "stop_reason": null, "stop_sequence": null });
            frames.push(named_event(
                &json!({ "type": "message_delta", "delta": delta, "usage": self.usage(said) }),
            ));
        }
        frames.push(self.delta(&json!({ "type": "text_delta", "text": text })));
        frames
    }

    fn tool_call(&mut self) -> Vec<Bytes> {
        let mut frames = self.open(Block::Tool);
        let (left, right) = TOOL_ARGUMENTS.split_at(TOOL_ARGUMENTS.len() / 2);
        for part in ["", left, right] {
            frames.push(self.delta(&json!({ "type": "input_json_delta", "partial_json": part })));
        }
        frames
    }

    fn hollow(&mut self) -> Vec<Bytes> {
        let index = self.index;
        self.index += 1;
        vec![
            named_event(&json!({ "type": "ping" })),
            named_event(&json!({ "type": "vendor_note", "note": null })),
            named_event(&json!({ "type": "content_block_start", "index": index,
                "content_block": { "type": "vendor_block" } })),
            named_event(&json!({ "type": "content_block_stop", "index": index })),
        ]
    }

    fn failure(&mut self, failure: Failure) -> Vec<Bytes> {
        self.has_failed = true;
        vec![named_event(&errors::in_band(
            WireFamily::AnthropicMessages,
            self.setting.dialect,
            failure,
        ))]
    }

    fn finish(&mut self, finish: Finish) -> Vec<Bytes> {
        let mut frames = self.close();
        let mut last = json!({
            "type": "message_delta",
            "delta": { "stop_reason": reason(finish), "stop_sequence": null },
        });
        if self.setting.told != Told::Never {
            // Everything again, and cumulative: nothing here may be added to what the start said.
            last["usage"] = self.usage(self.setting.counts.completion());
        }
        frames.push(named_event(&last));
        frames
    }

    fn end(&mut self) -> Vec<Bytes> {
        if self.has_failed {
            return vec![];
        }
        vec![named_event(&json!({ "type": "message_stop" }))]
    }

    fn whole(&self, whole: &Whole) -> Value {
        let mut content = Vec::new();
        if !whole.thought.is_empty() {
            content.push(
                json!({ "type": "thinking", "thinking": whole.thought, "signature": SIGNATURE }),
            );
        }
        if !whole.text.is_empty() {
            content.push(json!({ "type": "text", "text": whole.text }));
        }
        if whole.has_tool_call {
            let input: Value = serde_json::from_str(TOOL_ARGUMENTS).unwrap_or_default();
            content.push(json!({ "type": "tool_use", "id": "toolu_scripted_1", "name": TOOL_NAME, "input": input }));
        }
        let mut message = self.message();
        message["content"] = json!(content);
        message["stop_reason"] = json!(reason(whole.finish));
        if self.setting.told != Told::Never {
            message["usage"] = self.usage_at_the_start(self.setting.counts.completion());
        }
        message
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Dead => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ContentFilter | Finish::Blocked => "refusal",
        Finish::ToolCalls => "tool_use",
    }
}
