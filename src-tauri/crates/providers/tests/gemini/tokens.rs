//! Access tokens: made, kept, replaced, and never shown.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use futures::future::join_all;
use patchbay_domain::{Clock, FailureClass, UnixMillis, WireFamily};
use patchbay_providers::{Credential, Gemini, GoogleCloud, HttpClient, ProviderConfig};
use patchbay_testkit::ManualClock;
use serde_json::json;

use super::server::{Reply, Request, Server};
use super::{answer, ask, config, http, json as json_reply, refused};

const MODEL: &str = "gemini-3.8-flash";
const MODEL_PATH: &str = "/v1/projects/proj-7/locations/global/publishers/google/models/gemini-3.8-flash:streamGenerateContent";

/// Made once, because it takes a while, and kept nowhere.
static PRIVATE_KEY: LazyLock<String> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    pair.serialize_pem()
});

/// A service account's file.
pub(crate) fn account(token_uri: &str, project: Option<&str>) -> String {
    json!({
        "type": "service_account", "project_id": project, "private_key_id": "key-7",
        "private_key": *PRIVATE_KEY, "client_email": "me@proj-7.iam.gserviceaccount.com",
        "token_uri": token_uri,
    })
    .to_string()
}

fn account_at(server: &Server, http: HttpClient, clock: &Arc<ManualClock>) -> Gemini {
    let file = account(&server.url("/token"), Some("proj-7"));
    let credential = Credential::GoogleServiceAccount(file.into());
    let config = config(WireFamily::Vertex, &server.url("/v1"), credential);
    Gemini::with_clock(http, config, Arc::clone(clock) as Arc<dyn Clock>).unwrap()
}

/// Tokens that are numbered, and have the shape of nothing.
fn token(number: usize) -> Reply {
    let text = format!("odd token number {number}").replace(' ', "-");
    json_reply(
        200,
        json!({ "access_token": text, "expires_in": 3599, "token_type": "Bearer" }).to_string(),
    )
}

fn bearer(request: &Request) -> &str {
    request.header("authorization").unwrap()
}

fn form(request: &Request) -> HashMap<String, String> {
    let pairs = url::form_urlencoded::parse(request.body.as_bytes());
    pairs.into_owned().collect()
}

#[tokio::test]
async fn a_token_is_asked_for_once_and_replaced_before_its_end() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ => answer(),
    })
    .await;
    let (http, clock) = (http(), Arc::new(ManualClock::default()));
    let provider = account_at(&server, http.clone(), &clock);
    ask(&provider, MODEL).await.unwrap();
    clock.advance((3_599 - 121) * 1_000);
    // The provider is made anew for each question.
    let provider = account_at(&server, http, &clock);
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 1);
    clock.advance(2_000);
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 2);
    // A computer that slept has a monotonic clock that stood still.
    clock.jump_to(UnixMillis(clock.now().0 + 3_600_000));
    ask(&provider, MODEL).await.unwrap();
    let asked = server.to(MODEL_PATH);
    let bearers: Vec<&str> = asked.iter().map(bearer).collect();
    let bearer_of = |number: usize| format!("Bearer odd-token-number-{number}");
    assert_eq!(
        bearers,
        [bearer_of(0), bearer_of(0), bearer_of(1), bearer_of(2)]
    );
    assert!(
        asked
            .iter()
            .all(|sent| sent.header("x-goog-api-key").is_none())
    );
    let form = form(&server.to("/token")[0]);
    assert_eq!(
        form["grant_type"],
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    assert_eq!(form["assertion"].split('.').count(), 3);
    assert_eq!(form.len(), 2);
}

#[tokio::test]
async fn a_replacement_that_fails_harms_nobody_until_the_end() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" if before == 0 => token(before),
        "/token" => json_reply(503, ""),
        _ => answer(),
    })
    .await;
    let clock = Arc::new(ManualClock::default());
    let provider = account_at(&server, http(), &clock);
    ask(&provider, MODEL).await.unwrap();
    clock.advance(3_598_000);
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 2);
    clock.advance(1_000);
    let failure = refused(&provider, MODEL).await;
    assert_eq!(failure.class, FailureClass::Overloaded);
    assert_eq!(server.to(MODEL_PATH).len(), 2);
}

#[tokio::test]
async fn many_questions_at_once_ask_for_one_token() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ => answer(),
    })
    .await;
    let provider = account_at(&server, http(), &Arc::default());
    let asked = join_all((0..8).map(|_| ask(&provider, MODEL))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(server.to("/token").len(), 1);
    assert_eq!(server.to(MODEL_PATH).len(), 8);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ if bearer(request).ends_with('0') => json_reply(
            401,
            r#"{"error":{"code":401,"message":"expired","status":"UNAUTHENTICATED"}}"#,
        ),
        _ => answer(),
    })
    .await;
    let provider = account_at(&server, http(), &Arc::default());
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 2);
    assert_eq!(server.to(MODEL_PATH).len(), 2);
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 2);
}

#[tokio::test]
async fn many_that_were_refused_at_once_ask_for_one_token() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ if bearer(request).ends_with('0') => json_reply(401, ""),
        _ => answer(),
    })
    .await;
    let provider = account_at(&server, http(), &Arc::default());
    let asked = join_all((0..6).map(|_| ask(&provider, MODEL))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(server.to("/token").len(), 2);
}

#[tokio::test]
async fn a_server_that_takes_no_token_is_asked_twice_and_not_for_ever() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ => json_reply(
            401,
            format!(
                r#"{{"error":{{"code":401,"message":"No: {}","status":"UNAUTHENTICATED"}}}}"#,
                bearer(request).trim_start_matches("Bearer ")
            ),
        ),
    })
    .await;
    let provider = account_at(&server, http(), &Arc::default());
    let failure = refused(&provider, MODEL).await;
    assert_eq!(failure.class, FailureClass::Authentication);
    assert_eq!(failure.message, "No: [key removed]");
    assert_eq!(server.to(MODEL_PATH).len(), 2);
    let shown = format!("{failure:?} {failure} {provider:?}");
    for secret in ["odd-token", "PRIVATE KEY", &PRIVATE_KEY[40..80]] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_clock_is_told_as_such() {
    let server = Server::start(|_, _| {
        json_reply(400, r#"{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."}"#)
    })
    .await;
    let failure = refused(&account_at(&server, http(), &Arc::default()), MODEL).await;
    assert_eq!(failure.class, FailureClass::Authentication);
    assert_eq!(failure.code.as_deref(), Some("invalid_grant"));
    assert!(
        failure
            .message
            .contains("the clock of this computer is off"),
        "{failure}"
    );
}

#[tokio::test]
async fn other_refusals_keep_their_class_and_words() {
    use FailureClass::*;
    for (status, body, class, words) in [
        (
            400,
            r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#,
            Authentication,
            "invalid_grant: Invalid JWT Signature.",
        ),
        (
            401,
            r#"{"error":"invalid_client"}"#,
            Authentication,
            "invalid_client",
        ),
        (
            400,
            r#"{"error":"invalid_scope"}"#,
            PermissionDenied,
            "invalid_scope",
        ),
        (
            429,
            r#"{"error":"rate_limit_exceeded"}"#,
            RateLimited,
            "rate_limit_exceeded",
        ),
        (503, "", Overloaded, "503"),
        (
            200,
            "<html><title>Hotel</title></html>",
            UnexpectedContent,
            "Hotel",
        ),
        (200, r#"{"id_token":"x"}"#, UnexpectedContent, ""),
    ] {
        let server = Server::start(move |_, _| json_reply(status, body)).await;
        let failure = refused(&account_at(&server, http(), &Arc::default()), MODEL).await;
        assert_eq!(failure.class, class, "{body}");
        assert!(failure.message.contains(words), "{failure}");
        assert_eq!(server.requests().len(), 1, "{body}");
    }
}

fn user_file(folder: &Path, token_uri: &str, refresh_token: &str) -> std::path::PathBuf {
    let path = folder.join("application_default_credentials.json");
    let file = json!({
        "type": "authorized_user", "client_id": "id.apps", "client_secret": "my-odd-secret",
        "refresh_token": refresh_token, "quota_project_id": "proj-7", "token_uri": token_uri,
    });
    std::fs::write(&path, file.to_string()).unwrap();
    path
}

fn application_default(server: &Server, file: &Path) -> Gemini {
    let config = ProviderConfig {
        google_cloud: Some(GoogleCloud {
            credentials_file: Some(file.to_owned()),
            ..GoogleCloud::default()
        }),
        ..config(
            WireFamily::Vertex,
            &server.url("/v1"),
            Credential::GoogleApplicationDefault,
        )
    };
    Gemini::with_clock(http(), config, Arc::new(ManualClock::default())).unwrap()
}

#[tokio::test]
async fn what_googles_tools_left_opens_google_cloud() {
    let server = Server::start(|request, before| match request.target.as_str() {
        "/token" => token(before),
        _ => answer(),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = user_file(folder.path(), &server.url("/token"), "1//my-odd-refresh");
    let provider = application_default(&server, &file);
    ask(&provider, MODEL).await.unwrap();
    let sent = &server.to(MODEL_PATH)[0];
    assert_eq!(sent.header("x-goog-user-project"), Some("proj-7"));
    assert_eq!(bearer(sent), "Bearer odd-token-number-0");
    let form = form(&server.to("/token")[0]);
    assert_eq!(form["grant_type"], "refresh_token");
    assert_eq!(form["client_id"], "id.apps");
    assert_eq!(form["client_secret"], "my-odd-secret");
    assert_eq!(form["refresh_token"], "1//my-odd-refresh");
    // Whoever signs in as somebody else is asked for that one's token.
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 1);
    user_file(folder.path(), &server.url("/token"), "1//another");
    ask(&provider, MODEL).await.unwrap();
    assert_eq!(server.to("/token").len(), 2);
}

#[tokio::test]
async fn secrets_that_the_token_server_repeats_are_not_shown() {
    let server = Server::start(|request, _| {
        let form = form(request);
        let words = format!(
            "Bad {} and {}",
            form["client_secret"], form["refresh_token"]
        );
        json_reply(
            400,
            json!({ "error": "invalid_grant", "error_description": words }).to_string(),
        )
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = user_file(folder.path(), &server.url("/token"), "1//my-odd-refresh");
    let provider = application_default(&server, &file);
    let failure = refused(&provider, MODEL).await;
    assert_eq!(failure.class, FailureClass::Authentication);
    let shown = format!("{failure:?} {provider:?}");
    assert!(
        shown.contains("Bad [key removed] and [key removed]"),
        "{shown}"
    );
    assert!(!shown.contains("my-odd"), "{shown}");
}

#[tokio::test]
async fn without_usable_credentials_nothing_is_sent() {
    let server = Server::start(|_, _| answer()).await;
    let folder = tempfile::tempdir().unwrap();
    let missing = application_default(&server, &folder.path().join("missing.json"));
    let failure = refused(&missing, MODEL).await;
    assert_eq!(failure.class, FailureClass::KeyMissing);
    assert!(
        failure
            .message
            .contains("gcloud auth application-default login")
    );
    let hostile = user_file(
        folder.path(),
        "https://evil.example/token",
        "1//my-odd-refresh",
    );
    let failure = refused(&application_default(&server, &hostile), MODEL).await;
    assert_eq!(failure.class, FailureClass::Authentication);
    assert!(failure.message.contains("evil.example"), "{failure}");
    let other = folder.path().join("other.json");
    std::fs::write(&other, r#"{"type":"external_account"}"#).unwrap();
    let failure = refused(&application_default(&server, &other), MODEL).await;
    assert!(failure.message.contains("external_account"), "{failure}");
    assert!(server.requests().is_empty());
}
