//! The shapes on the wire. A field of an unexpected type is as good as a missing one.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{lenient, present, raw_list};

/// One event of a stream, of any type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    /// The reply so far, or at its end.
    #[serde(borrow)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) item: Option<&'a RawValue>,
    /// Which item; the same for all its events, where a server counts rightly.
    #[serde(deserialize_with = "lenient")]
    pub(super) output_index: Option<u64>,
    /// Which item as well; GitHub Copilot makes up another one for each event.
    #[serde(deserialize_with = "lenient")]
    pub(super) item_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) delta: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) refusal: Option<String>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    /// `error` where the whole object is one, as vLLM does.
    #[serde(deserialize_with = "lenient")]
    pub(super) object: Option<String>,
}

/// A reply: what a stream begins and ends with, and the body where nothing is streamed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    /// A gateway names the host that answers.
    #[serde(deserialize_with = "lenient")]
    pub(super) provider: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) status: Option<String>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) incomplete_details: Option<IncompleteDetails>,
    /// Tells a list that is empty from none at all.
    #[serde(borrow)]
    pub(super) output: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) service_tier: Option<String>,
}

impl<'a> Response<'a> {
    /// The items that can be read.
    pub(super) fn items(&self) -> Vec<(Item<'a>, &'a RawValue)> {
        let Some(output) = present(self.output) else {
            return Vec::new();
        };
        let items: Vec<&'a RawValue> = serde_json::from_str(output.get()).unwrap_or_default();
        items
            .into_iter()
            .filter_map(|raw| Some((serde_json::from_str(raw.get()).ok()?, raw)))
            .collect()
    }
}

/// Why a reply ends early.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IncompleteDetails {
    #[serde(deserialize_with = "lenient")]
    pub(super) reason: Option<String>,
}

/// One item of the output.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    /// Links a call to its result. The id of the item does not.
    #[serde(deserialize_with = "lenient")]
    pub(super) call_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: Option<String>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
    /// Of a message, or of thinking that is told in full.
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) summary: Vec<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) encrypted_content: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) action: Option<Action>,
}

impl Item<'_> {
    /// Which kind of item; empty where it does not say.
    pub(super) fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// The words of the content, piece by piece.
    pub(super) fn content(&self) -> Vec<String> {
        let Some(content) = self.content else {
            return Vec::new();
        };
        if let Ok(text) = serde_json::from_str::<String>(content.get()) {
            return vec![text];
        }
        let pieces: Vec<&RawValue> = serde_json::from_str(content.get()).unwrap_or_default();
        pieces.into_iter().filter_map(piece).collect()
    }

    /// The parts of the summary of the thinking.
    pub(super) fn summary(&self) -> Vec<String> {
        self.summary.iter().copied().filter_map(piece).collect()
    }
}

/// What a search of the web did.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Action {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
}

/// Text, a refusal, or a plain string in their place.
fn piece(raw: &RawValue) -> Option<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Piece {
        #[serde(deserialize_with = "lenient")]
        text: Option<String>,
        #[serde(deserialize_with = "lenient")]
        refusal: Option<String>,
    }
    if let Ok(text) = serde_json::from_str::<String>(raw.get()) {
        return Some(text);
    }
    let piece: Piece = serde_json::from_str(raw.get()).ok()?;
    piece.text.or(piece.refusal)
}

/// Arguments as text. Some servers send the object itself.
pub(super) fn arguments(raw: Option<&RawValue>) -> String {
    let Some(raw) = present(raw) else {
        return String::new();
    };
    serde_json::from_str::<String>(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
}
