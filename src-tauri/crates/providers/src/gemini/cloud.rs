//! Places on Google Cloud, and which servers are Google's.

use std::path::PathBuf;

use crate::base_url::BaseUrl;
use crate::config::ConfigError;

/// Where on Google Cloud models are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleCloud {
    /// The project that is asked and pays; `None` for the one that the credentials name. With a key
    /// and without a project the express mode is asked, which has none.
    pub project: Option<String>,
    /// Such as `europe-west4`, or `global`. The base URL names the same place once more.
    pub location: String,
    /// Where application default credentials are; `None` for where Google's tools leave them.
    pub credentials_file: Option<PathBuf>,
}

impl Default for GoogleCloud {
    fn default() -> Self {
        Self {
            project: None,
            location: "global".to_owned(),
            credentials_file: None,
        }
    }
}

/// Google's own servers, or this computer, where the file lies open anyway.
pub(super) fn is_googles(base_url: &BaseUrl) -> bool {
    let host = base_url.host();
    let is_google = host == "googleapis.com" || host.ends_with(".googleapis.com");
    base_url.is_loopback() || (is_google && base_url.origin().as_str().starts_with("https://"))
}

pub(super) fn check_name(name: &str, what: &'static str) -> Result<(), ConfigError> {
    if is_name(name) {
        Ok(())
    } else {
        Err(ConfigError::GoogleCloud(what))
    }
}

/// Projects of old organizations hold a dot and a colon.
pub(super) fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    !name.is_empty()
        && name.bytes().all(is_part)
        && name.bytes().any(|byte| byte.is_ascii_alphanumeric())
}
