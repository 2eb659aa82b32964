//! The body of a request.

use std::collections::BTreeMap;

use patchbay_domain::content::{ResponseFormat, Tool, ToolChoice};
use patchbay_domain::{ChatRequest, Failure, FailureClass, Parameters};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::contents::{Content, contents, instruction};
use super::models::model_version;
use super::thinking::{ThinkingConfig, thinking_config};
use crate::request_body::{Join, object, with_extra_body};

/// Whose servers a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Google AI Studio.
    AiStudio,
    /// Google Cloud, which refuses ids of tool calls as unknown fields.
    GoogleCloud,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    system_instruction: Option<Content<'a>>,
    contents: Vec<Content<'a>>,
    #[serde(skip_serializing_if = "GenerationConfig::is_empty")]
    generation_config: GenerationConfig<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolList<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_config: Option<ToolConfig<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop_sequences: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    response_mime_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_json_schema: Option<&'a RawValue>,
    /// The name, and the dialect of schemas, of models before 2.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_schema: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_config: Option<ThinkingConfig>,
}

impl GenerationConfig<'_> {
    fn is_empty(&self) -> bool {
        self.temperature.is_none()
            && self.top_p.is_none()
            && self.seed.is_none()
            && self.max_output_tokens.is_none()
            && self.stop_sequences.is_empty()
            && self.response_mime_type.is_none()
            && self.thinking_config.is_none()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolList<'a> {
    function_declarations: Vec<FunctionDeclaration<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionDeclaration<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters_json_schema: Option<&'a RawValue>,
    /// For models before 2.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolConfig<'a> {
    function_calling_config: FunctionCallingConfig<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionCallingConfig<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_function_names: Option<[&'a str; 1]>,
}

/// The body of a request as JSON. The model is not in it: it stands in the address.
///
/// Google has no place for the strictness of a schema (it always tries), a cache key or cache hints
/// (it caches by itself): these are left out.
///
/// `extra_body` comes last and goes deep: of two objects under one name the fields are joined, so
/// that one setting more does not take the others away.
///
/// # Errors
/// [`InvalidRequest`](patchbay_domain::FailureClass::InvalidRequest) where something in the request has no place in this format, or
/// is not the JSON that it should be.
pub fn body(request: &ChatRequest, platform: Platform) -> Result<Vec<u8>, Failure> {
    let is_old = model_version(&request.model).is_some_and(|version| version < (2, 5));
    let body = Body {
        system_instruction: instruction(request)?,
        contents: contents(request, platform)?,
        generation_config: generation_config(request, is_old)?,
        tools: tools(&request.tools, is_old)?,
        tool_config: tool_config(request),
    };
    with_extra_body(&body, request.extra_body.as_ref(), Join::Deep)
}

/// What Google Cloud counts.
const COUNTED: &[&str] = &["contents", "systemInstruction", "tools", "generationConfig"];

/// The body of a request that asks how many tokens another one would be read as. `model` is its address
/// below the base URL, which Google AI Studio wants inside as well.
///
/// # Errors
/// As [`body`].
pub(super) fn count_body(
    request: &ChatRequest,
    platform: Platform,
    model: &str,
) -> Result<Vec<u8>, Failure> {
    let whole = body(request, platform)?;
    let unreadable =
        |error: serde_json::Error| Failure::new(FailureClass::Internal, error.to_string());
    let mut fields: BTreeMap<&str, &RawValue> =
        serde_json::from_slice(&whole).map_err(unreadable)?;
    let written = match platform {
        Platform::AiStudio => {
            let model = serde_json::value::to_raw_value(model).map_err(unreadable)?;
            fields.insert("model", &model);
            serde_json::to_vec(&BTreeMap::from([("generateContentRequest", fields)]))
        }
        Platform::GoogleCloud => {
            fields.retain(|name, _| COUNTED.contains(name));
            serde_json::to_vec(&fields)
        }
    };
    written.map_err(unreadable)
}

fn generation_config(request: &ChatRequest, is_old: bool) -> Result<GenerationConfig<'_>, Failure> {
    let Parameters {
        temperature,
        top_p,
        seed,
        max_tokens,
        stop,
        reasoning_effort,
        response_format,
    } = &request.parameters;
    let schema = match response_format {
        ResponseFormat::Schema { schema, .. } => Some(object(schema, "The schema of the answer")?),
        _ => None,
    };
    Ok(GenerationConfig {
        temperature: *temperature,
        top_p: *top_p,
        // Google's seeds have 31 bits; the same long one still gives the same short one.
        seed: seed.map(|seed| (seed & 0x7fff_ffff) as u32),
        max_output_tokens: *max_tokens,
        stop_sequences: stop,
        response_mime_type: (*response_format != ResponseFormat::Text)
            .then_some("application/json"),
        response_json_schema: schema.filter(|_| !is_old),
        response_schema: schema.filter(|_| is_old).map(old_schema),
        thinking_config: thinking_config(&request.model, *reasoning_effort),
    })
}

fn tools(tools: &[Tool], is_old: bool) -> Result<Vec<ToolList<'_>>, Failure> {
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let declare = |tool| declaration(tool, is_old);
    let function_declarations = tools.iter().map(declare).collect::<Result<_, _>>()?;
    Ok(vec![ToolList {
        function_declarations,
    }])
}

fn declaration(tool: &Tool, is_old: bool) -> Result<FunctionDeclaration<'_>, Failure> {
    let schema = object(&tool.parameters, "The parameters of a tool")?;
    // An object without fields is refused in the old dialect; nothing at all says the same.
    let old = is_old.then(|| old_schema(schema)).filter(|schema| {
        schema["properties"]
            .as_object()
            .is_some_and(|fields| !fields.is_empty())
    });
    Ok(FunctionDeclaration {
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters_json_schema: (!is_old).then_some(schema),
        parameters: old,
    })
}

fn tool_config(request: &ChatRequest) -> Option<ToolConfig<'_>> {
    if request.tools.is_empty() {
        return None;
    }
    let (mode, only) = match &request.tool_choice {
        ToolChoice::Auto => return None,
        ToolChoice::None => ("NONE", None),
        ToolChoice::Required => ("ANY", None),
        ToolChoice::Named(name) => ("ANY", Some([name.as_str()])),
    };
    Some(ToolConfig {
        function_calling_config: FunctionCallingConfig {
            mode,
            allowed_function_names: only,
        },
    })
}

/// A schema without the words that the old dialect refuses.
fn old_schema(schema: &RawValue) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for word in ["$schema", "$id", "additionalProperties", "strict"] {
                    // A field of the schema's own may bear such a name, but is then an object.
                    if fields.get(word).is_some_and(|value| !value.is_object()) {
                        fields.remove(word);
                    }
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_str(schema.get()).unwrap_or_default();
    strip(&mut value);
    value
}

#[cfg(test)]
mod tests;
