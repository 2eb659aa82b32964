//! Trying a provider and its key without paying for an answer.
//!
//! A list of models is free, but many providers show theirs to anybody, so a list that came says
//! nothing about the key. What does: the same question without the key. Where that one is refused, the
//! key is what opened the door. Where there is no list, a request that cannot be answered is asked.

use std::time::Instant;

use patchbay_domain::{Balance, Failure, FailureClass, ModelListing, UnixMillis, WireFamily};

use crate::answer::refusal;
use crate::balance::{BalanceShape, fetch_balance};
use crate::config::{AuthHeader, Credential, ProviderConfig};
use crate::http_client::HttpClient;
use crate::wire_client::{WireClient, connect};

/// What a test of a provider found.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Its models; empty where it has no list. Or what is wrong.
    pub result: Result<Vec<ModelListing>, Failure>,
    /// What is known of the key.
    pub key: KeyCheck,
    /// What is left of the key, where the provider told along the way.
    pub balance: Option<Balance>,
    /// The time of day as the server has it, of its newest reply.
    pub server_date: Option<UnixMillis>,
    /// Milliseconds until the first reply was there, or the failure.
    pub millis: u64,
}

/// What is known of a key after a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCheck {
    /// There was none to send.
    NotSent,
    /// It opened what stays closed without it.
    Accepted,
    /// The provider refused it.
    Refused,
    /// Nothing that is free tells whether it is good.
    Unchecked,
}

/// Tries a provider. At most six small requests are sent, and none that costs anything. `balance` is
/// how the provider tells what is left of a key, where it does. The time limit is the caller's, by
/// dropping.
pub async fn probe(
    http: &HttpClient,
    config: ProviderConfig,
    balance: Option<BalanceShape>,
) -> Probe {
    let (http, date) = http.dated();
    let began = Instant::now();
    let question = Question::first(&config);
    let mut answered = question.ask(&http, &config).await;
    let is_lost = |failure: &Failure| {
        failure.class == FailureClass::ConnectionLost && failure.status.is_none()
    };
    if answered.as_ref().is_err_and(is_lost) {
        // Python's servers hang up after an error of their own, and a connection that was kept from the
        // question before may be closed while the next one is on its way.
        answered = question.ask(&http, &config).await;
    }
    let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut found = Probe {
        result: answered,
        key: KeyCheck::Unchecked,
        balance: None,
        server_date: None,
        millis,
    };
    if matches!(config.credential, Credential::None) {
        found.key = KeyCheck::NotSent;
    } else if let Err(failure) = &found.result {
        found.key = key_after(failure);
    } else {
        check_key(&http, &config, question, balance, &mut found).await;
    }
    found.server_date = date.seen();
    found
}

/// Finds out about a key with which the first question was answered.
async fn check_key(
    http: &HttpClient,
    config: &ProviderConfig,
    question: Question,
    balance: Option<BalanceShape>,
    found: &mut Probe,
) {
    let mut refused = None;
    if let Some(shape) = balance.filter(|_| config.credential.is_key()) {
        match fetch_balance(http.clone(), config.clone(), shape).await {
            Ok(balance) => {
                found.balance = Some(balance);
                found.key = KeyCheck::Accepted;
                return;
            }
            Err(failure) if failure.class == FailureClass::Authentication => {
                refused = Some(failure);
            }
            Err(_) => {}
        }
    }
    if needs_key(http, config, question).await {
        // A proxy may let a key ask for models and not for its own budget.
        found.key = KeyCheck::Accepted;
        return;
    }
    if let Some(failure) = refused {
        refuse(found, failure);
        return;
    }
    if question == Question::Models && Question::Empty.can_be_asked(config) {
        match Question::Empty.ask(http, config).await {
            Err(failure) if key_after(&failure) != KeyCheck::Unchecked => refuse(found, failure),
            _ if needs_key(http, config, Question::Empty).await => found.key = KeyCheck::Accepted,
            _ => {}
        }
    }
}

fn refuse(found: &mut Probe, failure: Failure) {
    found.key = key_after(&failure);
    found.result = Err(failure);
}

/// Whether the question is refused without a key.
async fn needs_key(http: &HttpClient, config: &ProviderConfig, question: Question) -> bool {
    let without = ProviderConfig {
        credential: Credential::None,
        // They may hold a key as well.
        extra_headers: Vec::new(),
        ..config.clone()
    };
    let answered = question.ask(http, &without).await;
    answered.is_err_and(|failure| match failure.class {
        FailureClass::Authentication
        | FailureClass::PermissionDenied
        | FailureClass::KeyMissing => true,
        // LiteLLM's proxy falls over a request without a key where it was installed without its
        // database's library. The same question was answered just now, so the key made the difference.
        FailureClass::ServerError => question == Question::Models && failure.status == Some(500),
        _ => false,
    })
}

fn key_after(failure: &Failure) -> KeyCheck {
    match failure.class {
        FailureClass::Authentication => KeyCheck::Refused,
        // It is known who asks, or the account would not be.
        FailureClass::PaymentRequired => KeyCheck::Accepted,
        _ => KeyCheck::Unchecked,
    }
}

/// What is asked of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Its models.
    Models,
    /// A request in which everything is missing: refused for that, once the key was accepted.
    Empty,
}

impl Question {
    fn first(config: &ProviderConfig) -> Self {
        if config.models_path.is_empty() && Self::Empty.can_be_asked(config) {
            return Self::Empty;
        }
        Self::Models
    }

    fn can_be_asked(self, config: &ProviderConfig) -> bool {
        self == Self::Models || path_of_requests(config.family).is_some()
    }

    async fn ask(
        self,
        http: &HttpClient,
        config: &ProviderConfig,
    ) -> Result<Vec<ModelListing>, Failure> {
        let unusable = |words: String| Failure::new(FailureClass::InvalidRequest, words);
        let Some((path, usual)) = path_of_requests(config.family).filter(|_| self == Self::Empty)
        else {
            let provider = connect(http.clone(), config.clone())
                .map_err(|error| unusable(error.to_string()))?;
            return provider.list_models().await;
        };
        let client = WireClient::new(http.clone(), config, usual)
            .map_err(|error| unusable(error.to_string()))?;
        let request = client.post_json(client.url(path), b"{}".to_vec());
        let response = client.send(request).await?;
        if response.status().is_success() {
            // Whoever answers this looked neither at the request nor at the key; a page is no provider.
            client.accepted(response).await?;
            return Ok(Vec::new());
        }
        let failure = refusal(response, client.scrubber()).await;
        match failure.class {
            FailureClass::InvalidRequest
            | FailureClass::ModelNotFound
            | FailureClass::ContextTooLong
            | FailureClass::ContentFiltered => Ok(Vec::new()),
            // Some fall over what is missing. A gateway's 502 is no such thing.
            FailureClass::ServerError if failure.status == Some(500) => Ok(Vec::new()),
            _ => Err(failure),
        }
    }
}

/// Where requests of a family go, and where its key does.
fn path_of_requests(family: WireFamily) -> Option<(&'static str, AuthHeader)> {
    match family {
        WireFamily::OpenAiChat => Some(("chat/completions", AuthHeader::Bearer)),
        WireFamily::OpenAiResponses => Some(("responses", AuthHeader::Bearer)),
        WireFamily::AnthropicMessages => Some((
            "messages",
            AuthHeader::Named(http::HeaderName::from_static("x-api-key")),
        )),
        WireFamily::Gemini | WireFamily::Vertex | WireFamily::Ollama => None,
    }
}
