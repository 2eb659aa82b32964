//! The vault on a real gnome-keyring, in each state that a Linux desktop can be in.
//!
//! Needs the packages `dbus` and `gnome-keyring`, and fails without them.
#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the helpers of a test fail it like the test itself"
)]
#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "what it measures is for people"
)]

mod desktop;

use std::sync::Arc;
use std::time::Instant;

use desktop::inside;
use patchbay_domain::{Origin, ProviderId};
use patchbay_vault::{
    DEFAULT_LABEL, Deletion, KeyAddress, KeySource, Storage, Vault, VaultOptions, VaultState,
};
use secrecy::{ExposeSecret, SecretString};

const SERVICE: &str = "test.patchbay.vault";
const PASSWORD: &str = "correct horse";

fn vault() -> Vault {
    Vault::start(options())
}

fn options() -> VaultOptions {
    VaultOptions::new(SERVICE).with_environment(Arc::new(|_| None))
}

fn address(origin: &str) -> KeyAddress {
    labelled(origin, DEFAULT_LABEL)
}

fn labelled(origin: &str, label: &str) -> KeyAddress {
    KeyAddress::new(
        &ProviderId::new("openai"),
        &Origin::from_serialized(origin),
        label,
    )
    .unwrap()
}

fn openai() -> KeyAddress {
    address("https://api.openai.com")
}

async fn store(vault: &Vault, address: &KeyAddress, key: &str) -> Option<VaultState> {
    let stored = vault
        .set(address, SecretString::from(key), Storage::Keychain)
        .await;
    stored
        .err()
        .map(|error| error.state().expect("the keychain is the reason"))
}

async fn stored(vault: &Vault, address: &KeyAddress) -> Option<String> {
    let (key, source) = vault.get(address, &[]).await.unwrap()?;
    assert_eq!(source, KeySource::Keychain);
    Some(key.expose_secret().to_owned())
}

#[tokio::test]
async fn bus_and_service_may_appear_while_the_program_runs() {
    let Some(desktop) = inside("bus_and_service_may_appear_while_the_program_runs") else {
        return;
    };
    let start = Instant::now();
    let vault = vault();
    assert_eq!(vault.status().await, VaultState::NoSessionBus);
    println!("no bus: known after {:?}", start.elapsed());
    assert_eq!(
        store(&vault, &openai(), "sk-1").await,
        Some(VaultState::NoSessionBus)
    );
    vault
        .set(&openai(), SecretString::from("sk-1"), Storage::Session)
        .await
        .unwrap();
    let (_, source) = vault.get(&openai(), &[]).await.unwrap().unwrap();
    assert_eq!(source, KeySource::Session);

    desktop.start_bus();
    assert_eq!(
        vault.status().await,
        VaultState::NoSessionBus,
        "nobody has asked to try again"
    );
    let start = Instant::now();
    assert_eq!(vault.try_again().await, VaultState::NoSecretService);
    println!("bus without a service: known after {:?}", start.elapsed());
    assert_eq!(
        store(&vault, &openai(), "sk-1").await,
        Some(VaultState::NoSecretService)
    );

    desktop.start_keyring(Some(PASSWORD));
    assert_eq!(vault.try_again().await, VaultState::Ready);
    assert_eq!(store(&vault, &openai(), "sk-1").await, None);
    assert_eq!(stored(&vault, &openai()).await.as_deref(), Some("sk-1"));
}

#[tokio::test]
async fn keys_are_stored_read_and_deleted() {
    let Some(desktop) = inside("keys_are_stored_read_and_deleted") else {
        return;
    };
    desktop.start_bus();
    desktop.start_keyring(Some(PASSWORD));
    let start = Instant::now();
    let vault = vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    println!("open: {:?}", start.elapsed());

    assert_eq!(stored(&vault, &openai()).await, None);
    let key = "sk-a-key-that-is-found-nowhere-else";
    let work = labelled("https://api.openai.com", "work");
    for (address, key) in [(&openai(), key), (&work, "sk-work"), (&openai(), key)] {
        let start = Instant::now();
        assert_eq!(store(&vault, address, key).await, None);
        println!("set: {:?}", start.elapsed());
    }
    // Another vault has read nothing yet, so these come out of the keyring.
    let reader = Vault::start(options());
    assert_eq!(reader.status().await, VaultState::Ready);
    let start = Instant::now();
    assert_eq!(
        reader.key_status(&openai(), &[]).await.unwrap(),
        Some(KeySource::Keychain)
    );
    println!("look: {:?}", start.elapsed());
    let start = Instant::now();
    assert_eq!(stored(&reader, &openai()).await.as_deref(), Some(key));
    println!("get: {:?}", start.elapsed());
    let start = Instant::now();
    assert_eq!(stored(&reader, &openai()).await.as_deref(), Some(key));
    println!("get, read before: {:?}", start.elapsed());
    assert_eq!(stored(&reader, &work).await.as_deref(), Some("sk-work"));

    for elsewhere in [
        "http://api.openai.com",
        "https://api.openai.com:8443",
        "https://evil.test",
    ] {
        assert_eq!(
            stored(&reader, &address(elsewhere)).await,
            None,
            "{elsewhere}"
        );
    }
    let other_program = Vault::start(VaultOptions::new("test.other"));
    assert_eq!(stored(&other_program, &openai()).await, None);
    let written = desktop.stored_bytes();
    assert!(!written.is_empty());
    assert!(
        !written
            .windows(key.len())
            .any(|bytes| bytes == key.as_bytes()),
        "in clear on disk"
    );

    let start = Instant::now();
    assert_eq!(vault.delete(&openai()).await.unwrap(), Deletion::Complete);
    println!("delete: {:?}", start.elapsed());
    assert_eq!(stored(&vault, &openai()).await, None);
    assert_eq!(stored(&vault, &work).await.as_deref(), Some("sk-work"));
    assert_eq!(vault.delete(&openai()).await.unwrap(), Deletion::Complete);
}

#[tokio::test]
async fn keys_outlive_the_keyring_daemon_and_its_restart_goes_unnoticed() {
    let test = "keys_outlive_the_keyring_daemon_and_its_restart_goes_unnoticed";
    let Some(desktop) = inside(test) else { return };
    desktop.start_bus();
    desktop.start_keyring(Some(PASSWORD));
    let vault = vault();
    let second = address("https://second.test");
    assert_eq!(store(&vault, &openai(), "sk-1").await, None);
    assert_eq!(store(&self::vault(), &second, "sk-2").await, None);

    desktop.stop_keyring();
    desktop.start_keyring(Some(PASSWORD));
    // This vault still holds a connection that the old daemon knew; `second` it has never read.
    assert_eq!(stored(&vault, &second).await.as_deref(), Some("sk-2"));
    assert_eq!(
        stored(&self::vault(), &openai()).await.as_deref(),
        Some("sk-1")
    );

    desktop.stop_keyring();
    let third = address("https://third.test");
    assert_eq!(
        store(&vault, &third, "sk-3").await,
        Some(VaultState::NoSecretService)
    );
    desktop.start_keyring(Some(PASSWORD));
    assert_eq!(store(&vault, &third, "sk-3").await, None);
    assert_eq!(vault.status().await, VaultState::Ready);
}

#[tokio::test]
async fn a_keyring_without_a_login_collection_is_named_and_can_get_one() {
    let test = "a_keyring_without_a_login_collection_is_named_and_can_get_one";
    let Some(desktop) = inside(test) else { return };
    desktop.start_bus_that_starts_the_keyring();
    let vault = vault();
    assert_eq!(vault.status().await, VaultState::NoLoginKeyring);
    assert_eq!(stored(&vault, &openai()).await, None);
    assert_eq!(
        store(&vault, &openai(), "sk-1").await,
        Some(VaultState::NoLoginKeyring)
    );
    assert_eq!(vault.try_again().await, VaultState::NoLoginKeyring);

    // What logging out and in again comes to.
    desktop.quit_keyring();
    desktop.start_keyring(Some(PASSWORD));
    assert_eq!(vault.status().await, VaultState::Ready);
    assert_eq!(store(&vault, &openai(), "sk-1").await, None);
    assert_eq!(stored(&vault, &openai()).await.as_deref(), Some("sk-1"));
}

#[tokio::test]
async fn a_locked_keyring_that_can_ask_nobody_is_locked_until_the_person_unlocks_it() {
    let test = "a_locked_keyring_that_can_ask_nobody_is_locked_until_the_person_unlocks_it";
    let Some(desktop) = inside(test) else { return };
    desktop.start_bus();
    desktop.start_keyring(Some(PASSWORD));
    assert_eq!(store(&vault(), &openai(), "sk-1").await, None);
    desktop.stop_keyring();
    desktop.start_keyring(None);

    let vault = vault();
    assert_eq!(vault.status().await, VaultState::Locked);
    let looked = vault.key_status(&openai(), &[]).await.unwrap();
    assert_eq!(
        looked,
        Some(KeySource::Keychain),
        "known without the password"
    );
    let other = address("https://other.test");
    assert_eq!(stored(&vault, &other).await, None);
    for _ in 0..2 {
        let error = vault.get(&openai(), &[]).await.unwrap_err();
        assert_eq!(error.state(), Some(VaultState::Locked));
    }
    assert_eq!(vault.try_again().await, VaultState::Locked);
    assert_eq!(
        store(&vault, &other, "sk-2").await,
        Some(VaultState::Locked)
    );

    desktop.unlock_as_a_login_does(PASSWORD);
    assert_eq!(stored(&vault, &openai()).await.as_deref(), Some("sk-1"));
    assert_eq!(vault.status().await, VaultState::Ready);
    assert_eq!(store(&vault, &other, "sk-2").await, None);
}

#[tokio::test]
async fn while_the_keyring_asks_for_its_password_nothing_else_waits() {
    let test = "while_the_keyring_asks_for_its_password_nothing_else_waits";
    let Some(desktop) = inside(test) else { return };
    desktop.start_bus();
    desktop.start_keyring(Some(PASSWORD));
    assert_eq!(store(&vault(), &openai(), "sk-1").await, None);
    desktop.stop_keyring();
    desktop.start_keyring(None);
    let (windows, mut window_shown) = desktop.show_windows();

    let vault = vault();
    assert_eq!(vault.status().await, VaultState::Locked);
    assert!(window_shown.try_recv().is_err(), "looking opens no window");
    let call = tokio::spawn({
        let vault = vault.clone();
        async move { vault.get(&openai(), &[]).await }
    });
    window_shown.recv().await.unwrap();
    // The rest of the ten seconds passes at once.
    tokio::time::pause();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.state(), Some(VaultState::Waiting));
    tokio::time::resume();

    let start = Instant::now();
    for _ in 0..20 {
        assert_eq!(vault.status().await, VaultState::Waiting);
        assert!(vault.get(&openai(), &[]).await.is_err());
        assert_eq!(vault.try_again().await, VaultState::Waiting);
    }
    println!(
        "60 calls while the keyring waits for its password: {:?}",
        start.elapsed()
    );
    assert!(
        window_shown.try_recv().is_err(),
        "one window, not one a call"
    );

    let mut states = vault.states();
    states.borrow_and_update();
    drop(windows);
    states.changed().await.unwrap();
    assert_eq!(*states.borrow(), VaultState::Locked);
    desktop.unlock_as_a_login_does(PASSWORD);
    assert_eq!(stored(&vault, &openai()).await.as_deref(), Some("sk-1"));
}
