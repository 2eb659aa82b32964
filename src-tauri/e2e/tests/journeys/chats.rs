//! What can be done with chats: rename, delete, change, branch, and all of it by keyboard.

use anyhow::{Result, ensure};
use patchbay_e2e::{Journey, Key, Page, Patchbay, Setup, Target, journey};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};

use crate::steps::{
    LIMIT, add_provider, answer_grows, answer_is, answer_over, ask, ask_and_read, choose_model,
    composer, model_search, new_chat_with, titles,
};

/// A window with a provider that needs no key, and a chat with the model that says everything back.
async fn start(journey: &Journey) -> Result<(Patchbay, Page, ScriptedProvider)> {
    let pace = Pace::Every(crate::providers::PACE);
    let provider = ScriptedProvider::start_with(ScriptedOptions {
        pace,
        ..ScriptedOptions::default()
    })?;
    let (app, page) = journey.start(Setup::new()).await?;
    add_provider(&page, "Scripted", &provider.base_url(), "").await?;
    new_chat_with(&page, "scripted", "echo").await?;
    Ok((app, page, provider))
}

fn titled(title: &str) -> Target {
    titles().text_has(title)
}

#[test]
fn one_is_renamed_deleted_and_brought_back() -> Result<()> {
    journey("rename-delete", LIMIT, async |journey| {
        let (app, page, _provider) = start(journey).await?;
        ask_and_read(&page, "The first question").await?;
        page.see(&titled("The first question")).await?;
        page.press_keys(&[Key::F2]).await?;
        page.see_focus(&Target::field("Name of the chat")).await?;
        page.type_keys("Another name").await?;
        page.press_keys(&[Key::Enter]).await?;
        page.see(&titled("Another name")).await?;

        page.hover(&titled("Another name")).await?;
        page.press(&Target::button("More for Another name")).await?;
        page.press(&Target::role("menuitem").text_has("Delete"))
            .await?;
        page.read("Deleted “Another name”").await?;
        page.see_gone(&titled("Another name")).await?;
        page.press_away(&Target::button("Undo")).await?;
        page.see(&titled("Another name")).await?;
        answer_is(&page, "The first question").await?;

        let page = app.restart().await?;
        page.see(&titled("Another name")).await?;
        page.hover(&titled("Another name")).await?;
        page.press(&Target::button("More for Another name")).await?;
        page.press(&Target::role("menuitem").text_has("Delete"))
            .await?;
        page.see_gone(&titled("Another name")).await?;
        let page = app.restart().await?;
        page.read("Your chats will stand here.").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_changed_question_is_a_branch_of_its_own() -> Result<()> {
    journey("branches", LIMIT, async |journey| {
        let (app, page, provider) = start(journey).await?;
        ask_and_read(&page, "What is one").await?;
        let question = Target::role("article").named("You asked");
        page.hover(&question).await?;
        page.press(&Target::button("Change and ask anew")).await?;
        page.fill(&Target::field("Change the question"), "What is two")
            .await?;
        page.press(&Target::button("Ask anew")).await?;
        page.see(&Target::css("[aria-label=\"Question 2 of 2\"]"))
            .await?;
        answer_is(&page, "What is two").await?;
        page.press(&Target::button("Previous question")).await?;
        page.see(&Target::css("[aria-label=\"Question 1 of 2\"]"))
            .await?;
        answer_is(&page, "What is one").await?;

        // The next question continues the branch that is on screen, and no other.
        ask_and_read(&page, "And then").await?;
        let asked = provider.chat_requests().pop().map(|request| request.body);
        let asked = asked.unwrap_or_default();
        ensure!(
            asked.contains("What is one") && !asked.contains("What is two"),
            "{asked}"
        );

        page.press(&Target::button("Ask again").last()).await?;
        page.see(&Target::css("[aria-label=\"Answer 2 of 2\"]"))
            .await?;
        answer_over(&page).await?;

        let page = app.restart().await?;
        page.press(&titled("What is one")).await?;
        page.see(&Target::css("[aria-label=\"Question 1 of 2\"]"))
            .await?;
        page.see(&Target::css("[aria-label=\"Answer 2 of 2\"]"))
            .await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn everything_can_be_reached_from_the_keyboard() -> Result<()> {
    journey("keyboard", LIMIT, async |journey| {
        let (app, page, _provider) = start(journey).await?;
        let control = |character| [Key::Control, Key::Character(character)];
        let heading = |name: &str| Target::role("heading").named(name);

        page.press_keys(&control('k')).await?;
        let palette = Target::role("dialog").named("All actions");
        page.see_focus(&Target::role("textbox").within(palette))
            .await?;
        page.type_keys("settings").await?;
        page.press_keys(&[Key::Enter]).await?;
        page.see(&heading("Settings")).await?;
        page.see_gone(&Target::role("dialog")).await?;
        page.press_keys(&control('3')).await?;
        page.see(&heading("Spend")).await?;
        page.press_keys(&control('4')).await?;
        page.see(&heading("Models & routes")).await?;
        page.press_keys(&[Key::Shift, Key::Character('?')]).await?;
        page.see(&Target::role("dialog").named("Keyboard")).await?;
        page.press_keys(&[Key::Escape]).await?;
        page.see_gone(&Target::role("dialog")).await?;
        page.press_keys(&control('1')).await?;
        page.see_focus(&composer()).await?;

        page.press_keys(&control('m')).await?;
        page.see_focus(&model_search()).await?;
        page.press_keys(&[Key::Escape]).await?;
        choose_model(&page, "scripted", "tokens-200").await?;
        ask(&page, "Go on").await?;
        answer_grows(&page, 3).await?;
        page.press_keys(&control('.')).await?;
        answer_over(&page).await?;
        page.read("Stopped by you.").await?;

        page.press_keys(&control('i')).await?;
        page.see(&Target::role("dialog").named("Receipt")).await?;
        page.press_keys(&[Key::Escape]).await?;
        page.see_gone(&Target::role("dialog")).await?;
        page.press_keys(&control('b')).await?;
        page.see_gone(&Target::role("navigation").named("Views"))
            .await?;
        page.press_keys(&control('b')).await?;
        page.see(&Target::role("navigation").named("Views")).await?;

        page.press_keys(&control('n')).await?;
        page.see_focus(&composer()).await?;
        page.read("Ask anything").await?;
        page.type_keys("first line").await?;
        page.press_keys(&[Key::Shift, Key::Enter]).await?;
        page.type_keys("second line").await?;
        ensure!(page.property::<String>(&composer(), "value").await? == "first line\nsecond line");
        app.close_cleanly().await?;
        Ok(())
    })
}
