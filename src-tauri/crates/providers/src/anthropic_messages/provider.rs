//! A provider that speaks Anthropic's messages format.

use std::borrow::Cow;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::HeaderName;
use patchbay_domain::{
    ChatRequest, EventStream, Failure, Joint, ModelListing, ModelProvider, Part,
};
use reqwest::{RequestBuilder, Response};
use url::Url;

use super::REASONING_FORMAT;
use super::decoder::Decoder;
use super::models::parse_models;
use super::request::{body, count_body};
use crate::answer::{accepted, refusal};
use crate::config::{AuthHeader, ConfigError, ProviderConfig};
use crate::continuation::joined;
use crate::errors::request_id;
use crate::http_client::HttpClient;
use crate::model_list::{MOST_MODELS, tidied};
use crate::request_body::check;
use crate::wire_client::WireClient;

/// The version of the API. Every copy of the format knows this one. The one of October 2026 refuses
/// temperature and top-p for all models, those too that take them.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// More pages of models than this is a server that turns in circles.
const MAX_PAGES: usize = 20;

/// One provider, ready to be asked.
#[derive(Debug)]
pub struct AnthropicMessages {
    client: WireClient,
    models_path: Cow<'static, str>,
    /// Whether the base URL ends in a version, such as `/v1`. The maker's own tools add it to
    /// addresses that do not, so that is how most of them are given.
    has_version: bool,
}

impl AnthropicMessages {
    /// Checks the configuration. Nothing is sent.
    ///
    /// # Errors
    /// Where the key or a header cannot be sent, or the credential is no key.
    pub fn new(http: HttpClient, config: ProviderConfig) -> Result<Self, ConfigError> {
        config.check_takes_key()?;
        let usual = AuthHeader::Named(HeaderName::from_static("x-api-key"));
        Ok(Self {
            client: WireClient::new(http, &config, usual)?,
            has_version: ends_in_version(config.base_url.join_path("").path()),
            models_path: config.models_path,
        })
    }

    fn url(&self, path: &str) -> Url {
        if self.has_version {
            return self.client.url(path);
        }
        self.client.url(&format!("v1/{path}"))
    }

    async fn models(&self) -> Result<Vec<ModelListing>, Failure> {
        let mut url = self.url(&self.models_path);
        if url.query().is_none() {
            url.query_pairs_mut().append_pair("limit", "1000");
        }
        let mut models = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let mut page_url = url.clone();
            if let Some(id) = &after {
                page_url.query_pairs_mut().append_pair("after_id", id);
            }
            let request = versioned(self.client.get(page_url));
            let page = self.client.fetch_parsed(request, parse_models).await?;
            models.extend(page.models);
            // An id that comes twice leads round in a circle.
            if page.next.is_none() || page.next == after || models.len() > MOST_MODELS {
                break;
            }
            after = page.next;
        }
        Ok(tidied(models))
    }

    async fn open(&self, mut request: ChatRequest) -> Result<EventStream, Failure> {
        check(&request)?;
        let joint = Joint::cut(&mut request);
        let scrubber = self.client.scrubber();
        let mut response = self.post(&request).await?;
        if !response.status().is_success() {
            let failure = refusal(response, scrubber).await;
            if !is_about_thinking(&failure) || !forget_thinking(&mut request) {
                return Err(failure);
            }
            tracing::info!(provider = %self.client.name(), "the server does not want this thinking back");
            response = self.post(&request).await?;
        }
        let response = accepted(response, scrubber).await?;
        let request_id = request_id(response.headers(), scrubber);
        let decoder = Decoder::new(request_id, scrubber.clone());
        Ok(joined(self.client.stream(response, decoder), joint))
    }

    async fn count(&self, request: ChatRequest) -> Result<u64, Failure> {
        check(&request)?;
        let url = self.url("messages/count_tokens");
        let request = self.client.post_json(url, count_body(&request)?);
        let parse = |reply: &str| serde_json::from_str::<Counted>(reply);
        let counted = self.client.fetch_parsed(versioned(request), parse).await?;
        Ok(counted.input_tokens)
    }

    async fn post(&self, request: &ChatRequest) -> Result<Response, Failure> {
        let url = self.url("messages");
        let request = self.client.post_json(url, body(request)?);
        self.client.send(versioned(request)).await
    }
}

impl ModelProvider for AnthropicMessages {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        self.models().boxed()
    }

    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        self.open(request).boxed()
    }

    fn count_tokens(&self, request: ChatRequest) -> BoxFuture<'_, Result<Option<u64>, Failure>> {
        self.count(request).map(|counted| counted.map(Some)).boxed()
    }
}

#[derive(serde::Deserialize)]
struct Counted {
    input_tokens: u64,
}

/// What the person wrote into the extra headers wins: those are put in later.
pub(crate) fn versioned(request: RequestBuilder) -> RequestBuilder {
    let (name, value) = VERSION;
    request.header(name, value)
}

fn ends_in_version(path: &str) -> bool {
    let last = path.trim_end_matches('/').rsplit('/').next();
    let digits = last.and_then(|last| last.strip_prefix('v'));
    digits.is_some_and(|digits| digits.starts_with(|character: char| character.is_ascii_digit()))
}

/// Thinking is bound to who made it and to what was said before. Where another account, another
/// server or an edited turn makes it invalid, the maker's advice is to ask once more without it.
fn is_about_thinking(failure: &Failure) -> bool {
    let message = failure.message.to_lowercase();
    failure.status == Some(400)
        && message.contains("thinking")
        && ["signature", "cannot be modified", "block"]
            .iter()
            .any(|word| message.contains(word))
}

/// Takes the thinking of earlier turns out; `false` where there was none.
fn forget_thinking(request: &mut ChatRequest) -> bool {
    let mut had_some = false;
    for message in &mut request.messages {
        message.parts.retain(|part| {
            let is_thinking =
                matches!(part, Part::ReasoningItem { format, .. } if format == REASONING_FORMAT);
            had_some |= is_thinking;
            !is_thinking
        });
    }
    had_some
}

#[cfg(test)]
mod tests {
    use patchbay_domain::FailureClass;

    use super::*;

    #[test]
    fn a_version_at_the_end_of_an_address_is_seen() {
        for (path, expected) in [
            ("/v1/", true),
            ("/", false),
            ("/api/anthropic/", false),
            ("/api/v1beta", true),
            ("/vertex/", false),
        ] {
            assert_eq!(ends_in_version(path), expected, "{path}");
        }
    }

    #[test]
    fn only_refused_thinking_is_asked_again_without_it() {
        let refused = |status, message: &str| Failure {
            status: Some(status),
            ..Failure::new(FailureClass::InvalidRequest, message)
        };
        assert!(is_about_thinking(&refused(
            400,
            "messages.1.content.0: Invalid `signature` in `thinking` block"
        )));
        assert!(!is_about_thinking(&refused(
            400,
            "\"thinking.type.enabled\" is not supported for this model."
        )));
        assert!(!is_about_thinking(&refused(529, "thinking block")));
    }
}
