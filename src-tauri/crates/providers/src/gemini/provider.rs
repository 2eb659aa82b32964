//! A provider that speaks Gemini's format, on Google AI Studio or on Google Cloud.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use patchbay_domain::{
    ChatRequest, Clock, EmbeddingRequest, EventStream, Failure, FailureClass, ModelListing,
    ModelProvider, WireFamily,
};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use url::Url;

use super::cloud::{GoogleCloud, check_name, is_googles, is_name};
use super::decoder::{Decoder, ReplyContext};
use super::embeddings;
use super::models::{parse_models, parse_publisher_models};
use super::request::{Platform, body, count_body};
use super::usage::service_tier;
use crate::answer::accepted;
use crate::config::{AuthHeader, ConfigError, Credential, ProviderConfig};
use crate::embeddings::REPLY_BYTES;
use crate::errors::request_id;
use crate::google_auth::{AccessToken, KeyFile, SystemClock, TokenPlace, TokenSource};
use crate::http_client::HttpClient;
use crate::model_list::{MOST_MODELS, tidied};
use crate::request_body::check;
use crate::wire_client::WireClient;

/// Where a key goes: never into the address, whatever Google's examples show.
const KEY_HEADER: HeaderName = HeaderName::from_static("x-goog-api-key");

/// Who pays for a request in a person's own name.
const QUOTA_PROJECT: HeaderName = HeaderName::from_static("x-goog-user-project");

/// In which tier Google AI Studio has served a request.
const SERVICE_TIER: &str = "x-gemini-service-tier";

/// More pages than any list has; a server that never comes to an end is left.
const MOST_PAGES: usize = 50;

/// One provider, ready to be asked.
pub struct Gemini {
    client: WireClient,
    platform: Platform,
    models_path: Cow<'static, str>,
    cloud: GoogleCloud,
    /// Where there is no key.
    tokens: Option<TokenSource>,
}

/// What one request is sent with.
struct Access {
    client: WireClient,
    project: Option<String>,
    token: Option<Arc<AccessToken>>,
}

impl Gemini {
    /// Checks the configuration. Nothing is sent, and no file is read.
    ///
    /// # Errors
    /// Where the credential does not fit, or cannot be used; where a header cannot be sent; where
    /// the project or the location on Google Cloud is none.
    pub fn new(http: HttpClient, config: ProviderConfig) -> Result<Self, ConfigError> {
        Self::with_clock(http, config, Arc::new(SystemClock))
    }

    /// The same with a clock of the caller's, by which tokens begin and end.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn with_clock(
        http: HttpClient,
        config: ProviderConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        let client = WireClient::new(http.clone(), &config, AuthHeader::Named(KEY_HEADER))?;
        let platform = match config.family {
            WireFamily::Vertex => Platform::GoogleCloud,
            _ => Platform::AiStudio,
        };
        let mut cloud = config.google_cloud.unwrap_or_default();
        check_name(&cloud.location, "location")?;
        if let Some(project) = &cloud.project {
            check_name(project, "project")?;
        }
        let place = match (platform, &config.credential) {
            (_, Credential::None | Credential::Key(_)) => None,
            (Platform::AiStudio, _) => return Err(ConfigError::Credential(config.family)),
            (Platform::GoogleCloud, Credential::GoogleServiceAccount(text)) => {
                let file = KeyFile::service_account(text.expose_secret())?;
                let project = cloud.project.or_else(|| file.project.clone());
                cloud.project = Some(project.ok_or(ConfigError::GoogleCloud("project"))?);
                Some(TokenPlace::Given(Box::new(file)))
            }
            (Platform::GoogleCloud, Credential::GoogleApplicationDefault) => {
                // It opens all that the person may do at Google, and was not entered for this server.
                if !is_googles(&config.base_url) {
                    return Err(ConfigError::NotGoogle(config.base_url.host().to_owned()));
                }
                Some(TokenPlace::ApplicationDefault(
                    cloud.credentials_file.clone(),
                ))
            }
        };
        Ok(Self {
            client,
            platform,
            models_path: config.models_path,
            cloud,
            tokens: place.map(|place| TokenSource::new(http, clock, place)),
        })
    }

    async fn models(&self) -> Result<Vec<ModelListing>, Failure> {
        let parse = match self.platform {
            Platform::AiStudio => parse_models,
            Platform::GoogleCloud => parse_publisher_models,
        };
        let mut models = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let url = self.list_url(next.as_deref());
            let (client, response) = self
                .send(|access| Ok(access.client.get(url.clone())))
                .await?;
            let response = accepted(response, client.scrubber()).await?;
            let page = client.parsed(response, parse).await?;
            models.extend(page.models);
            // A token that comes twice leads round in a circle.
            if page.next.is_none() || page.next == next || models.len() > MOST_MODELS {
                break;
            }
            next = page.next;
        }
        Ok(tidied(models))
    }

    fn list_url(&self, next: Option<&str>) -> Url {
        let (mut url, size) = match self.platform {
            Platform::AiStudio => (self.client.url(&self.models_path), "1000"),
            Platform::GoogleCloud => {
                let mut url = self.client.url("publishers/google/models");
                // What is published is listed in the beta version only.
                let path = url
                    .path()
                    .replace("/v1/publishers/", "/v1beta1/publishers/");
                url.set_path(&path);
                (url, "100")
            }
        };
        let mut query = url.query_pairs_mut();
        query.append_pair("pageSize", size);
        if let Some(next) = next {
            query.append_pair("pageToken", next);
        }
        drop(query);
        url
    }

    async fn open(&self, request: ChatRequest) -> Result<EventStream, Failure> {
        if let Some(wanted) = request.embedding.clone()
            && self.platform == Platform::AiStudio
        {
            return self.embed(&request, wanted).await;
        }
        check(&request)?;
        let body = body(&request, self.platform)?;
        let (client, response) = self
            .send(|access| {
                let path = self.model_path(&request.model, access.project.as_deref())?;
                let url = access
                    .client
                    .url(&format!("{path}:streamGenerateContent?alt=sse"));
                Ok(access.client.post_json(url, body.clone()))
            })
            .await?;
        let response = accepted(response, client.scrubber()).await?;
        let tier = response.headers().get(SERVICE_TIER);
        let context = ReplyContext {
            request_id: request_id(response.headers(), client.scrubber()),
            service_tier: tier
                .and_then(|tier| tier.to_str().ok())
                .and_then(service_tier),
            model: request.model,
        };
        let decoder = Decoder::new(context, client.scrubber().clone());
        Ok(client.stream(response, decoder))
    }

    async fn count(&self, request: ChatRequest) -> Result<u64, Failure> {
        check(&request)?;
        let (client, response) = self
            .send(|access| {
                let path = self.model_path(&request.model, access.project.as_deref())?;
                let url = access.client.url(&format!("{path}:countTokens"));
                let body = count_body(&request, self.platform, &path)?;
                Ok(access.client.post_json(url, body))
            })
            .await?;
        let response = accepted(response, client.scrubber()).await?;
        let parse = |reply: &str| serde_json::from_str::<Counted>(reply);
        Ok(client.parsed(response, parse).await?.total_tokens)
    }

    async fn embed(
        &self,
        request: &ChatRequest,
        wanted: EmbeddingRequest,
    ) -> Result<EventStream, Failure> {
        let path = self.model_path(&request.model, None)?;
        let body = embeddings::body(&wanted, &path)?;
        let (client, response) = self
            .send(|access| {
                let url = access.client.url(&format!("{path}:batchEmbedContents"));
                Ok(access.client.post_json(url, body.clone()))
            })
            .await?;
        let response = accepted(response, client.scrubber()).await?;
        let id = request_id(response.headers(), client.scrubber());
        let scrubber = client.scrubber().clone();
        Ok(client.whole(response, REPLY_BYTES, move |body| {
            embeddings::read(body, &wanted, id, &scrubber)
        }))
    }

    /// Sends what `build` makes. A token that the server does not take is replaced once: it may have
    /// been withdrawn before its time.
    async fn send(
        &self,
        build: impl Fn(&Access) -> Result<RequestBuilder, Failure>,
    ) -> Result<(WireClient, Response), Failure> {
        let access = self.access(None).await?;
        let response = access.client.send(build(&access)?).await?;
        if response.status() != StatusCode::UNAUTHORIZED || access.token.is_none() {
            return Ok((access.client, response));
        }
        drop(response);
        tracing::info!(provider = %self.client.name(), "the access token was refused; asking for another");
        let access = self.access(access.token.as_ref()).await?;
        let response = access.client.send(build(&access)?).await?;
        Ok((access.client, response))
    }

    async fn access(&self, refused: Option<&Arc<AccessToken>>) -> Result<Access, Failure> {
        let Some(tokens) = &self.tokens else {
            return Ok(Access {
                client: self.client.clone(),
                project: self.cloud.project.clone(),
                token: None,
            });
        };
        let token = tokens.token(refused).await?;
        let mut client = self.client.with_bearer(&token.text).map_err(|_| {
            let message = "Google handed out a token that cannot be sent.";
            Failure::new(FailureClass::UnexpectedContent, message)
        })?;
        let quota_project = token.quota_project.as_deref();
        if let Some(value) = quota_project.and_then(|project| HeaderValue::from_str(project).ok()) {
            client = client.with_header(QUOTA_PROJECT, value);
        }
        let project = self.cloud.project.clone().or_else(|| token.project.clone());
        if project.as_deref().is_none_or(|project| !is_name(project)) {
            let message = "Google's application default credentials name no project. \
                           Enter one in the provider's settings.";
            return Err(Failure::new(FailureClass::KeyMissing, message));
        }
        Ok(Access {
            client,
            project,
            token: Some(token),
        })
    }

    /// The model's address below the base URL.
    fn model_path(&self, model: &str, project: Option<&str>) -> Result<String, Failure> {
        let is_part = |part: &str| {
            let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._@".contains(&byte);
            !part.is_empty() && part.bytes().all(is_letter) && part.bytes().any(|byte| byte != b'.')
        };
        if !model.split('/').all(is_part) {
            return Err(Failure::new(
                FailureClass::ModelNotFound,
                "This is not the id of a Gemini model.",
            ));
        }
        if self.platform == Platform::AiStudio {
            let is_whole = model.starts_with("models/") || model.starts_with("tunedModels/");
            let folder = if is_whole { "" } else { "models/" };
            return Ok(format!("{folder}{model}"));
        }
        if model.starts_with("projects/") {
            return Ok(model.to_owned());
        }
        let place = match project {
            Some(project) => format!("projects/{project}/locations/{}/", self.cloud.location),
            None => String::new(),
        };
        let is_whole = model.starts_with("publishers/") || model.starts_with("endpoints/");
        let folder = if is_whole {
            ""
        } else {
            "publishers/google/models/"
        };
        let model = model.strip_prefix("models/").unwrap_or(model);
        Ok(format!("{place}{folder}{model}"))
    }
}

impl fmt::Debug for Gemini {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Gemini")
            .field("client", &self.client)
            .field("platform", &self.platform)
            .field("cloud", &self.cloud)
            .finish_non_exhaustive()
    }
}

impl ModelProvider for Gemini {
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
#[serde(rename_all = "camelCase")]
struct Counted {
    total_tokens: u64,
}
