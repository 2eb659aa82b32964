//! A keychain that the test holds in its hand.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use patchbay_domain::{Origin, ProviderId};
use patchbay_vault::{
    DEFAULT_LABEL, KeyAddress, Keychain, KeychainError, PlatformCause, Vault, VaultOptions,
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::oneshot;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    NoSessionBus,
    NoSecretService,
    NoLoginKeyring,
    /// Locked, and whoever is asked for the password declines.
    Locked,
    /// Each call to the open keychain fails until it is opened again.
    Restarted,
    Broken,
    Panics,
}

/// What the fake keychain holds and how it behaves; shared by test and vault.
pub(crate) struct World {
    pub(crate) entries: Mutex<HashMap<String, String>>,
    mood: Mutex<Mood>,
    window: Mutex<Option<Window>>,
    inside: AtomicBool,
    pub(crate) opened: AtomicUsize,
    pub(crate) asked: AtomicUsize,
    pub(crate) reads: AtomicUsize,
}

/// The end of a password window that the keychain holds.
struct Window {
    shown: oneshot::Sender<()>,
    answered: mpsc::Receiver<()>,
}

impl World {
    pub(crate) fn new(mood: Mood) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::default(),
            mood: Mutex::new(mood),
            window: Mutex::default(),
            inside: AtomicBool::new(false),
            opened: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
        })
    }

    pub(crate) fn vault(self: &Arc<Self>) -> Vault {
        self.vault_with(VaultOptions::new("test.patchbay").with_environment(Arc::new(|_| None)))
    }

    pub(crate) fn vault_with(self: &Arc<Self>, options: VaultOptions) -> Vault {
        let world = Arc::clone(self);
        Vault::start_with(
            options,
            Box::new(move || {
                world.opened.fetch_add(1, Ordering::SeqCst);
                match world.mood() {
                    Mood::NoSessionBus => return Err(KeychainError::NoSessionBus(cause())),
                    Mood::NoSecretService => return Err(KeychainError::NoSecretService(cause())),
                    Mood::Restarted => world.turn(Mood::Fine),
                    _ => {}
                }
                Ok(Box::new(Fake(Arc::clone(&world))))
            }),
        )
    }

    pub(crate) fn turn(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap()
    }

    /// The next call that may ask a person opens a window and blocks. Returns the sign that it has,
    /// and the answer to give it; until the answer is sent or dropped the call stays blocked.
    pub(crate) fn open_window_next(&self) -> (oneshot::Receiver<()>, mpsc::Sender<()>) {
        let (shown, is_shown) = oneshot::channel();
        let (answer, answered) = mpsc::channel();
        *self.window.lock().unwrap() = Some(Window { shown, answered });
        (is_shown, answer)
    }

    pub(crate) fn count(counter: &AtomicUsize) -> usize {
        counter.load(Ordering::SeqCst)
    }
}

struct Fake(Arc<World>);

impl Fake {
    /// Runs one call, which no other may overlap.
    fn call<T>(&self, act: impl FnOnce() -> Result<T, KeychainError>) -> Result<T, KeychainError> {
        assert!(
            !self.0.inside.swap(true, Ordering::SeqCst),
            "two calls at once"
        );
        let outcome = match self.0.mood() {
            Mood::NoSessionBus => Err(KeychainError::NoSessionBus(cause())),
            Mood::NoSecretService => Err(KeychainError::NoSecretService(cause())),
            Mood::Restarted => Err(KeychainError::Stale(cause())),
            Mood::Broken => Err(KeychainError::Platform(cause())),
            _ => act(),
        };
        self.0.inside.store(false, Ordering::SeqCst);
        outcome
    }

    fn ask_a_person(&self) -> Result<(), KeychainError> {
        if let Some(window) = self.0.window.lock().unwrap().take() {
            self.0.asked.fetch_add(1, Ordering::SeqCst);
            window.shown.send(()).unwrap();
            return window
                .answered
                .recv()
                .map_err(|_| KeychainError::Dismissed(cause()));
        }
        match self.0.mood() {
            Mood::Locked => {
                self.0.asked.fetch_add(1, Ordering::SeqCst);
                Err(KeychainError::Dismissed(cause()))
            }
            Mood::Panics => {
                self.0.inside.store(false, Ordering::SeqCst);
                panic!("the fake keychain panics, as the test wants");
            }
            _ => Ok(()),
        }
    }
}

impl Keychain for Fake {
    fn check(&self) -> Result<(), KeychainError> {
        self.call(|| match self.0.mood() {
            Mood::Locked => Err(KeychainError::Locked),
            Mood::NoLoginKeyring => Err(KeychainError::NoLoginKeyring),
            _ => Ok(()),
        })
    }

    fn unlock(&self) -> Result<(), KeychainError> {
        self.call(|| self.ask_a_person())
    }

    fn contains(&self, user_name: &str) -> Result<bool, KeychainError> {
        self.call(|| Ok(self.0.entries.lock().unwrap().contains_key(user_name)))
    }

    fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError> {
        self.call(|| {
            self.0.reads.fetch_add(1, Ordering::SeqCst);
            let is_there = self.0.entries.lock().unwrap().contains_key(user_name);
            if is_there {
                self.ask_a_person()?;
            }
            let key = self.0.entries.lock().unwrap().get(user_name).cloned();
            Ok(key.map(SecretString::from))
        })
    }

    fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError> {
        self.call(|| {
            if self.0.mood() == Mood::NoLoginKeyring {
                return Err(KeychainError::NoLoginKeyring);
            }
            self.ask_a_person()?;
            let key = key.expose_secret().to_owned();
            self.0
                .entries
                .lock()
                .unwrap()
                .insert(user_name.to_owned(), key);
            Ok(())
        })
    }

    fn remove(&self, user_name: &str) -> Result<(), KeychainError> {
        self.call(|| {
            let is_there = self.0.entries.lock().unwrap().contains_key(user_name);
            if is_there {
                self.ask_a_person()?;
                self.0.entries.lock().unwrap().remove(user_name);
            }
            Ok(())
        })
    }
}

fn cause() -> PlatformCause {
    Box::new(std::io::Error::other("the fake keychain says so"))
}

pub(crate) fn address(provider: &str, origin: &str) -> KeyAddress {
    labelled(provider, origin, DEFAULT_LABEL)
}

pub(crate) fn labelled(provider: &str, origin: &str, label: &str) -> KeyAddress {
    KeyAddress::new(
        &ProviderId::new(provider),
        &Origin::from_serialized(origin),
        label,
    )
    .unwrap()
}

pub(crate) fn openai() -> KeyAddress {
    address("openai", "https://api.openai.com")
}
