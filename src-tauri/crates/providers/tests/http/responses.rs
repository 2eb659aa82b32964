//! The responses format over real sockets: where it asks, and what refusals teach.

use futures::StreamExt as _;
use patchbay_domain::content::ReasoningEffort;
use patchbay_domain::{
    ChatRequest, FailureClass, FinishReason, ModelProvider, StreamEvent, WireFamily,
};
use patchbay_providers::{ConfigError, Credential, ProviderConfig, connect};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{KEY, config, finish, http, request, text};

const ANSWER: &str = "event: response.created\n\
    data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\",\"model\":\"m\"}}\n\n\
    data: {\"type\":\"response.output_text.delta\",\"delta\":\"Hello END there\"}\n\n\
    data: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"usage\":{\"input_tokens\":2,\"output_tokens\":3}}}\n\n";

/// Gives these replies, one a connection, and then what it was sent.
async fn server(replies: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<(String, Value)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    let requests = tokio::spawn(async move {
        let mut requests = Vec::new();
        for (status, body) in replies {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let (head, sent) = loop {
                socket.read_buf(&mut bytes).await.unwrap();
                let received = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, sent)) = received.split_once("\r\n\r\n") else {
                    continue;
                };
                let length = head.to_ascii_lowercase();
                let length = length
                    .split_once("content-length: ")
                    .map_or("0", |(_, rest)| {
                        rest.split_once("\r\n").map_or(rest, |(length, _)| length)
                    });
                if sent.len() >= length.parse().unwrap() {
                    break (head.to_owned(), sent.to_owned());
                }
            };
            let reply = format!(
                "HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            socket.write_all(reply.as_bytes()).await.unwrap();
            let sent = serde_json::from_str(&sent).unwrap_or_default();
            requests.push((head, sent));
        }
        requests
    });
    (base_url, requests)
}

fn responses(base_url: &str) -> ProviderConfig {
    ProviderConfig {
        family: WireFamily::OpenAiResponses,
        ..config(base_url)
    }
}

async fn events(provider: &dyn ModelProvider, request: ChatRequest) -> Vec<StreamEvent> {
    let stream = provider.open_stream(request).await.unwrap();
    stream.map(Result::unwrap).collect().await
}

#[tokio::test]
async fn a_question_is_sent_and_what_the_format_lacks_is_told() {
    let (base_url, requests) = server(vec![
        (200, ANSWER),
        (200, r#"{"data":[{"id":"b"},{"id":"a"}]}"#),
    ])
    .await;
    let provider = connect(http(), responses(&base_url)).unwrap();
    let mut asked = request("m");
    asked.parameters.seed = Some(7);
    asked.parameters.stop = vec!["END".to_owned()];
    let events = events(provider.as_ref(), asked).await;
    assert_eq!(text(&events), "Hello ");
    assert_eq!(finish(&events), Some(FinishReason::Stop));
    let warnings = events
        .iter()
        .filter(|event| matches!(event, StreamEvent::Warning { .. }));
    assert_eq!(warnings.count(), 2, "{events:?}");
    // Counted to the end, the part behind the stop text too.
    assert!(matches!(events.last(), Some(StreamEvent::Usage { usage, .. }) if usage.output == 3));
    let models = provider.list_models().await.unwrap();
    assert_eq!(models.len(), 2);
    let requests = requests.await.unwrap();
    let (head, body) = &requests[0];
    assert!(head.starts_with("POST /v1/responses HTTP/1.1"), "{head}");
    let head = head.to_ascii_lowercase();
    assert!(
        head.contains(&format!("authorization: bearer {KEY}")),
        "{head}"
    );
    assert_eq!(body["input"][0]["content"][0]["text"], "Hello there");
    assert_eq!(body["store"], false);
    assert!(requests[1].0.starts_with("GET /v1/models HTTP/1.1"));
}

#[tokio::test]
async fn what_a_refusal_teaches_holds_for_that_model_from_then_on() {
    let unverified = r#"{"error":{"message":"Your organization must be verified to generate reasoning summaries.","type":"invalid_request_error","param":"reasoning.summary","code":"unsupported_value"}}"#;
    let unthinking = r#"{"error":{"message":"Encrypted content is not supported with this model.","type":"invalid_request_error","param":"include","code":null}}"#;
    let (base_url, requests) = server(vec![
        (400, unverified),
        (400, unthinking),
        (200, ANSWER),
        (200, ANSWER),
        (200, ANSWER),
    ])
    .await;
    let provider = connect(http(), responses(&base_url)).unwrap();
    let mut asked = request("m");
    asked.parameters.reasoning_effort = Some(ReasoningEffort::Low);
    let other = ChatRequest {
        model: "another".to_owned(),
        ..asked.clone()
    };
    for asked in [asked.clone(), asked, other] {
        events(provider.as_ref(), asked).await;
    }
    let requests = requests.await.unwrap();
    let sent: Vec<(bool, bool)> = requests
        .iter()
        .map(|(_, body)| {
            assert_eq!(body["reasoning"]["effort"], "low");
            (
                body["reasoning"]["summary"] == "auto",
                body["include"].is_array(),
            )
        })
        .collect();
    assert_eq!(
        sent,
        [
            (true, true),
            (false, true),
            (false, false),
            (false, false),
            (true, true),
        ]
    );
}

#[tokio::test]
async fn a_refusal_about_something_else_is_told_at_once() {
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'temperature' is not supported with this model.","param":"temperature","code":"unsupported_parameter"}}"#;
    let (base_url, requests) = server(vec![(400, refusal)]).await;
    let provider = connect(http(), responses(&base_url)).unwrap();
    let Err(failure) = provider.open_stream(request("m")).await else {
        panic!("it should have been refused");
    };
    assert_eq!(failure.class, FailureClass::InvalidRequest);
    assert_eq!(requests.await.unwrap().len(), 1);
}

#[test]
fn only_a_key_opens_it() {
    let config = ProviderConfig {
        credential: Credential::GoogleApplicationDefault,
        ..responses("http://127.0.0.1:1/v1")
    };
    let refused = connect(http(), config).map(|_| ());
    let expected = ConfigError::Credential(WireFamily::OpenAiResponses);
    assert_eq!(refused, Err(expected));
}
