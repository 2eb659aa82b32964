//! What it takes to reach one provider, before anything is sent.

use std::borrow::Cow;
use std::fmt;

use http::header::HeaderName;
use patchbay_domain::WireFamily;
use secrecy::SecretString;

use crate::base_url::BaseUrl;
use crate::gemini::GoogleCloud;
use crate::google_auth::KeyFileError;
use crate::headers::{HeaderError, KeyError};
use crate::openai_chat::{Dialect, ModelListShape};
use crate::presets::RateLimitHeaders;

/// How to reach one provider, whatever it speaks.
#[derive(Clone)]
pub struct ProviderConfig {
    /// Its name, for the log.
    pub name: String,
    /// What it speaks.
    pub family: WireFamily,
    /// Where its API begins.
    pub base_url: BaseUrl,
    /// What opens it. The caller has checked that it belongs to the origin of `base_url`.
    pub credential: Credential,
    /// Where a key goes; `None` for the usual place of the family.
    pub auth: Option<AuthHeader>,
    /// Headers that the person added, as name and value.
    pub extra_headers: Vec<(String, String)>,
    /// Where its list of models is, below the base URL; a query may follow.
    pub models_path: Cow<'static, str>,
    /// What it does differently from others that speak OpenAI's chat format.
    pub dialect: Dialect,
    /// What shape its list of models has, where it speaks OpenAI's chat format.
    pub list_shape: ModelListShape,
    /// How it tells how much more may be asked.
    pub rate_limit_headers: RateLimitHeaders,
    /// What tells the provider which app asks; `None` tells nothing.
    pub attribution: Option<Attribution>,
    /// Where on Google Cloud; only for Vertex AI. `None` is as good as the default.
    pub google_cloud: Option<GoogleCloud>,
}

impl ProviderConfig {
    /// A provider of which nothing but this is known.
    pub fn new(
        name: impl Into<String>,
        family: WireFamily,
        base_url: BaseUrl,
        credential: Credential,
    ) -> Self {
        let dialect = Dialect::of(&base_url);
        let list_shape = ModelListShape::of(&base_url);
        Self {
            name: name.into(),
            family,
            base_url,
            credential,
            auth: None,
            extra_headers: Vec::new(),
            models_path: Cow::Borrowed("models"),
            dialect,
            list_shape,
            rate_limit_headers: RateLimitHeaders::usual(family),
            attribution: None,
            google_cloud: None,
        }
    }
}

impl ProviderConfig {
    /// Checks that it is opened by a key or by nothing, as all families but Google's are.
    pub(crate) fn check_takes_key(&self) -> Result<(), ConfigError> {
        match self.credential {
            Credential::None | Credential::Key(_) => Ok(()),
            Credential::GoogleServiceAccount(_) | Credential::GoogleApplicationDefault => {
                Err(ConfigError::Credential(self.family))
            }
        }
    }
}

/// Of the extra headers only the names, since many of their values are keys.
impl fmt::Debug for ProviderConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra_headers.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("ProviderConfig")
            .field("name", &self.name)
            .field("family", &self.family)
            .field("base_url", &self.base_url.to_string())
            .field("credential", &self.credential)
            .field("auth", &self.auth)
            .field("extra_headers", &names)
            .field("models_path", &self.models_path)
            .finish_non_exhaustive()
    }
}

/// What opens a provider.
#[derive(Clone, Debug, Default)]
pub enum Credential {
    /// Nothing; servers on this computer seldom want a key.
    #[default]
    None,
    /// A key.
    Key(SecretString),
    /// The text of a Google service account's JSON file.
    GoogleServiceAccount(SecretString),
    /// What Google's own tools left on this computer.
    GoogleApplicationDefault,
}

impl Credential {
    /// The key, or nothing where there is none.
    pub fn from_key(key: Option<SecretString>) -> Self {
        key.map_or(Self::None, Self::Key)
    }

    /// Whether it is a key, which is sent as it is.
    pub fn is_key(&self) -> bool {
        matches!(self, Self::Key(_))
    }
}

/// Where a key goes in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthHeader {
    /// `Authorization: Bearer` and the key.
    Bearer,
    /// A header of this name with the bare key.
    Named(HeaderName),
}

/// Headers by which a gateway knows which app asks. They hold no secret and name no person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// Names and values.
    pub headers: Vec<(String, String)>,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The key cannot be sent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An extra header cannot be sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// A credential that this family has no use for.
    #[error("{} does not take this kind of credential. Enter a key instead.", .0.label())]
    Credential(WireFamily),
    /// A file of Google's credentials that cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A project or location that is none, or missing.
    #[error("Enter the {0} on Google Cloud: letters, digits and hyphens.")]
    GoogleCloud(&'static str),
    /// What Google's tools left on this computer, for a server that is not Google's.
    #[error("Google's application default credentials are sent to Google only, not to {0}.")]
    NotGoogle(String),
}
