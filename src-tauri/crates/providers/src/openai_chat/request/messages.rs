//! Turns of the conversation as messages of the wire.

use patchbay_domain::content::Part;
use patchbay_domain::{ChatMessage, ChatRequest, Failure, Role};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::dialect::{Dialect, ReasoningReturn, SystemRole};
use super::super::{REASONING_CONTENT, REASONING_DETAILS, TOOL_EXTRA_CONTENT};
use super::content::content;
use super::tool_ids::ToolIds;
use crate::request_body::{Fields, refused};

/// The messages; `instruction` becomes the last of the system's.
pub(super) fn messages(
    request: &ChatRequest,
    instruction: Option<&str>,
    dialect: Dialect,
) -> Result<Vec<Fields>, Failure> {
    let mut ids = ToolIds::new(dialect.short_tool_ids);
    let mut messages = Vec::new();
    let system_turns = request
        .messages
        .iter()
        .take_while(|message| message.role == Role::System)
        .count();
    let (system, turns) = request.messages.split_at(system_turns);
    for message in system {
        messages.push(system_message(message, dialect)?);
    }
    if let Some(instruction) = instruction {
        messages.push(said(system_role(dialect), &instruction)?);
    }
    for message in turns {
        match message.role {
            Role::System => messages.push(system_message(message, dialect)?),
            Role::User => push_user(message, &ids, dialect, &mut messages)?,
            Role::Assistant => messages.push(assistant(message, &mut ids, dialect)?),
        }
    }
    Ok(messages)
}

fn system_role(dialect: Dialect) -> &'static str {
    match dialect.system_role {
        SystemRole::System => "system",
        SystemRole::Developer => "developer",
    }
}

fn said(role: &str, content: &impl Serialize) -> Result<Fields, Failure> {
    let mut message = Fields::default();
    message.put("role", &role)?;
    message.put("content", content)?;
    Ok(message)
}

fn system_message(message: &ChatMessage, dialect: Dialect) -> Result<Fields, Failure> {
    if !message.is_words_only() {
        return Err(refused("A system prompt can hold words only."));
    }
    let parts: Vec<&Part> = message.parts.iter().collect();
    let content = content(&parts, message.cache, dialect)?;
    said(system_role(dialect), &content)
}

/// What tools answered comes first, each in a message of its own: the calls must be answered before
/// anybody says another word.
fn push_user(
    message: &ChatMessage,
    ids: &ToolIds,
    dialect: Dialect,
    messages: &mut Vec<Fields>,
) -> Result<(), Failure> {
    let (results, mut parts): (Vec<&Part>, Vec<&Part>) = message
        .parts
        .iter()
        .partition(|part| matches!(part, Part::ToolResult { .. }));
    parts.retain(|part| !matches!(part, Part::ReasoningItem { .. }));
    let last = results.len().saturating_sub(1);
    for (position, part) in results.into_iter().enumerate() {
        let Part::ToolResult { id, text, .. } = part else {
            continue;
        };
        let is_end = parts.is_empty() && position == last;
        let text = Part::Text { text: text.clone() };
        let content = content(&[&text], message.cache.filter(|_| is_end), dialect)?;
        let mut answer = said("tool", &content)?;
        answer.put("tool_call_id", &ids.result(id))?;
        messages.push(answer);
    }
    if !parts.is_empty() || message.parts.is_empty() {
        let content = content(&parts, message.cache, dialect)?;
        messages.push(said("user", &content)?);
    }
    Ok(())
}

fn assistant(
    message: &ChatMessage,
    ids: &mut ToolIds,
    dialect: Dialect,
) -> Result<Fields, Failure> {
    let mut words = Vec::new();
    let mut calls = Vec::new();
    for part in &message.parts {
        match part {
            Part::Text { .. } => words.push(part),
            Part::ToolCall {
                id,
                name,
                arguments,
            } => {
                // A call without arguments has an empty object of them.
                let arguments = Some(arguments.0.as_str()).filter(|text| !text.trim().is_empty());
                let mut call = Fields::default();
                call.put("id", &ids.call(id))?;
                call.put("type", &"function")?;
                let arguments = arguments.unwrap_or("{}");
                call.put("function", &json!({ "name": name, "arguments": arguments }))?;
                if dialect.reasoning_return == ReasoningReturn::ToolExtraContent {
                    let mut extras = items::<ExtraContent>(message, TOOL_EXTRA_CONTENT);
                    if let Some(extra) = extras.find(|extra| extra.id == *id) {
                        call.put_raw("extra_content", extra.extra_content);
                    }
                }
                calls.push(call);
            }
            Part::ReasoningItem { .. } => {}
            Part::Image { .. } | Part::Document { .. } | Part::ToolResult { .. } => {
                return Err(refused(
                    "This provider takes no pictures, documents or tool results back in a turn of the model's.",
                ));
            }
        }
    }
    let calls_tools = !calls.is_empty();
    let content = if words.is_empty() && calls_tools {
        Value::Null
    } else {
        content(&words, message.cache, dialect)?
    };
    let mut sent = said("assistant", &content)?;
    if calls_tools {
        sent.put("tool_calls", &calls)?;
    }
    match dialect.reasoning_return {
        // What belongs to a call stands there.
        ReasoningReturn::Never | ReasoningReturn::ToolExtraContent => {}
        ReasoningReturn::ReasoningContentWithTools if !calls_tools => {}
        ReasoningReturn::ReasoningContent | ReasoningReturn::ReasoningContentWithTools => {
            let thoughts: Vec<String> = items(message, REASONING_CONTENT).collect();
            if !thoughts.is_empty() {
                sent.put("reasoning_content", &thoughts.concat())?;
            }
        }
        ReasoningReturn::ReasoningDetails => {
            let details: Vec<Box<RawValue>> = items(message, REASONING_DETAILS).collect();
            if !details.is_empty() {
                sent.put("reasoning_details", &details)?;
            }
        }
    }
    Ok(sent)
}

/// What one tool call held beside name and arguments.
#[derive(Deserialize)]
struct ExtraContent {
    id: String,
    extra_content: Box<RawValue>,
}

/// The items of earlier thinking that this format made. Foreign ones are nobody's here.
fn items<T: DeserializeOwned>(message: &ChatMessage, wanted: &str) -> impl Iterator<Item = T> {
    message.parts.iter().filter_map(move |part| match part {
        Part::ReasoningItem { format, item } if format == wanted => {
            serde_json::from_str(&item.0).ok()
        }
        _ => None,
    })
}
