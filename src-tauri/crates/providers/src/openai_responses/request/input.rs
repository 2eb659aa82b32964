//! From turns to the items of `input`.

use patchbay_domain::content::{Media, MediaSource};
use patchbay_domain::{ChatMessage, Failure, Part, Role};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::openai_responses::FORMAT;
use crate::openai_responses::dialect::ResponsesDialect;
use crate::request_body::{object, refused};

/// One item.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum InputItem<'a> {
    Plain(Plain<'a>),
    /// Thinking, byte for byte as it came.
    Thinking(&'a RawValue),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Plain<'a> {
    Message {
        role: &'static str,
        content: Vec<Content<'a>>,
    },
    FunctionCall {
        call_id: &'a str,
        name: &'a str,
        /// The arguments as text, as the format has them.
        arguments: &'a str,
    },
    FunctionCallOutput {
        call_id: &'a str,
        output: &'a str,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Content<'a> {
    InputText {
        text: &'a str,
    },
    OutputText {
        text: &'a str,
    },
    InputImage {
        image_url: String,
        /// Has a default at OpenAI, and is missed by servers that follow the letter.
        detail: &'static str,
    },
    InputFile {
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_url: Option<&'a str>,
    },
}

/// The words of all system turns; `None` where there are none.
pub(super) fn instructions(messages: &[ChatMessage]) -> Result<Option<String>, Failure> {
    let turns = messages
        .iter()
        .filter(|message| message.role == Role::System);
    let mut words = Vec::new();
    for turn in turns {
        if !turn.is_words_only() {
            return Err(refused("Only words can stand in the system prompt."));
        }
        words.push(turn.words());
    }
    Ok((!words.is_empty()).then(|| words.join("\n\n")))
}

/// The items of all turns, oldest first.
pub(super) fn input(
    messages: &[ChatMessage],
    dialect: ResponsesDialect,
) -> Result<Vec<InputItem<'_>>, Failure> {
    let mut items = Vec::new();
    for message in messages {
        match message.role {
            Role::System if dialect.instructions => {}
            Role::System | Role::User => push_turn(message, dialect, &mut items)?,
            Role::Assistant => {
                let mut turn = Vec::new();
                push_turn(message, dialect, &mut turn)?;
                items.extend(in_order(turn));
            }
        }
    }
    Ok(items)
}

/// Thinking stands before what it led to, and is refused without it. Where all of it is told last, it
/// was told late; else the answer was cut, and its last thought is of no use.
fn in_order(mut turn: Vec<InputItem<'_>>) -> Vec<InputItem<'_>> {
    let is_thinking = |item: &InputItem<'_>| matches!(item, InputItem::Thinking(_));
    let led_to = turn.iter().rposition(|item| !is_thinking(item));
    let mut last = turn.split_off(led_to.map_or(0, |place| place + 1));
    if turn.is_empty() || turn.iter().any(is_thinking) {
        return turn;
    }
    last.append(&mut turn);
    last
}

/// Whether this is thinking that this format can read.
pub(super) fn is_own_thinking(part: &Part) -> bool {
    matches!(part, Part::ReasoningItem { format, .. } if format == FORMAT)
}

fn push_turn<'a>(
    message: &'a ChatMessage,
    dialect: ResponsesDialect,
    items: &mut Vec<InputItem<'a>>,
) -> Result<(), Failure> {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    // What stands between two items that are no message is one message.
    let mut content = Vec::new();
    for part in &message.parts {
        let item = match part {
            Part::Text { text } if message.role == Role::Assistant => {
                content.push(Content::OutputText { text });
                continue;
            }
            Part::Text { text } => {
                content.push(Content::InputText { text });
                continue;
            }
            Part::Image { media } if message.role == Role::User => {
                content.push(image(media));
                continue;
            }
            Part::Document { name, media } if message.role == Role::User => {
                content.push(document(name.as_deref(), media));
                continue;
            }
            Part::ToolCall {
                id,
                name,
                arguments,
            } if message.role == Role::Assistant => InputItem::Plain(Plain::FunctionCall {
                call_id: id,
                name,
                arguments: &arguments.0,
            }),
            Part::ToolResult { id, text, .. } if message.role == Role::User => {
                InputItem::Plain(Plain::FunctionCallOutput {
                    call_id: id,
                    output: text,
                })
            }
            Part::ReasoningItem { .. } if !is_own_thinking(part) => continue,
            Part::ReasoningItem { item, .. } => {
                if !dialect.returned_reasoning || message.role != Role::Assistant {
                    continue;
                }
                InputItem::Thinking(object(item, "Earlier thinking")?)
            }
            Part::Image { .. }
            | Part::Document { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. } => {
                return Err(refused(format!(
                    "This format has no place for such a part in a turn of the {role}'s."
                )));
            }
        };
        push_message(role, &mut content, items);
        items.push(item);
    }
    push_message(role, &mut content, items);
    Ok(())
}

fn push_message<'a>(
    role: &'static str,
    content: &mut Vec<Content<'a>>,
    items: &mut Vec<InputItem<'a>>,
) {
    if content.is_empty() {
        return;
    }
    let content = std::mem::take(content);
    items.push(InputItem::Plain(Plain::Message { role, content }));
}

fn image(media: &Media) -> Content<'_> {
    Content::InputImage {
        image_url: match &media.source {
            MediaSource::Base64(data) => data_url(&media.media_type, data),
            MediaSource::Url(url) => url.clone(),
        },
        detail: "auto",
    }
}

fn document<'a>(name: Option<&'a str>, media: &'a Media) -> Content<'a> {
    match &media.source {
        MediaSource::Base64(data) => Content::InputFile {
            // The bytes are refused without a name, whose ending tells what they are.
            filename: Some(name.unwrap_or(match media.media_type.as_str() {
                "application/pdf" => "document.pdf",
                _ => "document.txt",
            })),
            file_data: Some(data_url(&media.media_type, data)),
            file_url: None,
        },
        MediaSource::Url(url) => Content::InputFile {
            filename: None,
            file_data: None,
            file_url: Some(url),
        },
    }
}

fn data_url(media_type: &str, data: &str) -> String {
    format!("data:{media_type};base64,{data}")
}
