//! Trying a provider before, or after, it is saved.

use patchbay_domain::{Failure, FailureClass, ProviderId};
use patchbay_store::ProviderRecord;
use patchbay_vault::VaultError;
use secrecy::SecretString;

use crate::keys::{address_of, variables};
use crate::providers::{ProviderForm, build, check, origin};
use crate::run::told_apart;
use crate::{Engine, EngineError};

/// How long a test waits for the list of models, in milliseconds.
const LONGEST_MILLIS: u64 = 20_000;

/// How many models a test names.
const SAMPLE: usize = 5;

/// What a test found.
#[derive(Clone, Debug)]
pub struct ProviderTest {
    /// The provider's name.
    pub name: String,
    /// Until the answer was there, in milliseconds.
    pub millis: u64,
    /// How many models it lists, and the first few of them.
    pub models: Result<(usize, Vec<String>), Failure>,
}

impl Engine {
    /// Asks a provider for its models, with the settings of the form and either the key typed in it
    /// or the stored one. Nothing is saved.
    ///
    /// The stored key is used only when the form's address has the origin that it was stored for: a
    /// test cannot carry a key to another server.
    ///
    /// # Errors
    /// A field cannot be used. What the provider answers is in the result.
    pub async fn test_provider(&self, form: ProviderForm) -> Result<ProviderTest, EngineError> {
        let checked = check(&form)?;
        let id = form
            .id
            .clone()
            .unwrap_or_else(|| ProviderId::from_name(&checked.name, &[]));
        let record = ProviderRecord {
            id,
            name: checked.name.clone(),
            family: String::new(),
            preset: None,
            has_attribution: true,
            options: serde_json::Map::new(),
            base_url: checked.base_url.to_string(),
            origin: origin(&checked),
            extra_headers: checked.extra_headers,
            position: 0,
            created_at: self.clock.now(),
        };
        let began = self.clock.monotonic_millis();
        let models = match self
            .key_for_test(&record, form.key, form.id.is_some())
            .await
        {
            Ok(key) => self.ask_for_models(&record, key).await,
            Err(failure) => Err(failure),
        };
        Ok(ProviderTest {
            name: record.name,
            millis: self.clock.monotonic_millis().saturating_sub(began),
            models,
        })
    }

    async fn key_for_test(
        &self,
        record: &ProviderRecord,
        typed: Option<SecretString>,
        is_saved: bool,
    ) -> Result<Option<SecretString>, Failure> {
        if typed.is_some() {
            return Ok(typed);
        }
        let unusable = |words: String| Failure::new(FailureClass::KeychainUnavailable, words);
        let address = address_of(record).map_err(|error| unusable(error.to_string()))?;
        if !is_saved {
            // An unsaved provider has nothing stored; a variable of its origin would be used later.
            return match self
                .vault
                .get(&address, variables(record.origin.as_str()))
                .await
            {
                Ok(found) => Ok(found.map(|(key, _)| key)),
                Err(_) => Ok(None),
            };
        }
        match self
            .vault
            .get(&address, variables(record.origin.as_str()))
            .await
        {
            Ok(found) => Ok(found.map(|(key, _)| key)),
            Err(VaultError::Unavailable { state, .. }) if !state.may_hide_a_key() => Ok(None),
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    async fn ask_for_models(
        &self,
        record: &ProviderRecord,
        key: Option<SecretString>,
    ) -> Result<(usize, Vec<String>), Failure> {
        let has_key = key.is_some();
        let provider = build(&self.http, record, key)?;
        let limit = std::time::Duration::from_millis(LONGEST_MILLIS);
        let listed = tokio::time::timeout(limit, provider.list_models()).await;
        let listed = listed.unwrap_or_else(|_| {
            let words = format!("No list of models within {} s.", LONGEST_MILLIS / 1_000);
            Err(Failure::new(FailureClass::FirstTokenTimeout, words))
        });
        let models = listed.map_err(|failure| told_apart(failure, has_key))?;
        let sample = models
            .iter()
            .take(SAMPLE)
            .map(|model| model.id.clone())
            .collect();
        Ok((models.len(), sample))
    }
}
