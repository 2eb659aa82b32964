//! The shapes on the wire. A field of an unexpected type is as good as a missing one.

use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) use crate::lenient::{Count, lenient, present, raw_list};

/// One line of an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    /// The server that answers in truth, where this one only passes a cloud model on.
    #[serde(deserialize_with = "lenient")]
    pub(super) remote_host: Option<String>,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient")]
    pub(super) done: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    pub(super) done_reason: Option<String>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// The next piece of a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) content: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) thinking: Option<String>,
    #[serde(borrow, deserialize_with = "raw_list")]
    pub(super) tool_calls: Vec<&'a RawValue>,
}

/// A call, always whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ToolCall<'a> {
    /// Only newer servers give one.
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(borrow)]
    pub(super) function: Option<&'a RawValue>,
}

/// What is called.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Function<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) name: Option<String>,
    #[serde(borrow)]
    pub(super) arguments: Option<&'a RawValue>,
}

/// What `/api/tags` and `/api/ps` say of each model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedModel {
    #[serde(deserialize_with = "lenient")]
    pub(super) name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model: Option<String>,
    /// Filled in where the model runs elsewhere.
    #[serde(deserialize_with = "lenient")]
    pub(super) remote_host: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) details: Option<Details>,
    #[serde(deserialize_with = "lenient")]
    pub(super) capabilities: Option<Vec<String>>,
    /// Only of models that are loaded: the tokens that room was made for.
    #[serde(deserialize_with = "lenient")]
    pub(super) context_length: Option<Count>,
}

/// Facts of a model file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    #[serde(deserialize_with = "lenient")]
    pub(super) quantization_level: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) context_length: Option<Count>,
}

/// What `/api/show` says of one model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ShownModel {
    /// Lines of a name and a value, as the model's file sets them.
    #[serde(deserialize_with = "lenient")]
    pub(super) parameters: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) details: Option<Details>,
    #[serde(deserialize_with = "lenient")]
    pub(super) remote_host: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) model_info: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(deserialize_with = "lenient")]
    pub(super) capabilities: Option<Vec<String>>,
}

/// A list of models.
#[derive(Debug, Deserialize)]
pub(super) struct ModelList<'a> {
    /// A server without a single model says `null`.
    #[serde(borrow)]
    models: Option<Vec<&'a RawValue>>,
}

/// Reads a list of models. An entry that cannot be read does not take the others away.
///
/// # Errors
/// Where the body is no such list.
pub(super) fn parse_list(body: &str) -> Result<Vec<ListedModel>, serde_json::Error> {
    #[derive(Deserialize)]
    struct HasModels {
        #[serde(rename = "models")]
        _models: serde::de::IgnoredAny,
    }
    // A missing field and `null` are told apart only here.
    let _: HasModels = serde_json::from_str(body)?;
    let list: ModelList<'_> = serde_json::from_str(body)?;
    Ok(list
        .models
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| serde_json::from_str(item.get()).ok())
        .collect())
}

/// Reads what is said of one model.
///
/// # Errors
/// Where the body is no JSON object.
pub(super) fn parse_shown(body: &str) -> Result<ShownModel, serde_json::Error> {
    serde_json::from_str(body)
}
