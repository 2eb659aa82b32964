//! Providers made ready to be asked: settings, a key out of the keychain, and one HTTP client for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::{Failure, FailureClass, ModelProvider, ProviderId};
use patchbay_providers::{HttpClient, ProxyPolicy};
use patchbay_store::{ProviderKey, ProviderRecord};
use patchbay_vault::{DEFAULT_LABEL, KeyAddress, KeySource, Vault, VaultError};
use secrecy::SecretString;

use crate::providers::{build, variables_of};
use crate::run::Connected;
use crate::{Engine, EngineError};

/// Providers that were built, by provider and slot, each with the label of its key.
type Built = HashMap<(ProviderId, String), (Arc<dyn ModelProvider>, Option<String>)>;

/// What was built, shared with every run. Forgotten when settings or keys change.
pub(crate) type Connections = Arc<Mutex<Built>>;

/// The HTTP client, made when it is first needed: it reads the system's certificates, and a window
/// that talks to the local model needs none.
#[derive(Debug, Default)]
pub(crate) struct Http(Mutex<Option<HttpClient>>);

impl Http {
    /// The one client of this process.
    pub(crate) fn client(&self) -> Result<HttpClient, Failure> {
        let mut made = crate::lock(&self.0);
        if let Some(client) = &*made {
            return Ok(client.clone());
        }
        let client = HttpClient::new(ProxyPolicy::System)
            .map_err(|error| Failure::new(FailureClass::Internal, crate::with_causes(&error)))?;
        Ok(made.insert(client).clone())
    }
}

/// One of the keys that a provider can be asked with, by where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySlot {
    /// Its id, which is its name in the keychain.
    pub(crate) id: String,
    /// What receipts call it.
    pub(crate) label: String,
    /// The environment variables of the provider's origin stand in where it is empty.
    takes_variables: bool,
    /// There is no other, so that a provider without a key is asked without one.
    is_alone: bool,
}

impl KeySlot {
    /// The slots to try, in their order: those that are not switched off. A provider whose keys were
    /// all removed still has the place of its first one, for a variable or for none at all.
    ///
    /// # Errors
    /// Every key is switched off.
    pub(crate) fn to_try(keys: &[ProviderKey]) -> Result<Vec<Self>, Failure> {
        if keys.is_empty() {
            return Ok(vec![Self::first()]);
        }
        let enabled: Vec<_> = keys.iter().filter(|key| !key.is_disabled).collect();
        if enabled.is_empty() {
            return Err(Failure::new(
                FailureClass::KeyMissing,
                "Every key of this provider is switched off.",
            ));
        }
        let is_alone = enabled.len() == 1;
        Ok(enabled
            .into_iter()
            .enumerate()
            .map(|(index, key)| Self {
                takes_variables: index == 0,
                is_alone,
                ..Self::of(key)
            })
            .collect())
    }

    /// The place of a provider's first key.
    pub(crate) fn first() -> Self {
        Self {
            id: DEFAULT_LABEL.to_owned(),
            label: FIRST_LABEL.to_owned(),
            takes_variables: true,
            is_alone: true,
        }
    }

    /// One key alone, as its test asks with it.
    pub(crate) fn of(key: &ProviderKey) -> Self {
        Self {
            id: key.id.clone(),
            label: key.label.clone(),
            takes_variables: false,
            is_alone: false,
        }
    }

    /// The same, where it is the first of its provider.
    pub(crate) fn with_variables(self) -> Self {
        Self {
            takes_variables: true,
            ..self
        }
    }

    pub(crate) fn variables<'a>(&self, variables: &'a [&'a str]) -> &'a [&'a str] {
        if self.takes_variables { variables } else { &[] }
    }
}

/// What a provider's first key is called until a person says otherwise.
pub(crate) const FIRST_LABEL: &str = "Key 1";

/// What it takes to use a provider: its settings, its keys, and one connection pool for all.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) vault: Vault,
    pub(crate) http: Arc<Http>,
    pub(crate) connected: Connections,
}

impl Connector {
    /// The provider with the key of one slot, built when it is first asked for. Where there is no key
    /// and no other slot it is asked without one, as local servers want it.
    pub(crate) async fn connect(
        &self,
        record: &ProviderRecord,
        slot: &KeySlot,
    ) -> Result<Connected, Failure> {
        let place = (record.id.clone(), slot.id.clone());
        let known = crate::lock(&self.connected).get(&place).cloned();
        if let Some((provider, key_label)) = known {
            return Ok(Connected {
                provider,
                key_label,
                key_id: Some(slot.id.clone()),
            });
        }
        let found = self.key(record, slot).await?;
        if found.is_none() && !slot.is_alone {
            return Err(Failure::new(
                FailureClass::KeyMissing,
                format!("There is no key in \"{}\".", slot.label),
            ));
        }
        let (key, key_label) = match found {
            Some((key, source)) => (Some(key), Some(label(slot, &source))),
            None => (None, None),
        };
        let provider = build(&self.http, record, key)?;
        let connection = (Arc::clone(&provider), key_label.clone());
        crate::lock(&self.connected).insert(place, connection);
        Ok(Connected {
            provider,
            key_label,
            key_id: Some(slot.id.clone()),
        })
    }

    /// The key of a slot and where it came from. No keychain means no key in it.
    pub(crate) async fn key(
        &self,
        record: &ProviderRecord,
        slot: &KeySlot,
    ) -> Result<Option<(SecretString, KeySource)>, Failure> {
        let address = key_address(record, &slot.id)
            .map_err(|error| Failure::new(FailureClass::InvalidAddress, error.to_string()))?;
        let variables = variables_of(record);
        match self.vault.get(&address, slot.variables(&variables)).await {
            Ok(found) => Ok(found),
            Err(VaultError::Unavailable { state, .. }) if !state.may_hide_a_key() => Ok(None),
            Err(error) => Err(Failure::new(
                FailureClass::KeychainUnavailable,
                error.to_string(),
            )),
        }
    }

    /// Forgets what was built for a provider, so that the next attempt sees new settings or new keys.
    pub(crate) fn forget(&self, id: &ProviderId) {
        crate::lock(&self.connected).retain(|(provider, _), _| provider != id);
    }
}

fn label(slot: &KeySlot, source: &KeySource) -> String {
    match source {
        KeySource::Environment(variable) => variable.clone(),
        KeySource::Keychain | KeySource::Session => slot.label.clone(),
    }
}

pub(crate) fn key_address(
    record: &ProviderRecord,
    slot: &str,
) -> Result<KeyAddress, patchbay_vault::AddressError> {
    KeyAddress::new(&record.id, &record.origin, slot)
}

pub(crate) fn address_of(record: &ProviderRecord, slot: &str) -> Result<KeyAddress, EngineError> {
    key_address(record, slot).map_err(|error| {
        EngineError::input(
            "base_url",
            error.to_string(),
            "Check the provider's address.",
        )
    })
}

impl Engine {
    pub(crate) fn connector(&self) -> Connector {
        Connector {
            vault: self.vault.clone(),
            http: Arc::clone(&self.http),
            connected: Arc::clone(&self.connected),
        }
    }

    /// The slots of a provider that can be tried.
    pub(crate) async fn slots(&self, record: &ProviderRecord) -> Result<Vec<KeySlot>, EngineError> {
        let keys = self.store.keys_of(record.id.clone()).await?;
        KeySlot::to_try(&keys)
            .map_err(|failure| EngineError::provider(record.name.clone(), failure))
    }

    /// Forgets what was built for a provider, and how its ways in failed: something about it changed.
    pub(crate) fn forget_connection(&self, id: &ProviderId) {
        self.connector().forget(id);
        self.health.reset_provider(id);
    }
}

#[cfg(test)]
mod tests {
    use patchbay_domain::UnixMillis;

    use super::*;

    fn key(id: &str, is_disabled: bool) -> ProviderKey {
        ProviderKey {
            provider: ProviderId::new("p"),
            id: id.to_owned(),
            label: format!("label {id}"),
            position: 0,
            created_at: UnixMillis(0),
            is_disabled,
            last_test: None,
        }
    }

    #[test]
    fn keys_that_are_switched_off_are_not_tried() {
        let slots = KeySlot::to_try(&[key("default", true), key("2", false)]).unwrap();
        assert_eq!(slots.len(), 1);
        assert_eq!(slots[0].id, "2");
        assert!(slots[0].is_alone && slots[0].takes_variables);
        let failure = KeySlot::to_try(&[key("default", true)]).unwrap_err();
        assert_eq!(failure.class, FailureClass::KeyMissing);
    }

    #[test]
    fn only_the_first_key_is_replaced_by_a_variable() {
        let slots = KeySlot::to_try(&[key("default", false), key("2", false)]).unwrap();
        let names = |slot: &KeySlot| slot.variables(&["A_KEY"]).len();
        assert_eq!((names(&slots[0]), names(&slots[1])), (1, 0));
        assert!(!slots[0].is_alone);
    }

    #[test]
    fn a_provider_without_any_key_still_has_a_place_for_one() {
        assert_eq!(KeySlot::to_try(&[]).unwrap(), [KeySlot::first()]);
    }
}
