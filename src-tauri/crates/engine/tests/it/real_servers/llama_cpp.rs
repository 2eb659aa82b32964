//! llama.cpp's server with the local model.

use std::process::Command;

use patchbay_domain::{FailureClass, FinishReason, MessageStatus, Parameters};
use patchbay_engine::Question;

use super::program::{Program, port};
use super::{LLAMA_MODEL, LLAMA_SERVER, checked, usage, variable};
use crate::support::{Answered, Bench, form};

const NAME: &str = "llama.cpp";
const USUAL_PORT: u16 = 8080;
const CONTEXT: u64 = 2_048;

async fn start(bench: &Bench, port: u16, key: Option<&str>) -> Program {
    let mut command = Command::new(variable(LLAMA_SERVER));
    command
        .args(["--model", &variable(LLAMA_MODEL)])
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--ctx-size", &CONTEXT.to_string()])
        .args(key.map(|key| ["--api-key", key]).into_iter().flatten());
    let log = bench.folder.path().join(format!("llama-{port}.log"));
    Program::start(command, port, "/health", &log).await
}

impl Bench {
    /// Asks for an answer of at most so many tokens; a small model may go on for ever.
    async fn short(&self, model: &str, text: &str, max_tokens: u32) -> Answered {
        let question = Question::New {
            text: text.to_owned(),
            system_prompt: "Be brief.".to_owned(),
            parameters: Parameters {
                max_tokens: Some(max_tokens),
                seed: Some(7),
                temperature: Some(0.0),
                ..Parameters::default()
            },
        };
        self.put(model, question).await.unwrap().end().await
    }
}

#[tokio::test]
#[ignore = "needs llama-server: cargo xtask real-servers --llama-server <program>"]
async fn llama_cpp_with_the_local_model() {
    let mut bench = Bench::start().await;
    let mut server = start(&bench, port(USUAL_PORT), None).await;
    if server.port == USUAL_PORT {
        let found = bench.engine.find_local_servers().await.unwrap();
        let own = found.iter().find(|found| found.preset.id == "llama_cpp");
        assert_eq!(own.unwrap().models.len(), 1);
        checked(
            NAME,
            "found by itself on its usual port",
            &own.unwrap().base_url,
        );
    }
    for (family, finish) in [
        ("openai_chat", FinishReason::Length),
        ("anthropic_messages", FinishReason::Length),
        // It tells an answer that ran into its limit as a complete one in this format.
        ("openai_responses", FinishReason::Stop),
    ] {
        bench
            .add_real("llama_cpp", Some(family), &server.url(), None)
            .await;
        let listed = bench.listed().await;
        assert_eq!(listed.len(), 1);
        let model = listed[0].endpoint.model.clone();
        if family != "anthropic_messages" {
            assert_eq!(listed[0].context_length, Some(CONTEXT));
            assert_eq!(listed[0].quantization.as_deref(), Some("Q4_1"));
        }
        let answered = bench.short(&model, "Tell me a very long story.", 12).await;
        assert_eq!(
            answered.message.status,
            MessageStatus::Complete,
            "{answered:?}"
        );
        assert!(!answered.message.text.is_empty(), "{family}");
        let attempt = answered.attempts.last().unwrap();
        assert_eq!(attempt.finish_reason, Some(finish), "{family}");
        let counted = usage(&answered);
        assert_eq!(counted.output, 12, "{family}");
        assert!(counted.total_input() > 10, "{family}: {counted:?}");
        checked(
            NAME,
            &format!("an answer in {family}"),
            format!("{} + 12 tokens", counted.total_input()),
        );
    }
    bench.add_real("llama_cpp", None, &server.url(), None).await;
    let listed = bench.listed().await;
    checked(
        NAME,
        "its list",
        format!("{}, context {CONTEXT}, Q4_1", listed[0].name),
    );
    let model = listed[0].endpoint.model.clone();
    let long = "word ".repeat(4_000);
    let answered = bench.short(&model, &long, 12).await;
    let failure = answered.attempts[0].failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::ContextTooLong, "{failure:?}");
    checked(NAME, "a prompt that is too long", failure.class.as_str());

    let mut answering = bench.ask(&model, "Tell me a very long story.").await;
    let begun = answering.until_text(40).await;
    server.kill();
    let answered = answering.end().await;
    assert_eq!(
        answered.message.status,
        MessageStatus::Failed,
        "{answered:?}"
    );
    let text = answered.attempts[0].replaced_text.as_deref();
    let text = text.unwrap_or(answered.message.text.as_str());
    assert!(text.starts_with(&begun), "{text}");
    let cut = answered.attempts[0].failure.as_ref().unwrap();
    assert!(
        matches!(
            cut.class,
            FailureClass::ConnectionLost | FailureClass::StreamCut
        ),
        "{cut:?}"
    );
    let classes: Vec<_> = answered
        .attempts
        .iter()
        .filter_map(|attempt| Some(attempt.failure.as_ref()?.class.as_str()))
        .collect();
    checked(
        NAME,
        "killed in the middle of an answer",
        classes.join(", then "),
    );
    let (class, _) = bench.failure(&model).await;
    assert_eq!(class, FailureClass::ConnectionRefused);
    checked(NAME, "asked while it does not run", class.as_str());
}

#[tokio::test]
#[ignore = "needs llama-server: cargo xtask real-servers --llama-server <program>"]
async fn llama_cpp_that_wants_a_key() {
    const KEY: &str = "made-up-key-of-a-local-server";
    let bench = Bench::start().await;
    let server = start(&bench, port(9931), Some(KEY)).await;
    if server.port == 9931 {
        let found = bench.engine.find_local_servers().await.unwrap();
        assert!(
            found.iter().any(|found| found.base_url.contains(":9931")),
            "{found:?}"
        );
        checked(NAME, "found although it wants a key, later port", "offered");
    }
    for (key, accepted) in [(KEY, true), ("made-up-and-wrong", false)] {
        let form = patchbay_engine::ProviderForm {
            preset: Some("llama_cpp".to_owned()),
            ..form("Local", &server.url(), Some(key))
        };
        let test = bench.engine.test_provider(form).await.unwrap();
        assert_eq!(test.models.is_ok(), accepted, "{test:?}");
        checked(NAME, "test of a key", test.summary());
    }
}
