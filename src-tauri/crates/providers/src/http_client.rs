//! The one HTTP client: the same limits, the same care with keys, one pool of connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{DATE, HeaderMap};
use patchbay_domain::UnixMillis;
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::base_url::{BaseUrl, is_loopback};
use crate::google_auth::TokenCache;
use crate::proxy::is_proxied;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const IDLE_LIMIT: Duration = Duration::from_secs(20);
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const KEEP_ALIVE_LIMIT: Duration = Duration::from_secs(10);
const MOST_REDIRECTS: usize = 10;

/// Whether requests to other computers pass through a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProxyPolicy {
    /// As the system or the environment says.
    #[default]
    System,
    /// Straight to the provider.
    Direct,
}

/// The HTTP client that every provider shares. Cloning it shares its connections.
///
/// It follows no redirect, because a key must not follow one; it asks for no compression, because a
/// compressed stream arrives in lumps; it limits the time to connect and nothing else, because how
/// long an answer may take is for the run to say.
#[derive(Clone, Debug)]
pub struct HttpClient {
    remote: Client,
    /// Servers on this computer are never asked through a proxy.
    loopback: Client,
    proxy: ProxyPolicy,
    google_tokens: TokenCache,
    /// Where the date of the newest reply is kept, for whoever asked for it.
    date: Option<ReplyDate>,
}

/// The time of day as the server of the newest reply has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReplyDate(Arc<Mutex<Option<UnixMillis>>>);

impl ReplyDate {
    /// The date of the newest reply that had one.
    pub(crate) fn seen(&self) -> Option<UnixMillis> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
pub enum HttpClientError {
    /// Mostly: the system has no certificates to trust.
    #[error("The HTTP client could not be set up. On Linux, install the package ca-certificates.")]
    Build(#[source] reqwest::Error),
}

impl HttpClient {
    /// Sets up the client. Reads the system's certificates, so do it once.
    ///
    /// # Errors
    /// Where the system's certificates cannot be read.
    pub fn new(proxy: ProxyPolicy) -> Result<Self, HttpClientError> {
        let build = |builder: ClientBuilder| {
            builder
                .redirect(Policy::none())
                .build()
                .map_err(HttpClientError::Build)
        };
        Ok(Self {
            remote: build(with_proxy(builder(), proxy))?,
            loopback: build(builder().no_proxy())?,
            proxy,
            google_tokens: TokenCache::default(),
            date: None,
        })
    }

    /// The same client with the same connections, and where it keeps the date of its newest reply.
    pub(crate) fn dated(&self) -> (Self, ReplyDate) {
        let date = ReplyDate::default();
        let client = Self {
            date: Some(date.clone()),
            ..self.clone()
        };
        (client, date)
    }

    /// Keeps the date of a reply, where somebody asked for it.
    pub(crate) fn keep_date(&self, headers: &HeaderMap) {
        let Some(kept) = &self.date else {
            return;
        };
        if let Some(date) = date_of(headers) {
            *kept.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
    }

    /// Whether requests to `base_url` pass through a proxy that the environment names. What the
    /// settings of macOS or Windows name besides is not seen here.
    pub fn uses_proxy(&self, base_url: &BaseUrl) -> bool {
        let variable = |name: &str| std::env::var(name).ok();
        self.proxy == ProxyPolicy::System && is_proxied(base_url, variable)
    }

    /// The client for requests to `url`.
    pub(crate) fn for_url(&self, url: &Url) -> &Client {
        if is_loopback(url) {
            &self.loopback
        } else {
            &self.remote
        }
    }

    /// Access tokens of Google Cloud, which outlive the provider that asked for them.
    pub(crate) fn google_tokens(&self) -> &TokenCache {
        &self.google_tokens
    }

    /// A client for files, which carries no key and so may follow redirects: to `https`, or within
    /// this computer. Not shared, because files are fetched rarely.
    pub(crate) fn for_download(&self, url: &Url) -> Result<Client, HttpClientError> {
        let builder = builder().redirect(Policy::custom(follow_safely));
        let builder = if is_loopback(url) {
            builder.no_proxy()
        } else {
            with_proxy(builder, self.proxy)
        };
        builder.build().map_err(HttpClientError::Build)
    }
}

fn builder() -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("Patchbay/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_LIMIT)
        .pool_idle_timeout(IDLE_LIMIT)
        // A laptop that slept notices a dead connection by these, and not by a time-out of minutes.
        .tcp_keepalive(KEEP_ALIVE)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .http2_keep_alive_timeout(KEEP_ALIVE_LIMIT)
        // Each attempt is on the receipt, so none is repeated behind our back.
        .retry(reqwest::retry::never())
        .referer(false)
}

/// When a reply was made, by the server's clock.
pub(crate) fn date_of(headers: &HeaderMap) -> Option<UnixMillis> {
    let date = httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()?;
    let since_1970 = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since_1970.as_millis()).ok().map(UnixMillis)
}

fn with_proxy(builder: ClientBuilder, proxy: ProxyPolicy) -> ClientBuilder {
    match proxy {
        ProxyPolicy::System => builder,
        ProxyPolicy::Direct => builder.no_proxy(),
    }
}

fn follow_safely(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.stop();
    }
    let comes_from_here = attempt.previous().last().is_some_and(is_loopback);
    let is_safe = if is_loopback(attempt.url()) {
        comes_from_here
    } else {
        attempt.url().scheme() == "https"
    };
    if is_safe {
        attempt.follow()
    } else {
        attempt.stop()
    }
}
