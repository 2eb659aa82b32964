//! Where a key is kept: which provider it is for, which server it may be sent to, and which of the
//! provider's keys it is.
//!
//! The origin is part of the name under which the keychain knows the key. So a changed base URL
//! finds no key at all, rather than carrying an old one to a new server.

use patchbay_domain::{Origin, ProviderId};

/// The label of a provider's first key.
pub const DEFAULT_LABEL: &str = "default";

/// The longest label, in bytes: it is part of a name that the keychain shows.
const LABEL_LIMIT: usize = 64;

/// Names one key. Two addresses that differ in any part name two different keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyAddress {
    provider: ProviderId,
    origin: Origin,
    label: String,
}

impl KeyAddress {
    /// The address of a provider's key called `label`; [`DEFAULT_LABEL`] for its first one.
    ///
    /// # Errors
    ///
    /// The parts are joined into one name with `#` and `@`, so a part that holds one of them, or
    /// an origin with more than scheme, host and port, is refused: it could name another key.
    pub fn new(provider: &ProviderId, origin: &Origin, label: &str) -> Result<Self, AddressError> {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || character == '-';
        if provider.as_str().is_empty() || !provider.as_str().chars().all(is_plain) {
            return Err(AddressError::Provider);
        }
        if !is_origin(origin.as_str()) {
            return Err(AddressError::Origin);
        }
        let is_separator = |character: char| character.is_control() || "@#".contains(character);
        if label.is_empty() || label.len() > LABEL_LIMIT || label.contains(is_separator) {
            return Err(AddressError::Label);
        }
        Ok(Self {
            provider: provider.clone(),
            origin: origin.clone(),
            label: label.to_owned(),
        })
    }

    /// The provider that gave the key out.
    pub fn provider(&self) -> &ProviderId {
        &self.provider
    }

    /// The only server that the key may be sent to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Which of the provider's keys this is.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The user name under which the keychain keeps the key: `<provider>@<origin>`, and
    /// `<provider>#<label>@<origin>` for any key but the first.
    pub fn user_name(&self) -> String {
        let Self {
            provider,
            origin,
            label,
        } = self;
        if label == DEFAULT_LABEL {
            return format!("{provider}@{origin}");
        }
        format!("{provider}#{label}@{origin}")
    }
}

/// `scheme://host` or `scheme://host:port`, in the characters that a serialised origin has.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let in_authority = |character: char| {
        (character.is_ascii_alphanumeric() && !character.is_ascii_uppercase())
            || "-._:[]".contains(character)
    };
    matches!(scheme, "http" | "https")
        && !authority.is_empty()
        && authority.chars().all(in_authority)
}

/// Why something is not the address of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The provider id is empty, or holds more than letters, digits and `-`.
    #[error("a provider id is made of letters, digits and hyphens")]
    Provider,
    /// The origin is not `http(s)://host` with an optional port, in lower case.
    #[error("a key belongs to a server's address: scheme, host and port, and nothing after it")]
    Origin,
    /// The label is empty, longer than 64 bytes, or holds `@`, `#` or a control character.
    #[error("a key's name is up to 64 bytes of text without @ and #")]
    Label,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(provider: &str, origin: &str, label: &str) -> Result<KeyAddress, AddressError> {
        KeyAddress::new(
            &ProviderId::new(provider),
            &Origin::from_serialized(origin),
            label,
        )
    }

    #[test]
    fn the_first_key_of_a_provider_has_the_short_name() {
        let first = address("openai", "https://api.openai.com", DEFAULT_LABEL).unwrap();
        let second = address("openai", "https://api.openai.com", "work").unwrap();
        assert_eq!(first.user_name(), "openai@https://api.openai.com");
        assert_eq!(second.user_name(), "openai#work@https://api.openai.com");
    }

    #[test]
    fn a_port_or_a_scheme_makes_another_address() {
        let names: std::collections::BTreeSet<_> = [
            "https://host.test",
            "http://host.test",
            "https://host.test:8443",
            "http://127.0.0.1:11434",
            "http://[::1]:11434",
        ]
        .map(|origin| address("own", origin, DEFAULT_LABEL).unwrap().user_name())
        .into();
        assert_eq!(names.len(), 5);
    }

    #[test]
    fn parts_that_could_name_another_key_are_refused() {
        for provider in ["", "a#b", "a@b", "a b"] {
            assert_eq!(
                address(provider, "https://a.test", "x"),
                Err(AddressError::Provider)
            );
        }
        for origin in [
            "",
            "null",
            "https://",
            "a.test",
            "https://a.test/",
            "https://a.test/v1",
            "https://u@a.test",
            "https://A.test",
            "https://a.test#x",
            "https://a.test?x",
            "file://a.test",
            "https://a.test\n",
        ] {
            assert_eq!(
                address("own", origin, "x"),
                Err(AddressError::Origin),
                "{origin:?}"
            );
        }
        for label in ["", "a@b", "a#b", "a\nb", &"x".repeat(65)] {
            assert_eq!(
                address("own", "https://a.test", label),
                Err(AddressError::Label)
            );
        }
    }
}
