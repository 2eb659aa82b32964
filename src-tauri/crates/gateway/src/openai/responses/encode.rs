//! An answer in OpenAI's responses format, whole or event by event.
//!
//! Long because every item of the format begins, goes on and ends with events of its own.

use patchbay_domain::{FinishReason, JsonText, Usage, WireFamily};
use patchbay_engine::RunUpdate;
use serde_json::{Value, json};

use super::parse::Echo;
use crate::answer::{Answer, Call};
use crate::failure::{Refusal, Shape};
use crate::items;
use crate::stream::{Encoder, event};
use crate::told::Told;

fn id(answer: &Answer) -> String {
    format!("resp_{}", answer.run)
}

fn usage(usage: &Usage) -> Value {
    let (input, output) = (usage.total_input(), usage.total_output());
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write.saturating_add(usage.cache_write_long),
        },
        "output_tokens": output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": input.saturating_add(output),
    })
}

/// An item of thinking: the format's own as it came, another format's as data to be sent back.
fn thinking_item(id: &str, format: &str, item: &JsonText) -> Value {
    if format == WireFamily::OpenAiResponses.as_str()
        && let Ok(item) = serde_json::from_str(&item.0)
    {
        return item;
    }
    json!({
        "type": "reasoning", "id": id, "summary": [],
        "encrypted_content": items::to_opaque(format, item),
    })
}

fn summary_item(id: &str, text: &str) -> Value {
    let summary = if text.is_empty() {
        json!([])
    } else {
        json!([{ "type": "summary_text", "text": text }])
    };
    json!({ "type": "reasoning", "id": id, "summary": summary })
}

fn message_item(id: &str, text: &str, status: &str) -> Value {
    let content = if status == "in_progress" {
        json!([])
    } else {
        json!([{ "type": "output_text", "text": text, "annotations": [], "logprobs": [] }])
    };
    json!({
        "type": "message", "id": id, "role": "assistant", "status": status, "content": content,
    })
}

fn call_item(id: &str, call: &Call, status: &str) -> Value {
    json!({
        "type": "function_call", "id": id, "call_id": call.id, "name": call.name,
        "arguments": call.arguments, "status": status,
    })
}

/// The object around an answer, with the fields of the request that it repeats.
fn response(answer: &Answer, created: i64, echo: &Echo, status: &str, output: Vec<Value>) -> Value {
    let mut response = json!({
        "id": id(answer),
        "object": "response",
        "created_at": created,
        "status": status,
        "error": null,
        "incomplete_details": null,
        "instructions": null,
        "max_output_tokens": null,
        "metadata": {},
        "model": answer.model(),
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "reasoning": { "effort": null, "summary": null },
        "store": false,
        "temperature": null,
        "text": { "format": { "type": "text" } },
        "tool_choice": "auto",
        "tools": [],
        "top_p": null,
        "truncation": "disabled",
        "usage": null,
    });
    if let Some(fields) = response.as_object_mut() {
        for (name, value) in echo {
            fields.insert(name.clone(), value.clone());
        }
    }
    response
}

/// The end of an answer: its status, why it is not whole, its tokens and who gave it.
fn finished(answer: &Answer, created: i64, echo: &Echo, output: Vec<Value>) -> Value {
    let (status, because) = match answer.finish() {
        Some(FinishReason::Length) => ("incomplete", Some("max_output_tokens")),
        Some(FinishReason::ContentFilter) => ("incomplete", Some("content_filter")),
        _ => ("completed", None),
    };
    let mut response = response(answer, created, echo, status, output);
    if let Some(because) = because {
        response["incomplete_details"] = json!({ "reason": because });
    }
    if let Some(count) = &answer.usage {
        response["usage"] = usage(count);
    }
    response["patchbay"] = json!(Told::of(answer));
    response
}

/// The whole answer.
pub(super) fn whole(answer: &Answer, created: i64, echo: &Echo) -> Vec<u8> {
    let run = answer.run;
    let mut output = Vec::new();
    let mut has_own = false;
    for (index, (format, item)) in answer.items.iter().enumerate() {
        let item = thinking_item(&format!("rs_{run}_{index}"), format, item);
        has_own |= format == WireFamily::OpenAiResponses.as_str();
        output.push(item);
    }
    if !has_own && !answer.reasoning.is_empty() {
        output.insert(0, summary_item(&format!("rs_{run}"), &answer.reasoning));
    }
    if !answer.text.is_empty() || answer.calls.is_empty() {
        output.push(message_item(
            &format!("msg_{run}"),
            &answer.text,
            "completed",
        ));
    }
    for (index, call) in answer.calls.iter().enumerate() {
        output.push(call_item(&format!("fc_{run}_{index}"), call, "completed"));
    }
    finished(answer, created, echo, output)
        .to_string()
        .into_bytes()
}

/// An answer event by event. One item is open at a time.
pub(super) struct Events {
    created: i64,
    echo: Echo,
    sequence: u64,
    /// Items that are whole.
    output: Vec<Value>,
    open: Option<Open>,
}

enum Open {
    Message { id: String, text: String },
    Thinking { id: String, text: String },
    Call { id: String, index: u32, call: Call },
}

impl Events {
    pub(super) fn new(created: i64, echo: Echo) -> Self {
        Self {
            created,
            echo,
            sequence: 0,
            output: Vec::new(),
            open: None,
        }
    }

    fn send(&mut self, kind: &str, mut fields: Value, out: &mut Vec<u8>) {
        fields["type"] = kind.into();
        fields["sequence_number"] = self.sequence.into();
        self.sequence += 1;
        event(out, Some(kind), fields.to_string().as_bytes());
    }

    fn index(&self) -> usize {
        self.output.len()
    }

    fn item_id(&self, prefix: &str, answer: &Answer) -> String {
        format!("{prefix}_{}_{}", answer.run, self.index())
    }

    /// Ends the item that is open.
    fn close(&mut self, out: &mut Vec<u8>) {
        let index = self.index();
        let item = match self.open.take() {
            None => return,
            Some(Open::Message { id, text }) => {
                let part = json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] });
                let place = |more: Value| {
                    with(
                        json!({ "item_id": id, "output_index": index, "content_index": 0 }),
                        more,
                    )
                };
                let done = place(json!({ "text": text, "logprobs": [] }));
                self.send("response.output_text.done", done, out);
                let done = place(json!({ "part": part }));
                self.send("response.content_part.done", done, out);
                message_item(&id, &text, "completed")
            }
            Some(Open::Thinking { id, text }) => {
                let place = |more: Value| {
                    with(
                        json!({ "item_id": id, "output_index": index, "summary_index": 0 }),
                        more,
                    )
                };
                let done = place(json!({ "text": text }));
                self.send("response.reasoning_summary_text.done", done, out);
                let done = place(json!({ "part": { "type": "summary_text", "text": text } }));
                self.send("response.reasoning_summary_part.done", done, out);
                summary_item(&id, &text)
            }
            Some(Open::Call { id, call, .. }) => {
                let done = json!({
                    "item_id": id, "output_index": index, "name": call.name,
                    "arguments": call.arguments,
                });
                self.send("response.function_call_arguments.done", done, out);
                call_item(&id, &call, "completed")
            }
        };
        self.finish_item(item, out);
    }

    fn finish_item(&mut self, item: Value, out: &mut Vec<u8>) {
        let done = json!({ "output_index": self.index(), "item": item });
        self.output.push(item);
        self.send("response.output_item.done", done, out);
    }

    fn add(&mut self, item: &Value, out: &mut Vec<u8>) {
        let added = json!({ "output_index": self.index(), "item": item });
        self.send("response.output_item.added", added, out);
    }

    fn text(&mut self, piece: &str, answer: &Answer, out: &mut Vec<u8>) {
        if !matches!(self.open, Some(Open::Message { .. })) {
            self.close(out);
            let id = self.item_id("msg", answer);
            self.add(&message_item(&id, "", "in_progress"), out);
            let part = json!({
                "item_id": id, "output_index": self.index(), "content_index": 0,
                "part": { "type": "output_text", "text": "", "annotations": [], "logprobs": [] },
            });
            self.send("response.content_part.added", part, out);
            self.open = Some(Open::Message {
                id,
                text: String::new(),
            });
        }
        let Some(Open::Message { id, text }) = &mut self.open else {
            return;
        };
        text.push_str(piece);
        let delta = json!({
            "item_id": id, "output_index": self.output.len(), "content_index": 0,
            "delta": piece, "logprobs": [],
        });
        self.send("response.output_text.delta", delta, out);
    }

    fn thinking(&mut self, piece: &str, answer: &Answer, out: &mut Vec<u8>) {
        if !matches!(self.open, Some(Open::Thinking { .. })) {
            self.close(out);
            let id = self.item_id("rs", answer);
            self.add(&summary_item(&id, ""), out);
            let part = json!({
                "item_id": id, "output_index": self.index(), "summary_index": 0,
                "part": { "type": "summary_text", "text": "" },
            });
            self.send("response.reasoning_summary_part.added", part, out);
            self.open = Some(Open::Thinking {
                id,
                text: String::new(),
            });
        }
        let Some(Open::Thinking { id, text }) = &mut self.open else {
            return;
        };
        text.push_str(piece);
        let delta = json!({
            "item_id": id, "output_index": self.output.len(), "summary_index": 0, "delta": piece,
        });
        self.send("response.reasoning_summary_text.delta", delta, out);
    }

    fn call(
        &mut self,
        (wanted, id, name, arguments): (u32, Option<&str>, Option<&str>, &str),
        answer: &Answer,
        out: &mut Vec<u8>,
    ) {
        if !matches!(&self.open, Some(Open::Call { index, .. }) if *index == wanted) {
            self.close(out);
            let item = self.item_id("fc", answer);
            let call = Call {
                id: id.unwrap_or_default().to_owned(),
                name: name.unwrap_or_default().to_owned(),
                arguments: String::new(),
            };
            self.add(&call_item(&item, &call, "in_progress"), out);
            self.open = Some(Open::Call {
                id: item,
                index: wanted,
                call,
            });
        }
        let Some(Open::Call { id, call, .. }) = &mut self.open else {
            return;
        };
        if arguments.is_empty() {
            return;
        }
        call.arguments.push_str(arguments);
        let delta = json!({
            "item_id": id, "output_index": self.output.len(), "delta": arguments,
        });
        self.send("response.function_call_arguments.delta", delta, out);
    }
}

fn with(mut place: Value, more: Value) -> Value {
    if let (Some(place), Value::Object(more)) = (place.as_object_mut(), more) {
        place.extend(more);
    }
    place
}

impl Encoder for Events {
    fn begin(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        for kind in ["response.created", "response.in_progress"] {
            let response = response(answer, self.created, &self.echo, "in_progress", Vec::new());
            self.send(kind, json!({ "response": response }), out);
        }
    }

    fn update(&mut self, update: &RunUpdate, answer: &Answer, out: &mut Vec<u8>) {
        match update {
            RunUpdate::Text(text) => self.text(text, answer, out),
            RunUpdate::Reasoning(text) => self.thinking(text, answer, out),
            RunUpdate::ToolCall {
                index,
                id,
                name,
                arguments,
            } => {
                let piece = (*index, id.as_deref(), name.as_deref(), arguments.as_str());
                self.call(piece, answer, out);
            }
            RunUpdate::ReasoningItem { format, item } => {
                let is_own = format == WireFamily::OpenAiResponses.as_str();
                // The format's own item is the one whose words have just been said.
                if !(is_own && matches!(self.open, Some(Open::Thinking { .. }))) {
                    self.close(out);
                    let id = self.item_id("rs", answer);
                    self.add(&summary_item(&id, ""), out);
                }
                self.open = None;
                let id = self.item_id("rs", answer);
                self.finish_item(thinking_item(&id, format, item), out);
            }
            _ => {}
        }
    }

    fn end(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        self.close(out);
        if self.output.is_empty() {
            // An answer without a word is a message all the same.
            let id = self.item_id("msg", answer);
            let item = message_item(&id, "", "completed");
            self.add(&item, out);
            self.finish_item(item, out);
        }
        let output = std::mem::take(&mut self.output);
        let response = finished(answer, self.created, &self.echo, output);
        let kind = if response["status"] == "incomplete" {
            "response.incomplete"
        } else {
            "response.completed"
        };
        self.send(kind, json!({ "response": response }), out);
    }

    fn break_off(&mut self, refusal: &Refusal, answer: &Answer, out: &mut Vec<u8>) {
        let mut error: Value =
            serde_json::from_str(&refusal.json(Shape::OpenAi)).unwrap_or_default();
        let error = error["error"].take();
        let output = std::mem::take(&mut self.output);
        let mut response = response(answer, self.created, &self.echo, "failed", output);
        response["error"] = json!({ "code": error["code"], "message": error["message"] });
        self.send("response.failed", json!({ "response": response }), out);
    }
}
