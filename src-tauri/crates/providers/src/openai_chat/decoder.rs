//! From the chunks of the OpenAI chat format to the domain's events.

mod think_tags;
mod thoughts;
mod tool_calls;

use patchbay_domain::price::ServiceTier;
use patchbay_domain::{Failure, FailureClass, FinishReason, JsonText, StreamEvent, WireFamily};
use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use self::think_tags::{ThinkFilter, Voice};
use self::thoughts::Thoughts;
use self::tool_calls::ToolCalls;
use super::dialect::Dialect;
use super::usage;
use super::wire::{Choice, Chunk, Content, Message, Part, present};
use crate::decode::{Decoded, StreamDecoder, parse_event};
use crate::errors;
use crate::scrub::Scrubber;
use crate::sse::SseEvent;
use crate::usage::service_tier;

/// The format's own end mark. Streams without it are fine, and it alone proves nothing.
const END_MARK: &str = "[DONE]";

/// There is no place for pictures in an answer yet.
const PICTURE_WARNING: &str = "The model sent a picture, which is not shown.";

/// Decodes one answer.
#[derive(Debug)]
pub struct Decoder {
    dialect: Dialect,
    request_id: Option<String>,
    scrubber: Scrubber,
    think_filter: ThinkFilter,
    thoughts: Thoughts,
    tool_calls: ToolCalls,
    service_tier: Option<ServiceTier>,
    started: bool,
    finished: bool,
    done: bool,
}

impl Decoder {
    /// `request_id` is the one from the reply's headers, which support desks prefer to the one in the
    /// chunks. The scrubber cleans the words of errors inside the stream.
    pub fn new(dialect: Dialect, request_id: Option<String>, scrubber: Scrubber) -> Self {
        Self {
            dialect,
            request_id,
            scrubber,
            think_filter: ThinkFilter::new(dialect.think_tags),
            thoughts: Thoughts::new(dialect.reasoning_return),
            tool_calls: ToolCalls::default(),
            service_tier: None,
            started: false,
            finished: false,
            done: false,
        }
    }

    fn chunk(&mut self, chunk: &Chunk<'_>, decoded: &mut Decoded) {
        self.start(chunk, decoded);
        let tier = chunk.service_tier.as_deref().and_then(service_tier);
        self.service_tier = tier.or(self.service_tier);
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
                self.message(message, decoded);
            }
            if let Some(logprobs) = present(choice.logprobs) {
                decoded.push(Ok(StreamEvent::Aside {
                    family: WireFamily::OpenAiChat,
                    fields: JsonText(format!(r#"{{"logprobs":{}}}"#, logprobs.get())),
                }));
            }
            if failure.is_none() {
                failure = self.finish(choice.finish_reason.as_deref(), decoded);
            }
        }
        let usage = usage.and_then(|raw| usage::event(raw, self.dialect, self.service_tier));
        decoded.extend(usage.map(Ok));
        if let Some(failure) = failure {
            decoded.extend(self.fail(failure));
        }
    }

    fn start(&mut self, chunk: &Chunk<'_>, decoded: &mut Decoded) {
        if self.started {
            return;
        }
        let clean = |text: &Option<String>| self.scrubber.identifier_in(text.as_deref());
        let (id, model, served_by) = (
            clean(&chunk.id),
            clean(&chunk.model),
            clean(&chunk.provider),
        );
        // Azure's first chunk holds filter results and nothing else: the next one says more.
        if id.is_none() && model.is_none() && served_by.is_none() && chunk.choices.is_empty() {
            return;
        }
        self.started = true;
        if let Some(id) = &id {
            self.tool_calls.name_answer(id);
        }
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
            // Several servers say "stop" where the model waits for its tools.
            Ok(FinishReason::Stop) if self.tool_calls.has_any() => FinishReason::ToolCalls,
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
            self.flush(decoded);
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

    fn message(&mut self, message: Message<'_>, decoded: &mut Decoded) {
        let details =
            present(message.reasoning_details).map(|details| self.thoughts.push_details(details));
        // Some send the same thinking under two or three names.
        let reasoning = [message.reasoning_content, message.reasoning, details];
        if let Some(text) = reasoning
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty())
        {
            self.say(Voice::Thinking, text, decoded);
        }
        if let Some(content) = message.content {
            self.content(content, false, decoded);
        }
        if let Some(text) = message.refusal.filter(|text| !text.is_empty()) {
            self.say(Voice::Answer, text, decoded);
        }
        if !message.images.is_empty() {
            let sentence = PICTURE_WARNING.to_owned();
            decoded.push(Ok(StreamEvent::Warning { sentence }));
        }
        if let Some(calls) = present(message.tool_calls) {
            self.tool_calls.push(calls, decoded);
        }
        if let Some(call) = present(message.function_call) {
            self.tool_calls.push_old_form(call, decoded);
        }
    }

    fn content(&mut self, content: Content, is_thinking: bool, decoded: &mut Decoded) {
        match content {
            Content::Text(text) if text.is_empty() => {}
            Content::Text(text) if is_thinking => self.say(Voice::Thinking, text, decoded),
            Content::Text(text) => {
                let mut said = SmallVec::<[(Voice, String); 2]>::new();
                self.think_filter
                    .push(&text, |voice, text| said.push((voice, text)));
                for (voice, text) in said {
                    self.say(voice, text, decoded);
                }
            }
            Content::Parts(parts) => {
                for part in parts {
                    self.part(part, is_thinking, decoded);
                }
            }
        }
    }

    fn part(&mut self, part: Part, is_thinking: bool, decoded: &mut Decoded) {
        let kind = part.kind.unwrap_or_default();
        let is_thinking = is_thinking || matches!(kind.as_str(), "thinking" | "reasoning");
        let thinking = part.thinking.map(|boxed| *boxed);
        for content in [thinking, part.text.map(Content::Text)]
            .into_iter()
            .flatten()
        {
            self.content(content, is_thinking, decoded);
        }
    }

    fn say(&mut self, voice: Voice, text: String, decoded: &mut Decoded) {
        decoded.push(Ok(match voice {
            Voice::Answer => StreamEvent::Text { text },
            Voice::Thinking => {
                self.thoughts.push_words(&text);
                StreamEvent::Reasoning { text }
            }
        }));
    }

    fn release(&mut self, decoded: &mut Decoded) {
        let mut held = None;
        self.think_filter
            .finish(|voice, text| held = Some((voice, text)));
        if let Some((voice, text)) = held {
            self.say(voice, text, decoded);
        }
    }

    /// Hands over what was held back, now that the answer is over.
    fn flush(&mut self, decoded: &mut Decoded) {
        self.release(decoded);
        self.tool_calls.finish(decoded);
        self.thoughts.finish(&mut self.tool_calls, decoded);
    }

    /// What was held back of the text belongs to the half answer that is kept.
    fn fail(&mut self, failure: Failure) -> Decoded {
        let mut decoded = Decoded::new();
        self.done = true;
        self.release(&mut decoded);
        decoded.push(Err(failure));
        decoded
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new(Dialect::default(), None, Scrubber::default())
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
            self.flush(&mut decoded);
            return decoded;
        }
        if event.name.as_deref() == Some("error") {
            return self.fail(errors::in_band_failure(data, &self.scrubber));
        }
        match parse_event::<Chunk<'_>>(data) {
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
        let chunk = match parse_event::<Chunk<'_>>(body) {
            Ok(chunk) => chunk,
            Err(reason) => {
                return self.fail(Failure::new(FailureClass::UnexpectedContent, reason));
            }
        };
        let has_answer = !chunk.choices.is_empty();
        self.chunk(&chunk, &mut decoded);
        if has_answer && !self.done {
            self.flush(&mut decoded);
        }
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

fn groq_usage(x_groq: &RawValue) -> Option<&RawValue> {
    #[derive(Deserialize)]
    struct XGroq<'a> {
        #[serde(borrow)]
        usage: Option<&'a RawValue>,
    }
    let x_groq: XGroq<'_> = serde_json::from_str(x_groq.get()).ok()?;
    present(x_groq.usage)
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
