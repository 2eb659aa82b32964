//! A keychain that waits for a person: nothing else may wait with it.

use std::time::Duration;

use patchbay_vault::{KeySource, Storage, Vault, VaultError, VaultState};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinHandle;

use crate::fake::{Mood, World, address, openai};

fn key(text: &str) -> SecretString {
    SecretString::from(text)
}

type Found = Result<Option<(SecretString, KeySource)>, VaultError>;

fn get_in_background(vault: &Vault) -> JoinHandle<Found> {
    let vault = vault.clone();
    tokio::spawn(async move { vault.get(&openai(), &[]).await })
}

fn is_waiting<T>(outcome: Result<T, VaultError>) -> bool {
    outcome.is_err_and(|error| error.state() == Some(VaultState::Waiting))
}

/// Lets the time limit of a blocked call pass. Time stands still from here on: whatever answers,
/// answers at once.
async fn time_out<T>(call: JoinHandle<Result<T, VaultError>>) {
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    assert!(is_waiting(call.await.unwrap()));
    assert!(
        start.elapsed() > Duration::from_secs(9),
        "it waited its ten seconds"
    );
}

#[tokio::test]
async fn while_a_person_is_asked_later_calls_answer_at_once() {
    let world = World::new(Mood::Fine);
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    let (shown, answer) = world.open_window_next();
    let call = get_in_background(&vault);
    shown.await.unwrap();
    time_out(call).await;

    let start = tokio::time::Instant::now();
    assert_eq!(vault.status().await, VaultState::Waiting);
    assert_eq!(vault.try_again().await, VaultState::Waiting);
    assert!(is_waiting(vault.get(&openai(), &[]).await));
    assert!(is_waiting(vault.key_status(&openai(), &[]).await));
    assert!(is_waiting(
        vault.set(&openai(), key("sk-2"), Storage::Keychain).await
    ));
    assert!(is_waiting(vault.delete(&openai()).await));
    let own = address("own", "https://own.test");
    vault
        .set(&own, key("sk-3"), Storage::Session)
        .await
        .unwrap();
    assert!(
        vault.get(&own, &[]).await.unwrap().is_some(),
        "a session key needs no keychain"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(answer);
}

#[tokio::test]
async fn an_answer_that_comes_late_is_taken() {
    let world = World::new(Mood::Fine);
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    let (shown, answer) = world.open_window_next();
    let call = get_in_background(&vault);
    shown.await.unwrap();
    time_out(call).await;
    tokio::time::resume();

    let mut states = vault.states();
    assert_eq!(*states.borrow_and_update(), VaultState::Waiting);
    answer.send(()).unwrap();
    states.changed().await.unwrap();
    assert_eq!(*states.borrow(), VaultState::Ready);
    let (found, source) = vault.get(&openai(), &[]).await.unwrap().unwrap();
    assert_eq!(
        (found.expose_secret(), source),
        ("sk-1", KeySource::Keychain)
    );
    assert_eq!(World::count(&world.reads), 1, "the late answer was kept");
}

#[tokio::test]
async fn a_window_that_is_closed_late_leaves_the_keychain_locked_and_usable_again() {
    let world = World::new(Mood::Locked);
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Locked);
    let (shown, answer) = world.open_window_next();
    let call = get_in_background(&vault);
    shown.await.unwrap();
    time_out(call).await;
    tokio::time::resume();

    let mut states = vault.states();
    states.borrow_and_update();
    drop(answer);
    states.changed().await.unwrap();
    assert_eq!(*states.borrow(), VaultState::Locked);
    world.turn(Mood::Fine);
    assert_eq!(vault.try_again().await, VaultState::Ready);
    assert!(vault.get(&openai(), &[]).await.unwrap().is_some());
}

#[tokio::test]
async fn calls_that_queue_behind_a_window_open_no_second_one() {
    let world = World::new(Mood::Fine);
    world
        .entries
        .lock()
        .unwrap()
        .insert(openai().user_name(), "sk-1".to_owned());
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    let (shown, answer) = world.open_window_next();
    let first = get_in_background(&vault);
    shown.await.unwrap();
    let queued: Vec<_> = (0..5).map(|_| get_in_background(&vault)).collect();
    tokio::task::yield_now().await;
    time_out(first).await;
    for call in queued {
        assert!(is_waiting(call.await.unwrap()));
    }
    tokio::time::resume();

    let mut states = vault.states();
    states.borrow_and_update();
    drop(answer);
    states.changed().await.unwrap();
    assert_eq!(vault.status().await, VaultState::Ready);
    assert_eq!(
        World::count(&world.reads),
        1,
        "those that gave up were not carried out"
    );
    assert_eq!(World::count(&world.asked), 1);
}

#[tokio::test]
async fn a_caller_that_went_away_takes_nothing_with_it() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    let (shown, answer) = world.open_window_next();
    let set = tokio::spawn({
        let vault = vault.clone();
        async move { vault.set(&openai(), key("sk-1"), Storage::Keychain).await }
    });
    shown.await.unwrap();
    set.abort();
    assert!(set.await.unwrap_err().is_cancelled());
    answer.send(()).unwrap();
    let (found, source) = vault.get(&openai(), &[]).await.unwrap().unwrap();
    assert_eq!(
        (found.expose_secret(), source),
        ("sk-1", KeySource::Keychain)
    );
}

#[tokio::test]
async fn a_key_stored_late_does_not_replace_one_entered_meanwhile() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    assert_eq!(vault.status().await, VaultState::Ready);
    vault
        .set(&openai(), key("sk-first"), Storage::Session)
        .await
        .unwrap();
    let (shown, answer) = world.open_window_next();
    let set = tokio::spawn({
        let vault = vault.clone();
        async move {
            vault
                .set(&openai(), key("sk-second"), Storage::Keychain)
                .await
        }
    });
    shown.await.unwrap();
    time_out(set).await;
    vault
        .set(&openai(), key("sk-third"), Storage::Session)
        .await
        .unwrap();
    tokio::time::resume();

    let mut states = vault.states();
    states.borrow_and_update();
    answer.send(()).unwrap();
    states.changed().await.unwrap();
    assert_eq!(
        world.entries.lock().unwrap()[&openai().user_name()],
        "sk-second"
    );
    let (found, source) = vault.get(&openai(), &[]).await.unwrap().unwrap();
    assert_eq!(
        (found.expose_secret(), source),
        ("sk-third", KeySource::Session)
    );
}
