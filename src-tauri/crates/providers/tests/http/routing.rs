//! What routing needs of every family: what may still be asked, and the rest of a half answer.

use std::sync::Arc;

use futures::StreamExt as _;
use patchbay_domain::{
    ChatMessage, ChatRequest, Failure, FailureClass, ModelProvider, Reset, Role, StreamEvent,
    WireFamily,
};
use patchbay_providers::{BaseUrl, Continuation, Credential, Dialect, ProviderConfig, connect};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use super::{KEY, http, text};

/// A family with the path at which the scripted provider speaks it.
const FAMILIES: [(WireFamily, &str); 5] = [
    (WireFamily::OpenAiChat, "/v1"),
    (WireFamily::OpenAiResponses, "/v1"),
    (WireFamily::AnthropicMessages, "/v1"),
    (WireFamily::Gemini, "/v1beta"),
    (WireFamily::Ollama, ""),
];

fn config(server: &ScriptedProvider, family: WireFamily, path: &str) -> ProviderConfig {
    let base_url = BaseUrl::parse(&server.url(path)).unwrap();
    ProviderConfig::new("Scripted", family, base_url, Credential::Key(KEY.into()))
}

fn question(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage::text(Role::User, "Count")],
        ..ChatRequest::default()
    }
}

fn half(model: &str, half: &str) -> ChatRequest {
    let mut request = question(model);
    request
        .messages
        .push(ChatMessage::text(Role::Assistant, half));
    request.continues = true;
    request
}

async fn ask(
    provider: &Arc<dyn ModelProvider>,
    request: ChatRequest,
) -> Result<Vec<StreamEvent>, Failure> {
    let mut stream = provider.open_stream(request).await?;
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        events.push(event?);
    }
    Ok(events)
}

#[tokio::test]
async fn what_may_still_be_asked_comes_first_and_goes_down() {
    let server = ScriptedProvider::start_with(ScriptedOptions {
        request_limit: Some(3),
        ..ScriptedOptions::default()
    })
    .unwrap();
    for (family, path) in FAMILIES {
        let provider = connect(http(), config(&server, family, path)).unwrap();
        let mut left = Vec::new();
        for _ in 0..3 {
            let events = ask(&provider, question("answer")).await.unwrap();
            let told = |event: &&StreamEvent| matches!(event, StreamEvent::RateLimits { .. });
            let Some(StreamEvent::RateLimits { limits }) = events.first() else {
                assert_eq!(events.iter().find(told), None, "{family:?}");
                continue;
            };
            assert_eq!(events.iter().filter(told).count(), 1, "{family:?}");
            let requests = limits.requests.unwrap();
            assert_eq!(requests.limit, Some(3));
            left.push(requests.remaining.unwrap());
            let is_moment = matches!(requests.resets, Some(Reset::At(_)));
            assert_eq!(is_moment, family == WireFamily::AnthropicMessages);
        }
        let is_told = !matches!(family, WireFamily::Gemini | WireFamily::Ollama);
        let expected: &[u64] = if is_told { &[2, 1, 0] } else { &[] };
        assert_eq!(left, expected, "{family:?}");
        // Nothing is left, and only the allowance says for how long.
        let refused = ask(&provider, question("answer")).await.unwrap_err();
        assert_eq!(refused.class, FailureClass::RateLimited);
        let waits = refused.retry_after_millis;
        assert_eq!(waits.is_some(), is_told, "{family:?} {waits:?}");
        assert!(
            waits.is_none_or(|waits| (55_000..=62_000).contains(&waits)),
            "{waits:?}"
        );
    }
}

#[tokio::test]
async fn half_an_answer_is_gone_on_from_and_joined() {
    let server = ScriptedProvider::start().unwrap();
    let chat = |continuation| ProviderConfig {
        dialect: Dialect {
            continuation,
            ..Dialect::default()
        },
        ..config(&server, WireFamily::OpenAiChat, "/v1")
    };
    for (name, config) in [
        ("final message", chat(Continuation::FinalMessage)),
        ("prefix, repeated", chat(Continuation::PrefixFlag)),
        (
            "openrouter",
            ProviderConfig {
                dialect: Dialect::openrouter(),
                ..config(&server, WireFamily::OpenAiChat, "/openrouter/api/v1")
            },
        ),
        (
            "anthropic",
            config(&server, WireFamily::AnthropicMessages, "/v1"),
        ),
        ("ollama", config(&server, WireFamily::Ollama, "")),
        ("gemini", config(&server, WireFamily::Gemini, "/v1beta")),
    ] {
        let provider = connect(http(), config).unwrap();
        for shown in ["1 2 ", "1 2"] {
            // Gemini is never asked to, so it does not cut white space; it would go on all the same.
            if name == "gemini" && shown.ends_with(' ') {
                continue;
            }
            let request = half("continues-to-5", shown);
            let events = ask(&provider, request).await.unwrap();
            let whole = format!("{shown}{}", text(&events));
            assert_eq!(whole, "1 2 3 4 5", "{name} {shown:?}");
        }
        let refused = ask(&provider, half("refuses-prefill", "1 2 ")).await;
        let failure = refused.unwrap_err();
        assert_eq!(failure.class, FailureClass::InvalidRequest, "{name}");
        assert_eq!(failure.status, Some(400), "{name}");
    }
}

#[tokio::test]
async fn a_half_answer_breaks_off_again_with_all_that_was_held() {
    let server = ScriptedProvider::start().unwrap();
    let config = ProviderConfig {
        dialect: Dialect {
            continuation: Continuation::PrefixFlag,
            ..Dialect::default()
        },
        ..config(&server, WireFamily::OpenAiChat, "/v1")
    };
    let provider = connect(http(), config).unwrap();
    // "1 2 " is the beginning of a repetition when the connection breaks.
    let mut stream = provider
        .open_stream(half("cut-after-2", "1 2 3 4"))
        .await
        .unwrap();
    let mut said = String::new();
    let mut failed = None;
    while let Some(event) = stream.next().await {
        match event {
            Ok(StreamEvent::Text { text }) => said.push_str(&text),
            Ok(_) => {}
            Err(failure) => failed = Some(failure.class),
        }
    }
    assert_eq!(
        (said.as_str(), failed),
        ("1 2 ", Some(FailureClass::StreamCut))
    );
}
