//! Reading a provider's list of models again, with its prices.
//!
//! What cannot be had or believed leaves the older list as it is, and says so.

use std::collections::HashMap;
use std::time::Duration;

use patchbay_domain::{Endpoint, Failure, FailureClass, ModelListing, Price, ProviderId};
use patchbay_store::{ListedModel, ProviderRecord, RefreshFailure};

use crate::models::snapshot_price;
use crate::providers::preset_of;
use crate::{Engine, EngineError};

/// How long a provider may take to list its models.
const LIST_LIMIT: Duration = Duration::from_secs(20);

/// What is noted of a model that lost its price.
const NO_PRICE: &str = "The newest list names no price that can be believed.";

impl Engine {
    /// Asks a provider for its models and keeps the list with its prices. Where that fails, or where a
    /// price is not believable, the old ones stay and say so.
    ///
    /// # Errors
    /// The provider is gone or failed, or the database cannot be written.
    pub async fn refresh_models(&self, id: &ProviderId) -> Result<(), EngineError> {
        let record = self.provider_record(id).await?;
        let listed = self.list_models(&record).await;
        self.keep_list(&record, listed).await
    }

    /// Keeps what a provider answered: its list, or why there is none.
    pub(crate) async fn keep_list(
        &self,
        record: &ProviderRecord,
        listed: Result<Vec<ModelListing>, Failure>,
    ) -> Result<(), EngineError> {
        match listed {
            Ok(models) => self.keep_models(record, models).await,
            Err(failure) => {
                let note = RefreshFailure {
                    at: self.clock.now(),
                    words: failure.class.sentence(&record.name),
                };
                self.store
                    .set_refresh_failure(record.id.clone(), note)
                    .await?;
                Err(EngineError::provider(record.name.clone(), failure))
            }
        }
    }

    /// The list, with the first key that opens it.
    pub(crate) async fn list_models(
        &self,
        record: &ProviderRecord,
    ) -> Result<Vec<ModelListing>, Failure> {
        if !has_list(record) {
            let mut models = Vec::new();
            add_fixed(record, &mut models);
            return Ok(models);
        }
        let slots = self
            .slots(record)
            .await
            .map_err(|error| Failure::new(FailureClass::KeyMissing, error.to_string()))?;
        let mut failed = None;
        for slot in slots {
            let asked = async {
                let connected = self.connector().connect(record, &slot).await?;
                let has_key = connected.key_label.is_some();
                let listed = connected.provider.list_models().await;
                listed.map_err(|failure| crate::run::told_apart(failure, has_key))
            };
            let limited = tokio::time::timeout(LIST_LIMIT, asked).await;
            match limited.unwrap_or_else(|_| Err(no_list_in_time())) {
                Ok(models) => return Ok(models),
                Err(failure) if failure.class.is_about_the_key() => failed = Some(failure),
                Err(failure) => return Err(failure),
            }
        }
        Err(failed.unwrap_or_else(no_list_in_time))
    }

    async fn keep_models(
        &self,
        record: &ProviderRecord,
        mut models: Vec<ModelListing>,
    ) -> Result<(), EngineError> {
        let now = self.clock.now();
        let before = self.store.models().await?;
        let before: HashMap<&str, &ListedModel> = before
            .iter()
            .filter(|model| model.provider == record.id)
            .map(|model| (model.listing.id.as_str(), model))
            .collect();
        let mut problems = Vec::new();
        for model in &mut models {
            let old = before
                .get(model.id.as_str())
                .and_then(|known| known.listing.price.as_ref());
            let Some(new) = &mut model.price else {
                // Nobody takes a price off the list and still sells; a list that says nothing, or
                // something absurd, is a broken one.
                if let Some(old) = old {
                    problems.push((model.id.clone(), NO_PRICE.to_owned()));
                    model.price = Some(old.clone());
                }
                continue;
            };
            new.tag.as_of = now;
            if let Err(problem) = patchbay_domain::catalogue::plausible(new, old) {
                problems.push((model.id.clone(), problem.to_string()));
                model.price = old.cloned();
            }
        }
        let prices = self.prices_to_record(record, &models).await;
        self.store
            .replace_models(record.id.clone(), models, now)
            .await?;
        if !problems.is_empty() {
            tracing::info!(provider = %record.id, count = problems.len(), "prices were not believed");
            self.store
                .note_price_problems(record.id.clone(), problems)
                .await?;
        }
        self.store.record_prices(prices, now).await?;
        Ok(())
    }

    /// What the history keeps: the provider's own prices, and those of the embedded list.
    async fn prices_to_record(
        &self,
        record: &ProviderRecord,
        models: &[ModelListing],
    ) -> Vec<(Endpoint, Price)> {
        let (record, models) = (record.clone(), models.to_vec());
        let gathered = tokio::task::spawn_blocking(move || {
            let mut prices = Vec::new();
            for model in models {
                let endpoint = Endpoint {
                    provider: record.id.clone(),
                    model: model.id.clone(),
                };
                let listed = snapshot_price(&record, &model.id);
                prices.extend(listed.map(|price| (endpoint.clone(), price)));
                prices.extend(model.price.map(|price| (endpoint, price)));
            }
            prices
        });
        gathered.await.unwrap_or_default()
    }
}

/// Models to offer where the provider has no list to ask for.
pub(crate) fn add_fixed(record: &ProviderRecord, models: &mut Vec<ModelListing>) {
    let Some(preset) = preset_of(record).filter(|_| models.is_empty()) else {
        return;
    };
    models.extend(preset.fixed_models.iter().map(|id| ModelListing {
        id: id.clone(),
        ..ModelListing::default()
    }));
}

/// Whether the provider has a list of models to ask for.
pub(crate) fn has_list(record: &ProviderRecord) -> bool {
    let Some(preset) = preset_of(record) else {
        return true;
    };
    let speaks = preset.speaks(Some(crate::providers::family_of(record)));
    speaks.is_none_or(|speaks| !speaks.models_path.is_empty())
}

fn no_list_in_time() -> Failure {
    Failure::new(
        FailureClass::FirstTokenTimeout,
        format!("No list of models within {} s.", LIST_LIMIT.as_secs()),
    )
}
