//! The providers that a person added.

mod form;
mod reach;

use patchbay_domain::{ProviderId, UnixMillis, WireFamily};
use patchbay_providers::{BaseUrl, Preset};
use patchbay_store::{
    KeyBalance, ListedModel, ModelRefresh, ProviderKey, ProviderRecord, RefreshFailure,
};

pub use self::form::ProviderForm;
pub(crate) use self::form::check;
pub(crate) use self::reach::{build, config, family_of, keychain_form, preset_of, variables_of};
pub use self::reach::{option_values, typed_address};
use crate::connector::{FIRST_LABEL, KeySlot};
use crate::keys::{KeyDetail, KeyStatus};
use crate::{Engine, EngineError};

/// A provider as it is shown.
#[derive(Clone, Debug)]
pub struct ProviderDetail {
    /// As stored.
    pub record: ProviderRecord,
    /// What it speaks.
    pub family: WireFamily,
    /// What Patchbay knows of it.
    pub preset: Option<&'static Preset>,
    /// Where the key is that is tried first.
    pub key: KeyStatus,
    /// Every key, in the order in which they are tried.
    pub keys: Vec<KeyDetail>,
    /// How many models it listed, and when.
    pub models: Option<(usize, UnixMillis)>,
    /// Why its list could not be read the last time.
    pub models_failure: Option<RefreshFailure>,
    /// Its connection is not encrypted and leaves this computer.
    pub is_plain_text_remote: bool,
}

impl Engine {
    /// Every provider, in the person's order. The local model is none of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn providers(&self) -> Result<Vec<ProviderDetail>, EngineError> {
        let known = self.known().await?;
        let mut details = Vec::new();
        for record in self.store.providers().await? {
            details.push(self.detail(record, &known).await);
        }
        Ok(details)
    }

    /// One provider.
    ///
    /// # Errors
    /// It is gone, or the database cannot be read.
    pub async fn provider_detail(&self, id: &ProviderId) -> Result<ProviderDetail, EngineError> {
        let record = self.provider_record(id).await?;
        let known = self.known().await?;
        Ok(self.detail(record, &known).await)
    }

    async fn known(&self) -> Result<Known, EngineError> {
        Ok(Known {
            models: self.store.models().await?,
            refreshes: self.store.model_refreshes().await?,
            keys: self.store.all_keys().await?,
            balances: self.store.balances().await?,
        })
    }

    async fn detail(&self, record: ProviderRecord, known: &Known) -> ProviderDetail {
        let is_plain_text_remote =
            BaseUrl::parse(&record.base_url).is_ok_and(|base_url| base_url.is_plain_text_remote());
        let mut keys = Vec::new();
        let of_this = known.keys.iter().filter(|key| key.provider == record.id);
        for (index, slot) in of_this.enumerate() {
            let place = KeySlot::of(slot);
            let place = if index == 0 {
                place.with_variables()
            } else {
                place
            };
            let balance = known
                .balances
                .iter()
                .find(|balance| balance.provider == record.id && balance.key_id == slot.id);
            keys.push(KeyDetail {
                slot: slot.clone(),
                status: self.key_status(&record, &place).await,
                balance: balance.cloned(),
            });
        }
        let key = match keys.iter().find(|key| !key.slot.is_disabled) {
            Some(first) => first.status.clone(),
            None => self.key_status(&record, &KeySlot::first()).await,
        };
        let refresh = known
            .refreshes
            .iter()
            .find(|refresh| refresh.provider == record.id);
        ProviderDetail {
            family: family_of(&record),
            preset: preset_of(&record),
            key,
            keys,
            models: listed_by(&known.models, &record.id),
            models_failure: refresh.and_then(|refresh| refresh.failure.clone()),
            is_plain_text_remote,
            record,
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
            position: before.map_or_else(
                || i64::try_from(known.len()).unwrap_or(i64::MAX),
                |record| record.position,
            ),
            created_at: before.map_or_else(|| self.clock.now(), |record| record.created_at),
            ..checked.record(id.clone(), form.has_attribution, self.clock.now())
        };
        let first = self.store.keys_of(id.clone()).await?.into_iter().next();
        if let Some(key) = form.key {
            let slot = first
                .as_ref()
                .map_or(KeySlot::first().id, |key| key.id.clone());
            self.store_key(&record, &slot, key, form.key_for_session_only)
                .await?;
            self.store.put_provider(record.clone()).await?;
            let slot = first.unwrap_or_else(|| ProviderKey {
                provider: id.clone(),
                id: slot,
                label: FIRST_LABEL.to_owned(),
                position: 0,
                created_at: self.clock.now(),
                is_disabled: false,
                last_test: None,
            });
            self.store.put_key(slot.clone()).await?;
            // What the test of the key before said is not true of this one.
            self.store.set_key_test(id.clone(), slot.id, None).await?;
        } else {
            self.store.put_provider(record.clone()).await?;
        }
        self.forget_connection(&id);
        // A list that cannot be had now can be had later; the provider is saved all the same.
        if let Err(error) = self.refresh_models(&id).await {
            tracing::info!(provider = %id, %error, "the models of a saved provider were not listed");
        }
        self.provider_detail(&id).await
    }

    /// Removes a provider; it can be brought back for a day. Its keys stay in the keychain until
    /// then, and go at the first start after it.
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
        self.provider_detail(id).await
    }
}

/// What the database knows of all providers.
struct Known {
    models: Vec<ListedModel>,
    refreshes: Vec<ModelRefresh>,
    keys: Vec<ProviderKey>,
    balances: Vec<KeyBalance>,
}

/// How many models a provider listed, and when.
fn listed_by(listed: &[ListedModel], provider: &ProviderId) -> Option<(usize, UnixMillis)> {
    let mut of_this = listed.iter().filter(|model| model.provider == *provider);
    let first = of_this.next()?;
    Some((of_this.count() + 1, first.fetched_at))
}
