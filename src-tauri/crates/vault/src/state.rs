//! What a person is told about the keychain: one state, its words, and what to press next.

/// `keyring` is the word on Linux desktops, `keychain` elsewhere.
#[cfg(target_os = "linux")]
macro_rules! keychain_word {
    () => {
        "keyring"
    };
}
#[cfg(not(target_os = "linux"))]
macro_rules! keychain_word {
    () => {
        "keychain"
    };
}

/// Ends every explanation of a state in which no key can be stored.
macro_rules! session_only {
    () => {
        " Until then Patchbay can keep a key for this session only: it is forgotten when Patchbay \
          closes."
    };
}

/// Whether the system's keychain can be used, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VaultState {
    /// The first question to the keychain has not been answered yet.
    Opening,
    /// Keys can be stored and read.
    Ready,
    /// Linux: there is no D-Bus session bus, so nobody to ask.
    NoSessionBus,
    /// Linux: there is a bus, and no program on it offers the Secret Service.
    NoSecretService,
    /// Linux: the service runs, and has no default collection to put a key in.
    NoLoginKeyring,
    /// The keychain is there and locked, or a person turned its question down.
    Locked,
    /// A call has not come back in time; most likely the system is asking a person.
    Waiting,
    /// The keychain answered with an error of its own.
    Failed,
}

impl VaultState {
    /// Whether keys can be stored and read.
    pub const fn is_ready(self) -> bool {
        matches!(self, Self::Ready)
    }

    /// Whether a key may lie in a keychain that cannot be read just now. Then no other source may
    /// stand in for it: the key from the environment can belong to another account.
    pub const fn may_hide_a_key(self) -> bool {
        matches!(self, Self::Opening | Self::Locked | Self::Waiting)
    }

    /// A few words for a heading or a badge.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Opening => concat!("Opening the ", keychain_word!()),
            Self::Ready => concat!("Keys are kept in the system ", keychain_word!()),
            Self::NoSessionBus => "No system keyring",
            Self::NoSecretService => "No keyring service is installed",
            Self::NoLoginKeyring => "The keyring has no login collection",
            Self::Locked => concat!("The ", keychain_word!(), " is locked"),
            Self::Waiting => concat!("Waiting for you to unlock the ", keychain_word!()),
            Self::Failed => concat!("The ", keychain_word!(), " reported a fault"),
        }
    }

    /// What happened, whose side it is on, and what to do next.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::Opening => concat!(
                "Patchbay is asking the ",
                keychain_word!(),
                " of this computer."
            ),
            Self::Ready => concat!(
                "Each key is stored in this computer's ",
                keychain_word!(),
                " and sent only to the server it was stored for."
            ),
            Self::NoSessionBus => concat!(
                "Patchbay was started outside a desktop session: there is no session bus, and so \
                 no keyring to ask. Start Patchbay from your desktop, or under dbus-run-session.",
                session_only!()
            ),
            Self::NoSecretService => concat!(
                "This desktop session has no program that keeps passwords. Install the package \
                 gnome-keyring, or on KDE switch on KWallet in the system settings, then press \
                 Try again.",
                session_only!()
            ),
            Self::NoLoginKeyring => concat!(
                "The keyring service is running, but it has no login keyring to put a key in. \
                 Log out and in again, or create a default keyring with the program Passwords and \
                 Keys (package seahorse), then press Try again.",
                session_only!()
            ),
            Self::Locked => concat!(
                "Press Try again and give the ",
                keychain_word!(),
                "'s password in the window that your desktop opens.",
                session_only!()
            ),
            Self::Waiting => concat!(
                "The ",
                keychain_word!(),
                " has not answered yet. Look for a window that asks for its password, perhaps \
                 behind this one. Patchbay goes on by itself as soon as it is answered.",
                session_only!()
            ),
            Self::Failed => concat!(
                "The ",
                keychain_word!(),
                " of this computer answered with an error; the log has its words. Press Try \
                 again. If that does not help, log out of the desktop and in again.",
                session_only!()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_in_which_no_key_can_be_stored_says_what_to_do_and_that_a_session_key_works() {
        let unusable = [
            VaultState::NoSessionBus,
            VaultState::NoSecretService,
            VaultState::NoLoginKeyring,
            VaultState::Locked,
            VaultState::Waiting,
            VaultState::Failed,
        ];
        let mut titles: Vec<_> = unusable.iter().map(|state| state.title()).collect();
        titles.sort_unstable();
        titles.dedup();
        assert_eq!(titles.len(), unusable.len());
        for state in unusable {
            assert!(!state.is_ready());
            assert!(
                state
                    .explanation()
                    .ends_with("forgotten when Patchbay closes."),
                "{state:?}"
            );
            assert!(!state.explanation().contains("  "), "{state:?}");
        }
        assert!(
            VaultState::NoSecretService
                .explanation()
                .contains("gnome-keyring")
        );
        assert!(
            VaultState::NoSecretService
                .explanation()
                .contains("KWallet")
        );
    }
}
