//! Usage objects read again, long after their streams.

use patchbay_domain::{RawUsage, StreamEvent, Usage, WireFamily};
use serde_json::value::RawValue;

use crate::openai_chat::Dialect;
use crate::{anthropic_messages, gemini, ollama, openai_chat, openai_responses};

/// The tokens in a usage object that was kept, by the rules of today. `None` where it cannot be read,
/// or counts nothing.
///
/// Searches of the web that a family counts beside the object, as Google and OpenAI's responses do, are
/// not in it: whoever kept the count from then takes the larger one.
pub fn usage_from_raw(family: WireFamily, dialect: Dialect, raw: &RawUsage) -> Option<Usage> {
    // A list would be read as the fields of an object in their order.
    if !raw.0.trim_start().starts_with('{') {
        return None;
    }
    let object = || serde_json::from_str::<&RawValue>(&raw.0).ok();
    let event = match family {
        WireFamily::OpenAiChat => openai_chat::usage_event(object()?, dialect),
        WireFamily::OpenAiResponses => openai_responses::usage_event(object()?),
        WireFamily::AnthropicMessages => anthropic_messages::usage_event(object()?),
        WireFamily::Gemini | WireFamily::Vertex => gemini::usage_event(&raw.0),
        WireFamily::Ollama => ollama::usage_event(&raw.0),
    };
    match event? {
        StreamEvent::Usage { usage, .. } => Some(usage).filter(|usage| !usage.is_zero()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAMILIES: [WireFamily; 6] = [
        WireFamily::OpenAiChat,
        WireFamily::OpenAiResponses,
        WireFamily::AnthropicMessages,
        WireFamily::Gemini,
        WireFamily::Vertex,
        WireFamily::Ollama,
    ];

    #[test]
    fn what_counts_nothing_or_is_no_object_is_none() {
        for family in FAMILIES {
            for text in [
                "",
                "{}",
                "null",
                "[1]",
                "12",
                "{\"input_tokens\":",
                "\"text\"",
            ] {
                let raw = RawUsage(text.to_owned());
                assert_eq!(
                    usage_from_raw(family, Dialect::default(), &raw),
                    None,
                    "{family:?} {text}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}") {
            for family in FAMILIES {
                let _ = usage_from_raw(family, Dialect::default(), &RawUsage(text.clone()));
            }
        }
    }
}
