//! The base URL of a provider, from whatever a person pasted.
//!
//! Wrong base URLs are the most common mistake of all: a slash too many, the whole address of an
//! endpoint, no scheme. What can be mended without guessing is mended here, once; the rest is
//! refused with words before anything is sent.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use patchbay_domain::Origin;
use url::{Host, Url};

/// A checked base URL: `http` or `https`, a host, perhaps a path such as `/v1`; no slash at its end,
/// no credentials, no query.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(Url);

/// Why a text is not a base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Nothing was typed.
    #[error("The base URL is empty.")]
    Empty,
    /// Not an address at all.
    #[error("This is not a web address.")]
    NotAnAddress(#[source] url::ParseError),
    /// `ftp://` and the like.
    #[error("A base URL begins with https:// or http://, not {0}://.")]
    Scheme(String),
    /// A user name or password inside.
    #[error("A base URL must not hold a user name or a password. Enter the key in its own field.")]
    Credentials,
    /// A `?` or `#` with something behind it.
    #[error("A base URL must not hold a ? or # part. Remove it, and keys with it.")]
    Query,
}

/// Ends that people paste along with the base URL.
const PASTED_ENDS: [&str; 3] = ["/chat/completions", "/messages", "/models"];

impl BaseUrl {
    /// Reads what a person typed.
    ///
    /// A missing scheme becomes `https://`, or `http://` where the host is this computer or stands in
    /// a private network. Slashes at the end and a pasted `/chat/completions`, `/messages` or `/models`
    /// go away.
    ///
    /// # Errors
    /// Says what is wrong with the text, in words for people.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BaseUrlError::Empty);
        }
        let mut url = if text.contains("://") {
            Url::parse(text).map_err(BaseUrlError::NotAnAddress)?
        } else {
            parse_without_scheme(text)?
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(BaseUrlError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        let mut path = url.path().trim_end_matches('/').to_owned();
        for end in PASTED_ENDS {
            if let Some(shorter) = path.strip_suffix(end) {
                path = shorter.trim_end_matches('/').to_owned();
                break;
            }
        }
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of `path` below this one. Always appends: unlike joining in the sense of the URL
    /// standard, the last part of the base stays.
    pub fn join_path(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        let base = self.0.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{}", path.trim_start_matches('/')));
        url
    }

    /// Scheme, host and port: what a key is bound to.
    pub fn origin(&self) -> Origin {
        Origin::from_serialized(self.0.origin().ascii_serialization())
    }

    /// The host as it is written in the address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether the host is this computer.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether keys and conversations would cross a network that anybody on it can read.
    pub fn is_plain_text_remote(&self) -> bool {
        self.0.scheme() == "http" && !self.is_loopback()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn parse_without_scheme(text: &str) -> Result<Url, BaseUrlError> {
    let text = text.trim_start_matches('/');
    let secure = Url::parse(&format!("https://{text}")).map_err(BaseUrlError::NotAnAddress)?;
    if !is_private(&secure) {
        return Ok(secure);
    }
    Url::parse(&format!("http://{text}")).map_err(BaseUrlError::NotAnAddress)
}

/// Whether the address leads to this computer and nowhere else.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
        None => false,
    }
}

/// Hosts that cannot have a certificate that anybody would trust, so that `http` is what is meant.
fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            is_loopback(url) || !name.contains('.') || name.ends_with(".local")
        }
        Some(Host::Ipv4(address)) => is_private_ipv4(address),
        Some(Host::Ipv6(address)) => is_private_ipv6(address),
        None => false,
    }
}

fn is_private_ipv4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    // 100.64.0.0/10 is what private overlay networks hand out.
    let is_shared = first == 100 && (64..128).contains(&second);
    address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
}

fn is_private_ipv6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.to_ipv4_mapped().is_some_and(is_private_ipv4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_type_becomes_a_base_url() {
        for (typed, expected) in [
            ("https://api.openai.com/v1", "https://api.openai.com/v1"),
            ("  https://api.openai.com/v1/ ", "https://api.openai.com/v1"),
            ("api.openai.com/v1", "https://api.openai.com/v1"),
            (
                "https://api.openai.com/v1/chat/completions",
                "https://api.openai.com/v1",
            ),
            (
                "https://api.openai.com/v1/chat/completions/",
                "https://api.openai.com/v1",
            ),
            (
                "https://api.openai.com/v1/models",
                "https://api.openai.com/v1",
            ),
            (
                "https://api.anthropic.com/v1/messages",
                "https://api.anthropic.com/v1",
            ),
            (
                "https://api.z.ai/api/paas/v4",
                "https://api.z.ai/api/paas/v4",
            ),
            ("https://example.com", "https://example.com"),
            ("https://example.com///", "https://example.com"),
            ("HTTPS://Example.COM/V1", "https://example.com/V1"),
            ("localhost:11434", "http://localhost:11434"),
            ("localhost:11434/v1", "http://localhost:11434/v1"),
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("[::1]:8080/v1", "http://[::1]:8080/v1"),
            ("192.168.1.20:1234/v1", "http://192.168.1.20:1234/v1"),
            ("nas:1234/v1", "http://nas:1234/v1"),
            ("studio.local:1234/v1", "http://studio.local:1234/v1"),
            ("100.101.102.103:1234", "http://100.101.102.103:1234"),
            ("8.8.8.8", "https://8.8.8.8"),
            ("//example.com/v1", "https://example.com/v1"),
            ("https://example.com:443/v1", "https://example.com/v1"),
            (
                "https://bücher.example/v1",
                "https://xn--bcher-kva.example/v1",
            ),
        ] {
            let base = BaseUrl::parse(typed).unwrap_or_else(|error| panic!("{typed}: {error}"));
            assert_eq!(base.to_string(), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_base_url_is_refused_with_words() {
        let error = |text: &str| BaseUrl::parse(text).unwrap_err();
        assert_eq!(error("  "), BaseUrlError::Empty);
        assert_eq!(
            error("ftp://example.com"),
            BaseUrlError::Scheme("ftp".to_owned())
        );
        assert_eq!(
            error("file:///etc/passwd"),
            BaseUrlError::Scheme("file".to_owned())
        );
        assert_eq!(
            error("https://me:secret@example.com"),
            BaseUrlError::Credentials
        );
        assert_eq!(error("sk-secret@example.com"), BaseUrlError::Credentials);
        assert_eq!(
            error("https://example.com/v1?key=secret"),
            BaseUrlError::Query
        );
        assert_eq!(error("https://example.com/#models"), BaseUrlError::Query);
        assert!(matches!(error("https://"), BaseUrlError::NotAnAddress(_)));
        assert!(matches!(error("not a url"), BaseUrlError::NotAnAddress(_)));
        assert!(matches!(
            error("https://example.com:99999"),
            BaseUrlError::NotAnAddress(_)
        ));
        assert!(
            !error("https://me:secret@example.com")
                .to_string()
                .contains("secret")
        );
    }

    #[test]
    fn a_path_is_appended_and_never_replaces_one() {
        let join = |base: &str| BaseUrl::parse(base).unwrap().join_path("chat/completions");
        assert_eq!(
            join("https://a.example/v1").as_str(),
            "https://a.example/v1/chat/completions"
        );
        assert_eq!(
            join("https://a.example").as_str(),
            "https://a.example/chat/completions"
        );
        assert_eq!(
            join("https://a.example/api/paas/v4/").as_str(),
            "https://a.example/api/paas/v4/chat/completions"
        );
    }

    #[test]
    fn the_origin_holds_the_port_unless_it_is_the_usual_one() {
        let origin = |base: &str| BaseUrl::parse(base).unwrap().origin().as_str().to_owned();
        assert_eq!(
            origin("https://api.openai.com:443/v1"),
            "https://api.openai.com"
        );
        assert_eq!(origin("localhost:11434/v1"), "http://localhost:11434");
    }

    #[test]
    fn plain_text_is_fine_only_on_this_computer() {
        let flagged = |base: &str| BaseUrl::parse(base).unwrap().is_plain_text_remote();
        assert!(!flagged("localhost:11434"));
        assert!(!flagged("http://127.0.0.2:80"));
        assert!(!flagged("http://[::1]"));
        assert!(!flagged("https://example.com"));
        assert!(flagged("http://example.com"));
        assert!(flagged("192.168.1.20:1234"));
        assert!(flagged("http://localhost.example.com"));
    }

    proptest! {
        #[test]
        fn reading_never_panics_and_what_was_read_reads_the_same_again(text in "\\PC{0,60}") {
            if let Ok(base) = BaseUrl::parse(&text) {
                let again = BaseUrl::parse(&base.to_string()).unwrap();
                prop_assert_eq!(again.to_string(), base.to_string());
                let path = base.join_path("x").path().to_owned();
                prop_assert!(path.ends_with("/x"));
            }
        }
    }
}
