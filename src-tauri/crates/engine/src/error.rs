//! What a use case can fail with. The words are those of the crate that knows.

use patchbay_domain::Failure;
use patchbay_store::StoreError;
use patchbay_vault::VaultError;

/// Why a use case did not do what it was asked. Nothing of it was kept, unless a variant says so.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// History could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keychain could not be used.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A provider failed.
    #[error("{provider_name}: {failure}")]
    Provider {
        /// Its name for people.
        provider_name: String,
        /// How.
        #[source]
        failure: Box<Failure>,
    },
    /// Something typed cannot be used.
    #[error("{}", .0.sentence)]
    Input(InvalidInput),
    /// It is not there any more.
    #[error("{0} is not there any more")]
    NotFound(&'static str),
    /// It is being done already.
    #[error("{0}")]
    Busy(&'static str),
    /// The person stopped it.
    #[error("stopped")]
    Cancelled,
    /// The local model could not be fetched or prepared.
    #[error("{sentence}")]
    LocalModel {
        /// What happened.
        sentence: String,
        /// What to do.
        advice: &'static str,
    },
}

/// Something typed that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidInput {
    /// Which field, in the words of the code: `base_url`, or `options.region`.
    pub field: String,
    /// What is wrong with it.
    pub sentence: String,
    /// What to do.
    pub advice: String,
}

impl EngineError {
    pub(crate) fn input(
        field: impl Into<String>,
        sentence: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::Input(InvalidInput {
            field: field.into(),
            sentence: sentence.into(),
            advice: advice.into(),
        })
    }

    pub(crate) fn provider(provider_name: impl Into<String>, failure: Failure) -> Self {
        Self::Provider {
            provider_name: provider_name.into(),
            failure: Box::new(failure),
        }
    }
}
