//! Gemini, on AI Studio and on Vertex: candidates with parts, counts in every event.

use bytes::Bytes;
use patchbay_domain::WireFamily;
use serde_json::{Value, json};

use super::{CREATED_TEXT, Setting, TOOL_ARGUMENTS, TOOL_NAME, Whole, Writer, errors};
use crate::scripted::said::{Failure, Finish, Told};

pub(super) struct Contents {
    setting: Setting,
    /// Events that were written.
    written: usize,
}

impl Contents {
    pub(super) fn new(setting: Setting) -> Self {
        Self {
            setting,
            written: 0,
        }
    }

    /// A server-sent event with carriage returns, or the next piece of the array.
    fn frame(&mut self, value: &Value) -> Bytes {
        let is_first = self.written == 0;
        self.written += 1;
        Bytes::from(match (self.setting.is_array, is_first) {
            (false, _) => format!("data: {value}\r\n\r\n"),
            (true, true) => format!("[{value}"),
            (true, false) => format!(",\r\n{value}"),
        })
    }

    fn answer(&self, candidates: Option<Value>, usage: Option<Value>) -> Value {
        let mut answer = json!({
            "modelVersion": self.setting.model,
            "responseId": "scripted-response-1",
        });
        if self.setting.family == WireFamily::Vertex {
            answer["createTime"] = json!(CREATED_TEXT);
        }
        if let Some(candidates) = candidates {
            answer["candidates"] = candidates;
        }
        if let (Some(usage), true) = (usage, self.setting.told != Told::Never) {
            answer["usageMetadata"] = usage;
        }
        answer
    }

    fn part(&mut self, part: &Value, output: usize) -> Vec<Bytes> {
        let candidates = json!([{ "content": { "parts": [part], "role": "model" }, "index": 0 }]);
        let usage = self.usage_so_far(output);
        let answer = self.answer(Some(candidates), Some(usage));
        vec![self.frame(&answer)]
    }

    /// Before the end the candidates' count may be missing.
    fn usage_so_far(&self, output: usize) -> Value {
        let prompt = self.setting.counts.prompt();
        if self.setting.told == Told::Growing {
            return json!({ "promptTokenCount": prompt, "candidatesTokenCount": output,
                "totalTokenCount": prompt + output });
        }
        json!({ "promptTokenCount": prompt, "totalTokenCount": prompt })
    }

    fn usage(&self) -> Value {
        let counts = &self.setting.counts;
        let mut usage = json!({
            "promptTokenCount": counts.prompt(),
            "totalTokenCount": counts.total(),
            "promptTokensDetails": by_modality(&[
                ("TEXT", counts.prompt() - counts.audio_input - counts.image_input),
                ("AUDIO", counts.audio_input),
                ("IMAGE", counts.image_input),
            ]),
        });
        if counts.cache_read > 0 {
            usage["cacheTokensDetails"] = by_modality(&[("TEXT", counts.cache_read)]);
        }
        if counts.audio_output > 0 {
            usage["candidatesTokensDetails"] =
                by_modality(&[("TEXT", counts.output), ("AUDIO", counts.audio_output)]);
        }
        // Counts of nothing are left out.
        for (name, count) in [
            ("candidatesTokenCount", counts.output + counts.audio_output),
            ("cachedContentTokenCount", counts.cache_read),
            ("thoughtsTokenCount", counts.reasoning),
        ] {
            if count > 0 {
                usage[name] = json!(count);
            }
        }
        if self.setting.family == WireFamily::Vertex {
            usage["trafficType"] = json!("ON_DEMAND");
        }
        usage
    }

    /// A prompt that is turned down has feedback instead of candidates.
    fn blocked(&self) -> Value {
        let prompt = self.setting.counts.prompt();
        let usage = json!({ "promptTokenCount": prompt, "totalTokenCount": prompt });
        let mut answer = self.answer(None, Some(usage));
        answer["promptFeedback"] = json!({ "blockReason": "PROHIBITED_CONTENT" });
        answer
    }
}

impl Writer for Contents {
    fn start(&mut self) -> Vec<Bytes> {
        vec![]
    }

    fn thought(&mut self, text: &str) -> Vec<Bytes> {
        self.part(&json!({ "text": text, "thought": true }), 0)
    }

    fn text(&mut self, text: &str) -> Vec<Bytes> {
        // With one token a number, the number is the count.
        let said = text.trim().parse().unwrap_or(0);
        self.part(&json!({ "text": text }), said)
    }

    fn tool_call(&mut self) -> Vec<Bytes> {
        let part = call_part();
        self.part(&part, 0)
    }

    fn hollow(&mut self) -> Vec<Bytes> {
        let usage = self.usage_so_far(0);
        let empty = self.answer(Some(json!([])), Some(usage));
        let none = self.answer(None, None);
        let null = self.answer(Some(Value::Null), None);
        let bare = self.answer(Some(json!([{ "index": 0 }])), None);
        [empty, none, null, bare]
            .iter()
            .map(|answer| self.frame(answer))
            .collect()
    }

    fn failure(&mut self, failure: Failure) -> Vec<Bytes> {
        let error = errors::in_band(self.setting.family, self.setting.dialect, failure);
        vec![self.frame(&error)]
    }

    fn finish(&mut self, finish: Finish) -> Vec<Bytes> {
        if finish == Finish::Blocked {
            let blocked = self.blocked();
            return vec![self.frame(&blocked)];
        }
        let candidates = json!([{
            "content": { "parts": [{ "text": "" }], "role": "model" },
            "finishReason": reason(finish),
            "index": 0,
        }]);
        let usage = self.usage();
        if self.setting.told == Told::Alone {
            let last = self.answer(Some(candidates), None);
            let only_usage = self.answer(None, Some(usage));
            return vec![self.frame(&last), self.frame(&only_usage)];
        }
        let last = self.answer(Some(candidates), Some(usage));
        vec![self.frame(&last)]
    }

    fn end(&mut self) -> Vec<Bytes> {
        if self.setting.is_array {
            return vec![Bytes::from_static(b"]")];
        }
        vec![]
    }

    fn whole(&self, whole: &Whole) -> Value {
        if whole.finish == Finish::Blocked {
            return self.blocked();
        }
        let mut parts = Vec::new();
        if !whole.thought.is_empty() {
            parts.push(json!({ "text": whole.thought, "thought": true }));
        }
        if !whole.text.is_empty() {
            parts.push(json!({ "text": whole.text }));
        }
        if whole.has_tool_call {
            parts.push(call_part());
        }
        let candidates = json!([{
            "content": { "parts": parts, "role": "model" },
            "finishReason": reason(whole.finish),
            "index": 0,
        }]);
        self.answer(Some(candidates), Some(self.usage()))
    }
}

fn by_modality(counts: &[(&str, usize)]) -> Value {
    let some = counts.iter().filter(|(_, count)| *count > 0);
    some.map(|(modality, count)| json!({ "modality": modality, "tokenCount": count }))
        .collect()
}

fn call_part() -> Value {
    let arguments: Value = serde_json::from_str(TOOL_ARGUMENTS).unwrap_or_default();
    json!({
        "functionCall": { "name": TOOL_NAME, "args": arguments },
        "thoughtSignature": "c2NyaXB0ZWQgc2lnbmF0dXJl",
    })
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        // A call of a tool is a stop, too.
        Finish::Stop | Finish::Dead | Finish::ToolCalls => "STOP",
        Finish::Length => "MAX_TOKENS",
        Finish::ContentFilter | Finish::Blocked => "SAFETY",
    }
}
