//! What the vault's handles and its thread both see.
//!
//! The thread writes here what it learns, whether or not the caller that asked is still there. So
//! an answer that comes after its caller gave up is not lost.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::watch;

use crate::{KeyAddress, VaultState};

pub(crate) struct Shared {
    state: watch::Sender<VaultState>,
    /// Whether the thread is inside a call. Held while `state` changes with it.
    busy: Mutex<bool>,
    /// Keys that go with the process. The number says when one was set.
    session: Mutex<HashMap<KeyAddress, (u64, SecretString)>>,
    /// Keys as the keychain has them.
    read: Mutex<HashMap<KeyAddress, SecretString>>,
    sets: AtomicU64,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            state: watch::Sender::new(VaultState::Opening),
            busy: Mutex::new(false),
            session: Mutex::default(),
            read: Mutex::default(),
            sets: AtomicU64::new(0),
        }
    }

    pub(crate) fn states(&self) -> watch::Receiver<VaultState> {
        self.state.subscribe()
    }

    pub(crate) fn begin(&self) {
        *lock(&self.busy) = true;
    }

    pub(crate) fn finish(&self, state: VaultState) {
        let mut busy = lock(&self.busy);
        *busy = false;
        self.publish(state);
    }

    /// A caller has waited long enough. Says so to all, unless the thread came back just now.
    pub(crate) fn waited_too_long(&self) {
        let busy = lock(&self.busy);
        if *busy {
            self.publish(VaultState::Waiting);
        }
    }

    fn publish(&self, state: VaultState) {
        self.state
            .send_if_modified(|current| std::mem::replace(current, state) != state);
    }

    /// A number that is larger than that of every key set before.
    pub(crate) fn next_set(&self) -> u64 {
        self.sets.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn hold_for_session(&self, address: KeyAddress, set: u64, key: SecretString) {
        lock(&self.session).insert(address, (set, key));
    }

    pub(crate) fn session_key(&self, address: &KeyAddress) -> Option<SecretString> {
        lock(&self.session).get(address).map(|(_, key)| key.clone())
    }

    pub(crate) fn forget_session_key(&self, address: &KeyAddress) -> bool {
        lock(&self.session).remove(address).is_some()
    }

    pub(crate) fn read_key(&self, address: &KeyAddress) -> Option<SecretString> {
        lock(&self.read).get(address).cloned()
    }

    pub(crate) fn remember_read_key(&self, address: KeyAddress, key: SecretString) {
        lock(&self.read).insert(address, key);
    }

    pub(crate) fn forget_read_key(&self, address: &KeyAddress) {
        lock(&self.read).remove(address);
    }

    pub(crate) fn forget_read_keys(&self) {
        lock(&self.read).clear();
    }

    /// The keychain has this key now. A key held for the session from before gives way to it; one
    /// that was set while a person kept the keychain waiting does not.
    pub(crate) fn stored(&self, address: KeyAddress, set: u64, key: SecretString) {
        let mut session = lock(&self.session);
        if session.get(&address).is_some_and(|(held, _)| *held < set) {
            session.remove(&address);
        }
        drop(session);
        self.remember_read_key(address, key);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("state", &*self.state.borrow())
            .field("session", &lock(&self.session).len())
            .field("read", &lock(&self.read).len())
            .finish()
    }
}

/// The maps stay whole when a holder panics: each change is one call.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_ends_just_after_the_answer_leaves_nobody_waiting() {
        let shared = Shared::new();
        shared.begin();
        shared.finish(VaultState::Ready);
        shared.waited_too_long();
        assert_eq!(*shared.states().borrow(), VaultState::Ready);
        shared.begin();
        shared.waited_too_long();
        assert_eq!(*shared.states().borrow(), VaultState::Waiting);
        shared.finish(VaultState::Locked);
        assert_eq!(*shared.states().borrow(), VaultState::Locked);
    }
}
