//! The makers' own formats over real sockets: which addresses are asked, with which headers, and what
//! becomes of what comes back. The server is a table of replies; it keeps what it was sent.
#![expect(clippy::unwrap_used, reason = "the helpers of a test")]

mod anthropic;
mod ollama;
mod server;

use std::sync::Arc;

use futures::StreamExt as _;
use patchbay_domain::{
    ChatMessage, ChatRequest, Failure, ModelProvider, Role, StreamEvent, WireFamily,
};
use patchbay_providers::{BaseUrl, Credential, HttpClient, ProviderConfig, ProxyPolicy, connect};

const KEY: &str = "sk-test-0123456789abcdef";

fn provider(family: WireFamily, base_url: &str, credential: Credential) -> Arc<dyn ModelProvider> {
    let http = HttpClient::new(ProxyPolicy::Direct).unwrap();
    let base_url = BaseUrl::parse(base_url).unwrap();
    connect(
        http,
        ProviderConfig::new("Native", family, base_url, credential),
    )
    .unwrap()
}

fn question(model: &str, words: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, words)],
        ..ChatRequest::default()
    }
}

/// Everything that one request gave: the events, and the failure at their end.
async fn ask(
    provider: &dyn ModelProvider,
    request: ChatRequest,
) -> (Vec<StreamEvent>, Option<Failure>) {
    let mut stream = match provider.open_stream(request).await {
        Ok(stream) => stream,
        Err(failure) => return (vec![], Some(failure)),
    };
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(failure) => return (events, Some(failure)),
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
