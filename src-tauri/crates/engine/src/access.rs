//! What it takes to ask an endpoint: its price, its keys, and a provider made ready with one of them.

use std::sync::Arc;

use futures::FutureExt;
use patchbay_domain::price::{Price, PriceSource, PriceTag};
use patchbay_domain::{Endpoint, ModelProvider, Rates, UnixMillis};

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
        let connector = self.connector();
        Ok(EndpointAccess {
            endpoint: endpoint.clone(),
            provider_name: record.name.clone(),
            price: None,
            keys: 1,
            connect: Arc::new(move |_| {
                let connector = connector.clone();
                let record = record.clone();
                async move { connector.connect(&record).await }.boxed()
            }),
            on_settled: Arc::new(|_, _| {}),
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
