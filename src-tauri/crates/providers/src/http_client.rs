//! The one HTTP client: the same limits, the same care with keys, one pool of connections.

use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder};
use url::Url;

use crate::base_url::is_loopback;
use crate::google_auth::TokenCache;

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
        })
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
