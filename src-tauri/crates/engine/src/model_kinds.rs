//! What a listed model is for: conversations, embeddings, or something else.

use patchbay_domain::catalogue::CanonicalModel;
use patchbay_domain::{ModelListing, WireFamily};

/// Whether it makes embeddings, as far as its format, the lists and its name tell.
pub(crate) fn embeds(
    family: WireFamily,
    listing: &ModelListing,
    known: Option<&CanonicalModel>,
) -> Option<bool> {
    if !family.makes_embeddings() {
        return Some(false);
    }
    if known.is_some_and(|known| known.embeds) {
        return Some(true);
    }
    // Ollama says of each model what it can do, and makes vectors with those that chat too.
    if family == WireFamily::Ollama {
        return (listing.is_chat == Some(false)).then_some(true);
    }
    if listing.is_chat == Some(true) || known.is_some() {
        return Some(false);
    }
    is_named_after_embeddings(&listing.id).then_some(true)
}

fn is_named_after_embeddings(id: &str) -> bool {
    let lower = id.to_ascii_lowercase();
    let words = || lower.split(|character: char| !character.is_ascii_alphanumeric());
    words().any(|word| EMBEDDING_WORDS.contains(&word))
        && !words().any(|word| word.starts_with("rerank"))
}

/// What models for embeddings are called, and no others.
const EMBEDDING_WORDS: &[&str] = &["embed", "embedding", "embeddings", "embeddinggemma", "bge"];

/// Lists that say nothing of kinds name models for embeddings, pictures and speech beside the others.
/// A wrong guess hides a model behind one click, so only plain words count.
pub(crate) fn is_of_another_kind(id: &str) -> bool {
    const WORDS: &[&str] = &[
        "whisper",
        "tts",
        "dall",
        "moderation",
        "rerank",
        "reranker",
        "transcribe",
        "sora",
        "imagen",
        "veo",
        "realtime",
        "flux",
        "ocr",
        "lyria",
    ];
    let lower = id.to_ascii_lowercase();
    let mut words = lower.split(|character: char| !character.is_ascii_alphanumeric());
    is_named_after_embeddings(id) || words.any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_embeddings_is_told_by_format_list_and_name() {
        use WireFamily::{AnthropicMessages, Gemini, Ollama, OpenAiChat, Vertex};
        for (family, id, is_chat, expected) in [
            (OpenAiChat, "nomic-embed-text-v1.5", None, Some(true)),
            (OpenAiChat, "bge-reranker-v2-m3", None, None),
            (OpenAiChat, "e5-large", None, None),
            (OpenAiChat, "e5-large", Some(false), None),
            (OpenAiChat, "embed-and-chat", Some(true), Some(false)),
            (Gemini, "embeddinggemma", None, Some(true)),
            (Ollama, "all-minilm", Some(false), Some(true)),
            (Ollama, "llama3.2", Some(true), None),
            (Vertex, "gemini-embedding-001", None, Some(false)),
            (AnthropicMessages, "embed", None, Some(false)),
        ] {
            let listing = ModelListing {
                id: id.to_owned(),
                is_chat,
                ..ModelListing::default()
            };
            assert_eq!(embeds(family, &listing, None), expected, "{family:?} {id}");
        }
    }

    #[test]
    fn models_of_other_kinds_are_told_by_plain_words() {
        for id in [
            "text-embedding-3-large",
            "whisper-1",
            "gpt-4o-mini-tts",
            "dall-e-3",
            "omni-moderation-latest",
            "cohere/rerank-v3.5",
        ] {
            assert!(is_of_another_kind(id), "{id}");
        }
        for id in [
            "gpt-5.1",
            "claude-sonnet-4-5",
            "embedded-helper",
            "mistral-large-latest",
        ] {
            assert!(!is_of_another_kind(id), "{id}");
        }
    }
}
