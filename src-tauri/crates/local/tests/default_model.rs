//! The real model, through the trait that the engine uses.
#![expect(
    clippy::unwrap_used,
    reason = "in the functions that several tests call"
)]

use std::path::PathBuf;
use std::sync::LazyLock;

use futures::StreamExt;
use patchbay_domain::{
    ChatMessage, ChatRequest, EventStream, FailureClass, FinishReason, ModelProvider, Parameters,
    Role, StreamEvent, Usage,
};
use patchbay_local::{DEFAULT_MODEL, LocalProvider, prepare, verify};

const MODEL: &str = "SmolLM2-135M-Instruct.Q4_1";

/// One for all tests of this process, so that the weights are in memory once.
static PROVIDER: LazyLock<LocalProvider> = LazyLock::new(|| LocalProvider::new(models_dir()));

fn models_dir() -> PathBuf {
    let folder = std::env::var_os("PATCHBAY_TEST_MODELS_DIR").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../../target/models"
            ))
        },
        PathBuf::from,
    );
    let file = folder.join(DEFAULT_MODEL.file_name);
    assert!(
        file.is_file(),
        "{} is missing: run `cargo xtask setup`",
        file.display()
    );
    folder
}

fn request(messages: &[(Role, &str)], parameters: Parameters) -> ChatRequest {
    let messages = messages
        .iter()
        .map(|(role, text)| ChatMessage::text(*role, *text))
        .collect();
    ChatRequest {
        model: MODEL.to_owned(),
        messages,
        parameters,
        ..ChatRequest::default()
    }
}

fn greedy(max_tokens: u32) -> Parameters {
    Parameters {
        temperature: Some(0.0),
        max_tokens: Some(max_tokens),
        ..Parameters::default()
    }
}

#[derive(Debug, Default, PartialEq)]
struct Answer {
    text: String,
    usage: Usage,
    reason: Option<FinishReason>,
}

async fn listen(mut events: EventStream) -> Answer {
    let mut answer = Answer::default();
    while let Some(event) = events.next().await {
        assert_eq!(answer.reason, None, "nothing after the end");
        match event.unwrap() {
            StreamEvent::Text { text } => {
                assert!(!text.is_empty());
                answer.text.push_str(&text);
            }
            StreamEvent::Usage { usage, .. } => answer.usage = usage,
            StreamEvent::Finished { reason } => answer.reason = Some(reason),
            _ => {}
        }
    }
    answer
}

async fn ask(messages: &[(Role, &str)], parameters: Parameters) -> Answer {
    listen(
        PROVIDER
            .open_stream(request(messages, parameters))
            .await
            .unwrap(),
    )
    .await
}

#[test]
fn the_file_is_the_known_one() {
    verify(&DEFAULT_MODEL, &models_dir().join(DEFAULT_MODEL.file_name)).unwrap();
}

#[tokio::test]
async fn it_is_listed_with_what_it_can_do() {
    let listed = PROVIDER.list_models().await.unwrap();
    let model = listed.iter().find(|model| model.id == MODEL).unwrap();
    assert_eq!(model.name.as_deref(), Some("SmolLM2 135M Instruct"));
    assert_eq!(model.owned_by.as_deref(), Some("HuggingFaceTB"));
    assert_eq!(model.context_length, Some(4_096));
    assert!(
        listed.iter().all(|model| !model.id.contains("patchbay")),
        "{listed:?}"
    );
}

#[tokio::test]
async fn it_answers_and_every_token_is_counted() {
    let question = [(Role::User, "Hi")];
    let answer = ask(&question, greedy(64)).await;
    assert!(answer.text.starts_with("Hello"), "{answer:?}");
    assert_eq!(answer.reason, Some(FinishReason::Stop));
    // The template's own system turn and the question, counted by hand.
    assert_eq!((answer.usage.input, answer.usage.cache_read), (31, 0));

    // The same answer as a turn of a longer chat adds exactly its own tokens, next to an answer of
    // one token.
    let with = async |reply: &str| {
        let [question] = question;
        let chat = [question, (Role::Assistant, reply), (Role::User, "Thanks!")];
        ask(&chat, greedy(1)).await.usage.input
    };
    assert_eq!(
        answer.usage.output,
        with(&answer.text).await - with("Hello").await + 1
    );
}

#[tokio::test]
async fn tokens_are_counted_without_an_answer() {
    let asked = request(&[(Role::User, "Hi")], greedy(64));
    assert_eq!(PROVIDER.count_tokens(asked).await.unwrap(), Some(31));
}

#[tokio::test]
async fn greedy_and_seeded_answers_repeat() {
    let question = [(Role::User, "Invent a name for a small boat.")];
    assert_eq!(
        ask(&question, greedy(8)).await,
        ask(&question, greedy(8)).await
    );
    let seeded = async |seed| {
        let parameters = Parameters {
            temperature: Some(1.2),
            top_p: Some(0.95),
            seed: Some(seed),
            max_tokens: Some(8),
            ..Parameters::default()
        };
        ask(&question, parameters).await
    };
    let first = seeded(11).await;
    assert_eq!(first, seeded(11).await);
    assert_ne!(first.text, seeded(12).await.text);
}

#[tokio::test]
async fn half_an_answer_is_gone_on_from_as_if_it_had_not_been_broken_off() {
    let question = (Role::User, "Why is the sky blue?");
    let whole = ask(&[question], greedy(24)).await;
    let middle = whole.text[..whole.text.len() / 2].rfind(' ').unwrap();
    // With its white space, and without it.
    for half in [&whole.text[..middle], &whole.text[..=middle]] {
        let mut request = request(&[question, (Role::Assistant, half)], greedy(24));
        request.continues = true;
        let rest = listen(PROVIDER.open_stream(request).await.unwrap()).await;
        let joined = format!("{half}{}", rest.text);
        assert!(joined.starts_with(&whole.text), "{joined} / {}", whole.text);
    }
    // Without the wish it is a turn like any other, and an answer of its own follows.
    let turn = ask(
        &[question, (Role::Assistant, &whole.text[..middle])],
        greedy(24),
    )
    .await;
    assert!(!whole.text[middle..].starts_with(&turn.text));
}

#[tokio::test]
async fn limits_end_an_answer() {
    let question = [(Role::User, "What is gravity?")];
    let whole = ask(&question, greedy(12)).await;
    assert_eq!(
        (whole.usage.output, whole.reason),
        (12, Some(FinishReason::Length))
    );

    let words: Vec<&str> = whole.text.split(' ').collect();
    let stop = format!(" {} {}", words[3], words[4]);
    let parameters = Parameters {
        stop: vec![stop.clone()],
        ..greedy(12)
    };
    let stopped = ask(&question, parameters).await;
    assert_eq!(stopped.reason, Some(FinishReason::Stop));
    assert_eq!(
        whole.text.find(&stop),
        Some(stopped.text.len()),
        "{whole:?} {stopped:?}"
    );

    let long = "word ".repeat(5_000);
    let refused = PROVIDER
        .open_stream(request(&[(Role::User, &long)], greedy(1)))
        .await;
    let failure = refused.err().unwrap();
    assert_eq!(failure.class, FailureClass::ContextTooLong);
    assert!(failure.message.contains("4096"), "{failure}");
}

#[tokio::test]
async fn stopping_frees_the_model_for_the_next_request() {
    let endless = || request(&[(Role::User, "Tell me a very long story.")], greedy(4_000));
    let mut running = PROVIDER.open_stream(endless()).await.unwrap();
    while let Some(event) = running.next().await {
        if matches!(event.unwrap(), StreamEvent::Text { .. }) {
            break;
        }
    }
    drop(running);
    // Thousands of tokens are still to come; were one of them not cancelled, this would wait for
    // minutes.
    let next = ask(&[(Role::User, "Hi")], greedy(2)).await;
    assert_eq!(next.usage.output, 2);
}

#[tokio::test]
async fn a_chat_that_goes_on_reads_only_what_is_new() {
    // A model of its own: what other tests ask in between would be remembered instead.
    let provider = LocalProvider::new(models_dir());
    // Not zero, which would ask for the same sums each time; but hardly any choice is left.
    let parameters = || Parameters {
        temperature: Some(0.01),
        max_tokens: Some(1),
        ..Parameters::default()
    };
    let ask = async |messages: &[(Role, &str)]| {
        listen(
            provider
                .open_stream(request(messages, parameters()))
                .await
                .unwrap(),
        )
        .await
    };
    let first = ask(&[(Role::User, "Hi")]).await;
    assert_eq!((first.usage.input, first.usage.cache_read), (31, 0));
    let chat = [
        (Role::User, "Hi"),
        (Role::Assistant, &*first.text),
        (Role::User, "Hi again"),
    ];
    let second = ask(&chat).await;
    assert_eq!(second.usage.cache_read, 31);
    assert!(
        second.usage.input > 0 && second.usage.input < 31,
        "{second:?}"
    );
}

#[tokio::test]
async fn cut_and_foreign_files_are_listed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(models_dir().join(DEFAULT_MODEL.file_name)).unwrap();
    std::fs::write(folder.path().join("cut.gguf"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path().join("page.gguf"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no model").unwrap();
    let provider = LocalProvider::new(folder.path().to_owned());
    let reasons: Vec<(String, String)> = provider
        .scan()
        .into_iter()
        .map(|model| (model.id, model.context_length.unwrap_err().to_string()))
        .collect();
    let cut = format!(
        "the file is cut: it needs 98362432 bytes and has {}",
        whole.len() / 2
    );
    let page = "this is not a GGUF file".to_owned();
    assert_eq!(
        reasons,
        [("cut".to_owned(), cut), ("page".to_owned(), page)]
    );
    assert_eq!(provider.list_models().await.unwrap(), []);

    let mut request = request(&[(Role::User, "Hi")], greedy(1));
    request.model = "cut".to_owned();
    let failure = provider.open_stream(request.clone()).await.err().unwrap();
    assert_eq!(failure.class, FailureClass::LocalModelUnusable);
    request.model = "absent".to_owned();
    let failure = provider.open_stream(request.clone()).await.err().unwrap();
    assert_eq!(failure.class, FailureClass::LocalModelMissing);
    request.parameters.temperature = Some(3.0);
    let failure = provider.open_stream(request).await.err().unwrap();
    assert_eq!(failure.class, FailureClass::InvalidRequest);
}

#[test]
fn the_faster_copy_keeps_every_tensor() {
    let prepared = prepare(&models_dir().join(DEFAULT_MODEL.file_name), &mut |_| true).unwrap();
    assert_eq!(prepared.source_bytes, DEFAULT_MODEL.bytes);
    assert!(
        (144_000_000..147_000_000).contains(&prepared.bytes),
        "{prepared:?}"
    );
}
