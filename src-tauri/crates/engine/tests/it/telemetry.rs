//! What is asked and spent, sent on to a collector that listens on this computer.

use patchbay_engine::{EngineError, SecretString, TelemetrySettings};
use patchbay_testkit::Collector;

use crate::support::{Bench, open};

fn to(collector: &Collector) -> TelemetrySettings {
    TelemetrySettings {
        is_on: true,
        address: collector.address(),
        header: None,
        scheme: None,
    }
}

#[tokio::test]
async fn nothing_is_sent_before_somebody_names_a_collector() {
    let bench = Bench::start().await;
    let status = bench.engine.telemetry().await;
    assert!(!status.settings.is_on);
    bench.ask("answer", "Hello").await.end().await;
    assert_eq!(bench.engine.telemetry().await.delivery.batches, 0);
    let refused = bench.engine.test_telemetry().await.unwrap_err();
    assert!(refused.to_string().contains("switched off"), "{refused}");
}

#[tokio::test]
async fn an_answer_reaches_the_collector_without_a_word_of_it() {
    let collector = Collector::start(None).unwrap();
    let bench = Bench::start().await;
    let status = bench.engine.set_telemetry(to(&collector), None).await;
    assert!(status.unwrap().settings.is_on);
    let answered = bench.ask("answer", "A question of mine").await.end().await;
    bench.ask("401", "Another").await.end().await;
    // Whoever closes sends what waits.
    bench.engine.close().await;
    let seen = collector.seen();
    for path in ["/v1/traces", "/v1/metrics"] {
        let of_path: Vec<_> = seen.iter().filter(|sent| sent.path == path).collect();
        assert!(!of_path.is_empty(), "{path}");
        assert!(
            of_path
                .iter()
                .any(|sent| sent.holds("gen_ai.provider.name"))
        );
        for words in ["A question of mine", answered.message.text.as_str()] {
            assert!(of_path.iter().all(|sent| !sent.holds(words)), "{words}");
        }
    }
    assert!(seen.iter().any(|sent| sent.holds("chat answer")));
    assert!(seen.iter().any(|sent| sent.holds("error.type")));
}

#[tokio::test]
async fn settings_are_there_after_a_restart_and_a_test_says_what_the_collector_says() {
    let collector = Collector::start(None).unwrap();
    let bench = Bench::start().await;
    bench
        .engine
        .set_telemetry(to(&collector), None)
        .await
        .unwrap();
    bench.engine.close().await;
    let engine = open(bench.folder.path()).await;
    let status = engine.test_telemetry().await.unwrap();
    assert_eq!(status.settings, to(&collector));
    assert_eq!(
        (status.delivery.batches, status.delivery.problem),
        (1, None)
    );
    assert!(collector.seen()[0].holds("patchbay test"));

    drop(collector);
    let nobody = engine.test_telemetry().await.unwrap();
    let problem = nobody.delivery.problem.unwrap();
    assert!(problem.contains("Nothing listens"), "{problem}");

    let off = TelemetrySettings::default();
    engine.set_telemetry(off, None).await.unwrap();
    assert_eq!(engine.telemetry().await.delivery.problem, None);
    engine.close().await;
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_changes_nothing() {
    let bench = Bench::start().await;
    let with = |address: &str, header: Option<&str>| TelemetrySettings {
        is_on: true,
        address: address.to_owned(),
        header: header.map(ToOwned::to_owned),
        scheme: None,
    };
    let secret = || Some(SecretString::from("Bearer made-up"));
    let cases = [
        (with("localhost:4318", None), None, "address"),
        (with("http://localhost:4318", None), secret(), "header"),
        (
            with("http://collector.example:4318", Some("Authorization")),
            secret(),
            "header",
        ),
        // There is no keychain here, and it is written nowhere else.
        (
            with("http://localhost:4318", Some("Authorization")),
            None,
            "secret",
        ),
    ];
    for (settings, secret, field) in cases {
        let refused = bench.engine.set_telemetry(settings.clone(), secret).await;
        match refused.unwrap_err() {
            EngineError::Input(input) => assert_eq!(input.field, field, "{settings:?}"),
            EngineError::Vault(_) if field == "secret" => {}
            other => panic!("{settings:?}: {other:?}"),
        }
    }
    let kept = with("http://localhost:4318", Some("Authorization"));
    let refused = bench
        .engine
        .set_telemetry(kept, secret())
        .await
        .unwrap_err();
    assert!(matches!(refused, EngineError::Vault(_)), "{refused:?}");
    assert!(!bench.engine.telemetry().await.settings.is_on);
}
