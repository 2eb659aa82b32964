//! What goes wrong outside, each with its own words and a next step, while the window stays up.

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Page, Setup, Target, journey};

use crate::providers::{KEY, scripted, start_with};
use crate::steps::{
    LIMIT, answer_over, answer_text, answers, ask, choose_model, fill_provider, new_chat_with,
};

/// A model that fails, what the window says, and the button that it puts first.
const FAULTS: &[(&str, &str, &str)] = &[
    ("401", "Scripted does not accept the key.", "Add a key"),
    (
        "402",
        "There is no credit left at Scripted.",
        "Ask another model",
    ),
    (
        "404-model",
        "Scripted does not have this model.",
        "Ask another model",
    ),
    ("429-day", "Scripted asks to slow down.", "Try again"),
    ("500", "Scripted had an error of its own.", "Try again"),
    (
        "html-200",
        "Scripted answered with something that is not a model's answer.",
        "Check the provider",
    ),
    (
        "redirect",
        "The key was not sent there.",
        "Check the provider",
    ),
    (
        "end-after-40",
        "Scripted stopped in the middle of the answer.",
        "Try again",
    ),
    (
        "cut-after-40",
        "Scripted stopped in the middle of the answer.",
        "Try again",
    ),
    (
        "long-line",
        "Scripted sent more than an answer can hold.",
        "Try again",
    ),
    (
        "context-too-long",
        "The conversation is too long for this model.",
        "Ask another model",
    ),
];

async fn last_alert(page: &Page) -> Result<(String, Vec<String>)> {
    let alert = Target::css("[role=alert]").within(answers().last());
    let text = page.see(&alert).await?;
    let buttons = page.texts(&Target::css("button").within(alert)).await?;
    Ok((text, buttons))
}

#[test]
fn every_failed_answer_says_why_and_what_to_press() -> Result<()> {
    journey("faults", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = start_with(journey, &provider).await?;
        page.press(&Target::button("New chat")).await?;
        for (model, sentence, button) in FAULTS {
            choose_model(&page, "scripted", model).await?;
            ask(&page, "Hello?").await?;
            answer_over(&page)
                .await
                .with_context(|| model.to_string())?;
            let (text, buttons) = last_alert(&page).await.with_context(|| model.to_string())?;
            ensure!(text.contains(sentence), "{model}: {text}");
            ensure!(
                buttons.first().is_some_and(|first| first == button),
                "{model}: {buttons:?}"
            );
            if model.contains("-after-40") {
                let kept = answer_text(&page).await?;
                ensure!(
                    kept.contains("39 40"),
                    "{model}: the text so far is \"{kept}\""
                );
            }
        }

        drop(provider);
        new_chat_with(&page, "scripted", "echo").await?;
        ask(&page, "Hello?").await?;
        answer_over(&page).await?;
        let (text, buttons) = last_alert(&page).await?;
        ensure!(
            text.contains("Nothing answers at the address of Scripted."),
            "{text}"
        );
        ensure!(
            buttons
                .first()
                .is_some_and(|first| first == "Check the provider"),
            "{buttons:?}"
        );
        page.press(&Target::button("Check the provider")).await?;
        page.see(&Target::role("dialog").named("Scripted")).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn an_answer_without_end_is_stopped() -> Result<()> {
    journey("endless", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = start_with(journey, &provider).await?;
        new_chat_with(&page, "scripted", "endless").await?;
        ask(&page, "Go on").await?;
        crate::steps::answer_grows(&page, 5).await?;
        page.press(&Target::button("Stop")).await?;
        answer_over(&page).await?;
        page.read("Stopped by you.").await?;
        provider.wait_until_idle().await;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_test_of_a_provider_tells_wrong_addresses_apart() -> Result<()> {
    journey("addresses", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = journey.start(Setup::new()).await?;
        let address = provider.address();
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let wrong = [
            (format!("http://{free}/v1"), "No server is running at"),
            (
                "http://patchbay.invalid/v1".to_owned(),
                "The name patchbay.invalid could not be found.",
            ),
            (
                format!("https://{address}/v1"),
                "127.0.0.1 does not speak https at this port.",
            ),
            (
                format!("http://{address}/elsewhere"),
                "is not the address of such an API.",
            ),
        ];
        fill_provider(&page, "Odd", "http://127.0.0.1/v1", KEY).await?;
        for (url, sentence) in wrong {
            page.fill(&Target::field("Base URL"), &url).await?;
            page.press(&Target::button("Test")).await?;
            page.read(sentence).await.with_context(|| url)?;
        }
        // A wrong key is told apart from a wrong address.
        page.fill(&Target::field("Base URL"), &provider.base_url())
            .await?;
        page.fill(&Target::field("Key"), "sk-not-this-one").await?;
        page.press(&Target::button("Test")).await?;
        page.read("127.0.0.1 does not accept this key.").await?;
        // What is no address at all is refused at the field.
        page.fill(&Target::field("Base URL"), "ftp://example.org")
            .await?;
        page.press(&Target::button("Save")).await?;
        let invalid = Target::css("input[aria-invalid=true]");
        page.see(&invalid).await?;
        ensure!(page.property::<String>(&invalid, "value").await? == "ftp://example.org");
        app.close_cleanly().await?;
        Ok(())
    })
}
