//! The keys of a provider that was deleted go out of the keychain, once it cannot be brought back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use patchbay_domain::{Clock as _, UnixMillis};
use patchbay_engine::{Engine, EngineOptions, ProviderForm, SecretString};
use patchbay_testkit::{ManualClock, ScriptedProvider};
use patchbay_vault::{Keychain, KeychainError, Vault, VaultOptions};
use secrecy::ExposeSecret as _;

use crate::support::form;

const KEY: &str = "sk-made-up-0123456789abcdef0123456789abcdef";
const HOUR: i64 = 60 * 60 * 1_000;

/// A keychain in memory, which outlives the engine. Clones are the same.
#[derive(Clone, Default)]
struct InMemory {
    keys: Arc<Mutex<BTreeMap<String, String>>>,
    is_locked: bool,
}

impl InMemory {
    fn count(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    fn opened(&self) -> Result<(), KeychainError> {
        if self.is_locked {
            return Err(KeychainError::Locked);
        }
        Ok(())
    }
}

impl Keychain for InMemory {
    fn check(&self) -> Result<(), KeychainError> {
        self.opened()
    }

    fn unlock(&self) -> Result<(), KeychainError> {
        self.opened()
    }

    fn contains(&self, user_name: &str) -> Result<bool, KeychainError> {
        Ok(self.keys.lock().unwrap().contains_key(user_name))
    }

    fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError> {
        self.opened()?;
        let keys = self.keys.lock().unwrap();
        Ok(keys.get(user_name).cloned().map(SecretString::from))
    }

    fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError> {
        self.opened()?;
        let mut keys = self.keys.lock().unwrap();
        keys.insert(user_name.to_owned(), key.expose_secret().to_owned());
        Ok(())
    }

    fn remove(&self, user_name: &str) -> Result<(), KeychainError> {
        self.opened()?;
        self.keys.lock().unwrap().remove(user_name);
        Ok(())
    }
}

async fn start(folder: &Path, keychain: &InMemory, now: UnixMillis) -> Engine {
    let options = EngineOptions {
        data_folder: folder.to_owned(),
        models_folder: folder.join("models"),
    };
    let keychain = keychain.clone();
    let vault = Vault::start_with(
        VaultOptions::new("app.patchbay.test").with_environment(Arc::new(|_| None)),
        Box::new(move || Ok(Box::new(keychain.clone()))),
    );
    let opened = Engine::open_with(options, vault, Arc::new(ManualClock::new(now))).await;
    opened.unwrap().0
}

#[tokio::test]
async fn they_stay_for_a_day_and_go_at_the_first_start_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let keychain = InMemory::default();
    let server = ScriptedProvider::start().unwrap();
    let begun = ManualClock::default().now();
    let later = |hours: i64| UnixMillis(begun.0 + hours * HOUR);

    let engine = start(folder.path(), &keychain, begun).await;
    let mut ids = Vec::new();
    for name in ["Deleted", "Kept"] {
        let keyed = ProviderForm {
            key_for_session_only: false,
            ..form(name, &server.base_url(), Some(KEY))
        };
        ids.push(engine.save_provider(keyed).await.unwrap().record.id);
    }
    engine.delete_provider(&ids[0]).await.unwrap();
    engine.close().await;
    assert_eq!(keychain.count(), 2);

    // It can still be brought back, with its key.
    let engine = start(folder.path(), &keychain, later(23)).await;
    engine.close().await;
    assert_eq!(keychain.count(), 2);

    // Nobody is asked for the password of a keychain because of it.
    let locked = InMemory {
        is_locked: true,
        ..keychain.clone()
    };
    let engine = start(folder.path(), &locked, later(25)).await;
    engine.close().await;
    assert_eq!(keychain.count(), 2);

    let engine = start(folder.path(), &keychain, later(26)).await;
    engine.close().await;
    assert_eq!(keychain.count(), 1);
    let engine = start(folder.path(), &keychain, later(27)).await;
    let kept = engine.provider_detail(&ids[1]).await.unwrap();
    assert!(kept.key.source.is_some(), "{kept:?}");
    engine.close().await;
}
