//! The embedded catalogue, read once when it is first needed.

use std::collections::HashMap;
use std::sync::LazyLock;

use patchbay_domain::catalogue::{
    CanonicalModel, CatalogueFile, ListSource, ListedPrice, ModelIndex, PriceBook, maker_behind,
};
use patchbay_domain::{ModelListing, Price};

const FILE: &str = include_str!("../../data/catalogue.json");

/// Makers' own services, the one with dollars first where a maker has two.
const MAKERS_OWN: &[&str] = &[
    "alibaba",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "minimax",
    "mistral",
    "moonshot",
    "openai",
    "perplexity",
    "xai",
    "zai",
    "zhipu",
];

/// Canonical models and prices as they were when Patchbay was made.
#[derive(Debug)]
pub(crate) struct Snapshot {
    sources: Vec<ListSource>,
    index: ModelIndex,
    prices: PriceBook,
    /// Where each model's maker lists it: preset and id.
    at_maker: HashMap<String, (&'static str, String)>,
}

impl Snapshot {
    /// The one that was compiled in. The first call takes some milliseconds and may be made ahead on
    /// another thread.
    pub(crate) fn embedded() -> &'static Self {
        static EMBEDDED: LazyLock<Snapshot> = LazyLock::new(|| {
            Snapshot::read(FILE).unwrap_or_else(|error| {
                // A test reads the same file, so this is not met. Without it, nothing has a price.
                tracing::error!(%error, "the embedded catalogue cannot be read");
                Snapshot::empty()
            })
        });
        &EMBEDDED
    }

    /// What a model costs at a provider by the lists, under the provider's own id for it.
    pub(crate) fn price(&self, preset: &str, model: &str) -> Option<&Price> {
        self.prices.price(preset, model)
    }

    /// The line of the list behind [`Self::price`]: with what it charges and we do not count, and
    /// what another list says.
    pub(crate) fn listed(&self, preset: &str, model: &str) -> Option<&ListedPrice> {
        self.prices.listed(preset, model)
    }

    /// The model that a provider lists; see [`ModelIndex::canonical`].
    pub(crate) fn canonical(
        &self,
        preset: Option<&str>,
        listing: &ModelListing,
    ) -> Option<&CanonicalModel> {
        self.index.canonical(preset, listing)
    }

    /// The model with that canonical id.
    pub(crate) fn model(&self, id: &str) -> Option<&CanonicalModel> {
        let id = patchbay_domain::catalogue::CanonicalId::new(id)?;
        self.index.get(&id)
    }

    /// What the maker of the model with that canonical id asks for it. `None` where the maker serves nobody, or is not listed.
    pub(crate) fn list_price(&self, model: &str) -> Option<&Price> {
        let (preset, id) = self.at_maker.get(model)?;
        self.prices.price(preset, id)
    }

    /// All models, by id.
    #[cfg(test)]
    pub(crate) fn models(&self) -> &[CanonicalModel] {
        self.index.models()
    }

    /// The lists it was made from, each with its version and the day it was published.
    pub(crate) fn sources(&self) -> &[ListSource] {
        &self.sources
    }

    fn empty() -> Self {
        Self {
            sources: Vec::new(),
            index: ModelIndex::new(Vec::new(), Vec::new()),
            prices: PriceBook::default(),
            at_maker: HashMap::new(),
        }
    }

    fn read(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let file: CatalogueFile = serde_json::from_str(text)?;
        let index = ModelIndex::new(file.models, file.aliases);
        let prices = PriceBook::new(&file.sources, file.lists)?;
        let at_maker = makers_ids(&index, &prices);
        Ok(Self {
            sources: file.sources,
            index,
            prices,
            at_maker,
        })
    }
}

fn makers_ids(index: &ModelIndex, prices: &PriceBook) -> HashMap<String, (&'static str, String)> {
    let mut found = HashMap::new();
    for preset in MAKERS_OWN {
        for id in prices.ids(preset) {
            let listing = ModelListing {
                id: id.to_owned(),
                ..ModelListing::default()
            };
            let own = index
                .canonical(Some(preset), &listing)
                .filter(|model| maker_behind(preset) == Some(model.maker.as_str()));
            if let Some(model) = own
                && prices.price(preset, id).is_some()
            {
                found
                    .entry(model.id.to_string())
                    .or_insert_with(|| (*preset, id.to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_domain::price::ServiceTier;
    use patchbay_domain::{NanoUsdPerMTok, UnixMillis};

    const NOVEMBER_2026: UnixMillis = UnixMillis(1_795_000_000_000);

    fn dollars(price: Option<&Price>) -> Option<(i64, i64)> {
        let rates = price?.rates(NOVEMBER_2026, 0, ServiceTier::Standard);
        let milli = |rate: Option<NanoUsdPerMTok>| rate.map(|rate| rate.0 / 1_000_000);
        Some((milli(rates.input)?, milli(rates.output)?))
    }

    #[test]
    fn the_embedded_file_can_be_read() {
        let snapshot = Snapshot::read(FILE).unwrap();
        assert!(snapshot.models().len() > 500);
        let names: Vec<_> = snapshot
            .sources()
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        assert_eq!(names, ["genai-prices", "LiteLLM"]);
    }

    #[test]
    fn a_price_says_where_it_stood_and_when() {
        let snapshot = Snapshot::embedded();
        let price = snapshot.price("openai", "gpt-4o").unwrap();
        assert_eq!(price.tag.name, "genai-prices 0.2.3");
        assert_eq!(price.tag.as_of, UnixMillis(1_794_268_800_000));
        let price = snapshot
            .price("deepinfra", "meta-llama/Llama-3.3-70B-Instruct-Turbo")
            .unwrap();
        assert_eq!(price.tag.name, "LiteLLM 1.109.1");
    }

    #[test]
    fn prices_are_found_by_the_spelling_of_each_provider() {
        let snapshot = Snapshot::embedded();
        for (preset, id) in [
            ("anthropic", "claude-sonnet-4-5-20250929"),
            ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            ("azure", "gpt-4o"),
            ("fireworks", "accounts/fireworks/models/deepseek-v3p2"),
            ("vertex", "gemini-2.5-pro"),
            ("huggingface", "deepseek-ai/DeepSeek-R1:novita"),
            ("openrouter", "anthropic/claude-sonnet-4.5"),
            ("sambanova", "DeepSeek-V3.1"),
            ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
            ("zai", "glm-4.6"),
        ] {
            assert!(snapshot.price(preset, id).is_some(), "{preset} {id}");
        }
        assert!(snapshot.price("nanogpt", "gpt-4o").is_none());
        assert!(
            snapshot.price("zai_coding", "glm-4.6").is_none(),
            "a subscription charges no tokens"
        );
        assert!(snapshot.price("openai", "a-model-of-tomorrow").is_none());
    }

    #[test]
    fn the_makers_own_price_is_the_list_price() {
        let snapshot = Snapshot::embedded();
        let of = |id: &str| dollars(snapshot.list_price(id));
        assert_eq!(of("anthropic/claude-sonnet-4.5"), Some((3_000, 15_000)));
        assert_eq!(of("openai/gpt-4o"), Some((2_500, 10_000)));
        assert_eq!(of("z-ai/glm-4.6"), Some((600, 2_200)));
        assert_eq!(
            of("deepseek/deepseek-chat"),
            None,
            "its maker sells another model under that name"
        );
        assert_eq!(of("meta/llama-3.3-70b-instruct"), None, "not sold by Meta");
        let listed = snapshot
            .models()
            .iter()
            .filter(|model| snapshot.list_price(model.id.as_str()).is_some())
            .count();
        assert!(listed > 150, "{listed}");
    }
}
