//! Keys: where they are, and where they must never be.

use anyhow::{Result, ensure};
use patchbay_e2e::{Setup, Target, Wire, journey};
use serde_json::{Value, json};

use crate::providers::{KEY, scripted};
use crate::steps::{
    LIMIT, add_provider, answer_over, ask, ask_and_hear, ask_and_read, choose_model, fill_provider,
    go_to, new_chat_with, provider_card,
};

/// Every command that tells the window something, with what it is asked.
fn questions(provider: &str, conversation: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("app_information", Value::Null),
        ("conversation_list", Value::Null),
        (
            "conversation_open",
            json!({ "conversationId": conversation }),
        ),
        ("local_model_status", Value::Null),
        ("model_list", Value::Null),
        ("model_refresh", json!({ "providerId": provider })),
        ("provider_list", Value::Null),
        ("settings_get", Value::Null),
        ("spend_today", Value::Null),
        ("vault_retry", Value::Null),
        ("vault_status", Value::Null),
    ]
}

#[test]
fn a_key_reaches_the_provider_and_nothing_else() -> Result<()> {
    journey("key-hygiene", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = journey
            .start(Setup::new().variable("PATCHBAY_LOG", "debug"))
            .await?;
        let wire = Wire::listen(&page).await?;
        fill_provider(&page, "Scripted", &provider.base_url(), KEY).await?;
        page.press(&Target::button("Test")).await?;
        page.see(&Target::css(".good[role=status]")).await?;
        page.press(&Target::button("Save")).await?;
        page.see(&provider_card("Scripted").text_has("In the keychain"))
            .await?;
        new_chat_with(&page, "scripted", "echo").await?;
        ask_and_read(&page, "Hello").await?;
        // A provider that says the key back to us.
        choose_model(&page, "scripted", "key-echo").await?;
        ask(&page, "What is my key?").await?;
        answer_over(&page).await?;
        page.read("Scripted does not accept the key.").await?;
        page.press(&Target::button("Raw answer")).await?;
        page.read("Bad credentials").await?;
        let conversations: Vec<Value> = page.call("conversation_list", Value::Null).await?;
        let conversation = conversations
            .first()
            .map_or(&Value::Null, |newest| &newest["id"]);
        for (command, request) in questions("scripted", conversation) {
            page.call::<Value>(command, request).await?;
        }
        go_to(&page, "Settings").await?;
        go_to(&page, "Models & routes").await?;
        // The list below comes a moment later, and moves what is above it.
        page.read("key-echo").await?;
        page.settle().await?;
        page.press(&Target::button("Edit or test Scripted")).await?;
        page.see(&Target::field("New key")).await?;

        let used = |request: &patchbay_testkit::RecordedRequest| {
            request.header("authorization") == Some(&*format!("Bearer {KEY}"))
        };
        ensure!(
            provider.chat_requests().iter().all(used),
            "the provider did not get the key"
        );
        // A test asks once without the key, to see whether it is what opens the list.
        let is_ours = |request: &patchbay_testkit::RecordedRequest| {
            used(request) || request.header("authorization").is_none()
        };
        ensure!(provider.requests().iter().all(is_ours), "another key came");
        let document: String = page
            .script(
                "const fields = [...document.querySelectorAll('input, textarea')];
                 return [document.documentElement.outerHTML, document.cookie,
                   ...fields.map((field) => field.value),
                   JSON.stringify(localStorage), JSON.stringify(sessionStorage)].join('\\n')",
                vec![],
            )
            .await?;
        let heard = wire.heard().await?.join("\n");
        let log = app.data().log()?;
        let places = [
            ("page", &document, "Scripted"),
            ("replies", &heard, "\"scripted\""),
            ("log", &log, "the window takes input"),
            ("terminal", &app.printed(), "the window takes input"),
        ];
        for (place, text, known) in places {
            // What is certainly there shows that the search is not blind.
            ensure!(
                text.contains(known),
                "the {place} does not even hold \"{known}\""
            );
            ensure!(!text.contains(KEY), "the {place} holds the key");
            ensure!(
                !text.contains(&KEY[KEY.len() - 12..]),
                "the {place} holds half of the key"
            );
        }
        app.close_cleanly().await?;
        ensure!(
            !app.data().files_with("Scripted")?.is_empty(),
            "the search of files is blind"
        );
        let found = app.data().files_with(&KEY[KEY.len() - 12..])?;
        ensure!(found.is_empty(), "the key is in {found:?}");
        Ok(())
    })
}

#[test]
fn without_a_session_bus_a_key_is_held_for_the_session_only() -> Result<()> {
    journey("no-bus", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = journey.start(Setup::new().no_bus()).await?;
        go_to(&page, "Settings").await?;
        page.read("No system keyring").await?;
        page.read("there is no session bus").await?;

        fill_provider(&page, "Scripted", &provider.base_url(), KEY).await?;
        let session_only = Target::role("checkbox").named("Keep the key for this session only");
        ensure!(
            page.property::<bool>(&session_only, "checked").await?,
            "not offered by itself"
        );
        page.press(&session_only).await?;
        page.press(&Target::button("Save")).await?;
        let problem = page.see(&Target::css("form [role=alert]")).await?;
        ensure!(problem.contains("No system keyring"), "{problem}");
        // What could not be done is done in another way from the same form, and done once.
        page.press(&session_only).await?;
        page.press(&Target::button("Save")).await?;
        page.see(&provider_card("Scripted").text_has("For this session only"))
            .await?;
        let cards = page.count(&provider_card("Scripted")).await?;
        ensure!(cards == 1, "it was added {cards} times");
        new_chat_with(&page, "scripted", "echo").await?;
        ask_and_hear(&page, "no keyring needed", "no keyring needed").await?;

        let page = app.restart().await?;
        go_to(&page, "Models & routes").await?;
        let card = page.see(&provider_card("Scripted")).await?;
        ensure!(!card.contains("For this session only"), "{card}");
        new_chat_with(&page, "scripted", "echo").await?;
        ask(&page, "and now?").await?;
        answer_over(&page).await?;
        page.read("There is no key for Scripted yet.").await?;
        app.close_cleanly().await?;
        ensure!(
            app.data().files_with(KEY)?.is_empty(),
            "the key is on the disk"
        );
        Ok(())
    })
}

#[test]
fn a_key_of_the_environment_is_labelled() -> Result<()> {
    journey("environment-key", LIMIT, async |journey| {
        // Nobody listens there: nothing of this test reaches the real provider.
        let nobody = format!(
            "http://{}",
            std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?
        );
        let setup = Setup::new()
            .variable("OPENAI_API_KEY", KEY)
            .variable("HTTPS_PROXY", nobody)
            .variable("NO_PROXY", "127.0.0.1");
        let (app, page) = journey.start(setup).await?;
        add_provider(&page, "OpenAI", "https://api.openai.com/v1", "").await?;
        page.see(&provider_card("OpenAI").text_has("OPENAI_API_KEY"))
            .await?;
        add_provider(&page, "Another", "https://api.example.com/v1", "").await?;
        let another = page.see(&provider_card("Another")).await?;
        ensure!(!another.contains("OPENAI_API_KEY"), "{another}");
        app.close_cleanly().await?;
        ensure!(
            app.data().files_with(KEY)?.is_empty(),
            "the key is on the disk"
        );
        Ok(())
    })
}
