//! The Secret Service of Linux desktops (gnome-keyring, KWallet, KeePassXC).
//!
//! `keyring` reads, writes and removes. It cannot look without asking: each of its calls unlocks
//! first. So a second, plain session answers the questions that must not open a window: is there
//! a collection, is it locked, is there an entry. No secret travels over that session.
//!
//! The store is made here, and not by `keyring`'s own front, because that one keeps its first
//! failure for the life of the process; here it can be made again until it succeeds.

use std::collections::HashMap;
use std::io;

use secrecy::SecretString;
use secret_service::blocking::SecretService;
use secret_service::{EncryptionType, Error};
use zbus_secret_service_keyring_store::Store;

use crate::credentials::{Access, Credentials, explain};
use crate::keychain::{Keychain, KeychainError, PlatformCause};

struct SecretServiceKeychain {
    credentials: Credentials,
    looking: SecretService<'static>,
    service: String,
}

/// Opens the Secret Service of this session, starting it where D-Bus can.
pub(crate) fn open(service: &str) -> Result<Box<dyn Keychain>, KeychainError> {
    let store = Store::new().map_err(|error| explain(error, read_cause))?;
    let looking = SecretService::connect(EncryptionType::Plain).map_err(classify)?;
    let credentials = Credentials::new(store, service, read_cause, true);
    Ok(Box::new(SecretServiceKeychain {
        credentials,
        looking,
        service: service.to_owned(),
    }))
}

impl Keychain for SecretServiceKeychain {
    fn check(&self) -> Result<(), KeychainError> {
        let collection = self.looking.get_default_collection().map_err(classify)?;
        if collection.is_locked().map_err(classify)? {
            return Err(KeychainError::Locked);
        }
        Ok(())
    }

    fn unlock(&self) -> Result<(), KeychainError> {
        let collection = self.looking.get_default_collection().map_err(classify)?;
        collection.unlock().map_err(classify)
    }

    fn contains(&self, user_name: &str) -> Result<bool, KeychainError> {
        let attributes = HashMap::from([("service", &*self.service), ("username", user_name)]);
        let found = self.looking.search_items(attributes).map_err(classify)?;
        Ok(!found.unlocked.is_empty() || !found.locked.is_empty())
    }

    fn read(&self, user_name: &str) -> Result<Option<SecretString>, KeychainError> {
        self.credentials.read(user_name)
    }

    fn write(&self, user_name: &str, key: &SecretString) -> Result<(), KeychainError> {
        self.credentials.write(user_name, key)
    }

    fn remove(&self, user_name: &str) -> Result<(), KeychainError> {
        self.credentials.remove(user_name)
    }
}

/// What `keyring` says about this store always wraps an error of `secret_service`.
fn read_cause(_access: Access, cause: PlatformCause) -> KeychainError {
    match cause.downcast::<Error>() {
        Ok(error) => classify(*error),
        Err(cause) => KeychainError::Platform(cause),
    }
}

fn classify(error: Error) -> KeychainError {
    match &error {
        Error::Unavailable => KeychainError::NoSessionBus(Box::new(error)),
        Error::NoResult => KeychainError::NoLoginKeyring,
        Error::Locked => KeychainError::Locked,
        Error::Prompt => KeychainError::Dismissed(Box::new(error)),
        Error::PromptDisconnected => KeychainError::Stale(Box::new(error)),
        Error::Zbus(bus) => explain_place(place(bus), error),
        Error::ZbusFdo(bus) => explain_place(place_of_standard_error(bus), error),
        _ => KeychainError::Platform(Box::new(error)),
    }
}

fn explain_place(place: Place, error: Error) -> KeychainError {
    match place {
        Place::Bus => KeychainError::NoSessionBus(Box::new(error)),
        Place::Service => KeychainError::NoSecretService(Box::new(error)),
        Place::Session => KeychainError::Stale(Box::new(error)),
        Place::Collection => KeychainError::NoLoginKeyring,
        Place::Lock => KeychainError::Locked,
        Place::Elsewhere => KeychainError::Platform(Box::new(error)),
    }
}

/// What is missing when a call over D-Bus fails.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Bus,
    Service,
    Session,
    Collection,
    Lock,
    Elsewhere,
}

fn place(error: &zbus::Error) -> Place {
    match error {
        zbus::Error::Address(_) | zbus::Error::Connection(..) | zbus::Error::Handshake(_) => {
            Place::Bus
        }
        zbus::Error::InputOutput(error) if is_disconnect(error.kind()) => Place::Bus,
        zbus::Error::MethodError(name, ..) => place_of_name(name.as_str()),
        zbus::Error::FDO(error) => place_of_standard_error(error),
        _ => Place::Elsewhere,
    }
}

fn is_disconnect(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::NotFound
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
    )
}

/// D-Bus errors have names, which are part of its specification and of the Secret Service's.
fn place_of_name(name: &str) -> Place {
    match name {
        "org.freedesktop.DBus.Error.ServiceUnknown"
        | "org.freedesktop.DBus.Error.NameHasNoOwner" => Place::Service,
        _ if name.starts_with("org.freedesktop.DBus.Error.Spawn.") => Place::Service,
        // The service went away while the call was on its way, or knows nothing of our session.
        "org.freedesktop.DBus.Error.NoReply"
        | "org.freedesktop.DBus.Error.Disconnected"
        | "org.freedesktop.Secret.Error.NoSession" => Place::Session,
        // gnome-keyring 42 names a login collection that it has just made, and does not serve it
        // before it is started again. To the person that is the same as none: log out and in.
        "org.freedesktop.DBus.Error.UnknownObject"
        | "org.freedesktop.DBus.Error.UnknownMethod"
        | "org.freedesktop.Secret.Error.NoSuchObject" => Place::Collection,
        "org.freedesktop.Secret.Error.IsLocked" => Place::Lock,
        _ => Place::Elsewhere,
    }
}

fn place_of_standard_error(error: &zbus::fdo::Error) -> Place {
    use zbus::DBusError;
    match error {
        zbus::fdo::Error::ZBus(error) => place(error),
        named => place_of_name(named.name().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_specifications_are_placed() {
        for (name, expected) in [
            ("org.freedesktop.DBus.Error.ServiceUnknown", Place::Service),
            (
                "org.freedesktop.DBus.Error.Spawn.ChildExited",
                Place::Service,
            ),
            ("org.freedesktop.DBus.Error.NoReply", Place::Session),
            ("org.freedesktop.Secret.Error.NoSession", Place::Session),
            ("org.freedesktop.Secret.Error.IsLocked", Place::Lock),
            (
                "org.freedesktop.DBus.Error.UnknownMethod",
                Place::Collection,
            ),
            ("org.freedesktop.DBus.Error.AccessDenied", Place::Elsewhere),
        ] {
            assert_eq!(place_of_name(name), expected, "{name}");
        }
    }

    #[test]
    fn the_same_error_as_a_type_is_placed_alike() {
        let service_unknown = zbus::fdo::Error::ServiceUnknown("nobody".to_owned());
        assert_eq!(
            place(&zbus::Error::FDO(Box::new(service_unknown))),
            Place::Service
        );
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(place(&zbus::Error::InputOutput(broken.into())), Place::Bus);
    }

    #[test]
    fn a_declined_question_and_a_missing_collection_are_not_failures_of_the_platform() {
        assert!(matches!(
            classify(Error::Prompt),
            KeychainError::Dismissed(_)
        ));
        assert!(matches!(
            classify(Error::NoResult),
            KeychainError::NoLoginKeyring
        ));
        assert!(matches!(
            classify(Error::Crypto("x")),
            KeychainError::Platform(_)
        ));
    }
}
