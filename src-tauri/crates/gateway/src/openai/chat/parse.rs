//! A request in OpenAI's chat format, in our own words.
//!
//! Long because the format has a field for everything that one can ask.
//!
//! What our words have no place for is kept as it came, for ways in that speak this format. A part of a
//! message that would be lost is refused.

use std::collections::BTreeMap;

use http::header::HeaderMap;
use patchbay_domain::content::{ReasoningEffort, ResponseFormat, Tool, ToolChoice};
use patchbay_domain::{AppEndpoint, ChatMessage, ChatRequest, Parameters, Part, Role, WireFamily};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::preferences::{Provider, holds_back, wish};
use crate::asking::Asked;
use crate::failure::Refusal;
use crate::items::{self, OneOrMore, StreamOptions};

/// A request, understood.
pub(super) struct Parsed {
    pub(super) asked: Asked,
    /// A last chunk tells the tokens.
    pub(super) includes_usage: bool,
    /// How many answers are wanted.
    pub(super) choices: u32,
}

/// The most answers that one request may want.
const MOST_CHOICES: u32 = 16;

#[derive(Deserialize)]
struct Body<'a> {
    model: Option<String>,
    #[serde(default)]
    models: Option<Vec<String>>,
    provider: Option<Provider>,
    #[serde(borrow, default)]
    messages: Vec<Message<'a>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<u64>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    stop: Option<OneOrMore>,
    n: Option<u32>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    tools: Option<Vec<ToolItem>>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    response_format: Option<Format>,
    reasoning_effort: Option<String>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    prompt_cache_key: Option<String>,
}

/// What is read here, so that all else is foreign.
const KNOWN: &[&str] = &[
    "model",
    "models",
    "provider",
    "messages",
    "temperature",
    "top_p",
    "seed",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "n",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "response_format",
    "reasoning_effort",
    "reasoning",
    "prompt_cache_key",
];

#[derive(Deserialize)]
struct Message<'a> {
    role: String,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    tool_calls: Option<Vec<ToolCall<'a>>>,
    tool_call_id: Option<String>,
    name: Option<String>,
    refusal: Option<String>,
    #[serde(borrow)]
    reasoning_details: Option<Vec<&'a RawValue>>,
    reasoning_content: Option<String>,
}

#[derive(Deserialize)]
struct ToolCall<'a> {
    id: Option<String>,
    function: Option<Function>,
    #[serde(borrow)]
    extra_content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
struct ToolItem {
    #[serde(rename = "type")]
    kind: Option<String>,
    function: Option<FunctionTool>,
}

#[derive(Deserialize)]
struct FunctionTool {
    name: String,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<Schema>,
}

#[derive(Deserialize)]
struct Schema {
    name: Option<String>,
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
    image_url: Option<ImageUrl>,
    file: Option<FilePart>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ImageUrl {
    Object { url: String },
    Text(String),
}

#[derive(Deserialize)]
struct FilePart {
    filename: Option<String>,
    file_data: Option<String>,
}

/// Reads a request.
///
/// # Errors
/// It is no JSON, or holds what cannot be asked.
pub(super) fn parse(body: &[u8], headers: &HeaderMap) -> Result<Parsed, Refusal> {
    let bytes = body;
    let body: Body<'_> =
        serde_json::from_slice(bytes).map_err(|error| items::unreadable(&error))?;
    let choices = body.n.unwrap_or(1);
    if !(1..=MOST_CHOICES).contains(&choices) {
        return Err(Refusal::invalid(
            "n",
            format!("n has to be between 1 and {MOST_CHOICES}."),
        ));
    }
    if body.messages.is_empty() {
        return Err(Refusal::invalid("messages", "The request has no messages."));
    }
    let wish = wish(
        body.model,
        body.models.unwrap_or_default(),
        body.provider,
        headers,
    )?;
    let mut more = BTreeMap::new();
    let reasoning_effort = effort(body.reasoning_effort.as_deref(), body.reasoning)?;
    // The same wish in OpenRouter's words, where ours cannot hold all of it.
    if let (None, Some(reasoning)) = (reasoning_effort, body.reasoning) {
        more.insert("reasoning", reasoning);
    }
    let request = ChatRequest {
        model: String::new(),
        messages: messages(&body.messages)?,
        continues: false,
        parameters: Parameters {
            temperature: body.temperature,
            top_p: body.top_p,
            seed: body.seed,
            max_tokens: body.max_completion_tokens.or(body.max_tokens),
            stop: OneOrMore::all(body.stop),
            reasoning_effort,
            response_format: response_format(body.response_format)?,
        },
        tools: tools(body.tools.unwrap_or_default())?,
        tool_choice: tool_choice(body.tool_choice)?,
        cache_key: body.prompt_cache_key,
        extra_body: None,
        foreign_fields: items::foreign(WireFamily::OpenAiChat, bytes, KNOWN, more),
        embedding: None,
    };
    Ok(Parsed {
        asked: Asked {
            endpoint: AppEndpoint::ChatCompletions,
            wish,
            request: items::checked(request)?,
            is_stream: body.stream == Some(true),
            holds_back: holds_back(headers)?,
            has_instructions: false,
        },
        includes_usage: body.stream_options.unwrap_or_default().include_usage == Some(true),
        choices,
    })
}

fn messages(messages: &[Message<'_>]) -> Result<Vec<ChatMessage>, Refusal> {
    let mut turns: Vec<ChatMessage> = Vec::with_capacity(messages.len());
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (index, message) in messages.iter().enumerate() {
        let field = format!("messages[{index}]");
        let (role, parts) = match message.role.as_str() {
            "system" | "developer" => (Role::System, content(message.content, &field)?),
            "user" => (Role::User, content(message.content, &field)?),
            "assistant" => (Role::Assistant, assistant(message, &field, &mut names)?),
            "tool" | "function" => (Role::User, vec![tool_result(message, &field, &names)?]),
            other => {
                return Err(Refusal::invalid(
                    &format!("{field}.role"),
                    format!("\u{201c}{other}\u{201d} is no role."),
                ));
            }
        };
        // What several tools answered stands in one turn.
        let is_result = matches!(parts.first(), Some(Part::ToolResult { .. }));
        if is_result
            && let Some(last) = turns.last_mut()
            && last.role == Role::User
            && matches!(last.parts.first(), Some(Part::ToolResult { .. }))
        {
            last.parts.extend(parts);
            continue;
        }
        turns.push(ChatMessage {
            role,
            parts,
            cache: None,
        });
    }
    Ok(turns)
}

fn assistant(
    message: &Message<'_>,
    field: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<Vec<Part>, Refusal> {
    let mut parts = Vec::new();
    for detail in message.reasoning_details.iter().flatten() {
        parts.push(items::from_detail(detail));
    }
    if let Some(thinking) = message
        .reasoning_content
        .as_ref()
        .filter(|text| !text.is_empty())
    {
        parts.push(items::from_words(thinking));
    }
    parts.extend(content(message.content, field)?);
    if let Some(refusal) = &message.refusal {
        parts.push(Part::Text {
            text: refusal.clone(),
        });
    }
    for call in message.tool_calls.iter().flatten() {
        let Some(function) = &call.function else {
            return Err(Refusal::invalid(
                &format!("{field}.tool_calls"),
                "Only calls of functions are understood.",
            ));
        };
        let id = call.id.clone().unwrap_or_default();
        names.insert(id.clone(), function.name.clone());
        if let Some(extra) = call.extra_content {
            parts.push(items::from_extra_content(&id, extra));
        }
        parts.push(Part::ToolCall {
            id,
            name: function.name.clone(),
            arguments: items::arguments(&function.arguments),
        });
    }
    Ok(parts)
}

fn tool_result(
    message: &Message<'_>,
    field: &str,
    names: &BTreeMap<String, String>,
) -> Result<Part, Refusal> {
    let mut text = String::new();
    for part in content(message.content, field)? {
        match part {
            Part::Text { text: piece } => text.push_str(&piece),
            _ => {
                return Err(Refusal::invalid(
                    &format!("{field}.content"),
                    "A tool answers in words.",
                ));
            }
        }
    }
    let id = message.tool_call_id.clone().unwrap_or_default();
    let name = names.get(&id).cloned().or_else(|| message.name.clone());
    Ok(Part::ToolResult {
        name: name.unwrap_or_default(),
        id,
        text,
        is_error: false,
    })
}

fn content(raw: Option<&RawValue>, field: &str) -> Result<Vec<Part>, Refusal> {
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let field = format!("{field}.content");
    let wrong = |error: &serde_json::Error| Refusal::invalid(&field, format!("{error}."));
    match raw.get().as_bytes().first() {
        Some(b'n') => Ok(Vec::new()),
        Some(b'"') => {
            let text: String = serde_json::from_str(raw.get()).map_err(|error| wrong(&error))?;
            Ok(vec![Part::Text { text }])
        }
        _ => {
            let parts: Vec<ContentPart> =
                serde_json::from_str(raw.get()).map_err(|error| wrong(&error))?;
            parts
                .into_iter()
                .map(|part| one_part(part, &field))
                .collect()
        }
    }
}

fn one_part(mut part: ContentPart, field: &str) -> Result<Part, Refusal> {
    let kind = std::mem::take(&mut part.kind);
    match (kind.as_str(), part) {
        (
            "text" | "input_text" | "output_text",
            ContentPart {
                text: Some(text), ..
            },
        )
        | (
            "refusal",
            ContentPart {
                refusal: Some(text),
                ..
            },
        ) => Ok(Part::Text { text }),
        (
            "image_url",
            ContentPart {
                image_url: Some(image),
                ..
            },
        ) => {
            let (ImageUrl::Object { url } | ImageUrl::Text(url)) = image;
            Ok(Part::Image {
                media: items::media(&url, "image/png")
                    .ok_or_else(|| Refusal::invalid(field, NO_ADDRESS))?,
            })
        }
        (
            "file",
            ContentPart {
                file: Some(file), ..
            },
        ) => {
            let Some(data) = file.file_data else {
                return Err(Refusal::invalid(
                    field,
                    "A file has to be sent with its data: this gateway keeps none.",
                ));
            };
            Ok(items::document(file.filename, data))
        }
        (kind, _) => Err(items::cannot_be_sent(field, "A part", kind)),
    }
}

const NO_ADDRESS: &str = "A picture is a data URL or an https address.";

fn tools(tools: Vec<ToolItem>) -> Result<Vec<Tool>, Refusal> {
    tools
        .into_iter()
        .enumerate()
        .map(|(index, item)| match item.function {
            Some(FunctionTool {
                name,
                description,
                parameters,
                strict,
            }) => Ok(items::function(name, description, parameters, strict)),
            None => Err(items::cannot_be_sent(
                &format!("tools[{index}]"),
                "A tool",
                &item.kind.unwrap_or_default(),
            )),
        })
        .collect()
}

fn tool_choice(raw: Option<&RawValue>) -> Result<ToolChoice, Refusal> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Choice {
        Word(String),
        Object { function: Named },
    }
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    let Some(raw) = raw else {
        return Ok(ToolChoice::Auto);
    };
    match serde_json::from_str(raw.get()) {
        Ok(Choice::Word(word)) => match word.as_str() {
            "auto" => Ok(ToolChoice::Auto),
            "none" => Ok(ToolChoice::None),
            "required" | "any" => Ok(ToolChoice::Required),
            _ => Err(Refusal::invalid(
                "tool_choice",
                "This is no choice of tools.",
            )),
        },
        Ok(Choice::Object { function }) => Ok(ToolChoice::Named(function.name)),
        Err(_) if raw.get() == "null" => Ok(ToolChoice::Auto),
        Err(_) => Err(Refusal::invalid(
            "tool_choice",
            "This is no choice of tools.",
        )),
    }
}

fn response_format(format: Option<Format>) -> Result<ResponseFormat, Refusal> {
    let Some(format) = format else {
        return Ok(ResponseFormat::Text);
    };
    match (format.kind.as_str(), format.json_schema) {
        ("text", _) => Ok(ResponseFormat::Text),
        ("json_object", _) => Ok(ResponseFormat::Json),
        (
            "json_schema",
            Some(Schema {
                name,
                schema: Some(schema),
                strict,
            }),
        ) => Ok(items::schema(name, &schema, strict == Some(true))),
        ("json_schema", _) => Err(Refusal::invalid(
            "response_format.json_schema",
            "The schema is missing.",
        )),
        (kind, _) => Err(Refusal::invalid(
            "response_format.type",
            format!("\u{201c}{kind}\u{201d} is no format of an answer."),
        )),
    }
}

/// How much to think, in OpenAI's words or OpenRouter's. A budget in tokens has no word of ours.
fn effort(
    word: Option<&str>,
    object: Option<&RawValue>,
) -> Result<Option<ReasoningEffort>, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reasoning {
        effort: Option<String>,
        enabled: Option<bool>,
    }
    let object: Option<Reasoning> = object.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let object = object.unwrap_or_default();
    if let Some(word) = word.or(object.effort.as_deref()) {
        return items::effort(word)
            .map(Some)
            .ok_or_else(|| Refusal::invalid("reasoning_effort", "This is no amount of thinking."));
    }
    Ok((object.enabled == Some(false)).then_some(ReasoningEffort::None))
}
