//! Comparing in the window: two models answer one prompt side by side, a grid goes on after a crash, and
//! what was compared is gone on with as a chat.

use std::time::Duration;

use anyhow::{Result, ensure};
use patchbay_e2e::{Key, Page, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};

use crate::providers::PACE;
use crate::steps::{ANSWER_WITHIN, LIMIT, add_provider, answer_text, go_to, new_chat_with, words};

pub(crate) const COUNTED: &str = "1 2 3 4 5 6 7 8 9 10";

pub(crate) fn prompt() -> Target {
    Target::role("textbox").named("Prompt")
}

fn column(model: &str) -> Target {
    Target::role("article").named(&format!("Answer of {model}"))
}

pub(crate) async fn says(page: &Page, model: &str, expected: &str) -> Result<()> {
    let text = Target::css(".markdown").within(column(model));
    until(
        &format!("the answer of {model}"),
        ANSWER_WITHIN,
        async || {
            let texts = page.texts(&text).await?;
            let said = texts.into_iter().next().unwrap_or_default();
            Ok((words(&said) == words(expected)).then_some(()))
        },
    )
    .await
}

pub(crate) async fn add_column(page: &Page, model: &str) -> Result<()> {
    page.press(&Target::button("model")).await?;
    page.type_into(&Target::role("combobox").named("Search models"), model)
        .await?;
    let item = Target::role("option").name_has(model);
    page.see(&item).await?;
    page.settle().await?;
    page.press_keys(&[Key::Enter]).await?;
    page.see(&Target::role("button").name_has(&format!("Column {model}")))
        .await?;
    Ok(())
}

#[test]
fn two_models_answer_side_by_side_and_one_goes_on_as_a_chat() -> Result<()> {
    journey("compare", LIMIT, async |journey| {
        let provider = ScriptedProvider::start_with(ScriptedOptions {
            pace: Pace::Every(PACE),
            more_models: vec!["count-to-10".to_owned()],
            ..ScriptedOptions::default()
        })?;
        let (app, page) = journey.start(Setup::default()).await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        new_chat_with(&page, "scripted", "echo").await?;
        go_to(&page, "Compare").await?;
        page.see(&prompt()).await?;
        add_column(&page, "count-to-10").await?;
        page.type_into(&prompt(), "Say it twice").await?;
        page.press(&Target::button("Run on 2")).await?;

        says(&page, "echo", "Say it twice").await?;
        says(&page, "count-to-10", COUNTED).await?;
        journey.photograph(&page, "compare").await?;

        // What was asked is what was sent, once each.
        let asked = provider.chat_requests();
        ensure!(asked.len() == 2, "{} requests", asked.len());

        // A window that is loaded again shows the same.
        page.reload().await?;
        says(&page, "count-to-10", COUNTED).await?;

        // A vote is kept, and one answer goes on as a chat.
        page.press(&Target::button("Best answer: echo")).await?;
        let chosen = Target::css("button[aria-pressed=true]");
        page.see(&chosen.named("Best answer: echo")).await?;
        page.press(&Target::button("Continue here: count-to-10"))
            .await?;
        until(
            "the answer in a chat",
            Duration::from_secs(45),
            async || {
                let text = answer_text(&page).await?;
                Ok((words(&text) == words(COUNTED)).then_some(()))
            },
        )
        .await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn the_example_runs_on_the_model_of_this_computer_alone() -> Result<()> {
    journey("compare-example", LIMIT, async |journey| {
        let (app, page) = journey.start(Setup::default()).await?;
        go_to(&page, "Compare").await?;
        page.press(&Target::button("Try the example")).await?;
        // Three columns, two prompts, two times each.
        page.read_within("12/12", Duration::from_secs(180)).await?;
        journey.photograph(&page, "compare-example").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}
