//! A provider that speaks the OpenAI chat format.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use patchbay_domain::{
    ChatRequest, EventStream, Failure, FailureClass, ModelListing, ModelProvider,
};
use reqwest::{RequestBuilder, Response};
use secrecy::SecretString;

use super::decoder::Decoder;
use super::dialect::{Dialect, MaxTokensField};
use super::models::parse_models;
use super::request::body;
use crate::answer::{accepted, answer, refusal, whole_body};
use crate::base_url::BaseUrl;
use crate::errors::{in_band_failure, request_id, transport_failure, unexpected_content};
use crate::headers::{HeaderError, KeyError, bearer, extra_headers};
use crate::http_client::HttpClient;
use crate::scrub::Scrubber;

/// How to reach one provider.
#[derive(Clone, Debug)]
pub struct OpenAiChatConfig {
    /// Its name, for the log.
    pub name: String,
    /// Where its API begins.
    pub base_url: BaseUrl,
    /// The key; servers on this computer seldom want one. The caller has checked that it belongs to
    /// the origin of `base_url`.
    pub key: Option<SecretString>,
    /// Headers that the person added, as name and value.
    pub extra_headers: Vec<(String, String)>,
    /// What it does differently from others.
    pub dialect: Dialect,
}

/// Why a configuration cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The key cannot be sent.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// An extra header cannot be sent.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// One provider, ready to be asked.
pub struct OpenAiChat {
    http: HttpClient,
    name: String,
    base_url: BaseUrl,
    /// Key and extra headers, each marked as sensitive.
    headers: HeaderMap,
    scrubber: Scrubber,
    /// What the server has taught us since.
    dialect: Mutex<Dialect>,
}

impl OpenAiChat {
    /// Checks the configuration. Nothing is sent.
    ///
    /// # Errors
    /// Where the key or a header cannot be sent.
    pub fn new(http: HttpClient, config: OpenAiChatConfig) -> Result<Self, ConfigError> {
        let mut headers = extra_headers(&config.extra_headers, config.key.is_some())?;
        if let Some(key) = &config.key {
            headers.insert(AUTHORIZATION, bearer(key)?);
        }
        // Extra headers are often keys, so they are kept out of messages as well.
        let extra = config
            .extra_headers
            .into_iter()
            .map(|(_, value)| SecretString::from(value));
        let scrubber = Scrubber::new(config.key.into_iter().chain(extra));
        Ok(Self {
            http,
            name: config.name,
            base_url: config.base_url,
            headers,
            scrubber,
            dialect: Mutex::new(config.dialect),
        })
    }

    async fn models(&self) -> Result<Vec<ModelListing>, Failure> {
        let url = self.base_url.join_path("models");
        let request = self.http.for_url(&url).get(url);
        let response = self
            .send(request.header(ACCEPT, "application/json"))
            .await?;
        let response = accepted(response, &self.scrubber).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = whole_body(response, &self.scrubber).await?;
        parse_models(&body).map_err(|_| {
            let reply: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
            match &reply["error"] {
                serde_json::Value::Null => {
                    unexpected_content(status, &headers, &body, &self.scrubber)
                }
                error => in_band_failure(&error.to_string(), &self.scrubber),
            }
        })
    }

    async fn open(&self, request: ChatRequest) -> Result<EventStream, Failure> {
        if let Err(error) = request.parameters.validate() {
            return Err(Failure::new(
                FailureClass::InvalidRequest,
                error.to_string(),
            ));
        }
        let mut dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        let mut response = self.post(&request, dialect).await?;
        // Each switch of the dialect is tried once; there are two of them.
        for _ in 0..2 {
            if response.status().is_success() {
                break;
            }
            let failure = refusal(response, &self.scrubber).await;
            dialect = adapted(dialect, &failure).ok_or(failure)?;
            tracing::info!(provider = %self.name, ?dialect, "the server asks for another dialect");
            response = self.post(&request, dialect).await?;
        }
        let response = accepted(response, &self.scrubber).await?;
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
        let request_id = request_id(response.headers(), &self.scrubber);
        let decoder = Decoder::new(request_id, self.scrubber.clone());
        Ok(answer(response, decoder, self.scrubber.clone()))
    }

    async fn post(&self, request: &ChatRequest, dialect: Dialect) -> Result<Response, Failure> {
        let body = body(request, dialect).map_err(|error| {
            Failure::new(
                FailureClass::Internal,
                format!("The request cannot be written: {error}"),
            )
        })?;
        let url = self.base_url.join_path("chat/completions");
        let request = self
            .http
            .for_url(&url)
            .post(url)
            .header(ACCEPT, "text/event-stream, application/json")
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        self.send(request).await
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let request = request.headers(self.headers.clone());
        request
            .send()
            .await
            .map_err(|error| transport_failure(&error, &self.scrubber))
    }
}

impl ModelProvider for OpenAiChat {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        self.models().boxed()
    }

    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        self.open(request).boxed()
    }
}

impl fmt::Debug for OpenAiChat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OpenAiChat")
            .field("name", &self.name)
            .field("base_url", &self.base_url.to_string())
            .finish_non_exhaustive()
    }
}

/// The dialect that this refusal asks for; `None` where it is about something else.
fn adapted(dialect: Dialect, refusal: &Failure) -> Option<Dialect> {
    if !matches!(refusal.status, Some(400 | 422)) {
        return None;
    }
    let message = refusal.message.to_lowercase();
    if dialect.stream_options
        && (message.contains("stream_options") || message.contains("include_usage"))
    {
        return Some(Dialect {
            stream_options: false,
            ..dialect
        });
    }
    if !message.contains("max_completion_tokens") {
        return None;
    }
    let max_tokens_field = match dialect.max_tokens_field {
        MaxTokensField::MaxTokens => MaxTokensField::MaxCompletionTokens,
        MaxTokensField::MaxCompletionTokens => MaxTokensField::MaxTokens,
    };
    Some(Dialect {
        max_tokens_field,
        ..dialect
    })
}
