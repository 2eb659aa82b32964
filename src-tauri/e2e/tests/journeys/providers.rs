//! Providers that a person adds.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Page, Patchbay, Setup, Target, journey};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};

use crate::steps::{
    LIMIT, add_provider, answer_grows, answer_over, ask, ask_and_hear, ask_and_read, choose_model,
    fill_provider, new_chat_with, provider_card, receipt, words,
};

/// Fast, and slow enough to be watched.
pub(crate) const PACE: Duration = Duration::from_millis(10);

pub(crate) const KEY: &str = "sk-patchbay-journey-8f14e45fceea167a";

/// A provider that wants a key and answers at a pace.
pub(crate) fn scripted() -> Result<ScriptedProvider> {
    Ok(ScriptedProvider::start_with(ScriptedOptions {
        expected_key: Some(KEY.to_owned()),
        pace: Pace::Every(PACE),
        ..ScriptedOptions::default()
    })?)
}

/// A window with that provider in it, under the name "Scripted".
pub(crate) async fn start_with(
    journey: &Journey,
    provider: &ScriptedProvider,
) -> Result<(Patchbay, Page)> {
    let (app, page) = journey.start(Setup::new()).await?;
    add_provider(&page, "Scripted", &provider.base_url(), KEY).await?;
    Ok((app, page))
}

#[test]
fn one_is_tested_saved_with_its_key_and_asked() -> Result<()> {
    journey("provider", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = journey.start(Setup::new()).await?;
        fill_provider(&page, "Scripted", &provider.base_url(), KEY).await?;
        page.press(&Target::button("Test")).await?;
        let result = page.see(&Target::css(".good[role=status]")).await?;
        ensure!(result.contains("models"), "{result}");
        page.press(&Target::button("Save")).await?;
        page.read("Added Scripted").await?;
        page.see(&provider_card("Scripted").text_has("In the keychain"))
            .await?;

        new_chat_with(&page, "scripted", "echo").await?;
        let said = "Every word of this comes back unchanged.";
        ask_and_hear(&page, said, said).await?;
        let sent = provider
            .chat_requests()
            .pop()
            .context("nothing was asked")?;
        ensure!(sent.header("authorization") == Some(&*format!("Bearer {KEY}")));
        let receipt = receipt(&page).await?;
        for words in [
            "Scripted · key “",
            "answered",
            "echo",
            "input",
            "output",
            "unknown",
        ] {
            ensure!(
                receipt.contains(words),
                "\"{words}\" is not in the receipt:\n{receipt}"
            );
        }
        page.see(&Target::css("[aria-label=Spend]").text_has("1 answer of unknown cost"))
            .await?;

        choose_model(&page, "scripted", "markdown").await?;
        ask(&page, "Tell me about sorting").await?;
        answer_grows(&page, 4).await?;
        let text = answer_over(&page).await?;
        ensure!(text.contains("Sorting in Rust"), "{text}");
        for part in ["h1, h2, h3, h4", "ol", "pre", "table", "blockquote"] {
            let part = Target::css(part).within(Target::css(".markdown"));
            ensure!(page.count(&part).await? > 0, "no {part}");
        }

        let page = app.restart().await?;
        new_chat_with(&page, "scripted", "echo").await?;
        // The key was found again.
        ask_and_hear(&page, "once more", "once more").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_failed_answer_is_asked_again_beside_the_first() -> Result<()> {
    journey("retry", LIMIT, async |journey| {
        let provider = scripted()?;
        let (app, page) = start_with(journey, &provider).await?;
        let model = "503-until-recovered";
        new_chat_with(&page, "scripted", model).await?;
        ask_and_read(&page, "Are you there?").await?;
        page.read("Scripted has no capacity right now.").await?;
        provider.recover(model);
        page.press(&Target::button("Try again")).await?;
        page.see(&Target::css("[aria-label=\"Answer 2 of 2\"]"))
            .await?;
        let text = answer_over(&page).await?;
        ensure!(
            text.contains("A patch bay is a panel of sockets."),
            "{text}"
        );
        page.press(&Target::button("Previous answer")).await?;
        page.read("Scripted has no capacity right now.").await?;

        // What helps by itself is done by itself, and stands on the receipt.
        new_chat_with(&page, "scripted", "500-then-ok").await?;
        let text = ask_and_read(&page, "And you?").await?;
        ensure!(text.contains("A patch bay"), "{text}");
        let receipt = receipt(&page).await?;
        ensure!(receipt.contains("500 server error"), "{receipt}");
        ensure!(words(&receipt).contains(&"answered"), "{receipt}");
        app.close_cleanly().await?;
        Ok(())
    })
}
