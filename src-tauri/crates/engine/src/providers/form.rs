//! What a person filled in, checked.

use std::collections::BTreeMap;
use std::fmt;

use patchbay_domain::{ProviderId, UnixMillis, WireFamily};
use patchbay_providers::presets::PresetError;
use patchbay_providers::{BaseUrl, Preset};
use patchbay_store::ProviderRecord;
use secrecy::SecretString;

use crate::EngineError;

/// The longest name of a provider, in characters.
const NAME_CHARACTERS: usize = 80;

/// A provider as a person fills it in.
#[derive(Clone)]
pub struct ProviderForm {
    /// `None` for a new one.
    pub id: Option<ProviderId>,
    /// The preset that it is made from.
    pub preset: Option<String>,
    /// What it speaks; `None` leaves it to the preset.
    pub family: Option<WireFamily>,
    /// Its name.
    pub name: String,
    /// Its address, as typed; empty leaves it to the preset.
    pub base_url: String,
    /// What the preset asks for besides.
    pub options: BTreeMap<String, String>,
    /// Names and values, sent with every request.
    pub extra_headers: Vec<(String, String)>,
    /// Requests say that they come from Patchbay, where the provider has headers for that.
    pub has_attribution: bool,
    /// A key typed now; `None` leaves the stored ones.
    pub key: Option<SecretString>,
    /// Keep the typed key until Patchbay closes, and not in the keychain.
    pub key_for_session_only: bool,
}

/// Of the headers only the names: what was typed there is not yet known to be no key.
impl fmt::Debug for ProviderForm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.extra_headers.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("ProviderForm")
            .field("id", &self.id)
            .field("preset", &self.preset)
            .field("family", &self.family)
            .field("name", &self.name)
            .field("options", &self.options)
            .field("extra_headers", &names)
            .field("has_attribution", &self.has_attribution)
            .field("key_for_session_only", &self.key_for_session_only)
            // The address as it was typed may hold a key too.
            .finish_non_exhaustive()
    }
}

/// A form that was checked.
pub(crate) struct CheckedForm {
    pub(crate) name: String,
    pub(crate) family: WireFamily,
    pub(crate) preset: Option<&'static Preset>,
    pub(crate) base_url: BaseUrl,
    pub(crate) options: serde_json::Map<String, serde_json::Value>,
    pub(crate) extra_headers: Vec<(String, String)>,
}

impl CheckedForm {
    /// The settings as they would be stored.
    pub(crate) fn record(
        self,
        id: ProviderId,
        has_attribution: bool,
        now: UnixMillis,
    ) -> ProviderRecord {
        ProviderRecord {
            id,
            name: self.name,
            family: self.family.as_str().to_owned(),
            preset: self.preset.map(|preset| preset.id.clone()),
            has_attribution,
            options: self.options,
            origin: self.base_url.origin(),
            base_url: self.base_url.to_string(),
            extra_headers: self.extra_headers,
            position: 0,
            created_at: now,
        }
    }
}

/// Checks a form and completes its address.
pub(crate) fn check(form: &ProviderForm) -> Result<CheckedForm, EngineError> {
    let preset = match form.preset.as_deref() {
        None => None,
        Some(id) => Some(Preset::by_id(id).ok_or(EngineError::NotFound("The preset"))?),
    };
    let typed = form.name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = match preset {
        Some(preset) if typed.is_empty() => preset.name.clone(),
        _ => typed,
    };
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS {
        return Err(EngineError::input(
            "name",
            format!("A provider needs a name of at most {NAME_CHARACTERS} characters."),
            "Type a name that you will recognise.",
        ));
    }
    let (preset, family, base_url) = address(preset, form)?;
    let extra_headers: Vec<(String, String)> = form
        .extra_headers
        .iter()
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .collect();
    patchbay_providers::headers::extra_headers(&extra_headers, true).map_err(|error| {
        EngineError::input(
            "extra_headers",
            error.to_string(),
            "Change or remove the header.",
        )
    })?;
    Ok(CheckedForm {
        name,
        family,
        preset,
        base_url,
        options: form
            .options
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| (name.clone(), value.trim().into()))
            .collect(),
        extra_headers,
    })
}

type Address = (Option<&'static Preset>, WireFamily, BaseUrl);

/// Where the form leads: the preset's own address with its options filled in, one that was typed for
/// that preset, or one that may be recognised.
fn address(preset: Option<&'static Preset>, form: &ProviderForm) -> Result<Address, EngineError> {
    let typed = form.base_url.trim();
    let Some(preset) = preset else {
        let base_url = BaseUrl::parse(typed).map_err(|error| wrong_address(&error))?;
        let recognised = Preset::recognise(&base_url);
        let family = form
            .family
            .or_else(|| recognised.map(|recognised| recognised.family));
        let preset = recognised.map(|recognised| recognised.preset);
        return Ok((preset, family.unwrap_or(WireFamily::OpenAiChat), base_url));
    };
    let resolved = if typed.is_empty() {
        preset.resolve(&form.options, form.family)
    } else {
        preset.resolve_at(typed, &form.options, form.family)
    };
    let resolved = resolved.map_err(|error| match &error {
        PresetError::Missing { option, .. } | PresetError::Value { option, .. } => {
            EngineError::input(
                format!("options.{option}"),
                error.to_string(),
                "Fill it in as the provider's page shows it.",
            )
        }
        PresetError::Family { .. } => {
            EngineError::input("family", error.to_string(), "Choose another format.")
        }
        PresetError::NoAddress | PresetError::Address(_) => wrong_address(&error),
    })?;
    Ok((Some(preset), resolved.family, resolved.base_url))
}

fn wrong_address(error: &dyn std::error::Error) -> EngineError {
    EngineError::input(
        "base_url",
        error.to_string(),
        "It looks like https://api.example.com/v1.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(preset: Option<&str>, base_url: &str) -> ProviderForm {
        ProviderForm {
            id: None,
            preset: preset.map(str::to_owned),
            family: None,
            name: String::new(),
            base_url: base_url.to_owned(),
            options: BTreeMap::new(),
            extra_headers: Vec::new(),
            has_attribution: true,
            key: None,
            key_for_session_only: false,
        }
    }

    #[test]
    fn a_preset_needs_nothing_but_a_key() {
        let checked = check(&form(Some("anthropic"), "")).unwrap();
        assert_eq!(checked.name, "Anthropic");
        assert_eq!(checked.family, WireFamily::AnthropicMessages);
        assert_eq!(checked.base_url.to_string(), "https://api.anthropic.com/v1");
    }

    #[test]
    fn a_form_does_not_show_what_may_be_a_key() {
        let typed = ProviderForm {
            extra_headers: vec![("Authorization".to_owned(), "Bearer mine-1".to_owned())],
            key: Some("mine-2".into()),
            ..form(None, "https://me:mine-3@a.example")
        };
        let shown = format!("{typed:?}");
        assert!(!shown.contains("mine"), "{shown}");
        assert!(shown.contains("Authorization"), "{shown}");
    }

    #[test]
    fn a_typed_address_is_recognised() {
        let typed = ProviderForm {
            name: "Mine".to_owned(),
            ..form(None, "openrouter.ai/api/v1/chat/completions")
        };
        let checked = check(&typed).unwrap();
        assert_eq!(
            checked.preset.map(|preset| preset.id.as_str()),
            Some("openrouter")
        );
        assert_eq!(checked.name, "Mine");
    }
}
