//! Reads what was written, as strictly as each format's documentation is.

use patchbay_domain::WireFamily;
use serde_json::{Value, json};

/// What a reader got to know.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) text: String,
    pub(super) thought: String,
    pub(super) tool: Option<(String, Value)>,
    /// The family's own word.
    pub(super) finish: Option<String>,
    pub(super) has_error: bool,
    /// Tokens of the whole prompt and of the whole answer, as last told.
    pub(super) counts: Option<(u64, u64)>,
    pub(super) cached: Option<u64>,
    /// Prompt tokens of sound and of pictures, where they are told apart.
    pub(super) audio: Option<u64>,
    pub(super) images: Option<u64>,
    /// How often counts were told.
    pub(super) counted: usize,
    tool_text: String,
}

pub(super) fn assert_is_error(family: WireFamily, body: &Value, place: &str) {
    let error = &body["error"];
    let is_error = match family {
        WireFamily::AnthropicMessages => body["type"] == "error" && error["type"].is_string(),
        WireFamily::Gemini | WireFamily::Vertex => {
            error["code"].is_u64() && error["status"].is_string()
        }
        WireFamily::Ollama => error.is_string(),
        _ => error.is_object(),
    };
    let message = if family == WireFamily::Ollama {
        error
    } else {
        &error["message"]
    };
    assert!(
        is_error && !message.as_str().unwrap().is_empty(),
        "{place}: {body}"
    );
}

pub(super) fn read_stream(family: WireFamily, bytes: &[u8], is_broken: bool, place: &str) -> Heard {
    let mut heard = Heard::default();
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(
        text.contains('\u{fffd}'),
        place.ends_with("invalid-utf8"),
        "{place}"
    );
    let mut events = Vec::new();
    if family == WireFamily::Ollama {
        assert!(text.is_empty() || text.ends_with('\n'), "{place}");
        events.extend(
            text.lines()
                .filter(|line| !line.is_empty())
                .map(|line| (None, line)),
        );
    } else {
        let is_google = matches!(family, WireFamily::Gemini | WireFamily::Vertex);
        let end = if is_google { "\r\n\r\n" } else { "\n\n" };
        assert!(text.is_empty() || text.ends_with(end), "{place}");
        for event in text.split_terminator(end) {
            if event.starts_with(": ") {
                continue;
            }
            let (name, data) = match event.strip_prefix("event: ") {
                Some(event) => event
                    .split_once('\n')
                    .map(|(name, data)| (Some(name), data))
                    .unwrap(),
                None => (None, event),
            };
            let data = data.strip_prefix("data: ").unwrap();
            assert!(!data.contains('\n'), "{place}: {data}");
            events.push((name, data));
        }
    }
    let mut values = Vec::new();
    for (name, data) in events {
        if data == "[DONE]" {
            assert_eq!(family, WireFamily::OpenAiChat, "{place}");
            continue;
        }
        let Ok(value) = serde_json::from_str::<Value>(data) else {
            assert!(is_broken, "{place}: {data}");
            continue;
        };
        if matches!(
            family,
            WireFamily::AnthropicMessages | WireFamily::OpenAiResponses
        ) {
            assert_eq!(name, value["type"].as_str(), "{place}");
        } else {
            assert_eq!(name, None, "{place}");
        }
        values.push(value);
    }
    if family == WireFamily::AnthropicMessages {
        assert_blocks_open_and_close(&values, is_broken, place);
    }
    if family == WireFamily::OpenAiResponses && !is_broken && !place.contains("endless") {
        for (at, value) in values.iter().enumerate() {
            assert_eq!(value["sequence_number"], at, "{place}");
        }
    }
    for value in &values {
        heard.hear(family, value, place);
    }
    if !heard.tool_text.is_empty() {
        heard.tool = Some((
            "look_up".to_owned(),
            serde_json::from_str(&heard.tool_text).unwrap(),
        ));
    }
    heard
}

fn assert_blocks_open_and_close(values: &[Value], is_broken: bool, place: &str) {
    let mut open = None;
    let mut next = 0;
    for (at, value) in values.iter().enumerate() {
        match value["type"].as_str().unwrap() {
            "message_start" => assert_eq!(at, 0, "{place}"),
            "content_block_start" => {
                assert!(open.is_none(), "{place}");
                assert_eq!(value["index"], next, "{place}");
                open = Some(next);
                next += 1;
            }
            "content_block_delta" => assert_eq!(value["index"], json!(open), "{place}"),
            "content_block_stop" => {
                assert_eq!(value["index"], json!(open.take()), "{place}");
            }
            "message_delta" => assert!(open.is_none() || value["delta"]["stop_reason"].is_null()),
            "message_stop" => assert_eq!(at + 1, values.len(), "{place}"),
            "ping" | "vendor_note" | "error" => {}
            other => panic!("{place}: {other}"),
        }
    }
    assert!(
        is_broken
            || values.first().is_none_or(|first| {
                first["type"] == "message_start" || first["type"] == "error"
            })
    );
}

pub(super) fn read_whole(family: WireFamily, body: &Value) -> Heard {
    let mut heard = Heard::default();
    match family {
        WireFamily::AnthropicMessages => {
            assert_eq!(body["type"], "message");
            for block in body["content"].as_array().unwrap() {
                heard.text.push_str(text(&block["text"]));
                heard.thought.push_str(text(&block["thinking"]));
                if block["type"] == "tool_use" {
                    heard.tool = Some((text(&block["name"]).to_owned(), block["input"].clone()));
                }
            }
            heard.finish = word(&body["stop_reason"]);
        }
        WireFamily::OpenAiResponses => heard.hear_response(body, true),
        WireFamily::OpenAiChat => {
            let choice = &body["choices"][0];
            heard.hear_chat(&choice["message"]);
            heard.finish = word(&choice["finish_reason"]);
            if !heard.tool_text.is_empty() {
                let arguments = serde_json::from_str(&heard.tool_text).unwrap();
                heard.tool = Some(("look_up".to_owned(), arguments));
            }
        }
        _ => heard.hear(family, body, "whole"),
    }
    heard
}

impl Heard {
    fn count(&mut self, prompt: &Value, answer: &Value, cached: &Value) {
        if let (Some(prompt), Some(answer)) = (prompt.as_u64(), answer.as_u64()) {
            self.counts = Some((prompt, answer));
            self.counted += 1;
        }
        self.cached = cached.as_u64().or(self.cached);
    }

    fn hear(&mut self, family: WireFamily, value: &Value, place: &str) {
        match family {
            WireFamily::AnthropicMessages => self.hear_anthropic(value, place),
            WireFamily::OpenAiResponses => self.hear_event(value),
            WireFamily::Gemini | WireFamily::Vertex => self.hear_gemini(value, place),
            WireFamily::Ollama => self.hear_ollama(value, place),
            WireFamily::OpenAiChat => {
                self.has_error |= !value["error"].is_null();
                let choice = &value["choices"][0];
                self.hear_chat(&choice["delta"]);
                self.finish = word(&choice["finish_reason"]).or(self.finish.take());
                let usage = &value["usage"];
                let cached = &usage["prompt_tokens_details"]["cached_tokens"];
                self.audio = usage["prompt_tokens_details"]["audio_tokens"].as_u64();
                self.count(&usage["prompt_tokens"], &usage["completion_tokens"], cached);
            }
        }
    }

    fn hear_chat(&mut self, message: &Value) {
        self.text.push_str(text(&message["content"]));
        self.thought.push_str(text(&message["reasoning_content"]));
        self.thought.push_str(text(&message["reasoning"]));
        self.tool_text
            .push_str(text(&message["tool_calls"][0]["function"]["arguments"]));
    }

    fn hear_anthropic(&mut self, value: &Value, place: &str) {
        if value["type"] == "error" {
            assert_is_error(WireFamily::AnthropicMessages, value, place);
            self.has_error = true;
        }
        let delta = &value["delta"];
        self.text.push_str(text(&delta["text"]));
        self.thought.push_str(text(&delta["thinking"]));
        self.tool_text.push_str(text(&delta["partial_json"]));
        self.finish = word(&delta["stop_reason"]).or(self.finish.take());
        for usage in [&value["message"]["usage"], &value["usage"]] {
            let sum = [
                "input_tokens",
                "cache_read_input_tokens",
                "cache_creation_input_tokens",
            ]
            .iter()
            .try_fold(0, |sum, name| Some(sum + usage[*name].as_u64()?));
            let cached = &usage["cache_read_input_tokens"];
            self.count(&json!(sum), &usage["output_tokens"], cached);
        }
    }

    fn hear_event(&mut self, value: &Value) {
        match value["type"].as_str().unwrap() {
            "response.output_text.delta" => self.text.push_str(text(&value["delta"])),
            "response.reasoning_summary_text.delta" => {
                self.thought.push_str(text(&value["delta"]));
            }
            "response.function_call_arguments.delta" => {
                self.tool_text.push_str(text(&value["delta"]));
            }
            "response.completed" | "response.incomplete" => {
                let mut whole = Self::default();
                whole.hear_response(&value["response"], true);
                let is_long = self.text.len() > 1_000_000;
                assert!(is_long || (&whole.text, &whole.thought) == (&self.text, &self.thought));
                self.hear_response(&value["response"], false);
            }
            "response.failed" => {
                assert!(value["response"]["error"]["message"].is_string());
                self.has_error = true;
            }
            "error" => {
                assert!(value["message"].is_string());
                self.has_error = true;
            }
            _ => {}
        }
    }

    fn hear_response(&mut self, response: &Value, with_output: bool) {
        for item in response["output"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|_| with_output)
        {
            self.text.push_str(text(&item["content"][0]["text"]));
            self.thought.push_str(text(&item["summary"][0]["text"]));
            if item["type"] == "function_call" {
                let arguments = serde_json::from_str(text(&item["arguments"])).unwrap();
                self.tool = Some((text(&item["name"]).to_owned(), arguments));
            }
        }
        let reason = word(&response["incomplete_details"]["reason"]);
        self.finish = reason.or_else(|| word(&response["status"]));
        let usage = &response["usage"];
        let cached = &usage["input_tokens_details"]["cached_tokens"];
        self.count(&usage["input_tokens"], &usage["output_tokens"], cached);
    }

    fn hear_gemini(&mut self, value: &Value, place: &str) {
        if !value["error"].is_null() {
            assert_is_error(WireFamily::Gemini, value, place);
            self.has_error = true;
        }
        let candidate = &value["candidates"][0];
        for part in candidate["content"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            if part["thought"] == true {
                self.thought.push_str(text(&part["text"]));
            } else {
                self.text.push_str(text(&part["text"]));
            }
            if let Some(name) = part["functionCall"]["name"].as_str() {
                self.tool = Some((name.to_owned(), part["functionCall"]["args"].clone()));
            }
        }
        self.finish = word(&candidate["finishReason"])
            .or_else(|| word(&value["promptFeedback"]["blockReason"]))
            .or(self.finish.take());
        let usage = &value["usageMetadata"];
        let count = |name: &str| usage[name].as_u64().unwrap_or(0);
        if !usage.is_null() {
            let answer = count("candidatesTokenCount") + count("thoughtsTokenCount");
            assert_eq!(
                count("totalTokenCount"),
                count("promptTokenCount") + answer,
                "{place}"
            );
            let cached = &usage["cachedContentTokenCount"];
            let of = |modality: &str| {
                let parts = usage["promptTokensDetails"].as_array()?;
                let part = parts.iter().find(|part| part["modality"] == modality)?;
                part["tokenCount"].as_u64()
            };
            (self.audio, self.images) = (of("AUDIO"), of("IMAGE"));
            self.count(&usage["promptTokenCount"], &json!(answer), cached);
        }
    }

    fn hear_ollama(&mut self, value: &Value, place: &str) {
        if !value["error"].is_null() {
            assert_is_error(WireFamily::Ollama, value, place);
            self.has_error = true;
        }
        assert!(
            self.finish.is_none(),
            "{place}: something after the last line"
        );
        let message = &value["message"];
        self.text.push_str(text(&message["content"]));
        self.thought.push_str(text(&message["thinking"]));
        let call = &message["tool_calls"][0]["function"];
        if let Some(name) = call["name"].as_str() {
            self.tool = Some((name.to_owned(), call["arguments"].clone()));
        }
        if value["done"] == true {
            self.finish = word(&value["done_reason"]);
            self.count(
                &value["prompt_eval_count"],
                &value["eval_count"],
                &Value::Null,
            );
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn word(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
