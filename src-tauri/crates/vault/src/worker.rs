//! The vault's own thread: the only place that talks to the keychain.
//!
//! A call to a keychain blocks, for as long as a person takes to answer its window, and it starts
//! an executor of its own, which panics on a thread of an async runtime if some other crate turned
//! on zbus's `tokio` feature. One plain thread, one call at a time: prompts cannot stack, and no
//! runtime can be held up. Nobody joins it; a process that ends while a window is open just ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use secrecy::SecretString;
use tokio::sync::oneshot;

use crate::keychain::{Keychain, KeychainError, OpenKeychain};
use crate::shared::Shared;
use crate::{KeyAddress, VaultError, VaultState};

pub(crate) type Reply<T> = oneshot::Sender<T>;

pub(crate) enum Request {
    Status(Reply<VaultState>),
    TryAgain(Reply<VaultState>),
    Contains(KeyAddress, Reply<Result<bool, VaultError>>),
    Read(KeyAddress, Reply<Result<Option<SecretString>, VaultError>>),
    Write {
        address: KeyAddress,
        set: u64,
        key: SecretString,
        reply: Reply<Result<(), VaultError>>,
    },
    Remove(KeyAddress, Reply<Result<(), VaultError>>),
}

impl Request {
    /// Whether the caller gave up before its turn came. Its request must not open a window later,
    /// when the person has gone on to something else.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Status(reply) | Self::TryAgain(reply) => reply.is_closed(),
            Self::Contains(_, reply) => reply.is_closed(),
            Self::Read(_, reply) => reply.is_closed(),
            Self::Write { reply, .. } | Self::Remove(_, reply) => reply.is_closed(),
        }
    }
}

pub(crate) fn run(open: OpenKeychain, shared: Arc<Shared>, requests: mpsc::Receiver<Request>) {
    let mut worker = Worker {
        open,
        shared,
        keychain: None,
        state: VaultState::Opening,
        dismissed: false,
    };
    worker.guarded(Worker::probe);
    for request in requests {
        if !request.is_abandoned() {
            worker.guarded(|worker| worker.answer(request));
        }
    }
}

struct Worker {
    open: OpenKeychain,
    shared: Arc<Shared>,
    /// None when it could not be opened, or its service went away. Then keys are not looked for
    /// until somebody asks to try again or to store a key: one failure must not slow each message.
    keychain: Option<Box<dyn Keychain>>,
    state: VaultState,
    /// Whether a person turned down the question for the password. It is not put again for each
    /// message, only when they ask to try again or to store a key.
    dismissed: bool,
}

impl Worker {
    fn guarded(&mut self, act: impl FnOnce(&mut Self)) {
        self.shared.begin();
        if catch_unwind(AssertUnwindSafe(|| act(self))).is_err() {
            // A panic inside a store leaves its locks poisoned: begin with a new one next time.
            self.keychain = None;
            self.turn(
                VaultState::Failed,
                Some("the keychain's code panicked".to_owned()),
            );
        }
        self.shared.finish(self.state);
    }

    /// A caller that gave up is no failure: what it asked for is in `shared`.
    fn answer(&mut self, request: Request) {
        match request {
            Request::Status(reply) => {
                if self.keychain.is_some() {
                    self.probe();
                }
                reply.send(self.state).ok();
            }
            Request::TryAgain(reply) => {
                self.try_again();
                reply.send(self.state).ok();
            }
            Request::Contains(address, reply) => {
                reply.send(self.contains(&address)).ok();
            }
            Request::Read(address, reply) => {
                reply.send(self.read(&address)).ok();
            }
            Request::Write {
                address,
                set,
                key,
                reply,
            } => {
                reply.send(self.write(address, set, key)).ok();
            }
            Request::Remove(address, reply) => {
                reply.send(self.remove(&address)).ok();
            }
        }
    }

    fn probe(&mut self) {
        if self.ask(|keychain| keychain.check()).is_ok() {
            self.turn_ready();
        }
    }

    fn try_again(&mut self) {
        self.keychain = None;
        self.probe();
        if self.state == VaultState::Locked && self.ask(|keychain| keychain.unlock()).is_ok() {
            self.probe();
        }
        if self.state.is_ready() {
            // Another program may have changed an entry; asking again is how one says so.
            self.shared.forget_read_keys();
        }
    }

    fn contains(&mut self, address: &KeyAddress) -> Result<bool, VaultError> {
        if self.keychain.is_none() {
            return Err(self.state.into());
        }
        Ok(self.ask(|keychain| keychain.contains(&address.user_name()))?)
    }

    fn read(&mut self, address: &KeyAddress) -> Result<Option<SecretString>, VaultError> {
        if self.keychain.is_none() {
            return Err(self.state.into());
        }
        if self.dismissed {
            self.probe();
            if !self.state.is_ready() {
                let is_there = self.contains(address)?;
                return if is_there {
                    Err(self.state.into())
                } else {
                    Ok(None)
                };
            }
        }
        let key = self.ask(|keychain| keychain.read(&address.user_name()))?;
        if let Some(key) = &key {
            self.turn_ready();
            self.shared.remember_read_key(address.clone(), key.clone());
        }
        Ok(key)
    }

    fn write(
        &mut self,
        address: KeyAddress,
        set: u64,
        key: SecretString,
    ) -> Result<(), VaultError> {
        self.ask(|keychain| keychain.write(&address.user_name(), &key))?;
        self.turn_ready();
        self.shared.stored(address, set, key);
        Ok(())
    }

    fn remove(&mut self, address: &KeyAddress) -> Result<(), VaultError> {
        self.ask(|keychain| keychain.remove(&address.user_name()))?;
        self.shared.forget_read_key(address);
        Ok(())
    }

    /// Asks the keychain, opened if need be. One that was open and has lost its service is opened
    /// anew and asked once more: a keyring service that restarts is no concern of the person's.
    fn ask<T>(
        &mut self,
        question: impl Fn(&dyn Keychain) -> Result<T, KeychainError>,
    ) -> Result<T, KeychainError> {
        let was_open = self.keychain.is_some();
        let mut answer = self.ask_once(&question);
        if let Err(error) = &answer
            && error.may_be_cured_by_opening_again()
        {
            self.keychain = None;
            if was_open {
                answer = self.ask_once(&question);
            }
        }
        if let Err(error) = &answer {
            self.learn(error);
        }
        answer
    }

    fn ask_once<T>(
        &mut self,
        question: impl Fn(&dyn Keychain) -> Result<T, KeychainError>,
    ) -> Result<T, KeychainError> {
        let keychain = match self.keychain.take() {
            Some(keychain) => keychain,
            None => (self.open)()?,
        };
        let keychain = self.keychain.insert(keychain);
        question(keychain.as_ref())
    }

    fn learn(&mut self, error: &KeychainError) {
        if error.may_be_cured_by_opening_again() {
            self.keychain = None;
        }
        self.dismissed |= matches!(error, KeychainError::Dismissed(_));
        if let Some(state) = error.state() {
            self.turn(state, Some(chain(error)));
        }
    }

    fn turn_ready(&mut self) {
        self.dismissed = false;
        self.turn(VaultState::Ready, None);
    }

    /// The only record of a failure whose caller has gone, so it is written here.
    fn turn(&mut self, state: VaultState, cause: Option<String>) {
        if self.state != state {
            tracing::info!(from = ?self.state, to = ?state, cause, "the keychain's state changed");
            self.state = state;
        }
    }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |error| error.source())
        .fold(error.to_string(), |line, error| format!("{line}: {error}"))
}
