//! How each family writes what is said.

mod anthropic;
mod errors;
mod gemini;
mod ollama;
mod openai_chat;
mod openai_responses;

use bytes::Bytes;
use patchbay_domain::WireFamily;
use serde_json::Value;

pub(super) use self::errors::{Kind, Refusal};
use super::routes::Dialect;
use super::said::{Counts, Failure, Finish, Plan, Said, Told};
use super::script::{Script, Step};

/// When all scripted answers were made: seconds since 1970.
pub(super) const CREATED: u64 = 1_795_338_000;
/// The same as RFC 3339.
pub(super) const CREATED_TEXT: &str = "2026-11-22T09:00:00Z";
/// What the one tool call looks up.
const TOOL_ARGUMENTS: &str = "{\"word\":\"patch\"}";
const TOOL_NAME: &str = "look_up";

const LONG_TEXT_BYTES: usize = 10_000_000;
/// Stands in a text where bytes go that no JSON writer would write.
const MARK: &str = "\u{e000}";

/// What a writer has to know besides what is said.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) family: WireFamily,
    pub(super) dialect: Dialect,
    pub(super) model: String,
    pub(super) counts: Counts,
    pub(super) told: Told,
    /// The request asked for counts.
    pub(super) wants_usage: bool,
    /// Gemini without `alt=sse`: one JSON array, piece by piece.
    pub(super) is_array: bool,
}

/// Writes events of one family, in the order in which things are said.
trait Writer {
    fn start(&mut self) -> Vec<Bytes>;
    fn thought(&mut self, text: &str) -> Vec<Bytes>;
    fn text(&mut self, text: &str) -> Vec<Bytes>;
    fn tool_call(&mut self) -> Vec<Bytes>;
    /// Two calls with the same index or none, where the family has one.
    fn odd_tool_calls(&mut self, _has_index: bool) -> Vec<Bytes> {
        self.tool_call()
    }
    fn hollow(&mut self) -> Vec<Bytes>;
    fn failure(&mut self, failure: Failure) -> Vec<Bytes>;
    fn finish(&mut self, finish: Finish) -> Vec<Bytes>;
    fn end(&mut self) -> Vec<Bytes>;
    /// The answer to a request that did not ask for a stream.
    fn whole(&self, whole: &Whole) -> Value;
}

/// An answer in one piece.
#[derive(Debug)]
struct Whole {
    thought: String,
    text: String,
    has_tool_call: bool,
    finish: Finish,
}

fn writer(setting: Setting) -> Box<dyn Writer> {
    match setting.family {
        WireFamily::OpenAiResponses => Box::new(openai_responses::Responses::new(setting)),
        WireFamily::AnthropicMessages => Box::new(anthropic::Messages::new(setting)),
        WireFamily::Gemini | WireFamily::Vertex => Box::new(gemini::Contents::new(setting)),
        WireFamily::Ollama => Box::new(ollama::Lines {
            setting,
            finish: Finish::Stop,
        }),
        _ => Box::new(openai_chat::Chunks { setting }),
    }
}

/// The whole reply, streamed where that was asked for.
pub(super) fn script(plan: &Plan, setting: Setting, wants_stream: bool) -> Script {
    let is_whole = plan.is_whole || !wants_stream;
    let family = setting.family;
    let content_type = match family {
        _ if is_whole => "application/json",
        WireFamily::Ollama => "application/x-ndjson",
        _ if setting.is_array => "application/json",
        _ => "text/event-stream",
    };
    let mut steps = if is_whole {
        whole(plan, setting)
    } else {
        streamed(plan, setting)
    };
    if plan.is_byte_by_byte {
        steps = byte_by_byte(steps);
    }
    let mut script = with_request_id(family, Script::steps(200, content_type, steps));
    if content_type == "text/event-stream" {
        script = script.header("cache-control", "no-cache");
    }
    script.bill = plan.is_billed().then(|| plan.counts.clone());
    script
}

/// This refusal as the family words it.
pub(super) fn refusal(family: WireFamily, dialect: Dialect, refusal: &Refusal) -> Script {
    with_request_id(family, errors::script(family, dialect, refusal))
}

/// Each family names the header after itself, or has none.
pub(super) fn with_request_id(family: WireFamily, script: Script) -> Script {
    match family {
        WireFamily::OpenAiChat | WireFamily::OpenAiResponses => {
            script.header("x-request-id", "req-scripted-1")
        }
        WireFamily::AnthropicMessages => script.header("request-id", "req-scripted-1"),
        _ => script,
    }
}

fn streamed(plan: &Plan, setting: Setting) -> Vec<Step> {
    let mut writer = writer(setting);
    let mut steps = Vec::new();
    // Responses repeat their text at the end; ten megabytes need not come twice.
    let is_broken = |said: &Said| matches!(said, Said::BrokenText);
    let instead: &[u8] = if plan.said.iter().any(is_broken) {
        b"\xff\xfe"
    } else {
        b""
    };
    for said in &plan.said {
        let frames = match said {
            Said::Start => writer.start(),
            Said::Thought(text) => writer.thought(text),
            Said::Text(text) => writer.text(text),
            Said::ToolCall => writer.tool_call(),
            Said::OddToolCalls { has_index } => writer.odd_tool_calls(*has_index),
            Said::Finish(finish) => writer.finish(*finish),
            Said::End => writer.end(),
            Said::Failure(failure) => writer.failure(*failure),
            Said::Hollow => writer.hollow(),
            Said::NotJson => {
                let mut frames = writer.text("");
                if let Some(last) = frames.last_mut() {
                    *last = half_of_its_json(last);
                }
                frames
            }
            Said::BrokenText => writer.text(&format!("a{MARK}b ")),
            Said::LongText => {
                let frames = writer.text(MARK);
                steps.extend(frames.iter().flat_map(with_long_text));
                continue;
            }
            Said::Again(text) => {
                let mut frames = writer.text(text);
                let again = frames.pop();
                steps.extend(frames.into_iter().map(Step::Send));
                steps.extend(again.map(Step::RepeatForEver));
                continue;
            }
            Said::Do(step) => {
                steps.push(step.clone());
                continue;
            }
        };
        let settled = frames.into_iter().map(|frame| without_mark(frame, instead));
        steps.extend(settled.map(Step::Send));
    }
    steps
}

/// One JSON value, with what would go wrong in a stream going wrong in it.
fn whole(plan: &Plan, setting: Setting) -> Vec<Step> {
    let family = setting.family;
    let dialect = setting.dialect;
    let mut whole = Whole {
        thought: String::new(),
        text: String::new(),
        has_tool_call: false,
        finish: Finish::Stop,
    };
    let mut before = Vec::new();
    let mut after = Vec::new();
    let mut is_over = false;
    let mut is_odd = false;
    for said in &plan.said {
        match said {
            Said::Thought(text) => whole.thought.push_str(text),
            Said::Text(text) => whole.text.push_str(text),
            Said::ToolCall | Said::OddToolCalls { .. } => whole.has_tool_call = true,
            Said::Finish(finish) => {
                whole.finish = *finish;
                is_over = true;
            }
            Said::BrokenText | Said::LongText | Said::Again(_) => whole.text.push_str(MARK),
            Said::NotJson => is_odd = true,
            Said::Failure(failure) => {
                let error = errors::in_band(family, dialect, *failure);
                return vec![Step::Send(error.to_string().into())];
            }
            Said::Do(Step::Cut) => after.push(Step::Cut),
            Said::Do(step) if is_over || !after.is_empty() => after.push(step.clone()),
            // A stall comes after the text that is cut; all other waits come before the answer.
            Said::Do(step @ Step::Silence(_)) if !whole.text.is_empty() => after.push(step.clone()),
            Said::Do(step) => before.push(step.clone()),
            Said::Start | Said::End | Said::Hollow => {}
        }
    }
    if plan.said.is_empty() {
        return vec![];
    }
    let body = Bytes::from(writer(setting).whole(&whole).to_string());
    let mut steps = before;
    if dialect == Dialect::DeepSeek {
        // It keeps the connection alive with blank lines.
        steps.push(Step::Send(Bytes::from_static(b"\n\n")));
    }
    if is_odd || !is_over {
        steps.push(Step::Send(body.slice(..body.len() / 2)));
    } else if plan.said.iter().any(|said| matches!(said, Said::LongText)) {
        steps.extend(with_long_text(&body));
    } else if let Some((start, end)) = split_at_mark(&body) {
        let again = plan.said.iter().find_map(|said| match said {
            Said::Again(text) => Some(Step::RepeatForEver(text.clone().into())),
            _ => None,
        });
        steps.push(Step::Send(start));
        steps.push(again.unwrap_or(Step::Send(Bytes::from_static(b"\xff\xfe"))));
        steps.push(Step::Send(end));
    } else {
        steps.push(Step::Send(body));
    }
    steps.extend(after);
    steps
}

fn split_at_mark(frame: &Bytes) -> Option<(Bytes, Bytes)> {
    let mark = MARK.as_bytes();
    let at = frame.windows(mark.len()).position(|bytes| bytes == mark)?;
    Some((frame.slice(..at), frame.slice(at + mark.len()..)))
}

fn without_mark(frame: Bytes, instead: &[u8]) -> Bytes {
    match split_at_mark(&frame) {
        Some((start, end)) => [&start, instead, &end].concat().into(),
        None => frame,
    }
}

fn with_long_text(frame: &Bytes) -> Vec<Step> {
    let Some((start, end)) = split_at_mark(frame) else {
        return vec![Step::Send(frame.clone())];
    };
    let piece = Bytes::from(vec![b'x'; 100_000]);
    let count = LONG_TEXT_BYTES / piece.len();
    let mut steps = vec![Step::Send(start)];
    steps.extend(std::iter::repeat_n(Step::Send(piece), count));
    steps.push(Step::Send(end));
    steps
}

/// The frame with the second half of its JSON missing, but with its own line ends.
fn half_of_its_json(frame: &Bytes) -> Bytes {
    let start = frame.iter().position(|byte| *byte == b'{').unwrap_or(0);
    let end = frame
        .iter()
        .rposition(|byte| *byte == b'}')
        .map_or(0, |at| at + 1);
    let half = start + end.saturating_sub(start) / 2;
    [&frame[..half], &frame[end..]].concat().into()
}

fn byte_by_byte(steps: Vec<Step>) -> Vec<Step> {
    let split = |step| match step {
        Step::Send(bytes) => (0..bytes.len())
            .map(|at| Step::Send(bytes.slice(at..=at)))
            .collect(),
        other => vec![other],
    };
    steps.into_iter().flat_map(split).collect()
}

/// A server-sent event without a name.
fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

/// A server-sent event with the name that stands in its `type`, too.
fn named_event(data: &Value) -> Bytes {
    let name = data["type"].as_str().unwrap_or("message");
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// A cost as a JSON number, as providers send it.
pub(super) fn number(decimal: &str) -> Value {
    decimal
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
        .map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests;
