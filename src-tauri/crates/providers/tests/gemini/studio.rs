//! Google AI Studio.

use patchbay_domain::price::ServiceTier;
use patchbay_domain::{
    ChatMessage, FailureClass, ModelProvider as _, Role, StreamEvent, WireFamily,
};
use patchbay_providers::{ConfigError, Credential, Gemini, connect};
use serde_json::{Value, json};

use super::server::{Reply, Server};
use super::{answer, ask, config, http, json, refused, request};

const KEY: &str = "my-made-up-google-key";

fn provider(server: &Server) -> Gemini {
    let key = Credential::Key(KEY.into());
    let config = config(WireFamily::Gemini, &server.url("/v1beta"), key);
    Gemini::new(http(), config).unwrap()
}

#[tokio::test]
async fn the_key_is_in_its_header_and_nowhere_else() {
    let server = Server::start(|_, _| {
        let Reply(status, _, body) = answer();
        Reply(status, &[("x-gemini-service-tier", "priority")], body)
    })
    .await;
    let events = ask(&provider(&server), "models/gemini-3.8-flash")
        .await
        .unwrap();
    assert!(matches!(&events[1], StreamEvent::Text { text } if text == "Hello"));
    let tier = events.iter().find_map(|event| match event {
        StreamEvent::Usage { service_tier, .. } => *service_tier,
        _ => None,
    });
    assert_eq!(tier, Some(ServiceTier::Priority));
    let sent = &server.requests()[0];
    assert_eq!(
        sent.target,
        "/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    );
    assert_eq!(sent.header("x-goog-api-key"), Some(KEY));
    assert_eq!(sent.header("authorization"), None);
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    assert_eq!(
        body,
        json!({
            "contents": [{ "role": "user", "parts": [{ "text": "Hi" }] }],
            "generationConfig": { "thinkingConfig": { "includeThoughts": true } },
        })
    );
}

#[tokio::test]
async fn tokens_are_counted_of_the_whole_request() {
    let server = Server::start(|_, _| json(200, r#"{"totalTokens":31,"extra":1}"#)).await;
    let mut asked = request("gemini-3.8-flash");
    asked
        .messages
        .insert(0, ChatMessage::text(Role::System, "Be brief."));
    let counted = provider(&server).count_tokens(asked).await.unwrap();
    assert_eq!(counted, Some(31));
    let sent = &server.requests()[0];
    assert_eq!(sent.target, "/v1beta/models/gemini-3.8-flash:countTokens");
    assert_eq!(sent.header("x-goog-api-key"), Some(KEY));
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    let inner = &body["generateContentRequest"];
    assert_eq!(inner["model"], "models/gemini-3.8-flash");
    assert_eq!(inner["systemInstruction"]["parts"][0]["text"], "Be brief.");
    assert_eq!(inner["contents"][0]["parts"][0]["text"], "Hi");
    // Two at once are refused there.
    assert_eq!(body.as_object().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_get_it_past_us() {
    let error = format!(
        r#"{{"error":{{"code":400,"message":"API key not valid: {KEY}","status":"INVALID_ARGUMENT"}}}}"#
    );
    let server = Server::start(move |_, _| json(400, error.clone())).await;
    let provider = provider(&server);
    let failure = refused(&provider, "gemini-3.8-flash").await;
    assert_eq!(failure.class, FailureClass::Authentication);
    let shown = format!("{failure:?} {provider:?}");
    assert!(!shown.contains(KEY), "{shown}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let server = Server::start(|request, _| {
        json(
            200,
            if request.target.contains("pageToken=a%2Fb%3D") {
                r#"{"models":[{"name":"models/gemini-2.5-pro"},{"name":"models/gemini-3.8-flash"}]}"#
            } else {
                r#"{"models":[{"name":"models/gemini-3.8-flash","displayName":"Gemini 3.8 Flash"}],"nextPageToken":"a/b="}"#
            },
        )
    })
    .await;
    let models = provider(&server).list_models().await.unwrap();
    let ids: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    assert_eq!(ids, ["gemini-2.5-pro", "gemini-3.8-flash"]);
    assert_eq!(models[1].name.as_deref(), Some("Gemini 3.8 Flash"));
    let targets: Vec<String> = server
        .requests()
        .into_iter()
        .map(|sent| sent.target)
        .collect();
    assert_eq!(
        targets,
        [
            "/v1beta/models?pageSize=1000",
            "/v1beta/models?pageSize=1000&pageToken=a%2Fb%3D"
        ]
    );
}

#[tokio::test]
async fn a_list_that_goes_round_in_a_circle_ends() {
    let page = r#"{"models":[{"name":"models/a"}],"nextPageToken":"again"}"#;
    let server = Server::start(move |_, _| json(200, page)).await;
    assert_eq!(provider(&server).list_models().await.unwrap().len(), 1);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn what_is_no_list_says_what_came_instead() {
    let server = Server::start(|_, _| json(200, r#"{"error":{"code":503,"message":"x"}}"#)).await;
    let failure = provider(&server).list_models().await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Overloaded);
}

#[tokio::test]
async fn an_id_that_would_change_the_address_is_not_sent() {
    let server = Server::start(|_, _| answer()).await;
    let provider = provider(&server);
    for model in [
        "", "a?key=1", "../a", "a/../b", "a//b", "a b", "a#b", "a%2e", "ä",
    ] {
        let failure = refused(&provider, model).await;
        assert_eq!(failure.class, FailureClass::ModelNotFound, "{model}");
    }
    assert!(server.requests().is_empty());
    ask(&provider, "tunedModels/mine-7").await.unwrap();
    assert!(
        server.requests()[0]
            .target
            .starts_with("/v1beta/tunedModels/mine-7:")
    );
}

#[tokio::test]
async fn only_google_cloud_takes_googles_own_credentials() {
    for credential in [
        Credential::GoogleServiceAccount("{}".into()),
        Credential::GoogleApplicationDefault,
    ] {
        let config = config(
            WireFamily::Gemini,
            "https://generativelanguage.googleapis.com/v1beta",
            credential,
        );
        let error = connect(http(), config).err();
        assert_eq!(error, Some(ConfigError::Credential(WireFamily::Gemini)));
    }
}
