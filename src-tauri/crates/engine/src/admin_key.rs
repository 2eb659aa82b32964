//! The key with which a provider tells what its whole organisation used: set, delete, status. There is
//! no get, and no row: what is in no list is asked with by nobody.

use patchbay_domain::ProviderId;
use patchbay_providers::presets::Organisation;
use patchbay_store::ProviderRecord;
use secrecy::{ExposeSecret as _, SecretString};

use crate::connector::address_of;
use crate::keys::KeyStatus;
use crate::providers::preset_of;
use crate::{Engine, EngineError};

/// The place of a provider's admin key in the keychain. The slots of keys that models are asked with
/// are called `default`, `2`, `3`, so none of them is ever this one.
pub(crate) const ADMIN: &str = "admin";

impl Engine {
    /// Stores the key with which a provider tells what its whole organisation used. It lies beside the
    /// keys of the provider, bound to the same origin, and is never one that models are asked with.
    /// What an earlier one read is forgotten: it may be of another organisation.
    ///
    /// # Errors
    /// The provider is gone or tells no such thing, the text is no admin key of it, or the keychain did
    /// not take it. Nothing was kept then.
    pub async fn set_admin_key(
        &self,
        id: &ProviderId,
        key: SecretString,
        session_only: bool,
    ) -> Result<(), EngineError> {
        let record = self.provider_record(id).await?;
        let organisation = organisation_of(&record)?;
        if !is_admin_key(organisation, &key) {
            return Err(EngineError::input(
                "key",
                format!(
                    "This is no admin key of {}: those begin with {}.",
                    record.name, organisation.key_prefix
                ),
                "Somebody who manages the organisation makes one on the provider\u{2019}s page.",
            ));
        }
        self.keep_key(&record, ADMIN, key, session_only).await?;
        self.forget_organisation(id).await
    }

    /// Deletes the admin key of a provider, and what was read with it.
    ///
    /// # Errors
    /// The provider is gone, or the keychain did not delete it.
    pub async fn delete_admin_key(&self, id: &ProviderId) -> Result<(), EngineError> {
        let record = self.provider_record(id).await?;
        self.vault.delete(&address_of(&record, ADMIN)?).await?;
        self.forget_organisation(id).await
    }

    /// Where the admin key of a provider is. Asks the keychain whether there is one, never for the key.
    ///
    /// # Errors
    /// The provider is gone.
    pub async fn admin_key_status(&self, id: &ProviderId) -> Result<KeyStatus, EngineError> {
        let record = self.provider_record(id).await?;
        Ok(self.key_status_at(&record, ADMIN, &[]).await)
    }
}

/// How a provider tells what its organisation used.
pub(crate) fn organisation_of(
    record: &ProviderRecord,
) -> Result<&'static Organisation, EngineError> {
    preset_of(record)
        .and_then(|preset| preset.organisation.as_ref())
        .ok_or_else(|| {
            EngineError::input(
                "key",
                format!("{} has no use for an admin key here.", record.name),
                "OpenAI and Anthropic tell an organisation\u{2019}s costs by one.",
            )
        })
}

fn is_admin_key(organisation: &Organisation, key: &SecretString) -> bool {
    let key = key.expose_secret().trim_start();
    key.starts_with(organisation.key_prefix.as_str())
}

/// An admin key can change an organisation, so no model is ever asked with one.
pub(crate) fn refuse_admin_key(
    record: &ProviderRecord,
    key: &SecretString,
) -> Result<(), EngineError> {
    let organisation = preset_of(record).and_then(|preset| preset.organisation.as_ref());
    if !organisation.is_some_and(|organisation| is_admin_key(organisation, key)) {
        return Ok(());
    }
    Err(EngineError::input(
        "key",
        "This is an admin key: it manages an organisation and answers nothing.",
        "Paste an ordinary key here. The admin key has its place in Spend, under Proof.",
    ))
}
