//! The whole way over real sockets, against the scripted provider: what each kind of bad server or
//! bad setting turns into.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of a test"
)]

mod answers;
mod network;
mod refusals;
mod responses;
mod routing;

use futures::StreamExt as _;
use patchbay_domain::{
    ChatMessage, ChatRequest, Failure, FinishReason, ModelProvider as _, Parameters, Role,
    StreamEvent, WireFamily,
};
use patchbay_providers::{
    BaseUrl, Credential, HttpClient, OpenAiChat, ProviderConfig, ProxyPolicy,
};

const KEY: &str = "sk-test-0123456789abcdef";

fn http() -> HttpClient {
    HttpClient::new(ProxyPolicy::Direct).unwrap()
}

fn config(base_url: &str) -> ProviderConfig {
    ProviderConfig::new(
        "Scripted",
        WireFamily::OpenAiChat,
        BaseUrl::parse(base_url).unwrap(),
        Credential::Key(KEY.into()),
    )
}

fn provider(base_url: &str) -> OpenAiChat {
    OpenAiChat::new(http(), config(base_url)).unwrap()
}

fn request(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Hello there".to_owned())],
        parameters: Parameters::default(),
        ..ChatRequest::default()
    }
}

/// Everything that one request gave: the events, and the failure at their end.
async fn ask(provider: &OpenAiChat, model: &str) -> (Vec<StreamEvent>, Option<Failure>) {
    let mut stream = match provider.open_stream(request(model)).await {
        Ok(stream) => stream,
        Err(failure) => return (vec![], Some(failure)),
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(failure) => {
                assert!(stream.next().await.is_none(), "something follows a failure");
                return (events, Some(failure));
            }
        }
    }
    (events, None)
}

fn text(events: &[StreamEvent]) -> String {
    events
        .iter()
        .filter_map(|event| match event {
            StreamEvent::Text { text } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn finish(events: &[StreamEvent]) -> Option<FinishReason> {
    events.iter().find_map(|event| match event {
        StreamEvent::Finished { reason } => Some(*reason),
        _ => None,
    })
}

fn failure(outcome: (Vec<StreamEvent>, Option<Failure>)) -> Failure {
    outcome.1.expect("it should have failed")
}
