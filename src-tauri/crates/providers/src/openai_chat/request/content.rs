//! Words, pictures and documents as content of a message.

use patchbay_domain::Failure;
use patchbay_domain::content::{CacheLifetime, Media, MediaSource, Part};
use serde_json::{Value, json};

use super::super::dialect::{Dialect, DocumentPart};
use crate::request_body::refused;

/// Content of one message: a plain string where there are words only and nothing else to say.
pub(super) fn content(
    parts: &[&Part],
    cache: Option<CacheLifetime>,
    dialect: Dialect,
) -> Result<Value, Failure> {
    let cache = cache.filter(|_| dialect.cache_control);
    let words: Option<Vec<&str>> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    if let (Some(words), None) = (&words, cache) {
        return Ok(words.join("\n\n").into());
    }
    let mut list = parts
        .iter()
        .map(|part| content_part(part, dialect))
        .collect::<Result<Vec<_>, _>>()?;
    if let (Some(lifetime), Some(last)) = (cache, list.last_mut()) {
        last["cache_control"] = cache_control(lifetime);
    }
    Ok(list.into())
}

/// Five minutes are what the hint means by itself.
fn cache_control(lifetime: CacheLifetime) -> Value {
    match lifetime {
        CacheLifetime::Short => json!({ "type": "ephemeral" }),
        CacheLifetime::Long => json!({ "type": "ephemeral", "ttl": "1h" }),
    }
}

fn content_part(part: &Part, dialect: Dialect) -> Result<Value, Failure> {
    match part {
        Part::Text { text } => Ok(json!({ "type": "text", "text": text })),
        Part::Image { media } => {
            Ok(json!({ "type": "image_url", "image_url": { "url": address(media)? } }))
        }
        Part::Document { name, media } => document(name.as_deref(), media, dialect.document_part),
        Part::ToolCall { .. } | Part::ToolResult { .. } | Part::ReasoningItem { .. } => {
            Err(refused("A tool or thinking stands where words belong."))
        }
    }
}

fn document(name: Option<&str>, media: &Media, form: DocumentPart) -> Result<Value, Failure> {
    let is_address = matches!(media.source, MediaSource::Url(_));
    match form {
        DocumentPart::Absent => Err(refused(
            "This provider takes no documents. Paste the text instead, or choose another model.",
        )),
        DocumentPart::File if is_address => Err(refused(
            "This provider takes documents themselves, not their addresses.",
        )),
        DocumentPart::File | DocumentPart::FileOrUrl => Ok(json!({
            "type": "file",
            "file": { "filename": name.unwrap_or("document.pdf"), "file_data": address(media)? },
        })),
        DocumentPart::DocumentUrl => {
            let mut part = json!({ "type": "document_url", "document_url": address(media)? });
            if let Some(name) = name {
                part["document_name"] = name.into();
            }
            Ok(part)
        }
    }
}

/// The bytes as an address of their own, or where they are.
fn address(media: &Media) -> Result<String, Failure> {
    match &media.source {
        MediaSource::Base64(bytes) => Ok(format!("data:{};base64,{bytes}", media.media_type)),
        MediaSource::Url(url) if url.starts_with("https://") => Ok(url.clone()),
        MediaSource::Url(_) => Err(refused(
            "A provider can fetch pictures and documents from https addresses only.",
        )),
    }
}
