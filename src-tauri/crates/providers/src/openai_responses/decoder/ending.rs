//! The end of a reply, which tells the whole of it once more.

use patchbay_domain::{Failure, FailureClass, FinishReason};
use serde_json::value::RawValue;

use super::Decoder;
use super::read::{count, thoughts};
use crate::decode::Decoded;
use crate::errors;
use crate::lenient::present;
use crate::openai_responses::usage::{self, Beside};
use crate::openai_responses::wire::{Item, Response};

/// How a reply ends.
pub(super) enum End {
    Completed,
    Incomplete,
    Failed,
    Cancelled,
}

impl Decoder {
    pub(super) fn end(&mut self, end: End, response: &Response<'_>, decoded: &mut Decoded) {
        self.done = true;
        // What the reply says of itself is more than the name of the event.
        let end = match response.status.as_deref() {
            _ if present(response.error).is_some() => End::Failed,
            Some("completed") => End::Completed,
            Some("incomplete") => End::Incomplete,
            Some("failed") => End::Failed,
            Some("cancelled") => End::Cancelled,
            _ => end,
        };
        let items = response.items();
        let searches = self.searches.max(count(&items));
        let usage = present(response.usage).and_then(|usage| {
            usage::event(
                usage,
                Beside {
                    searches,
                    service_tier: response.service_tier.as_deref(),
                    reported_cost: self.reported_cost,
                },
            )
        });
        if matches!(end, End::Failed | End::Cancelled) && !self.finished {
            if !items.is_empty() || usage.is_some() {
                self.start(response, decoded);
            }
            self.fill(&items, decoded);
            let held = self.stop.flush();
            self.push_text(held, decoded);
            decoded.extend(usage.map(Ok));
            if !self.finished {
                decoded.push(Err(self.failure(&end, response)));
            }
            return;
        }
        self.start(response, decoded);
        if !self.stop.is_cut() {
            self.fill(&items, decoded);
        }
        if !self.stop.is_cut() {
            if matches!(end, End::Completed) {
                for told in self.calls.close(self.reply.as_deref()) {
                    decoded.push(Ok(told));
                }
            }
            let held = self.stop.flush();
            self.push_text(held, decoded);
        }
        self.finish(self.reason(&end, response), decoded);
        decoded.extend(usage.map(Ok));
    }

    /// What the list at the end tells and nothing told before.
    pub(super) fn fill(&mut self, items: &[(Item<'_>, &RawValue)], decoded: &mut Decoded) {
        let indexed = || (0_u64..).zip(items);
        if self.is_nothing_told() {
            for (index, (item, raw)) in indexed() {
                if item.kind() != "function_call" {
                    self.begin_item(item, Some(index), decoded);
                }
                self.finish_item(item, raw, Some(index), decoded);
                if self.stop.is_cut() {
                    return;
                }
            }
            return;
        }
        let of_kind = |kind: &'static str| {
            let is_of_kind =
                move |(_, (item, _)): &(u64, &(Item<'_>, &RawValue))| item.kind() == kind;
            indexed().filter(is_of_kind)
        };
        if self.thoughts.is_empty() {
            let told: Vec<String> = of_kind("reasoning")
                .flat_map(|(_, (item, _))| thoughts(item, None))
                .collect();
            let new = self.thoughts.finish_all(&told);
            self.ponder(new, decoded);
        }
        if !self.is_thinking_kept {
            for (_, (item, raw)) in of_kind("reasoning") {
                self.keep(item, raw, decoded);
            }
        }
        let messages: Vec<String> = of_kind("message")
            .map(|(_, (item, _))| item.content().concat())
            .collect();
        let new = self.text.finish_all(&messages);
        self.say(new, decoded);
        if self.stop.is_cut() {
            return;
        }
        for (index, (item, _)) in of_kind("function_call") {
            let told = self
                .calls
                .finish_item(item, Some(index), self.reply.as_deref());
            self.call(told, decoded);
        }
    }

    fn is_nothing_told(&self) -> bool {
        let is_silent = self.text.is_empty() && self.thoughts.is_empty();
        is_silent && !self.is_thinking_kept && !self.calls.is_any_announced()
    }

    fn reason(&self, end: &End, response: &Response<'_>) -> FinishReason {
        if matches!(end, End::Completed) {
            return if self.calls.is_any_announced() {
                FinishReason::ToolCalls
            } else {
                FinishReason::Stop
            };
        }
        let details = response.incomplete_details.as_ref();
        match details.and_then(|details| details.reason.as_deref()) {
            Some("max_output_tokens" | "max_tokens" | "length") => FinishReason::Length,
            Some("content_filter" | "content_filtered") => FinishReason::ContentFilter,
            _ => FinishReason::Other,
        }
    }

    fn failure(&self, end: &End, response: &Response<'_>) -> Failure {
        if let Some(error) = present(response.error) {
            return errors::in_band_failure(error.get(), &self.scrubber);
        }
        match end {
            End::Cancelled => Failure::new(
                FailureClass::StreamCut,
                "The answer was called off at the provider's end.",
            ),
            _ => Failure::new(
                FailureClass::ServerError,
                "The provider gave the answer up without saying why.",
            ),
        }
    }
}
