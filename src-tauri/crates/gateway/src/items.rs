//! What the parsers of several formats share: media, thinking that goes back and forth, and words.

use std::collections::BTreeMap;

use patchbay_domain::content::{Media, MediaSource, ReasoningEffort, ResponseFormat, Tool};
use patchbay_domain::{ChatRequest, ForeignFields, JsonText, Part, WireFamily};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::failure::Refusal;

/// Formats of thinking, by the names that the providers crate gives them.
const REASONING_DETAILS: &str = "openai_chat.reasoning_details";
const TOOL_EXTRA_CONTENT: &str = "openai_chat.tool_extra_content";
const REASONING_CONTENT: &str = "openai_chat.reasoning_content";

/// The type of thinking that comes from another format than the client's, and is only to be sent back.
const FOREIGN: &str = "patchbay.item";

/// Thinking of another format, in the client's own list.
#[derive(Serialize, Deserialize)]
struct Foreign {
    #[serde(rename = "type")]
    kind: String,
    format: String,
    data: String,
}

/// One text, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    /// All of them; none where nothing was said.
    pub(crate) fn all(texts: Option<Self>) -> Vec<String> {
        match texts {
            None => Vec::new(),
            Some(Self::One(text)) => vec![text],
            Some(Self::More(texts)) => texts,
        }
    }
}

/// OpenAI's `stream_options`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct StreamOptions {
    /// A last chunk tells the tokens.
    pub(crate) include_usage: Option<bool>,
}

/// A request whose parameters are in range.
///
/// # Errors
/// The first one that is not.
pub(crate) fn checked(request: ChatRequest) -> Result<ChatRequest, Refusal> {
    match request.parameters.validate() {
        Ok(()) => Ok(request),
        Err(error) => Err(Refusal::invalid(
            "",
            format!("The request cannot be sent: {error}."),
        )),
    }
}

/// What would be lost is refused: `what` it is, such as a part, and of which type.
pub(crate) fn cannot_be_sent(field: &str, what: &str, kind: &str) -> Refusal {
    Refusal::invalid(
        field,
        format!("{what} of the type \u{201c}{kind}\u{201d} cannot be sent through this gateway."),
    )
}

/// A function as a tool, in OpenAI's words; without parameters it takes none.
pub(crate) fn function(
    name: String,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
) -> Tool {
    let parameters = parameters.as_deref().map(RawValue::get);
    Tool {
        name,
        description,
        parameters: JsonText(parameters.unwrap_or(NO_PARAMETERS).to_owned()),
        is_strict: strict == Some(true),
    }
}

const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// A schema that the answer is to follow.
pub(crate) fn schema(name: Option<String>, schema: &RawValue, is_strict: bool) -> ResponseFormat {
    ResponseFormat::Schema {
        name: name.unwrap_or_else(|| "answer".to_owned()),
        schema: JsonText(schema.get().to_owned()),
        is_strict,
    }
}

/// A document that was sent with its data: as a data URL, or in Base64 alone.
pub(crate) fn document(name: Option<String>, data: String) -> Part {
    let media = media(&data, PDF).unwrap_or_else(|| Media {
        media_type: PDF.to_owned(),
        source: MediaSource::Base64(data),
    });
    Part::Document { name, media }
}

/// What a document is where nobody says.
pub(crate) const PDF: &str = "application/pdf";

/// The arguments of a call: where there are none, an object without any.
pub(crate) fn arguments(text: &str) -> JsonText {
    let text = text.trim();
    JsonText(if text.is_empty() { "{}" } else { text }.to_owned())
}

/// A body that is no request.
pub(crate) fn unreadable(error: &serde_json::Error) -> Refusal {
    Refusal::invalid(
        "",
        format!("The body of the request cannot be read: {error}."),
    )
}

/// The fields of a request that its parser has no name for, with more that it could not hold, for ways
/// in that speak the same format. The parser has read the body before.
pub(crate) fn foreign(
    family: WireFamily,
    body: &[u8],
    known: &[&str],
    more: BTreeMap<&str, &RawValue>,
) -> Option<ForeignFields> {
    let mut fields: BTreeMap<&str, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
    fields.retain(|name, value| !known.contains(name) && value.get() != "null");
    fields.extend(more);
    if fields.is_empty() {
        return None;
    }
    Some(ForeignFields {
        family,
        fields: JsonText(serde_json::to_string(&fields).ok()?),
    })
}

/// A data URL, or an address that the provider fetches; `None` for anything else.
pub(crate) fn media(url: &str, usual_type: &str) -> Option<Media> {
    if let Some(data) = url.strip_prefix("data:") {
        let (kind, bytes) = data.split_once(',')?;
        let media_type = kind.strip_suffix(";base64")?;
        let media_type = media_type.split(';').next().filter(|kind| !kind.is_empty());
        return Some(Media {
            media_type: media_type.unwrap_or(usual_type).to_owned(),
            source: MediaSource::Base64(bytes.to_owned()),
        });
    }
    url.starts_with("https://").then(|| Media {
        media_type: usual_type.to_owned(),
        source: MediaSource::Url(url.to_owned()),
    })
}

/// How much to think, by any format's word.
pub(crate) fn effort(word: &str) -> Option<ReasoningEffort> {
    match word {
        "xhigh" => Some(ReasoningEffort::Max),
        word => ReasoningEffort::from_word(word),
    }
}

/// One of `reasoning_details`.
pub(crate) fn from_detail(detail: &RawValue) -> Part {
    match serde_json::from_str::<Foreign>(detail.get()) {
        Ok(foreign) if foreign.kind == FOREIGN => Part::ReasoningItem {
            format: foreign.format,
            item: JsonText(foreign.data),
        },
        _ => Part::ReasoningItem {
            format: REASONING_DETAILS.to_owned(),
            item: JsonText(detail.get().to_owned()),
        },
    }
}

/// Thinking as one of `reasoning_details`.
pub(crate) fn to_detail(format: &str, item: &JsonText) -> Option<Box<RawValue>> {
    if format == REASONING_DETAILS {
        return RawValue::from_string(item.0.clone()).ok();
    }
    serde_json::value::to_raw_value(&Foreign {
        kind: FOREIGN.to_owned(),
        format: format.to_owned(),
        data: item.0.clone(),
    })
    .ok()
}

/// Thinking in plain words, as DeepSeek wants it back.
pub(crate) fn from_words(thinking: &str) -> Part {
    Part::ReasoningItem {
        format: REASONING_CONTENT.to_owned(),
        item: JsonText(serde_json::Value::from(thinking).to_string()),
    }
}

/// What belongs to one call of a tool, as Gemini wants it back.
pub(crate) fn from_extra_content(id: &str, extra: &RawValue) -> Part {
    let item = serde_json::json!({ "id": id, "extra_content": extra });
    Part::ReasoningItem {
        format: TOOL_EXTRA_CONTENT.to_owned(),
        item: JsonText(item.to_string()),
    }
}

/// Thinking of another format as opaque data, which clients of Anthropic's format send back as it is.
pub(crate) fn to_opaque(format: &str, item: &JsonText) -> String {
    format!("{FOREIGN}:{format}:{}", item.0)
}

/// The inverse of [`to_opaque`]; `None` for what it did not make.
pub(crate) fn from_opaque(data: &str) -> Option<Part> {
    let (format, item) = data
        .strip_prefix(FOREIGN)?
        .strip_prefix(':')?
        .split_once(':')?;
    Some(Part::ReasoningItem {
        format: format.to_owned(),
        item: JsonText(item.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_of_another_format_comes_back_as_it_went() {
        let item = JsonText(r#"{"type":"thinking","signature":"a\"b"}"#.to_owned());
        let detail = to_detail("anthropic.thinking", &item).unwrap();
        let back = from_detail(&detail);
        assert_eq!(
            back,
            Part::ReasoningItem {
                format: "anthropic.thinking".to_owned(),
                item
            }
        );
    }

    #[test]
    fn pictures_are_data_or_addresses() {
        let data = media("data:image/jpeg;base64,AAAA", "image/png").unwrap();
        assert_eq!(data.media_type, "image/jpeg");
        assert_eq!(data.source, MediaSource::Base64("AAAA".to_owned()));
        assert!(media("https://a.example/x.png", "image/png").is_some());
        for wrong in [
            "http://a.example/x.png",
            "file:///etc/passwd",
            "data:image/png,raw",
            "",
        ] {
            assert_eq!(media(wrong, "image/png"), None, "{wrong}");
        }
    }
}
