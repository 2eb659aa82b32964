//! The pieces of tool calls, put together whatever the server calls them by.
//!
//! A piece belongs to a call by its id first and by its index second: some servers leave the index
//! out, some always say 0, and some use one again for the next call.

use std::borrow::Cow;

use patchbay_domain::StreamEvent;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::wire::{Count, lenient, present};
use crate::decode::Decoded;
use crate::lenient::filled;

/// The index of calls in the format's first form, which could name only one.
const OLD_FORM: u64 = u64::MAX;

/// A piece of a call, or a whole one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Piece<'a> {
    #[serde(deserialize_with = "lenient")]
    index: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    id: Option<String>,
    #[serde(borrow)]
    function: Option<&'a RawValue>,
    /// Google: the signature of the thinking before the call.
    #[serde(borrow)]
    extra_content: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
}

#[derive(Debug, Default)]
struct Call {
    id: Option<String>,
    index: Option<u64>,
    name: Option<String>,
    /// All arguments so far.
    arguments: String,
    /// How much of them was handed on; `None` before the first event.
    told: Option<usize>,
    /// The id that the first event gave; one that comes later is too late.
    told_id: Option<String>,
    extra_content: Option<Box<RawValue>>,
}

impl Call {
    fn is_whole(&self) -> bool {
        !self.arguments.is_empty()
            && serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }
}

/// The calls of one answer.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
    /// What made-up ids begin with, so that two answers of one conversation do not share any.
    answer: String,
}

impl ToolCalls {
    pub(super) fn has_any(&self) -> bool {
        !self.calls.is_empty()
    }

    /// The provider's id of the answer.
    pub(super) fn name_answer(&mut self, id: &str) {
        self.answer = id.chars().filter(char::is_ascii_alphanumeric).collect();
    }

    /// Reads `tool_calls`: a list of pieces, or one outside a list.
    pub(super) fn push(&mut self, raw: &RawValue, decoded: &mut Decoded) {
        let pieces: Vec<&RawValue> = match raw.get().as_bytes().first() {
            Some(b'[') => serde_json::from_str(raw.get()).unwrap_or_default(),
            Some(b'{') => vec![raw],
            _ => Vec::new(),
        };
        for piece in pieces {
            let Ok(piece) = serde_json::from_str::<Piece<'_>>(piece.get()) else {
                continue;
            };
            let function = piece.function.unwrap_or(RawValue::NULL);
            let index = piece.index.map(|index| index.0);
            let taken = self.take(index, piece.id, function, decoded);
            if let (Some(position), Some(extra)) = (taken, present(piece.extra_content)) {
                self.calls[position].extra_content = Some(extra.to_owned());
            }
        }
    }

    /// Reads `function_call`, the format's first form.
    pub(super) fn push_old_form(&mut self, raw: &RawValue, decoded: &mut Decoded) {
        if raw.get().starts_with('{') {
            self.take(Some(OLD_FORM), None, raw, decoded);
        }
    }

    /// What the calls hold beside name and arguments, each with the id that its call was told with.
    pub(super) fn take_extra_content(&mut self) -> Vec<(String, Box<RawValue>)> {
        (0..self.calls.len())
            .filter_map(|position| {
                let extra = self.calls[position].extra_content.take()?;
                Some((self.calls[position].told_id.clone()?, extra))
            })
            .collect()
    }

    /// A call that never got a name is told as it is.
    pub(super) fn finish(&mut self, decoded: &mut Decoded) {
        for position in 0..self.calls.len() {
            if self.calls[position].told.is_none() {
                self.tell(position, decoded);
            }
        }
    }

    fn take(
        &mut self,
        index: Option<u64>,
        id: Option<String>,
        function: &RawValue,
        decoded: &mut Decoded,
    ) -> Option<usize> {
        let function: Function<'_> = serde_json::from_str(function.get()).unwrap_or_default();
        let (id, name) = (filled(id), filled(function.name));
        let arguments = present(function.arguments)
            .map(arguments)
            .unwrap_or_default();
        if id.is_none() && name.is_none() && arguments.is_empty() {
            return None;
        }
        let position = self.position(index, id.as_deref(), name.as_deref());
        let call = &mut self.calls[position];
        call.id = call.id.take().or(id);
        call.index = call.index.or(index);
        call.name = call.name.take().or(name);
        call.arguments.push_str(&arguments);
        if call.name.is_some() && (call.told != Some(call.arguments.len())) {
            self.tell(position, decoded);
        }
        Some(position)
    }

    /// Which call a piece belongs to; a new one where it begins one.
    fn position(&mut self, index: Option<u64>, id: Option<&str>, name: Option<&str>) -> usize {
        let by_id = id.and_then(|id| {
            self.rposition(|call| {
                // Some servers give all calls one id, and tell them apart by their index.
                let is_other = name.is_some() && index.is_some() && call.index != index;
                call.id.as_deref() == Some(id) && !is_other
            })
        });
        by_id
            .or_else(|| self.continued(index, id, name))
            .unwrap_or_else(|| {
                self.calls.push(Call::default());
                self.calls.len() - 1
            })
    }

    /// The call that a piece of an unknown id, or of none, goes on with.
    fn continued(&self, index: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let candidate = match index {
            Some(index) => self.rposition(|call| call.index == Some(index)),
            None if id.is_none() || name.is_none() => self.calls.len().checked_sub(1),
            None => None,
        }?;
        let call = &self.calls[candidate];
        let begins_another = match (id, name) {
            // Only a first piece has a name, so one without goes on, even where a server makes up
            // an id for each.
            (_, None) => false,
            // An index that is used again.
            (Some(_), Some(_)) => call.id.is_some(),
            // Without an index a name begins the next call; with one it may only be repeated.
            (None, Some(_)) => call.name.is_some() && (index.is_none() || call.is_whole()),
        };
        (!begins_another).then_some(candidate)
    }

    fn rposition(&self, is_it: impl Fn(&Call) -> bool) -> Option<usize> {
        self.calls.iter().rposition(is_it)
    }

    fn tell(&mut self, position: usize, decoded: &mut Decoded) {
        let is_first = self.calls[position].told.is_none();
        let id = is_first.then(|| self.event_id(position));
        self.calls[position].told_id = self.calls[position].told_id.take().or(id.clone());
        let call = &mut self.calls[position];
        let arguments = call.arguments[call.told.unwrap_or(0)..].to_owned();
        call.told = Some(call.arguments.len());
        decoded.push(Ok(StreamEvent::ToolCall {
            index: u32::try_from(position).unwrap_or(u32::MAX),
            id,
            name: call.name.clone().filter(|_| is_first),
            arguments,
        }));
    }

    /// The provider's id, or one that is made up where there is none that tells the calls apart.
    fn event_id(&self, position: usize) -> String {
        let id = self.calls[position].id.as_deref();
        let is_taken = |id: &&str| {
            self.calls
                .iter()
                .any(|other| other.told_id.as_deref() == Some(*id))
        };
        id.filter(|id| !is_taken(id))
            .map_or_else(|| format!("call_{}_{position}", self.answer), str::to_owned)
    }
}

/// A text of JSON as the format has it, or the JSON itself as some send it.
fn arguments(raw: &RawValue) -> Cow<'_, str> {
    match serde_json::from_str::<String>(raw.get()) {
        Ok(text) => Cow::Owned(text),
        Err(_) => Cow::Borrowed(raw.get()),
    }
}
