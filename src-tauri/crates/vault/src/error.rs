//! What a caller of the vault has to be ready for.

use crate::{KeyFormatError, KeychainError, VaultState};

/// Why the vault did not do what it was asked. No variant can hold a key.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The keychain cannot be used now. `state` has the words for the person.
    #[error("{}", state.title())]
    Unavailable {
        /// What stands in the way.
        state: VaultState,
        /// What the keychain said, where this call asked it.
        #[source]
        cause: Option<KeychainError>,
    },
    /// The keychain works, but not for this entry.
    #[error("The entry for this key cannot be used. Delete the key and enter it again.")]
    Entry(#[source] KeychainError),
    /// The text that was to be stored cannot be a key.
    #[error(transparent)]
    Format(#[from] KeyFormatError),
    /// The environment variable is set to something that cannot be a key.
    #[error("The environment variable {variable} does not hold a key.")]
    Environment {
        /// Its name.
        variable: String,
        /// What is wrong with its value.
        #[source]
        source: KeyFormatError,
    },
}

impl VaultError {
    /// The state that stopped the call, if the keychain was what stopped it.
    pub fn state(&self) -> Option<VaultState> {
        match self {
            Self::Unavailable { state, .. } => Some(*state),
            Self::Entry(_) | Self::Format(_) | Self::Environment { .. } => None,
        }
    }
}

impl From<VaultState> for VaultError {
    fn from(state: VaultState) -> Self {
        Self::Unavailable { state, cause: None }
    }
}

impl From<KeychainError> for VaultError {
    fn from(error: KeychainError) -> Self {
        match error.state() {
            Some(state) => Self::Unavailable {
                state,
                cause: Some(error),
            },
            None if matches!(error, KeychainError::TooLong) => {
                Self::Format(KeyFormatError::TooLong)
            }
            None => Self::Entry(error),
        }
    }
}
