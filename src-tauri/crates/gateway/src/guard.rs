//! Who may ask: the host that was meant, the page that asks, the app by its token, and its limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, HOST, HeaderMap, ORIGIN};
use http::{StatusCode, Uri};
use patchbay_domain::App;
use patchbay_engine::{Client, Refused};

use crate::failure::{Kind, Refusal};
use crate::limits::{Counted, TooMany};
use crate::routes::Shared;

/// How long an app that asks too much at once is told to wait.
const AT_ONCE_WAIT: Duration = Duration::from_secs(1);

/// The longest title or address that an app may say of itself, in characters.
const CLIENT_LENGTH: usize = 200;

/// An app that may ask.
pub(crate) struct Caller {
    pub(crate) app: Arc<App>,
    /// The web page that asks with its token, which is told that it may.
    pub(crate) origin: Option<String>,
    pub(crate) client: Client,
    /// It counts as long as this lives.
    pub(crate) counted: Counted,
}

/// Whether the request was meant for this computer. A page of another site that had its name resolve
/// to this computer sends that name.
pub(crate) fn is_meant(headers: &HeaderMap, uri: &Uri, port: u16) -> bool {
    let named = headers.get_all(HOST).iter().collect::<Vec<_>>();
    let host = match named.as_slice() {
        [host] => host.to_str().unwrap_or_default(),
        [] => uri.authority().map_or("", http::uri::Authority::as_str),
        _ => return false,
    };
    // A client that sends a whole address has to mean the same host.
    if uri
        .authority()
        .is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host))
    {
        return false;
    }
    let with_port = |name: &str| host.eq_ignore_ascii_case(&format!("{name}:{port}"));
    ["127.0.0.1", "localhost", "[::1]"]
        .into_iter()
        .any(with_port)
        || (port == 80 && ["127.0.0.1", "localhost", "[::1]"].contains(&host))
}

/// The page that asks; `None` where no page does.
///
/// # Errors
/// More than one origin, or one that cannot be read.
pub(crate) fn origin(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let origins: Vec<_> = headers.get_all(ORIGIN).iter().collect();
    match origins.as_slice() {
        [] => Ok(None),
        [one] => match one.to_str() {
            Ok(origin) => Ok(Some(origin.to_owned())),
            Err(_) => Err(foreign_origin("?")),
        },
        _ => Err(foreign_origin("several")),
    }
}

pub(crate) fn foreign_origin(origin: &str) -> Refusal {
    Refusal {
        code: Some("origin_not_allowed".to_owned()),
        ..Refusal::new(
            StatusCode::FORBIDDEN,
            Kind::Permission,
            format!(
                "Web pages of {origin} may not use this gateway. Allow the origin in the settings of \
                 the app whose token the page has."
            ),
        )
    }
}

pub(crate) fn foreign_host() -> Refusal {
    Refusal {
        code: Some("host_not_allowed".to_owned()),
        ..Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            Kind::Permission,
            "This gateway answers to 127.0.0.1 and localhost only.",
        )
    }
}

/// The app that asks, counted.
///
/// # Errors
/// It has no token that is known, its page may not ask, or it asks too much.
pub(crate) async fn admit(shared: &Shared, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let Some(token) = token(headers) else {
        return Err(unauthorised(
            "A token is missing. Make an app in Patchbay's Gateway view, and send its token as the \
             API key.",
        ));
    };
    let app = match shared.engine.app_of_token(token).await? {
        Ok(app) => app,
        Err(Refused::Unknown) => return Err(unauthorised("No app has this token.")),
        Err(Refused::Revoked) => return Err(unauthorised("The token of this app was revoked.")),
        Err(Refused::Expired) => return Err(unauthorised("The token of this app has expired.")),
    };
    let origin = origin(headers)?;
    if let Some(origin) = &origin
        && !app
            .rules
            .origins
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(origin))
    {
        return Err(foreign_origin(origin));
    }
    let counted = count(shared, &app)?;
    Ok(Caller {
        app,
        origin,
        client: client(headers),
        counted,
    })
}

/// Counts a request of the app against its limits.
pub(crate) fn count(shared: &Shared, app: &App) -> Result<Counted, Refusal> {
    shared.limits.count(app, Instant::now()).map_err(too_many)
}

fn too_many(reason: TooMany) -> Refusal {
    let (message, wait) = match reason {
        TooMany::AMinute(limit, wait) => {
            (format!("This app may ask {limit} times a minute."), wait)
        }
        TooMany::AtOnce(limit) => (
            format!("This app may ask {limit} things at once."),
            AT_ONCE_WAIT,
        ),
    };
    Refusal {
        code: Some("rate_limit_exceeded".to_owned()),
        retry_after: Some(wait),
        ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, Kind::RateLimit, message)
    }
}

fn unauthorised(message: &str) -> Refusal {
    Refusal {
        code: Some("invalid_api_key".to_owned()),
        ..Refusal::new(StatusCode::UNAUTHORIZED, Kind::Authentication, message)
    }
}

/// The token, from where either maker's package puts its key.
fn token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| {
            let (scheme, token) = value.trim().split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then_some(token.trim())
        });
    let plain = || {
        headers
            .get("x-api-key")
            .and_then(|value| value.to_str().ok())
            .map(str::trim)
    };
    bearer.or_else(plain).filter(|token| !token.is_empty())
}

fn client(headers: &HeaderMap) -> Client {
    let said = |names: &[&str]| {
        let value = names.iter().find_map(|name| headers.get(*name))?;
        let text: String = String::from_utf8_lossy(value.as_bytes())
            .chars()
            .filter(|sign| !sign.is_control())
            .take(CLIENT_LENGTH)
            .collect();
        (!text.trim().is_empty()).then_some(text)
    };
    Client {
        title: said(&["x-openrouter-title", "x-title"]),
        address: said(&["http-referer", "referer"]),
        agent: said(&["user-agent"]),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn with_host(host: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        headers
    }

    #[test]
    fn only_this_computer_is_meant() {
        let path = Uri::from_static("/v1/models");
        for host in [
            "127.0.0.1:4180",
            "localhost:4180",
            "LocalHost:4180",
            "[::1]:4180",
        ] {
            assert!(is_meant(&with_host(host), &path, 4180), "{host}");
        }
        for host in [
            "evil.example:4180",
            "127.0.0.1.evil.example:4180",
            "localhost",
            "localhost:80",
            "127.0.0.1:4181",
            "",
        ] {
            assert!(!is_meant(&with_host(host), &path, 4180), "{host}");
        }
        let absolute = Uri::from_static("http://evil.example:4180/v1/models");
        assert!(!is_meant(&with_host("127.0.0.1:4180"), &absolute, 4180));
        let mut twice = with_host("127.0.0.1:4180");
        twice.append(HOST, HeaderValue::from_static("evil.example"));
        assert!(!is_meant(&twice, &path, 4180));
        assert!(!is_meant(&HeaderMap::new(), &path, 4180));
    }

    #[test]
    fn a_token_is_where_either_package_puts_its_key() {
        let of = |name: &'static str, value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_static(value));
            token(&headers).map(str::to_owned)
        };
        assert_eq!(of("authorization", "Bearer pb-1").as_deref(), Some("pb-1"));
        assert_eq!(
            of("authorization", "bearer  pb-1 ").as_deref(),
            Some("pb-1")
        );
        assert_eq!(of("x-api-key", "pb-2").as_deref(), Some("pb-2"));
        assert_eq!(of("authorization", "Basic abc"), None);
        assert_eq!(of("authorization", "Bearer "), None);
    }
}
