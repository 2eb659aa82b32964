//! From a preset and what the person chose to what a provider is made of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderName;
use patchbay_domain::WireFamily;

use super::{Auth, Preset, PresetOption, RateLimitHeaders, Speaks};
use crate::base_url::{BaseUrl, BaseUrlError};
use crate::config::{Attribution, AuthHeader, Credential, ProviderConfig};
use crate::gemini::GoogleCloud;
use crate::openai_chat::{Dialect, ModelListShape};

/// What a preset and the person's choices come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What it speaks.
    pub family: WireFamily,
    /// Where its API begins.
    pub base_url: BaseUrl,
    /// Where a key goes; `None` for the usual place of the family.
    pub auth: Option<AuthHeader>,
    /// It is opened by what opens Google's cloud, and by no key.
    pub wants_google: bool,
    /// Where its list of models is, below the base URL; empty where there is none and
    /// [`Preset::fixed_models`] are to be offered.
    pub models_path: &'static str,
    /// The shape of that list.
    pub list_shape: ModelListShape,
    /// How it differs from others that speak OpenAI's chat format.
    pub dialect: Dialect,
    /// How it tells how much more may be asked.
    pub rate_limit_headers: RateLimitHeaders,
    /// What tells it which app asks, where anything does.
    pub attribution: Option<Attribution>,
    /// The values that the family wants besides the address, by the names of their options: the
    /// project and the location of a cloud.
    pub passed_on: BTreeMap<String, String>,
}

impl Resolved {
    /// A configuration with this credential. `has_attribution` is the person's switch.
    pub fn config(
        self,
        name: impl Into<String>,
        credential: Credential,
        has_attribution: bool,
    ) -> ProviderConfig {
        let mut config = ProviderConfig::new(name, self.family, self.base_url, credential);
        config.auth = self.auth;
        config.models_path = Cow::Borrowed(self.models_path);
        config.dialect = self.dialect;
        config.list_shape = self.list_shape;
        config.rate_limit_headers = self.rate_limit_headers.or_usual(self.family);
        if self.family == WireFamily::Vertex {
            let mut values = self.passed_on;
            config.google_cloud = Some(GoogleCloud {
                project: values.remove("project"),
                location: values
                    .remove("location")
                    .unwrap_or_else(|| GoogleCloud::default().location),
                credentials_file: None,
            });
        }
        config.attribution = self.attribution.filter(|_| has_attribution);
        config
    }
}

/// Why a preset cannot be used as it was filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// The preset does not speak it.
    #[error("{preset} does not speak {}.", .family.label())]
    Family {
        /// The preset's name.
        preset: String,
        /// What was asked for.
        family: WireFamily,
    },
    /// A value is missing.
    #[error("{label} is missing. {help}")]
    Missing {
        /// The option's name.
        option: String,
        /// Its label.
        label: String,
        /// What it is.
        help: String,
    },
    /// A value that an address cannot hold, or that is none of the choices.
    #[error("{label} cannot be \"{value}\". {help}")]
    Value {
        /// The option's name.
        option: String,
        /// Its label.
        label: String,
        /// What was typed, shortened.
        value: String,
        /// What it is.
        help: String,
    },
    /// Only the person knows the address.
    #[error("Enter the address of the server.")]
    NoAddress,
    /// The address cannot be used.
    #[error(transparent)]
    Address(#[from] BaseUrlError),
}

impl Preset {
    /// Fills in the address. Values that are missing are taken from the defaults, unknown names are
    /// ignored.
    ///
    /// # Errors
    /// A required value is missing or unusable, the family is not spoken, or only the person knows the
    /// address: see [`Self::resolve_at`].
    pub fn resolve(
        &'static self,
        options: &BTreeMap<String, String>,
        family: Option<WireFamily>,
    ) -> Result<Resolved, PresetError> {
        let speaks = self.spoken(family)?;
        if speaks.base_url.is_empty() {
            return Err(PresetError::NoAddress);
        }
        let every = self.options.iter();
        let values = values(every, options, &speaks.base_url)?;
        let base_url = BaseUrl::parse(&filled(&speaks.base_url, &values))?;
        self.resolved(speaks, base_url, options)
    }

    /// Takes an address that the person typed instead of the preset's own. Where it has no path, the
    /// usual one is added; what belongs to another family is taken off. Of the options only those
    /// count that the family wants besides the address.
    ///
    /// # Errors
    /// The address or such an option cannot be used, or the family is not spoken.
    pub fn resolve_at(
        &'static self,
        address: &str,
        options: &BTreeMap<String, String>,
        family: Option<WireFamily>,
    ) -> Result<Resolved, PresetError> {
        let speaks = self.spoken(family)?;
        let typed = BaseUrl::parse(address)?.to_string();
        let is_first = self.speaks.first() == Some(speaks);
        let stripped = self
            .strip
            .iter()
            .filter(|_| is_first)
            .find_map(|end| typed.strip_suffix(end.as_str()))
            .unwrap_or(&typed);
        let path = if speaks.path.is_empty() {
            path_of(&speaks.base_url)
        } else {
            &speaks.path
        };
        let base_url = if path_of(stripped).is_empty() {
            BaseUrl::parse(&format!("{stripped}{path}"))?
        } else {
            BaseUrl::parse(stripped)?
        };
        self.resolved(speaks, base_url, options)
    }

    fn spoken(&'static self, family: Option<WireFamily>) -> Result<&'static Speaks, PresetError> {
        self.speaks(family).ok_or_else(|| PresetError::Family {
            preset: self.name.clone(),
            family: family.unwrap_or(WireFamily::OpenAiChat),
        })
    }

    fn resolved(
        &'static self,
        speaks: &'static Speaks,
        base_url: BaseUrl,
        options: &BTreeMap<String, String>,
    ) -> Result<Resolved, PresetError> {
        let passed_on = || self.options.iter().filter(|option| option.passed_on);
        let mut besides = values(passed_on(), options, &speaks.base_url)?;
        besides.retain(|name, _| passed_on().any(|option| option.name == *name));
        let auth = speaks.auth.as_ref().unwrap_or(&self.auth);
        let headers = self.attribution.iter();
        let headers: Vec<_> = headers
            .map(|header| (header.name.clone(), header.value.clone()))
            .collect();
        Ok(Resolved {
            family: speaks.family,
            base_url,
            auth: match auth {
                Auth::Bearer => Some(AuthHeader::Bearer),
                // A test sees to it that each name is one.
                Auth::Header(name) => HeaderName::from_bytes(name.as_bytes())
                    .ok()
                    .map(AuthHeader::Named),
                Auth::Usual | Auth::Google => None,
            },
            wants_google: *auth == Auth::Google,
            models_path: &speaks.models_path,
            list_shape: speaks.list_shape,
            dialect: self.dialect,
            rate_limit_headers: self.rate_limit_headers,
            attribution: (!headers.is_empty()).then_some(Attribution { headers }),
            passed_on: besides,
        })
    }
}

/// What stands for each name in the address.
fn values<'a>(
    asked: impl Iterator<Item = &'a PresetOption>,
    options: &BTreeMap<String, String>,
    template: &str,
) -> Result<BTreeMap<String, String>, PresetError> {
    let mut values = BTreeMap::new();
    for option in asked {
        let typed = options.get(&option.name).map(|value| value.trim());
        let value = match typed.filter(|value| !value.is_empty()) {
            Some(value) => value,
            None => option.default.as_str(),
        };
        if value.is_empty() {
            if !option.required {
                continue;
            }
            return Err(PresetError::Missing {
                option: option.name.clone(),
                label: option.label.clone(),
                help: option.help.clone(),
            });
        }
        if !option.allows(value, template) {
            return Err(PresetError::Value {
                option: option.name.clone(),
                label: option.label.clone(),
                value: value.chars().take(60).collect(),
                help: option.help.clone(),
            });
        }
        let said = option.choices.iter().chain(&option.known);
        let said = said.filter(|choice| choice.value == value);
        let own = BTreeMap::from([(option.name.clone(), value.to_owned())]);
        for (name, text) in &option.fill {
            values.insert(name.clone(), filled(text, &own));
        }
        for (name, text) in said.flat_map(|choice| &choice.fill) {
            values.insert(name.clone(), text.clone());
        }
        values.extend(own);
    }
    Ok(values)
}

impl PresetOption {
    /// Whether a value can stand in the address without leading it anywhere else.
    fn allows(&self, value: &str, template: &str) -> bool {
        if !self.choices.is_empty() {
            return self.choices.iter().any(|choice| choice.value == value);
        }
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
        // Whatever an option fills in besides may be the host.
        let placeholder = format!("{{{}}}", self.name);
        let in_host = !self.fill.is_empty() || host_of(template).contains(&placeholder);
        if in_host {
            return value
                .chars()
                .all(|character| is_plain(character) && character != '_');
        }
        value
            .chars()
            .all(|character| is_plain(character) || ".:".contains(character))
            && !value.starts_with('.')
    }
}

/// The text with each `{name}` replaced.
fn filled(template: &str, values: &BTreeMap<String, String>) -> String {
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        })
}

/// What stands between the scheme and the path of an address.
pub(super) fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split_once('/').map_or(rest, |(host, _)| host)
}

/// The path of an address with its first slash; empty where there is none.
pub(super) fn path_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.find('/').map_or("", |start| &rest[start..])
}
