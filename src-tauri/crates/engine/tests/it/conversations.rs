//! Titles, deletion and its undo, options.

use patchbay_domain::Parameters;
use patchbay_engine::EngineError;

use crate::support::Bench;

#[tokio::test]
async fn a_deleted_conversation_comes_back_whole() {
    let bench = Bench::start().await;
    let answering = bench.ask("answer", "Keep me.").await;
    let id = answering.started.conversation.id;
    answering.end().await;
    bench.engine.delete_conversation(id).await.unwrap();
    assert!(bench.engine.conversations().await.unwrap().is_empty());
    bench.engine.restore_conversation(id).await.unwrap();
    let detail = bench.engine.conversation(id).await.unwrap();
    assert_eq!(detail.record.messages.len(), 2);
}

#[tokio::test]
async fn deleting_a_conversation_stops_its_answer() {
    let bench = Bench::start().await;
    let answering = bench.ask("drip", "Never mind.").await;
    bench
        .engine
        .delete_conversation(answering.started.conversation.id)
        .await
        .unwrap();
    answering.end().await;
    bench.server.wait_until_idle().await;
}

#[tokio::test]
async fn titles_are_trimmed_and_bounded() {
    let bench = Bench::start().await;
    let answering = bench.ask("answer", "Hello").await;
    let id = answering.started.conversation.id;
    answering.end().await;
    bench
        .engine
        .rename_conversation(id, "  My \n title ")
        .await
        .unwrap();
    assert_eq!(
        bench.engine.conversations().await.unwrap()[0].title,
        "My title"
    );
    for bad in ["   ", &"x".repeat(201)] {
        let refused = bench.engine.rename_conversation(id, bad).await;
        assert!(matches!(refused, Err(EngineError::Input(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn options_out_of_range_are_refused_by_name() {
    let bench = Bench::start().await;
    let answering = bench.ask("answer", "Hello").await;
    let id = answering.started.conversation.id;
    answering.end().await;
    let hot = Parameters {
        temperature: Some(3.0),
        ..Parameters::default()
    };
    let refused = bench.engine.set_options(id, String::new(), hot).await;
    let Err(EngineError::Input(input)) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(input.field, "parameters");
    assert!(
        input.sentence.starts_with("Temperature"),
        "{}",
        input.sentence
    );
}
