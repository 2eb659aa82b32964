//! A request in OpenAI's responses format, in our own words.
//!
//! Long because the format has an item for everything that one can say.

use std::collections::BTreeMap;

use http::header::HeaderMap;
use patchbay_domain::content::{ReasoningEffort, ResponseFormat, Tool, ToolChoice};
use patchbay_domain::{
    AppEndpoint, ChatMessage, ChatRequest, JsonText, Parameters, Part, Role, RunId, WireFamily,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::super::preferences::{Provider, holds_back, wish};
use crate::asking::Asked;
use crate::failure::Refusal;
use crate::items;

/// Fields that an answer repeats from its request, as the format wants.
pub(super) type Echo = Map<String, Value>;

const ECHOED: [&str; 13] = [
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "reasoning",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
];

#[derive(Deserialize)]
struct Body<'a> {
    model: Option<String>,
    models: Option<Vec<String>>,
    provider: Option<Provider>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    instructions: Option<String>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    max_output_tokens: Option<u32>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    stream: Option<bool>,
    prompt_cache_key: Option<String>,
    previous_response_id: Option<String>,
    #[serde(borrow)]
    conversation: Option<&'a RawValue>,
    #[serde(borrow)]
    background: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
}

/// What is read here, so that all else is foreign.
const KNOWN: &[&str] = &[
    "model",
    "models",
    "provider",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "temperature",
    "top_p",
    "max_output_tokens",
    "reasoning",
    "text",
    "stream",
    "stream_options",
    "prompt_cache_key",
    "previous_response_id",
    "conversation",
    "background",
    "prompt",
];

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
    image_url: Option<String>,
    filename: Option<String>,
    file_data: Option<String>,
    file_url: Option<String>,
}

#[derive(Deserialize)]
struct ToolItem {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

/// A request, read.
pub(super) struct Parsed {
    pub(super) asked: Asked,
    pub(super) echo: Echo,
    /// The answer that it goes on from.
    pub(super) previous: Option<RunId>,
}

/// The run of an answer, by the number that the client was told.
pub(super) fn run_of(id: &str) -> Option<RunId> {
    id.strip_prefix("resp_")?.parse().ok()
}

/// Reads a request.
///
/// # Errors
/// It is no JSON, or holds what cannot be asked.
pub(super) fn parse(body: &[u8], headers: &HeaderMap) -> Result<Parsed, Refusal> {
    let echo = echo(body)?;
    let bytes = body;
    let body: Body<'_> =
        serde_json::from_slice(bytes).map_err(|error| items::unreadable(&error))?;
    let mut more = BTreeMap::new();
    for (field, value) in [
        ("conversation", body.conversation),
        ("background", body.background),
        ("prompt", body.prompt),
    ] {
        if value.is_some_and(|value| !["null", "false"].contains(&value.get())) {
            return Err(Refusal::invalid(
                field,
                "Conversations and prompts that OpenAI keeps are not here, and nothing is answered in \
                 the background: send the conversation as input, or go on with previous_response_id.",
            ));
        }
    }
    let previous = body
        .previous_response_id
        .map(|id| run_of(&id).ok_or_else(|| unknown_answer(&id)))
        .transpose()?;
    let wish = wish(
        body.model,
        body.models.unwrap_or_default(),
        body.provider,
        headers,
    )?;
    let mut messages = Vec::new();
    let instructions = body.instructions.filter(|text| !text.is_empty());
    let has_instructions = instructions.is_some();
    messages.extend(instructions.map(|text| ChatMessage::text(Role::System, text)));
    messages.extend(input(body.input)?);
    if messages.iter().all(|message| message.role == Role::System) {
        return Err(Refusal::invalid("input", "The request has no input."));
    }
    let (tools, has_others) = tools(body.tools.as_deref().unwrap_or_default())?;
    let raw_tools;
    if has_others {
        // What the maker itself carries out means something to the maker alone.
        raw_tools = serde_json::value::to_raw_value(&body.tools)
            .map_err(|error| items::unreadable(&error))?;
        more.insert("tools", &*raw_tools);
    }
    let request = ChatRequest {
        model: String::new(),
        messages,
        continues: false,
        parameters: Parameters {
            temperature: body.temperature,
            top_p: body.top_p,
            seed: None,
            max_tokens: body.max_output_tokens,
            stop: Vec::new(),
            reasoning_effort: effort(body.reasoning)?,
            response_format: format(body.text)?,
        },
        tools,
        tool_choice: tool_choice(body.tool_choice)?,
        cache_key: body.prompt_cache_key,
        extra_body: None,
        foreign_fields: items::foreign(WireFamily::OpenAiResponses, bytes, KNOWN, more),
        embedding: None,
    };
    let asked = Asked {
        endpoint: AppEndpoint::Responses,
        wish,
        request: items::checked(request)?,
        is_stream: body.stream == Some(true),
        holds_back: holds_back(headers)?,
        has_instructions,
    };
    Ok(Parsed {
        asked,
        echo,
        previous,
    })
}

/// No answer has this number.
pub(super) fn unknown_answer(id: &str) -> Refusal {
    Refusal {
        code: Some("previous_response_not_found".to_owned()),
        ..Refusal::invalid(
            "previous_response_id",
            format!("There is no answer \u{201c}{id}\u{201d} here."),
        )
    }
}

fn echo(body: &[u8]) -> Result<Echo, Refusal> {
    let mut fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| items::unreadable(&error))?;
    Ok(ECHOED
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), fields.remove(name)?)))
        .filter(|(_, value)| !value.is_null())
        .collect())
}

fn input(raw: Option<&RawValue>) -> Result<Vec<ChatMessage>, Refusal> {
    let Some(raw) = raw else {
        return Ok(Vec::new());
    };
    let wrong = |error: serde_json::Error| Refusal::invalid("input", format!("{error}."));
    if raw.get().starts_with('"') {
        let text: String = serde_json::from_str(raw.get()).map_err(wrong)?;
        return Ok(vec![ChatMessage::text(Role::User, text)]);
    }
    let raws: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(wrong)?;
    let mut turns: Vec<ChatMessage> = Vec::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (index, raw) in raws.into_iter().enumerate() {
        let field = format!("input[{index}]");
        let item: Item<'_> = serde_json::from_str(raw.get())
            .map_err(|error| Refusal::invalid(&field, format!("{error}.")))?;
        let kind = item.kind.clone();
        let kind = kind.as_deref().unwrap_or("message");
        let (role, parts) = match kind {
            "message" => message(&item, &field)?,
            "function_call" => (Role::Assistant, vec![call(item, &field, &mut names)?]),
            "function_call_output" => (Role::User, vec![result(&item, &field, &names)?]),
            "reasoning" => {
                let opaque = item.encrypted_content.as_deref();
                let part =
                    opaque
                        .and_then(items::from_opaque)
                        .unwrap_or_else(|| Part::ReasoningItem {
                            format: WireFamily::OpenAiResponses.as_str().to_owned(),
                            item: JsonText(raw.get().to_owned()),
                        });
                (Role::Assistant, vec![part])
            }
            other => return Err(items::cannot_be_sent(&field, "An item", other)),
        };
        // Thinking, words and calls of one answer are one turn; what tools answered is another.
        match turns.last_mut() {
            Some(last) if last.role == role && (role == Role::Assistant || kind != "message") => {
                last.parts.extend(parts);
            }
            _ => turns.push(ChatMessage {
                role,
                parts,
                cache: None,
            }),
        }
    }
    Ok(turns)
}

fn message(item: &Item<'_>, field: &str) -> Result<(Role, Vec<Part>), Refusal> {
    let role = match item.role.as_deref() {
        Some("system" | "developer") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => {
            return Err(Refusal::invalid(
                &format!("{field}.role"),
                "A message is of the system, the user or the assistant.",
            ));
        }
    };
    let field = format!("{field}.content");
    let wrong = |error: serde_json::Error| Refusal::invalid(&field, format!("{error}."));
    let Some(raw) = item.content else {
        return Ok((role, Vec::new()));
    };
    if raw.get().starts_with('"') {
        let text = serde_json::from_str(raw.get()).map_err(wrong)?;
        return Ok((role, vec![Part::Text { text }]));
    }
    let parts: Vec<ContentPart> = serde_json::from_str(raw.get()).map_err(wrong)?;
    let parts = parts.into_iter().map(|part| one_part(part, &field));
    Ok((role, parts.collect::<Result<_, _>>()?))
}

fn one_part(mut part: ContentPart, field: &str) -> Result<Part, Refusal> {
    let no_address = || Refusal::invalid(field, "It has to be data or an https address.");
    let kind = std::mem::take(&mut part.kind);
    match (kind.as_str(), part) {
        (
            "input_text" | "output_text" | "text",
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
            "input_image",
            ContentPart {
                image_url: Some(url),
                ..
            },
        ) => Ok(Part::Image {
            media: items::media(&url, "image/png").ok_or_else(no_address)?,
        }),
        (
            "input_file",
            ContentPart {
                file_data: Some(data),
                filename,
                ..
            },
        ) => Ok(items::document(filename, data)),
        (
            "input_file",
            ContentPart {
                file_url: Some(url),
                filename,
                ..
            },
        ) => Ok(Part::Document {
            name: filename,
            media: items::media(&url, items::PDF).ok_or_else(no_address)?,
        }),
        (kind, _) => Err(items::cannot_be_sent(field, "A part", kind)),
    }
}

fn call(
    item: Item<'_>,
    field: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<Part, Refusal> {
    let (Some(id), Some(name)) = (item.call_id, item.name) else {
        return Err(Refusal::invalid(field, "A call has a call_id and a name."));
    };
    names.insert(id.clone(), name.clone());
    Ok(Part::ToolCall {
        id,
        name,
        arguments: items::arguments(&item.arguments.unwrap_or_default()),
    })
}

fn result(item: &Item<'_>, field: &str, names: &BTreeMap<String, String>) -> Result<Part, Refusal> {
    let Some(id) = item.call_id.clone() else {
        return Err(Refusal::invalid(
            field,
            "A result has the call_id of its call.",
        ));
    };
    let field = format!("{field}.output");
    let wrong = |error: serde_json::Error| Refusal::invalid(&field, format!("{error}."));
    let text = match item.output {
        None => String::new(),
        Some(raw) if raw.get().starts_with('"') => {
            serde_json::from_str(raw.get()).map_err(wrong)?
        }
        Some(raw) => {
            let parts: Vec<ContentPart> = serde_json::from_str(raw.get()).map_err(wrong)?;
            let mut text = String::new();
            for part in parts {
                match one_part(part, &field)? {
                    Part::Text { text: piece } => text.push_str(&piece),
                    _ => return Err(Refusal::invalid(&field, "A tool answers in words here.")),
                }
            }
            text
        }
    };
    Ok(Part::ToolResult {
        name: names.get(&id).cloned().unwrap_or_default(),
        id,
        text,
        is_error: false,
    })
}

fn tools(raws: &[&RawValue]) -> Result<(Vec<Tool>, bool), Refusal> {
    let mut tools = Vec::new();
    let mut has_others = false;
    for (index, raw) in raws.iter().enumerate() {
        let field = format!("tools[{index}]");
        let item: ToolItem = serde_json::from_str(raw.get())
            .map_err(|error| Refusal::invalid(&field, format!("{error}.")))?;
        if item.kind != "function" {
            has_others = true;
            continue;
        }
        let Some(name) = item.name else {
            return Err(Refusal::invalid(&field, "A function has a name."));
        };
        tools.push(items::function(
            name,
            item.description,
            item.parameters,
            item.strict,
        ));
    }
    Ok((tools, has_others))
}

fn tool_choice(raw: Option<&RawValue>) -> Result<ToolChoice, Refusal> {
    let Some(raw) = raw else {
        return Ok(ToolChoice::Auto);
    };
    let value: Value = serde_json::from_str(raw.get()).unwrap_or_default();
    match (value.as_str(), value["name"].as_str()) {
        (Some("auto"), _) => Ok(ToolChoice::Auto),
        (Some("none"), _) => Ok(ToolChoice::None),
        (Some("required"), _) => Ok(ToolChoice::Required),
        (None, Some(name)) if value["type"] == "function" => Ok(ToolChoice::Named(name.to_owned())),
        _ if value.is_null() => Ok(ToolChoice::Auto),
        _ => Err(Refusal::invalid(
            "tool_choice",
            "This is no choice of tools.",
        )),
    }
}

fn effort(raw: Option<&RawValue>) -> Result<Option<ReasoningEffort>, Refusal> {
    let value: Value = raw
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    match value["effort"].as_str() {
        None => Ok(None),
        Some(word) => items::effort(word)
            .map(Some)
            .ok_or_else(|| Refusal::invalid("reasoning.effort", "This is no amount of thinking.")),
    }
}

fn format(raw: Option<&RawValue>) -> Result<ResponseFormat, Refusal> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Text {
        format: Option<Format>,
    }
    #[derive(Deserialize)]
    struct Format {
        #[serde(rename = "type")]
        kind: String,
        name: Option<String>,
        schema: Option<Box<RawValue>>,
        strict: Option<bool>,
    }
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return Ok(ResponseFormat::Text);
    };
    let text: Text = serde_json::from_str(raw.get())
        .map_err(|error| Refusal::invalid("text", format!("{error}.")))?;
    let Some(format) = text.format else {
        return Ok(ResponseFormat::Text);
    };
    match (format.kind.as_str(), format.schema) {
        ("text", _) => Ok(ResponseFormat::Text),
        ("json_object", _) => Ok(ResponseFormat::Json),
        ("json_schema", Some(schema)) => Ok(items::schema(
            format.name,
            &schema,
            format.strict == Some(true),
        )),
        _ => Err(Refusal::invalid(
            "text.format",
            "This is no format of an answer.",
        )),
    }
}
