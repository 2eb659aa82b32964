//! OpenAI chat completions, and what other providers made of them.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{CREATED, Setting, TOOL_ARGUMENTS, TOOL_NAME, Whole, Writer, errors, event, number};
use crate::scripted::routes::Dialect;
use crate::scripted::said::{Counts, Failure, Finish, Told};

pub(super) struct Chunks {
    pub(super) setting: Setting,
}

impl Chunks {
    fn id(&self) -> &'static str {
        match self.setting.dialect {
            Dialect::OpenRouter => "gen-scripted-1",
            _ => "chatcmpl-scripted-1",
        }
    }

    fn chunk(&self, choices: &Value) -> Value {
        let mut chunk = json!({
            "id": self.id(),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.setting.model,
            "choices": choices,
        });
        self.name_host(&mut chunk);
        chunk
    }

    /// OpenRouter says who answered; the model `cost` does, too.
    fn name_host(&self, value: &mut Value) {
        if self.has_cost() {
            value["provider"] = json!("DeepInfra");
        }
    }

    fn has_cost(&self) -> bool {
        self.setting.dialect == Dialect::OpenRouter || self.setting.counts.cost.is_some()
    }

    fn delta(&self, delta: &Value, finish: Option<&str>) -> Value {
        let mut choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        if self.setting.dialect == Dialect::OpenRouter {
            choice["native_finish_reason"] = json!(finish);
        }
        self.chunk(&json!([choice]))
    }

    fn growing(&self, mut chunk: Value, output: usize) -> Value {
        if self.setting.told == Told::Growing {
            let mut counts = self.setting.counts.clone();
            counts.output = output;
            chunk["usage"] = self.usage(&counts);
        }
        chunk
    }

    fn usage(&self, counts: &Counts) -> Value {
        let mut usage = json!({
            "prompt_tokens": counts.prompt(),
            "completion_tokens": counts.completion(),
            "total_tokens": counts.total(),
        });
        let is_open_router = self.setting.dialect == Dialect::OpenRouter;
        let has_sound = counts.audio_input + counts.audio_output > 0;
        if is_open_router || has_sound || counts.cache_read > 0 {
            usage["prompt_tokens_details"] = json!({ "cached_tokens": counts.cache_read });
        }
        if is_open_router || has_sound || counts.reasoning > 0 {
            usage["completion_tokens_details"] = json!({ "reasoning_tokens": counts.reasoning });
        }
        if is_open_router || has_sound {
            usage["prompt_tokens_details"]["audio_tokens"] = json!(counts.audio_input);
            usage["completion_tokens_details"]["audio_tokens"] = json!(counts.audio_output);
        }
        if is_open_router {
            usage["prompt_tokens_details"]["cache_write_tokens"] = json!(counts.cache_write);
            usage["is_byok"] = json!(false);
            usage["cost_details"] = json!({ "upstream_inference_cost": null });
        }
        if self.setting.dialect == Dialect::DeepSeek {
            usage["prompt_cache_hit_tokens"] = json!(counts.cache_read);
            usage["prompt_cache_miss_tokens"] = json!(counts.prompt() - counts.cache_read);
        }
        if let Some(cost) = &counts.cost {
            usage["cost"] = number(cost);
        }
        usage
    }

    fn tells_usage(&self) -> bool {
        match self.setting.told {
            Told::WhereAsked => {
                let always = matches!(
                    self.setting.dialect,
                    Dialect::OpenRouter | Dialect::DeepSeek | Dialect::Together
                );
                always || self.setting.wants_usage
            }
            Told::Always | Told::Alone => true,
            Told::Growing | Told::Never => false,
        }
    }
}

impl Writer for Chunks {
    fn start(&mut self) -> Vec<Bytes> {
        let role = event(&self.delta(&json!({ "role": "assistant", "content": "" }), None));
        let comment: &'static [u8] = match self.setting.dialect {
            Dialect::DeepSeek => b": keep-alive\n\n",
            _ if self.has_cost() => b": OPENROUTER PROCESSING\n\n",
            _ => return vec![role],
        };
        vec![Bytes::from_static(comment), role]
    }

    fn thought(&mut self, text: &str) -> Vec<Bytes> {
        let delta = match self.setting.dialect {
            Dialect::OpenRouter => json!({
                "content": "",
                "reasoning": text,
                "reasoning_details": [{
                    "type": "reasoning.text", "text": text, "format": "unknown", "index": 0,
                }],
            }),
            Dialect::Together | Dialect::NanoGpt => json!({ "content": "", "reasoning": text }),
            _ => json!({ "content": null, "reasoning_content": text }),
        };
        vec![event(&self.delta(&delta, None))]
    }

    fn text(&mut self, text: &str) -> Vec<Bytes> {
        let chunk = self.delta(&json!({ "content": text }), None);
        // With one token a number, the number is the count.
        let said = text.trim().parse().unwrap_or(0);
        vec![event(&self.growing(chunk, said))]
    }

    fn tool_call(&mut self) -> Vec<Bytes> {
        let call = json!({ "tool_calls": [{
            "index": 0, "id": "call-1", "type": "function",
            "function": { "name": TOOL_NAME, "arguments": TOOL_ARGUMENTS },
        }]});
        vec![event(&self.delta(&call, None))]
    }

    fn odd_tool_calls(&mut self, has_index: bool) -> Vec<Bytes> {
        let (left, right) = TOOL_ARGUMENTS.split_at(TOOL_ARGUMENTS.len() / 2);
        let mut frames = Vec::new();
        for id in ["call-1", "call-2"] {
            let opened = json!({ "id": id, "type": "function",
                "function": { "name": TOOL_NAME, "arguments": left } });
            for mut call in [opened, json!({ "function": { "arguments": right } })] {
                if has_index {
                    call["index"] = json!(0);
                }
                frames.push(event(&self.delta(&json!({ "tool_calls": [call] }), None)));
            }
        }
        frames
    }

    fn hollow(&mut self) -> Vec<Bytes> {
        let id = self.id();
        vec![
            event(&json!({ "id": id, "choices": [], "prompt_filter_results": [] })),
            event(&json!({ "id": id })),
            event(&json!({ "choices": null })),
        ]
    }

    fn failure(&mut self, failure: Failure) -> Vec<Bytes> {
        vec![event(&errors::in_band(
            self.setting.family,
            self.setting.dialect,
            failure,
        ))]
    }

    fn finish(&mut self, finish: Finish) -> Vec<Bytes> {
        let mut last = if finish == Finish::Dead {
            let mut last = self.delta(&json!({ "content": "" }), Some("stop"));
            last["choices"][0]["native_finish_reason"] = json!("error");
            last
        } else {
            self.delta(&json!({}), Some(reason(finish)))
        };
        last = self.growing(last, self.setting.counts.output);
        if !self.tells_usage() {
            return vec![event(&last)];
        }
        let usage = self.usage(&self.setting.counts);
        if self.setting.told == Told::Alone {
            return vec![event(&last), event(&json!({ "usage": usage }))];
        }
        if self.setting.dialect == Dialect::DeepSeek {
            last["usage"] = usage;
            return vec![event(&last)];
        }
        let mut only_usage = self.chunk(&json!([]));
        only_usage["usage"] = usage;
        vec![event(&last), event(&only_usage)]
    }

    fn end(&mut self) -> Vec<Bytes> {
        vec![Bytes::from_static(b"data: [DONE]\n\n")]
    }

    fn whole(&self, whole: &Whole) -> Value {
        let mut message = json!({ "role": "assistant", "content": whole.text });
        if !whole.thought.is_empty() {
            let field = match self.setting.dialect {
                Dialect::OpenRouter | Dialect::Together | Dialect::NanoGpt => "reasoning",
                _ => "reasoning_content",
            };
            message[field] = json!(whole.thought);
        }
        if whole.has_tool_call {
            message["content"] = Value::Null;
            message["tool_calls"] = json!([{ "id": "call-1", "type": "function",
                "function": { "name": TOOL_NAME, "arguments": TOOL_ARGUMENTS } }]);
        }
        let mut answer = json!({
            "id": self.id(),
            "object": "chat.completion",
            "created": CREATED,
            "model": self.setting.model,
            "choices": [{ "index": 0, "message": message, "finish_reason": reason(whole.finish) }],
        });
        if whole.finish == Finish::Dead {
            answer["choices"][0]["native_finish_reason"] = json!("error");
        }
        if self.setting.told != Told::Never {
            answer["usage"] = self.usage(&self.setting.counts);
        }
        self.name_host(&mut answer);
        answer
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Dead => "stop",
        Finish::Length => "length",
        Finish::ContentFilter | Finish::Blocked => "content_filter",
        Finish::ToolCalls => "tool_calls",
    }
}
