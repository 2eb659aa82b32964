//! From the chunks of the OpenAI chat format to the domain's events.

use patchbay_domain::{Failure, FailureClass, FinishReason, StreamEvent};
use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::usage;
use super::wire::{Choice, Chunk, Content, Message, Part, present};
use crate::decode::{Decoded, StreamDecoder};
use crate::errors;
use crate::scrub::Scrubber;
use crate::sse::SseEvent;

/// The format's own end mark. Streams without it are fine, and it alone proves nothing.
const END_MARK: &str = "[DONE]";

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    request_id: Option<String>,
    scrubber: Scrubber,
    started: bool,
    finished: bool,
    done: bool,
}

impl Decoder {
    /// `request_id` is the one from the reply's headers, which support desks prefer to the one in the
    /// chunks. The scrubber cleans the words of errors inside the stream.
    pub fn new(request_id: Option<String>, scrubber: Scrubber) -> Self {
        Self {
            request_id,
            scrubber,
            ..Self::default()
        }
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, decoded: &mut Decoded) {
        self.start(chunk, decoded);
        let mut usage = present(chunk.usage).or_else(|| groq_usage(chunk.x_groq?));
        let mut failure = self.chunk_failure(chunk);
        for raw in &chunk.choices {
            let Ok(choice) = serde_json::from_str::<Choice<'_>>(raw.get()) else {
                continue;
            };
            if choice.index.unwrap_or(0) != 0 {
                continue;
            }
            usage = usage.or_else(|| present(choice.usage));
            failure = failure.or_else(|| self.error_failure(choice.error?));
            if let Some(message) = choice.delta.or(choice.message) {
                push_message(message, decoded);
            }
            if failure.is_none() {
                failure = self.finish(choice.finish_reason.as_deref(), decoded);
            }
        }
        decoded.extend(usage.and_then(usage::event).map(Ok));
        if let Some(failure) = failure {
            self.done = true;
            decoded.push(Err(failure));
        }
    }

    fn start(&mut self, chunk: &Chunk<'_>, decoded: &mut Decoded) {
        if self.started {
            return;
        }
        let filled = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| !text.trim().is_empty())?;
            Some(self.scrubber.identifier(text))
        };
        let (id, model, served_by) = (
            filled(&chunk.id),
            filled(&chunk.model),
            filled(&chunk.provider),
        );
        // Azure's first chunk holds filter results and nothing else: the next one says more.
        if id.is_none() && model.is_none() && served_by.is_none() && chunk.choices.is_empty() {
            return;
        }
        self.started = true;
        let request_id = self.request_id.take().or(id);
        decoded.push(Ok(StreamEvent::Started {
            request_id,
            model,
            served_by,
        }));
    }

    fn finish(&mut self, reason: Option<&str>, decoded: &mut Decoded) -> Option<Failure> {
        let reason = reason
            .map(str::trim)
            .filter(|reason| !matches!(*reason, "" | "null"))?;
        let reason = match finish_reason(reason) {
            Ok(reason) => reason,
            Err(class) if !self.finished => {
                let message = format!(
                    "The provider ended the answer with \"{}\".",
                    self.scrubber.identifier(reason)
                );
                return Some(Failure {
                    code: Some(self.scrubber.identifier(reason)),
                    ..Failure::new(class, message)
                });
            }
            Err(_) => return None,
        };
        if !std::mem::replace(&mut self.finished, true) {
            decoded.push(Ok(StreamEvent::Finished { reason }));
        }
        None
    }

    /// An error beside or instead of the answer.
    fn chunk_failure(&self, chunk: &Chunk<'_>) -> Option<Failure> {
        if let Some(failure) = chunk.error.and_then(|error| self.error_failure(error)) {
            return Some(failure);
        }
        let failed = chunk.base_resp.filter(|raw| {
            let state: BaseResponse = serde_json::from_str(raw.get()).unwrap_or_default();
            state.status_code != 0
        })?;
        self.error_failure(failed)
    }

    fn error_failure(&self, error: &RawValue) -> Option<Failure> {
        let is_empty = matches!(error.get(), "null" | "false" | "0" | "\"\"" | "{}" | "[]");
        (!is_empty).then(|| errors::in_band_failure(error.get(), &self.scrubber))
    }

    fn fail(&mut self, failure: Failure) -> Decoded {
        self.done = true;
        SmallVec::from_iter([Err(failure)])
    }
}

impl StreamDecoder for Decoder {
    fn push(&mut self, event: &SseEvent) -> Decoded {
        let mut decoded = Decoded::new();
        let data = event.data.trim();
        if self.done || data.is_empty() {
            return decoded;
        }
        if data == END_MARK {
            self.done = true;
            return decoded;
        }
        if event.name.as_deref() == Some("error") {
            return self.fail(errors::in_band_failure(data, &self.scrubber));
        }
        match parse(data) {
            Ok(chunk) if chunk.object.as_deref() == Some("error") => {
                return self.fail(errors::in_band_failure(data, &self.scrubber));
            }
            Ok(chunk) => self.chunk(&chunk, &mut decoded),
            Err(reason) => decoded.push(Ok(StreamEvent::Malformed { reason })),
        }
        decoded
    }

    fn push_whole(&mut self, body: &str) -> Decoded {
        let mut decoded = Decoded::new();
        let body = body.trim_start_matches('\u{feff}').trim();
        let chunk = match parse(body) {
            Ok(chunk) => chunk,
            Err(reason) => {
                return self.fail(Failure::new(FailureClass::UnexpectedContent, reason));
            }
        };
        let has_answer = !chunk.choices.is_empty();
        self.chunk(&chunk, &mut decoded);
        if !has_answer && !self.done {
            // `{"detail": ..}` and the like with a good status.
            let failure = errors::in_band_failure(body, &self.scrubber);
            let class = FailureClass::UnexpectedContent;
            decoded.push(Err(Failure { class, ..failure }));
        }
        self.done = true;
        decoded
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

/// MiniMax: an error with status 200.
#[derive(Debug, Default, Deserialize)]
struct BaseResponse {
    #[serde(default)]
    status_code: i64,
}

/// Says where the reading failed, and nothing of what stood there.
fn parse(data: &str) -> Result<Chunk<'_>, String> {
    if !data.starts_with('{') {
        return Err("An event is not a JSON object.".to_owned());
    }
    serde_json::from_str(data)
        .map_err(|error| format!("An event is not JSON (column {}).", error.column()))
}

fn groq_usage(x_groq: &RawValue) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct XGroq<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
    }
    let x_groq: XGroq<'_> = serde_json::from_str(x_groq.get()).ok()?;
    present(x_groq.usage)
}

fn push_message(message: Message, decoded: &mut Decoded) {
    // Some send the same thinking under both names.
    let reasoning = [message.reasoning_content, message.reasoning]
        .into_iter()
        .flatten();
    if let Some(text) = reasoning.into_iter().find(|text| !text.is_empty()) {
        decoded.push(Ok(StreamEvent::Reasoning { text }));
    }
    if let Some(content) = message.content {
        push_content(content, false, decoded);
    }
    if let Some(text) = message.refusal.filter(|text| !text.is_empty()) {
        decoded.push(Ok(StreamEvent::Text { text }));
    }
}

fn push_content(content: Content, is_thinking: bool, decoded: &mut Decoded) {
    match content {
        Content::Text(text) if text.is_empty() => {}
        Content::Text(text) if is_thinking => {
            decoded.push(Ok(StreamEvent::Reasoning { text }));
        }
        Content::Text(text) => decoded.push(Ok(StreamEvent::Text { text })),
        Content::Parts(parts) => {
            for part in parts {
                push_part(part, is_thinking, decoded);
            }
        }
    }
}

fn push_part(part: Part, is_thinking: bool, decoded: &mut Decoded) {
    let kind = part.kind.unwrap_or_default();
    let is_thinking = is_thinking || matches!(kind.as_str(), "thinking" | "reasoning");
    for content in [
        part.thinking.map(|boxed| *boxed),
        part.text.map(Content::Text),
    ]
    .into_iter()
    .flatten()
    {
        push_content(content, is_thinking, decoded);
    }
}

/// The vendors' words for why a model stopped; some of them are failures in disguise.
fn finish_reason(word: &str) -> Result<FinishReason, FailureClass> {
    Ok(match word.to_ascii_lowercase().as_str() {
        "stop" | "end_turn" | "eos" | "eos_token" | "stop_sequence" | "complete" | "completed"
        | "end" => FinishReason::Stop,
        "length"
        | "max_tokens"
        | "max_output_tokens"
        | "model_length"
        | "model_context_window_exceeded" => FinishReason::Length,
        "content_filter" | "content_filtered" | "safety" | "sensitive" | "recitation"
        | "prohibited_content" | "blocklist" | "refusal" => FinishReason::ContentFilter,
        "tool_calls" | "tool_call" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "error" | "network_error" => return Err(FailureClass::ServerError),
        "insufficient_system_resource" => return Err(FailureClass::Overloaded),
        // vLLM: somebody at the provider's end called it off.
        "abort" | "cancelled" => return Err(FailureClass::StreamCut),
        _ => FinishReason::Other,
    })
}

#[cfg(test)]
mod tests;
