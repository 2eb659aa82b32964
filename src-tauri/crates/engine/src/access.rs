//! What it takes to ask an endpoint: its price, its keys, and a provider made ready with one of them.

use std::sync::Arc;

use futures::FutureExt;
use patchbay_domain::price::{Price, PriceSource, PriceTag};
use patchbay_domain::{Attempt, Endpoint, FailureClass, ModelProvider, Rates, UnixMillis};

use crate::run::{Connected, EndpointAccess};
use crate::{Engine, EngineError};

impl Engine {
    /// How to use an endpoint. Keys are looked up when the attempt is made, not before.
    pub(crate) async fn endpoint_access(
        &self,
        endpoint: &Endpoint,
    ) -> Result<EndpointAccess, EngineError> {
        if endpoint.provider.is_local() {
            return Ok(self.local_access(endpoint));
        }
        let record = self.provider_record(&endpoint.provider).await?;
        let slots = self.slots(&record).await?;
        let price = self.price_of(&record, endpoint).await?;
        let connector = self.connector();
        let forget = connector.clone();
        let provider = record.id.clone();
        Ok(EndpointAccess {
            endpoint: endpoint.clone(),
            provider_name: record.name.clone(),
            price,
            keys: u32::try_from(slots.len()).unwrap_or(u32::MAX),
            connect: Arc::new(move |key| {
                let (connector, record) = (connector.clone(), record.clone());
                // The plan has as many keys as there are slots.
                let slot = slots.get(key as usize).or(slots.first()).cloned();
                async move {
                    let slot = slot.unwrap_or_else(crate::connector::KeySlot::first);
                    connector.connect(&record, &slot).await
                }
                .boxed()
            }),
            on_settled: Arc::new(move |_, attempt: &Attempt| {
                let class = attempt.failure.as_ref().map(|failure| failure.class);
                // The key may have been replaced in the keychain, so it is read anew the next time.
                if class == Some(FailureClass::Authentication) {
                    forget.forget(&provider);
                }
            }),
        })
    }

    fn local_access(&self, endpoint: &Endpoint) -> EndpointAccess {
        let local: Arc<dyn ModelProvider> = Arc::clone(&self.local) as _;
        EndpointAccess {
            endpoint: endpoint.clone(),
            provider_name: crate::local_model::PROVIDER_NAME.to_owned(),
            price: Some(free()),
            keys: 1,
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
            on_settled: Arc::new(|_, _| {}),
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
