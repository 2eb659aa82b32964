//! From the lines of Ollama's format to the domain's events.

use patchbay_domain::{Failure, FailureClass, FinishReason, StreamEvent};
use serde_json::value::RawValue;

use super::usage;
use super::wire::{Function, Line, Message, ToolCall, present};
use crate::decode::{Decoded, Framing, StreamDecoder};
use crate::errors;
use crate::lenient::read;
use crate::scrub::Scrubber;
use crate::sse::SseEvent;

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    request_id: Option<String>,
    scrubber: Scrubber,
    /// How many turns were sent: what makes the ids of this answer's calls unlike those before.
    turns: usize,
    next_call: u32,
    said_anything: bool,
    started: bool,
    done: bool,
}

impl Decoder {
    /// `request_id` is the one from the reply's headers, where a proxy put one. `turns` is how many
    /// messages were sent. The scrubber cleans the words of errors inside the stream.
    pub fn new(request_id: Option<String>, turns: usize, scrubber: Scrubber) -> Self {
        Self {
            request_id,
            scrubber,
            turns,
            ..Self::default()
        }
    }

    fn line(&mut self, line: &Line<'_>, text: &str, decoded: &mut Decoded) {
        if present(line.error).is_some() {
            self.done = true;
            decoded.push(Err(errors::in_band_failure(text, &self.scrubber)));
            return;
        }
        if !std::mem::replace(&mut self.started, true) {
            let clean = |text: &Option<String>| self.scrubber.identifier_in(text.as_deref());
            decoded.push(Ok(StreamEvent::Started {
                request_id: self.request_id.clone(),
                model: clean(&line.model),
                served_by: clean(&line.remote_host),
            }));
        }
        if let Some(message) = line.message.and_then(read::<Message<'_>>) {
            self.message(message, decoded);
        }
        if line.done == Some(true) {
            self.done = true;
            decoded.push(Ok(StreamEvent::Finished {
                reason: self.finish_reason(line.done_reason.as_deref()),
            }));
            decoded.extend(usage::event(text, self.said_anything).map(Ok));
        }
    }

    fn message(&mut self, message: Message<'_>, decoded: &mut Decoded) {
        let before = decoded.len();
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        if let Some(text) = filled(message.thinking) {
            decoded.push(Ok(StreamEvent::Reasoning { text }));
        }
        if let Some(text) = filled(message.content) {
            decoded.push(Ok(StreamEvent::Text { text }));
        }
        for raw in message.tool_calls {
            let call: ToolCall<'_> = read(raw).unwrap_or_default();
            let function: Function<'_> = call.function.and_then(read).unwrap_or_default();
            let index = self.next_call;
            self.next_call = self.next_call.saturating_add(1);
            decoded.push(Ok(StreamEvent::ToolCall {
                index,
                id: filled(call.id).or_else(|| Some(format!("call_{}_{index}", self.turns))),
                name: filled(function.name),
                arguments: arguments(function.arguments),
            }));
        }
        self.said_anything |= decoded.len() > before;
    }

    /// The server says `stop` of an answer that calls a tool too.
    fn finish_reason(&self, word: Option<&str>) -> FinishReason {
        match word.unwrap_or_default() {
            "" | "stop" if self.next_call > 0 => FinishReason::ToolCalls,
            // Older servers give no reason.
            "" | "stop" => FinishReason::Stop,
            "length" => FinishReason::Length,
            // `load`, `unload`: nothing was asked, and nothing said.
            _ => FinishReason::Other,
        }
    }
}

impl StreamDecoder for Decoder {
    fn framing(&self) -> Framing {
        Framing::JsonLines
    }

    fn push(&mut self, event: &SseEvent) -> Decoded {
        let mut decoded = Decoded::new();
        let data = event.data.trim();
        if self.done || data.is_empty() {
            return decoded;
        }
        match serde_json::from_str::<Line<'_>>(data) {
            Ok(line) => self.line(&line, data, &mut decoded),
            Err(error) => decoded.push(Ok(StreamEvent::Malformed {
                reason: format!("A line is not a JSON object (column {}).", error.column()),
            })),
        }
        decoded
    }

    /// A whole reply is one line like any other, so only what is no object comes here.
    fn push_whole(&mut self, _body: &str) -> Decoded {
        self.done = true;
        let failure = Failure::new(
            FailureClass::UnexpectedContent,
            "The reply is not a line of JSON objects.",
        );
        Decoded::from_iter([Err(failure)])
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_finished(&self) -> bool {
        self.done
    }
}

/// Objects as they should be; some servers in between send them as text.
fn arguments(raw: Option<&RawValue>) -> String {
    let text = raw.map_or("", RawValue::get);
    if text.starts_with('{') {
        return text.to_owned();
    }
    serde_json::from_str::<String>(text)
        .ok()
        .filter(|inner| inner.trim_start().starts_with('{'))
        .unwrap_or_else(|| "{}".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn decode(lines: &[Value]) -> Vec<Result<StreamEvent, Failure>> {
        let mut decoder = Decoder::new(None, 3, Scrubber::default());
        lines
            .iter()
            .flat_map(|line| {
                decoder.push(&SseEvent {
                    name: None,
                    data: line.to_string(),
                })
            })
            .collect()
    }

    #[test]
    fn calls_without_ids_get_ones_that_no_other_turn_has() {
        let call =
            |arguments: Value| json!({ "function": { "name": "n", "arguments": arguments } });
        let events = decode(&[
            json!({ "message": { "tool_calls": [call(json!({ "a": 1 })), call(json!("{\"b\":2}"))] } }),
            json!({ "message": { "tool_calls": [{ "id": "call_x", "function": { "name": "n" } }, 7] } }),
            json!({ "done": true, "done_reason": "stop" }),
        ]);
        let calls: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Ok(StreamEvent::ToolCall {
                    index,
                    id,
                    arguments,
                    ..
                }) => Some((*index, id.as_deref().unwrap(), arguments.as_str())),
                _ => None,
            })
            .collect();
        assert_eq!(
            calls,
            [
                (0, "call_3_0", "{\"a\":1}"),
                (1, "call_3_1", "{\"b\":2}"),
                (2, "call_x", "{}"),
                (3, "call_3_3", "{}"),
            ]
        );
        assert_eq!(
            events.last(),
            Some(&Ok(StreamEvent::Finished {
                reason: FinishReason::ToolCalls
            }))
        );
    }

    #[test]
    fn reasons_to_stop_are_told_apart() {
        for (line, reason) in [
            (
                json!({ "done": true, "done_reason": "stop" }),
                FinishReason::Stop,
            ),
            (json!({ "done": true }), FinishReason::Stop),
            (
                json!({ "done": true, "done_reason": "length" }),
                FinishReason::Length,
            ),
            (
                json!({ "done": true, "done_reason": "load" }),
                FinishReason::Other,
            ),
            (
                json!({ "done": true, "done_reason": "unload" }),
                FinishReason::Other,
            ),
        ] {
            let events = decode(std::slice::from_ref(&line));
            assert_eq!(
                events.last(),
                Some(&Ok(StreamEvent::Finished { reason })),
                "{line}"
            );
        }
        assert_eq!(decode(&[json!({ "done": "true" })]).len(), 1);
    }

    proptest! {
        #[test]
        fn any_line_is_read(text in "\\PC{0,40}") {
            let mut decoder = Decoder::default();
            let decoded = decoder.push(&SseEvent { name: None, data: text });
            prop_assert!(decoded.len() <= 2);
        }
    }
}
