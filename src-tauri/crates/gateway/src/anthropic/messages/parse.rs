//! A request in Anthropic's format, in our own words.
//!
//! Long because the format has a block for everything that one can say.

use std::collections::BTreeMap;

use http::header::HeaderMap;
use patchbay_domain::content::{
    CacheLifetime, Media, MediaSource, ReasoningEffort, ResponseFormat, Tool, ToolChoice,
};
use patchbay_domain::{
    AppEndpoint, ChatMessage, ChatRequest, JsonText, Parameters, Part, Role, WireFamily,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::asking::Asked;
use crate::failure::Refusal;
use crate::items;
use crate::openai::preferences::{holds_back, wish};

/// A budget of thinking up to so many tokens is a little, and so on.
const LITTLE_THINKING: u32 = 4_096;
const MUCH_THINKING: u32 = 16_384;

#[derive(Deserialize)]
struct Body<'a> {
    model: Option<String>,
    #[serde(borrow, default)]
    messages: Vec<Message<'a>>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    stop_sequences: Option<Vec<String>>,
    stream: Option<bool>,
    #[serde(borrow)]
    tools: Option<Vec<&'a RawValue>>,
    tool_choice: Option<Choice>,
    #[serde(borrow)]
    thinking: Option<&'a RawValue>,
    #[serde(borrow)]
    output_config: Option<&'a RawValue>,
}

/// What is read here, so that all else is foreign.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "system",
    "max_tokens",
    "temperature",
    "top_p",
    "stop_sequences",
    "stream",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
];

#[derive(Deserialize)]
struct Message<'a> {
    role: String,
    #[serde(borrow)]
    content: &'a RawValue,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Deserialize)]
struct ToolItem {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    description: Option<String>,
    input_schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Deserialize)]
struct Block<'a> {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    source: Option<Source>,
    title: Option<String>,
    id: Option<String>,
    name: Option<String>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    tool_use_id: Option<String>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    is_error: Option<bool>,
    thinking: Option<String>,
    signature: Option<String>,
    data: Option<String>,
    cache_control: Option<CacheControl>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    media_type: Option<String>,
    data: Option<String>,
    url: Option<String>,
}

#[derive(Clone, Deserialize)]
struct CacheControl {
    ttl: Option<String>,
}

impl CacheControl {
    fn lifetime(&self) -> CacheLifetime {
        match self.ttl.as_deref() {
            Some("1h") => CacheLifetime::Long,
            _ => CacheLifetime::Short,
        }
    }
}

/// Reads a request. `wants_answer` is false where only its tokens are to be counted.
///
/// # Errors
/// It is no JSON, or holds what cannot be asked.
pub(super) fn parse(
    body: &[u8],
    headers: &HeaderMap,
    wants_answer: bool,
) -> Result<Asked, Refusal> {
    let bytes = body;
    let body: Body<'_> =
        serde_json::from_slice(bytes).map_err(|error| items::unreadable(&error))?;
    if body.messages.is_empty() {
        return Err(Refusal::invalid("messages", "The request has no messages."));
    }
    if wants_answer && body.max_tokens.is_none() {
        return Err(Refusal::invalid(
            "max_tokens",
            "max_tokens: Field required.",
        ));
    }
    let wish = wish(body.model, Vec::new(), None, headers)?;
    let mut more = BTreeMap::new();
    let mut turns = system(body.system)?;
    let mut names = BTreeMap::new();
    for (index, message) in body.messages.iter().enumerate() {
        turns.push(turn(message, &format!("messages.{index}"), &mut names)?);
    }
    let output: Output = body
        .output_config
        .map(|raw| serde_json::from_str(raw.get()))
        .transpose()
        .map_err(|error| Refusal::invalid("output_config", format!("{error}.")))?
        .unwrap_or_default();
    let (tools, has_server_tools) = tools(body.tools.as_deref().unwrap_or_default())?;
    // What the maker itself carries out means something to the maker alone.
    let raw_tools;
    if has_server_tools {
        raw_tools = serde_json::value::to_raw_value(&body.tools)
            .map_err(|error| items::unreadable(&error))?;
        more.insert("tools", &*raw_tools);
    }
    let reasoning_effort = match &output.effort {
        Some(word) => Some(items::effort(word).ok_or_else(|| {
            Refusal::invalid("output_config.effort", "This is no amount of thinking.")
        })?),
        None => thinking(body.thinking)?,
    };
    if let Some(thinking) = body.thinking {
        more.insert("thinking", thinking);
    }
    let raw_choice;
    let tool_choice = match body.tool_choice {
        Some(choice) => {
            // Our words have no place for "one after the other".
            if choice.disable_parallel_tool_use == Some(true) {
                raw_choice = serde_json::value::to_raw_value(&serde_json::json!({
                    "type": choice.kind, "disable_parallel_tool_use": true,
                }))
                .map_err(|error| items::unreadable(&error))?;
                if choice.name.is_none() {
                    more.insert("tool_choice", &*raw_choice);
                }
            }
            chosen(choice)?
        }
        None => ToolChoice::Auto,
    };
    let request = ChatRequest {
        model: String::new(),
        messages: turns,
        continues: false,
        parameters: Parameters {
            temperature: body.temperature,
            top_p: body.top_p,
            seed: None,
            max_tokens: body.max_tokens,
            stop: body.stop_sequences.unwrap_or_default(),
            reasoning_effort,
            response_format: output.response_format()?,
        },
        tools,
        tool_choice,
        cache_key: None,
        extra_body: None,
        foreign_fields: items::foreign(WireFamily::AnthropicMessages, bytes, KNOWN, more),
        embedding: None,
    };
    Ok(Asked {
        endpoint: AppEndpoint::Messages,
        wish,
        request: items::checked(request)?,
        is_stream: body.stream == Some(true),
        holds_back: holds_back(headers)?,
        has_instructions: false,
    })
}

#[derive(Default, Deserialize)]
struct Output {
    effort: Option<String>,
    format: Option<OutputFormat>,
}

#[derive(Deserialize)]
struct OutputFormat {
    #[serde(rename = "type")]
    kind: String,
    schema: Option<Box<RawValue>>,
}

impl Output {
    fn response_format(&self) -> Result<ResponseFormat, Refusal> {
        match &self.format {
            None => Ok(ResponseFormat::Text),
            Some(OutputFormat {
                kind,
                schema: Some(schema),
            }) if kind == "json_schema" => Ok(items::schema(None, schema, true)),
            Some(_) => Err(Refusal::invalid(
                "output_config.format",
                "A format is a json_schema with its schema.",
            )),
        }
    }
}

/// The system text: a turn of its own up to each mark of the cache.
fn system(raw: Option<&RawValue>) -> Result<Vec<ChatMessage>, Refusal> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return Ok(Vec::new());
    };
    if raw.get().starts_with('"') {
        let text: String = serde_json::from_str(raw.get())
            .map_err(|error| Refusal::invalid("system", format!("{error}.")))?;
        return Ok(vec![ChatMessage::text(Role::System, text)]);
    }
    let blocks: Vec<Block<'_>> = serde_json::from_str(raw.get())
        .map_err(|error| Refusal::invalid("system", format!("{error}.")))?;
    let mut turns = Vec::new();
    let mut parts = Vec::new();
    for block in blocks {
        let Some(text) = block.text.filter(|_| block.kind == "text") else {
            return Err(Refusal::invalid(
                "system",
                "The system text holds text only.",
            ));
        };
        parts.push(Part::Text { text });
        if let Some(cache) = block.cache_control {
            turns.push(ChatMessage {
                role: Role::System,
                parts: std::mem::take(&mut parts),
                cache: Some(cache.lifetime()),
            });
        }
    }
    if !parts.is_empty() {
        turns.push(ChatMessage {
            role: Role::System,
            parts,
            cache: None,
        });
    }
    Ok(turns)
}

fn turn(
    message: &Message<'_>,
    field: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<ChatMessage, Refusal> {
    let role = match message.role.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        other => {
            return Err(Refusal::invalid(
                &format!("{field}.role"),
                format!("\u{201c}{other}\u{201d} is no role."),
            ));
        }
    };
    let raw = message.content.get();
    if raw.starts_with('"') {
        let text: String = serde_json::from_str(raw)
            .map_err(|error| Refusal::invalid(field, format!("{error}.")))?;
        return Ok(ChatMessage::text(role, text));
    }
    let field = format!("{field}.content");
    let blocks: Vec<&RawValue> =
        serde_json::from_str(raw).map_err(|error| Refusal::invalid(&field, format!("{error}.")))?;
    let mut parts = Vec::with_capacity(blocks.len());
    let mut cache = None;
    for raw in blocks {
        let block: Block<'_> = serde_json::from_str(raw.get())
            .map_err(|error| Refusal::invalid(&field, format!("{error}.")))?;
        if let Some(control) = &block.cache_control {
            cache = Some(control.lifetime());
        }
        parts.extend(part(block, raw, &field, names)?);
    }
    Ok(ChatMessage { role, parts, cache })
}

fn part(
    mut block: Block<'_>,
    raw: &RawValue,
    field: &str,
    names: &mut BTreeMap<String, String>,
) -> Result<Option<Part>, Refusal> {
    let kind = std::mem::take(&mut block.kind);
    Ok(Some(match (kind.as_str(), block) {
        (
            "text",
            Block {
                text: Some(text), ..
            },
        ) => Part::Text { text },
        (
            "image",
            Block {
                source: Some(source),
                ..
            },
        ) => Part::Image {
            media: media(source, "image/png").ok_or_else(|| Refusal::invalid(field, NO_SOURCE))?,
        },
        (
            "document",
            Block {
                source: Some(source),
                title,
                ..
            },
        ) => {
            if source.kind == "text" {
                Part::Text {
                    text: source.data.unwrap_or_default(),
                }
            } else {
                Part::Document {
                    name: title,
                    media: media(source, items::PDF)
                        .ok_or_else(|| Refusal::invalid(field, NO_SOURCE))?,
                }
            }
        }
        (
            "tool_use",
            Block {
                id: Some(id),
                name: Some(name),
                input,
                ..
            },
        ) => {
            names.insert(id.clone(), name.clone());
            Part::ToolCall {
                id,
                name,
                arguments: JsonText(input.map_or("{}", RawValue::get).to_owned()),
            }
        }
        (
            "tool_result",
            Block {
                tool_use_id: Some(id),
                content,
                is_error,
                ..
            },
        ) => Part::ToolResult {
            name: names.get(&id).cloned().unwrap_or_default(),
            id,
            text: result_text(content, field)?,
            is_error: is_error == Some(true),
        },
        (
            "thinking",
            Block {
                thinking,
                signature,
                ..
            },
        ) => {
            match signature.filter(|signature| !signature.is_empty()) {
                Some(_) => own_item(raw),
                // Thinking that nobody signed comes from another format.
                None => match thinking.filter(|thinking| !thinking.is_empty()) {
                    Some(thinking) => items::from_words(&thinking),
                    None => return Ok(None),
                },
            }
        }
        (
            "redacted_thinking",
            Block {
                data: Some(data), ..
            },
        ) => items::from_opaque(&data).unwrap_or_else(|| own_item(raw)),
        (kind, _) => return Err(items::cannot_be_sent(field, "A block", kind)),
    }))
}

const NO_SOURCE: &str = "A picture or document is base64 data or an https address.";

fn own_item(raw: &RawValue) -> Part {
    Part::ReasoningItem {
        format: WireFamily::AnthropicMessages.as_str().to_owned(),
        item: JsonText(raw.get().to_owned()),
    }
}

fn media(source: Source, usual: &str) -> Option<Media> {
    match source.kind.as_str() {
        "base64" => Some(Media {
            media_type: source.media_type.unwrap_or_else(|| usual.to_owned()),
            source: MediaSource::Base64(source.data?),
        }),
        "url" => items::media(&source.url?, usual),
        _ => None,
    }
}

/// What a tool said, in words.
fn result_text(content: Option<&RawValue>, field: &str) -> Result<String, Refusal> {
    let Some(raw) = content.filter(|raw| raw.get() != "null") else {
        return Ok(String::new());
    };
    let wrong = |error: serde_json::Error| Refusal::invalid(field, format!("{error}."));
    if raw.get().starts_with('"') {
        return serde_json::from_str(raw.get()).map_err(wrong);
    }
    let blocks: Vec<Block<'_>> = serde_json::from_str(raw.get()).map_err(wrong)?;
    let mut text = String::new();
    for block in blocks {
        match (block.kind.as_str(), block.text) {
            ("text", Some(piece)) => {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&piece);
            }
            (kind, _) => {
                return Err(Refusal::invalid(
                    field,
                    format!("A tool answers in words here, not in \u{201c}{kind}\u{201d}."),
                ));
            }
        }
    }
    Ok(text)
}

/// The tools that the client carries out, and whether there are others.
fn tools(raw: &[&RawValue]) -> Result<(Vec<Tool>, bool), Refusal> {
    let mut tools = Vec::new();
    let mut has_others = false;
    for (index, raw) in raw.iter().enumerate() {
        let item: ToolItem = serde_json::from_str(raw.get())
            .map_err(|error| Refusal::invalid(&format!("tools.{index}"), format!("{error}.")))?;
        match item {
            ToolItem { kind, .. } if kind.as_deref().is_some_and(|kind| kind != "custom") => {
                has_others = true;
            }
            ToolItem {
                name: Some(name),
                description,
                input_schema: Some(schema),
                strict,
                ..
            } => {
                tools.push(Tool {
                    name,
                    description,
                    parameters: JsonText(schema.get().to_owned()),
                    is_strict: strict == Some(true),
                });
            }
            _ => {
                return Err(Refusal::invalid(
                    &format!("tools.{index}"),
                    "A tool has a name and an input_schema.",
                ));
            }
        }
    }
    Ok((tools, has_others))
}

fn chosen(choice: Choice) -> Result<ToolChoice, Refusal> {
    match (choice.kind.as_str(), choice.name) {
        ("auto", _) => Ok(ToolChoice::Auto),
        ("any", _) => Ok(ToolChoice::Required),
        ("none", _) => Ok(ToolChoice::None),
        ("tool", Some(name)) => Ok(ToolChoice::Named(name)),
        _ => Err(Refusal::invalid(
            "tool_choice",
            "This is no choice of tools.",
        )),
    }
}

/// How much to think, in our words, for ways in that know no budget.
fn thinking(raw: Option<&RawValue>) -> Result<Option<ReasoningEffort>, Refusal> {
    #[derive(Deserialize)]
    struct Thinking {
        #[serde(rename = "type")]
        kind: String,
        budget_tokens: Option<u32>,
    }
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return Ok(None);
    };
    let thinking: Thinking = serde_json::from_str(raw.get())
        .map_err(|error| Refusal::invalid("thinking", format!("{error}.")))?;
    match (thinking.kind.as_str(), thinking.budget_tokens) {
        ("disabled", _) => Ok(Some(ReasoningEffort::None)),
        ("adaptive", _) => Ok(Some(ReasoningEffort::Medium)),
        ("enabled", Some(budget)) if budget <= LITTLE_THINKING => Ok(Some(ReasoningEffort::Low)),
        ("enabled", Some(budget)) if budget <= MUCH_THINKING => Ok(Some(ReasoningEffort::Medium)),
        ("enabled", _) => Ok(Some(ReasoningEffort::High)),
        _ => Err(Refusal::invalid(
            "thinking.type",
            "This is no way to think.",
        )),
    }
}
