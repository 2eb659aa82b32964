//! Every fault of a provider gets its own class, its own words and a next step; the engine goes on.

use patchbay_domain::{FailureClass, MessageStatus, Parameters};
use patchbay_engine::Question;

use crate::support::{Bench, form};

/// Model name of the scripted provider, and the class that its fault must get.
const FAULTS: &[(&str, FailureClass)] = &[
    ("400", FailureClass::InvalidRequest),
    // The provider of this test has no key, and "not accepted" without one means that one is wanted.
    ("401", FailureClass::KeyMissing),
    ("402", FailureClass::PaymentRequired),
    ("403", FailureClass::PermissionDenied),
    ("404-model", FailureClass::ModelNotFound),
    ("404-html", FailureClass::NotFound),
    ("429-day", FailureClass::RateLimited),
    ("no-balance-429", FailureClass::PaymentRequired),
    ("500", FailureClass::ServerError),
    ("503", FailureClass::Overloaded),
    ("529", FailureClass::Overloaded),
    ("html-200", FailureClass::UnexpectedContent),
    ("redirect", FailureClass::Redirected),
    ("reset", FailureClass::ConnectionLost),
    ("empty-stop", FailureClass::EmptyAnswer),
    ("end-after-5", FailureClass::StreamCut),
    ("error-in-stream", FailureClass::ServerError),
    ("long-line", FailureClass::ResponseTooLarge),
    ("endless-large", FailureClass::ResponseTooLarge),
    ("context-too-long", FailureClass::ContextTooLong),
    ("content-policy", FailureClass::ContentFiltered),
];

#[tokio::test]
async fn every_fault_has_its_own_words_and_the_next_question_is_answered() {
    let bench = Bench::start().await;
    for (model, class) in FAULTS {
        let answering = bench.ask(model, "Hello?").await;
        let started = answering.started.clone();
        let answered = answering.end().await;
        assert_eq!(answered.message.status, MessageStatus::Failed, "{model}");
        let failure = answered.attempts.last().unwrap().failure.clone().unwrap();
        assert_eq!(failure.class, *class, "{model}: {failure}");
        let detail = bench
            .engine
            .conversation(started.conversation.id)
            .await
            .unwrap();
        assert_eq!(
            detail.runs[&started.run]
                .failure
                .as_ref()
                .map(|stored| stored.class),
            Some(*class),
            "{model}: the failure is stored"
        );
    }
    let answered = bench.ask("answer", "Still there?").await.end().await;
    assert_eq!(answered.message.status, MessageStatus::Complete);
}

#[tokio::test]
async fn a_cut_stream_keeps_its_text_and_is_no_success() {
    let bench = Bench::start().await;
    let answered = bench.ask("cut-after-7", "Hello?").await.end().await;
    assert_eq!(answered.message.status, MessageStatus::Failed);
    assert!(!answered.message.text.is_empty());
    assert_eq!(
        answered.attempts.len(),
        1,
        "half an answer is not paid for twice by itself"
    );
}

#[tokio::test]
async fn one_broken_event_is_left_out_and_counted() {
    let bench = Bench::start().await;
    for model in ["not-json-event", "invalid-utf8"] {
        let answered = bench.ask(model, "Hello?").await.end().await;
        assert_eq!(answered.message.status, MessageStatus::Complete, "{model}");
        assert!(!answered.message.text.is_empty(), "{model}");
    }
}

#[tokio::test]
async fn addresses_that_lead_nowhere_are_told_apart() {
    let bench = Bench::start().await;
    // A port that was free a moment ago: nobody listens there.
    let refused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let cases = [
        (
            format!("http://{refused}/v1"),
            FailureClass::ConnectionRefused,
        ),
        (
            "https://patchbay.invalid/v1".to_owned(),
            FailureClass::NameNotResolved,
        ),
        (
            format!("https://{}/v1", bench.server.address()),
            FailureClass::Tls,
        ),
        (
            format!("http://{}/nothing/here", bench.server.address()),
            FailureClass::NotFound,
        ),
    ];
    for (base_url, class) in cases {
        let test = bench
            .engine
            .test_provider(form("Nowhere", &base_url, None))
            .await
            .unwrap();
        let failure = test.models.expect_err(&base_url);
        let failure = failure.failure;
        assert_eq!(failure.class, class, "{base_url}: {failure}");
    }
}

#[tokio::test]
async fn a_silent_provider_is_given_up_by_the_clock() {
    let bench = Bench::start().await;
    let answering = bench.ask("silent", "Hello?").await;
    bench.server.wait_for_requests(1).await;
    let question = Question::New {
        text: "And you?".to_owned(),
        system_prompt: String::new(),
        parameters: Parameters::default(),
    };
    let other = bench.put("answer", question).await.unwrap().end().await;
    assert_eq!(
        other.message.status,
        MessageStatus::Complete,
        "one silence holds up nobody else"
    );
    bench.engine.stop_run(answering.started.run);
    assert_eq!(answering.end().await.message.status, MessageStatus::Stopped);
}
