//! From the events of the responses format to the domain's.

mod calls;
mod ending;
mod items;
mod read;
mod said;
mod stop;

use patchbay_domain::{Failure, FailureClass, FinishReason, StreamEvent};
use smallvec::SmallVec;

use self::calls::Calls;
use self::ending::End;
use self::read::{Told, item, response, whose};
use self::said::Said;
use self::stop::StopText;
use super::wire::{self, Event, Response};
use crate::decode::{Decoded, StreamDecoder, parse_event};
use crate::errors;
use crate::lenient::present;
use crate::openai_chat::ReportedCost;
use crate::scrub::Scrubber;
use crate::sse::SseEvent;

/// Some servers send the chat format's end mark after their own.
const END_MARK: &str = "[DONE]";

/// Decodes one answer.
#[derive(Debug, Default)]
pub struct Decoder {
    request_id: Option<String>,
    scrubber: Scrubber,
    reported_cost: ReportedCost,
    /// What to say before the answer begins.
    warnings: Vec<String>,
    stop: StopText,
    /// The reply's id, of which ids are made for calls without one.
    reply: Option<String>,
    text: Said,
    thoughts: Said,
    /// How the newest piece of thinking is told. The same thinking told the other way is not said.
    told: Option<Told>,
    is_thinking_kept: bool,
    calls: Calls,
    searches: u64,
    started: bool,
    finished: bool,
    done: bool,
}

impl Decoder {
    /// `request_id` is the one from the reply's headers, which support desks prefer to the one in the
    /// events. The scrubber cleans the words of errors inside the stream.
    pub fn new(request_id: Option<String>, scrubber: Scrubber) -> Self {
        Self {
            request_id,
            scrubber,
            ..Self::default()
        }
    }

    /// Ends the answer at the first of these, which the format itself cannot do.
    #[must_use]
    pub fn with_stop(self, stop: Vec<String>) -> Self {
        Self {
            stop: StopText::new(stop),
            ..self
        }
    }

    /// Says these, each a whole sentence, before the answer.
    #[must_use]
    pub fn with_warnings(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }

    /// What a cost in the usage object means.
    #[must_use]
    pub fn with_reported_cost(self, reported_cost: ReportedCost) -> Self {
        Self {
            reported_cost,
            ..self
        }
    }

    fn event(&mut self, kind: &str, event: &Event<'_>, data: &str, decoded: &mut Decoded) {
        match kind {
            "response.created" | "response.queued" | "response.in_progress" => {
                self.start(&response(event, data), decoded);
            }
            "response.completed" | "response.done" => {
                self.end(End::Completed, &response(event, data), decoded);
            }
            "response.incomplete" => self.end(End::Incomplete, &response(event, data), decoded),
            "response.failed" => self.end(End::Failed, &response(event, data), decoded),
            "response.cancelled" => self.end(End::Cancelled, &response(event, data), decoded),
            // Nothing that follows a stop text is part of the answer.
            _ if self.stop.is_cut() => {}
            "response.output_item.added" => {
                if let Some((item, _)) = item(event) {
                    self.begin_item(&item, event.output_index, decoded);
                }
            }
            "response.output_item.done" => {
                if let Some((item, raw)) = item(event) {
                    self.finish_item(&item, raw, event.output_index, decoded);
                }
            }
            "response.output_text.delta" | "response.refusal.delta" => {
                let new = self.text.delta(event.delta.as_deref().unwrap_or_default());
                self.say(new, decoded);
            }
            "response.output_text.done" | "response.refusal.done" => {
                let whole = event.text.as_deref().or(event.refusal.as_deref());
                let new = self.text.finish_part(whole.unwrap_or_default());
                self.say(new, decoded);
            }
            "response.reasoning_summary_part.added" if self.tells(Told::Summary) => {
                self.thoughts.begin_part();
            }
            "response.reasoning_summary_text.delta" => {
                self.think(Told::Summary, event.delta.as_deref(), decoded);
            }
            "response.reasoning_text.delta" | "response.reasoning.delta" => {
                self.think(Told::InFull, event.delta.as_deref(), decoded);
            }
            "response.reasoning_summary_text.done" => {
                self.finish_thought(Told::Summary, event.text.as_deref(), decoded);
            }
            "response.reasoning_text.done" | "response.reasoning.done" => {
                self.finish_thought(Told::InFull, event.text.as_deref(), decoded);
            }
            "response.function_call_arguments.delta" => {
                let piece = event.delta.as_deref().unwrap_or_default();
                let told = self.calls.delta(whose(event), piece, self.reply.as_deref());
                self.call(told, decoded);
            }
            "response.function_call_arguments.done" => {
                let whole = wire::arguments(event.arguments);
                let told = self
                    .calls
                    .finish_arguments(whose(event), &whole, self.reply.as_deref());
                self.call(told, decoded);
            }
            _ => {}
        }
    }

    fn start(&mut self, response: &Response<'_>, decoded: &mut Decoded) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let clean = |text: &Option<String>| self.scrubber.identifier_in(text.as_deref());
        self.reply = clean(&response.id);
        let (model, served_by) = (clean(&response.model), clean(&response.provider));
        decoded.push(Ok(StreamEvent::Started {
            request_id: self.request_id.take().or_else(|| self.reply.clone()),
            model,
            served_by,
        }));
        let warnings = std::mem::take(&mut self.warnings);
        decoded.extend(warnings.into_iter().map(warning));
    }

    fn finish(&mut self, reason: FinishReason, decoded: &mut Decoded) {
        if !std::mem::replace(&mut self.finished, true) {
            decoded.push(Ok(StreamEvent::Finished { reason }));
        }
    }

    /// An error beside the answer. After a stop text there is nothing left for it to spoil.
    fn fail(&mut self, error: &str) -> Decoded {
        self.done = true;
        if self.finished {
            return Decoded::new();
        }
        SmallVec::from_iter([Err(errors::in_band_failure(error, &self.scrubber))])
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
        let parsed = match parse_event::<Event<'_>>(data) {
            Ok(parsed) => parsed,
            Err(_) if event.name.as_deref() == Some("error") => return self.fail(data),
            Err(reason) => {
                decoded.push(Ok(StreamEvent::Malformed { reason }));
                return decoded;
            }
        };
        // The name is only a copy of the type, and some servers leave one of them out.
        let kind = parsed.kind.as_deref().or(event.name.as_deref());
        let kind = kind.unwrap_or_default();
        let is_error = matches!(kind, "error" | "response.error")
            || parsed.object.as_deref() == Some("error")
            || (present(parsed.error).is_some() && !kind.starts_with("response."));
        if is_error {
            return self.fail(data);
        }
        self.event(kind, &parsed, data, &mut decoded);
        decoded
    }

    fn push_whole(&mut self, body: &str) -> Decoded {
        let mut decoded = Decoded::new();
        let body = body.trim_start_matches('\u{feff}').trim();
        let event = match parse_event::<Event<'_>>(body) {
            Ok(event) => event,
            Err(reason) => {
                self.done = true;
                let class = FailureClass::UnexpectedContent;
                return SmallVec::from_iter([Err(Failure::new(class, reason))]);
            }
        };
        let response = response(&event, body);
        if response.output.is_none() && response.status.is_none() {
            // `{"detail": ..}` and the like with a good status.
            let mut decoded = self.fail(body);
            let is_said = present(event.error).is_some() || event.kind.as_deref() == Some("error");
            if let (false, Some(Err(failure))) = (is_said, decoded.first_mut()) {
                failure.class = FailureClass::UnexpectedContent;
            }
            return decoded;
        }
        if matches!(response.status.as_deref(), Some("queued" | "in_progress")) {
            // Not at its end, and nothing more will come.
            self.start(&response, &mut decoded);
            self.fill(&response.items(), &mut decoded);
            self.done = true;
            return decoded;
        }
        self.end(End::Completed, &response, &mut decoded);
        decoded
    }

    fn is_done(&self) -> bool {
        self.done
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}

fn warning(sentence: String) -> Result<StreamEvent, Failure> {
    Ok(StreamEvent::Warning { sentence })
}

#[cfg(test)]
mod tests;
