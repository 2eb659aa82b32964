//! How a provider is reached, whatever it speaks: its address, its key in the right header, and one
//! scrubber for all that it says.
//!
//! The seam keeps keys out of the families. A family builds addresses and bodies and reads replies;
//! that a request carries a key, which header holds it and that no message repeats it is settled here.

use std::fmt;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use patchbay_domain::{EventStream, Failure, ModelProvider, StreamEvent, WireFamily};
use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;
use url::Url;

use crate::answer::{accepted, answer, whole_body, whole_body_within};
use crate::anthropic_messages::AnthropicMessages;
use crate::base_url::BaseUrl;
use crate::config::{Attribution, AuthHeader, ConfigError, Credential, ProviderConfig};
use crate::decode::StreamDecoder;
use crate::errors::{in_band_failure, transport_failure, unexpected_content};
use crate::gemini::Gemini;
use crate::headers::{HeaderError, KeyError, bearer, extra_headers, plain_key};
use crate::http_client::HttpClient;
use crate::ollama::Ollama;
use crate::openai_chat::OpenAiChat;
use crate::openai_responses::OpenAiResponses;
use crate::presets::RateLimitHeaders;
use crate::rate_limits;
use crate::scrub::Scrubber;

/// A provider that is ready to be asked. Nothing is sent.
///
/// # Errors
/// Where the key or a header cannot be sent, or the credential does not fit the family.
pub fn connect(
    http: HttpClient,
    config: ProviderConfig,
) -> Result<Arc<dyn ModelProvider>, ConfigError> {
    match config.family {
        WireFamily::OpenAiChat => Ok(Arc::new(OpenAiChat::new(http, config)?)),
        WireFamily::Gemini | WireFamily::Vertex => Ok(Arc::new(Gemini::new(http, config)?)),
        WireFamily::AnthropicMessages => Ok(Arc::new(AnthropicMessages::new(http, config)?)),
        WireFamily::Ollama => Ok(Arc::new(Ollama::new(http, config)?)),
        WireFamily::OpenAiResponses => Ok(Arc::new(OpenAiResponses::new(http, config)?)),
    }
}

/// The one way by which a family sends requests to its provider.
#[derive(Clone)]
pub(crate) struct WireClient {
    http: HttpClient,
    name: String,
    base_url: BaseUrl,
    /// Key, extra headers and attribution. The first two are marked as sensitive.
    headers: HeaderMap,
    rate_limit_headers: RateLimitHeaders,
    scrubber: Scrubber,
}

impl WireClient {
    /// Checks the configuration; `usual` is where the family puts its key. Nothing is sent.
    pub(crate) fn new(
        http: HttpClient,
        config: &ProviderConfig,
        usual: AuthHeader,
    ) -> Result<Self, ConfigError> {
        let key = match &config.credential {
            Credential::Key(key) => Some(key),
            _ => None,
        };
        let mut headers = attribution_headers(config.attribution.as_ref())?;
        // What the person wrote wins over what Patchbay says of itself.
        let has_credential = !matches!(config.credential, Credential::None);
        headers.extend(extra_headers(&config.extra_headers, has_credential)?);
        if let Some(key) = key {
            match config.auth.clone().unwrap_or(usual) {
                AuthHeader::Bearer => {
                    headers.insert(AUTHORIZATION, bearer(key)?);
                }
                AuthHeader::Named(name) => {
                    headers.insert(name, plain_key(key)?);
                }
            }
        }
        // Extra headers are often keys, so they are kept out of messages as well.
        let extra = config.extra_headers.iter();
        let extra = extra.flat_map(|(_, value)| [value.as_str(), without_scheme(value)]);
        let extra = extra.map(SecretString::from);
        Ok(Self {
            http,
            name: config.name.clone(),
            base_url: config.base_url.clone(),
            headers,
            rate_limit_headers: config.rate_limit_headers,
            scrubber: Scrubber::new(key.cloned().into_iter().chain(extra)),
        })
    }

    /// The same with a token that is not known until it is needed. No message repeats it either.
    pub(crate) fn with_bearer(&self, token: &SecretString) -> Result<Self, KeyError> {
        let mut client = self.clone();
        client.headers.insert(AUTHORIZATION, bearer(token)?);
        client.scrubber = self.scrubber.and(token.clone());
        Ok(client)
    }

    /// The same with this header, unless the person set it.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.entry(name).or_insert(value);
        self
    }

    /// The provider's name, for the log.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of `path` below the base URL. What follows a `?` becomes the query.
    pub(crate) fn url(&self, path: &str) -> Url {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path, None),
        };
        let mut url = self.base_url.join_path(path);
        url.set_query(query);
        url
    }

    /// Takes keys out of what is about to be shown.
    pub(crate) fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }

    /// A request for JSON.
    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        let client = self.http.for_url(&url);
        client.get(url).header(ACCEPT, "application/json")
    }

    /// A request with a JSON body, for a stream or a whole reply.
    pub(crate) fn post_json(&self, url: Url, body: Vec<u8>) -> RequestBuilder {
        let client = self.http.for_url(&url);
        client
            .post(url)
            .header(ACCEPT, "text/event-stream, application/json")
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body)
    }

    /// Sends it with the provider's headers. A reply of any status is a success here.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let response = request
            .headers(self.headers.clone())
            .send()
            .await
            .map_err(|error| transport_failure(&error, &self.scrubber))?;
        self.http.keep_date(response.headers());
        Ok(response)
    }

    /// Sends it; a refusal or a web page is a failure.
    pub(crate) async fn send_accepted(&self, request: RequestBuilder) -> Result<Response, Failure> {
        self.accepted(self.send(request).await?).await
    }

    /// The reply, unless it is a refusal or a web page.
    pub(crate) async fn accepted(&self, response: Response) -> Result<Response, Failure> {
        accepted(response, &self.scrubber).await
    }

    /// What `parse` makes of the reply to `request`. Where it is not what was expected, the failure
    /// says what came instead: an error in a reply whose status said that all is well, or a page.
    pub(crate) async fn fetch_parsed<T, E>(
        &self,
        request: RequestBuilder,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let response = self.send_accepted(request).await?;
        self.parsed(response, parse).await
    }

    /// What `parse` makes of an accepted reply, as [`Self::fetch_parsed`] does.
    pub(crate) async fn parsed<T, E>(
        &self,
        response: Response,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, Failure> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = whole_body(response, &self.scrubber).await?;
        parse(&body).map_err(|_| {
            let reply: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            match &reply["error"] {
                serde_json::Value::Null => {
                    unexpected_content(status, &headers, &body, &self.scrubber)
                }
                error => in_band_failure(&error.to_string(), &self.scrubber),
            }
        })
    }

    /// Decodes an accepted reply, after what its headers say may still be asked. Dropping the stream
    /// closes the connection.
    pub(crate) fn stream<D>(&self, response: Response, decoder: D) -> EventStream
    where
        D: StreamDecoder + Send + 'static,
    {
        self.warned_stream(Vec::new(), response, decoder)
    }

    /// The same with sentences about wishes that could not be sent as they were made.
    pub(crate) fn warned_stream<D>(
        &self,
        warnings: Vec<String>,
        response: Response,
        decoder: D,
    ) -> EventStream
    where
        D: StreamDecoder + Send + 'static,
    {
        let limits = self.allowance(&response);
        let warnings = warnings
            .into_iter()
            .map(|sentence| StreamEvent::Warning { sentence });
        let first = limits.into_iter().chain(warnings).map(Ok);
        let answer = answer(response, decoder, self.scrubber.clone());
        stream::iter(first.collect::<Vec<_>>())
            .chain(answer)
            .boxed()
    }

    /// What `read` makes of an accepted reply that is no stream, of at most so many bytes, as the events
    /// of one. Dropping it closes the connection.
    pub(crate) fn whole(
        &self,
        response: Response,
        most: usize,
        read: impl FnOnce(&str) -> Result<Vec<StreamEvent>, Failure> + Send + 'static,
    ) -> EventStream {
        let scrubber = self.scrubber.clone();
        let first = stream::iter(self.allowance(&response).map(Ok));
        let rest = async move {
            let body = whole_body_within(most, response, &scrubber).await;
            let events = match body.and_then(|body| read(&body)) {
                Ok(events) => events.into_iter().map(Ok).collect(),
                Err(failure) => vec![Err(failure)],
            };
            stream::iter(events)
        };
        first.chain(stream::once(rest).flatten()).boxed()
    }

    /// What the headers of a reply say may still be asked.
    fn allowance(&self, response: &Response) -> Option<StreamEvent> {
        let limits = rate_limits::read(self.rate_limit_headers, response.headers());
        (!limits.is_empty()).then_some(StreamEvent::RateLimits { limits })
    }
}

impl fmt::Debug for WireClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("WireClient")
            .field("name", &self.name)
            .field("base_url", &self.base_url.to_string())
            .finish_non_exhaustive()
    }
}

/// The key in a header such as `Bearer abc`: a provider that repeats it does so without the scheme.
fn without_scheme(value: &str) -> &str {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or_default();
    let is_scheme = ["bearer", "basic", "token", "key", "apikey", "api-key"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    if is_scheme { rest } else { value }
}

fn attribution_headers(attribution: Option<&Attribution>) -> Result<HeaderMap, HeaderError> {
    let Some(attribution) = attribution else {
        return Ok(HeaderMap::new());
    };
    let mut headers = extra_headers(&attribution.headers, true)?;
    for value in headers.values_mut() {
        value.set_sensitive(false);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_client::ProxyPolicy;

    fn client(config: &ProviderConfig) -> WireClient {
        let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
        WireClient::new(http, config, AuthHeader::Bearer).unwrap()
    }

    fn config() -> ProviderConfig {
        ProviderConfig::new(
            "A provider",
            WireFamily::OpenAiChat,
            BaseUrl::parse("https://a.example/v1").unwrap(),
            Credential::Key("sk-abc-0123456789".into()),
        )
    }

    #[test]
    fn the_key_goes_where_the_provider_wants_it_and_nowhere_else() {
        let usual = client(&config());
        assert_eq!(usual.headers["authorization"], "Bearer sk-abc-0123456789");
        let named = client(&ProviderConfig {
            auth: Some(AuthHeader::Named(HeaderName::from_static("api-key"))),
            ..config()
        });
        assert_eq!(named.headers["api-key"], "sk-abc-0123456789");
        assert!(!named.headers.contains_key("authorization"));
        let shown = format!("{named:?} {:?} {:?}", named.headers, config());
        assert!(!shown.contains("abc-0123"), "{shown}");
    }

    #[test]
    fn extra_headers_are_secrets_and_so_is_what_follows_their_scheme() {
        let config = ProviderConfig {
            credential: Credential::None,
            extra_headers: vec![
                (
                    "Authorization".to_owned(),
                    "Token  mine-0123456789".to_owned(),
                ),
                ("X-Gateway".to_owned(), "other words of mine".to_owned()),
            ],
            ..config()
        };
        let client = client(&config);
        let shown = format!("{client:?} {:?} {config:?}", client.headers);
        assert!(!shown.contains("mine"), "{shown}");
        assert!(shown.contains("X-Gateway"), "{shown}");
        for said in [
            "Unknown token: mine-0123456789",
            "The header was \"Token  mine-0123456789\"",
            "The gateway does not know other words of mine",
        ] {
            let message = client.scrubber.message(said);
            assert!(!message.contains("mine"), "{message}");
        }
        assert_eq!(client.scrubber.message("other words"), "other words");
    }

    #[test]
    fn the_persons_headers_win_over_attribution_and_attribution_is_no_secret() {
        let attribution = |headers: &[(&str, &str)]| Attribution {
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        };
        let client = client(&ProviderConfig {
            attribution: Some(attribution(&[
                ("X-Title", "Patchbay"),
                ("X-Other", "shown"),
            ])),
            extra_headers: vec![("x-title".to_owned(), "My own".to_owned())],
            ..config()
        });
        assert_eq!(client.headers["x-title"], "My own");
        assert_eq!(client.headers.get_all("x-title").iter().count(), 1);
        assert!(!client.headers["x-other"].is_sensitive());
        assert!(client.headers["x-title"].is_sensitive());
    }

    #[test]
    fn a_query_after_the_path_stays_one() {
        let url = client(&config()).url("models?detailed=true");
        assert_eq!(url.as_str(), "https://a.example/v1/models?detailed=true");
        assert_eq!(client(&config()).url("models").query(), None);
    }
}
