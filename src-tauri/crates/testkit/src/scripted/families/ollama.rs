//! Ollama: one JSON object a line, the last one with `done`, its reason and the counts.

use bytes::Bytes;
use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use super::{CREATED_TEXT, Setting, TOOL_ARGUMENTS, TOOL_NAME, Whole, Writer, errors};
use crate::scripted::said::{Failure, Finish, Told};

pub(super) struct Lines {
    pub(super) setting: Setting,
    pub(super) finish: Finish,
}

impl Lines {
    fn line(&self, message: &Value) -> Vec<Bytes> {
        vec![line(&json!({
            "model": self.setting.model,
            "created_at": CREATED_TEXT,
            "message": message,
            "done": false,
        }))]
    }

    fn last(&self, message: &Value, finish: Finish) -> Value {
        let mut last = json!({
            "model": self.setting.model,
            "created_at": CREATED_TEXT,
            "message": message,
            "done": true,
            // It knows these two only: calls of tools stop, and it filters nothing.
            "done_reason": if finish == Finish::Length { "length" } else { "stop" },
        });
        if self.setting.told != Told::Never {
            let counts = &self.setting.counts;
            for (name, value) in [
                ("total_duration", 2_000_000_000),
                ("load_duration", 100_000_000),
                ("prompt_eval_count", counts.prompt()),
                ("prompt_eval_duration", 400_000_000),
                ("eval_count", counts.completion()),
                ("eval_duration", 1_500_000_000),
            ] {
                last[name] = json!(value);
            }
        }
        last
    }
}

impl Writer for Lines {
    fn start(&mut self) -> Vec<Bytes> {
        vec![]
    }

    fn thought(&mut self, text: &str) -> Vec<Bytes> {
        self.line(&json!({ "role": "assistant", "content": "", "thinking": text }))
    }

    fn text(&mut self, text: &str) -> Vec<Bytes> {
        self.line(&json!({ "role": "assistant", "content": text }))
    }

    fn tool_call(&mut self) -> Vec<Bytes> {
        self.line(&json!({ "role": "assistant", "content": "", "tool_calls": [call()] }))
    }

    fn hollow(&mut self) -> Vec<Bytes> {
        vec![
            line(&json!({ "model": self.setting.model, "done": false })),
            line(&json!({ "message": null, "done": false })),
            line(&json!({})),
            Bytes::from_static(b"\n"),
        ]
    }

    fn failure(&mut self, failure: Failure) -> Vec<Bytes> {
        // An error is the last line.
        self.finish = Finish::Dead;
        let error = errors::in_band(WireFamily::Ollama, self.setting.dialect, failure);
        vec![line(&error)]
    }

    fn finish(&mut self, finish: Finish) -> Vec<Bytes> {
        self.finish = finish;
        if finish == Finish::Dead {
            let last = self.last(&json!({ "role": "assistant", "content": "" }), finish);
            return vec![line(&last)];
        }
        vec![]
    }

    fn end(&mut self) -> Vec<Bytes> {
        if self.finish == Finish::Dead {
            return vec![];
        }
        let last = self.last(&json!({ "role": "assistant", "content": "" }), self.finish);
        vec![line(&last)]
    }

    fn whole(&self, whole: &Whole) -> Value {
        let mut message = json!({ "role": "assistant", "content": whole.text });
        if !whole.thought.is_empty() {
            message["thinking"] = json!(whole.thought);
        }
        if whole.has_tool_call {
            message["tool_calls"] = json!([call()]);
        }
        self.last(&message, whole.finish)
    }
}

fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// Arguments are an object here, not text.
fn call() -> Value {
    let arguments: Value = serde_json::from_str(TOOL_ARGUMENTS).unwrap_or_default();
    json!({ "function": { "name": TOOL_NAME, "arguments": arguments } })
}
