//! Keys of providers: set, delete, order, switch, status. There is no get.

use patchbay_domain::ProviderId;
use patchbay_store::{KeyBalance, ProviderKey, ProviderRecord};
use patchbay_vault::{KeyFormatError, KeySource, Storage, VaultError, VaultState};
use secrecy::SecretString;

use crate::admin_key::refuse_admin_key;
use crate::connector::{KeySlot, address_of, key_address};
use crate::providers::{ProviderDetail, keychain_form, variables_of};
use crate::{Engine, EngineError};

/// The longest label of a key, in characters.
const LABEL_CHARACTERS: usize = 40;

/// The most keys that one provider can have. More would be a list that nobody reads.
const MOST_KEYS: usize = 20;

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// `None` where there is no key.
    pub source: Option<KeySourceName>,
    /// Why that is not known.
    pub problem: Option<VaultState>,
    /// What else is wrong, such as a variable that cannot hold a key.
    pub words: Option<String>,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySourceName {
    /// The system's keychain.
    Keychain,
    /// Held until Patchbay closes.
    Session,
    /// This environment variable.
    Environment(String),
}

impl From<KeySource> for KeySourceName {
    fn from(source: KeySource) -> Self {
        match source {
            KeySource::Keychain => Self::Keychain,
            KeySource::Session => Self::Session,
            KeySource::Environment(variable) => Self::Environment(variable),
        }
    }
}

/// One key as it is shown: its place, never the key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyDetail {
    /// Label, order and last test.
    pub slot: ProviderKey,
    /// Where it is.
    pub status: KeyStatus,
    /// What is left of it, where the provider was asked.
    pub balance: Option<KeyBalance>,
}

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The slot whose key is replaced; `None` adds one.
    pub id: Option<String>,
    /// The label; `None` leaves it, or numbers a new one.
    pub label: Option<String>,
    /// The key; `None` only names the slot.
    pub key: Option<SecretString>,
    /// Hold it until Patchbay closes, outside the keychain.
    pub session_only: bool,
}

impl Engine {
    /// Stores a key for a provider, bound to the origin of its base URL, or renames its slot.
    ///
    /// # Errors
    /// The text cannot be a key, the label is taken, the provider is gone, or the keychain did not
    /// take it. Nothing was kept then.
    pub async fn set_key(
        &self,
        id: &ProviderId,
        new: NewKey,
    ) -> Result<ProviderDetail, EngineError> {
        let record = self.provider_record(id).await?;
        let slots = self.store.keys_of(id.clone()).await?;
        let before = match &new.id {
            Some(key_id) => Some(
                slots
                    .iter()
                    .find(|slot| slot.id == *key_id)
                    .ok_or(EngineError::NotFound("The key"))?,
            ),
            None => None,
        };
        if before.is_none() && slots.len() >= MOST_KEYS {
            return Err(EngineError::input(
                "key",
                format!("A provider can have at most {MOST_KEYS} keys."),
                "Remove one that is not used any more.",
            ));
        }
        if before.is_none() && new.key.is_none() {
            return Err(EngineError::input(
                "key",
                "There is no key here.",
                "Paste the key that the provider gave you.",
            ));
        }
        let label = match &new.label {
            Some(label) => checked_label(label, &slots, new.id.as_deref())?,
            None => before.map_or_else(|| free_label(&slots), |slot| slot.label.clone()),
        };
        let slot = match before {
            Some(slot) => ProviderKey {
                label,
                ..slot.clone()
            },
            None => ProviderKey {
                provider: id.clone(),
                id: self.store.free_key_id(id.clone()).await?,
                label,
                position: slots
                    .iter()
                    .map(|slot| slot.position.saturating_add(1))
                    .max()
                    .unwrap_or(0),
                created_at: self.clock.now(),
                is_disabled: false,
                last_test: None,
            },
        };
        let is_replaced = before.is_some() && new.key.is_some();
        if let Some(key) = new.key {
            self.store_key(&record, &slot.id, key, new.session_only)
                .await?;
        }
        self.store.put_key(slot.clone()).await?;
        if is_replaced {
            // What the old key's test said is not true of the new one.
            self.store
                .set_key_test(id.clone(), slot.id.clone(), None)
                .await?;
        }
        self.forget_connection(id);
        self.provider_detail(id).await
    }

    /// Puts a key where it was chosen to be, and nowhere else.
    pub(crate) async fn store_key(
        &self,
        record: &ProviderRecord,
        slot: &str,
        key: SecretString,
        session_only: bool,
    ) -> Result<(), EngineError> {
        refuse_admin_key(record, &key)?;
        let key = keychain_form(record, key).map_err(|sentence| {
            EngineError::input(
                "key",
                sentence,
                "Paste the whole file as it was downloaded, or a key.",
            )
        })?;
        let kept = self.keep_key(record, slot, key, session_only).await;
        self.forget_connection(&record.id);
        kept
    }

    pub(crate) async fn keep_key(
        &self,
        record: &ProviderRecord,
        slot: &str,
        key: SecretString,
        session_only: bool,
    ) -> Result<(), EngineError> {
        let storage = if session_only {
            Storage::Session
        } else {
            Storage::Keychain
        };
        let stored = self
            .vault
            .set(&address_of(record, slot)?, key, storage)
            .await;
        match stored {
            Err(VaultError::Format(problem)) => Err(not_a_key(&problem)),
            other => Ok(other?),
        }
    }

    /// Deletes one of a provider's keys, out of the keychain and out of the list.
    ///
    /// # Errors
    /// The provider or the key is gone, or the keychain did not delete it; it stays in the list then.
    pub async fn delete_key(
        &self,
        id: &ProviderId,
        key_id: &str,
    ) -> Result<ProviderDetail, EngineError> {
        let record = self.provider_record(id).await?;
        let deleted = self.vault.delete(&address_of(&record, key_id)?).await;
        self.forget_connection(id);
        deleted?;
        self.store.remove_key(id.clone(), key_id.to_owned()).await?;
        self.provider_detail(id).await
    }

    /// Sets in which order a provider's keys are tried.
    ///
    /// # Errors
    /// One of the keys is gone.
    pub async fn reorder_keys(
        &self,
        id: &ProviderId,
        key_ids: Vec<String>,
    ) -> Result<ProviderDetail, EngineError> {
        self.store.reorder_keys(id.clone(), key_ids).await?;
        self.provider_detail(id).await
    }

    /// Leaves a key out, or takes it in again.
    ///
    /// # Errors
    /// The key is gone.
    pub async fn switch_key(
        &self,
        id: &ProviderId,
        key_id: &str,
        is_disabled: bool,
    ) -> Result<ProviderDetail, EngineError> {
        let slot = self.key_slot(id, key_id).await?;
        self.store
            .put_key(ProviderKey {
                is_disabled,
                ..slot
            })
            .await?;
        self.provider_detail(id).await
    }

    pub(crate) async fn key_slot(
        &self,
        id: &ProviderId,
        key_id: &str,
    ) -> Result<ProviderKey, EngineError> {
        let slots = self.store.keys_of(id.clone()).await?;
        slots
            .into_iter()
            .find(|slot| slot.id == key_id)
            .ok_or(EngineError::NotFound("The key"))
    }

    /// Where the key of a slot is. Asks the keychain whether there is one, never for the key.
    pub(crate) async fn key_status(&self, record: &ProviderRecord, slot: &KeySlot) -> KeyStatus {
        let variables = variables_of(record);
        self.key_status_at(record, &slot.id, slot.variables(&variables))
            .await
    }

    pub(crate) async fn key_status_at(
        &self,
        record: &ProviderRecord,
        slot: &str,
        variables: &[&str],
    ) -> KeyStatus {
        let unknown = |problem, words| KeyStatus {
            source: None,
            problem,
            words,
        };
        let Ok(address) = key_address(record, slot) else {
            return unknown(None, None);
        };
        match self.vault.key_status(&address, variables).await {
            Ok(source) => KeyStatus {
                source: source.map(KeySourceName::from),
                problem: None,
                words: None,
            },
            // Without any keychain there is no key in it, and that is all there is to say here.
            Err(VaultError::Unavailable { state, .. }) => unknown(Some(state), None),
            Err(error) => unknown(None, Some(error.to_string())),
        }
    }

    /// How the keychain stands. Asks nobody.
    pub async fn vault_state(&self) -> VaultState {
        self.vault.status().await
    }

    /// Tries the keychain again; may make the system ask for its password.
    pub async fn retry_vault(&self) -> VaultState {
        let state = self.vault.try_again().await;
        crate::lock(&self.connected).clear();
        state
    }
}

fn checked_label(
    label: &str,
    slots: &[ProviderKey],
    own: Option<&str>,
) -> Result<String, EngineError> {
    let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
    if label.is_empty() || label.chars().count() > LABEL_CHARACTERS {
        return Err(EngineError::input(
            "label",
            format!("A label has 1 to {LABEL_CHARACTERS} characters."),
            "Type a word that you will recognise, such as \"work\".",
        ));
    }
    let is_taken = slots
        .iter()
        .any(|slot| slot.label == label && own != Some(slot.id.as_str()));
    if is_taken {
        return Err(EngineError::input(
            "label",
            format!("Another key of this provider is called \"{label}\"."),
            "Give it a label of its own, so that receipts tell them apart.",
        ));
    }
    Ok(label)
}

/// "Key 2" for the second, or the next number that is free.
fn free_label(slots: &[ProviderKey]) -> String {
    let mut number = slots.len() + 1;
    loop {
        let label = format!("Key {number}");
        if !slots.iter().any(|slot| slot.label == label) {
            return label;
        }
        number += 1;
    }
}

/// What is said of a text that cannot be a key.
pub(crate) fn not_a_key(problem: &KeyFormatError) -> EngineError {
    EngineError::input(
        "key",
        problem.to_string(),
        "Copy the key once more from the provider's page.",
    )
}

#[cfg(test)]
mod tests {
    use patchbay_domain::UnixMillis;

    use super::*;

    fn slot(id: &str, label: &str) -> ProviderKey {
        ProviderKey {
            provider: ProviderId::new("p"),
            id: id.to_owned(),
            label: label.to_owned(),
            position: 0,
            created_at: UnixMillis(0),
            is_disabled: false,
            last_test: None,
        }
    }

    #[test]
    fn a_new_key_gets_a_number_that_is_free() {
        assert_eq!(free_label(&[]), "Key 1");
        assert_eq!(free_label(&[slot("default", "Key 2")]), "Key 3");
    }

    #[test]
    fn two_keys_of_a_provider_are_never_called_the_same() {
        let slots = [slot("default", "work"), slot("2", "home")];
        assert!(checked_label(" work ", &slots, Some("default")).is_ok());
        assert!(checked_label("work", &slots, Some("2")).is_err());
        assert!(checked_label("work", &slots, None).is_err());
        assert!(checked_label("  ", &slots, None).is_err());
        assert_eq!(
            checked_label(" at   work ", &slots, None).unwrap(),
            "at work"
        );
    }
}
