//! The body of a request.

use patchbay_domain::content::{MediaSource, ReasoningEffort, ResponseFormat, ToolChoice};
use patchbay_domain::{ChatMessage, ChatRequest, Failure, Part, Role};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::effort::EffortSet;
use crate::request_body::{Join, misplaced, object, refused, with_extra_body};

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    think: Option<Think>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Options::is_empty")]
    options: Options<'a>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ToolCall<'a> {
    id: &'a str,
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
struct CalledFunction<'a> {
    name: &'a str,
    arguments: &'a RawValue,
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: OfferedFunction<'a>,
}

#[derive(Serialize)]
struct OfferedFunction<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    parameters: &'a RawValue,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Think {
    Switch(bool),
    Level(&'static str),
}

#[derive(Serialize)]
#[serde(untagged)]
enum Format<'a> {
    Json(&'static str),
    Schema(&'a RawValue),
}

#[derive(Serialize)]
struct Options<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_predict: Option<u32>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
}

impl Options<'_> {
    fn is_empty(&self) -> bool {
        self.temperature.is_none()
            && self.top_p.is_none()
            && self.seed.is_none()
            && self.num_predict.is_none()
            && self.stop.is_empty()
    }
}

/// The body of a streaming request as JSON. Fields added by hand are joined with ours under
/// `options`, so that a `num_ctx` there does not take the temperature away.
///
/// # Errors
/// Where a part of the request has no place in the format: a picture that is an address, a document,
/// a tool that must be called, arguments or schemas that are no objects.
pub fn body(request: &ChatRequest) -> Result<Vec<u8>, Failure> {
    let parameters = &request.parameters;
    let mut messages = Vec::with_capacity(request.messages.len());
    for message in &request.messages {
        push_turn(message, &mut messages)?;
    }
    let body = Body {
        model: &request.model,
        messages,
        stream: true,
        tools: tools(request)?,
        // A model that thinks by itself would do so behind the half answer.
        think: parameters
            .reasoning_effort
            .or(request.continues.then_some(ReasoningEffort::None))
            .map(|effort| think(&request.model, effort)),
        format: format(&parameters.response_format)?,
        options: Options {
            temperature: parameters.temperature,
            top_p: parameters.top_p,
            seed: parameters.seed,
            num_predict: parameters.max_tokens,
            stop: &parameters.stop,
        },
    };
    let join = Join::Within(&["options"]);
    with_extra_body(&body, request.extra_body.as_ref(), join)
}

/// One turn, and before it a message for each result of a tool that stands in it.
fn push_turn<'a>(turn: &'a ChatMessage, messages: &mut Vec<Message<'a>>) -> Result<(), Failure> {
    let mut message = Message {
        role: turn.role.as_str(),
        content: turn.words(),
        images: Vec::new(),
        tool_calls: Vec::new(),
        tool_name: None,
        tool_call_id: None,
    };
    for part in &turn.parts {
        match part {
            // Nothing in this format wants thinking back.
            Part::Text { .. } | Part::ReasoningItem { .. } => {}
            Part::Image { media } if turn.role == Role::User => match &media.source {
                MediaSource::Base64(data) => message.images.push(data),
                MediaSource::Url(_) => {
                    return Err(refused(
                        "Ollama fetches no pictures: it takes them as bytes.",
                    ));
                }
            },
            Part::Image { .. } => return Err(misplaced("A picture")),
            Part::Document { .. } => {
                return Err(refused("Ollama takes pictures and text, and no documents."));
            }
            Part::ToolCall {
                id,
                name,
                arguments,
            } if turn.role == Role::Assistant => message.tool_calls.push(ToolCall {
                id,
                function: CalledFunction {
                    name,
                    arguments: object(arguments, "The arguments of a tool call")?,
                },
            }),
            Part::ToolCall { .. } => return Err(misplaced("A tool call")),
            Part::ToolResult { id, name, text, .. } if turn.role == Role::User => {
                messages.push(Message {
                    role: "tool",
                    content: text.clone(),
                    images: Vec::new(),
                    tool_calls: Vec::new(),
                    tool_name: Some(name),
                    tool_call_id: Some(id),
                });
            }
            Part::ToolResult { .. } => return Err(misplaced("The result of a tool")),
        }
    }
    let is_empty =
        message.content.is_empty() && message.images.is_empty() && message.tool_calls.is_empty();
    if !is_empty {
        messages.push(message);
    }
    Ok(())
}

/// Most models take the switch, and older servers nothing else. The one family that wants a level
/// cannot be silenced.
fn think(model: &str, effort: ReasoningEffort) -> Think {
    let name = model.rsplit('/').next().unwrap_or(model);
    if !name.to_ascii_lowercase().starts_with("gpt-oss") {
        return Think::Switch(effort != ReasoningEffort::None);
    }
    Think::Level(EffortSet::LOW_TO_HIGH.word(effort))
}

fn tools(request: &ChatRequest) -> Result<Vec<Tool<'_>>, Failure> {
    match request.tool_choice {
        ToolChoice::Auto => {}
        // Tools that are not offered are not called.
        ToolChoice::None => return Ok(Vec::new()),
        ToolChoice::Required | ToolChoice::Named(_) if request.tools.is_empty() => {}
        ToolChoice::Required | ToolChoice::Named(_) => {
            return Err(refused(
                "Ollama cannot be told to call a tool: leave the choice to the model.",
            ));
        }
    }
    request
        .tools
        .iter()
        .map(|tool| {
            Ok(Tool {
                kind: "function",
                function: OfferedFunction {
                    name: &tool.name,
                    description: tool.description.as_deref(),
                    parameters: object(&tool.parameters, "The parameters of a tool")?,
                },
            })
        })
        .collect()
}

fn format(format: &ResponseFormat) -> Result<Option<Format<'_>>, Failure> {
    Ok(match format {
        ResponseFormat::Text => None,
        ResponseFormat::Json => Some(Format::Json("json")),
        ResponseFormat::Schema { schema, .. } => {
            Some(Format::Schema(object(schema, "The schema of the answer")?))
        }
    })
}

#[cfg(test)]
mod tests;
