//! Keys in the system's keychain, or held for this session only.
//!
//! The engine asks for a key just before it sends a request; everything else may only set a key,
//! delete it, or ask whether there is one. Keychains block, lock, vanish and ask people questions.
//! All of that stays behind [`Vault`], whose calls are async, take a bounded time and say in plain
//! words what stands in the way ([`VaultState`]).
//!
//! - A key belongs to a provider, an origin and a label ([`KeyAddress`]). It is never given out
//!   for another origin.
//! - A key is a `SecretString` from the moment it is pasted: overwritten when dropped, absent from
//!   every `Debug` output and error.
//! - One thread talks to the keychain, one call at a time ([`Vault`] and the module `worker`).
//! - There is no file and no home-made encryption. Where there is no keychain, a key is held for
//!   this session, or comes from an environment variable, and [`KeySource`] says so.

mod address;
mod credentials;
mod error;
mod key;
mod keychain;
#[cfg(not(target_os = "linux"))]
mod native;
#[cfg(target_os = "linux")]
mod secret_service;
mod shared;
mod state;
mod vault;
mod worker;

pub use address::{AddressError, DEFAULT_LABEL, KeyAddress};
pub use error::VaultError;
pub use key::{KEY_LIMIT, KeyFormatError, clean_key};
pub use keychain::{Keychain, KeychainError, OpenKeychain, PlatformCause};
pub use state::VaultState;
pub use vault::{
    DEFAULT_WAIT, Deletion, Environment, KeySource, SERVICE, Storage, Vault, VaultOptions,
};

#[cfg(not(target_os = "linux"))]
use native::open as open_system_keychain;
#[cfg(target_os = "linux")]
use secret_service::open as open_system_keychain;
