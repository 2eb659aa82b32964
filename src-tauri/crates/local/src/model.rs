//! The thread that owns a model.
//!
//! Generating takes all processors for seconds, so it has no place on the runtime's threads. One
//! thread a model takes requests in the order in which they came; the handle only sends. Dropping a
//! [`Generation`] cancels it, waiting or running.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::architecture::Architecture;
use crate::error::{GenerateError, LoadError, PrepareError};
use crate::generation::{GenerationEvent, GenerationRequest, Listener, generate};
use crate::header::Header;
use crate::prepare::prepare;
use crate::weights::LoadedModel;

/// How long a model stays in memory after its last answer.
pub const KEEP_LOADED: Duration = Duration::from_secs(10 * 60);

type Item = Result<GenerationEvent, GenerateError>;

/// Which bytes to load for a model file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// A faster copy where one is worth it; it is made when the model is first loaded.
    Fastest,
    /// The file as it is. For comparing the two.
    AsIs,
}

/// A handle to one model file and its thread. The file is read when the first request comes.
#[derive(Debug, Clone)]
pub struct LocalModel {
    commands: mpsc::Sender<Command>,
}

enum Command {
    Generate(Box<GenerationRequest>, UnboundedSender<Item>),
    Unload,
}

impl LocalModel {
    /// Starts the thread for a model file. It ends when the last handle is dropped.
    ///
    /// # Errors
    /// [`LoadError::Thread`] if the operating system gives no thread.
    pub fn start(
        path: PathBuf,
        variant: Variant,
        keep_loaded: Duration,
    ) -> Result<Self, LoadError> {
        let (commands, inbox) = mpsc::channel();
        let worker = Worker {
            path,
            variant,
            keep_loaded,
            loaded: None,
        };
        std::thread::Builder::new()
            .name("local-model".to_owned())
            .spawn(move || worker.run(&inbox))
            .map_err(LoadError::Thread)?;
        Ok(Self { commands })
    }

    /// Puts a request into the queue. Dropping what it returns cancels it.
    pub fn generate(&self, request: GenerationRequest) -> Generation {
        let (sender, events) = unbounded_channel();
        let command = Command::Generate(Box::new(request), sender);
        if let Err(mpsc::SendError(Command::Generate(_, sender))) = self.commands.send(command) {
            // The receiver is in our hands, so this arrives.
            let _ = sender.send(Err(GenerateError::Closed));
        }
        Generation { events }
    }

    /// Frees the memory after the requests that are queued now. The next request loads again.
    pub fn unload(&self) {
        // A thread that has gone has freed it already.
        let _ = self.commands.send(Command::Unload);
    }
}

/// An answer being made: a stream of events, ended by `Finished` or an error. Dropping it stops the
/// model before its next token.
#[derive(Debug)]
pub struct Generation {
    events: UnboundedReceiver<Item>,
}

impl Generation {
    /// The next event; `None` after the last one.
    pub async fn next(&mut self) -> Option<Item> {
        self.events.recv().await
    }

    /// The next event, for threads outside a runtime.
    pub fn blocking_next(&mut self) -> Option<Item> {
        self.events.blocking_recv()
    }
}

impl Stream for Generation {
    type Item = Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Item>> {
        self.events.poll_recv(context)
    }
}

impl Listener for UnboundedSender<Item> {
    fn send(&self, event: GenerationEvent) -> bool {
        UnboundedSender::send(self, Ok(event)).is_ok()
    }

    fn is_listening(&self) -> bool {
        !self.is_closed()
    }
}

/// What a file looked like when it was loaded: if it changes, it is loaded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(path: &Path) -> Result<Self, LoadError> {
        let Ok(metadata) = std::fs::metadata(path) else {
            return Err(LoadError::Missing(path.to_owned()));
        };
        Ok(Self {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

struct Worker {
    path: PathBuf,
    variant: Variant,
    keep_loaded: Duration,
    loaded: Option<(Stamp, LoadedModel)>,
}

impl Worker {
    fn run(mut self, inbox: &mpsc::Receiver<Command>) {
        while self.step(inbox) {}
    }

    /// Does the next thing that is asked for, or frees the memory after a long silence. `false`
    /// once no handle is left.
    fn step(&mut self, inbox: &mpsc::Receiver<Command>) -> bool {
        // Nothing to free means nothing to wake up for.
        let next = match self.loaded {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => inbox.recv_timeout(self.keep_loaded),
        };
        match next {
            Ok(Command::Generate(request, listener)) => self.answer(*request, &listener),
            Ok(Command::Unload) | Err(RecvTimeoutError::Timeout) => self.loaded = None,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        true
    }

    fn answer(&mut self, request: GenerationRequest, listener: &UnboundedSender<Item>) {
        if !listener.is_listening() {
            return;
        }
        // The library can panic on a file that the checks let through. That ends this request; the
        // state it may have left half changed is thrown away.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let model = self.model(listener)?;
            generate(model, request, listener)
        }));
        let error = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error,
            Err(_) => GenerateError::Crashed,
        };
        if matches!(error, GenerateError::Arithmetic(_) | GenerateError::Crashed) {
            self.loaded = None;
        }
        // Nobody may be left to hear it.
        let _ = UnboundedSender::send(listener, Err(error));
    }

    fn model(&mut self, listener: &UnboundedSender<Item>) -> Result<&mut LoadedModel, LoadError> {
        let stamp = Stamp::of(&self.path).inspect_err(|_| self.loaded = None)?;
        if self
            .loaded
            .as_ref()
            .is_some_and(|(loaded, _)| *loaded != stamp)
        {
            self.loaded = None;
        }
        match &mut self.loaded {
            Some((_, model)) => Ok(model),
            empty => {
                let path = match self.variant {
                    Variant::Fastest => fastest(&self.path, listener)?,
                    Variant::AsIs => self.path.clone(),
                };
                let model = LoadedModel::load(&path)?;
                Ok(&mut empty.insert((stamp, model)).1)
            }
        }
    }
}

/// The faster copy of a file where one is worth it and can be written; else the file itself.
fn fastest(path: &Path, listener: &impl Listener) -> Result<PathBuf, LoadError> {
    // A file that cannot be run at all is refused before a copy is made.
    Architecture::of(&Header::open(path)?)?;
    match prepare(path, &mut |_| listener.is_listening()) {
        Ok(prepared) => Ok(prepared.path),
        Err(PrepareError::Header(error)) => Err(error.into()),
        Err(PrepareError::Missing(path)) => Err(LoadError::Missing(path)),
        Err(PrepareError::Cancelled) => Err(LoadError::Cancelled),
        Err(
            error @ (PrepareError::Read(_) | PrepareError::Write(_) | PrepareError::Convert { .. }),
        ) => {
            tracing::warn!(%error, "no faster copy of the model; the file is used as it is");
            Ok(path.to_owned())
        }
    }
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
