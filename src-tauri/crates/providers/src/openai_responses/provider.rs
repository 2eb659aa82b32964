//! A provider that speaks the OpenAI responses format.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_domain::{ChatRequest, EventStream, Failure, ModelListing, ModelProvider};
use reqwest::Response;

use super::decoder::Decoder;
use super::dialect::ResponsesDialect;
use super::request::{body, left_out};
use crate::answer::{accepted, refusal};
use crate::config::{AuthHeader, ConfigError, ProviderConfig};
use crate::effort::EffortSet;
use crate::embeddings;
use crate::errors::request_id;
use crate::http_client::HttpClient;
use crate::openai_chat::{Dialect, ModelListShape, ReportedCost, fetch_models};
use crate::request_body::check;
use crate::wire_client::WireClient;

/// More than there are fields that a server may not know.
const MOST_ATTEMPTS: usize = 8;

/// One provider, ready to be asked.
#[derive(Debug)]
pub struct OpenAiResponses {
    client: WireClient,
    models_path: Cow<'static, str>,
    list_shape: ModelListShape,
    reported_cost: ReportedCost,
    /// What is known of a model that was never asked.
    dialect: ResponsesDialect,
    /// What refusals have taught us since, by model.
    learned: Mutex<HashMap<String, ResponsesDialect>>,
}

impl OpenAiResponses {
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
            reported_cost: config.dialect.reported_cost,
            dialect: ResponsesDialect {
                efforts: EffortSet::of(config.dialect.effort_words),
                ..ResponsesDialect::default()
            },
            learned: Mutex::default(),
        })
    }

    async fn open(&self, request: ChatRequest) -> Result<EventStream, Failure> {
        if let Some(wanted) = &request.embedding {
            let dialect = Dialect {
                reported_cost: self.reported_cost,
                ..Dialect::default()
            };
            return embeddings::open(&self.client, "embeddings", &request, wanted, dialect).await;
        }
        check(&request)?;
        let scrubber = self.client.scrubber();
        let known = self.dialect_of(&request.model);
        let mut dialect = known;
        let mut response = self.post(&request, dialect).await?;
        for _ in 1..MOST_ATTEMPTS {
            if response.status().is_success() {
                break;
            }
            let failure = refusal(response, scrubber).await;
            dialect = dialect.adapted(&failure).ok_or(failure)?;
            tracing::info!(provider = %self.client.name(), model = %request.model, ?dialect, "the model asks for another dialect");
            response = self.post(&request, dialect).await?;
        }
        let response = accepted(response, scrubber).await?;
        if dialect.lasting() != known {
            let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
            learned.insert(request.model.clone(), dialect.lasting());
        }
        let request_id = request_id(response.headers(), scrubber);
        let decoder = Decoder::new(request_id, scrubber.clone())
            .with_warnings(left_out(&request, dialect))
            .with_stop(request.parameters.stop)
            .with_reported_cost(self.reported_cost);
        Ok(self.client.stream(response, decoder))
    }

    fn dialect_of(&self, model: &str) -> ResponsesDialect {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.get(model).copied().unwrap_or(self.dialect)
    }

    async fn post(
        &self,
        request: &ChatRequest,
        dialect: ResponsesDialect,
    ) -> Result<Response, Failure> {
        let body = body(request, dialect)?;
        let url = self.client.url("responses");
        self.client.send(self.client.post_json(url, body)).await
    }
}

impl ModelProvider for OpenAiResponses {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        fetch_models(&self.client, &self.models_path, self.list_shape).boxed()
    }

    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        self.open(request).boxed()
    }
}
