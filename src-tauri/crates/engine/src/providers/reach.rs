//! From stored settings and a key to a provider that can be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use patchbay_domain::{Failure, FailureClass, ModelProvider, WireFamily};
use patchbay_providers::{BaseUrl, ConfigError, Credential, Preset, ProviderConfig, connect};
use patchbay_store::ProviderRecord;
use secrecy::{ExposeSecret as _, SecretString};

use super::ProviderDetail;
use crate::connector::Http;

/// How a Google service account's file begins where it is kept as a key: Base64 of its JSON follows.
/// Keychains and their checks want one line of visible ASCII.
const GOOGLE_FILE: &str = "google-service-account:";

/// What Patchbay knows of a provider: the preset that it was made from, or the one that its address
/// belongs to.
pub(crate) fn preset_of(record: &ProviderRecord) -> Option<&'static Preset> {
    match &record.preset {
        Some(id) => Preset::by_id(id),
        None => Preset::of_base_url(&BaseUrl::parse(&record.base_url).ok()?),
    }
}

/// What a provider speaks. A word of a later version is taken for the format that most speak.
pub(crate) fn family_of(record: &ProviderRecord) -> WireFamily {
    WireFamily::from_word(&record.family).unwrap_or(WireFamily::OpenAiChat)
}

/// The address where the person typed one; empty where it follows from the preset.
pub fn typed_address(detail: &ProviderDetail) -> &str {
    let record = &detail.record;
    let follows = detail.preset.is_some_and(|preset| {
        let resolved = preset.resolve(&option_values(record), Some(detail.family));
        resolved.is_ok_and(|resolved| resolved.base_url.to_string() == record.base_url)
    });
    if follows { "" } else { &record.base_url }
}

/// What the preset asked for, as text.
pub fn option_values(record: &ProviderRecord) -> BTreeMap<String, String> {
    record
        .options
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The environment variables whose keys may go to a provider: those of the maker at that address.
pub(crate) fn variables_of(record: &ProviderRecord) -> Vec<&'static str> {
    patchbay_providers::presets::variables_of(&record.origin)
}

/// A key as it is kept. The file of a Google service account becomes one line.
///
/// # Errors
/// The file is not one of a service account.
pub(crate) fn keychain_form(
    record: &ProviderRecord,
    key: SecretString,
) -> Result<SecretString, &'static str> {
    let text = key.expose_secret().trim();
    if family_of(record) != WireFamily::Vertex || !text.starts_with('{') {
        return Ok(key);
    }
    let file: serde_json::Value =
        serde_json::from_str(text).map_err(|_| "This is not a whole JSON file.")?;
    if file["type"] != "service_account" {
        return Err("This is a JSON file, but not the key of a service account.");
    }
    // Without the line breaks of the file, which keychains of one system count against a small limit.
    let line = BASE64.encode(file.to_string());
    Ok(SecretString::from(format!("{GOOGLE_FILE}{line}")))
}

/// What a kept key opens its provider with.
fn credential(wants_google: bool, key: Option<SecretString>) -> Result<Credential, Failure> {
    let Some(key) = key else {
        return Ok(if wants_google {
            Credential::GoogleApplicationDefault
        } else {
            Credential::None
        });
    };
    let Some(line) = key.expose_secret().strip_prefix(GOOGLE_FILE) else {
        return Ok(Credential::Key(key));
    };
    let unreadable = || {
        Failure::new(
            FailureClass::Authentication,
            "The stored service account cannot be read. Paste its file again.",
        )
    };
    let file = BASE64.decode(line).map_err(|_| unreadable())?;
    let file = String::from_utf8(file).map_err(|_| unreadable())?;
    Ok(Credential::GoogleServiceAccount(SecretString::from(file)))
}

/// How a provider is reached, with this key.
pub(crate) fn config(
    record: &ProviderRecord,
    key: Option<SecretString>,
) -> Result<ProviderConfig, Failure> {
    let unusable = |words: String| Failure::new(FailureClass::InvalidAddress, words);
    let family = family_of(record);
    let resolved = preset_of(record)
        .map(|preset| preset.resolve_at(&record.base_url, &option_values(record), Some(family)))
        .and_then(Result::ok);
    let mut config = match resolved {
        Some(resolved) => {
            let credential = credential(resolved.wants_google, key)?;
            resolved.config(record.name.clone(), credential, record.has_attribution)
        }
        None => {
            let base_url =
                BaseUrl::parse(&record.base_url).map_err(|error| unusable(error.to_string()))?;
            let credential = credential(family == WireFamily::Vertex, key)?;
            ProviderConfig::new(record.name.clone(), family, base_url, credential)
        }
    };
    config.extra_headers = record.extra_headers.clone();
    Ok(config)
}

/// A provider that can be asked.
pub(crate) fn build(
    http: &Http,
    record: &ProviderRecord,
    key: Option<SecretString>,
) -> Result<Arc<dyn ModelProvider>, Failure> {
    let config = config(record, key)?;
    connect(http.client()?, config).map_err(|error| {
        let class = match error {
            ConfigError::Key(_) | ConfigError::KeyFile(_) => FailureClass::Authentication,
            ConfigError::NotGoogle(_) => FailureClass::InvalidAddress,
            _ => FailureClass::InvalidRequest,
        };
        Failure::new(class, error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use patchbay_domain::{ProviderId, UnixMillis};

    use super::*;

    fn record(family: WireFamily) -> ProviderRecord {
        let base_url = BaseUrl::parse("http://127.0.0.1:9/v1").unwrap();
        ProviderRecord {
            id: ProviderId::new("here"),
            name: "Here".to_owned(),
            family: family.as_str().to_owned(),
            preset: None,
            has_attribution: true,
            options: serde_json::Map::new(),
            origin: base_url.origin(),
            base_url: base_url.to_string(),
            extra_headers: Vec::new(),
            position: 0,
            created_at: UnixMillis(0),
        }
    }

    #[test]
    fn a_service_account_is_kept_as_one_line_and_comes_back_whole() {
        let file = "{\n \"type\": \"service_account\",\n \"private_key\": \"-----BEGIN X-----\\nAA\\n\"\n}";
        let vertex = record(WireFamily::Vertex);
        let kept = keychain_form(&vertex, SecretString::from(file)).unwrap();
        assert!(
            kept.expose_secret()
                .bytes()
                .all(|byte| byte.is_ascii_graphic())
        );
        let Ok(Credential::GoogleServiceAccount(back)) = credential(true, Some(kept)) else {
            panic!("no service account")
        };
        let values = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(values(back.expose_secret()), values(file));
        for wrong in ["{", "{\"type\":\"authorized_user\"}"] {
            assert!(keychain_form(&vertex, SecretString::from(wrong)).is_err());
        }
        // Elsewhere a brace is the beginning of somebody's odd key.
        assert!(keychain_form(&record(WireFamily::OpenAiChat), SecretString::from("{")).is_ok());
    }
}
