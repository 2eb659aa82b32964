//! From the events of `generateContent` to the domain's.
//!
//! **Signatures.** A part that carries a `thoughtSignature` becomes a
//! [`StreamEvent::ReasoningItem`] of the format [`FORMAT`] right after its own events, and
//! [`request`](super::request) turns it back into the very part:
//! - thinking, code that Google ran, and signatures that stand alone are kept whole;
//! - words are kept as the piece that was signed, which is found again at the end of the words;
//! - of a tool call only the id is kept beside the signature, and the call is found by it.

use std::collections::BTreeSet;

use patchbay_domain::price::ServiceTier;
use patchbay_domain::{Failure, FailureClass, FinishReason, JsonText, StreamEvent};
use serde_json::json;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use super::models::model_version;
use super::wire::{Candidate, Content, FunctionCall, Part, Reply};
use super::words::{finish_reason, unshown};
use super::{FORMAT, usage};
use crate::decode::{Decoded, NO_OBJECT, StreamDecoder, no_json};
use crate::errors;
use crate::lenient::{filled, present};
use crate::scrub::Scrubber;
use crate::sse::SseEvent;

/// More searches than any answer makes; a hostile stream gets no further.
const MOST_QUERIES: usize = 1_000;

/// What is known of a reply before its first event.
#[derive(Clone, Debug, Default)]
pub struct ReplyContext {
    /// The id from the reply's headers.
    pub request_id: Option<String>,
    /// The tier from the reply's headers.
    pub service_tier: Option<ServiceTier>,
    /// The model that was asked, for replies that do not say which one answers.
    pub model: String,
}

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    context: ReplyContext,
    scrubber: Scrubber,
    started: bool,
    finished: bool,
    done: bool,
    /// Tool calls so far.
    calls: u32,
    /// What made-up ids begin with: the reply's own id, where it has one.
    response_id: String,
    /// Searches of the web, each once, without empty ones: what Google charges for.
    queries: BTreeSet<String>,
    /// The last usage object, to be told again when a search follows it.
    usage: Option<String>,
    /// It counted tokens of an answer.
    has_output: bool,
    warned: SmallVec<[&'static str; 2]>,
}

impl Decoder {
    /// The scrubber cleans the words of errors inside the stream.
    pub fn new(context: ReplyContext, scrubber: Scrubber) -> Self {
        Self {
            context,
            scrubber,
            ..Self::default()
        }
    }

    fn replies(&mut self, replies: &[&RawValue], decoded: &mut Decoded) {
        for raw in replies {
            match serde_json::from_str(raw.get()) {
                Ok(reply) => self.reply(&reply, decoded),
                Err(_) => {
                    let reason = NO_OBJECT.to_owned();
                    decoded.push(Ok(StreamEvent::Malformed { reason }));
                }
            }
            if self.done {
                return;
            }
        }
    }

    fn reply(&mut self, reply: &Reply<'_>, decoded: &mut Decoded) {
        self.start(reply, decoded);
        let mut failure = present(reply.error).and_then(|error| self.error_failure(error));
        let searches = self.queries.len();
        for raw in &reply.candidates {
            let Ok(candidate) = serde_json::from_str::<Candidate<'_>>(raw.get()) else {
                continue;
            };
            if candidate.index.unwrap_or(0) != 0 {
                continue;
            }
            self.candidate(&candidate, decoded);
            if failure.is_none() {
                failure = self.finish(&candidate, decoded);
            }
        }
        failure = failure.or_else(|| self.blocked(reply));
        self.usage(reply, self.queries.len() != searches, decoded);
        if let Some(failure) = failure {
            self.done = true;
            decoded.push(Err(failure));
        }
    }

    fn start(&mut self, reply: &Reply<'_>, decoded: &mut Decoded) {
        let clean = |text: &Option<String>| self.scrubber.identifier_in(text.as_deref());
        let (id, model) = (clean(&reply.response_id), clean(&reply.model_version));
        if self.started || (id.is_none() && model.is_none() && reply.candidates.is_empty()) {
            return;
        }
        self.started = true;
        self.response_id = id.clone().unwrap_or_default();
        if let Some(model) = &model {
            self.context.model.clone_from(model);
        }
        decoded.push(Ok(StreamEvent::Started {
            request_id: self.context.request_id.take().or(id),
            model,
            served_by: None,
        }));
    }

    fn candidate(&mut self, candidate: &Candidate<'_>, decoded: &mut Decoded) {
        let content = candidate.content.map(RawValue::get);
        let content: Content<'_> = content
            .and_then(|content| serde_json::from_str(content).ok())
            .unwrap_or_default();
        for raw in content.parts {
            // A part that we cannot read does not take the others away.
            if let Ok(part) = serde_json::from_str::<Part>(raw.get()) {
                self.part(part, raw, decoded);
            }
        }
        let queries = candidate.grounding_metadata.as_ref();
        let queries = queries.and_then(|metadata| metadata.web_search_queries.as_ref());
        for query in queries.into_iter().flatten() {
            if !query.trim().is_empty() && self.queries.len() < MOST_QUERIES {
                self.queries.insert(query.clone());
            }
        }
    }

    fn part(&mut self, part: Part, raw: &RawValue, decoded: &mut Decoded) {
        let is_thought = part.thought == Some(true);
        let text = part.text.filter(|text| !text.is_empty());
        match text {
            Some(text) if is_thought => decoded.push(Ok(StreamEvent::Reasoning { text })),
            Some(text) => decoded.push(Ok(StreamEvent::Text { text })),
            None => {}
        }
        if let Some(call) = part.function_call {
            self.tool_call(call, part.thought_signature, decoded);
            return;
        }
        if part.executable_code.is_some() || part.code_execution_result.is_some() {
            self.warn(
                "The model let Google run code for it. The code and its output are not shown yet.",
                decoded,
            );
        }
        if let Some(media) = part.inline_data.or(part.file_data) {
            // Pictures that the model draws while it thinks are not part of the answer.
            if !is_thought {
                self.warn(unshown(media.mime_type.as_deref()), decoded);
            }
            // The signature is of no use without the bytes, and nobody keeps those.
            return;
        }
        if part.thought_signature.is_some() {
            decoded.push(Ok(reasoning_item(raw.get().to_owned())));
        }
    }

    fn tool_call(&mut self, call: FunctionCall, signature: Option<String>, decoded: &mut Decoded) {
        let Some(name) = filled(call.name) else {
            let reason = "A tool call has no name.".to_owned();
            decoded.push(Ok(StreamEvent::Malformed { reason }));
            return;
        };
        let arguments = call.args.as_deref().map(RawValue::get);
        let arguments = arguments.filter(|arguments| *arguments != "null");
        let arguments = arguments.unwrap_or("{}").to_owned();
        let index = self.calls;
        self.calls = self.calls.saturating_add(1);
        let id = filled(call.id).unwrap_or_else(|| self.made_up_id(index, &name, &arguments));
        let item = signature.or(call.thought_signature).map(|signature| {
            json!({ "functionCall": { "id": id }, "thoughtSignature": signature }).to_string()
        });
        decoded.push(Ok(StreamEvent::ToolCall {
            index,
            id: Some(id),
            name: Some(name),
            arguments,
        }));
        decoded.extend(item.map(reasoning_item).map(Ok));
    }

    /// Unique within a conversation, as far as the reply's id is, and the same for the same bytes.
    fn made_up_id(&self, index: u32, name: &str, arguments: &str) -> String {
        let mut hash = Sha256::new();
        for piece in [&self.response_id, name, arguments] {
            hash.update(piece.as_bytes());
            hash.update([0]);
        }
        hash.update(index.to_be_bytes());
        let digest = hash.finalize();
        let hex: String = digest[..12]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("call_{hex}")
    }

    fn finish(&mut self, candidate: &Candidate<'_>, decoded: &mut Decoded) -> Option<Failure> {
        let word = candidate.finish_reason.as_deref().map(str::trim)?;
        if matches!(word, "" | "FINISH_REASON_UNSPECIFIED") || self.finished {
            return None;
        }
        let message = || {
            let ended = format!(
                "The provider ended the answer with \"{}\".",
                self.scrubber.identifier(word)
            );
            self.with_words(ended, candidate.finish_message.as_deref())
        };
        let reason = match finish_reason(word) {
            Ok(FinishReason::Stop) if self.calls > 0 => FinishReason::ToolCalls,
            Ok(reason) => reason,
            Err(class) => {
                return Some(Failure {
                    code: Some(self.scrubber.identifier(word)),
                    ..Failure::new(class, message())
                });
            }
        };
        if reason == FinishReason::Other {
            let sentence = message();
            decoded.push(Ok(StreamEvent::Warning { sentence }));
        }
        self.finished = true;
        decoded.push(Ok(StreamEvent::Finished { reason }));
        None
    }

    /// The filter refused the prompt: there is no answer at all.
    fn blocked(&self, reply: &Reply<'_>) -> Option<Failure> {
        let feedback = reply.prompt_feedback.as_ref()?;
        let reason = feedback.block_reason.as_deref().map(str::trim)?;
        if reason.is_empty() || reason.ends_with("_UNSPECIFIED") || self.finished {
            return None;
        }
        let reason = self.scrubber.identifier(reason);
        let message = format!("The provider's filter refused the prompt (\"{reason}\").");
        Some(Failure {
            code: Some(reason),
            ..Failure::new(
                FailureClass::ContentFiltered,
                self.with_words(message, feedback.block_reason_message.as_deref()),
            )
        })
    }

    /// `message`, and the provider's own words after it where there are some.
    fn with_words(&self, message: String, words: Option<&str>) -> String {
        match words.map(str::trim).filter(|words| !words.is_empty()) {
            Some(words) => self.scrubber.message(&format!("{message} {words}")),
            None => message,
        }
    }

    fn usage(&mut self, reply: &Reply<'_>, searched: bool, decoded: &mut Decoded) {
        let raw = match present(reply.usage_metadata) {
            Some(raw) => raw.get(),
            None if searched => self.usage.as_deref().unwrap_or_default(),
            None => return,
        };
        let searches = self.charged_searches();
        let Some(event) = usage::event(raw, self.context.service_tier, searches) else {
            return;
        };
        let StreamEvent::Usage { usage, .. } = &event else {
            return;
        };
        // The object beside a filter's end leaves the answer out, which was charged all the same.
        if usage.total_output() == 0 && self.has_output {
            return;
        }
        self.has_output = usage.total_output() > 0;
        if self.usage.as_deref() != Some(raw) {
            self.usage = Some(raw.to_owned());
        }
        decoded.push(Ok(event));
    }

    /// Since Gemini 3 Google charges for every search that a prompt leads to, counting equal ones
    /// once; before, for the prompt, however many searches it took.
    fn charged_searches(&self) -> u64 {
        let searches = u64::try_from(self.queries.len()).unwrap_or(u64::MAX);
        if model_version(&self.context.model).is_some_and(|version| version < (3, 0)) {
            searches.min(1)
        } else {
            searches
        }
    }

    fn warn(&mut self, sentence: &'static str, decoded: &mut Decoded) {
        if !self.warned.contains(&sentence) {
            self.warned.push(sentence);
            let sentence = sentence.to_owned();
            decoded.push(Ok(StreamEvent::Warning { sentence }));
        }
    }

    fn error_failure(&self, error: &RawValue) -> Option<Failure> {
        let is_empty = matches!(error.get(), "false" | "0" | "\"\"" | "{}" | "[]");
        (!is_empty).then(|| errors::in_band_failure(error.get(), &self.scrubber))
    }

    fn fail(&mut self, class: FailureClass, message: &str) -> Decoded {
        self.done = true;
        SmallVec::from_iter([Err(Failure::new(class, message))])
    }
}

impl StreamDecoder for Decoder {
    fn push(&mut self, event: &SseEvent) -> Decoded {
        let mut decoded = Decoded::new();
        let data = event.data.trim();
        // The format has no end mark, but gateways that copy it borrow OpenAI's.
        if self.done || data.is_empty() || data == "[DONE]" {
            return decoded;
        }
        // An error may come in a list even here.
        match replies(data) {
            Ok(replies) => self.replies(&replies, &mut decoded),
            Err(reason) => decoded.push(Ok(StreamEvent::Malformed { reason })),
        }
        decoded
    }

    /// One reply, or the list of them that a server sends which does not know `alt=sse`.
    fn push_whole(&mut self, body: &str) -> Decoded {
        let mut decoded = Decoded::new();
        let body = body.trim_start_matches('\u{feff}').trim();
        match replies(body) {
            Ok(replies) => self.replies(&replies, &mut decoded),
            Err(reason) => return self.fail(FailureClass::UnexpectedContent, &reason),
        }
        if !self.started && !self.done {
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

/// Says where the reading failed, and nothing of what stood there.
fn replies(data: &str) -> Result<Vec<&RawValue>, String> {
    let replies = match data.as_bytes().first() {
        Some(b'{') => serde_json::from_str(data).map(|reply| vec![reply]),
        Some(b'[') => serde_json::from_str(data),
        _ => return Err(NO_OBJECT.to_owned()),
    };
    replies.map_err(|error| no_json(&error))
}

fn reasoning_item(item: String) -> StreamEvent {
    StreamEvent::ReasoningItem {
        format: FORMAT.to_owned(),
        item: JsonText(item),
    }
}

#[cfg(test)]
mod tests;
