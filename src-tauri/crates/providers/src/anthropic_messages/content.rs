//! Turns as the format wants them: the system text apart, roles that alternate, parts as blocks.

use patchbay_domain::content::{CacheLifetime, Media, MediaSource};
use patchbay_domain::{ChatMessage, Failure, Part, Role};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::REASONING_FORMAT;
use crate::request_body::{misplaced, object, refused};

/// The most places that may be marked for the cache in one request.
const MAX_CACHE_MARKS: usize = 4;

/// One turn.
#[derive(Debug, Serialize)]
pub(super) struct Turn {
    role: &'static str,
    content: Content,
}

/// Words alone where they are enough, which every copy of the format reads; else blocks.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Blocks(Vec<Block>),
}

/// A block, and whether what was read up to its end should be kept.
#[derive(Debug)]
pub(super) struct Block {
    kind: BlockKind,
    cache_control: Option<CacheControl>,
}

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Marked<'a> {
            #[serde(flatten)]
            kind: &'a BlockKind,
            #[serde(skip_serializing_if = "Option::is_none")]
            cache_control: Option<CacheControl>,
        }
        if let BlockKind::Thinking(raw) = &self.kind {
            return raw.serialize(serializer);
        }
        let marked = Marked {
            kind: &self.kind,
            cache_control: self.cache_control,
        };
        marked.serialize(serializer)
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum BlockKind {
    Text {
        text: String,
    },
    Image {
        source: Source,
    },
    Document {
        source: Source,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    ToolUse {
        id: String,
        name: String,
        input: Box<RawValue>,
    },
    ToolResult {
        tool_use_id: String,
        content: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// Thinking, as it came.
    #[serde(skip)]
    Thinking(Box<RawValue>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source {
    Base64 { media_type: String, data: String },
    Url { url: String },
}

#[derive(Clone, Copy, Debug, Serialize)]
struct CacheControl {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Left out for five minutes, which is what is meant then; older servers do not know the field.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<&'static str>,
}

/// The system text and the turns of a request.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) system: Option<Content>,
    pub(super) turns: Vec<Turn>,
}

/// Divides the turns of a request.
///
/// # Errors
/// Where a part has no place in the format, or stands in a turn where it has none.
pub(super) fn conversation(messages: &[ChatMessage]) -> Result<Conversation, Failure> {
    let mut system = Vec::new();
    let mut turns: Vec<(Role, Vec<Block>)> = Vec::new();
    for message in messages {
        let mut blocks = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            blocks.extend(block(message.role, part)?.map(|kind| Block {
                kind,
                cache_control: None,
            }));
        }
        mark(&mut blocks, message.cache);
        if blocks.is_empty() {
            continue;
        }
        match turns.last_mut() {
            _ if message.role == Role::System => system.extend(blocks),
            Some((role, last)) if *role == message.role => last.extend(blocks),
            _ => turns.push((message.role, blocks)),
        }
    }
    for (_, blocks) in &mut turns {
        // What tools answered is refused behind anything else.
        blocks.sort_by_key(|block| !matches!(block.kind, BlockKind::ToolResult { .. }));
    }
    if let Some((Role::Assistant, blocks)) = turns.last_mut() {
        trim_prefill(blocks);
    }
    let all = system.iter_mut();
    limit_marks(all.chain(turns.iter_mut().flat_map(|(_, blocks)| blocks)));
    Ok(Conversation {
        system: (!system.is_empty()).then(|| content(system)),
        turns: turns
            .into_iter()
            .map(|(role, blocks)| Turn {
                role: role.as_str(),
                content: content(blocks),
            })
            .collect(),
    })
}

/// The block for a part; `None` for what is left out: empty text, which is refused, and thinking
/// that is another format's.
fn block(role: Role, part: &Part) -> Result<Option<BlockKind>, Failure> {
    let in_turn_of = |expected: Role| role == expected;
    Ok(Some(match part {
        Part::Text { text } if text.trim().is_empty() => return Ok(None),
        Part::Text { text } => BlockKind::Text { text: text.clone() },
        Part::Image { media } if in_turn_of(Role::User) => BlockKind::Image {
            source: source(media),
        },
        Part::Document { name, media } if in_turn_of(Role::User) => {
            if media.media_type != "application/pdf" {
                return Err(refused(
                    "Of documents, Anthropic's format takes PDF files only.",
                ));
            }
            BlockKind::Document {
                source: source(media),
                title: name.clone().filter(|name| !name.trim().is_empty()),
            }
        }
        Part::ToolCall {
            id,
            name,
            arguments,
        } if in_turn_of(Role::Assistant) => BlockKind::ToolUse {
            id: id.clone(),
            name: name.clone(),
            input: object(arguments, "The arguments of a tool call")?.to_owned(),
        },
        Part::ToolResult {
            id, text, is_error, ..
        } if in_turn_of(Role::User) => BlockKind::ToolResult {
            tool_use_id: id.clone(),
            content: text.clone(),
            is_error: *is_error,
        },
        Part::ReasoningItem { format, item }
            if format == REASONING_FORMAT && in_turn_of(Role::Assistant) =>
        {
            BlockKind::Thinking(object(item, "Thinking from an earlier turn")?.to_owned())
        }
        Part::ReasoningItem { .. } => return Ok(None),
        Part::Image { .. } => return Err(misplaced("A picture")),
        Part::Document { .. } => return Err(misplaced("A document")),
        Part::ToolCall { .. } => return Err(misplaced("A tool call")),
        Part::ToolResult { .. } => return Err(misplaced("The result of a tool")),
    }))
}

fn source(media: &Media) -> Source {
    match &media.source {
        MediaSource::Base64(data) => Source::Base64 {
            media_type: media.media_type.clone(),
            data: data.clone(),
        },
        MediaSource::Url(url) => Source::Url { url: url.clone() },
    }
}

/// Marks the last block that can be: thinking cannot.
fn mark(blocks: &mut [Block], lifetime: Option<CacheLifetime>) {
    let Some(lifetime) = lifetime else {
        return;
    };
    let last = blocks
        .iter_mut()
        .rfind(|block| !matches!(block.kind, BlockKind::Thinking(_)));
    if let Some(block) = last {
        block.cache_control = Some(CacheControl {
            kind: "ephemeral",
            ttl: match lifetime {
                CacheLifetime::Short => None,
                CacheLifetime::Long => Some("1h"),
            },
        });
    }
}

/// More than four marks are refused, and so is a long one behind a short one. The first is kept,
/// because it saves the most, and the last ones, because the next request begins with them.
fn limit_marks<'a>(blocks: impl Iterator<Item = &'a mut Block>) {
    let mut marked: Vec<_> = blocks
        .filter(|block| block.cache_control.is_some())
        .collect();
    let too_many = marked.len().saturating_sub(MAX_CACHE_MARKS);
    for block in marked.iter_mut().skip(1).take(too_many) {
        block.cache_control = None;
    }
    let kept = marked
        .iter_mut()
        .filter_map(|block| block.cache_control.as_mut());
    let mut is_short = false;
    for mark in kept {
        is_short |= mark.ttl.is_none();
        if is_short {
            mark.ttl = None;
        }
    }
}

/// An answer to be continued must not end in white space.
fn trim_prefill(blocks: &mut [Block]) {
    if let Some(Block {
        kind: BlockKind::Text { text },
        ..
    }) = blocks.last_mut()
    {
        text.truncate(text.trim_end().len());
    }
}

fn content(mut blocks: Vec<Block>) -> Content {
    if let [
        Block {
            kind: BlockKind::Text { text },
            cache_control: None,
        },
    ] = blocks.as_mut_slice()
    {
        return Content::Text(std::mem::take(text));
    }
    Content::Blocks(blocks)
}
