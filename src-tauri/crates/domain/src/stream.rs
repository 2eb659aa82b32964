//! What a provider says while it answers, in one vocabulary for all wire formats.

use serde::{Deserialize, Serialize};

use crate::content::JsonText;
use crate::embedding::Vector;
use crate::money::NanoUsd;
use crate::price::ServiceTier;
use crate::provider::WireFamily;
use crate::rate_limit::RateLimits;
use crate::usage::{RawUsage, Usage};
use crate::words::word_enum;

word_enum! {
    /// Why a model stopped.
    pub enum FinishReason {
        /// It was done, or reached a stop text.
        Stop = "stop",
        /// It reached the longest answer allowed, or the end of its context.
        Length = "length",
        /// The provider's filter ended the answer.
        ContentFilter = "content_filter",
        /// It wants a tool to be called.
        ToolCalls = "tool_calls",
        /// A word that we do not know.
        Other = "other",
    }
}

/// One event of an answer. A stream that ends without [`StreamEvent::Finished`] was cut.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// The provider began to answer, and may have said under which id and model name.
    Started {
        /// The provider's own id of this request, for its support desk.
        request_id: Option<String>,
        /// The model that says it answers, as the provider spells it.
        model: Option<String>,
        /// The host behind a gateway, where the gateway names it.
        served_by: Option<String>,
    },
    /// What the headers of the reply say may still be asked. At most once, before any text.
    RateLimits {
        /// At least one allowance.
        limits: RateLimits,
    },
    /// Text of the answer, to be appended.
    Text {
        /// Never empty; always whole characters.
        text: String,
    },
    /// Text of the thinking, to be appended. It never commits a stream.
    Reasoning {
        /// Never empty; always whole characters.
        text: String,
    },
    /// A piece of a tool call. Pieces of one call share their index; calls are counted from 0 in the
    /// order in which they began. It commits a stream, as text does.
    ToolCall {
        /// Which call.
        index: u32,
        /// The provider's id of it, in its first piece. Made up where the provider gives none.
        id: Option<String>,
        /// The tool's name, in its first piece.
        name: Option<String>,
        /// More of its arguments, to be appended; may be empty. Whole JSON at the end.
        arguments: String,
    },
    /// Thinking that is to be sent back unmodified with the next request of the same conversation,
    /// as [`Part::ReasoningItem`](crate::content::Part::ReasoningItem): signed or encrypted thinking,
    /// whose words may be nowhere else.
    ReasoningItem {
        /// Which format made it.
        format: String,
        /// The item.
        item: JsonText,
    },
    /// What a format says beside the answer, such as the chances of its tokens: for an app that speaks
    /// the same format, and for nobody else.
    Aside {
        /// Which format.
        family: WireFamily,
        /// An object whose fields stand beside the text in that format.
        fields: JsonText,
    },
    /// The vectors that were asked for, all of them, in the order of what was asked. It commits a stream,
    /// as text does.
    Embeddings {
        /// One for each input.
        vectors: Vec<Vector>,
    },
    /// Tokens so far. A later one replaces an earlier one; nothing is added up.
    Usage {
        /// Counted in classes that do not overlap.
        usage: Usage,
        /// The object as the provider sent it.
        raw: RawUsage,
        /// What the provider says it charged.
        reported_cost: Option<NanoUsd>,
        /// The tier of service that it says it gave.
        service_tier: Option<ServiceTier>,
    },
    /// What a person should know about an answer that is fine otherwise, such as a prompt that the
    /// server cuts. It ends up on the receipt.
    Warning {
        /// A whole sentence.
        sentence: String,
    },
    /// One event could not be read; the rest of the stream may be fine.
    Malformed {
        /// What was wrong, without the event's text.
        reason: String,
    },
    /// The model said why it stopped. Usage may still follow.
    Finished {
        /// Why.
        reason: FinishReason,
    },
}
