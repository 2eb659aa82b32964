//! A provider that speaks Ollama's own format: on this computer, in the house, or the maker's cloud.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};
use patchbay_domain::content::ReasoningEffort;
use patchbay_domain::{
    ChatRequest, EventStream, Failure, Joint, ModelListing, ModelProvider, UnixMillis,
};
use reqwest::Response;
use serde_json::json;

use super::context::watched;
use super::decoder::Decoder;
use super::models::{listing, says_enough};
use super::request::body;
use super::wire::{ListedModel, ShownModel, parse_list, parse_shown};
use crate::answer::{accepted, refusal, whole_body};
use crate::base_url::BaseUrl;
use crate::config::{AuthHeader, ConfigError, ProviderConfig};
use crate::continuation::joined;
use crate::embeddings;
use crate::errors::{request_id, unexpected_content};
use crate::http_client::{HttpClient, date_of};
use crate::model_list::tidied;
use crate::openai_chat::Dialect;
use crate::request_body::check;
use crate::wire_client::WireClient;

/// Ends of addresses that lead into the API, or into the compatible one beside it.
const API_ENDS: [&str; 4] = ["/api/chat", "/api/tags", "/api", "/v1"];

/// How many models are asked about at once.
const AT_ONCE: usize = 4;

/// How many models are asked about at all. The others are listed with what the list says.
const ASKED_ABOUT: usize = 200;

/// How long one model is asked about.
const SHOW_LIMIT: Duration = Duration::from_secs(5);

/// One provider, ready to be asked.
#[derive(Debug)]
pub struct Ollama {
    client: Arc<WireClient>,
    /// What it runs costs nothing but power.
    is_this_computer: bool,
}

impl Ollama {
    /// Checks the configuration. Nothing is sent.
    ///
    /// # Errors
    /// Where the key or a header cannot be sent, or the credential is no key.
    pub fn new(http: HttpClient, config: ProviderConfig) -> Result<Self, ConfigError> {
        config.check_takes_key()?;
        let config = ProviderConfig {
            base_url: server(config.base_url),
            ..config
        };
        Ok(Self {
            client: Arc::new(WireClient::new(http, &config, AuthHeader::Bearer)?),
            is_this_computer: config.base_url.is_loopback(),
        })
    }

    async fn models(&self) -> Result<Vec<ModelListing>, Failure> {
        let (listed, date) = self.list().await?;
        let free_since = date.filter(|_| self.is_this_computer);
        let models = stream::iter(listed.into_iter().enumerate())
            .map(|(at, listed)| async move {
                let shown = match at < ASKED_ABOUT && !says_enough(&listed) {
                    true => self.show(&listed).await,
                    false => None,
                };
                listing(listed, shown, free_since)
            })
            .buffered(AT_ONCE)
            .filter_map(std::future::ready);
        Ok(tidied(models.collect().await))
    }

    /// The list, and when the server made it, by its own clock.
    async fn list(&self) -> Result<(Vec<ListedModel>, Option<UnixMillis>), Failure> {
        let scrubber = self.client.scrubber();
        let request = self.client.get(self.client.url("api/tags"));
        let response = self.client.send_accepted(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = whole_body(response, scrubber).await?;
        match parse_list(&body) {
            Ok(listed) => Ok((listed, date_of(&headers))),
            Err(_) => Err(unexpected_content(status, &headers, &body, scrubber)),
        }
    }

    /// What the server says of one model. That it says nothing takes nothing away from the list.
    async fn show(&self, listed: &ListedModel) -> Option<ShownModel> {
        let name = listed.name.as_deref().or(listed.model.as_deref())?;
        let body = serde_json::to_vec(&json!({ "model": name })).ok()?;
        let request = self.client.post_json(self.client.url("api/show"), body);
        let shown = self.client.fetch_parsed(request, parse_shown);
        tokio::time::timeout(SHOW_LIMIT, shown).await.ok()?.ok()
    }

    async fn open(&self, mut request: ChatRequest) -> Result<EventStream, Failure> {
        if let Some(wanted) = &request.embedding {
            // Beside its own format it speaks OpenAI's, which takes token arrays and Base64 where it can.
            let dialect = Dialect::default();
            return embeddings::open(&self.client, "v1/embeddings", &request, wanted, dialect)
                .await;
        }
        check(&request)?;
        let joint = Joint::cut(&mut request);
        let scrubber = self.client.scrubber();
        let mut response = self.post(&request).await?;
        if !response.status().is_success() {
            let failure = refusal(response, scrubber).await;
            if !cannot_think(&failure, request.parameters.reasoning_effort) {
                return Err(failure);
            }
            tracing::info!(provider = %self.client.name(), "the model does not think");
            request.parameters.reasoning_effort = None;
            response = self.post(&request).await?;
        }
        let response = accepted(response, scrubber).await?;
        let request_id = request_id(response.headers(), scrubber);
        let decoder = Decoder::new(request_id, request.messages.len(), scrubber.clone());
        let stream = joined(self.client.stream(response, decoder), joint);
        Ok(watched(stream, Arc::clone(&self.client), &request))
    }

    async fn post(&self, request: &ChatRequest) -> Result<Response, Failure> {
        let url = self.client.url("api/chat");
        let request = self.client.post_json(url, body(request)?);
        self.client.send(request).await
    }
}

impl ModelProvider for Ollama {
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>> {
        self.models().boxed()
    }

    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>> {
        self.open(request).boxed()
    }
}

/// The address of the server itself. The origin stays, and so does what its key is bound to.
fn server(base_url: BaseUrl) -> BaseUrl {
    let text = base_url.to_string();
    API_ENDS
        .iter()
        .find_map(|end| BaseUrl::parse(text.strip_suffix(end)?).ok())
        .unwrap_or(base_url)
}

/// A wish to think is one that the model may be unable to grant; it is no reason to fail.
fn cannot_think(failure: &Failure, effort: Option<ReasoningEffort>) -> bool {
    effort.is_some()
        && failure.status == Some(400)
        && failure.message.contains("does not support thinking")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_is_found_behind_what_people_paste() {
        for (typed, expected) in [
            ("localhost:11434", "http://localhost:11434"),
            ("http://localhost:11434/api", "http://localhost:11434"),
            ("http://localhost:11434/api/chat", "http://localhost:11434"),
            ("http://localhost:11434/v1/", "http://localhost:11434"),
            ("https://ollama.com", "https://ollama.com"),
            ("https://a.example/ollama/api", "https://a.example/ollama"),
        ] {
            let base_url = server(BaseUrl::parse(typed).unwrap());
            assert_eq!(base_url.to_string(), expected, "{typed}");
        }
    }
}
