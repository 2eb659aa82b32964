//! The models that a server has, with what it says of each.

use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::{Capabilities, Modalities, ModelListing, Price, Rates, UnixMillis};

use super::context::file_room;
use super::wire::{Details, ListedModel, ShownModel};
use crate::lenient::{filled, positive};

/// What is known of a model: the list's own line, and the reply about it where there was one.
pub(super) fn listing(
    listed: ListedModel,
    shown: Option<ShownModel>,
    free_since: Option<UnixMillis>,
) -> Option<ModelListing> {
    let shown = shown.unwrap_or_default();
    let id = filled(listed.name).or(filled(listed.model))?;
    let is_remote = filled(listed.remote_host).is_some() || filled(shown.remote_host).is_some();
    let words = listed.capabilities.or(shown.capabilities);
    let details = listed.details.unwrap_or_default();
    let more = shown.details.unwrap_or_default();
    let longest = longest(&details)
        .or_else(|| longest(&more))
        .or_else(|| architecture_context(shown.model_info.as_ref()?));
    // A model's file may make less room than the model has.
    let room = shown.parameters.as_deref().and_then(file_room);
    let has = |word: &str| {
        words
            .as_ref()
            .map(|words| words.iter().any(|other| other == word))
    };
    Some(ModelListing {
        context_length: match (longest, room) {
            (Some(longest), Some(room)) => Some(longest.min(room)),
            (longest, room) => longest.or(room),
        },
        quantization: filled(details.quantization_level)
            .or(filled(more.quantization_level))
            .filter(|level| level != "unknown"),
        capabilities: Capabilities {
            input: has("vision").map(|image| Modalities {
                text: true,
                image,
                audio: has("audio") == Some(true),
                ..Modalities::default()
            }),
            tools: has("tools"),
            reasoning: has("thinking"),
            // What is on the disk has been downloaded.
            open_weights: (free_since.is_some() && !is_remote).then_some(true),
            ..Capabilities::default()
        },
        price: free_since
            .filter(|_| !is_remote)
            .map(|as_of| Price::flat(Rates::FREE, on_this_computer(as_of))),
        is_chat: has("completion"),
        id,
        ..ModelListing::default()
    })
}

/// Whether the list alone says so much that the model need not be asked about.
pub(super) fn says_enough(listed: &ListedModel) -> bool {
    let has_context = listed.details.as_ref().and_then(longest).is_some();
    has_context && listed.capabilities.is_some()
}

fn longest(details: &Details) -> Option<u64> {
    positive(details.context_length)
}

/// `llama.context_length`, `qwen3.context_length`: the name of the architecture comes first.
fn architecture_context(info: &serde_json::Map<String, serde_json::Value>) -> Option<u64> {
    info.iter()
        .filter(|(name, _)| name.ends_with(".context_length"))
        .find_map(|(_, value)| value.as_u64())
        .filter(|length| *length > 0)
}

fn on_this_computer(as_of: UnixMillis) -> PriceTag {
    PriceTag {
        source: PriceSource::Provider,
        name: "Ollama on this computer".to_owned(),
        as_of,
    }
}

#[cfg(test)]
mod tests {
    use super::super::wire::parse_list;
    use super::*;

    fn read(listed: &str, shown: &str, free_since: Option<UnixMillis>) -> ModelListing {
        let shown = (!shown.is_empty()).then(|| serde_json::from_str(shown).unwrap());
        listing(serde_json::from_str(listed).unwrap(), shown, free_since).unwrap()
    }

    #[test]
    fn what_the_server_says_of_a_model_is_kept() {
        let model = read(
            r#"{"name":"gemma4:latest","model":"gemma4:latest","size":1,
                "details":{"family":"gemma4","quantization_level":"Q4_K_M","parameter_size":"8.0B"}}"#,
            r#"{"parameters":"num_ctx 8192","capabilities":["completion","vision","tools","thinking"],
                "model_info":{"general.architecture":"gemma4","gemma4.context_length":131072,"gemma4.rope.x":[1]}}"#,
            Some(UnixMillis(7)),
        );
        assert_eq!(model.id, "gemma4:latest");
        assert_eq!(model.context_length, Some(8_192));
        assert_eq!(model.quantization.as_deref(), Some("Q4_K_M"));
        assert_eq!(model.is_chat, Some(true));
        let input = model.capabilities.input.unwrap();
        assert!(input.text && input.image && !input.audio);
        assert_eq!(model.capabilities.tools, Some(true));
        assert_eq!(model.capabilities.reasoning, Some(true));
        assert_eq!(model.capabilities.open_weights, Some(true));
        let price = model.price.unwrap();
        assert_eq!(price.rules[0].rates, Rates::FREE);
        assert_eq!(price.tag.as_of, UnixMillis(7));
    }

    #[test]
    fn an_embedding_model_holds_no_conversations() {
        let shown = r#"{"capabilities":["embedding"],"model_info":{"bert.context_length":512}}"#;
        let model = read(r#"{"name":"nomic-embed-text"}"#, shown, None);
        assert_eq!(model.is_chat, Some(false));
        assert_eq!(model.context_length, Some(512));
    }

    #[test]
    fn a_model_that_runs_elsewhere_is_not_called_free() {
        let cloud = r#"{"name":"gpt-oss:120b-cloud","remote_host":"https://ollama.com:443"}"#;
        let model = read(cloud, "", Some(UnixMillis(7)));
        assert_eq!(model.price, None);
        assert_eq!(model.capabilities.open_weights, None);
        assert_eq!(read(r#"{"name":"gpt-oss:120b"}"#, "", None).price, None);
    }

    #[test]
    fn what_is_not_said_is_unknown() {
        let model = read(r#"{"name":"a","details":[],"capabilities":7}"#, "", None);
        assert_eq!(model.capabilities, Capabilities::default());
        assert_eq!((model.is_chat, model.context_length), (None, None));
        assert!(listing(ListedModel::default(), None, None).is_none());
    }

    #[test]
    fn newer_lists_say_enough_by_themselves() {
        let says = |text: &str| says_enough(&serde_json::from_str(text).unwrap());
        assert!(says(
            r#"{"name":"a","capabilities":["completion"],"details":{"context_length":8}}"#
        ));
        assert!(!says(r#"{"name":"a","capabilities":["completion"]}"#));
        assert!(!says(r#"{"name":"a","details":{"context_length":8}}"#));
    }

    #[test]
    fn lists_are_told_from_other_replies() {
        assert_eq!(parse_list(r#"{"models":null}"#).unwrap().len(), 0);
        assert_eq!(
            parse_list(r#"{"models":[{"name":"a"},7]}"#).unwrap().len(),
            1
        );
        assert!(parse_list("{}").is_err());
        assert!(parse_list(r#"{"error":"x"}"#).is_err());
        assert!(parse_list("Ollama is running").is_err());
    }
}
