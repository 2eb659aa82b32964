//! Which key is found, and where it is said to come from.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_vault::{
    Deletion, KeyFormatError, KeySource, Storage, Vault, VaultError, VaultOptions, VaultState,
};
use secrecy::{ExposeSecret, SecretString};

use crate::fake::{Mood, World, address, labelled, openai};

fn key(text: &str) -> SecretString {
    SecretString::from(text)
}

async fn found(vault: &Vault, variables: &[&str]) -> Option<(String, KeySource)> {
    let found = vault.get(&openai(), variables).await.unwrap();
    let found = found.map(|(key, source)| (key.expose_secret().to_owned(), source));
    let source = vault.key_status(&openai(), variables).await.unwrap();
    assert_eq!(source, found.as_ref().map(|(_, source)| source.clone()));
    found
}

fn with_environment(world: &Arc<World>, variables: &[(&str, &str)]) -> Vault {
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let environment = Arc::new(move |name: &str| variables.get(name).cloned());
    world.vault_with(VaultOptions::new("test.patchbay").with_environment(environment))
}

#[tokio::test]
async fn a_key_is_stored_found_and_deleted() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    assert_eq!(found(&vault, &[]).await, None);
    vault
        .set(&openai(), key(" sk-1\n"), Storage::Keychain)
        .await
        .unwrap();
    assert_eq!(
        found(&vault, &[]).await,
        Some(("sk-1".to_owned(), KeySource::Keychain))
    );
    let entries = world.entries.lock().unwrap().clone();
    assert_eq!(entries["openai@https://api.openai.com"], "sk-1");
    assert_eq!(vault.delete(&openai()).await.unwrap(), Deletion::Complete);
    assert_eq!(found(&vault, &[]).await, None);
    assert_eq!(vault.delete(&openai()).await.unwrap(), Deletion::Complete);
}

#[tokio::test]
async fn a_key_stays_with_its_origin_and_its_label() {
    let vault = World::new(Mood::Fine).vault();
    for storage in [Storage::Keychain, Storage::Session] {
        vault.set(&openai(), key("sk-1"), storage).await.unwrap();
        for other in [
            address("openai", "https://api.openai.com:8443"),
            address("openai", "http://api.openai.com"),
            address("openai", "https://api.openai.com.evil.test"),
            address("openai-2", "https://api.openai.com"),
            labelled("openai", "https://api.openai.com", "work"),
        ] {
            assert!(vault.get(&other, &[]).await.unwrap().is_none(), "{other:?}");
            assert!(
                vault.key_status(&other, &[]).await.unwrap().is_none(),
                "{other:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_was_entered_last_is_used() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    vault
        .set(&openai(), key("sk-stored"), Storage::Keychain)
        .await
        .unwrap();
    vault
        .set(&openai(), key("sk-session"), Storage::Session)
        .await
        .unwrap();
    assert_eq!(
        found(&vault, &[]).await,
        Some(("sk-session".to_owned(), KeySource::Session))
    );
    vault
        .set(&openai(), key("sk-newer"), Storage::Keychain)
        .await
        .unwrap();
    assert_eq!(
        found(&vault, &[]).await,
        Some(("sk-newer".to_owned(), KeySource::Keychain))
    );
}

#[tokio::test]
async fn the_environment_comes_last_and_by_name() {
    let world = World::new(Mood::Fine);
    let vault = with_environment(
        &world,
        &[
            ("BLANK", " "),
            ("SECOND", " sk-second\n"),
            ("THIRD", "sk-3"),
        ],
    );
    let variables = ["ABSENT", "BLANK", "SECOND", "THIRD"];
    let source = KeySource::Environment("SECOND".to_owned());
    assert_eq!(
        found(&vault, &variables).await,
        Some(("sk-second".to_owned(), source.clone()))
    );
    assert_eq!(found(&vault, &["ABSENT"]).await, None);

    vault
        .set(&openai(), key("sk-stored"), Storage::Keychain)
        .await
        .unwrap();
    assert_eq!(
        found(&vault, &variables).await.unwrap().1,
        KeySource::Keychain
    );
    vault.delete(&openai()).await.unwrap();
    assert_eq!(found(&vault, &variables).await.unwrap().1, source);
}

#[tokio::test]
async fn the_environment_stands_in_for_an_absent_keychain_but_not_for_a_locked_one() {
    for mood in [Mood::NoSessionBus, Mood::NoSecretService, Mood::Broken] {
        let vault = with_environment(&World::new(mood), &[("OPENAI_API_KEY", "sk-env")]);
        let (key, source) = found(&vault, &["OPENAI_API_KEY"]).await.unwrap();
        assert_eq!(
            (key.as_str(), source),
            ("sk-env", KeySource::Environment("OPENAI_API_KEY".into()))
        );
    }

    let world = World::new(Mood::Fine);
    let user_name = openai().user_name();
    world
        .entries
        .lock()
        .unwrap()
        .insert(user_name.clone(), "sk-stored".to_owned());
    world.turn(Mood::Locked);
    let vault = with_environment(&world, &[("OPENAI_API_KEY", "sk-env")]);
    let error = vault.get(&openai(), &["OPENAI_API_KEY"]).await.unwrap_err();
    assert_eq!(error.state(), Some(VaultState::Locked));
    // Looking asks nobody, so what is there is known although it cannot be read.
    let status = vault
        .key_status(&openai(), &["OPENAI_API_KEY"])
        .await
        .unwrap();
    assert_eq!(status, Some(KeySource::Keychain));

    world.entries.lock().unwrap().remove(&user_name);
    assert_eq!(
        found(&vault, &["OPENAI_API_KEY"]).await.unwrap().0,
        "sk-env"
    );
}

#[tokio::test]
async fn a_spoiled_variable_is_named_and_its_value_is_not() {
    let vault = with_environment(
        &World::new(Mood::Fine),
        &[("OPENAI_API_KEY", "Bearer sk-hidden")],
    );
    let error = vault.get(&openai(), &["OPENAI_API_KEY"]).await.unwrap_err();
    assert!(matches!(
        &error,
        VaultError::Environment { variable, source: KeyFormatError::Whitespace }
            if variable == "OPENAI_API_KEY"
    ));
    assert!(!format!("{error} {error:?}").contains("hidden"));
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_before_the_keychain_is_asked() {
    let world = World::new(Mood::Fine);
    let vault = world.vault();
    for storage in [Storage::Keychain, Storage::Session] {
        let error = vault
            .set(&openai(), key("sk-1\nsk-hidden"), storage)
            .await
            .unwrap_err();
        assert!(matches!(
            error,
            VaultError::Format(KeyFormatError::Whitespace)
        ));
        assert!(!format!("{error} {error:?}").contains("sk-"));
    }
    assert!(world.entries.lock().unwrap().is_empty());
    assert_eq!(found(&vault, &[]).await, None);
}

#[tokio::test]
async fn a_key_that_was_read_is_not_read_again_until_somebody_says_so() {
    let world = World::new(Mood::Fine);
    let user_name = openai().user_name();
    world
        .entries
        .lock()
        .unwrap()
        .insert(user_name.clone(), "sk-1".to_owned());
    let vault = world.vault();
    for _ in 0..3 {
        assert_eq!(found(&vault, &[]).await.unwrap().0, "sk-1");
    }
    assert_eq!(World::count(&world.reads), 1);

    world
        .entries
        .lock()
        .unwrap()
        .insert(user_name, "sk-2".to_owned());
    assert_eq!(vault.try_again().await, VaultState::Ready);
    assert_eq!(found(&vault, &[]).await.unwrap().0, "sk-2");
}

#[tokio::test]
async fn deleting_says_what_it_could_not_reach() {
    let vault = World::new(Mood::NoSessionBus).vault();
    let error = vault.delete(&openai()).await.unwrap_err();
    assert_eq!(error.state(), Some(VaultState::NoSessionBus));

    vault
        .set(&openai(), key("sk-1"), Storage::Session)
        .await
        .unwrap();
    let deletion = vault.delete(&openai()).await.unwrap();
    assert_eq!(deletion, Deletion::SessionOnly(VaultState::NoSessionBus));
    assert!(vault.get(&openai(), &[]).await.is_err());
}

#[tokio::test]
async fn nothing_that_is_printed_holds_a_key() {
    let world = World::new(Mood::Fine);
    let vault = with_environment(&world, &[("VARIABLE", "sk-hidden-3")]);
    vault
        .set(&openai(), key("sk-hidden-1"), Storage::Keychain)
        .await
        .unwrap();
    vault
        .set(&openai(), key("sk-hidden-2"), Storage::Session)
        .await
        .unwrap();
    let options = VaultOptions::new("test.patchbay");
    let session = vault.get(&openai(), &[]).await;
    let environment = vault
        .get(&address("own", "https://own.test"), &["VARIABLE"])
        .await;
    vault.delete(&openai()).await.unwrap();
    vault
        .set(&openai(), key("sk-hidden-4"), Storage::Keychain)
        .await
        .unwrap();
    let stored = vault.get(&openai(), &[]).await;
    assert!(session.is_ok() && environment.is_ok() && stored.is_ok());
    let printed =
        format!("{vault:?} {vault:#?} {options:?} {session:?} {environment:?} {stored:?}");
    assert!(!printed.contains("hidden"), "{printed}");
}
