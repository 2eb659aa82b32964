//! Addresses on Google Cloud, and what may not be configured there.

use patchbay_domain::content::ToolChoice;
use patchbay_domain::{FailureClass, ModelProvider as _, WireFamily};
use patchbay_providers::{
    ConfigError, Credential, Gemini, GoogleCloud, HeaderError, KeyFileError, ProviderConfig,
    connect,
};

use super::server::Server;
use super::tokens::account;
use super::{answer, ask, config, http, json, request};

fn with_key(server: &Server, project: Option<&str>) -> Gemini {
    let key = Credential::Key("my-made-up-google-key".into());
    let config = ProviderConfig {
        google_cloud: Some(GoogleCloud {
            project: project.map(str::to_owned),
            location: "europe-west4".to_owned(),
            ..GoogleCloud::default()
        }),
        ..config(WireFamily::Vertex, &server.url("/v1"), key)
    };
    Gemini::new(http(), config).unwrap()
}

#[tokio::test]
async fn every_kind_of_model_has_its_address() {
    let server = Server::start(|_, _| answer()).await;
    let (express, full) = (with_key(&server, None), with_key(&server, Some("proj-7")));
    let place = "/v1/projects/proj-7/locations/europe-west4";
    for (provider, model, expected) in [
        (
            &express,
            "gemini-3.8-flash",
            "/v1/publishers/google/models/gemini-3.8-flash".to_owned(),
        ),
        (
            &full,
            "gemini-3.8-flash",
            format!("{place}/publishers/google/models/gemini-3.8-flash"),
        ),
        (
            &full,
            "publishers/google/models/gemini-2.5-pro",
            format!("{place}/publishers/google/models/gemini-2.5-pro"),
        ),
        (&full, "endpoints/1234", format!("{place}/endpoints/1234")),
        (
            &full,
            "projects/p/locations/l/endpoints/9",
            "/v1/projects/p/locations/l/endpoints/9".to_owned(),
        ),
    ] {
        ask(provider, model).await.unwrap();
        let sent = server.requests().pop().unwrap();
        assert_eq!(
            sent.target,
            format!("{expected}:streamGenerateContent?alt=sse")
        );
        assert_eq!(sent.header("x-goog-api-key"), Some("my-made-up-google-key"));
    }
}

#[tokio::test]
async fn tokens_are_counted_of_what_google_cloud_counts() {
    let server = Server::start(|_, _| json(200, r#"{"totalTokens":7}"#)).await;
    let mut asked = request("gemini-3.8-flash");
    asked.parameters.temperature = Some(0.5);
    asked.tool_choice = ToolChoice::None;
    let provider = with_key(&server, Some("proj-7"));
    assert_eq!(provider.count_tokens(asked).await.unwrap(), Some(7));
    let sent = server.requests().pop().unwrap();
    let place = "/v1/projects/proj-7/locations/europe-west4/publishers/google/models";
    assert_eq!(sent.target, format!("{place}/gemini-3.8-flash:countTokens"));
    let body: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["contents", "generationConfig"]);
}

#[tokio::test]
async fn what_google_publishes_is_listed_and_a_refusal_is_told() {
    let server = Server::start(|_, before| match before {
        0 => json(
            200,
            r#"{"publisherModels":[{"name":"publishers/google/models/gemini-2.5-pro"}]}"#,
        ),
        _ => json(
            403,
            r#"{"error":{"code":403,"message":"Permission denied.","status":"PERMISSION_DENIED"}}"#,
        ),
    })
    .await;
    let provider = with_key(&server, Some("proj-7"));
    assert_eq!(
        provider.list_models().await.unwrap()[0].id,
        "gemini-2.5-pro"
    );
    assert_eq!(
        server.requests()[0].target,
        "/v1beta1/publishers/google/models?pageSize=100"
    );
    let failure = provider.list_models().await.unwrap_err();
    assert_eq!(failure.class, FailureClass::PermissionDenied);
    assert_eq!(failure.message, "Permission denied.");
}

fn error(config: ProviderConfig) -> ConfigError {
    connect(http(), config).err().expect("it should be refused")
}

#[test]
fn a_hostile_file_sends_its_secret_nowhere() {
    let file = account("https://oauth2.googleapis.com.evil.example/token", None);
    let credential = Credential::GoogleServiceAccount(file.into());
    let error = error(config(
        WireFamily::Vertex,
        "https://aiplatform.googleapis.com/v1",
        credential,
    ));
    assert_eq!(
        error,
        ConfigError::KeyFile(KeyFileError::TokenAddress(
            "oauth2.googleapis.com.evil.example".to_owned()
        ))
    );
    assert!(!format!("{error:?} {error}").contains("PRIVATE"));
}

#[test]
fn what_lies_on_this_computer_is_for_google_only() {
    for base_url in [
        "https://aiplatform.googleapis.com.evil.example/v1",
        "https://evil.example/v1",
        "http://aiplatform.googleapis.com/v1",
    ] {
        let config = config(
            WireFamily::Vertex,
            base_url,
            Credential::GoogleApplicationDefault,
        );
        assert!(
            matches!(error(config), ConfigError::NotGoogle(_)),
            "{base_url}"
        );
    }
    let google = "https://europe-west4-aiplatform.googleapis.com/v1";
    let config = config(
        WireFamily::Vertex,
        google,
        Credential::GoogleApplicationDefault,
    );
    assert!(connect(http(), config).is_ok());
}

#[test]
fn names_that_would_change_the_address_are_refused() {
    let with = |project: Option<&str>, location: &str| ProviderConfig {
        google_cloud: Some(GoogleCloud {
            project: project.map(str::to_owned),
            location: location.to_owned(),
            ..GoogleCloud::default()
        }),
        ..config(
            WireFamily::Vertex,
            "https://aiplatform.googleapis.com/v1",
            Credential::Key("my-made-up-google-key".into()),
        )
    };
    for location in ["", "..", "a/b", "a?b", "a b"] {
        assert_eq!(
            error(with(None, location)),
            ConfigError::GoogleCloud("location")
        );
        assert_eq!(
            error(with(Some(location), "global")),
            ConfigError::GoogleCloud("project")
        );
    }
    assert!(connect(http(), with(Some("example.com:old-project"), "global")).is_ok());
}

#[test]
fn a_file_needs_a_project_and_leaves_no_room_for_another_authorization() {
    let credential = |project| {
        let file = account("https://oauth2.googleapis.com/token", project);
        Credential::GoogleServiceAccount(file.into())
    };
    let base_url = "https://aiplatform.googleapis.com/v1";
    assert_eq!(
        error(config(WireFamily::Vertex, base_url, credential(None))),
        ConfigError::GoogleCloud("project")
    );
    let by_hand = ProviderConfig {
        extra_headers: vec![("Authorization".to_owned(), "Basic eA==".to_owned())],
        ..config(WireFamily::Vertex, base_url, credential(Some("proj-7")))
    };
    assert_eq!(
        error(by_hand),
        ConfigError::Header(HeaderError::AuthorizationBesideKey)
    );
}
