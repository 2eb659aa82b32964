//! A provider that speaks the OpenAI chat format.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_domain::{ChatRequest, EventStream, Failure, Joint, ModelListing, ModelProvider};
use reqwest::Response;

use super::decoder::Decoder;
use super::dialect::{Continuation, Dialect, MaxTokensField};
use super::models::{ModelListShape, fetch_models};
use super::request::{RequestBody, body};
use crate::answer::{accepted, refusal};
use crate::config::{AuthHeader, ConfigError, ProviderConfig};
use crate::continuation::joined;
use crate::embeddings;
use crate::errors::request_id;
use crate::http_client::HttpClient;
use crate::request_body::check;
use crate::wire_client::WireClient;

/// One provider, ready to be asked.
#[derive(Debug)]
pub struct OpenAiChat {
    client: WireClient,
    models_path: Cow<'static, str>,
    list_shape: ModelListShape,
    /// What the server has taught us since.
    dialect: Mutex<Dialect>,
}

impl OpenAiChat {
    /// Checks the configuration. Nothing is sent.
    ///
    /// # Errors
    /// Where the key or a header cannot be sent, or the credential is no key.
    pub fn new(http: HttpClient, config: ProviderConfig) -> Result<Self, ConfigError> {
        config.check_takes_key()?;
        Ok(Self {
            client: WireClient::new(http, &config, AuthHeader::Bearer)?,
            models_path: config.models_path,
            list_shape: config.list_shape,
            dialect: Mutex::new(config.dialect),
        })
    }

    async fn open(&self, mut request: ChatRequest) -> Result<EventStream, Failure> {
        let mut dialect = *self.dialect.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wanted) = &request.embedding {
            return embeddings::open(&self.client, "embeddings", &request, wanted, dialect).await;
        }
        check(&request)?;
        let scrubber = self.client.scrubber();
        let joint = Joint::cut(&mut request).map(|joint| match dialect.continuation {
            Continuation::PrefixFlag => joint.repeated(),
            _ => joint,
        });
        let sent = body(&request, dialect)?;
        let warnings = sent.warnings.clone();
        let mut response = self.post(sent).await?;
        // Each switch of the dialect is tried once; there are two of them.
        for _ in 0..2 {
            if response.status().is_success() {
                break;
            }
            let failure = refusal(response, scrubber).await;
            dialect = adapted(dialect, &failure).ok_or(failure)?;
            tracing::info!(provider = %self.client.name(), ?dialect, "the server asks for another dialect");
            response = self.post(body(&request, dialect)?).await?;
        }
        let response = accepted(response, scrubber).await?;
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
        let request_id = request_id(response.headers(), scrubber);
        let decoder = Decoder::new(dialect, request_id, scrubber.clone());
        let answer = self.client.warned_stream(warnings, response, decoder);
        Ok(joined(answer, joint))
    }

    async fn post(&self, body: RequestBody) -> Result<Response, Failure> {
        let url = self.client.url("chat/completions");
        self.client
            .send(self.client.post_json(url, body.json))
            .await
    }
}

impl ModelProvider for OpenAiChat {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        fetch_models(&self.client, &self.models_path, self.list_shape).boxed()
    }

    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        self.open(request).boxed()
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
