//! The providers that a person added.

use std::sync::Arc;

use patchbay_domain::{Failure, FailureClass, ModelProvider, Origin, ProviderId, WireFamily};
use patchbay_providers::{BaseUrl, Credential, ProviderConfig, connect};
use patchbay_store::{ListedModel, ProviderRecord};
use secrecy::SecretString;

use crate::keys::{Http, KeyStatus};
use crate::{Engine, EngineError};

/// The longest name of a provider, in characters.
const NAME_CHARACTERS: usize = 80;

/// A provider as a person fills it in.
#[derive(Clone, Debug)]
pub struct ProviderForm {
    /// `None` for a new one.
    pub id: Option<ProviderId>,
    /// Its name.
    pub name: String,
    /// Its address, as typed.
    pub base_url: String,
    /// Names and values, sent with every request.
    pub extra_headers: Vec<(String, String)>,
    /// A key typed now; `None` leaves the stored one.
    pub key: Option<SecretString>,
    /// Keep the typed key until Patchbay closes, and not in the keychain.
    pub key_for_session_only: bool,
}

/// A provider as it is shown.
#[derive(Clone, Debug)]
pub struct ProviderDetail {
    /// As stored.
    pub record: ProviderRecord,
    /// Where its key is.
    pub key: KeyStatus,
    /// How many models it listed, and when.
    pub models: Option<(usize, patchbay_domain::UnixMillis)>,
    /// Its connection is not encrypted and leaves this computer.
    pub is_plain_text_remote: bool,
}

/// A form that was checked.
pub(crate) struct CheckedForm {
    pub(crate) name: String,
    pub(crate) base_url: BaseUrl,
    pub(crate) extra_headers: Vec<(String, String)>,
}

impl Engine {
    /// Every provider, in the person's order. The local model is none of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn providers(&self) -> Result<Vec<ProviderDetail>, EngineError> {
        let listed = self.store.models().await?;
        let mut details = Vec::new();
        for record in self.store.providers().await? {
            let models = listed_by(&listed, &record.id);
            details.push(self.detail(record, models).await);
        }
        Ok(details)
    }

    async fn detail(
        &self,
        record: ProviderRecord,
        models: Option<(usize, patchbay_domain::UnixMillis)>,
    ) -> ProviderDetail {
        let is_plain_text_remote =
            BaseUrl::parse(&record.base_url).is_ok_and(|base_url| base_url.is_plain_text_remote());
        ProviderDetail {
            key: self.key_status(&record).await,
            record,
            models,
            is_plain_text_remote,
        }
    }

    pub(crate) async fn provider_record(
        &self,
        id: &ProviderId,
    ) -> Result<ProviderRecord, EngineError> {
        let mut all = self.store.providers().await?.into_iter();
        all.find(|record| record.id == *id)
            .ok_or(EngineError::NotFound("The provider"))
    }

    /// Adds a provider or changes one, and stores a key that was typed with it.
    ///
    /// Where the key cannot be stored nothing is saved, so that the same form can be saved again, with
    /// the key held for this session or without it, and no provider appears twice.
    ///
    /// # Errors
    /// A field cannot be used, or the database or the keychain refused.
    pub async fn save_provider(&self, form: ProviderForm) -> Result<ProviderDetail, EngineError> {
        let checked = check(&form)?;
        let known = self.store.providers().await?;
        let before = form
            .id
            .as_ref()
            .and_then(|id| known.iter().find(|record| record.id == *id));
        if form.id.is_some() && before.is_none() {
            return Err(EngineError::NotFound("The provider"));
        }
        let id = match before {
            Some(record) => record.id.clone(),
            None => {
                let taken = self.store.provider_ids_taken().await?;
                ProviderId::from_name(&checked.name, &taken)
            }
        };
        let record = ProviderRecord {
            id: id.clone(),
            name: checked.name,
            family: WireFamily::OpenAiChat.as_str().to_owned(),
            preset: before.and_then(|record| record.preset.clone()),
            has_attribution: before.is_none_or(|record| record.has_attribution),
            options: before.map_or_else(serde_json::Map::new, |record| record.options.clone()),
            base_url: checked.base_url.to_string(),
            origin: checked.base_url.origin(),
            extra_headers: checked.extra_headers,
            position: before.map_or_else(
                || i64::try_from(known.len()).unwrap_or(i64::MAX),
                |record| record.position,
            ),
            created_at: before.map_or_else(|| self.clock.now(), |record| record.created_at),
        };
        if let Some(key) = form.key {
            self.store_key(&record, key, form.key_for_session_only)
                .await?;
        }
        self.store.put_provider(record.clone()).await?;
        self.forget_connection(&id);
        // A list that cannot be had now can be had later; the provider is saved all the same.
        if let Err(error) = self.refresh_models(&id).await {
            tracing::info!(provider = %id, %error, "the models of a saved provider were not listed");
        }
        let details = self.providers().await?;
        details
            .into_iter()
            .find(|detail| detail.record.id == id)
            .ok_or(EngineError::NotFound("The provider"))
    }

    /// Removes a provider; it can be brought back for a day. Its key stays in the keychain until
    /// then, and goes when the provider goes for good or its key is deleted by hand.
    ///
    /// # Errors
    /// It is gone, or the database cannot be written.
    pub async fn delete_provider(&self, id: &ProviderId) -> Result<(), EngineError> {
        self.forget_connection(id);
        Ok(self
            .store
            .delete_provider(id.clone(), self.clock.now())
            .await?)
    }

    /// Brings a removed provider back.
    ///
    /// # Errors
    /// It is gone for good, or the database cannot be written.
    pub async fn restore_provider(&self, id: &ProviderId) -> Result<ProviderDetail, EngineError> {
        self.store.restore_provider(id.clone()).await?;
        let record = self.provider_record(id).await?;
        let models = listed_by(&self.store.models().await?, id);
        Ok(self.detail(record, models).await)
    }
}

/// How many models a provider listed, and when.
fn listed_by(
    listed: &[ListedModel],
    provider: &ProviderId,
) -> Option<(usize, patchbay_domain::UnixMillis)> {
    let mut of_this = listed.iter().filter(|model| model.provider == *provider);
    let first = of_this.next()?;
    Some((of_this.count() + 1, first.fetched_at))
}

/// Checks a form and completes its address.
pub(crate) fn check(form: &ProviderForm) -> Result<CheckedForm, EngineError> {
    let name = form.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
        return Err(EngineError::input(
            "name",
            format!("A provider needs a name of at most {NAME_CHARACTERS} characters."),
            "Type a name that you will recognise.",
        ));
    }
    let base_url = BaseUrl::parse(&form.base_url).map_err(|error| {
        EngineError::input(
            "base_url",
            error.to_string(),
            "It looks like https://api.example.com/v1.",
        )
    })?;
    let extra_headers: Vec<(String, String)> = form
        .extra_headers
        .iter()
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .collect();
    patchbay_providers::headers::extra_headers(&extra_headers, true).map_err(|error| {
        EngineError::input(
            "extra_headers",
            error.to_string(),
            "Change or remove the header.",
        )
    })?;
    Ok(CheckedForm {
        name,
        base_url,
        extra_headers,
    })
}

/// A provider that can be asked.
pub(crate) fn build(
    http: &Http,
    record: &ProviderRecord,
    key: Option<SecretString>,
) -> Result<Arc<dyn ModelProvider>, Failure> {
    let unusable = |words: String| Failure::new(FailureClass::InvalidAddress, words);
    let base_url = BaseUrl::parse(&record.base_url).map_err(|error| unusable(error.to_string()))?;
    // A form that is being tried has not chosen a family yet.
    let family = WireFamily::from_word(&record.family).unwrap_or(WireFamily::OpenAiChat);
    let config = ProviderConfig {
        extra_headers: record.extra_headers.clone(),
        ..ProviderConfig::new(
            record.name.clone(),
            family,
            base_url,
            Credential::from_key(key),
        )
    };
    connect(http.client()?, config).map_err(|error| unusable(error.to_string()))
}

/// The origin that a form's key would be bound to.
pub(crate) fn origin(checked: &CheckedForm) -> Origin {
    checked.base_url.origin()
}
