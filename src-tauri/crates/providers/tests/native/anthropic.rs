//! Anthropic's messages.

use patchbay_domain::content::JsonText;
use patchbay_domain::{ChatMessage, FailureClass, Part, Role, StreamEvent, WireFamily};
use patchbay_providers::{
    AuthHeader, BaseUrl, Credential, HttpClient, ProviderConfig, ProxyPolicy, connect,
};

use super::server::{Reply, Server};
use super::{KEY, ask, provider, question, text};

const ANSWER: &str =
    include_str!("../../../../cassettes/anthropic_messages/plain_text_and_ping.sse");

fn anthropic(base_url: &str) -> std::sync::Arc<dyn patchbay_domain::ModelProvider> {
    provider(
        WireFamily::AnthropicMessages,
        base_url,
        Credential::Key(KEY.into()),
    )
}

#[tokio::test]
async fn a_question_is_sent_with_the_key_in_its_own_header() {
    let server = Server::start([("POST /v1/messages", Reply::ok(ANSWER))]).await;
    let provider = anthropic(&server.base_url("/v1"));
    let (events, failed) = ask(&*provider, question("claude-haiku-5-5", "Hi")).await;
    assert_eq!(failed, None);
    assert_eq!(text(&events), "Hello, Grüße, 世界!");
    assert!(matches!(
        &events[0],
        StreamEvent::Started { request_id: Some(id), .. } if id == "req_native"
    ));
    let [sent] = server.received().try_into().unwrap();
    assert_eq!(sent.header("x-api-key"), Some(KEY));
    assert_eq!(sent.header("authorization"), None);
    assert_eq!(sent.header("anthropic-version"), Some("2023-06-01"));
    assert_eq!(sent.json()["messages"][0]["content"], "Hi");
}

#[tokio::test]
async fn an_address_without_a_version_gets_one_and_a_gateway_its_bearer() {
    let server = Server::start([("POST /anthropic/v1/messages", Reply::ok(ANSWER))]).await;
    let config = ProviderConfig {
        auth: Some(AuthHeader::Bearer),
        extra_headers: vec![("anthropic-version".to_owned(), "2026-10-21".to_owned())],
        ..ProviderConfig::new(
            "Gateway",
            WireFamily::AnthropicMessages,
            BaseUrl::parse(&server.base_url("/anthropic")).unwrap(),
            Credential::Key(KEY.into()),
        )
    };
    let provider = connect(HttpClient::new(ProxyPolicy::Direct).unwrap(), config).unwrap();
    let (_, failed) = ask(&*provider, question("glm-5.3", "Hi")).await;
    assert_eq!(failed, None);
    let [sent] = server.received().try_into().unwrap();
    let bearer = format!("Bearer {KEY}");
    assert_eq!(sent.header("authorization"), Some(bearer.as_str()));
    assert_eq!(sent.header("x-api-key"), None);
    assert_eq!(
        sent.header("anthropic-version"),
        Some("2026-10-21"),
        "the person's own wins"
    );
}

#[tokio::test]
async fn all_pages_of_models_are_read() {
    let page = |id: &str, has_more| {
        Reply::ok(format!(
            r#"{{"data":[{{"id":"{id}","display_name":"A name"}}],"has_more":{has_more},"last_id":"{id}"}}"#
        ))
    };
    let server = Server::start([
        ("GET /v1/models", page("claude-b", true)),
        ("GET /v1/models", page("claude-a", false)),
    ])
    .await;
    let models = anthropic(&server.base_url("")).list_models().await.unwrap();
    let ids: Vec<_> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["claude-a", "claude-b"]);
    let lines: Vec<_> = server
        .received()
        .into_iter()
        .map(|sent| sent.line)
        .collect();
    assert_eq!(
        lines,
        [
            "GET /v1/models?limit=1000",
            "GET /v1/models?limit=1000&after_id=claude-b"
        ]
    );
}

#[tokio::test]
async fn a_server_that_turns_in_circles_is_left() {
    let page = r#"{"data":[{"id":"a"}],"has_more":true,"last_id":"a"}"#;
    let server = Server::start([("GET /v1/models", Reply::ok(page))]).await;
    let models = anthropic(&server.base_url("/v1"))
        .list_models()
        .await
        .unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn thinking_that_is_refused_is_left_out_of_a_second_request() {
    let refusal = r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages.1.content.0: Invalid `signature` in `thinking` block"}}"#;
    let server = Server::start([
        ("POST /v1/messages", Reply::refusal(400, refusal)),
        ("POST /v1/messages", Reply::ok(ANSWER)),
    ])
    .await;
    let provider = anthropic(&server.base_url("/v1"));
    let mut request = question("claude-opus-5-5", "Hi");
    request.messages.push(ChatMessage {
        role: Role::Assistant,
        parts: vec![
            Part::ReasoningItem {
                format: "anthropic_messages".to_owned(),
                item: JsonText(r#"{"type":"thinking","thinking":"","signature":"x"}"#.to_owned()),
            },
            Part::Text {
                text: "Hello.".to_owned(),
            },
        ],
        cache: None,
    });
    request
        .messages
        .push(ChatMessage::text(Role::User, "Again"));
    let (events, failed) = ask(&*provider, request).await;
    assert_eq!((failed, text(&events).is_empty()), (None, false));
    let [first, second] = server.received().try_into().unwrap();
    assert_eq!(
        first.json()["messages"][1]["content"][0]["type"],
        "thinking"
    );
    assert_eq!(second.json()["messages"][1]["content"], "Hello.");
}

#[tokio::test]
async fn a_refusal_is_classed_and_not_asked_again() {
    let refusal = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let server = Server::start([("POST /v1/messages", Reply::refusal(529, refusal))]).await;
    let provider = anthropic(&server.base_url("/v1"));
    let (_, failed) = ask(&*provider, question("claude-opus-5-5", "Hi")).await;
    let failed = failed.unwrap();
    assert_eq!(failed.class, FailureClass::Overloaded);
    assert_eq!(failed.request_id.as_deref(), Some("req_native"));
    assert_eq!(server.received().len(), 1);
}
