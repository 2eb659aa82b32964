//! OpenAI responses: numbered events about items, and the whole response again at the end.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    CREATED, Setting, TOOL_ARGUMENTS, TOOL_NAME, Whole, Writer, errors, named_event, number,
};
use crate::scripted::routes::Dialect;
use crate::scripted::said::{Failure, Finish, Told};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Reasoning,
    Message,
}

pub(super) struct Responses {
    setting: Setting,
    /// Events that were written.
    sequence: usize,
    open: Option<Item>,
    /// What was said in the open item.
    said: String,
    /// Items that are done.
    output: Vec<Value>,
    finish: Finish,
    has_failed: bool,
}

impl Responses {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            sequence: 0,
            open: None,
            said: String::new(),
            output: Vec::new(),
            finish: Finish::Stop,
            has_failed: false,
        }
    }

    fn event(&mut self, mut data: Value) -> Bytes {
        data["sequence_number"] = json!(self.sequence);
        self.sequence += 1;
        named_event(&data)
    }

    fn response(&self, status: &str, output: &[Value]) -> Value {
        json!({
            "id": "resp_scripted_1",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "model": self.setting.model,
            "output": output,
            "error": null,
            "incomplete_details": null,
            "usage": null,
        })
    }

    fn finished(&self, finish: Finish, output: &[Value]) -> Value {
        let why = match finish {
            Finish::Length => Some("max_output_tokens"),
            Finish::ContentFilter | Finish::Blocked => Some("content_filter"),
            Finish::Stop | Finish::ToolCalls | Finish::Dead => None,
        };
        let status = if why.is_some() {
            "incomplete"
        } else {
            "completed"
        };
        let mut response = self.response(status, output);
        if let Some(why) = why {
            response["incomplete_details"] = json!({ "reason": why });
        }
        if self.setting.told != Told::Never {
            response["usage"] = self.usage();
        }
        response
    }

    fn usage(&self) -> Value {
        let counts = &self.setting.counts;
        let mut usage = json!({
            "input_tokens": counts.prompt(),
            "input_tokens_details": { "cached_tokens": counts.cache_read },
            "output_tokens": counts.completion(),
            "output_tokens_details": { "reasoning_tokens": counts.reasoning },
            "total_tokens": counts.total(),
        });
        if let Some(cost) = &counts.cost {
            usage["cost"] = number(cost);
        }
        usage
    }

    fn open(&mut self, item: Item) -> Vec<Bytes> {
        if self.open == Some(item) {
            return vec![];
        }
        let mut frames = self.close();
        self.open = Some(item);
        let index = self.output.len();
        let (empty, part) = match item {
            Item::Reasoning => (
                json!({ "id": "rs_scripted_1", "type": "reasoning", "summary": [] }),
                json!({ "type": "response.reasoning_summary_part.added", "item_id": "rs_scripted_1",
                    "output_index": index, "summary_index": 0,
                    "part": { "type": "summary_text", "text": "" } }),
            ),
            Item::Message => (
                message("in_progress", None),
                json!({ "type": "response.content_part.added", "item_id": "msg_scripted_1",
                    "output_index": index, "content_index": 0, "part": text_part("") }),
            ),
        };
        frames.push(self.event(
            json!({ "type": "response.output_item.added", "output_index": index, "item": empty }),
        ));
        frames.push(self.event(part));
        frames
    }

    fn close(&mut self) -> Vec<Bytes> {
        let Some(item) = self.open.take() else {
            return vec![];
        };
        let index = self.output.len();
        let text = std::mem::take(&mut self.said);
        let (done, part, whole) = match item {
            Item::Reasoning => (
                json!({ "type": "response.reasoning_summary_text.done", "item_id": "rs_scripted_1",
                    "output_index": index, "summary_index": 0, "text": text }),
                json!({ "type": "response.reasoning_summary_part.done", "item_id": "rs_scripted_1",
                    "output_index": index, "summary_index": 0,
                    "part": { "type": "summary_text", "text": text } }),
                reasoning(&text),
            ),
            Item::Message => (
                json!({ "type": "response.output_text.done", "item_id": "msg_scripted_1",
                    "output_index": index, "content_index": 0, "text": text }),
                json!({ "type": "response.content_part.done", "item_id": "msg_scripted_1",
                    "output_index": index, "content_index": 0, "part": text_part(&text) }),
                message("completed", Some(&text)),
            ),
        };
        let mut frames = vec![self.event(done), self.event(part)];
        frames.push(self.item_done(whole));
        frames
    }

    fn item_done(&mut self, item: Value) -> Bytes {
        let index = self.output.len();
        self.output.push(item.clone());
        self.event(
            json!({ "type": "response.output_item.done", "output_index": index, "item": item }),
        )
    }
}

impl Writer for Responses {
    fn start(&mut self) -> Vec<Bytes> {
        let response = self.response("in_progress", &[]);
        let mut frames = Vec::new();
        if self.setting.dialect == Dialect::OpenRouter {
            frames.push(Bytes::from_static(b": OPENROUTER PROCESSING\n\n"));
        }
        for kind in ["response.created", "response.in_progress"] {
            frames.push(self.event(json!({ "type": kind, "response": response })));
        }
        frames
    }

    fn thought(&mut self, text: &str) -> Vec<Bytes> {
        let mut frames = self.open(Item::Reasoning);
        self.said.push_str(text);
        let index = self.output.len();
        frames.push(self.event(
            json!({ "type": "response.reasoning_summary_text.delta", "item_id": "rs_scripted_1",
                "output_index": index, "summary_index": 0, "delta": text }),
        ));
        frames
    }

    fn text(&mut self, text: &str) -> Vec<Bytes> {
        let mut frames = self.open(Item::Message);
        self.said.push_str(text);
        let index = self.output.len();
        frames.push(self.event(
            json!({ "type": "response.output_text.delta", "item_id": "msg_scripted_1",
                "output_index": index, "content_index": 0, "delta": text, "logprobs": [] }),
        ));
        frames
    }

    fn tool_call(&mut self) -> Vec<Bytes> {
        let mut frames = self.close();
        let index = self.output.len();
        frames.push(self.event(
            json!({ "type": "response.output_item.added", "output_index": index,
            "item": call("in_progress", "") }),
        ));
        let (left, right) = TOOL_ARGUMENTS.split_at(TOOL_ARGUMENTS.len() / 2);
        for part in [left, right] {
            frames.push(self.event(
                json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_scripted_1",
                    "output_index": index, "delta": part }),
            ));
        }
        frames.push(self.event(
            json!({ "type": "response.function_call_arguments.done", "item_id": "fc_scripted_1",
                "output_index": index, "arguments": TOOL_ARGUMENTS }),
        ));
        frames.push(self.item_done(call("completed", TOOL_ARGUMENTS)));
        frames
    }

    fn hollow(&mut self) -> Vec<Bytes> {
        vec![
            self.event(json!({ "type": "response.in_progress" })),
            self.event(json!({ "type": "response.vendor_note", "note": null })),
            self.event(json!({ "type": "response.queued", "response": null })),
        ]
    }

    fn failure(&mut self, failure: Failure) -> Vec<Bytes> {
        self.has_failed = true;
        let (code, text) = errors::words(failure);
        // Both ways are documented: an event of its own, and a response that failed.
        let event = if failure == Failure::RateLimited {
            json!({ "type": "error", "code": code, "message": text, "param": null })
        } else {
            let mut response = self.response("failed", &self.output);
            response["error"] = json!({ "code": code, "message": text });
            json!({ "type": "response.failed", "response": response })
        };
        vec![self.event(event)]
    }

    fn finish(&mut self, finish: Finish) -> Vec<Bytes> {
        self.finish = finish;
        self.close()
    }

    fn end(&mut self) -> Vec<Bytes> {
        if self.has_failed {
            return vec![];
        }
        let response = self.finished(self.finish, &self.output);
        let kind = format!(
            "response.{}",
            response["status"].as_str().unwrap_or_default()
        );
        vec![self.event(json!({ "type": kind, "response": response }))]
    }

    fn whole(&self, whole: &Whole) -> Value {
        let mut output = Vec::new();
        if !whole.thought.is_empty() {
            output.push(reasoning(&whole.thought));
        }
        if !whole.text.is_empty() {
            output.push(message("completed", Some(&whole.text)));
        }
        if whole.has_tool_call {
            output.push(call("completed", TOOL_ARGUMENTS));
        }
        self.finished(whole.finish, &output)
    }
}

fn message(status: &str, text: Option<&str>) -> Value {
    let content: Vec<Value> = text.map(text_part).into_iter().collect();
    json!({ "id": "msg_scripted_1", "type": "message", "role": "assistant", "status": status,
        "content": content })
}

fn text_part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn reasoning(text: &str) -> Value {
    json!({ "id": "rs_scripted_1", "type": "reasoning",
        "summary": [{ "type": "summary_text", "text": text }],
        "encrypted_content": "c2NyaXB0ZWQgcmVhc29uaW5n" })
}

fn call(status: &str, arguments: &str) -> Value {
    json!({ "id": "fc_scripted_1", "type": "function_call", "status": status,
        "call_id": "call_scripted_1", "name": TOOL_NAME, "arguments": arguments })
}
