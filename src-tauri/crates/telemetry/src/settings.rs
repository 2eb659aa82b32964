//! Where it is sent.

use http::HeaderName;
use serde::{Deserialize, Serialize};
use url::Url;

/// What a person set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TelemetrySettings {
    /// It is sent.
    pub is_on: bool,
    /// The collector's address without `/v1/traces`, such as `http://localhost:4318`.
    pub address: String,
    /// The header that carries the collector's secret, such as `Authorization`. The secret itself lies
    /// in the keychain.
    pub header: Option<String>,
    /// The word before the secret in that header, such as `Bearer`; found when the secret is set.
    pub scheme: Option<String>,
}

/// Why they cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is not the address of a server.
    #[error("\u{201c}{0}\u{201d} is not the address of a collector.")]
    Address(String),
    /// Somebody would read the secret on the way.
    #[error("A secret is sent only over https, or to this computer.")]
    InTheClear,
    /// It is not the name of a header.
    #[error("\u{201c}{0}\u{201d} is not the name of a header.")]
    Header(String),
}

impl SettingsError {
    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Address(_) => {
                "It begins with http:// or https://, and mostly ends with the port 4318."
            }
            Self::InTheClear => "Write the address with https://, or leave the header empty.",
            Self::Header(_) => "Mostly it is Authorization; the collector's pages say.",
        }
    }

    /// Which field is wrong: `address` or `header`.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::InTheClear | Self::Header(_) => "header",
        }
    }
}

impl TelemetrySettings {
    /// The same settings as they are meant: without spaces around, and with the address of the
    /// collector itself where the address of one of its paths was given.
    ///
    /// # Errors
    /// They cannot be used, whether or not it is on: a wrong address is told at once.
    pub fn checked(self) -> Result<Self, SettingsError> {
        let typed = self.address.trim();
        let header = self
            .header
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty());
        if let Some(name) = &header
            && name.parse::<HeaderName>().is_err()
        {
            return Err(SettingsError::Header(name.clone()));
        }
        if typed.is_empty() && !self.is_on {
            return Ok(Self {
                is_on: false,
                address: String::new(),
                header,
                scheme: self.scheme,
            });
        }
        let wrong = || SettingsError::Address(typed.to_owned());
        let base = typed.trim_end_matches('/');
        let base = base
            .strip_suffix("/v1/traces")
            .or_else(|| base.strip_suffix("/v1/metrics"))
            .unwrap_or(base);
        let url = Url::parse(base).map_err(|_| wrong())?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_plain {
            return Err(wrong());
        }
        if header.is_some() && url.scheme() == "http" && !is_this_computer(&url) {
            return Err(SettingsError::InTheClear);
        }
        Ok(Self {
            is_on: self.is_on,
            address: base.to_owned(),
            header,
            scheme: self.scheme,
        })
    }

    /// Scheme, host and port of the address: what a secret is bound to. `None` where there is none.
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.address).ok()?;
        Some(url.origin().ascii_serialization())
    }
}

fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(address: &str, header: Option<&str>) -> Result<TelemetrySettings, SettingsError> {
        TelemetrySettings {
            is_on: true,
            address: address.to_owned(),
            header: header.map(ToOwned::to_owned),
            scheme: None,
        }
        .checked()
    }

    #[test]
    fn a_path_of_the_collector_stands_for_the_collector() {
        for typed in [
            "http://localhost:4318",
            " http://localhost:4318/ ",
            "http://localhost:4318/v1/traces",
            "http://localhost:4318/v1/metrics/",
        ] {
            let settings = checked(typed, None).unwrap();
            assert_eq!(settings.address, "http://localhost:4318");
        }
        let cloud = checked(
            "https://otlp.example.com/otlp/v1/traces",
            Some(" Authorization "),
        )
        .unwrap();
        assert_eq!(cloud.address, "https://otlp.example.com/otlp");
        assert_eq!(cloud.header.as_deref(), Some("Authorization"));
        assert_eq!(cloud.origin().as_deref(), Some("https://otlp.example.com"));
    }

    #[test]
    fn what_is_no_address_is_refused_at_once() {
        for typed in [
            "",
            "localhost:4318",
            "ftp://localhost",
            "http://",
            "https://user:word@example.com",
            "https://example.com?token=1",
        ] {
            let refused = checked(typed, None).unwrap_err();
            assert!(matches!(refused, SettingsError::Address(_)), "{typed}");
            assert_eq!(refused.field(), "address");
        }
        assert_eq!(
            checked("https://example.com", Some("two words")).unwrap_err(),
            SettingsError::Header("two words".to_owned())
        );
        let off = TelemetrySettings::default().checked().unwrap();
        assert!(!off.is_on);
    }

    #[test]
    fn a_secret_is_never_sent_in_the_clear() {
        let header = Some("Authorization");
        assert_eq!(
            checked("http://collector.example.com:4318", header).unwrap_err(),
            SettingsError::InTheClear
        );
        for typed in [
            "http://127.0.0.1:4318",
            "http://[::1]:4318",
            "http://localhost:4318",
        ] {
            assert!(checked(typed, header).is_ok(), "{typed}");
        }
    }
}
