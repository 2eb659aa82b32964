//! Gemini over real sockets: addresses, keys, access tokens and lists.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the helpers of a test"
)]

mod server;
mod studio;
mod tokens;
mod vertex;

use futures::StreamExt as _;
use patchbay_domain::{
    ChatMessage, ChatRequest, Failure, ModelProvider, Role, StreamEvent, WireFamily,
};
use patchbay_providers::{BaseUrl, Credential, HttpClient, ProviderConfig, ProxyPolicy};

use self::server::Reply;

const ANSWER: &str = r#"{"candidates":[{"content":{"parts":[{"text":"Hello"}],"role":"model"},"finishReason":"STOP"}],
    "usageMetadata":{"promptTokenCount":2,"candidatesTokenCount":1,"totalTokenCount":3},"modelVersion":"gemini-3.8-flash","responseId":"r1"}"#;

fn http() -> HttpClient {
    HttpClient::new(ProxyPolicy::Direct).unwrap()
}

fn config(family: WireFamily, base_url: &str, credential: Credential) -> ProviderConfig {
    let base_url = BaseUrl::parse(base_url).unwrap();
    ProviderConfig::new("Google", family, base_url, credential)
}

fn request(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Hi")],
        ..ChatRequest::default()
    }
}

fn answer() -> Reply {
    let event = ANSWER.replace('\n', "");
    Reply(
        200,
        &[("content-type", "text/event-stream")],
        format!("data: {event}\r\n\r\n"),
    )
}

fn json(status: u16, body: impl Into<String>) -> Reply {
    Reply(status, &[("content-type", "application/json")], body.into())
}

async fn ask(provider: &dyn ModelProvider, model: &str) -> Result<Vec<StreamEvent>, Failure> {
    let stream = provider.open_stream(request(model)).await?;
    let events: Vec<Result<StreamEvent, Failure>> = stream.collect().await;
    events.into_iter().collect()
}

async fn refused(provider: &dyn ModelProvider, model: &str) -> Failure {
    ask(provider, model)
        .await
        .expect_err("it should have failed")
}
