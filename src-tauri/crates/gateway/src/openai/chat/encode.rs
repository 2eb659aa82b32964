//! An answer in OpenAI's chat format, whole or in chunks.

use std::slice;

use patchbay_domain::{FinishReason, WireFamily};
use patchbay_engine::RunUpdate;
use serde::Serialize;
use serde_json::value::RawValue;

use super::super::usage::UsageBody;
use crate::answer::Answer;
use crate::failure::{Refusal, Shape};
use crate::items;
use crate::stream::{Encoder, event};
use crate::told::Told;

/// The end of a stream.
const DONE: &[u8] = b"[DONE]";

/// The word for why a model stopped.
pub(crate) fn finish_word(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::Stop | FinishReason::Other => "stop",
    }
}

/// The id of an answer, by which its receipt is found.
pub(crate) fn id(answer: &Answer) -> String {
    format!("chatcmpl-{}", answer.run)
}

#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: i64,
    model: &'a str,
    provider: &'a str,
    choices: Vec<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    finish_reason: &'static str,
    logprobs: Option<Box<RawValue>>,
    /// Where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<&'a str>,
    refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasoning_details: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
}

#[derive(Serialize)]
struct ToolCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

/// The whole answer, or several to one request, which are named after the first.
pub(super) fn whole(answers: &[Answer], created: i64) -> Vec<u8> {
    let Some(first) = answers.first() else {
        return Vec::new();
    };
    let is_alone = answers.len() == 1;
    let completion = Completion {
        id: id(first),
        object: "chat.completion",
        created,
        model: first.model(),
        provider: first.provider_name(),
        choices: answers
            .iter()
            .zip(0..)
            .map(|(answer, index)| choice(answer, index, is_alone))
            .collect(),
        usage: UsageBody::of(answers),
        patchbay: Told::of_all(answers),
    };
    serde_json::to_vec(&completion).unwrap_or_default()
}

fn choice(answer: &Answer, index: u32, is_alone: bool) -> Choice<'_> {
    let calls = answer.calls.iter();
    let tool_calls: Vec<_> = calls
        .map(|call| ToolCall {
            index: None,
            id: Some(&call.id),
            kind: Some("function"),
            function: Function {
                name: Some(&call.name),
                arguments: &call.arguments,
            },
        })
        .collect();
    let has_words = !answer.text.is_empty() || tool_calls.is_empty();
    Choice {
        index,
        message: Message {
            role: "assistant",
            content: has_words.then_some(answer.text.as_str()),
            refusal: None,
            reasoning_content: (!answer.reasoning.is_empty()).then_some(answer.reasoning.as_str()),
            reasoning_details: answer
                .items
                .iter()
                .filter_map(|(format, item)| items::to_detail(format, item))
                .collect(),
            tool_calls,
        },
        finish_reason: finish_word(answer.finish().unwrap_or(FinishReason::Stop)),
        logprobs: logprobs(answer),
        patchbay: (!is_alone).then(|| Told::of(answer)).flatten(),
    }
}

/// The chances of all tokens, joined from those of the pieces.
fn logprobs(answer: &Answer) -> Option<Box<RawValue>> {
    let mut content: Vec<serde_json::Value> = Vec::new();
    for (family, fields) in &answer.asides {
        if *family != WireFamily::OpenAiChat {
            continue;
        }
        let fields: serde_json::Value = serde_json::from_str(&fields.0).ok()?;
        if let Some(tokens) = fields["logprobs"]["content"].as_array() {
            content.extend(tokens.iter().cloned());
        }
    }
    if content.is_empty() {
        return None;
    }
    serde_json::value::to_raw_value(&serde_json::json!({ "content": content, "refusal": null }))
        .ok()
}

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    provider: &'a str,
    choices: &'a [ChunkChoice<'a>],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<UsageBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patchbay: Option<Told<'a>>,
}

#[derive(Serialize)]
struct ChunkChoice<'a> {
    index: u32,
    delta: Delta<'a>,
    finish_reason: Option<&'static str>,
    logprobs: Option<Box<RawValue>>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_details: Option<[Box<RawValue>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[ToolCall<'a>; 1]>,
}

/// An answer in chunks.
pub(super) struct Chunks {
    created: i64,
    includes_usage: bool,
    /// Empty until the answer begins, where it is alone.
    id: String,
    /// Which of several answers.
    index: u32,
}

impl Chunks {
    pub(super) fn new(created: i64, includes_usage: bool) -> Self {
        Self::one_of_several(created, includes_usage, String::new(), 0)
    }

    /// Of one of several answers that share an id.
    pub(super) fn one_of_several(
        created: i64,
        includes_usage: bool,
        id: String,
        index: u32,
    ) -> Self {
        Self {
            created,
            includes_usage,
            id,
            index,
        }
    }

    /// The answer is whole; others may go on.
    pub(super) fn finish(&self, answer: &Answer, out: &mut Vec<u8>) {
        let reason = finish_word(answer.finish().unwrap_or(FinishReason::Stop));
        self.choice(Delta::default(), Some(reason), None, answer, out);
    }

    /// All answers of the request are whole.
    pub(super) fn end_all(&self, answers: &[Answer], out: &mut Vec<u8>) {
        if let (true, Some(first)) = (self.includes_usage, answers.first()) {
            let told = Told::of_all(answers);
            self.chunk(&[], UsageBody::of(answers), told, first, out);
        }
        event(out, None, DONE);
    }

    fn delta(&self, delta: Delta<'_>, answer: &Answer, out: &mut Vec<u8>) {
        self.choice(delta, None, None, answer, out);
    }

    fn choice(
        &self,
        delta: Delta<'_>,
        finish_reason: Option<&'static str>,
        logprobs: Option<Box<RawValue>>,
        answer: &Answer,
        out: &mut Vec<u8>,
    ) {
        let choices = [ChunkChoice {
            index: self.index,
            delta,
            finish_reason,
            logprobs,
        }];
        self.chunk(&choices, None, None, answer, out);
    }

    fn chunk(
        &self,
        choices: &[ChunkChoice<'_>],
        usage: Option<UsageBody>,
        patchbay: Option<Told<'_>>,
        answer: &Answer,
        out: &mut Vec<u8>,
    ) {
        let chunk = Chunk {
            id: &self.id,
            object: "chat.completion.chunk",
            created: self.created,
            model: answer.model(),
            provider: answer.provider_name(),
            choices,
            // Where a last chunk tells the tokens, every other one says that it does not.
            usage: self.includes_usage.then_some(usage),
            patchbay,
        };
        out.extend_from_slice(b"data: ");
        // Written into memory, which takes everything.
        let _ = serde_json::to_writer(&mut *out, &chunk);
        out.extend_from_slice(b"\n\n");
    }
}

impl Encoder for Chunks {
    fn begin(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        if self.id.is_empty() {
            self.id = id(answer);
        }
        let delta = Delta {
            role: Some("assistant"),
            content: Some(""),
            ..Delta::default()
        };
        self.delta(delta, answer, out);
    }

    fn update(&mut self, update: &RunUpdate, answer: &Answer, out: &mut Vec<u8>) {
        let delta = match update {
            RunUpdate::Text(text) => Delta {
                content: Some(text),
                ..Delta::default()
            },
            RunUpdate::Reasoning(text) => Delta {
                reasoning_content: Some(text),
                ..Delta::default()
            },
            RunUpdate::ToolCall {
                index,
                id,
                name,
                arguments,
            } => Delta {
                tool_calls: Some([ToolCall {
                    index: Some(*index),
                    id: id.as_deref(),
                    kind: id.as_ref().map(|_| "function"),
                    function: Function {
                        name: name.as_deref(),
                        arguments,
                    },
                }]),
                ..Delta::default()
            },
            RunUpdate::ReasoningItem { format, item } => match items::to_detail(format, item) {
                Some(detail) => Delta {
                    reasoning_details: Some([detail]),
                    ..Delta::default()
                },
                None => return,
            },
            RunUpdate::Aside {
                family: WireFamily::OpenAiChat,
                fields,
            } => {
                let fields: serde_json::Value = serde_json::from_str(&fields.0).unwrap_or_default();
                let logprobs = &fields["logprobs"];
                if logprobs.is_object() {
                    let logprobs = serde_json::value::to_raw_value(logprobs).ok();
                    self.choice(Delta::default(), None, logprobs, answer, out);
                }
                return;
            }
            _ => return,
        };
        self.delta(delta, answer, out);
    }

    fn end(&mut self, answer: &Answer, out: &mut Vec<u8>) {
        self.finish(answer, out);
        self.end_all(slice::from_ref(answer), out);
    }

    fn break_off(&mut self, refusal: &Refusal, _: &Answer, out: &mut Vec<u8>) {
        // Packages raise an error for an object with this field, and end there.
        event(out, None, refusal.json(Shape::OpenAi).as_bytes());
    }
}
