//! Which keys are let in.

use patchbay_domain::WireFamily;

use super::ScriptedOptions;
use super::allowances;
use super::control::Control;
use super::families::{Kind, Refusal};
use super::organisation::is_admin_key;
use super::request::RecordedRequest;
use super::routes::{Dialect, Endpoint, Route};

/// Why this request's key is not let in; `None` where it is.
pub(super) fn refusal(
    request: &RecordedRequest,
    route: &Route,
    options: &ScriptedOptions,
    control: &Control,
) -> Option<Refusal> {
    // Tokens are made for assertions, and Ollama tells anybody its version.
    if matches!(route.endpoint, Endpoint::Token | Endpoint::Version) {
        return None;
    }
    let key = carried(request, route);
    if matches!(route.endpoint, Endpoint::Organisation(_)) {
        let admin = key.filter(|key| is_admin_key(route.family, key));
        return match admin {
            None => Some(Refusal::wrong_key()),
            Some(key) => trouble(key, route),
        };
    }
    let known = key.filter(|_| route.family == WireFamily::Vertex);
    match control.knows_token(known.unwrap_or_default()) {
        Some(true) => return None,
        Some(false) if route.family == WireFamily::Vertex && !options.expects_a_key() => {
            return Some(Refusal::wrong_key());
        }
        _ => {}
    }
    if let Some(trouble) = key.and_then(|key| trouble(key, route)) {
        return Some(trouble);
    }
    let is_troubled = |key: &str| TROUBLES.iter().any(|(mark, ..)| key.contains(mark));
    let is_let_in =
        !options.expects_a_key() || key.is_some_and(|key| options.accepts(key) || is_troubled(key));
    (!is_let_in).then(Refusal::wrong_key)
}

/// The key, where this family carries it. A key in another place is none.
fn carried<'a>(request: &'a RecordedRequest, route: &Route) -> Option<&'a str> {
    match route.family {
        WireFamily::AnthropicMessages => {
            let own = request.header("x-api-key");
            // Those who copied the format take either.
            let other = request.bearer().filter(|_| route.dialect != Dialect::Plain);
            own.or(other)
        }
        WireFamily::Gemini => request.header("x-goog-api-key"),
        WireFamily::OpenAiChat | WireFamily::OpenAiResponses => {
            let other = match route.dialect {
                Dialect::NanoGpt => "x-api-key",
                // Azure's header for the same formats.
                _ => "api-key",
            };
            request.bearer().or_else(|| request.header(other))
        }
        WireFamily::Vertex | WireFamily::Ollama => request.bearer(),
    }
}

/// A part of a key, the status, the reason, and whether it concerns answers and reports only.
const TROUBLES: [(&str, u16, Kind, bool); 5] = [
    ("-spent-", 429, Kind::RateLimited, true),
    ("-empty-", 402, Kind::NoCredit, true),
    ("-busy-", 429, Kind::RateLimited, true),
    ("-barred-", 403, Kind::Forbidden, false),
    ("-wrong-", 401, Kind::WrongKey, false),
];

fn trouble(key: &str, route: &Route) -> Option<Refusal> {
    let (_, status, kind, answers_only) =
        TROUBLES.into_iter().find(|(mark, ..)| key.contains(mark))?;
    let is_limited = matches!(
        route.endpoint,
        Endpoint::Answer(_) | Endpoint::Embeddings(_) | Endpoint::Organisation(_)
    );
    if answers_only && !is_limited {
        return None;
    }
    let message = match kind {
        Kind::NoCredit => "Insufficient credits.",
        Kind::RateLimited => "Too many requests.",
        Kind::Forbidden => "This key may not do this.",
        _ => return Some(Refusal::wrong_key()),
    };
    let is_spent = key.contains("-spent-");
    Some(Refusal {
        spent_for: is_spent.then(allowances::period),
        ..Refusal::new(status, kind, message)
    })
}

/// Whether this key has no credit left.
pub(super) fn is_empty(key: &str) -> bool {
    key.contains("-empty-")
}
