//! The shapes on the wire. A field of an unexpected type is as good as a missing one.

use serde::Deserialize;
use serde::de::Deserializer;
use serde_json::value::RawValue;

use crate::lenient::raw_list;
pub(super) use crate::lenient::{Count, lenient, present};

/// One chunk of a stream, or a whole reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    /// OpenRouter: the host that answers.
    #[serde(deserialize_with = "lenient")]
    pub(super) provider: Option<String>,
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) choices: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    /// Groq's own place for usage.
    #[serde(borrow)]
    pub(super) x_groq: Option<&'a RawValue>,
    /// The tier of service that answers.
    #[serde(deserialize_with = "lenient")]
    pub(super) service_tier: Option<String>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    /// MiniMax's place for errors.
    #[serde(borrow)]
    pub(super) base_resp: Option<&'a RawValue>,
    /// `error` where the whole object is one, as vLLM does.
    #[serde(deserialize_with = "lenient")]
    pub(super) object: Option<String>,
}

/// One of the answers; only the first is ever asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) index: Option<u64>,
    #[serde(borrow, deserialize_with = "message")]
    pub(super) delta: Option<Message<'a>>,
    /// In a reply that is not a stream.
    #[serde(borrow, deserialize_with = "message")]
    pub(super) message: Option<Message<'a>>,
    /// The chances of the tokens of this piece.
    #[serde(borrow)]
    pub(super) logprobs: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) finish_reason: Option<String>,
    /// Moonshot's place for usage.
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// A message, or the next piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) content: Option<Content>,
    #[serde(deserialize_with = "lenient")]
    pub(super) reasoning_content: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) reasoning: Option<String>,
    /// OpenRouter: thinking with its signatures.
    #[serde(borrow)]
    pub(super) reasoning_details: Option<&'a RawValue>,
    /// OpenRouter: pictures that the model made.
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) images: Vec<&'a RawValue>,
    #[serde(borrow)]
    pub(super) tool_calls: Option<&'a RawValue>,
    /// What `tool_calls` was called first.
    #[serde(borrow)]
    pub(super) function_call: Option<&'a RawValue>,
    /// The model declines, in words of its own.
    #[serde(deserialize_with = "lenient")]
    pub(super) refusal: Option<String>,
}

/// A message where it is one; else nothing.
fn message<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Message<'de>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

/// Text, or parts of which some are text.
#[derive(Debug)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        let content = match raw.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw.get()).map(Self::Text),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw.get()).map(|parts| {
                // A part that we cannot read does not take the others away.
                Self::Parts(
                    parts
                        .iter()
                        .filter_map(|part| serde_json::from_str(part.get()).ok())
                        .collect(),
                )
            }),
            // One part outside a list.
            _ => serde_json::from_str(raw.get()).map(|part| Self::Parts(vec![part])),
        };
        content.map_err(serde::de::Error::custom)
    }
}

/// One part of a content list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Part {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    /// Mistral: thinking, itself a list of parts.
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking: Option<Box<Content>>,
}
