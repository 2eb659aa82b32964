//! The shapes on the wire. A field of an unexpected type is as good as a missing one.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::lenient::{Count, lenient, raw_list};

/// One event of a stream, one item of an unstreamed list, or a whole reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Reply<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) response_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model_version: Option<String>,
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) candidates: Vec<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) prompt_feedback: Option<PromptFeedback>,
    #[serde(borrow)]
    pub(super) usage_metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// What the filter thinks of the prompt.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct PromptFeedback {
    #[serde(deserialize_with = "lenient")]
    pub(super) block_reason: Option<String>,
    /// Only on Google Cloud.
    #[serde(deserialize_with = "lenient")]
    pub(super) block_reason_message: Option<String>,
}

/// One of the answers; only the first is ever asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) index: Option<u64>,
    #[serde(borrow)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) finish_reason: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) finish_message: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) grounding_metadata: Option<GroundingMetadata>,
}

/// What the answer was grounded on.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct GroundingMetadata {
    #[serde(deserialize_with = "lenient")]
    pub(super) web_search_queries: Option<Vec<String>>,
}

/// A turn, or the next piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content<'a> {
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) parts: Vec<&'a RawValue>,
}

/// A part of a turn.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Part {
    #[serde(deserialize_with = "lenient")]
    pub(super) text: Option<String>,
    /// The text is thinking.
    #[serde(deserialize_with = "lenient")]
    pub(super) thought: Option<bool>,
    /// What has to come back with this very part.
    #[serde(deserialize_with = "lenient")]
    pub(super) thought_signature: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) function_call: Option<FunctionCall>,
    #[serde(deserialize_with = "lenient")]
    pub(super) inline_data: Option<MediaType>,
    #[serde(deserialize_with = "lenient")]
    pub(super) file_data: Option<MediaType>,
    #[serde(deserialize_with = "lenient")]
    pub(super) executable_code: Option<Anything>,
    #[serde(deserialize_with = "lenient")]
    pub(super) code_execution_result: Option<Anything>,
}

/// A tool that the model asks for; always whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FunctionCall {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) name: Option<String>,
    pub(super) args: Option<Box<RawValue>>,
    /// Where the first models that signed calls put the signature.
    #[serde(deserialize_with = "lenient")]
    pub(super) thought_signature: Option<String>,
}

/// Of bytes only their type is read: nobody here can show them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct MediaType {
    #[serde(deserialize_with = "lenient")]
    pub(super) mime_type: Option<String>,
}

/// Something of which it is enough to know that it is there.
#[derive(Debug, Deserialize)]
pub(super) struct Anything {}

/// Tokens, as Google counts them.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct UsageMetadata {
    /// All of the prompt, what came from the cache included.
    #[serde(deserialize_with = "lenient")]
    pub(super) prompt_token_count: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    pub(super) cached_content_token_count: Option<Count>,
    /// The answer without the thinking.
    #[serde(deserialize_with = "lenient")]
    pub(super) candidates_token_count: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    pub(super) thoughts_token_count: Option<Count>,
    /// What Google's own tools put before the model; beside the prompt.
    #[serde(deserialize_with = "lenient")]
    pub(super) tool_use_prompt_token_count: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    pub(super) total_token_count: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    pub(super) prompt_tokens_details: Option<Vec<ModalityCount>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) cache_tokens_details: Option<Vec<ModalityCount>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) candidates_tokens_details: Option<Vec<ModalityCount>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) tool_use_prompt_tokens_details: Option<Vec<ModalityCount>>,
    /// Google Cloud's word for the tier.
    #[serde(deserialize_with = "lenient")]
    pub(super) traffic_type: Option<String>,
    /// Google AI Studio's.
    #[serde(deserialize_with = "lenient")]
    pub(super) service_tier: Option<String>,
}

/// Tokens of one kind of content.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ModalityCount {
    #[serde(deserialize_with = "lenient")]
    pub(super) modality: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) token_count: Option<Count>,
}
