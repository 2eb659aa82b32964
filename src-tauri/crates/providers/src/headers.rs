//! Headers that people add themselves, and the one that carries the key.

use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

/// Why an extra header cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not a name that HTTP allows.
    #[error("\"{0}\" is not a name for a header.")]
    Name(String),
    /// A value with a line break or another control character. The value is not repeated.
    #[error("The value of the header {0} holds characters that cannot be sent.")]
    Value(String),
    /// A header that the connection itself needs.
    #[error("The header {0} is set by Patchbay and cannot be changed.")]
    Reserved(String),
    /// `Authorization`, although there is a key that goes into it.
    #[error("There is a key already. Remove it to set the Authorization header by hand.")]
    AuthorizationBesideKey,
    /// The same name twice.
    #[error("The header {0} is there twice.")]
    Twice(String),
}

/// Why a key cannot be sent. The key is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nothing but white space.
    #[error("The key is empty.")]
    Empty,
    /// Something that no key holds; mostly a copy with a line break or typographic quotes.
    #[error(
        "The key holds characters that no key has. Copy it again, without quotes or line breaks."
    )]
    NotSendable,
}

/// Headers that describe the message or the connection: a wrong one breaks the request.
const RESERVED: [&str; 12] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checks extra headers. Their values are marked as secrets: many of them are keys.
///
/// # Errors
/// The first header that cannot be sent.
pub fn extra_headers(
    headers: &[(String, String)],
    has_key: bool,
) -> Result<HeaderMap, HeaderError> {
    let mut checked = HeaderMap::new();
    for (name, value) in headers {
        let (name, value) = (name.trim(), value.trim());
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| HeaderError::Name(name.chars().take(60).collect()))?;
        if RESERVED.contains(&parsed.as_str()) {
            return Err(HeaderError::Reserved(parsed.to_string()));
        }
        if parsed == AUTHORIZATION && has_key {
            return Err(HeaderError::AuthorizationBesideKey);
        }
        let mut value =
            HeaderValue::from_str(value).map_err(|_| HeaderError::Value(parsed.to_string()))?;
        value.set_sensitive(true);
        if checked.insert(parsed.clone(), value).is_some() {
            return Err(HeaderError::Twice(parsed.to_string()));
        }
    }
    Ok(checked)
}

/// `Bearer` and the key, marked so that no `Debug` output shows it.
///
/// # Errors
/// Where the key is empty or holds what a header cannot.
pub fn bearer(key: &SecretString) -> Result<HeaderValue, KeyError> {
    secret_value("Bearer ", key)
}

/// The bare key, for headers that are made for nothing else, marked so that no `Debug` output shows it.
///
/// # Errors
/// Where the key is empty or holds what a header cannot.
pub fn plain_key(key: &SecretString) -> Result<HeaderValue, KeyError> {
    secret_value("", key)
}

fn secret_value(scheme: &str, key: &SecretString) -> Result<HeaderValue, KeyError> {
    let key = key.expose_secret().trim();
    if key.is_empty() {
        return Err(KeyError::Empty);
    }
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(KeyError::NotSendable);
    }
    let mut value =
        HeaderValue::from_str(&format!("{scheme}{key}")).map_err(|_| KeyError::NotSendable)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)], has_key: bool) -> Result<HeaderMap, HeaderError> {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        extra_headers(&pairs, has_key)
    }

    #[test]
    fn a_header_is_checked_before_it_is_sent() {
        assert_eq!(
            headers(&[("X-Title", " Patchbay ")], true).unwrap()["x-title"],
            "Patchbay"
        );
        assert_eq!(
            headers(&[("Host", "a")], true),
            Err(HeaderError::Reserved("host".to_owned()))
        );
        assert_eq!(
            headers(&[("a b", "c")], true),
            Err(HeaderError::Name("a b".to_owned()))
        );
        assert_eq!(
            headers(&[("a", "b\nc")], true),
            Err(HeaderError::Value("a".to_owned()))
        );
        assert_eq!(
            headers(&[("a", "b"), ("A", "c")], true),
            Err(HeaderError::Twice("a".to_owned()))
        );
    }

    #[test]
    fn authorization_by_hand_is_for_providers_without_a_key() {
        let pairs = [("Authorization", "Basic eA==")];
        assert_eq!(
            headers(&pairs, true),
            Err(HeaderError::AuthorizationBesideKey)
        );
        let checked = headers(&pairs, false).unwrap();
        assert!(!format!("{checked:?}").contains("eA=="));
    }

    #[test]
    fn a_key_is_sent_only_where_it_can_be_one() {
        assert_eq!(bearer(&"  sk-abc \n".into()).unwrap(), "Bearer sk-abc");
        assert!(!format!("{:?}", bearer(&"sk-abc".into())).contains("abc"));
        assert_eq!(bearer(&" ".into()), Err(KeyError::Empty));
        for key in ["sk-a\nb", "“sk-abc”", "sk a", "sk-\u{0}"] {
            assert_eq!(bearer(&key.into()), Err(KeyError::NotSendable), "{key:?}");
        }
    }
}
