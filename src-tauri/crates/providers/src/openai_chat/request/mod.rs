//! The body of a request.

mod content;
mod messages;
mod reasoning;
mod tool_ids;
mod tools;

use patchbay_domain::content::{ReasoningEffort, ResponseFormat};
use patchbay_domain::{ChatRequest, Failure, JsonText};
use serde_json::json;

use super::dialect::{
    CacheKeyField, Continuation, Dialect, JsonModes, MaxTokensField, ReasoningSwitch, SeedField,
};
use crate::request_body::{Fields, Join, object, with_extra_body};

/// What is sent, and what a person should know about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestBody {
    /// The body as JSON.
    pub json: Vec<u8>,
    /// Whole sentences about wishes that could not be sent as they were made.
    pub warnings: Vec<String>,
}

/// The body of a streaming request. What the dialect has no place for is refused here, before
/// anything is sent.
///
/// # Errors
/// [`InvalidRequest`](patchbay_domain::FailureClass::InvalidRequest) for a part that cannot be sent in this dialect and for JSON that
/// does not parse. Numbers are finite, which
/// [`Parameters::validate`](patchbay_domain::Parameters::validate) has checked.
pub fn body(request: &ChatRequest, dialect: Dialect) -> Result<RequestBody, Failure> {
    let parameters = &request.parameters;
    let (format, instruction) = response_format(&parameters.response_format, dialect)?;
    let mut fields = Fields::default();
    fields.put("model", &request.model)?;
    let mut messages = messages::messages(request, instruction.as_deref(), dialect)?;
    if request.continues
        && dialect.continuation == Continuation::PrefixFlag
        && let Some(last) = messages.last_mut()
    {
        last.put("prefix", &true)?;
    }
    fields.put("messages", &messages)?;
    fields.put("stream", &true)?;
    if request.continues && dialect.continuation == Continuation::FinalMessage {
        fields.put("add_generation_prompt", &false)?;
        fields.put("continue_final_message", &true)?;
    }
    if dialect.stream_options {
        fields.put("stream_options", &json!({ "include_usage": true }))?;
    }
    fields.put_some("temperature", parameters.temperature.as_ref())?;
    fields.put_some("top_p", parameters.top_p.as_ref())?;
    match dialect.seed_field {
        SeedField::Absent => {}
        SeedField::Seed => fields.put_some("seed", parameters.seed.as_ref())?,
        SeedField::RandomSeed => fields.put_some("random_seed", parameters.seed.as_ref())?,
    }
    let max_tokens_field = match dialect.max_tokens_field {
        MaxTokensField::MaxTokens => "max_tokens",
        MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
    };
    fields.put_some(max_tokens_field, parameters.max_tokens.as_ref())?;
    if !parameters.stop.is_empty() {
        fields.put("stop", &parameters.stop)?;
    }
    reasoning::put(&mut fields, effort(request, dialect), dialect)?;
    tools::put(&mut fields, request, dialect)?;
    fields.put_some("response_format", format.as_ref())?;
    match dialect.cache_key_field {
        CacheKeyField::Absent => {}
        CacheKeyField::PromptCacheKey => {
            fields.put_some("prompt_cache_key", request.cache_key.as_ref())?;
        }
        CacheKeyField::SessionId => fields.put_some("session_id", request.cache_key.as_ref())?,
    }
    Ok(RequestBody {
        json: with_extra_body(&fields, request.extra_body.as_ref(), Join::Never)?,
        warnings: instruction
            .map(|_| SCHEMA_WARNING.to_owned())
            .into_iter()
            .collect(),
    })
}

/// Models that think unless they are told not to would do so behind the half answer, and llama.cpp
/// refuses to go on from one then.
fn effort(request: &ChatRequest, dialect: Dialect) -> Option<ReasoningEffort> {
    let chosen = request.parameters.reasoning_effort;
    let is_switched = dialect.reasoning_switch == ReasoningSwitch::ChatTemplate;
    chosen.or((request.continues && is_switched).then_some(ReasoningEffort::None))
}

const SCHEMA_WARNING: &str = "This provider cannot hold a model to a schema. \
    It was asked for JSON, and the schema was sent as an instruction.";

/// The field for the form of the answer, and the instruction that stands in for a schema where the
/// provider knows none. A schema is never just forgotten.
fn response_format(
    format: &ResponseFormat,
    dialect: Dialect,
) -> Result<(Option<Fields>, Option<String>), Failure> {
    let any_object = JsonText(r#"{"type":"object"}"#.to_owned());
    let (name, schema, is_strict) = match format {
        ResponseFormat::Text => return Ok((None, None)),
        ResponseFormat::Json if dialect.json_modes == JsonModes::SchemaOnly => {
            ("answer", object(&any_object, "The schema")?, false)
        }
        ResponseFormat::Json => return Ok((Some(json_object_format()?), None)),
        ResponseFormat::Schema {
            name,
            schema,
            is_strict,
        } => {
            let schema = object(schema, &format!("The schema \"{name}\""))?;
            (name.as_str(), schema, *is_strict)
        }
    };
    if dialect.json_modes == JsonModes::ObjectOnly {
        let instruction =
            format!("Answer with one JSON object that follows this JSON schema:\n{schema}");
        return Ok((Some(json_object_format()?), Some(instruction)));
    }
    let mut described = Fields::default();
    described.put("name", &name)?;
    described.put("schema", schema)?;
    if is_strict {
        described.put("strict", &true)?;
    }
    let mut format = Fields::default();
    format.put("type", &"json_schema")?;
    format.put("json_schema", &described)?;
    Ok((Some(format), None))
}

fn json_object_format() -> Result<Fields, Failure> {
    let mut format = Fields::default();
    format.put("type", &"json_object")?;
    Ok(format)
}

#[cfg(test)]
mod tests;
