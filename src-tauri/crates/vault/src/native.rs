//! The keychains of macOS and Windows. Both are always there and unlock with the person's own
//! session, so looking and reading go through the same store.

use std::sync::Arc;

use keyring_core::CredentialStore;
use secrecy::SecretString;

use crate::credentials::{Access, Credentials, explain};
use crate::keychain::{Keychain, KeychainError, PlatformCause};

struct NativeKeychain(Credentials);

/// Opens the keychain of this system.
pub(crate) fn open(service: &str) -> Result<Box<dyn Keychain>, KeychainError> {
    let store = new_store().map_err(|error| explain(error, read_cause))?;
    Ok(Box::new(NativeKeychain(Credentials::new(
        store, service, read_cause, false,
    ))))
}

#[cfg(target_os = "macos")]
fn new_store() -> keyring::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = apple_native_keyring_store::keychain::Store::new()?;
    Ok(store)
}

#[cfg(target_os = "windows")]
fn new_store() -> keyring::Result<Arc<CredentialStore>> {
    let store: Arc<CredentialStore> = windows_native_keyring_store::Store::new()?;
    Ok(store)
}

#[cfg(not(any(target_os = "macos", target_os = "windows")))]
fn new_store() -> keyring::Result<Arc<CredentialStore>> {
    Err(keyring::Error::NotSupportedByStore(
        "no keychain is known for this system".to_owned(),
    ))
}

impl Keychain for NativeKeychain {
    fn check(&self) -> Result<(), KeychainError> {
        Ok(())
    }

    fn unlock(&self) -> Result<(), KeychainError> {
        Ok(())
    }

    fn contains(&self, user_name: &str) -> Result<bool, KeychainError> {
        self.0.contains(user_name)
    }

    fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError> {
        self.0.read(user_name)
    }

    fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError> {
        self.0.write(user_name, key)
    }

    fn remove(&self, user_name: &str) -> Result<(), KeychainError> {
        self.0.remove(user_name)
    }
}

fn read_cause(access: Access, cause: PlatformCause) -> KeychainError {
    match access {
        Access::Denied => KeychainError::Dismissed(cause),
        Access::Failed => KeychainError::Platform(cause),
    }
}
