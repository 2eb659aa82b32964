//! What the vault makes of a keychain that is absent, broken, or comes back.

use std::sync::Arc;

use patchbay_vault::{KeySource, Storage, VaultState};
use secrecy::{ExposeSecret, SecretString};

use crate::fake::{Mood, World, address, openai};

fn key(text: &str) -> SecretString {
    SecretString::from(text)
}

#[tokio::test]
async fn each_cause_has_its_state_and_a_key_can_be_held_for_the_session() {
    for (mood, state) in [
        (Mood::NoSessionBus, VaultState::NoSessionBus),
        (Mood::NoSecretService, VaultState::NoSecretService),
        (Mood::NoLoginKeyring, VaultState::NoLoginKeyring),
        (Mood::Locked, VaultState::Locked),
        (Mood::Broken, VaultState::Failed),
    ] {
        let vault = World::new(mood).vault();
        assert_eq!(vault.status().await, state);
        let error = vault
            .set(&openai(), key("sk-1"), Storage::Keychain)
            .await
            .unwrap_err();
        assert_eq!(error.state(), Some(state));
        assert_eq!(error.to_string(), state.title());
        vault
            .set(&openai(), key("sk-1"), Storage::Session)
            .await
            .unwrap();
        let (_, source) = vault.get(&openai(), &[]).await.unwrap().unwrap();
        assert_eq!(source, KeySource::Session);
    }
}

#[tokio::test]
async fn an_absent_keychain_is_not_looked_for_at_each_message_and_is_found_on_request() {
    let world = World::new(Mood::NoSecretService);
    let vault = world.vault();
    for _ in 0..5 {
        assert!(vault.get(&openai(), &[]).await.is_err());
        assert!(vault.key_status(&openai(), &[]).await.is_err());
        assert_eq!(vault.status().await, VaultState::NoSecretService);
    }
    assert_eq!(World::count(&world.opened), 1);

    assert_eq!(vault.try_again().await, VaultState::NoSecretService);
    world.turn(Mood::Fine);
    assert_eq!(vault.try_again().await, VaultState::Ready);
    assert!(vault.get(&openai(), &[]).await.unwrap().is_none());
    assert_eq!(World::count(&world.opened), 3);
}

#[tokio::test]
async fn storing_a_key_looks_for_the_keychain_anew() {
    let world = World::new(Mood::NoSecretService);
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::NoSecretService);
    world.turn(Mood::Fine);
    vault
        .set(&openai(), key("sk-1"), Storage::Keychain)
        .await
        .unwrap();
    assert_eq!(vault.status().await, VaultState::Ready);
}

#[tokio::test]
async fn a_service_that_restarted_is_opened_again_without_a_word() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    let states = vault.states();
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    world.turn(Mood::Restarted);
    let (found, _) = vault.get(&openai(), &[]).await.unwrap().unwrap();
    assert_eq!(found.expose_secret(), "sk-1");
    assert_eq!(World::count(&world.opened), 2);
    assert!(!states.has_changed().unwrap());
}

#[tokio::test]
async fn a_declined_question_is_not_put_again_at_each_message() {
    let world = World::new(Mood::Locked);
    let other = address("own", "https://own.test");
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Locked);
    assert_eq!(World::count(&world.asked), 0, "looking asks nobody");
    for _ in 0..3 {
        let error = vault.get(&openai(), &[]).await.unwrap_err();
        assert_eq!(error.state(), Some(VaultState::Locked));
        assert!(
            vault.get(&other, &[]).await.unwrap().is_none(),
            "there is no such key to unlock"
        );
    }
    assert_eq!(World::count(&world.asked), 1);
    assert_eq!(vault.try_again().await, VaultState::Locked);
    assert_eq!(World::count(&world.asked), 2);

    // Unlocked by the person, elsewhere: the next message finds out by itself.
    world.turn(Mood::Fine);
    assert!(vault.get(&openai(), &[]).await.unwrap().is_some());
    assert_eq!(vault.status().await, VaultState::Ready);
}

#[tokio::test]
async fn nothing_stored_is_no_failure() {
    for mood in [Mood::Fine, Mood::NoLoginKeyring, Mood::Locked] {
        let vault = World::new(mood).vault();
        let before = vault.status().await;
        assert!(vault.get(&openai(), &[]).await.unwrap().is_none());
        assert_eq!(vault.key_status(&openai(), &[]).await.unwrap(), None);
        assert_eq!(vault.status().await, before);
    }
}

#[tokio::test]
async fn a_panic_in_the_keychain_s_code_is_a_state_and_ends_nothing() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    world.turn(Mood::Panics);
    let error = vault
        .set(&openai(), key("sk-1"), Storage::Keychain)
        .await
        .unwrap_err();
    assert_eq!(error.state(), Some(VaultState::Failed));
    assert_eq!(vault.status().await, VaultState::Failed);
    world.turn(Mood::Fine);
    assert_eq!(vault.try_again().await, VaultState::Ready);
    vault
        .set(&openai(), key("sk-1"), Storage::Keychain)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn calls_from_many_tasks_never_overlap_in_the_keychain() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    let tasks: Vec<_> = (0..40)
        .map(|number| {
            let vault = vault.clone();
            tokio::spawn(async move {
                let address = address("own", &format!("https://host-{number}.test"));
                let text = format!("sk-{number}");
                vault
                    .set(
                        &address,
                        SecretString::from(text.clone()),
                        Storage::Keychain,
                    )
                    .await
                    .unwrap();
                vault.status().await;
                let (key, _) = vault.get(&address, &[]).await.unwrap().unwrap();
                assert_eq!(key.expose_secret(), text);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.entries.lock().unwrap().len(), 40);
    assert_eq!(
        Arc::strong_count(&world),
        3,
        "the test, the opener and one open keychain"
    );
}
