//! From the events of the messages format to the domain's.

use patchbay_domain::{Failure, FailureClass, FinishReason, StreamEvent};
use serde_json::value::RawValue;

use super::blocks::Blocks;
use super::usage::UsageSoFar;
use super::wire::{Delta, Event, Message, StopDetails, present};
use crate::decode::{Decoded, StreamDecoder, parse_event};
use crate::errors;
use crate::lenient::read;
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
    blocks: Blocks,
    started: bool,
    finished: bool,
    done: bool,
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
                    self.blocks.begin(index, raw, decoded);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = event.delta.and_then(read::<Delta>) {
                    self.start(None, None, decoded);
                    self.blocks.extend(index, delta, decoded);
                }
            }
            "content_block_stop" => self.blocks.end(index, decoded),
            "message_delta" => {
                let delta = event.delta.and_then(read::<Delta>).unwrap_or_default();
                self.finish(delta.stop_reason.as_deref(), delta.stop_details, decoded);
                self.count(event.usage, decoded);
            }
            "message_stop" => {
                self.blocks.end_all(decoded);
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
        let clean = |text: Option<String>| self.scrubber.identifier_in(text.as_deref());
        let (id, model) = (clean(id), clean(model));
        if let Some(id) = &id {
            self.blocks.name_answer(id);
        }
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
        self.blocks.end_all(decoded);
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
            self.blocks.begin(0, raw, decoded);
            self.blocks.end(0, decoded);
        }
        let reason = message.stop_reason.as_deref();
        self.finish(reason, message.stop_details, decoded);
        self.count(message.usage, decoded);
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
            self.blocks.end_all(&mut decoded);
            self.done = true;
            return decoded;
        }
        let name = event.name.as_deref();
        match parse_event::<Event<'_>>(data) {
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
        let event = match parse_event::<Event<'_>>(body) {
            Ok(event) => event,
            Err(reason) => {
                let failure = Failure::new(FailureClass::UnexpectedContent, reason);
                self.fail(failure, &mut decoded);
                return decoded;
            }
        };
        let kind = event.kind.as_deref().unwrap_or_default();
        let is_error = kind == "error" || present(event.error).is_some();
        match parse_event::<Message<'_>>(body) {
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
