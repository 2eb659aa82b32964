//! The handle that the rest of the program holds.

use std::fmt;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{oneshot, watch};

use crate::keychain::{KeychainError, OpenKeychain};
use crate::shared::Shared;
use crate::worker::{self, Reply, Request};
use crate::{KeyAddress, VaultError, VaultState, clean_key};

/// How long a call waits for the keychain before it says that a person is being asked.
pub const DEFAULT_WAIT: Duration = Duration::from_secs(10);

/// The name under which the system's keychain lists this program's keys. A debug build has its
/// own, so that trying something out never touches the keys in daily use.
pub const SERVICE: &str = if cfg!(debug_assertions) {
    "app.patchbay.desktop.dev"
} else {
    "app.patchbay.desktop"
};

/// Reads an environment variable by its name.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How a [`Vault`] is set up.
#[derive(Clone)]
pub struct VaultOptions {
    service: String,
    wait: Duration,
    environment: Environment,
}

impl VaultOptions {
    /// Keys under the keychain service `service` (the program's own is [`SERVICE`]), a wait of
    /// [`DEFAULT_WAIT`], and this process's environment.
    pub fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            wait: DEFAULT_WAIT,
            environment: Arc::new(|name| std::env::var(name).ok()),
        }
    }

    /// Waits this long for the keychain, a call.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Reads environment variables through `environment`.
    #[must_use]
    pub fn with_environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }
}

impl fmt::Debug for VaultOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("VaultOptions")
            .field("service", &self.service)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}

/// How long a key is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    /// In the system's keychain, until it is deleted.
    Keychain,
    /// In memory, until the program ends.
    Session,
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum KeySource {
    /// The system's keychain.
    Keychain,
    /// Held in memory since the person entered it.
    Session,
    /// The environment variable of this name.
    Environment(String),
}

/// What a deletion reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deletion {
    /// The key is nowhere any more, save in an environment variable.
    Complete,
    /// The key held for this session is gone. The keychain could not be asked whether it has one
    /// too; the state says why.
    SessionOnly(VaultState),
}

/// Keys of providers, in the system's keychain or held for this session. Clones share one thread.
///
/// **A key held for the session comes first**, then the keychain's, then the environment's. Storing
/// a key in the keychain ends the one held for the session, so whichever was entered last is used.
///
/// A key that was read from the keychain **stays in memory** until it is set, deleted or
/// [`Vault::try_again`] succeeds. It is sent with every request anyway, so it is in memory most of
/// the time; and a keyring that locks itself again (KWallet and KeePassXC do, after a while) would
/// otherwise open a window in the middle of an answer. The price: a change made in another program
/// is seen after the next start. That nothing is stored is not remembered; asking takes milliseconds.
#[derive(Clone)]
pub struct Vault {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
    wait: Duration,
    environment: Environment,
}

impl Vault {
    /// Starts the vault's thread, which at once looks at the system's keychain without asking
    /// anybody. Returns without waiting for it.
    pub fn start(options: VaultOptions) -> Self {
        let service = options.service.clone();
        Self::start_with(
            options,
            Box::new(move || crate::open_system_keychain(&service)),
        )
    }

    /// [`Vault::start`] without any keychain: keys are held for this session, or come from environment
    /// variables.
    pub fn without_keychain(options: VaultOptions) -> Self {
        let nowhere = || {
            Err(KeychainError::NoSecretService(
                "the keychain is not to be used".into(),
            ))
        };
        Self::start_with(options, Box::new(nowhere))
    }

    /// [`Vault::start`] with another keychain than the system's.
    pub fn start_with(options: VaultOptions, open: OpenKeychain) -> Self {
        let shared = Arc::new(Shared::new());
        let (requests, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("vault".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || worker::run(open, shared, receiver)
        });
        if let Err(error) = thread {
            // The channel is closed then, and every call says that the keychain failed.
            tracing::error!(%error, "the vault's thread did not start");
            shared.finish(VaultState::Failed);
        }
        let VaultOptions {
            wait, environment, ..
        } = options;
        Self {
            requests,
            shared,
            wait,
            environment,
        }
    }

    /// The state of the keychain now. Asks nobody. Where the keychain could not be opened, this is
    /// what was found then: [`Vault::try_again`] looks anew.
    pub async fn status(&self) -> VaultState {
        self.ask(Request::Status)
            .await
            .unwrap_or_else(|state| state)
    }

    /// The state whenever it changes, for instance when a person has unlocked the keychain at last.
    pub fn states(&self) -> watch::Receiver<VaultState> {
        self.shared.states()
    }

    /// Opens the keychain anew and, where it is locked, lets the system ask for its password.
    pub async fn try_again(&self) -> VaultState {
        self.ask(Request::TryAgain)
            .await
            .unwrap_or_else(|state| state)
    }

    /// Stores a key, over the one before at this address.
    ///
    /// # Errors
    ///
    /// The text cannot be a key, or the keychain did not take it. After [`VaultState::Waiting`]
    /// the key is stored once the person unlocks the keychain, if this call had reached it; storing
    /// it again does no harm.
    pub async fn set(
        &self,
        address: &KeyAddress,
        key: SecretString,
        storage: Storage,
    ) -> Result<(), VaultError> {
        let key = clean_key(&key)?;
        let set = self.shared.next_set();
        if storage == Storage::Session {
            self.shared.hold_for_session(address.clone(), set, key);
            return Ok(());
        }
        let address = address.clone();
        self.ask(|reply| Request::Write {
            address,
            set,
            key,
            reply,
        })
        .await?
    }

    /// The key at this address and where it came from. **For the engine only**, which puts it into
    /// a request to the address's origin. No command and no reply may pass it on.
    ///
    /// `variables` are the environment variables to try, in order. They know no origin: name them
    /// only for the origin that the provider itself publishes.
    ///
    /// May open a window that asks for the keychain's password.
    ///
    /// # Errors
    ///
    /// The keychain could not be asked and there is no key elsewhere. While it is locked, an
    /// environment variable does not stand in for what it may hold: that key could belong to
    /// another account.
    pub async fn get(
        &self,
        address: &KeyAddress,
        variables: &[&str],
    ) -> Result<Option<(SecretString, KeySource)>, VaultError> {
        if let Some(key) = self.shared.session_key(address) {
            return Ok(Some((key, KeySource::Session)));
        }
        if let Some(key) = self.shared.read_key(address) {
            return Ok(Some((key, KeySource::Keychain)));
        }
        let address = address.clone();
        let stored = self.ask(|reply| Request::Read(address, reply)).await;
        match stored.map_err(VaultError::from).flatten() {
            Ok(Some(key)) => Ok(Some((key, KeySource::Keychain))),
            Ok(None) => self.environment_key(variables),
            Err(error) => self.environment_key_instead(variables, error),
        }
    }

    /// Where the key at this address would come from, without reading it and without asking
    /// anybody. This, [`Vault::set`] and [`Vault::delete`] are all that a command may offer.
    ///
    /// # Errors
    ///
    /// As [`Vault::get`].
    pub async fn key_status(
        &self,
        address: &KeyAddress,
        variables: &[&str],
    ) -> Result<Option<KeySource>, VaultError> {
        if self.shared.session_key(address).is_some() {
            return Ok(Some(KeySource::Session));
        }
        if self.shared.read_key(address).is_some() {
            return Ok(Some(KeySource::Keychain));
        }
        let address = address.clone();
        let stored = self.ask(|reply| Request::Contains(address, reply)).await;
        let found = match stored.map_err(VaultError::from).flatten() {
            Ok(true) => return Ok(Some(KeySource::Keychain)),
            Ok(false) => self.environment_key(variables)?,
            Err(error) => self.environment_key_instead(variables, error)?,
        };
        Ok(found.map(|(_, source)| source))
    }

    /// Deletes the key at this address from the keychain and from memory. An environment variable
    /// stays as it is.
    ///
    /// # Errors
    ///
    /// The keychain did not delete it, or could not be asked and there was none in memory.
    pub async fn delete(&self, address: &KeyAddress) -> Result<Deletion, VaultError> {
        let was_held = self.shared.forget_session_key(address);
        self.shared.forget_read_key(address);
        let removed = {
            let address = address.clone();
            self.ask(|reply| Request::Remove(address, reply)).await
        };
        match removed.map_err(VaultError::from).flatten() {
            Ok(()) => Ok(Deletion::Complete),
            Err(VaultError::Unavailable { state, .. }) if was_held => {
                Ok(Deletion::SessionOnly(state))
            }
            Err(error) => Err(error),
        }
    }

    fn environment_key_instead(
        &self,
        variables: &[&str],
        error: VaultError,
    ) -> Result<Option<(SecretString, KeySource)>, VaultError> {
        if error.state().is_none_or(VaultState::may_hide_a_key) {
            return Err(error);
        }
        match self.environment_key(variables)? {
            Some(found) => Ok(Some(found)),
            None => Err(error),
        }
    }

    fn environment_key(
        &self,
        variables: &[&str],
    ) -> Result<Option<(SecretString, KeySource)>, VaultError> {
        for variable in variables {
            let Some(value) = (self.environment)(variable).map(SecretString::from) else {
                continue;
            };
            match clean_key(&value) {
                Ok(key) => {
                    return Ok(Some((key, KeySource::Environment((*variable).to_owned()))));
                }
                Err(crate::KeyFormatError::Empty) => {}
                Err(source) => {
                    let variable = (*variable).to_owned();
                    return Err(VaultError::Environment { variable, source });
                }
            }
        }
        Ok(None)
    }

    /// Puts a request to the thread and waits for its answer, or says in which state it is.
    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, VaultState> {
        let mut states = self.shared.states();
        if *states.borrow() == VaultState::Waiting {
            return Err(VaultState::Waiting);
        }
        let (reply, answer) = oneshot::channel();
        if self.requests.send(request(reply)).is_err() {
            return Err(VaultState::Failed);
        }
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| VaultState::Failed),
            // Another caller has found that a person is being asked; no use in waiting out our own time.
            _ = states.wait_for(|state| *state == VaultState::Waiting) => Err(VaultState::Waiting),
            () = tokio::time::sleep(self.wait) => {
                self.shared.waited_too_long();
                Err(VaultState::Waiting)
            }
        }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Vault")
            .field("shared", &self.shared)
            .field("wait", &self.wait)
            .finish_non_exhaustive()
    }
}
