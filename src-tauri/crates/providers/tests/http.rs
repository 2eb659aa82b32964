//! The whole way over real sockets, against the scripted provider: what each kind of bad server or
//! bad setting turns into.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use futures::StreamExt as _;
use patchbay_domain::{
    ChatMessage, ChatRequest, Failure, FailureClass, FinishReason, ModelProvider as _, Parameters,
    Role, StreamEvent,
};
use patchbay_providers::{
    BaseUrl, ConfigError, Dialect, HttpClient, KeyError, MaxTokensField, OpenAiChat,
    OpenAiChatConfig, ProxyPolicy,
};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const KEY: &str = "sk-test-0123456789abcdef";

fn http() -> HttpClient {
    HttpClient::new(ProxyPolicy::Direct).unwrap()
}

fn config(base_url: &str) -> OpenAiChatConfig {
    OpenAiChatConfig {
        name: "Scripted".to_owned(),
        base_url: BaseUrl::parse(base_url).unwrap(),
        key: Some(KEY.into()),
        extra_headers: vec![],
        dialect: Dialect::default(),
    }
}

fn provider(base_url: &str) -> OpenAiChat {
    OpenAiChat::new(http(), config(base_url)).unwrap()
}

fn request(model: &str) -> ChatRequest {
    ChatRequest {
        model: model.to_owned(),
        messages: vec![ChatMessage {
            role: Role::User,
            text: "Hello there".to_owned(),
        }],
        parameters: Parameters::default(),
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

#[tokio::test]
async fn a_question_is_sent_and_an_answer_comes_back() {
    let server = ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        ..ScriptedOptions::default()
    })
    .unwrap();
    let (events, failed) = ask(&provider(&server.base_url()), "count-to-5").await;
    assert_eq!(failed, None);
    assert_eq!(text(&events), "1 2 3 4 5");
    assert_eq!(finish(&events), Some(FinishReason::Stop));
    assert!(matches!(
        events.last(),
        Some(StreamEvent::Usage { usage, .. }) if usage.input == 2 && usage.output == 5
    ));
    assert!(matches!(
        &events[0],
        StreamEvent::Started { request_id: Some(id), model: Some(model), .. }
            if id == "req-scripted-1" && model == "count-to-5"
    ));
    let [sent] = server.requests().try_into().unwrap();
    assert_eq!(
        sent.header("authorization"),
        Some(format!("Bearer {KEY}").as_str())
    );
    assert_eq!(
        sent.header("accept"),
        Some("text/event-stream, application/json")
    );
    assert_eq!(sent.header("accept-encoding"), None);
    assert!(sent.header("user-agent").unwrap().starts_with("Patchbay/"));
    assert_eq!(sent.json()["messages"][0]["content"], "Hello there");
}

#[tokio::test]
async fn models_are_listed_in_order() {
    let server = ScriptedProvider::start().unwrap();
    let models = provider(&server.base_url()).list_models().await.unwrap();
    assert!(models.len() > 50);
    assert!(models.is_sorted_by(|left, right| left.id < right.id));
    assert_eq!(models[0].context_length, Some(8_192));
    assert_eq!(server.requests()[0].path, "/v1/models");
}

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
async fn every_odd_stream_has_its_end() {
    use FailureClass::*;
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    let stop = Some(FinishReason::Stop);
    for (model, said, reason, failed) in [
        ("not-streamed", "A patch bay", stop, None),
        ("no-done", "A patch bay", stop, None),
        // The connection stays open behind the end mark, which nobody waits for.
        ("keeps-open", "A patch bay", stop, None),
        ("invalid-utf8", "1 2 3a\u{fffd}\u{fffd}b end", stop, None),
        ("not-json-event", "1 2 3 4 5 6 7 8 9 1011", stop, None),
        ("no-choices", "1 2 3", stop, None),
        ("unicode", "Grüße, 世界!", stop, None),
        ("length", "1 2 3", Some(FinishReason::Length), None),
        (
            "content-filter",
            "1 2 3",
            Some(FinishReason::ContentFilter),
            None,
        ),
        ("tool-call", "", Some(FinishReason::ToolCalls), None),
        ("empty-stop", "", stop, None),
        ("empty-body", "", None, None),
        ("end-after-3", "1 2 3 ", None, None),
        ("cut-after-3", "1 2 3 ", None, Some(StreamCut)),
        ("error-in-stream", "1 2 3", None, Some(ServerError)),
        ("error-first", "", None, Some(RateLimited)),
        ("long-line", "", None, Some(ResponseTooLarge)),
        ("reset", "", None, Some(ConnectionLost)),
    ] {
        let (events, failure) = ask(&provider, model).await;
        assert!(text(&events).starts_with(said), "{model}: {events:?}");
        assert_eq!(finish(&events), reason, "{model}");
        assert_eq!(failure.map(|failure| failure.class), failed, "{model}");
    }
}

#[tokio::test]
async fn half_an_error_of_bytes_is_told_and_the_rest_is_read() {
    let server = ScriptedProvider::start().unwrap();
    let (events, _) = ask(&provider(&server.base_url()), "not-json-event").await;
    let malformed = events
        .iter()
        .filter(|event| matches!(event, StreamEvent::Malformed { .. }))
        .count();
    assert_eq!(malformed, 1);
    assert!(matches!(events.last(), Some(StreamEvent::Usage { .. })));
}

#[tokio::test]
async fn thinking_and_the_cache_are_counted_apart() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    let usage = |events: Vec<StreamEvent>| match events.into_iter().last() {
        Some(StreamEvent::Usage {
            usage,
            reported_cost,
            ..
        }) => (usage, reported_cost),
        other => panic!("{other:?}"),
    };
    let (usage_of_reasoning, _) = usage(ask(&provider, "reasoning").await.0);
    assert!(usage_of_reasoning.reasoning > 0 && usage_of_reasoning.output > 0);
    let (cached, _) = usage(ask(&provider, "usage-cached").await.0);
    assert_eq!((cached.input, cached.cache_read), (100, 900));
    let (_, cost) = usage(ask(&provider, "cost").await.0);
    assert_eq!(cost.unwrap().to_string(), "0.000123400");
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    for model in ["drip", "endless", "stall-after-2"] {
        if model == "drip" {
            server.release(1);
        }
        let mut stream = provider.open_stream(request(model)).await.unwrap();
        loop {
            if let Some(Ok(StreamEvent::Text { .. })) = stream.next().await {
                break;
            }
        }
        assert_eq!(server.open_replies(), 1, "{model}");
        drop(stream);
        server.wait_until_idle().await;
    }
}

#[tokio::test]
async fn tokens_come_one_by_one_and_not_at_the_end() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    let mut stream = provider.open_stream(request("drip")).await.unwrap();
    let mut said = String::new();
    for count in 1..=19 {
        server.release(1);
        while said.split_whitespace().count() < count {
            match stream.next().await.unwrap().unwrap() {
                StreamEvent::Text { text } => said.push_str(&text),
                StreamEvent::Started { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(server.open_replies(), 1);
}

#[tokio::test]
async fn late_headers_hold_the_opening_and_dropping_it_hangs_up() {
    let server = ScriptedProvider::start().unwrap();
    let provider = provider(&server.base_url());
    for model in ["slow-headers", "silent"] {
        let mut opening = provider.open_stream(request(model));
        tokio::select! {
            biased;
            _ = &mut opening => panic!("{model} answered"),
            () = server.wait_for_requests(server.requests().len() + 1) => {}
        }
        drop(opening);
        server.wait_until_idle().await;
    }
    server.release_for("slow-headers", 1);
    assert_eq!(ask(&provider, "slow-headers").await.1, None);
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
    let config = OpenAiChatConfig {
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
        OpenAiChatConfig {
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
    let config = OpenAiChatConfig {
        key: Some("a\nb".into()),
        ..config(&server.base_url())
    };
    let error = OpenAiChat::new(http(), config).unwrap_err();
    assert_eq!(error, ConfigError::Key(KeyError::NotSendable));
    assert!(server.requests().is_empty());
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

#[tokio::test]
async fn a_name_that_nobody_has_is_not_resolved() {
    let failure = failure(ask(&provider("https://host.invalid/v1"), "answer").await);
    assert_eq!(failure.class, FailureClass::NameNotResolved, "{failure}");
    assert_eq!(failure.status, None);
}

#[tokio::test]
async fn a_port_where_nobody_listens_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    for base in [
        format!("http://{address}/v1"),
        format!("https://{address}/v1"),
    ] {
        let failure = failure(ask(&provider(&base), "answer").await);
        assert_eq!(failure.class, FailureClass::ConnectionRefused, "{failure}");
    }
}

#[tokio::test]
async fn a_certificate_of_unknown_origin_is_refused() {
    let certificate =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
            .unwrap();
    let key =
        rustls::pki_types::PrivateKeyDer::Pkcs8(certificate.signing_key.serialize_der().into());
    let server = rustls::ServerConfig::builder_with_provider(Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ))
    .with_safe_default_protocol_versions()
    .unwrap()
    .with_no_client_auth()
    .with_single_cert(vec![certificate.cert.der().clone()], key)
    .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // Whether the client breaks off, and whether it sent anything before it did.
        match acceptor.accept(stream).await {
            Ok(mut stream) => {
                let mut sent = Vec::new();
                let _ = stream.read_to_end(&mut sent).await;
                sent
            }
            Err(_) => Vec::new(),
        }
    });
    let failure = failure(ask(&provider(&format!("https://{address}/v1")), "answer").await);
    assert_eq!(failure.class, FailureClass::Tls, "{failure}");
    assert!(failure.message.contains("certificate"), "{failure}");
    assert_eq!(served.await.unwrap(), Vec::<u8>::new());
}

#[tokio::test]
async fn https_to_a_port_that_speaks_http_says_so() {
    let server = ScriptedProvider::start().unwrap();
    let failure = failure(
        ask(
            &provider(&format!("https://{}/v1", server.address())),
            "answer",
        )
        .await,
    );
    assert_eq!(failure.class, FailureClass::Tls, "{failure}");
    assert!(failure.message.contains("http"), "{failure}");
}

/// Servers that speak something else, or stop in the middle of their headers.
#[tokio::test]
async fn noise_instead_of_http_is_a_lost_connection() {
    let endless_header = format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(2_000_000));
    for reply in [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 200 OK\r\ncontent-ty",
        "",
        endless_header.as_str(),
    ] {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let base = format!("http://{}/v1", listener.local_addr().unwrap());
        let reply = reply.to_owned();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 64];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(reply.as_bytes()).await;
            let _ = stream.shutdown().await;
            // Read to the end, so that the closing is no reset.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        });
        let failure = failure(ask(&provider(&base), "answer").await);
        assert_eq!(failure.class, FailureClass::ConnectionLost, "{failure:?}");
        served.await.unwrap();
    }
}

/// A body that is far longer than any error, and never ends: only its beginning is read.
#[tokio::test]
async fn an_endless_error_body_is_read_only_as_far_as_needed() {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream
            .write_all(b"HTTP/1.1 500 Oh\r\ncontent-type: text/plain\r\n\r\n")
            .await;
        let piece = [b'x'; 16 * 1024];
        let mut sent = 0;
        while stream.write_all(&piece).await.is_ok() {
            sent += piece.len();
        }
        sent
    });
    let failure = failure(ask(&provider(&base), "answer").await);
    assert_eq!(failure.class, FailureClass::ServerError);
    assert!(failure.message.chars().count() <= 2_001);
    // What the sockets' buffers held comes on top of what was read.
    assert!(served.await.unwrap() < 16 * 1024 * 1024);
}
