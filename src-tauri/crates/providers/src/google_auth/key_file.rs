//! The JSON files that hold Google's credentials.

use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::assertion::Signer;
use crate::base_url::is_loopback;
use crate::lenient::{filled, lenient};

/// Google's token server, where a file names none.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// Hosts of Google's that hand out tokens; the last one stands in old files.
const TOKEN_HOSTS: [&str; 3] = [
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "accounts.google.com",
];

/// Why a file of credentials cannot be used. No secret is repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// Not a JSON object.
    #[error(
        "This is not the JSON file of a Google service account. Paste the whole file, from {{ to }}."
    )]
    NotJson,
    /// Credentials of a kind that is not supported.
    #[error("Google credentials of the kind \"{0}\" are not supported yet.")]
    Kind(String),
    /// A field is missing.
    #[error("The file of Google credentials has no {0}.")]
    Missing(&'static str),
    /// The private key cannot be read.
    #[error("The private key in the file of Google credentials cannot be read.")]
    PrivateKey,
    /// It names a token server that is not Google's; the secret was not sent there.
    #[error(
        "The file of Google credentials sends its secret to {0}, which is not Google. It is not used."
    )]
    TokenAddress(String),
}

/// Tells one file from another, without its secrets.
pub(super) type Fingerprint = [u8; 32];

/// One file of credentials.
pub(crate) struct KeyFile {
    pub(super) fingerprint: Fingerprint,
    pub(super) grant: Grant,
    pub(super) token_uri: Url,
    /// The project that the file belongs to.
    pub(crate) project: Option<String>,
    /// The project that is to pay for requests in a person's own name.
    pub(super) quota_project: Option<String>,
}

/// What is exchanged for a token.
pub(super) enum Grant {
    ServiceAccount(Signer),
    User {
        client_id: String,
        client_secret: SecretString,
        refresh_token: SecretString,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireFile {
    #[serde(rename = "type", deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient")]
    project_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    quota_project_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    token_uri: Option<String>,
    #[serde(deserialize_with = "lenient")]
    client_email: Option<String>,
    #[serde(deserialize_with = "lenient")]
    private_key_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    private_key: Option<String>,
    #[serde(deserialize_with = "lenient")]
    client_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    client_secret: Option<String>,
    #[serde(deserialize_with = "lenient")]
    refresh_token: Option<String>,
}

impl KeyFile {
    /// Reads a service account's file; any other kind is refused.
    pub(crate) fn service_account(text: &str) -> Result<Self, KeyFileError> {
        let file = Self::read(text)?;
        match file.grant {
            Grant::ServiceAccount(_) => Ok(file),
            Grant::User { .. } => Err(KeyFileError::Kind("authorized_user".to_owned())),
        }
    }

    /// Reads a file of either kind.
    pub(crate) fn read(text: &str) -> Result<Self, KeyFileError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if !text.starts_with('{') {
            return Err(KeyFileError::NotJson);
        }
        let file: WireFile = serde_json::from_str(text).map_err(|_| KeyFileError::NotJson)?;
        let kind = required(file.kind, "type")?;
        let token_uri = token_uri(file.token_uri.as_deref())?;
        let grant = match kind.as_str() {
            "service_account" => Grant::ServiceAccount(Signer::new(
                required(file.client_email, "client_email")?,
                filled(file.private_key_id),
                &SecretString::from(required(file.private_key, "private_key")?),
            )?),
            "authorized_user" => Grant::User {
                client_id: required(file.client_id, "client_id")?,
                client_secret: required(file.client_secret, "client_secret")?.into(),
                refresh_token: required(file.refresh_token, "refresh_token")?.into(),
            },
            other => return Err(KeyFileError::Kind(other.chars().take(60).collect())),
        };
        let quota_project = filled(file.quota_project_id);
        Ok(Self {
            fingerprint: Sha256::digest(text).into(),
            grant,
            token_uri,
            project: filled(file.project_id).or_else(|| quota_project.clone()),
            quota_project,
        })
    }
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyFile")
            .field("project", &self.project)
            .finish_non_exhaustive()
    }
}

fn required(text: Option<String>, name: &'static str) -> Result<String, KeyFileError> {
    filled(text).ok_or(KeyFileError::Missing(name))
}

/// Google's, or on this computer, where nobody else listens.
fn token_uri(text: Option<&str>) -> Result<Url, KeyFileError> {
    let text = text.unwrap_or(TOKEN_URI).trim();
    let refused = |host: &str| KeyFileError::TokenAddress(host.chars().take(100).collect());
    let url = Url::parse(text).map_err(|_| refused("an address that cannot be read"))?;
    let host = url.host_str().unwrap_or("nowhere");
    let is_plain = url.username().is_empty() && url.password().is_none();
    let is_google = url.scheme() == "https" && url.port().is_none() && TOKEN_HOSTS.contains(&host);
    let is_here = is_loopback(&url) && matches!(url.scheme(), "http" | "https");
    if is_plain && (is_google || is_here) {
        Ok(url)
    } else {
        Err(refused(host))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_goes_to_google_or_nowhere() {
        for good in [
            "https://oauth2.googleapis.com/token",
            "https://www.googleapis.com/oauth2/v4/token",
            "https://accounts.google.com/o/oauth2/token",
            "http://127.0.0.1:8080/token",
            "http://localhost:8080/token",
        ] {
            assert_eq!(token_uri(Some(good)).unwrap().as_str(), good);
        }
        assert_eq!(token_uri(None).unwrap().as_str(), TOKEN_URI);
        for bad in [
            "http://oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com:8443/token",
            "https://oauth2.googleapis.com.evil.example/token",
            "https://evil.example/oauth2.googleapis.com/token",
            "https://oauth2.googleapis.com@evil.example/token",
            "https://user:secret@oauth2.googleapis.com/token",
            "https://evil.example#@oauth2.googleapis.com/token",
            "https://localhost.evil.example/token",
            "file:///localhost/token",
            "",
            "token",
        ] {
            let error = token_uri(Some(bad)).unwrap_err();
            assert!(matches!(error, KeyFileError::TokenAddress(_)), "{bad}");
            assert!(!error.to_string().contains("secret@"), "{error}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_without_its_secrets() {
        let user = json!({
            "type": "authorized_user", "client_id": "id", "client_secret": "secret-1", "refresh_token": "secret-2",
            "quota_project_id": "payer",
        });
        let file = KeyFile::read(&user.to_string()).unwrap();
        assert_eq!(file.project.as_deref(), Some("payer"));
        assert!(!format!("{file:?}").contains("secret"));
        let error = |text: &str| KeyFile::read(text).unwrap_err();
        assert_eq!(error("AIza"), KeyFileError::NotJson);
        assert_eq!(error("{"), KeyFileError::NotJson);
        assert_eq!(error("{}"), KeyFileError::Missing("type"));
        assert_eq!(
            error(r#"{"type":"external_account"}"#),
            KeyFileError::Kind("external_account".to_owned())
        );
        assert_eq!(
            error(r#"{"type":"authorized_user","client_id":"x","client_secret":"y"}"#),
            KeyFileError::Missing("refresh_token")
        );
        assert_eq!(
            error(
                r#"{"type":"service_account","client_email":"x","private_key":"-----BEGIN secret"}"#
            ),
            KeyFileError::PrivateKey
        );
        assert_eq!(
            KeyFile::service_account(&user.to_string()).unwrap_err(),
            KeyFileError::Kind("authorized_user".to_owned())
        );
    }
}
