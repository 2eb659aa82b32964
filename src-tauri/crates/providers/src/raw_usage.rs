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
        // Embeddings are counted in the words of chat completions.
        WireFamily::OpenAiResponses => openai_responses::usage_event(object()?)
            .filter(counts)
            .or_else(|| openai_chat::usage_event(object()?, dialect)),
        WireFamily::AnthropicMessages => anthropic_messages::usage_event(object()?),
        WireFamily::Gemini | WireFamily::Vertex => gemini::usage_event(&raw.0),
        WireFamily::Ollama => ollama::usage_event(&raw.0)
            .filter(counts)
            .or_else(|| openai_chat::usage_event(object()?, dialect)),
    };
    match event.filter(counts)? {
        StreamEvent::Usage { usage, .. } => Some(usage),
        _ => None,
    }
}

/// Whether it counts anything.
fn counts(event: &StreamEvent) -> bool {
    matches!(event, StreamEvent::Usage { usage, .. } if !usage.is_zero())
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

    #[test]
    fn embeddings_are_counted_in_every_family_that_is_asked_in_openais_words() {
        let raw = RawUsage(r#"{"prompt_tokens":8,"total_tokens":8}"#.to_owned());
        for family in FAMILIES {
            let usage = usage_from_raw(family, Dialect::default(), &raw);
            let expected = family.embeds_like_openai().then_some(8);
            assert_eq!(usage.map(|usage| usage.input), expected, "{family:?}");
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
