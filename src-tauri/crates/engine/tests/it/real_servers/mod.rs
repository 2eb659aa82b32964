//! Servers that other people wrote, asked through the engine as a person asks them: a LiteLLM proxy in
//! front of the scripted provider, and llama.cpp's server with the local model.
//!
//! They are large and no part of this tree, so these tests are left out unless they are asked for:
//! `cargo xtask real-servers` installs the proxy, says in the variables below where the programs are, and
//! starts the tests. What was checked is printed, one line each.

mod litellm;
mod llama_cpp;
mod program;

use patchbay_domain::{FailureClass, MessageStatus, Usage, WireFamily};
use patchbay_engine::{ModelChoice, ProviderForm};

use crate::support::{Answered, Bench, form};

/// The program `litellm` of a virtual environment.
const LITELLM: &str = "PATCHBAY_LITELLM";
/// The program `llama-server`.
const LLAMA_SERVER: &str = "PATCHBAY_LLAMA_SERVER";
/// The model file that it is to serve.
const LLAMA_MODEL: &str = "PATCHBAY_LLAMA_MODEL";

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: use cargo xtask real-servers"))
}

/// One thing that was checked.
#[expect(
    clippy::print_stdout,
    reason = "the table for whoever started this by hand"
)]
fn checked(server: &str, what: &str, found: impl std::fmt::Display) {
    println!("checked | {server:<9} | {what:<44} | {found}");
}

impl Bench {
    /// Adds a provider of this preset as the form does it, and asks it from now on.
    async fn add_real(&mut self, preset: &str, family: Option<&str>, url: &str, key: Option<&str>) {
        let name = format!("{preset} {}", family.unwrap_or_default());
        let form = ProviderForm {
            preset: Some(preset.to_owned()),
            family: family.map(|word| WireFamily::from_word(word).expect(word)),
            ..form(name.trim(), url, key)
        };
        let saved = self.engine.save_provider(form).await.unwrap();
        assert_eq!(saved.models_failure, None, "{preset}");
        self.provider = saved.record.id;
    }

    /// What the list says of the models of the provider that is asked.
    async fn listed(&self) -> Vec<ModelChoice> {
        let mut models = self.engine.models().await.unwrap();
        models.retain(|model| model.endpoint.provider == self.provider);
        models
    }

    async fn answer(&self, model: &str) -> Answered {
        let answered = self.ask(model, "Hello there").await.end().await;
        assert_eq!(
            answered.message.status,
            MessageStatus::Complete,
            "{model}: {:?}",
            answered.attempts
        );
        answered
    }

    /// Asks what is to fail; the class of the last failure, and how often it was tried.
    async fn failure(&self, model: &str) -> (FailureClass, usize) {
        let answered = self.ask(model, "Hello there").await.end().await;
        let last = answered.attempts.last().unwrap();
        let failure = last.failure.as_ref();
        let failure = failure.unwrap_or_else(|| panic!("{model} did not fail: {last:?}"));
        (failure.class, answered.attempts.len())
    }
}

fn usage(answered: &Answered) -> Usage {
    answered.attempts.last().unwrap().usage.unwrap()
}
