//! Answers, whole and odd, and what becomes of a stream that nobody wants any more.

use futures::StreamExt as _;
use patchbay_domain::{FailureClass, FinishReason, ModelProvider as _, StreamEvent};
use patchbay_providers::{Dialect, OpenAiChat, ProviderConfig};
use patchbay_testkit::{ScriptedOptions, ScriptedProvider};

use super::{KEY, ask, config, finish, http, provider, request, text};

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
    assert!(matches!(events[0], StreamEvent::RateLimits { .. }));
    assert!(matches!(
        &events[1],
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
    // A cost is a charge only where the dialect says in what it is counted.
    let (_, unnamed) = usage(ask(&provider, "cost").await.0);
    assert_eq!(unnamed, None);
    let config = ProviderConfig {
        dialect: Dialect::openrouter(),
        ..config(&server.base_url())
    };
    let openrouter = OpenAiChat::new(http(), config).unwrap();
    let (_, cost) = usage(ask(&openrouter, "cost").await.0);
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
                StreamEvent::RateLimits { .. } | StreamEvent::Started { .. } => {}
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
