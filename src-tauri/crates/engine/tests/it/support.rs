//! What the tests share: an engine in a folder that goes away, and answers that are waited for.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use patchbay_domain::route::Target;
use patchbay_domain::{
    Attempt, Clock, ConversationId, Endpoint, Message, MessageId, Parameters, ProviderId, RunId,
};
use patchbay_engine::{
    Choice, Engine, EngineError, EngineOptions, NewKey, ProviderForm, Question, RunOrigin,
    RunUpdate, SecretString, SequencedUpdate, StartRun, StartedRun, SystemClock,
};
use patchbay_testkit::ScriptedProvider;
use patchbay_vault::{KeychainError, PlatformCause, Vault, VaultOptions};
use tempfile::TempDir;
use tokio::sync::mpsc;

/// Longer than anything here takes on a busy machine; a test that waits this long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// A vault on a computer without a keychain and without environment variables.
pub(crate) fn vault_without_keychain() -> Vault {
    let options = VaultOptions::new("app.patchbay.test").with_environment(Arc::new(|_| None));
    Vault::start_with(
        options,
        Box::new(|| Err(KeychainError::NoSessionBus(no_bus()))),
    )
}

fn no_bus() -> PlatformCause {
    "there is no bus in this test".into()
}

pub(crate) async fn open(folder: &Path) -> Engine {
    open_with(folder, Arc::new(SystemClock::start())).await
}

/// With a clock of the test's.
pub(crate) async fn open_with(folder: &Path, clock: Arc<dyn Clock>) -> Engine {
    let options = EngineOptions {
        data_folder: folder.to_owned(),
        models_folder: folder.join("models"),
    };
    Engine::open_with(options, vault_without_keychain(), clock)
        .await
        .unwrap()
        .0
}

/// An engine with one provider: the scripted one.
pub(crate) struct Bench {
    pub engine: Engine,
    pub server: ScriptedProvider,
    pub provider: ProviderId,
    pub folder: TempDir,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = open(folder.path()).await;
        let server = ScriptedProvider::start().unwrap();
        let saved = engine
            .save_provider(form("Scripted", &server.base_url(), None))
            .await
            .unwrap();
        Self {
            engine,
            server,
            provider: saved.record.id,
            folder,
        }
    }

    pub(crate) fn endpoint(&self, model: &str) -> Endpoint {
        Endpoint {
            provider: self.provider.clone(),
            model: model.to_owned(),
        }
    }

    /// Asks in a new conversation and follows the answer.
    pub(crate) async fn ask(&self, model: &str, text: &str) -> Answering {
        self.ask_result(model, text).await.unwrap()
    }

    /// The same, where it may be refused before anything is asked.
    pub(crate) async fn ask_result(
        &self,
        model: &str,
        text: &str,
    ) -> Result<Answering, EngineError> {
        let question = Question::New {
            text: text.to_owned(),
            system_prompt: String::new(),
            parameters: Parameters::default(),
        };
        self.put(model, question).await
    }

    pub(crate) async fn put(
        &self,
        model: &str,
        question: Question,
    ) -> Result<Answering, EngineError> {
        let endpoint = self.endpoint(model);
        self.put_to(Target::Endpoint { endpoint }, question).await
    }

    /// A question to whatever was chosen.
    pub(crate) async fn put_to(
        &self,
        target: Target,
        question: Question,
    ) -> Result<Answering, EngineError> {
        let (sender, updates) = mpsc::unbounded_channel();
        let start = StartRun {
            question,
            target,
            origin: RunOrigin::Chat,
        };
        let sink = Box::new(move |_: RunId, _: &Choice| {
            Box::new(move |batch: Vec<SequencedUpdate>| {
                batch.into_iter().all(|update| sender.send(update).is_ok())
            }) as patchbay_engine::RunSink
        });
        let started = self.engine.start_run(start, Some(sink)).await?;
        Ok(Answering {
            started,
            updates,
            seen: Vec::new(),
        })
    }

    pub(crate) async fn stored(&self, conversation: ConversationId, message: MessageId) -> Message {
        let detail = self.engine.conversation(conversation).await.unwrap();
        detail
            .record
            .messages
            .into_iter()
            .find(|known| known.id == message)
            .unwrap()
    }
}

/// A key that is held for this session, in a slot of its own.
pub(crate) fn new_key(key: &str) -> NewKey {
    NewKey {
        id: None,
        label: None,
        key: Some(SecretString::from(key)),
        session_only: true,
    }
}

pub(crate) fn form(name: &str, base_url: &str, key: Option<&str>) -> ProviderForm {
    ProviderForm {
        id: None,
        preset: None,
        family: None,
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        options: BTreeMap::new(),
        extra_headers: Vec::new(),
        has_attribution: true,
        key: key.map(SecretString::from),
        key_for_session_only: true,
    }
}

/// An answer that is being written.
pub(crate) struct Answering {
    pub started: StartedRun,
    updates: mpsc::UnboundedReceiver<SequencedUpdate>,
    pub seen: Vec<SequencedUpdate>,
}

/// An answer that is over.
#[derive(Debug)]
pub(crate) struct Answered {
    pub message: Message,
    pub attempts: Vec<Attempt>,
    pub seen: Vec<SequencedUpdate>,
}

impl Answering {
    pub(crate) async fn next(&mut self) -> Option<RunUpdate> {
        let update = tokio::time::timeout(DEADLINE, self.updates.recv())
            .await
            .expect("an update")?;
        assert_eq!(
            update.sequence,
            self.seen.len() as u64,
            "no gap in the order"
        );
        self.seen.push(update.clone());
        Some(update.update)
    }

    /// Waits until the text on the screen holds at least this many characters.
    pub(crate) async fn until_text(&mut self, characters: usize) -> String {
        let mut text = String::new();
        while text.chars().count() < characters {
            match self.next().await.expect("more text") {
                RunUpdate::Text(more) => text.push_str(&more),
                RunUpdate::Ended(message) => panic!("ended too early: {message:?}"),
                _ => {}
            }
        }
        text
    }

    pub(crate) async fn end(mut self) -> Answered {
        let mut ended = None;
        while let Some(update) = self.next().await {
            assert!(ended.is_none(), "an update after the end: {update:?}");
            if let RunUpdate::Ended(message) = update {
                ended = Some(*message);
            }
        }
        let mut attempts: Vec<Attempt> = Vec::new();
        for update in &self.seen {
            if let RunUpdate::Settled(attempt) = &update.update {
                attempts.push((**attempt).clone());
            }
        }
        Answered {
            message: ended.expect("an end"),
            attempts,
            seen: self.seen,
        }
    }
}
