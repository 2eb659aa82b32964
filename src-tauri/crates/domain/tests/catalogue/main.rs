//! The rules of the catalogue on the catalogue that is shipped.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

mod matching;
#[path = "../../examples/catalogue/text.rs"]
mod text;

use patchbay_domain::catalogue::CatalogueFile;

const FILE: &str = include_str!("../../../engine/data/catalogue.json");

fn file() -> CatalogueFile {
    serde_json::from_str(FILE).unwrap()
}

#[test]
fn the_file_is_in_canonical_form_and_every_price_can_be_believed() {
    assert_eq!(text::check(FILE), Ok(()));
}

#[test]
fn a_file_that_was_edited_by_hand_is_noticed() {
    let spaced = FILE.replacen("\"models\":", "\"models\": ", 1);
    assert!(text::check(&spaced).unwrap_err().contains("canonical form"));
    let absurd = FILE.replacen("\"output\":\"15\"", "\"output\":\"15000000\"", 1);
    assert!(text::check(&absurd).unwrap_err().contains("$10,000"));
    assert!(text::check("{}").is_err());
}

/// The presets whose price lists the catalogue is meant to have.
#[test]
fn every_provider_with_an_open_list_has_prices() {
    let lists = file().lists;
    for preset in [
        "alibaba",
        "anthropic",
        "bedrock",
        "azure",
        "cerebras",
        "cohere",
        "deepinfra",
        "deepseek",
        "fireworks",
        "google",
        "vertex",
        "groq",
        "huggingface:novita",
        "minimax",
        "mistral",
        "moonshot",
        "novita",
        "openai",
        "openrouter",
        "perplexity",
        "sambanova",
        "together",
        "xai",
        "zai",
        "zhipu",
    ] {
        let has = lists
            .iter()
            .any(|list| list.presets.iter().any(|known| known == preset));
        assert!(has, "{preset}");
    }
}

#[test]
fn another_lists_opinion_is_kept_beside_the_price() {
    let file = file();
    let noted: Vec<_> = file
        .lists
        .iter()
        .flat_map(|list| &list.prices)
        .filter_map(|listed| listed.disagrees.as_ref())
        .collect();
    assert!(!noted.is_empty());
    assert!(
        noted
            .iter()
            .all(|note| file.sources[note.source].name == "LiteLLM")
    );
}
