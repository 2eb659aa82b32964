//! What a failed test of a key means, said so that a person knows what to do next.
//!
//! Pure: all that is known of the test goes in, one sentence and one piece of advice come out. What
//! cannot be told apart is not guessed at: a key of another region is refused like a mistyped one, so
//! the other region is named in the advice only.

mod reasons;

use patchbay_domain::FailureClass as Class;
use patchbay_domain::{Failure, UnixMillis};
use serde::{Deserialize, Serialize};

use crate::base_url::BaseUrl;
use crate::presets::Preset;

/// All that is known of a test that failed.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What went wrong.
    pub failure: &'a Failure,
    /// Where it was asked.
    pub base_url: &'a BaseUrl,
    /// The preset that the provider was made from.
    pub preset: Option<&'static Preset>,
    /// The preset that the key's beginning belongs to: see [`preset_of_key`](crate::preset_of_key).
    pub key_preset: Option<&'static Preset>,
    /// Whether there was a key to send.
    pub has_key: bool,
    /// The time of day as the server has it: see [`Probe`](crate::Probe).
    pub server_date: Option<UnixMillis>,
    /// The time of day of this computer when the reply came.
    pub now: UnixMillis,
    /// Whether the request passed through a proxy: see [`HttpClient::uses_proxy`](crate::HttpClient::uses_proxy).
    pub through_proxy: bool,
}

/// What a failed test means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Its kind.
    pub kind: DiagnosisKind,
    /// What happened, in one sentence.
    pub sentence: String,
    /// What to do about it. Empty where nothing helps but to wait or to read the provider's words.
    pub advice: String,
}

/// Kinds of what can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisKind {
    /// The provider does not accept the key, or there is none.
    BadKey,
    /// The key is one of another provider.
    OtherProvider,
    /// The account is empty.
    NoCredit,
    /// The provider does not serve the place that is asked from.
    WrongRegion,
    /// The key may not do this.
    Permission,
    /// The clock of this computer is wrong.
    Clock,
    /// Something between this computer and the provider answers in its place.
    Proxy,
    /// The address is not one of such an API.
    Address,
    /// The server on this computer does not run.
    NotRunning,
    /// No connection: the name, the certificate, or the time.
    Network,
    /// Something else; the provider's own words say it best.
    Other,
}

impl DiagnosisKind {
    /// The word for it in contracts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadKey => "bad_key",
            Self::OtherProvider => "other_provider",
            Self::NoCredit => "no_credit",
            Self::WrongRegion => "wrong_region",
            Self::Permission => "permission",
            Self::Clock => "clock",
            Self::Proxy => "proxy",
            Self::Address => "address",
            Self::NotRunning => "not_running",
            Self::Network => "network",
            Self::Other => "other",
        }
    }
}

fn said(kind: DiagnosisKind, sentence: impl Into<String>, advice: impl Into<String>) -> Diagnosis {
    Diagnosis {
        kind,
        sentence: sentence.into(),
        advice: advice.into(),
    }
}

/// What a failed test means.
pub fn diagnose(test: Circumstances<'_>) -> Diagnosis {
    if matches!(test.failure.status, Some(407 | 511)) {
        return said(
            DiagnosisKind::Proxy,
            "A proxy between this computer and the provider wants a sign-in of its own.",
            "Sign in to the network, or put the proxy's user name and password into HTTPS_PROXY.",
        );
    }
    if is_place_refused(test.failure) {
        return said(
            DiagnosisKind::WrongRegion,
            format!(
                "{} does not serve the place that you ask from.",
                test.name()
            ),
            "A key cannot change that. A gateway or a cloud that serves your place may have the same models.",
        );
    }
    match test.failure.class {
        Class::ConnectionRefused => test.refused_connection(),
        Class::NameNotResolved => test.unknown_name(),
        Class::Tls => test.failed_tls(),
        Class::ConnectTimeout | Class::FirstTokenTimeout | Class::SilenceTimeout => said(
            DiagnosisKind::Network,
            format!("{} did not answer in time.", test.base_url.host()),
            test.proxy_or("Check the connection, then try again."),
        ),
        Class::ConnectionLost => test.lost_connection(),
        Class::KeyMissing | Class::Authentication | Class::PermissionDenied => test.refused_key(),
        Class::PaymentRequired => said(
            DiagnosisKind::NoCredit,
            format!(
                "{} accepts the key, but its account has no credit left.",
                test.name()
            ),
            match test.preset.and_then(|preset| preset.top_up_url.as_deref()) {
                Some(page) => {
                    format!("Put money in at {page}, or wait until the limit is set anew.")
                }
                None => "Put money in, or wait until the limit is set anew.".to_owned(),
            },
        ),
        Class::InvalidAddress | Class::NotFound | Class::Redirected => test.wrong_address(),
        Class::UnexpectedContent => test.unexpected_page(),
        Class::ServerError if test.fell_over_a_missing_key() => said(
            DiagnosisKind::BadKey,
            format!("{} failed when it was asked without a key.", test.name()),
            "It may want one: enter a key of it, then try again.",
        ),
        _ => said(DiagnosisKind::Other, test.failure.message.clone(), ""),
    }
}

/// OpenAI has a code for it, Google and others only words.
fn is_place_refused(failure: &Failure) -> bool {
    let message = failure.message.to_lowercase();
    failure.code.as_deref() == Some("unsupported_country_region_territory")
        || message.contains("country, region, or territory not supported")
        || message.contains("user location is not supported")
}

#[cfg(test)]
mod tests;
