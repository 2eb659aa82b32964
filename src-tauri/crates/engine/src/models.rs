//! The models that can be chosen: those on this computer, and those that providers listed, each with
//! what is known of it and what it costs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use patchbay_domain::catalogue::CanonicalModel;
use patchbay_domain::price::{PriceSource, PriceTag};
use patchbay_domain::{Capabilities, Endpoint, Price, ProviderId, Rates, UnixMillis};
use patchbay_store::{ListedModel, ProviderRecord};

use crate::catalogue::Snapshot;
use crate::model_kinds::{embeds, is_of_another_kind};
use crate::providers::{family_of, preset_of};
use crate::{Engine, EngineError};

/// How many endpoints are remembered as used lately.
const RECENT: u32 = 200;

/// One way in, in the list and in the picker.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelChoice {
    /// How to reach it.
    pub endpoint: Endpoint,
    /// The provider's name.
    pub provider_name: String,
    /// What stars hang on: the canonical id, or the way in where the model is not certain.
    pub key: String,
    /// Which model it certainly is, as `maker/model`.
    pub canonical_id: Option<String>,
    /// A name for people.
    pub name: String,
    /// Who made it.
    pub maker: Option<String>,
    /// Which family of models it belongs to.
    pub family: Option<String>,
    /// When it came out.
    pub released_at: Option<UnixMillis>,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// Tokens of the longest answer.
    pub max_output: Option<u64>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How far its weights were rounded, where the provider says so.
    pub quantization: Option<String>,
    /// It holds conversations.
    pub is_chat: bool,
    /// What it costs now.
    pub price: Option<PriceNow>,
    /// The person set a star.
    pub is_starred: bool,
    /// When the person asked it last by this way in.
    pub last_used_at: Option<UnixMillis>,
    /// When it came into its provider's list; `None` where it always stood there.
    pub first_seen_at: Option<UnixMillis>,
    /// The cable of this model, once it has been asked.
    pub colour: Option<u8>,
    /// Why it cannot be asked now.
    pub unavailable_because: Option<String>,
}

/// A price as it stands at a moment, for a short prompt at the usual tier of service.
#[derive(Clone, Debug, PartialEq)]
pub struct PriceNow {
    /// The rates.
    pub rates: Rates,
    /// More than the tokens decides.
    pub has_conditions: bool,
    /// Which list it stands on.
    pub tag: PriceTag,
}

impl PriceNow {
    /// The price at this moment.
    pub(crate) fn of(price: &Price, now: UnixMillis) -> Self {
        Self {
            rates: price.rates(now, 0, patchbay_domain::price::ServiceTier::Standard),
            has_conditions: price.has_conditions(),
            tag: price.tag.clone(),
        }
    }
}

/// What else is needed to show a listed model.
struct Surroundings {
    now: UnixMillis,
    own_prices: HashMap<Endpoint, Price>,
    stars: BTreeMap<String, UnixMillis>,
    used: HashMap<Endpoint, UnixMillis>,
    colours: HashMap<String, u8>,
}

impl Engine {
    /// Every model, those on this computer first, then by provider in the person's order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn models(&self) -> Result<Vec<ModelChoice>, EngineError> {
        let mut choices = self.local_choices().await?;
        let listed = self.store.models().await?;
        let providers = self.store.providers().await?;
        let surroundings = self.surroundings().await?;
        let without_key = self.without_key(&providers).await?;
        let remote = tokio::task::spawn_blocking(move || {
            remote_choices(&providers, listed, &without_key, &surroundings)
        });
        choices.extend(remote.await.unwrap_or_default());
        Ok(choices)
    }

    /// The prices that the person set.
    pub(crate) async fn own_prices(&self) -> Result<HashMap<Endpoint, Price>, EngineError> {
        let own = self.store.latest_prices(PriceSource::Person).await?;
        Ok(own
            .into_iter()
            .map(|record| (record.endpoint, record.price))
            .collect())
    }

    async fn surroundings(&self) -> Result<Surroundings, EngineError> {
        let used = self.store.recently_used(RECENT).await?;
        Ok(Surroundings {
            now: self.clock.now(),
            own_prices: self.own_prices().await?,
            stars: self.store.stars().await?,
            used: used.into_iter().collect(),
            colours: self.store.colours().await?,
        })
    }

    /// Providers that want a key and have none. The keychain is asked only about those that have no
    /// place for one, since a variable may stand in.
    pub(crate) async fn without_key(
        &self,
        providers: &[ProviderRecord],
    ) -> Result<BTreeSet<ProviderId>, EngineError> {
        let keys = self.store.all_keys().await?;
        let mut without = BTreeSet::new();
        for record in providers {
            let wants_key =
                preset_of(record).is_some_and(patchbay_providers::Preset::always_needs_key);
            let has_place = keys
                .iter()
                .any(|key| key.provider == record.id && !key.is_disabled);
            if !wants_key || has_place {
                continue;
            }
            let status = self
                .key_status(record, &crate::connector::KeySlot::first())
                .await;
            if status.source.is_none() && status.problem.is_none() {
                without.insert(record.id.clone());
            }
        }
        Ok(without)
    }

    async fn local_choices(&self) -> Result<Vec<ModelChoice>, EngineError> {
        let surroundings = self.surroundings().await?;
        let local = std::sync::Arc::clone(&self.local);
        let scanned = tokio::task::spawn_blocking(move || local.scan())
            .await
            .unwrap_or_default();
        // A file that came or went is no news of the store's.
        self.known_cache
            .expect_local(scanned.iter().map(|model| model.id.as_str()));
        Ok(scanned
            .into_iter()
            .map(|model| {
                let (context_length, problem) = match model.context_length {
                    Ok(length) => (Some(length), None),
                    Err(error) => (None, Some(crate::with_causes(&error))),
                };
                let endpoint = Endpoint {
                    provider: ProviderId::local(),
                    model: model.id,
                };
                let free = crate::routing::free();
                ModelChoice {
                    key: key_of(&endpoint),
                    canonical_id: None,
                    provider_name: crate::local_model::PROVIDER_NAME.to_owned(),
                    name: model.name,
                    maker: model.maker,
                    family: None,
                    released_at: None,
                    context_length,
                    max_output: None,
                    capabilities: Capabilities {
                        open_weights: Some(true),
                        ..Capabilities::default()
                    },
                    quantization: None,
                    is_chat: true,
                    price: Some(PriceNow::of(&free, surroundings.now)),
                    is_starred: surroundings.stars.contains_key(&key_of(&endpoint)),
                    last_used_at: surroundings.used.get(&endpoint).copied(),
                    first_seen_at: None,
                    colour: surroundings.colours.get(&endpoint.model).copied(),
                    unavailable_because: problem,
                    endpoint,
                }
            })
            .collect())
    }

    /// Sets a star, or takes it away.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn star_model(&self, key: String, is_starred: bool) -> Result<(), EngineError> {
        let at = is_starred.then(|| self.clock.now());
        Ok(self.store.set_star(key, at).await?)
    }
}

fn remote_choices(
    providers: &[ProviderRecord],
    listed: Vec<ListedModel>,
    without_key: &BTreeSet<ProviderId>,
    surroundings: &Surroundings,
) -> Vec<ModelChoice> {
    let mut by_provider: HashMap<ProviderId, Vec<ListedModel>> = HashMap::new();
    for model in listed {
        by_provider
            .entry(model.provider.clone())
            .or_default()
            .push(model);
    }
    let mut choices = Vec::new();
    for record in providers {
        let unavailable_because = without_key
            .contains(&record.id)
            .then(|| "There is no key for this provider.".to_owned());
        for model in by_provider.remove(&record.id).unwrap_or_default() {
            choices.push(ModelChoice {
                unavailable_because: unavailable_because.clone(),
                ..choice(record, model, surroundings)
            });
        }
    }
    choices
}

/// What is known of a listed model, from its provider's list and from the catalogue.
pub(crate) struct ModelFacts {
    /// The canonical id, or the way in where the model is not certain.
    pub(crate) key: String,
    pub(crate) canonical: Option<&'static CanonicalModel>,
    pub(crate) name: String,
    pub(crate) maker: Option<String>,
    pub(crate) released_at: Option<UnixMillis>,
    pub(crate) capabilities: Capabilities,
    pub(crate) context_length: Option<u64>,
    pub(crate) max_output: Option<u64>,
    pub(crate) is_chat: bool,
    /// It makes embeddings; `None` where nobody knows.
    pub(crate) embeds: Option<bool>,
    /// The lists' price; a person's own wins over it.
    pub(crate) price: Option<Price>,
}

/// Joins what the provider's list and the catalogue say; the list wins.
pub(crate) fn facts(record: &ProviderRecord, model: &ListedModel) -> ModelFacts {
    let listing = &model.listing;
    let known = Snapshot::embedded().canonical(record.preset.as_deref(), listing);
    let capabilities = match known {
        Some(known) => listing.capabilities.or(known.capabilities),
        None => listing.capabilities,
    };
    ModelFacts {
        key: known.map_or_else(
            || key_of(&model.endpoint()),
            |known| known.id.as_str().to_owned(),
        ),
        canonical: known,
        name: known
            .map(|known| known.name.clone())
            .or_else(|| listing.name.clone())
            .unwrap_or_else(|| listing.id.clone()),
        maker: known
            .map(|known| known.maker.clone())
            .or_else(|| listing.owned_by.clone()),
        released_at: known
            .and_then(|known| known.released_at)
            .or(listing.released_at),
        context_length: listing
            .context_length
            .or_else(|| known.and_then(|known| known.context_length)),
        max_output: listing
            .max_output
            .or_else(|| known.and_then(|known| known.max_output)),
        is_chat: listing
            .is_chat
            .or_else(|| known.filter(|known| known.embeds).map(|_| false))
            .or_else(|| capabilities.output.map(|output| output.text))
            .unwrap_or_else(|| !is_of_another_kind(&listing.id)),
        embeds: embeds(family_of(record), listing, known),
        capabilities,
        price: listing
            .price
            .clone()
            .or_else(|| snapshot_price(record, &listing.id)),
    }
}

fn choice(record: &ProviderRecord, model: ListedModel, surroundings: &Surroundings) -> ModelChoice {
    let endpoint = model.endpoint();
    let facts = facts(record, &model);
    let price = surroundings
        .own_prices
        .get(&endpoint)
        .cloned()
        .or(facts.price);
    ModelChoice {
        provider_name: record.name.clone(),
        canonical_id: facts.canonical.map(|known| known.id.as_str().to_owned()),
        name: facts.name,
        maker: facts.maker,
        family: facts.canonical.and_then(|known| known.family.clone()),
        released_at: facts.released_at,
        context_length: facts.context_length,
        max_output: facts.max_output,
        is_chat: facts.is_chat,
        capabilities: facts.capabilities,
        quantization: model.listing.quantization,
        price: price.map(|price| PriceNow::of(&price, surroundings.now)),
        is_starred: surroundings.stars.contains_key(&facts.key),
        last_used_at: surroundings.used.get(&endpoint).copied(),
        first_seen_at: model.first_seen_at,
        colour: surroundings.colours.get(&endpoint.model).copied(),
        unavailable_because: None,
        key: facts.key,
        endpoint,
    }
}

/// The embedded list's price of a model, where the provider's preset is on it.
pub(crate) fn snapshot_price(record: &ProviderRecord, model: &str) -> Option<Price> {
    Snapshot::embedded()
        .price(&preset_of(record)?.id, model)
        .cloned()
}

/// The star's key of a way in whose model is not certain. Canonical ids hold no blank.
pub(crate) fn key_of(endpoint: &Endpoint) -> String {
    format!("{} {}", endpoint.provider.as_str(), endpoint.model)
}
