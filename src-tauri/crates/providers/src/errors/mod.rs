//! The one place where what went wrong becomes a [`FailureClass`].
//!
//! Status codes alone mislead: a 429 may mean that there is no money, a 400 that the model is not
//! known, a 200 that a proxy wants a password. So the class is read from status, code, type and words
//! together, in the order of [`class_of`]; the table test holds a row for each odd case.

mod body;
mod retry_after;
mod transport;
mod vendor_words;
mod words;

use http::HeaderMap;
use http::header::LOCATION;
use patchbay_domain::{Failure, FailureClass};
use url::Url;

use self::body::ErrorBody;
pub(crate) use self::retry_after::duration as duration_millis;
pub use self::transport::transport_failure;
pub(crate) use self::transport::{
    CERTIFICATE_EXPIRED, CERTIFICATE_OF_STRANGER, CERTIFICATE_OF_TOMORROW, NO_HTTPS,
};
use crate::scrub::Scrubber;

/// Under which names providers send the id of a request, the most useful first.
const REQUEST_ID_HEADERS: [&str; 12] = [
    "x-request-id",
    "request-id",
    "x-generation-id",
    "msh-request-id",
    "x-ds-trace-id",
    "mistral-correlation-id",
    "apim-request-id",
    "x-ms-request-id",
    "x-amzn-requestid",
    "x-log-id",
    "x-trace-id",
    "cf-ray",
];

/// An HTTP reply that is no answer.
#[derive(Clone, Copy, Debug)]
pub struct ErrorReply<'a> {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, or its beginning.
    pub body: &'a str,
    /// Where the request went, to tell a redirect's target from it.
    pub url: &'a Url,
}

/// Classes an HTTP reply that is no answer.
pub fn reply_failure(reply: ErrorReply<'_>, scrubber: &Scrubber) -> Failure {
    let mut body = ErrorBody::read(reply.body);
    // Amazon names the kind of error there, and sometimes nowhere else.
    let named = reply.headers.get("x-amzn-errortype");
    if let (None, Some(Ok(kind))) = (&body.kind, named.map(|kind| kind.to_str())) {
        body.kind = Some(body::without_namespace(kind).to_owned());
    }
    let class = class_of(Some(reply.status), &body);
    let message = match class {
        FailureClass::Redirected => redirect_message(&reply),
        _ => body
            .message
            .clone()
            .unwrap_or_else(|| silent_message(reply.status)),
    };
    Failure {
        class,
        status: Some(reply.status),
        code: body.code.as_deref().map(|code| scrubber.identifier(code)),
        message: scrubber.message(&message),
        retry_after_millis: retry_after::from_headers(reply.headers, reply.status)
            .or_else(|| retry_after::from_body(&body))
            .or_else(|| retry_after::from_spent_allowance(reply.headers, reply.status)),
        request_id: request_id(reply.headers, scrubber),
    }
}

/// Classes an error object inside a stream or reply whose status said that all is well. The status is
/// left out, because the one there was would mislead; a number in the object is its code.
pub fn in_band_failure(error: &str, scrubber: &Scrubber) -> Failure {
    let body = ErrorBody::read_object(error);
    let status = body.code.as_deref().and_then(|code| code.parse().ok());
    let class = match status.filter(|status| (400..600).contains(status)) {
        Some(status) => class_of(Some(status), &body),
        None => class_of(None, &body),
    };
    Failure {
        code: body.code.as_deref().map(|code| scrubber.identifier(code)),
        retry_after_millis: retry_after::from_body(&body),
        ..Failure::new(
            class,
            scrubber.message(
                body.message
                    .as_deref()
                    .unwrap_or("The provider reported an error."),
            ),
        )
    }
}

/// A reply with a good status that is not what the format promises.
pub fn unexpected_content(
    status: u16,
    headers: &HeaderMap,
    body: &str,
    scrubber: &Scrubber,
) -> Failure {
    let message = match body::title(body) {
        Some(title) => format!("The server sent a web page instead: {title}"),
        None if body.trim().is_empty() => "The server sent an empty reply.".to_owned(),
        None => format!(
            "The server sent something else: {}",
            body.chars().take(200).collect::<String>()
        ),
    };
    Failure {
        status: Some(status),
        request_id: request_id(headers, scrubber),
        ..Failure::new(FailureClass::UnexpectedContent, scrubber.message(&message))
    }
}

/// The provider's id of the request, for its support desk.
pub fn request_id(headers: &HeaderMap, scrubber: &Scrubber) -> Option<String> {
    REQUEST_ID_HEADERS
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .find(|id| !id.trim().is_empty())
        .map(|id| scrubber.identifier(id))
}

fn class_of(status: Option<u16>, body: &ErrorBody) -> FailureClass {
    if status.is_some_and(|status| (300..400).contains(&status)) {
        return FailureClass::Redirected;
    }
    if body.is_html {
        return class_of_page(status, body);
    }
    words::class_of_code(status, body)
        .or_else(|| words::class_of_text(status, body))
        .unwrap_or_else(|| class_of_status(status, body))
}

/// A page comes from a web server or a proxy in front of the provider, so its words say nothing.
fn class_of_page(status: Option<u16>, body: &ErrorBody) -> FailureClass {
    let title = body.message.as_deref().unwrap_or_default();
    match status {
        // Perplexity's own web server turns keys down. A page that wants a sign-in has another title.
        Some(401) if title.starts_with("401") => FailureClass::Authentication,
        Some(404 | 405 | 410) => FailureClass::NotFound,
        Some(429) => FailureClass::RateLimited,
        Some(413) => FailureClass::ContextTooLong,
        Some(503 | 529) => FailureClass::Overloaded,
        Some(408 | 500..) => FailureClass::ServerError,
        _ => FailureClass::UnexpectedContent,
    }
}

fn class_of_status(status: Option<u16>, body: &ErrorBody) -> FailureClass {
    match status {
        None => words::class_of_type(body).unwrap_or(FailureClass::ServerError),
        Some(401) => FailureClass::Authentication,
        Some(402) => FailureClass::PaymentRequired,
        Some(403) => FailureClass::PermissionDenied,
        Some(404 | 405 | 410) => FailureClass::NotFound,
        // Something on the way asks for a sign-in of its own.
        Some(407 | 511) => FailureClass::ConnectionLost,
        Some(413) => FailureClass::ContextTooLong,
        Some(425 | 429) => FailureClass::RateLimited,
        Some(451) => FailureClass::ContentFiltered,
        // 498: Groq has no capacity for the flexible tier.
        Some(498 | 503 | 529) => FailureClass::Overloaded,
        Some(408 | 424 | 499 | 500..) => FailureClass::ServerError,
        Some(400..500) => FailureClass::InvalidRequest,
        Some(_) => FailureClass::UnexpectedContent,
    }
}

fn silent_message(status: u16) -> String {
    match http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
    {
        Some(reason) => format!("{status} {reason}, without a word of explanation."),
        None => format!("Status {status}, without a word of explanation."),
    }
}

/// Names the host only: the rest of the address may hold what was sent.
fn redirect_message(reply: &ErrorReply<'_>) -> String {
    let location = reply
        .headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok());
    let target = location.and_then(|location| reply.url.join(location).ok());
    match target
        .as_ref()
        .and_then(|target| Some((target.scheme(), target.host_str()?)))
    {
        Some((scheme, host)) => match target.as_ref().and_then(Url::port) {
            Some(port) => format!("Redirected to {scheme}://{host}:{port}"),
            None => format!("Redirected to {scheme}://{host}"),
        },
        None => "Redirected, without saying where to.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
