//! Keys of providers: set, delete, status. There is no get.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use patchbay_domain::{Failure, FailureClass, ModelProvider, ProviderId};
use patchbay_providers::{HttpClient, ProxyPolicy};
use patchbay_store::ProviderRecord;
use patchbay_vault::{
    DEFAULT_LABEL, KeyAddress, KeySource, Storage, Vault, VaultError, VaultState,
};
use secrecy::SecretString;

use crate::run::Connected;
use crate::{Engine, EngineError};

/// The environment variables that makers document, and the origin of the API that each is for. A
/// variable is never used for another origin.
const VARIABLES: &[(&str, &[&str])] = &[
    ("https://api.openai.com", &["OPENAI_API_KEY"]),
    ("https://openrouter.ai", &["OPENROUTER_API_KEY"]),
    ("https://api.deepseek.com", &["DEEPSEEK_API_KEY"]),
    ("https://api.together.xyz", &["TOGETHER_API_KEY"]),
    ("https://api.together.ai", &["TOGETHER_API_KEY"]),
    ("https://api.z.ai", &["ZAI_API_KEY"]),
    ("https://open.bigmodel.cn", &["ZHIPUAI_API_KEY"]),
    ("https://nano-gpt.com", &["NANOGPT_API_KEY"]),
    ("https://api.groq.com", &["GROQ_API_KEY"]),
    ("https://api.mistral.ai", &["MISTRAL_API_KEY"]),
    ("https://api.x.ai", &["XAI_API_KEY"]),
    ("https://api.fireworks.ai", &["FIREWORKS_API_KEY"]),
    ("https://api.cerebras.ai", &["CEREBRAS_API_KEY"]),
    (
        "https://generativelanguage.googleapis.com",
        &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    ),
];

/// The variables to look at for an origin.
pub(crate) fn variables(origin: &str) -> &'static [&'static str] {
    VARIABLES
        .iter()
        .find(|(known, _)| *known == origin)
        .map_or(&[], |(_, names)| names)
}

/// Where a provider's key is.
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

/// Providers that were built, each with the label of its key.
pub(crate) type Connections =
    Arc<Mutex<HashMap<ProviderId, (Arc<dyn ModelProvider>, Option<String>)>>>;

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

/// What it takes to use a provider: its settings, its key, and one connection pool for all.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) vault: Vault,
    pub(crate) http: Arc<Http>,
    pub(crate) connected: Connections,
}

impl Connector {
    /// The provider with its key. The key is asked for each time and the provider built anew when it
    /// is not known yet; an address without a key is asked without one, as local servers want it.
    pub(crate) async fn connect(&self, record: &ProviderRecord) -> Result<Connected, Failure> {
        let known = crate::lock(&self.connected).get(&record.id).cloned();
        if let Some((provider, key_label)) = known {
            return Ok(Connected {
                provider,
                key_label,
            });
        }
        let address = key_address(record)
            .map_err(|error| Failure::new(FailureClass::InvalidAddress, error.to_string()))?;
        let found = self
            .vault
            .get(&address, variables(record.origin.as_str()))
            .await;
        let (key, key_label) = match found {
            Ok(Some((key, source))) => (Some(key), Some(label(&source))),
            Ok(None) => (None, None),
            // No keychain means no key in it: a server that wants none can still be asked.
            Err(VaultError::Unavailable { state, .. }) if !state.may_hide_a_key() => (None, None),
            Err(error) => {
                return Err(Failure::new(
                    FailureClass::KeychainUnavailable,
                    error.to_string(),
                ));
            }
        };
        let provider = crate::providers::build(&self.http, record, key)?;
        let connection = (Arc::clone(&provider), key_label.clone());
        crate::lock(&self.connected).insert(record.id.clone(), connection);
        Ok(Connected {
            provider,
            key_label,
        })
    }
}

fn label(source: &KeySource) -> String {
    match source {
        KeySource::Environment(variable) => variable.clone(),
        KeySource::Keychain | KeySource::Session => DEFAULT_LABEL.to_owned(),
    }
}

pub(crate) fn key_address(
    record: &ProviderRecord,
) -> Result<KeyAddress, patchbay_vault::AddressError> {
    KeyAddress::new(&record.id, &record.origin, DEFAULT_LABEL)
}

impl Engine {
    pub(crate) fn connector(&self) -> Connector {
        Connector {
            vault: self.vault.clone(),
            http: Arc::clone(&self.http),
            connected: Arc::clone(&self.connected),
        }
    }

    /// Forgets a built provider, so that the next attempt sees new settings or a new key.
    pub(crate) fn forget_connection(&self, id: &ProviderId) {
        crate::lock(&self.connected).remove(id);
    }

    /// Stores a key for a provider, bound to the origin of its base URL.
    ///
    /// # Errors
    /// The text cannot be a key, the provider is gone, or the keychain did not take it.
    pub async fn set_key(
        &self,
        id: &ProviderId,
        key: SecretString,
        session_only: bool,
    ) -> Result<KeyStatus, EngineError> {
        let record = self.provider_record(id).await?;
        self.store_key(&record, key, session_only).await?;
        Ok(self.key_status(&record).await)
    }

    pub(crate) async fn store_key(
        &self,
        record: &ProviderRecord,
        key: SecretString,
        session_only: bool,
    ) -> Result<(), EngineError> {
        let storage = if session_only {
            Storage::Session
        } else {
            Storage::Keychain
        };
        let stored = self.vault.set(&address_of(record)?, key, storage).await;
        self.forget_connection(&record.id);
        match stored {
            Err(VaultError::Format(problem)) => Err(EngineError::input(
                "key",
                problem.to_string(),
                "Copy the key once more from the provider's page.",
            )),
            other => Ok(other?),
        }
    }

    /// Deletes a provider's key.
    ///
    /// # Errors
    /// The provider is gone, or the keychain did not delete it.
    pub async fn delete_key(&self, id: &ProviderId) -> Result<KeyStatus, EngineError> {
        let record = self.provider_record(id).await?;
        let deleted = self.vault.delete(&address_of(&record)?).await;
        self.forget_connection(id);
        deleted?;
        Ok(self.key_status(&record).await)
    }

    pub(crate) async fn key_status(&self, record: &ProviderRecord) -> KeyStatus {
        let unknown = |problem, words| KeyStatus {
            source: None,
            problem,
            words,
        };
        let Ok(address) = key_address(record) else {
            return unknown(None, None);
        };
        match self
            .vault
            .key_status(&address, variables(record.origin.as_str()))
            .await
        {
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

pub(crate) fn address_of(record: &ProviderRecord) -> Result<KeyAddress, EngineError> {
    key_address(record).map_err(|error| {
        EngineError::input(
            "base_url",
            error.to_string(),
            "Check the provider's address.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_used_for_its_own_origin_only() {
        assert_eq!(variables("https://api.openai.com"), ["OPENAI_API_KEY"]);
        assert!(variables("http://api.openai.com").is_empty());
        assert!(variables("https://api.openai.com.example.com").is_empty());
        assert!(variables("http://127.0.0.1:4000").is_empty());
    }
}
