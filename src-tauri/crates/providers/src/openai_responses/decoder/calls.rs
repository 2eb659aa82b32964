//! Calls of tools, put together from whatever tells of them.

use patchbay_domain::StreamEvent;

use crate::openai_responses::wire::{self, Item};

/// What an event says about the call that it belongs to.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Whose<'a> {
    pub(super) call_id: Option<&'a str>,
    pub(super) item_id: Option<&'a str>,
    pub(super) output_index: Option<u64>,
}

/// The calls so far, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    call_id: Option<String>,
    item_id: Option<String>,
    output_index: Option<u64>,
    name: Option<String>,
    arguments: String,
    /// How many bytes of the arguments were told.
    told: usize,
    is_announced: bool,
    is_finished: bool,
}

impl Calls {
    /// Whether a tool is to be called.
    pub(super) fn is_any_announced(&self) -> bool {
        self.calls.iter().any(|call| call.is_announced)
    }

    /// A call begins. Its arguments, if they are there already, are told again by what follows.
    pub(super) fn begin(
        &mut self,
        item: &Item<'_>,
        output_index: Option<u64>,
        reply: Option<&str>,
    ) -> Option<StreamEvent> {
        let place = self.place_of(item, output_index);
        self.describe(place, item, output_index);
        self.tell(place, reply)
    }

    /// More of the arguments.
    pub(super) fn delta(
        &mut self,
        whose: Whose<'_>,
        piece: &str,
        reply: Option<&str>,
    ) -> Option<StreamEvent> {
        let place = self.find(whose).unwrap_or_else(|| self.add(whose));
        self.calls[place].arguments.push_str(piece);
        self.tell(place, reply)
    }

    /// The arguments as a whole.
    pub(super) fn finish_arguments(
        &mut self,
        whose: Whose<'_>,
        whole: &str,
        reply: Option<&str>,
    ) -> Option<StreamEvent> {
        let place = self.find(whose).unwrap_or_else(|| self.add(whose));
        self.finish(place, whole, reply)
    }

    /// The call as a whole.
    pub(super) fn finish_item(
        &mut self,
        item: &Item<'_>,
        output_index: Option<u64>,
        reply: Option<&str>,
    ) -> Option<StreamEvent> {
        let place = self.place_of(item, output_index);
        self.describe(place, item, output_index);
        self.finish(place, &wire::arguments(item.arguments), reply)
    }

    /// Calls without arguments, at the end of a whole answer: whoever calls reads an object.
    pub(super) fn close(&mut self, reply: Option<&str>) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        for place in 0..self.calls.len() {
            if self.calls[place].arguments.trim().is_empty() {
                self.calls[place].arguments.push_str("{}");
                events.extend(self.tell(place, reply));
            }
        }
        events
    }

    fn finish(&mut self, place: usize, whole: &str, reply: Option<&str>) -> Option<StreamEvent> {
        let call = &mut self.calls[place];
        call.is_finished = true;
        if whole.starts_with(&call.arguments) {
            whole.clone_into(&mut call.arguments);
        }
        self.tell(place, reply)
    }

    fn place_of(&mut self, item: &Item<'_>, output_index: Option<u64>) -> usize {
        let whose = Whose {
            call_id: filled(item.call_id.as_deref()),
            item_id: item.id.as_deref(),
            output_index,
        };
        let known = self.find_by_id(whose).or_else(|| {
            // Pieces came first, and it is told only now whose they were.
            let unnamed = |call: &Call| call.name.is_none();
            self.calls.iter().rposition(unnamed)
        });
        known.unwrap_or_else(|| self.add(whose))
    }

    fn find(&self, whose: Whose<'_>) -> Option<usize> {
        // Where nothing tells calls apart, it is the one that has not ended.
        let is_open = |call: &Call| {
            !call.is_finished && (whose.output_index.is_none() || call.output_index.is_none())
        };
        self.find_by_id(whose)
            .or_else(|| self.calls.iter().rposition(is_open))
    }

    /// The id first, since more servers count wrongly than name wrongly.
    fn find_by_id(&self, whose: Whose<'_>) -> Option<usize> {
        // Two ids that differ are two calls, whatever the index says.
        let may_be = |call: &Call| match (whose.call_id, call.call_id.as_deref()) {
            (Some(wanted), Some(known)) => wanted == known,
            _ => true,
        };
        let position = |test: &dyn Fn(&Call) -> bool| {
            self.calls
                .iter()
                .position(|call| may_be(call) && test(call))
        };
        let (call_id, item_id, index) = (whose.call_id, filled(whose.item_id), whose.output_index);
        position(&|call| call_id.is_some() && call.call_id.as_deref() == call_id)
            .or_else(|| position(&|call| item_id.is_some() && call.item_id.as_deref() == item_id))
            .or_else(|| position(&|call| index.is_some() && call.output_index == index))
    }

    fn add(&mut self, whose: Whose<'_>) -> usize {
        self.calls.push(Call {
            call_id: whose.call_id.map(str::to_owned),
            item_id: filled(whose.item_id).map(str::to_owned),
            output_index: whose.output_index,
            ..Call::default()
        });
        self.calls.len() - 1
    }

    fn describe(&mut self, place: usize, item: &Item<'_>, output_index: Option<u64>) {
        let call = &mut self.calls[place];
        let text = |text: Option<&str>| filled(text).map(str::to_owned);
        call.call_id = call
            .call_id
            .take()
            .or_else(|| text(item.call_id.as_deref()));
        call.item_id = call.item_id.take().or_else(|| text(item.id.as_deref()));
        call.name = call.name.take().or_else(|| text(item.name.as_deref()));
        call.output_index = call.output_index.or(output_index);
    }

    /// What is new about this call. Nothing before its name is known.
    fn tell(&mut self, place: usize, reply: Option<&str>) -> Option<StreamEvent> {
        let call = &mut self.calls[place];
        let name = call.name.clone()?;
        let is_first = !std::mem::replace(&mut call.is_announced, true);
        if !is_first && call.told == call.arguments.len() {
            return None;
        }
        let arguments = call.arguments[call.told..].to_owned();
        call.told = call.arguments.len();
        let index = u32::try_from(place).ok()?;
        let id = is_first.then(|| {
            let id = call.call_id.clone().or_else(|| call.item_id.clone());
            // Unique in the conversation, not only in this reply.
            id.unwrap_or_else(|| format!("{}_{place}", reply.unwrap_or("call")))
        });
        Some(StreamEvent::ToolCall {
            index,
            id,
            name: is_first.then_some(name),
            arguments,
        })
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
