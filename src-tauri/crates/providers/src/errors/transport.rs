//! Failures before there is a reply, or in the middle of one.

use std::error::Error;
use std::io;

use patchbay_domain::{Failure, FailureClass};

use crate::scrub::Scrubber;

/// The words for a certificate that ended.
pub(crate) const CERTIFICATE_EXPIRED: &str =
    "Its certificate has expired, or the clock of this computer is wrong.";
/// The words for a certificate that has not begun.
pub(crate) const CERTIFICATE_OF_TOMORROW: &str =
    "Its certificate is not valid yet, or the clock of this computer is wrong.";
/// The words for a certificate that nobody vouches for.
pub(crate) const CERTIFICATE_OF_STRANGER: &str =
    "Its certificate was issued by nobody that this computer trusts.";
/// The words for a port that speaks something else.
pub(crate) const NO_HTTPS: &str =
    "It does not speak https at this port. A server on this computer mostly wants http.";

/// Classes an error of the HTTP client by walking down its sources: the outermost one only says that
/// "sending" failed.
pub fn transport_failure(error: &reqwest::Error, scrubber: &Scrubber) -> Failure {
    let class = class_of(error);
    Failure::new(class, scrubber.message(&words(error, class)))
}

type Source<'a> = &'a (dyn Error + 'static);

fn sources(error: &reqwest::Error) -> impl Iterator<Item = Source<'_>> {
    std::iter::successors(Some(error as Source<'_>), |error| next_source(*error))
}

fn next_source(error: Source<'_>) -> Option<Source<'_>> {
    // An I/O error passes over what it wraps when it is asked for its source.
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    wrapped
        .map(|wrapped| wrapped as Source<'_>)
        .or_else(|| error.source())
}

fn class_of(error: &reqwest::Error) -> FailureClass {
    if error.is_builder() {
        return FailureClass::InvalidAddress;
    }
    if error.is_dns() {
        return FailureClass::NameNotResolved;
    }
    if tls_error(error).is_some() {
        return FailureClass::Tls;
    }
    if error.is_timeout() {
        return FailureClass::ConnectTimeout;
    }
    let kind = io_kind(error);
    match kind {
        Some(io::ErrorKind::ConnectionRefused) => FailureClass::ConnectionRefused,
        Some(io::ErrorKind::TimedOut) => FailureClass::ConnectTimeout,
        // The other side ended a reply that it had begun.
        Some(io::ErrorKind::UnexpectedEof) if error.is_body() || error.is_decode() => {
            FailureClass::StreamCut
        }
        _ => FailureClass::ConnectionLost,
    }
}

fn tls_error(error: &reqwest::Error) -> Option<&rustls::Error> {
    sources(error).find_map(|source| source.downcast_ref())
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    sources(error)
        .filter_map(|source| source.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .last()
}

fn words(error: &reqwest::Error, class: FailureClass) -> String {
    if let Some(tls) = tls_error(error) {
        return tls_words(tls);
    }
    let innermost = sources(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    match class {
        FailureClass::InvalidAddress => format!("The address cannot be used: {innermost}"),
        FailureClass::StreamCut => "The connection ended in the middle of the reply.".to_owned(),
        // Never the whole chain: it may name the address with what was in it.
        _ => innermost,
    }
}

fn tls_words(error: &rustls::Error) -> String {
    use rustls::CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(reason) => match reason {
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                CERTIFICATE_EXPIRED.to_owned()
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                CERTIFICATE_OF_TOMORROW.to_owned()
            }
            Certificate::UnknownIssuer => CERTIFICATE_OF_STRANGER.to_owned(),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "Its certificate belongs to another name.".to_owned()
            }
            Certificate::Revoked => "Its certificate was revoked.".to_owned(),
            other => format!("Its certificate is not acceptable: {other}"),
        },
        rustls::Error::InvalidMessage(_) => NO_HTTPS.to_owned(),
        other => format!("No secure connection: {other}"),
    }
}
