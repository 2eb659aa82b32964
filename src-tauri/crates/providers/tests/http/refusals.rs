//! What providers turn down, and what the crate does about it: nothing, or one more try.

use futures::StreamExt as _;
use patchbay_domain::content::{Media, MediaSource, ResponseFormat};
use patchbay_domain::{
    FailureClass, FinishReason, JsonText, ModelProvider as _, Part, StreamEvent,
};
use patchbay_providers::openai_chat::JsonModes;
use patchbay_providers::{
    ConfigError, Credential, Dialect, KeyError, MaxTokensField, OpenAiChat, ProviderConfig,
};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use super::{KEY, ask, config, failure, finish, http, provider, request};

#[tokio::test]
async fn every_refusal_has_its_class_its_status_and_its_delay() {
    use FailureClass::*;
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    for (model, class, status, delay) in [
        ("400", InvalidRequest, 400, None),
        ("401", Authentication, 401, None),
        ("402", PaymentRequired, 402, None),
        ("403", PermissionDenied, 403, None),
        ("404-model", ModelNotFound, 404, None),
        ("no-such-model", ModelNotFound, 404, None),
        ("404-html", NotFound, 404, None),
        ("429-for-ever", RateLimited, 429, None),
        ("429-retry-after", RateLimited, 429, Some(2_000)),
        ("429-in-body", RateLimited, 429, Some(1_500)),
        ("429-day", RateLimited, 429, Some(86_400_000)),
        ("no-balance-429", PaymentRequired, 429, None),
        ("500", ServerError, 500, None),
        ("503", Overloaded, 503, None),
        ("529", Overloaded, 529, None),
        ("html-200", UnexpectedContent, 200, None),
        ("html-502", ServerError, 502, None),
        ("redirect", Redirected, 307, None),
        ("context-too-long", ContextTooLong, 400, None),
        ("content-policy", ContentFiltered, 400, None),
    ] {
        let failure = failure(ask(&provider, model).await);
        assert_eq!(failure.class, class, "{model}: {failure:?}");
        assert_eq!(failure.status, Some(status), "{model}");
        assert_eq!(failure.retry_after_millis, delay, "{model}");
        assert_eq!(
            failure.request_id.as_deref(),
            Some("req-scripted-1"),
            "{model}"
        );
        assert!(!failure.message.is_empty(), "{model}");
    }
    let page = failure(ask(&provider, "html-200").await);
    assert!(page.message.contains("Hotel Wi-Fi – sign in"), "{page}");
}

#[tokio::test]
async fn a_redirect_is_named_and_the_key_does_not_follow() {
    let elsewhere = ScriptedProvider::start().unwrap();
    let server = ScriptedProvider::start_with(ScriptedOptions {
        redirect_to: Some(format!(
            "{}/chat/completions?stolen=1",
            elsewhere.base_url()
        )),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let failure = failure(ask(&provider(&server.base_url()), "redirect").await);
    assert_eq!(failure.class, FailureClass::Redirected);
    assert_eq!(
        failure.message,
        format!("Redirected to http://{}", elsewhere.address())
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_get_it_past_us() {
    let server = ScriptedProvider::start().unwrap();
    let other_key = "my other key, of no known shape";
    let config = ProviderConfig {
        extra_headers: vec![("X-Api-Key".to_owned(), other_key.to_owned())],
        ..config(&server.base_url())
    };
    let provider = OpenAiChat::new(http(), config).unwrap();
    let failure = failure(ask(&provider, "key-echo").await);
    let sent = &server.requests()[0];
    assert_eq!(
        sent.header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(sent.header("x-api-key"), Some(other_key));
    let shown = format!("{failure:?} {failure} {provider:?}");
    assert!(failure.message.starts_with("Bad credentials"), "{failure}");
    for secret in [KEY, "0123456789abcdef", other_key, "my other"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_stream_options_is_asked_without_them_from_then_on() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    let (events, failed) = ask(&provider, "no-stream-options").await;
    assert_eq!((finish(&events), failed), (Some(FinishReason::Stop), None));
    assert_eq!(server.requests().len(), 2);
    ask(&provider, "no-stream-options").await;
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[2].json()["stream_options"].is_null());
}

#[tokio::test]
async fn the_field_for_the_longest_answer_follows_the_server() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    let mut asked = request("max-completion-tokens-only");
    asked.parameters.max_tokens = Some(50);
    assert!(provider.open_stream(asked.clone()).await.is_ok());
    assert!(provider.open_stream(asked.clone()).await.is_ok());
    let fields: Vec<bool> = server
        .requests()
        .iter()
        .map(|sent| sent.json()["max_completion_tokens"] == 50)
        .collect();
    assert_eq!(fields, [false, true, true]);
    let dialect = Dialect {
        max_tokens_field: MaxTokensField::MaxCompletionTokens,
        ..Dialect::default()
    };
    let told = OpenAiChat::new(
        http(),
        ProviderConfig {
            dialect,
            ..config(&server.base_url())
        },
    );
    assert!(told.unwrap().open_stream(asked).await.is_ok());
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn a_refused_request_is_sent_once() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    for model in [
        "400",
        "401",
        "429-for-ever",
        "500",
        "503",
        "reset",
        "context-too-long",
    ] {
        let before = server.requests().len();
        failure(ask(&provider, model).await);
        assert_eq!(server.requests().len(), before + 1, "{model}");
    }
}

#[tokio::test]
async fn nothing_is_sent_where_the_question_or_the_key_is_wrong() {
    let server = ScriptedProvider::start().unwrap();
    let mut asked = request("answer");
    asked.parameters.temperature = Some(3.0);
    let provider = provider(&server.base_url());
    let refused = provider.open_stream(asked).await.err().unwrap();
    assert_eq!(refused.class, FailureClass::InvalidRequest);
    let config = ProviderConfig {
        credential: Credential::Key("a\nb".into()),
        ..config(&server.base_url())
    };
    let error = OpenAiChat::new(http(), config).unwrap_err();
    assert_eq!(error, ConfigError::Key(KeyError::NotSendable));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_part_that_the_provider_cannot_take_is_refused_before_anything_is_sent() {
    let server = ScriptedProvider::start().unwrap();
    let mut asked = request("answer");
    asked.messages[0].parts.push(Part::Document {
        name: None,
        media: Media {
            media_type: "application/pdf".to_owned(),
            source: MediaSource::Base64("JVBE".to_owned()),
        },
    });
    let provider = provider(&server.base_url());
    let refused = provider.open_stream(asked).await.err().unwrap();
    assert_eq!(refused.class, FailureClass::InvalidRequest);
    assert!(refused.message.contains("documents"), "{refused}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_schema_that_cannot_be_enforced_comes_with_a_warning() {
    let server = ScriptedProvider::start().unwrap();
    let config = ProviderConfig {
        dialect: Dialect {
            json_modes: JsonModes::ObjectOnly,
            ..Dialect::default()
        },
        ..config(&server.base_url())
    };
    let provider = OpenAiChat::new(http(), config).unwrap();
    let mut asked = request("answer");
    asked.parameters.response_format = ResponseFormat::Schema {
        name: "word".to_owned(),
        schema: JsonText(r#"{"type":"object"}"#.to_owned()),
        is_strict: true,
    };
    let mut stream = provider.open_stream(asked).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(first, StreamEvent::RateLimits { .. }), "{first:?}");
    let second = stream.next().await.unwrap().unwrap();
    assert!(
        matches!(&second, StreamEvent::Warning { sentence } if sentence.contains("schema")),
        "{second:?}"
    );
    let sent = server.requests()[0].json();
    assert_eq!(sent["response_format"]["type"], "json_object");
    assert_eq!(sent["messages"][0]["role"], "system");
}

#[tokio::test]
async fn a_wrong_path_and_a_website_are_told_apart_from_an_api() {
    let server = ScriptedProvider::start().unwrap();
    let root = format!("http://{}", server.address());
    let wrong = provider(&format!("{root}/api"));
    assert_eq!(
        wrong.list_models().await.unwrap_err().class,
        FailureClass::NotFound
    );
    assert_eq!(
        failure(ask(&wrong, "answer").await).class,
        FailureClass::NotFound
    );
}
