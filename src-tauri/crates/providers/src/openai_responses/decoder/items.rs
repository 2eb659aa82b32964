//! The items of a reply, as they come.

use patchbay_domain::{FinishReason, JsonText, StreamEvent};
use serde_json::value::RawValue;

use super::read::{Told, is_search, thoughts};
use super::{Decoder, warning};
use crate::decode::Decoded;
use crate::openai_responses::FORMAT;
use crate::openai_responses::wire::{Item, Response};

const CUT: &str = "The answer reached a stop text. This format has none, so Patchbay cut it there; \
                   the provider charges for what the model wrote after it as well.";

impl Decoder {
    pub(super) fn begin_item(
        &mut self,
        item: &Item<'_>,
        index: Option<u64>,
        decoded: &mut Decoded,
    ) {
        match item.kind() {
            "message" => self.text.begin_item(),
            "reasoning" => {
                self.thoughts.begin_item();
                self.told = None;
            }
            "function_call" => {
                let told = self.calls.begin(item, index, self.reply.as_deref());
                self.call(told, decoded);
            }
            _ => {}
        }
    }

    pub(super) fn finish_item(
        &mut self,
        item: &Item<'_>,
        raw: &RawValue,
        index: Option<u64>,
        decoded: &mut Decoded,
    ) {
        match item.kind() {
            "message" => {
                let new = self.text.finish_item(&[item.content().concat()], index);
                self.say(new, decoded);
            }
            "reasoning" => {
                let new = self.thoughts.finish_item(&thoughts(item, self.told), index);
                self.ponder(new, decoded);
                self.keep(item, raw, decoded);
                self.told = None;
            }
            "function_call" => {
                let told = self.calls.finish_item(item, index, self.reply.as_deref());
                self.call(told, decoded);
            }
            "web_search_call" if is_search(item) => self.searches += 1,
            _ => {}
        }
    }

    /// Thinking that is wanted back. Without its encrypted content it is a name of something that was
    /// never stored.
    pub(super) fn keep(&mut self, item: &Item<'_>, raw: &RawValue, decoded: &mut Decoded) {
        if item.encrypted_content.as_deref().is_none_or(str::is_empty) {
            return;
        }
        self.is_thinking_kept = true;
        self.start(&Response::default(), decoded);
        decoded.push(Ok(StreamEvent::ReasoningItem {
            format: FORMAT.to_owned(),
            item: JsonText(raw.get().to_owned()),
        }));
    }

    pub(super) fn tells(&mut self, told: Told) -> bool {
        *self.told.get_or_insert(told) == told
    }

    pub(super) fn think(&mut self, told: Told, piece: Option<&str>, decoded: &mut Decoded) {
        if self.tells(told) {
            let new = self.thoughts.delta(piece.unwrap_or_default());
            self.ponder(new, decoded);
        }
    }

    pub(super) fn finish_thought(
        &mut self,
        told: Told,
        whole: Option<&str>,
        decoded: &mut Decoded,
    ) {
        if self.tells(told) {
            let new = self.thoughts.finish_part(whole.unwrap_or_default());
            self.ponder(new, decoded);
        }
    }

    pub(super) fn ponder(&mut self, new: Option<String>, decoded: &mut Decoded) {
        if let Some(text) = new {
            self.start(&Response::default(), decoded);
            decoded.push(Ok(StreamEvent::Reasoning { text }));
        }
    }

    pub(super) fn say(&mut self, new: Option<String>, decoded: &mut Decoded) {
        let Some(new) = new else {
            return;
        };
        let was_cut = self.stop.is_cut();
        let text = self.stop.push(new);
        self.push_text(text, decoded);
        if self.stop.is_cut() && !was_cut {
            self.start(&Response::default(), decoded);
            decoded.push(warning(CUT.to_owned()));
            self.finish(FinishReason::Stop, decoded);
        }
    }

    pub(super) fn push_text(&mut self, text: String, decoded: &mut Decoded) {
        if !text.is_empty() {
            self.start(&Response::default(), decoded);
            decoded.push(Ok(StreamEvent::Text { text }));
        }
    }

    pub(super) fn call(&mut self, told: Option<StreamEvent>, decoded: &mut Decoded) {
        if let Some(told) = told {
            // No stop text reaches over a call.
            let held = self.stop.flush();
            self.push_text(held, decoded);
            self.start(&Response::default(), decoded);
            decoded.push(Ok(told));
        }
    }
}
