//! The seam between the vault's rules and the system's keychain.
//!
//! The rules (one call at a time, time limits, which failure means what) are the same on every
//! system and are tested against a keychain that a test holds in its hand: one that blocks for
//! ever, fails and recovers. What only a real keychain can show is in `tests/secret_service`.

use secrecy::SecretString;

use crate::VaultState;

/// An opened keychain. It never leaves the vault's thread, and every call may block: for
/// milliseconds as a rule, and for as long as a person needs where it says so.
pub trait Keychain {
    /// Whether a key could be stored now. **Must not** ask a person.
    ///
    /// # Errors
    ///
    /// What stands in the way.
    fn check(&self) -> Result<(), KeychainError>;

    /// Unlocks the keychain. May ask a person.
    ///
    /// # Errors
    ///
    /// The person declined, or nobody could be asked.
    fn unlock(&self) -> Result<(), KeychainError>;

    /// Whether a key is stored under this user name. **Must not** ask a person or read the key.
    ///
    /// # Errors
    ///
    /// The keychain could not be searched.
    fn contains(&self, user_name: &str) -> Result<bool, KeychainError>;

    /// The key stored under this user name. May ask a person.
    ///
    /// # Errors
    ///
    /// The keychain could not be read. Nothing stored is `Ok(None)`.
    fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError>;

    /// Stores a key under this user name, over the one before. May ask a person.
    ///
    /// # Errors
    ///
    /// The key was not stored.
    fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError>;

    /// Removes the key stored under this user name, if there is one. May ask a person.
    ///
    /// # Errors
    ///
    /// The key may still be stored.
    fn remove(&self, user_name: &str) -> Result<(), KeychainError>;
}

/// Opens the keychain; called again each time it has to be opened anew. Must not ask a person.
pub type OpenKeychain = Box<dyn FnMut() -> Result<Box<dyn Keychain>, KeychainError> + Send>;

/// What the platform said, as far as it can be said without a key.
///
/// An error of the keyring crates itself must never end here: some of them carry the secret.
pub type PlatformCause = Box<dyn std::error::Error + Send + Sync>;

/// Why the keychain did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeychainError {
    /// There is no session bus.
    #[error("there is no session bus")]
    NoSessionBus(#[source] PlatformCause),
    /// No program on the session bus offers the Secret Service.
    #[error("no program on the session bus keeps passwords")]
    NoSecretService(#[source] PlatformCause),
    /// The Secret Service has no default collection.
    #[error("the keyring has no default collection")]
    NoLoginKeyring,
    /// The keychain is locked.
    #[error("the keychain is locked")]
    Locked,
    /// The keychain is locked, and the question for its password was turned down or could not be
    /// shown.
    #[error("the question for the keychain's password was not answered")]
    Dismissed(#[source] PlatformCause),
    /// The connection belongs to a service that has gone; opening the keychain again may help.
    #[error("the connection to the keychain is no longer valid")]
    Stale(#[source] PlatformCause),
    /// Any other failure of the keychain.
    #[error("the keychain failed")]
    Platform(#[source] PlatformCause),
    /// What is stored is not a text, or not one that can be a key.
    #[error("what the keychain holds is not a key")]
    Unreadable,
    /// Several entries of the keychain have the name of this key.
    #[error("the keychain holds {0} entries under the name of this key")]
    Ambiguous(usize),
    /// The keychain takes no secret of this length.
    #[error("the key is longer than the keychain takes")]
    TooLong,
}

impl KeychainError {
    /// The state that this error shows the keychain to be in, or none if it is about one entry.
    pub fn state(&self) -> Option<VaultState> {
        match self {
            Self::NoSessionBus(_) => Some(VaultState::NoSessionBus),
            Self::NoSecretService(_) => Some(VaultState::NoSecretService),
            Self::NoLoginKeyring => Some(VaultState::NoLoginKeyring),
            Self::Locked | Self::Dismissed(_) => Some(VaultState::Locked),
            Self::Stale(_) | Self::Platform(_) => Some(VaultState::Failed),
            Self::Unreadable | Self::Ambiguous(_) | Self::TooLong => None,
        }
    }

    /// Whether the service behind an open keychain may have been replaced by a new one.
    pub fn may_be_cured_by_opening_again(&self) -> bool {
        matches!(
            self,
            Self::NoSessionBus(_) | Self::NoSecretService(_) | Self::Stale(_)
        )
    }
}
