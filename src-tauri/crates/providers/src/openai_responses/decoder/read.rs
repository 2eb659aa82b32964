//! What stands in an event.

use serde_json::value::RawValue;

use super::calls::Whose;
use crate::lenient::present;
use crate::openai_responses::wire::{Event, Item, Response};

/// In which words a model's thinking is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Summary,
    InFull,
}

/// The reply in this event; where there is none, the event itself is it.
pub(super) fn response<'a>(event: &Event<'a>, data: &'a str) -> Response<'a> {
    let raw = present(event.response).map_or(data, RawValue::get);
    serde_json::from_str(raw).unwrap_or_default()
}

pub(super) fn item<'a>(event: &Event<'a>) -> Option<(Item<'a>, &'a RawValue)> {
    let raw = present(event.item)?;
    Some((serde_json::from_str(raw.get()).ok()?, raw))
}

pub(super) fn whose<'a>(event: &'a Event<'_>) -> Whose<'a> {
    Whose {
        call_id: None,
        item_id: event.item_id.as_deref(),
        output_index: event.output_index,
    }
}

/// The paragraphs of an item of thinking.
pub(super) fn thoughts(item: &Item<'_>, told: Option<Told>) -> Vec<String> {
    let in_full = item.content().concat();
    match told {
        Some(Told::Summary) => item.summary(),
        None if in_full.is_empty() => item.summary(),
        Some(Told::InFull) | None => vec![in_full],
    }
}

/// Opening a page that was found is no search, and is not charged as one.
pub(super) fn is_search(item: &Item<'_>) -> bool {
    let action = item
        .action
        .as_ref()
        .and_then(|action| action.kind.as_deref());
    matches!(action, None | Some("search"))
}

pub(super) fn count(items: &[(Item<'_>, &RawValue)]) -> u64 {
    let is_counted = |item: &Item<'_>| item.kind() == "web_search_call" && is_search(item);
    let count = items.iter().filter(|(item, _)| is_counted(item)).count();
    u64::try_from(count).unwrap_or(u64::MAX)
}
