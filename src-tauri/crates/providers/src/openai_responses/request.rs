//! The body of a request.

mod input;

use patchbay_domain::content::{ReasoningEffort, ResponseFormat, Tool, ToolChoice};
use patchbay_domain::{ChatRequest, Failure};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use self::input::{InputItem, input, instructions};
use super::dialect::ResponsesDialect;
use crate::request_body::{Join, object, with_extra_body};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<String>,
    input: Vec<InputItem<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(skip_serializing_if = "<[&str]>::is_empty")]
    include: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
}

#[derive(Serialize)]
struct Reasoning {
    effort: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Serialize)]
struct Text<'a> {
    format: Format<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonObject,
    JsonSchema {
        name: &'a str,
        schema: &'a RawValue,
        strict: bool,
    },
}

#[derive(Serialize)]
struct Function<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: &'a RawValue,
    strict: bool,
}

/// The body of a streaming request as JSON. Stop texts are not in it, since the format has no place
/// for them: [`Decoder::with_stop`](super::Decoder::with_stop) cuts the answer.
///
/// # Errors
/// [`InvalidRequest`](patchbay_domain::FailureClass::InvalidRequest) where the format has no place for a part of a
/// turn, or where something that should be JSON is none.
pub fn body(request: &ChatRequest, dialect: ResponsesDialect) -> Result<Vec<u8>, Failure> {
    let parameters = &request.parameters;
    let body = Body {
        model: &request.model,
        instructions: dialect
            .instructions
            .then(|| instructions(&request.messages))
            .transpose()?
            .flatten(),
        input: input(&request.messages, dialect)?,
        stream: true,
        store: dialect.store.then_some(false),
        include: if dialect.encrypted_reasoning {
            &["reasoning.encrypted_content"]
        } else {
            &[]
        },
        reasoning: parameters
            .reasoning_effort
            .filter(|_| dialect.reasoning)
            .map(|effort| Reasoning {
                effort: dialect.efforts.word(effort),
                // Who asks for no thinking has no use for a summary of it.
                summary: (dialect.summary && effort != ReasoningEffort::None).then_some("auto"),
            }),
        text: text(&parameters.response_format)?,
        tools: request
            .tools
            .iter()
            .map(function)
            .collect::<Result<_, Failure>>()?,
        tool_choice: tool_choice(request),
        max_output_tokens: parameters.max_tokens,
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        prompt_cache_key: request.cache_key.as_deref().filter(|_| dialect.cache_key),
    };
    with_extra_body(&body, request.extra_body.as_ref(), Join::Never)
}

/// What was wished for and is not sent, each a whole sentence.
pub(super) fn left_out(request: &ChatRequest, dialect: ResponsesDialect) -> Vec<String> {
    let parameters = &request.parameters;
    let has_thinking = || {
        let mut parts = request.messages.iter().flat_map(|message| &message.parts);
        parts.any(input::is_own_thinking)
    };
    let wishes = [
        (
            parameters.seed.is_some(),
            "The seed was left out: this format has none, so the same seed gives another answer.",
        ),
        (
            parameters.reasoning_effort.is_some() && !dialect.reasoning,
            "The reasoning effort was left out: this model takes none.",
        ),
        (
            !dialect.returned_reasoning && has_thinking(),
            "Earlier thinking was left out: the provider cannot read it, since another model or \
             account made it.",
        ),
    ];
    wishes
        .into_iter()
        .filter(|(is_left_out, _)| *is_left_out)
        .map(|(_, sentence)| sentence.to_owned())
        .collect()
}

fn text(format: &ResponseFormat) -> Result<Option<Text<'_>>, Failure> {
    let format = match format {
        ResponseFormat::Text => return Ok(None),
        ResponseFormat::Json => Format::JsonObject,
        ResponseFormat::Schema {
            name,
            schema,
            is_strict,
        } => Format::JsonSchema {
            name,
            schema: object(schema, "The schema of the answer")?,
            strict: *is_strict,
        },
    };
    Ok(Some(Text { format }))
}

fn function(tool: &Tool) -> Result<Function<'_>, Failure> {
    Ok(Function {
        r#type: "function",
        name: &tool.name,
        description: tool.description.as_deref(),
        parameters: object(&tool.parameters, "The parameters of a tool")?,
        strict: tool.is_strict,
    })
}

/// A choice without anything to choose from is refused.
fn tool_choice(request: &ChatRequest) -> Option<Value> {
    if request.tools.is_empty() {
        return None;
    }
    match &request.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("required")),
        ToolChoice::Named(name) => Some(json!({ "type": "function", "name": name })),
    }
}

#[cfg(test)]
mod tests;
