//! The models that can be chosen: those on this computer, and those that providers listed.

use patchbay_domain::{Endpoint, ProviderId};

use crate::{Engine, EngineError};

/// How long a provider may take to list its models.
const LIST_LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

/// A model in the picker.
#[derive(Clone, Debug)]
pub struct ModelChoice {
    /// How to reach it.
    pub endpoint: Endpoint,
    /// The provider's name.
    pub provider_name: String,
    /// A name for people.
    pub name: String,
    /// Tokens of prompt and answer together.
    pub context_length: Option<u64>,
    /// Who made it.
    pub owned_by: Option<String>,
    /// The cable of this model, once it has been asked.
    pub colour: Option<u8>,
    /// Why it cannot be asked now.
    pub unavailable_because: Option<String>,
}

impl Engine {
    /// Every model, those on this computer first, then by provider in the person's order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn models(&self) -> Result<Vec<ModelChoice>, EngineError> {
        let mut choices = self.local_choices().await?;
        let listed = self.store.models().await?;
        for record in self.store.providers().await? {
            for model in listed.iter().filter(|model| model.provider == record.id) {
                let listing = &model.listing;
                choices.push(ModelChoice {
                    endpoint: Endpoint {
                        provider: record.id.clone(),
                        model: listing.id.clone(),
                    },
                    provider_name: record.name.clone(),
                    name: listing.name.clone().unwrap_or_else(|| listing.id.clone()),
                    context_length: listing.context_length,
                    owned_by: listing.owned_by.clone(),
                    colour: None,
                    unavailable_because: None,
                });
            }
        }
        let colours = self.store.colours().await?;
        for choice in &mut choices {
            choice.colour = colours.get(&choice.endpoint.model).copied();
        }
        Ok(choices)
    }

    async fn local_choices(&self) -> Result<Vec<ModelChoice>, EngineError> {
        let local = std::sync::Arc::clone(&self.local);
        let scanned = tokio::task::spawn_blocking(move || local.scan())
            .await
            .unwrap_or_default();
        Ok(scanned
            .into_iter()
            .map(|model| {
                let (context_length, problem) = match model.context_length {
                    Ok(length) => (Some(length), None),
                    Err(error) => (None, Some(crate::with_causes(&error))),
                };
                ModelChoice {
                    endpoint: Endpoint {
                        provider: ProviderId::local(),
                        model: model.id,
                    },
                    provider_name: crate::local_model::PROVIDER_NAME.to_owned(),
                    name: model.name,
                    context_length,
                    owned_by: model.maker,
                    colour: None,
                    unavailable_because: problem,
                }
            })
            .collect())
    }

    /// Asks a provider for its models and keeps the list. The old list stays when that fails.
    ///
    /// # Errors
    /// The provider is gone or failed, or the database cannot be written.
    pub async fn refresh_models(&self, id: &ProviderId) -> Result<(), EngineError> {
        let record = self.provider_record(id).await?;
        let failed = |failure| EngineError::provider(record.name.clone(), failure);
        let connected = self.connector().connect(&record).await.map_err(failed)?;
        let listed = tokio::time::timeout(LIST_LIMIT, connected.provider.list_models()).await;
        let models = listed
            .unwrap_or_else(|_| {
                Err(patchbay_domain::Failure::new(
                    patchbay_domain::FailureClass::FirstTokenTimeout,
                    format!("No list of models within {} s.", LIST_LIMIT.as_secs()),
                ))
            })
            .map_err(|failure| {
                failed(crate::run::told_apart(
                    failure,
                    connected.key_label.is_some(),
                ))
            })?;
        Ok(self
            .store
            .replace_models(id.clone(), models, self.clock.now())
            .await?)
    }
}
