//! Keys as entries of a `keyring` credential store, the part that all systems share.
//!
//! Errors of `keyring` are taken apart here and never passed on whole: its `BadEncoding` and
//! `BadDataFormat` carry the stored bytes, and would print a key.

use std::collections::HashMap;
use std::sync::Arc;

use keyring::Error;
use keyring_core::{CredentialStore, Entry};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::key::clean_key;
use crate::keychain::{KeychainError, PlatformCause};

/// Says what a platform's own error means, and whether it denied access or failed.
pub(crate) type ReadCause = fn(Access, PlatformCause) -> KeychainError;

/// The two kinds of trouble that `keyring` tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// `NoStorageAccess`: the store is there and does not let us in.
    Denied,
    /// `PlatformFailure`: anything else.
    Failed,
}

/// The entries of one application in one credential store.
pub(crate) struct Credentials {
    store: Arc<CredentialStore>,
    service: String,
    read_cause: ReadCause,
    /// Whether the store takes a label for its entries, as the Secret Service does.
    labelled: bool,
}

impl Credentials {
    pub(crate) fn new(
        store: Arc<CredentialStore>,
        service: &str,
        read_cause: ReadCause,
        labelled: bool,
    ) -> Self {
        Self {
            store,
            service: service.to_owned(),
            read_cause,
            labelled,
        }
    }

    pub(crate) fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError> {
        let bytes = match self.entry(user_name)?.get_secret() {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(self.explain(error)),
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| KeychainError::Unreadable)?;
        let stored = SecretString::from(text.to_owned());
        // Somebody may have edited the entry with another program.
        clean_key(&stored)
            .map(Some)
            .map_err(|_| KeychainError::Unreadable)
    }

    pub(crate) fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError> {
        let written = self
            .entry(user_name)?
            .set_secret(key.expose_secret().as_bytes());
        written.map_err(|error| self.explain(error))
    }

    pub(crate) fn remove(&self, user_name: &str) -> Result<(), KeychainError> {
        match self.entry(user_name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(self.explain(error)),
        }
    }

    /// Whether there is an entry, by its attributes: on Windows and macOS that asks nobody.
    #[cfg(any(test, not(target_os = "linux")))]
    pub(crate) fn contains(&self, user_name: &str) -> Result<bool, KeychainError> {
        match self.entry(user_name)?.get_credential() {
            Ok(_) => Ok(true),
            Err(Error::NoEntry) => Ok(false),
            Err(error) => Err(self.explain(error)),
        }
    }

    fn entry(&self, user_name: &str) -> Result<Entry, KeychainError> {
        let label = format!("Patchbay key: {user_name}");
        let labels = HashMap::from([("label", label.as_str())]);
        let modifiers = self.labelled.then_some(&labels);
        self.store
            .build(&self.service, user_name, modifiers)
            .map_err(|error| self.explain(error))
    }

    fn explain(&self, error: Error) -> KeychainError {
        explain(error, self.read_cause)
    }
}

/// Takes an error of `keyring` apart and leaves behind whatever may hold a key.
pub(crate) fn explain(error: Error, read_cause: ReadCause) -> KeychainError {
    match error {
        Error::NoStorageAccess(cause) => read_cause(Access::Denied, cause),
        Error::PlatformFailure(cause) => read_cause(Access::Failed, cause),
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            KeychainError::Unreadable
        }
        Error::Ambiguous(entries) => KeychainError::Ambiguous(entries.len()),
        Error::TooLong(..) => KeychainError::TooLong,
        other => KeychainError::Platform(Box::new(UnexpectedError(other.to_string()))),
    }
}

/// The remaining errors of `keyring`, in its words. Their texts name attributes and stores, never
/// a secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UnexpectedError(String);

#[cfg(test)]
mod tests {
    use keyring_core::mock;

    use super::*;

    fn read_cause(access: Access, cause: PlatformCause) -> KeychainError {
        match access {
            Access::Denied => KeychainError::Dismissed(cause),
            Access::Failed => KeychainError::Stale(cause),
        }
    }

    fn credentials() -> Credentials {
        Credentials::new(
            mock::Store::new().unwrap(),
            "test.patchbay",
            read_cause,
            false,
        )
    }

    fn fail_next(credentials: &Credentials, user_name: &str, error: Error) {
        let entry = credentials.entry(user_name).unwrap();
        entry
            .as_any()
            .downcast_ref::<mock::Cred>()
            .unwrap()
            .set_error(error);
    }

    #[test]
    fn a_key_is_stored_found_read_and_removed() {
        let credentials = credentials();
        let user = "openai@https://api.openai.com";
        assert!(credentials.read(user).unwrap().is_none());
        assert!(!credentials.contains(user).unwrap());
        credentials
            .write(user, &SecretString::from("sk-1"))
            .unwrap();
        assert!(credentials.contains(user).unwrap());
        assert_eq!(
            credentials.read(user).unwrap().unwrap().expose_secret(),
            "sk-1"
        );
        assert!(
            credentials
                .read("openai@https://other.test")
                .unwrap()
                .is_none()
        );
        credentials.remove(user).unwrap();
        credentials.remove(user).unwrap();
        assert!(credentials.read(user).unwrap().is_none());
    }

    #[test]
    fn an_error_that_carries_the_secret_does_not_carry_it_on() {
        let credentials = credentials();
        let hidden = || b"sk-hidden".to_vec();
        let io = || Box::new(std::io::Error::other("x"));
        for error in [
            Error::BadEncoding(hidden()),
            Error::BadDataFormat(hidden(), io()),
        ] {
            fail_next(&credentials, "a@https://a.test", error);
            let error = credentials.read("a@https://a.test").unwrap_err();
            assert!(matches!(error, KeychainError::Unreadable));
            // The bytes as numbers are how Debug would print them.
            assert!(!format!("{error:?}").contains("115, 107"), "{error:?}");
        }
    }

    #[test]
    fn an_entry_that_another_program_spoiled_is_not_a_key() {
        let credentials = credentials();
        let entry = credentials.entry("a@https://a.test").unwrap();
        for spoiled in [b"two words".as_slice(), b"", b"\xff\xfe"] {
            entry.set_secret(spoiled).unwrap();
            let read = credentials.read("a@https://a.test");
            assert!(
                matches!(read, Err(KeychainError::Unreadable)),
                "{spoiled:?}"
            );
        }
    }

    #[test]
    fn denied_access_and_a_failed_platform_are_told_apart() {
        let credentials = credentials();
        let user = "a@https://a.test";
        let io = || Box::new(std::io::Error::other("x"));
        fail_next(&credentials, user, Error::NoStorageAccess(io()));
        assert!(matches!(
            credentials.read(user),
            Err(KeychainError::Dismissed(_))
        ));
        fail_next(&credentials, user, Error::PlatformFailure(io()));
        let key = SecretString::from("sk-1");
        assert!(matches!(
            credentials.write(user, &key),
            Err(KeychainError::Stale(_))
        ));
        fail_next(
            &credentials,
            user,
            Error::TooLong("password".to_owned(), 2560),
        );
        assert!(matches!(
            credentials.write(user, &key),
            Err(KeychainError::TooLong)
        ));
    }
}
