//! Thinking that a provider wants back with the next request.

use patchbay_domain::{JsonText, StreamEvent};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::dialect::ReasoningReturn;
use super::super::{REASONING_CONTENT, REASONING_DETAILS, TOOL_EXTRA_CONTENT};
use super::tool_calls::ToolCalls;
use crate::decode::Decoded;

/// The fields of a detail that come piece by piece. All others come once.
const GROWING: [&str; 3] = ["text", "summary", "data"];

/// What is kept of the thinking of one answer.
#[derive(Debug, Default)]
pub(super) struct Thoughts {
    returned: ReasoningReturn,
    words: String,
    details: Vec<Map<String, Value>>,
}

impl Thoughts {
    pub(super) fn new(returned: ReasoningReturn) -> Self {
        Self {
            returned,
            ..Self::default()
        }
    }

    /// Keeps words of thinking, where they are wanted back.
    pub(super) fn push_words(&mut self, text: &str) {
        if matches!(
            self.returned,
            ReasoningReturn::ReasoningContent | ReasoningReturn::ReasoningContentWithTools
        ) {
            self.words.push_str(text);
        }
    }

    /// Keeps `reasoning_details`, and says what can be read of them.
    pub(super) fn push_details(&mut self, raw: &RawValue) -> String {
        let pieces: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
        let pieces = pieces
            .into_iter()
            .filter_map(|piece| serde_json::from_str::<Map<String, Value>>(piece.get()).ok());
        let mut said = String::new();
        for (place, piece) in pieces.enumerate() {
            for field in ["text", "summary"] {
                said.push_str(piece.get(field).and_then(Value::as_str).unwrap_or_default());
            }
            self.keep(piece, place == 0);
        }
        said
    }

    fn keep(&mut self, piece: Map<String, Value>, is_first: bool) {
        if self.returned != ReasoningReturn::ReasoningDetails {
            return;
        }
        match self.details.last_mut() {
            Some(last) if continues(last, &piece, is_first) => grow(last, piece),
            _ => self.details.push(piece),
        }
    }

    /// Hands over what was kept.
    pub(super) fn finish(&mut self, tool_calls: &mut ToolCalls, decoded: &mut Decoded) {
        let words = std::mem::take(&mut self.words);
        let is_wanted =
            tool_calls.has_any() || self.returned != ReasoningReturn::ReasoningContentWithTools;
        if is_wanted && !words.is_empty() {
            decoded.push(Ok(item(REASONING_CONTENT, &Value::from(words))));
        }
        for detail in std::mem::take(&mut self.details) {
            decoded.push(Ok(item(REASONING_DETAILS, &Value::from(detail))));
        }
        if self.returned == ReasoningReturn::ToolExtraContent {
            for (id, extra_content) in tool_calls.take_extra_content() {
                let id = Value::from(id);
                let text = format!(r#"{{"id":{id},"extra_content":{extra_content}}}"#);
                decoded.push(Ok(StreamEvent::ReasoningItem {
                    format: TOOL_EXTRA_CONTENT.to_owned(),
                    item: JsonText(text),
                }));
            }
        }
    }
}

fn item(format: &str, item: &Value) -> StreamEvent {
    StreamEvent::ReasoningItem {
        format: format.to_owned(),
        item: JsonText(item.to_string()),
    }
}

/// Pieces of one detail follow each other and share type and index. Where there is no index, only
/// words that follow words are pieces of one, and a signature ends it.
fn continues(last: &Map<String, Value>, piece: &Map<String, Value>, is_first: bool) -> bool {
    let present = |detail: &Map<String, Value>, field: &str| {
        detail.get(field).filter(|value| !value.is_null()).cloned()
    };
    let kind = present(piece, "type");
    if kind.is_none() || kind != present(last, "type") {
        return false;
    }
    // A piece need not repeat the id, but another id is another detail.
    if let (Some(left), Some(right)) = (present(last, "id"), present(piece, "id"))
        && left != right
    {
        return false;
    }
    match (present(last, "index"), present(piece, "index")) {
        (Some(left), Some(right)) => left == right,
        (None, None) => {
            let is_words = kind.as_ref().and_then(Value::as_str) != Some("reasoning.encrypted");
            is_first && is_words && present(last, "signature").is_none()
        }
        _ => false,
    }
}

fn grow(detail: &mut Map<String, Value>, piece: Map<String, Value>) {
    for (field, value) in piece {
        match (detail.get_mut(&field), value) {
            (_, Value::Null) => {}
            (Some(Value::String(whole)), Value::String(more)) if GROWING.contains(&&*field) => {
                whole.push_str(&more);
            }
            (_, value) => {
                detail.insert(field, value);
            }
        }
    }
}
