//! The turns of a conversation, as Google has them.
//!
//! There are two roles, and they take turns: what one says in several messages is joined. A part
//! goes back with the signature it came with, which the [decoder](super::decoder) kept apart.

use std::borrow::Cow;
use std::collections::HashMap;

use patchbay_domain::content::{Media, MediaSource};
use patchbay_domain::{ChatMessage, ChatRequest, Failure, Part, Role};
use serde::Serialize;
use serde_json::value::RawValue;

use super::models::{model_version, short_name};
use super::request::Platform;
use super::{FORMAT, wire};
use crate::request_body::{object, refused};

/// What Google documents for calls that another model made: Gemini 3 refuses a call without any
/// signature.
const FOREIGN_SIGNATURE: &str = "skip_thought_signature_validator";

/// One turn.
#[derive(Serialize)]
pub(super) struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<WirePart<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum WirePart<'a> {
    /// A part as the model sent it.
    Returned(&'a RawValue),
    Made(MadePart<'a>),
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct MadePart<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline_data: Option<InlineData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<FileData<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_call: Option<FunctionCall<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function_response: Option<FunctionResponse<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InlineData<'a> {
    mime_type: &'a str,
    data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileData<'a> {
    mime_type: &'a str,
    file_uri: &'a str,
}

#[derive(Serialize)]
struct FunctionCall<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    args: &'a RawValue,
}

#[derive(Serialize)]
struct FunctionResponse<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    name: &'a str,
    response: ToolOutput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ToolOutput<'a> {
    Output(&'a str),
    Error(&'a str),
}

/// The system turns.
pub(super) fn instruction(request: &ChatRequest) -> Result<Option<Content<'_>>, Failure> {
    if !takes_instruction(&request.model) {
        return Ok(None);
    }
    let parts = instruction_parts(request)?;
    Ok((!parts.is_empty()).then_some(Content { role: None, parts }))
}

/// All other turns.
pub(super) fn contents(
    request: &ChatRequest,
    platform: Platform,
) -> Result<Vec<Content<'_>>, Failure> {
    let mut contents: Vec<Content<'_>> = Vec::new();
    if !takes_instruction(&request.model) {
        push(&mut contents, "user", instruction_parts(request)?);
    }
    for message in &request.messages {
        let (role, parts) = match message.role {
            Role::System => continue,
            Role::User => ("user", turn(message, platform, HashMap::new(), Vec::new())?),
            Role::Assistant => {
                let (calls, words) = signatures(message);
                ("model", turn(message, platform, calls, words)?)
            }
        };
        push(&mut contents, role, parts);
    }
    let is_gemini = short_name(&request.model).starts_with("gemini-");
    if is_gemini && model_version(&request.model).is_none_or(|version| version >= (3, 0)) {
        contents.iter_mut().for_each(sign_foreign_calls);
    }
    Ok(contents)
}

/// The small open models know no system turn.
fn takes_instruction(model: &str) -> bool {
    let name = short_name(model);
    !["gemma-3-", "gemma-3n-", "gemma-2-"]
        .iter()
        .any(|begin| name.starts_with(begin))
}

fn instruction_parts(request: &ChatRequest) -> Result<Vec<WirePart<'_>>, Failure> {
    let system = |message: &&ChatMessage| message.role == Role::System;
    let parts = request.messages.iter().filter(system);
    let parts = parts.flat_map(|message| &message.parts);
    let texts = parts.map(|part| match part {
        Part::Text { text } => Ok(text.as_str()),
        _ => Err(refused("Gemini takes nothing but words as instructions.")),
    });
    texts
        .filter(|text| !text.as_ref().is_ok_and(|text| text.is_empty()))
        .map(|text| text.map(|text| words(text, None)))
        .collect()
}

/// Joins it to what the same one said before.
fn push<'a>(contents: &mut Vec<Content<'a>>, role: &'static str, parts: Vec<WirePart<'a>>) {
    if parts.is_empty() {
        return;
    }
    match contents.last_mut() {
        Some(last) if last.role == Some(role) => last.parts.extend(parts),
        _ => contents.push(Content {
            role: Some(role),
            parts,
        }),
    }
}

/// Signatures of calls by the call's id, and of words with the words they stand for.
fn signatures(message: &ChatMessage) -> (HashMap<String, String>, Vec<(String, String)>) {
    let (mut calls, mut signed_words) = (HashMap::new(), Vec::new());
    for part in &message.parts {
        let Some((_, item)) = own_item(part) else {
            continue;
        };
        let Some(signature) = item.thought_signature.clone() else {
            continue;
        };
        if let Some(id) = item.function_call.as_ref().and_then(|call| call.id.clone()) {
            calls.insert(id, signature);
        } else if let Some(text) = signed_text(&item) {
            signed_words.push((text.to_owned(), signature));
        }
    }
    (calls, signed_words)
}

/// A reasoning item that this family made, with its text.
fn own_item(part: &Part) -> Option<(&RawValue, wire::Part)> {
    match part {
        Part::ReasoningItem { format, item } if format == FORMAT => {
            let raw: &RawValue = serde_json::from_str(item.0.trim()).ok()?;
            let part = serde_json::from_str(raw.get()).ok()?;
            raw.get().starts_with('{').then_some((raw, part))
        }
        _ => None,
    }
}

/// The words of an item that signs a piece of the answer's text.
fn signed_text(item: &wire::Part) -> Option<&str> {
    if item.thought == Some(true) {
        return None;
    }
    item.text.as_deref().filter(|text| !text.is_empty())
}

fn turn(
    message: &ChatMessage,
    platform: Platform,
    mut calls: HashMap<String, String>,
    mut signed_words: Vec<(String, String)>,
) -> Result<Vec<WirePart<'_>>, Failure> {
    let mut parts = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text { text } => push_words(text, &mut signed_words, &mut parts),
            Part::Image { media } | Part::Document { media, .. } => parts.push(media_part(media)),
            Part::ToolCall {
                id,
                name,
                arguments,
            } => {
                parts.push(WirePart::Made(MadePart {
                    function_call: Some(FunctionCall {
                        id: known_id(id, platform),
                        name,
                        args: object(arguments, "The arguments of a tool call")?,
                    }),
                    thought_signature: calls.remove(id).map(Cow::Owned),
                    ..MadePart::default()
                }));
            }
            Part::ToolResult {
                id,
                name,
                text,
                is_error,
            } => parts.push(WirePart::Made(MadePart {
                function_response: Some(FunctionResponse {
                    id: known_id(id, platform),
                    name,
                    response: if *is_error {
                        ToolOutput::Error(text)
                    } else {
                        ToolOutput::Output(text)
                    },
                }),
                ..MadePart::default()
            })),
            Part::ReasoningItem { .. } => {
                let item = own_item(part).filter(|_| message.role == Role::Assistant);
                parts.extend(item.and_then(|(raw, item)| {
                    let is_elsewhere = item.function_call.is_some() || signed_text(&item).is_some();
                    (!is_elsewhere).then_some(WirePart::Returned(raw))
                }));
            }
        }
    }
    Ok(parts)
}

fn known_id(id: &str, platform: Platform) -> Option<&str> {
    (platform == Platform::AiStudio).then_some(id)
}

/// Empty words are refused. Where the last piece came signed, it goes back as a part of its own, as
/// it came. A signature whose words are not there any more is left out: it signs nothing.
fn push_words<'a>(
    text: &'a str,
    signed_words: &mut Vec<(String, String)>,
    parts: &mut Vec<WirePart<'a>>,
) {
    let signed = signed_words
        .iter()
        .position(|(piece, _)| text.ends_with(piece.as_str()));
    let (before, piece, signature) = match signed.map(|place| signed_words.remove(place)) {
        Some((piece, signature)) => {
            let (before, piece) = text.split_at(text.len() - piece.len());
            (before, piece, Some(signature))
        }
        None => (text, "", None),
    };
    if !before.is_empty() {
        parts.push(words(before, None));
    }
    if !piece.is_empty() {
        parts.push(words(piece, signature));
    }
}

fn words(text: &str, signature: Option<String>) -> WirePart<'_> {
    WirePart::Made(MadePart {
        text: Some(text),
        thought_signature: signature.map(Cow::Owned),
        ..MadePart::default()
    })
}

fn media_part(media: &Media) -> WirePart<'_> {
    let mime_type = &media.media_type;
    WirePart::Made(match &media.source {
        MediaSource::Base64(data) => MadePart {
            inline_data: Some(InlineData { mime_type, data }),
            ..MadePart::default()
        },
        MediaSource::Url(file_uri) => MadePart {
            file_data: Some(FileData {
                mime_type,
                file_uri,
            }),
            ..MadePart::default()
        },
    })
}

/// Of parallel calls the first one bears the signature.
fn sign_foreign_calls(content: &mut Content<'_>) {
    let mut calls = content.parts.iter_mut().filter_map(|part| match part {
        WirePart::Made(part) if part.function_call.is_some() => Some(part),
        _ => None,
    });
    let Some(first) = calls.next() else {
        return;
    };
    if first.thought_signature.is_none() && calls.all(|call| call.thought_signature.is_none()) {
        first.thought_signature = Some(Cow::Borrowed(FOREIGN_SIGNATURE));
    }
}
