//! What it takes to ask an endpoint: its price, its keys, and a provider made ready with one of them.

use std::sync::Arc;

use futures::FutureExt;
use patchbay_domain::price::{Price, PriceSource, PriceTag};
use patchbay_domain::{Endpoint, Failure, FailureClass, ModelProvider, NanoUsd, Rates, UnixMillis};

use super::known::{Known, Reach};
use crate::catalogue::Snapshot;
use crate::models::snapshot_price;
use crate::providers::family_of;
use crate::run::{Connected, EndpointAccess};
use crate::{Engine, EngineError};

impl Engine {
    /// How to use an endpoint. Keys are looked up when the attempt is made, not before. `has_probe`:
    /// the run finds out whether it works again.
    ///
    /// # Errors
    /// Its provider is gone.
    pub(crate) fn endpoint_access(
        &self,
        known: &Known,
        endpoint: &Endpoint,
        has_probe: bool,
    ) -> Result<EndpointAccess, EngineError> {
        if endpoint.provider.is_local() {
            return Ok(self.local_access(endpoint, has_probe));
        }
        let reach = known
            .providers
            .get(&endpoint.provider)
            .ok_or(EngineError::NotFound("The provider"))?;
        Ok(self.remote_access(known, reach, endpoint, has_probe))
    }

    fn remote_access(
        &self,
        known: &Known,
        reach: &Arc<Reach>,
        endpoint: &Endpoint,
        has_probe: bool,
    ) -> EndpointAccess {
        let connector = self.connector();
        let forget = connector.clone();
        let provider = endpoint.provider.clone();
        let keys = reach.keys().max(1);
        let price = known.ways.get(endpoint).map_or_else(
            || snapshot_price(&reach.record, &endpoint.model),
            |way| way.price.clone(),
        );
        let reach = Arc::clone(reach);
        let model_key = known.ways.get(endpoint).map_or_else(
            || crate::models::key_of(endpoint),
            |way| way.model_key.clone(),
        );
        EndpointAccess {
            list_price: Snapshot::embedded().list_price(&model_key).cloned(),
            model_key,
            worst: None,
            max_output: None,
            endpoint: endpoint.clone(),
            provider_name: reach.record.name.clone(),
            price,
            keys,
            data_policy: reach.data_policy.clone(),
            family: Some(family_of(&reach.record)),
            connect: Arc::new(move |key| {
                let (connector, reach) = (connector.clone(), Arc::clone(&reach));
                async move {
                    let slots = reach.slots.as_ref().map_err(Failure::clone)?;
                    // The plan has as many keys as there are slots.
                    let Some(slot) = slots.get(key as usize).or(slots.first()) else {
                        return Err(Failure::new(
                            FailureClass::KeyMissing,
                            "There is no key that may be used.",
                        ));
                    };
                    connector.connect(&reach.record, slot).await
                }
                .boxed()
            }),
            observer: self.health.observer(
                endpoint.clone(),
                keys,
                has_probe,
                Box::new(move || forget.forget(&provider)),
            ),
        }
    }

    fn local_access(&self, endpoint: &Endpoint, has_probe: bool) -> EndpointAccess {
        let local: Arc<dyn ModelProvider> = Arc::clone(&self.local) as _;
        EndpointAccess {
            endpoint: endpoint.clone(),
            provider_name: crate::local_model::PROVIDER_NAME.to_owned(),
            price: Some(free()),
            model_key: crate::models::key_of(endpoint),
            list_price: None,
            worst: Some(NanoUsd(0)),
            max_output: None,
            keys: 1,
            data_policy: None,
            family: None,
            connect: Arc::new(move |_| {
                let provider = Arc::clone(&local);
                async move {
                    Ok(Connected {
                        provider,
                        key_label: None,
                        key_id: None,
                    })
                }
                .boxed()
            }),
            observer: self
                .health
                .observer(endpoint.clone(), 1, has_probe, Box::new(|| {})),
        }
    }
}

/// The price of a model that runs on this computer.
pub(crate) fn free() -> Price {
    let tag = PriceTag {
        source: PriceSource::Snapshot,
        name: "Runs on this computer".to_owned(),
        as_of: UnixMillis(0),
    };
    Price::flat(Rates::FREE, tag)
}
