//! What is known of every way in, kept in memory until something changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::route::{DeclaredPolicy, Route, Training, WayIn, WaysIn};
use patchbay_domain::{Capabilities, Failure, FailureClass, Parameters, ProviderId};
use patchbay_providers::presets::{DataPolicy, Trains};
use patchbay_providers::{Preset, takes_prefill};
use patchbay_store::{Change, ListedModel, ProviderRecord};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;

use super::access::free;
use crate::connector::KeySlot;
use crate::models::{ModelFacts, facts};
use crate::providers::{family_of, option_values, preset_of};
use crate::{Engine, EngineError};

/// The option of a preset that says where it computes.
const REGION: &str = "region";

/// A provider as a run uses it.
#[derive(Clone)]
pub(crate) struct Reach {
    pub(crate) record: ProviderRecord,
    /// The keys to try; none where there is none or all are switched off, with that said.
    pub(crate) slots: Result<Vec<KeySlot>, Failure>,
    pub(crate) data_policy: Option<DeclaredPolicy>,
}

#[cfg(test)]
impl Reach {
    /// A provider by its name alone.
    pub(crate) fn without_keys(id: ProviderId, name: &str) -> Self {
        Self {
            record: ProviderRecord {
                id,
                name: name.to_owned(),
                family: "openai_chat".to_owned(),
                preset: None,
                has_attribution: false,
                options: serde_json::Map::new(),
                base_url: "http://127.0.0.1/v1".to_owned(),
                origin: patchbay_domain::Origin::from_serialized("http://127.0.0.1"),
                extra_headers: Vec::new(),
                position: 0,
                created_at: patchbay_domain::UnixMillis(0),
            },
            slots: Ok(Vec::new()),
            data_policy: None,
        }
    }
}

impl Reach {
    /// How many keys can be tried.
    pub(crate) fn keys(&self) -> u32 {
        let keys = self.slots.as_ref().map_or(0, Vec::len);
        u32::try_from(keys).unwrap_or(u32::MAX)
    }
}

/// Everything that a plan asks for.
pub(crate) struct Known {
    pub(crate) ways: WaysIn,
    pub(crate) providers: HashMap<ProviderId, Arc<Reach>>,
    /// In the person's order.
    pub(crate) routes: Vec<Route>,
}

/// The newest [`Known`], and the feed that says when it is no longer true.
pub(crate) struct KnownCache {
    current: Mutex<Option<Arc<Known>>>,
    changes: Mutex<broadcast::Receiver<Change>>,
}

impl KnownCache {
    pub(crate) fn new(changes: broadcast::Receiver<Change>) -> Self {
        Self {
            current: Mutex::new(None),
            changes: Mutex::new(changes),
        }
    }

    /// What is known, where nothing has changed since.
    fn fresh(&self) -> Option<Arc<Known>> {
        let mut changes = crate::lock(&self.changes);
        let mut is_stale = false;
        loop {
            match changes.try_recv() {
                Ok(Change::Providers | Change::Models | Change::Prices | Change::Routes) => {
                    is_stale = true;
                }
                Ok(_) => {}
                Err(TryRecvError::Lagged(_)) => is_stale = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        let mut current = crate::lock(&self.current);
        if is_stale {
            *current = None;
        }
        current.clone()
    }

    /// Tells which models run in this process. Where others are known, all is read anew.
    pub(crate) fn expect_local<'a>(&self, models: impl Iterator<Item = &'a str>) {
        let mut current = crate::lock(&self.current);
        let is_stale = current.as_ref().is_some_and(|known| {
            let known = known.ways.local().map(|way| way.endpoint.model.as_str());
            !known.eq(models)
        });
        if is_stale {
            *current = None;
        }
    }
}

impl Engine {
    /// What is known of every way in.
    pub(crate) async fn known_ways(&self) -> Result<Arc<Known>, EngineError> {
        if let Some(known) = self.known_cache.fresh() {
            return Ok(known);
        }
        let known = Arc::new(self.read_known().await?);
        *crate::lock(&self.known_cache.current) = Some(Arc::clone(&known));
        Ok(known)
    }

    async fn read_known(&self) -> Result<Known, EngineError> {
        let records = self.store.providers().await?;
        let keys = self.store.all_keys().await?;
        let without_key = self.without_key(&records).await?;
        let own_prices = self.own_prices().await?;
        let listed = self.store.models().await?;
        let routes = self.store.routes().await?;
        let mut ways = self.local_ways().await;
        // In the person's order, which the ways in keep.
        let mut reaches = Vec::with_capacity(records.len());
        for record in records {
            let of_provider: Vec<_> = keys
                .iter()
                .filter(|key| key.provider == record.id)
                .cloned()
                .collect();
            let slots = if without_key.contains(&record.id) {
                Err(Failure::new(
                    FailureClass::KeyMissing,
                    "There is no key for this provider.",
                ))
            } else {
                KeySlot::to_try(&of_provider)
            };
            let data_policy = preset_of(&record).and_then(|preset| preset.data_policy.as_ref());
            let reach = Reach {
                slots,
                data_policy: data_policy.map(declared),
                record,
            };
            reaches.push(Arc::new(reach));
        }
        let providers = reaches
            .iter()
            .map(|reach| (reach.record.id.clone(), Arc::clone(reach)))
            .collect();
        let remote = tokio::task::spawn_blocking(move || {
            let mut by_provider: HashMap<ProviderId, Vec<ListedModel>> = HashMap::new();
            for model in listed {
                by_provider
                    .entry(model.provider.clone())
                    .or_default()
                    .push(model);
            }
            let mut ways = Vec::new();
            for reach in reaches {
                for model in by_provider.remove(&reach.record.id).unwrap_or_default() {
                    let own = own_prices.get(&model.endpoint()).cloned();
                    ways.push(remote_way(&reach, model, own));
                }
            }
            ways
        });
        ways.extend(remote.await.unwrap_or_default());
        Ok(Known {
            ways: WaysIn::new(ways),
            providers,
            routes,
        })
    }

    async fn local_ways(&self) -> Vec<WayIn> {
        let local = Arc::clone(&self.local);
        let scanned = tokio::task::spawn_blocking(move || local.scan()).await;
        scanned
            .unwrap_or_default()
            .into_iter()
            .map(|model| {
                let (context_length, problem) = match model.context_length {
                    Ok(length) => (Some(length), None),
                    Err(error) => (None, Some(crate::with_causes(&error))),
                };
                let endpoint = patchbay_domain::Endpoint {
                    provider: ProviderId::local(),
                    model: model.id,
                };
                WayIn {
                    provider_name: crate::local_model::PROVIDER_NAME.to_owned(),
                    model_key: crate::models::key_of(&endpoint),
                    endpoint,
                    context_length,
                    max_output: None,
                    capabilities: Capabilities {
                        open_weights: Some(true),
                        ..Capabilities::default()
                    },
                    price: Some(free()),
                    keys: 1,
                    is_direct: Some(true),
                    data_policy: None,
                    region: None,
                    unavailable_because: problem,
                    is_chat: true,
                    embeds: Some(false),
                    takes_prefill: true,
                }
            })
            .collect()
    }
}

fn remote_way(reach: &Reach, model: ListedModel, own: Option<patchbay_domain::Price>) -> WayIn {
    let record = &reach.record;
    let preset = preset_of(record);
    let endpoint = model.endpoint();
    let ModelFacts {
        key,
        canonical,
        capabilities,
        context_length,
        max_output,
        is_chat,
        embeds,
        price,
        ..
    } = facts(record, &model);
    let maker = preset.and_then(|preset| patchbay_domain::catalogue::maker_behind(&preset.id));
    WayIn {
        takes_prefill: takes_prefill(
            family_of(record),
            preset,
            &endpoint.model,
            &Parameters::default(),
        ),
        is_direct: is_direct(maker, canonical.map(|model| model.maker.as_str())),
        endpoint,
        provider_name: record.name.clone(),
        model_key: key,
        context_length,
        max_output,
        capabilities,
        price: own.or(price),
        keys: reach.keys(),
        data_policy: reach.data_policy.clone(),
        region: option_values(record).remove(REGION),
        unavailable_because: None,
        is_chat,
        embeds,
    }
}

/// Whether the maker itself answers. A maker's own service that lists a model which nobody knows is
/// taken at its word; a way in that is no maker's is not direct.
fn is_direct(service_of: Option<&str>, maker: Option<&str>) -> Option<bool> {
    match (service_of, maker) {
        (Some(service_of), Some(maker)) => Some(service_of == maker),
        (Some(_), None) => Some(true),
        (None, Some(_)) => Some(false),
        (None, None) => None,
    }
}

/// A preset's data policy in the domain's words.
pub(crate) fn declared(policy: &DataPolicy) -> DeclaredPolicy {
    DeclaredPolicy {
        training: match policy.trains {
            Trains::No => Training::No,
            Trains::UnpaidOnly => Training::UnpaidOnly,
            Trains::DependsOnHost => Training::DependsOnHost,
            Trains::Unknown => Training::Unknown,
        },
        keeps_days: policy.keeps_days,
        words: policy.words.clone(),
        source: policy.source.clone(),
        as_of: policy.as_of.clone(),
    }
}

/// What the host of this name declares, where a preset knows it by that name.
pub fn declared_policy_of(host: &str) -> Option<DeclaredPolicy> {
    let preset = Preset::all().iter().find(|preset| {
        preset.name.eq_ignore_ascii_case(host) || preset.id.eq_ignore_ascii_case(host)
    })?;
    preset.data_policy.as_ref().map(declared)
}
