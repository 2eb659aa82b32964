//! From the events of the messages format to the domain's.

use std::collections::BTreeMap;

use patchbay_domain::content::JsonText;
use patchbay_domain::{Failure, FailureClass, FinishReason, StreamEvent};
use serde::Serialize;
use serde_json::value::RawValue;

use super::REASONING_FORMAT;
use super::usage::UsageSoFar;
use super::wire::{Block, Delta, Event, Message, StopDetails, present};
use crate::decode::{Decoded, StreamDecoder};
use crate::errors;
use crate::scrub::Scrubber;
use crate::sse::SseEvent;

/// Not of this format, but gateways that translate into it send it behind its own end.
const FOREIGN_END_MARK: &str = "[DONE]";

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    request_id: Option<String>,
    scrubber: Scrubber,
    usage: UsageSoFar,
    /// The blocks that have begun and not ended.
    open: BTreeMap<u64, OpenBlock>,
    next_call: u32,
    started: bool,
    finished: bool,
    done: bool,
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

impl Decoder {
    /// `request_id` is the one from the reply's headers, which support desks ask for; the message
    /// has another. The scrubber cleans the words of errors inside the stream.
    pub fn new(request_id: Option<String>, scrubber: Scrubber) -> Self {
        Self {
            request_id,
            scrubber,
            ..Self::default()
        }
    }

    fn event(&mut self, event: &Event<'_>, data: &str, name: Option<&str>, decoded: &mut Decoded) {
        let kind = event.kind.as_deref().or(name).unwrap_or_default();
        if kind == "error" || present(event.error).is_some() {
            return self.fail(errors::in_band_failure(data, &self.scrubber), decoded);
        }
        let index = event.index.map_or(0, |index| index.0);
        match kind {
            "message_start" => {
                if let Some(message) = event.message.and_then(read::<Message<'_>>) {
                    self.start(message.id, message.model, decoded);
                    self.count(message.usage, decoded);
                }
            }
            "content_block_start" => {
                if let Some(raw) = event.content_block {
                    self.start(None, None, decoded);
                    self.begin_block(index, raw, decoded);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = event.delta.and_then(read::<Delta>) {
                    self.start(None, None, decoded);
                    self.extend_block(index, delta, decoded);
                }
            }
            "content_block_stop" => self.end_block(index, decoded),
            "message_delta" => {
                let delta = event.delta.and_then(read::<Delta>).unwrap_or_default();
                self.count(event.usage, decoded);
                self.finish(delta.stop_reason.as_deref(), delta.stop_details, decoded);
            }
            "message_stop" => {
                self.end_all_blocks(decoded);
                self.done = true;
            }
            // `ping`, and what may be added one day.
            _ => {}
        }
    }

    fn start(&mut self, id: Option<String>, model: Option<String>, decoded: &mut Decoded) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let filled = |text: Option<String>| {
            let text = text.filter(|text| !text.trim().is_empty())?;
            Some(self.scrubber.identifier(&text))
        };
        let (id, model) = (filled(id), filled(model));
        decoded.push(Ok(StreamEvent::Started {
            request_id: self.request_id.take().or(id),
            model,
            served_by: None,
        }));
    }

    fn count(&mut self, usage: Option<&RawValue>, decoded: &mut Decoded) {
        let event = present(usage).and_then(|usage| self.usage.add(usage));
        decoded.extend(event.map(Ok));
    }

    fn begin_block(&mut self, index: u64, raw: &RawValue, decoded: &mut Decoded) {
        // An index that is used again without an end: the block before is whole.
        self.end_block(index, decoded);
        let block = read::<Block<'_>>(raw).unwrap_or_default();
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
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let id = filled(block.id).unwrap_or_else(|| format!("toolu_{index}"));
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

    fn extend_block(&mut self, index: u64, delta: Delta, decoded: &mut Decoded) {
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

    fn end_block(&mut self, index: u64, decoded: &mut Decoded) {
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

    fn end_all_blocks(&mut self, decoded: &mut Decoded) {
        let open: Vec<u64> = self.open.keys().copied().collect();
        for index in open {
            self.end_block(index, decoded);
        }
    }

    fn finish(
        &mut self,
        reason: Option<&str>,
        details: Option<StopDetails>,
        decoded: &mut Decoded,
    ) {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let Some(reason) = reason else {
            return;
        };
        if std::mem::replace(&mut self.finished, true) {
            return;
        }
        self.end_all_blocks(decoded);
        let explanation = details.and_then(|details| details.explanation);
        if let Some(explanation) = explanation.filter(|text| !text.trim().is_empty()) {
            let sentence = self.scrubber.message(explanation.trim());
            decoded.push(Ok(StreamEvent::Warning { sentence }));
        }
        decoded.push(Ok(StreamEvent::Finished {
            reason: finish_reason(reason),
        }));
    }

    fn whole(&mut self, message: Message<'_>, decoded: &mut Decoded) {
        self.start(message.id, message.model, decoded);
        for raw in message.content {
            self.begin_block(0, raw, decoded);
            self.end_block(0, decoded);
        }
        self.count(message.usage, decoded);
        let reason = message.stop_reason.as_deref();
        self.finish(reason, message.stop_details, decoded);
    }

    fn fail(&mut self, failure: Failure, decoded: &mut Decoded) {
        self.done = true;
        decoded.push(Err(Failure {
            request_id: failure.request_id.or_else(|| self.request_id.take()),
            ..failure
        }));
    }
}

impl StreamDecoder for Decoder {
    fn push(&mut self, event: &SseEvent) -> Decoded {
        let mut decoded = Decoded::new();
        let data = event.data.trim();
        if self.done || data.is_empty() {
            return decoded;
        }
        if data == FOREIGN_END_MARK {
            self.end_all_blocks(&mut decoded);
            self.done = true;
            return decoded;
        }
        let name = event.name.as_deref();
        match parse::<Event<'_>>(data) {
            Ok(event) => self.event(&event, data, name, &mut decoded),
            Err(_) if name == Some("error") => {
                let failure = errors::in_band_failure(data, &self.scrubber);
                self.fail(failure, &mut decoded);
            }
            Err(reason) => decoded.push(Ok(StreamEvent::Malformed { reason })),
        }
        decoded
    }

    fn push_whole(&mut self, body: &str) -> Decoded {
        let mut decoded = Decoded::new();
        let body = body.trim_start_matches('\u{feff}').trim();
        let event = match parse::<Event<'_>>(body) {
            Ok(event) => event,
            Err(reason) => {
                let failure = Failure::new(FailureClass::UnexpectedContent, reason);
                self.fail(failure, &mut decoded);
                return decoded;
            }
        };
        let kind = event.kind.as_deref().unwrap_or_default();
        let is_error = kind == "error" || present(event.error).is_some();
        match parse::<Message<'_>>(body) {
            Ok(message) if !is_error && (kind == "message" || !message.content.is_empty()) => {
                self.whole(message, &mut decoded);
                self.done = true;
            }
            _ => {
                let failure = errors::in_band_failure(body, &self.scrubber);
                let class = match is_error {
                    true => failure.class,
                    // `{"detail": ..}` and the like with a good status.
                    false => FailureClass::UnexpectedContent,
                };
                self.fail(Failure { class, ..failure }, &mut decoded);
            }
        }
        decoded
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

/// Says where the reading failed, and nothing of what stood there.
fn parse<'a, T: serde::Deserialize<'a>>(data: &'a str) -> Result<T, String> {
    if !data.starts_with('{') {
        return Err("An event is not a JSON object.".to_owned());
    }
    serde_json::from_str(data)
        .map_err(|error| format!("An event is not JSON (column {}).", error.column()))
}

fn read<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
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

/// The format's words for why a model stopped, and those that translating gateways leave as they were.
fn finish_reason(word: &str) -> FinishReason {
    match word.to_ascii_lowercase().as_str() {
        "end_turn" | "stop_sequence" | "stop" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" | "length" => FinishReason::Length,
        "tool_use" | "tool_calls" => FinishReason::ToolCalls,
        "refusal" | "content_filter" | "content_filtered" | "sensitive" => {
            FinishReason::ContentFilter
        }
        // `pause_turn`: the provider's own tools want to go on. Patchbay asks for none.
        _ => FinishReason::Other,
    }
}

#[cfg(test)]
mod tests;
