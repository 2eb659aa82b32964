//! The shapes on the wire. A field of an unexpected type is as good as a missing one.

use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) use crate::lenient::{Count, lenient, present, raw_list};

/// One event of a stream, or a whole reply: which one it is, its `type` says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    /// `message_start`.
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    /// `content_block_start`, `content_block_delta`, `content_block_stop`: which block.
    #[serde(deserialize_with = "lenient")]
    pub(super) index: Option<Count>,
    /// `content_block_start`.
    #[serde(borrow)]
    pub(super) content_block: Option<&'a RawValue>,
    /// `content_block_delta`, `message_delta`.
    #[serde(borrow)]
    pub(super) delta: Option<&'a RawValue>,
    /// `message_delta`.
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    /// `error`, and what gateways put beside everything else.
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A message: in `message_start` without content, in a whole reply with all of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) content: Vec<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_details: Option<StopDetails>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
}

/// A block of content, or its beginning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Block<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) signature: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: Option<String>,
    /// A tool's arguments; `{}` where they follow in pieces.
    #[serde(borrow)]
    pub(super) input: Option<&'a RawValue>,
}

/// The next piece of a block, or the end of the message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta {
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) signature: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) partial_json: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) stop_details: Option<StopDetails>,
}

/// Why the provider's policy ended the answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StopDetails {
    #[serde(deserialize_with = "lenient")]
    pub(super) explanation: Option<String>,
}
