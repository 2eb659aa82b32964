//! What is made of answers that were compared: verdicts of a judge, votes and the ranking of them, one
//! answer of several. And comparing with what was: questions of the past asked again, one round held
//! against the next, and a round as a file.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Key, Page, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::compare::{COUNTED, add_column, prompt, says};
use crate::providers::PACE;
use crate::steps::{
    ANSWER_WITHIN, LIMIT, add_provider, ask_and_hear, go_to, model_search, new_chat_with, words,
};

const ASKED: &str = "Say it twice";

/// As many prompts as a score needs, and one more.
const VOTES: u32 = 7;

fn provider() -> Result<ScriptedProvider> {
    Ok(ScriptedProvider::start_with(ScriptedOptions {
        pace: Pace::Every(PACE),
        more_models: vec!["count-to-10".to_owned()],
        ..ScriptedOptions::default()
    })?)
}

fn dialog(name: &str) -> Target {
    Target::role("dialog").named(name)
}

fn menu_item(name: &str) -> Target {
    Target::role("menuitem").name_has(name)
}

/// Chooses a model in a picker that is open.
async fn choose(page: &Page, model: &str) -> Result<()> {
    page.type_into(&model_search(), model).await?;
    page.see(&Target::role("option").name_has(model)).await?;
    page.settle().await?;
    page.press_keys(&[Key::Enter]).await
}

/// Puts the prompt to echo and count-to-10 and waits for both.
async fn compare_two(page: &Page) -> Result<()> {
    go_to(page, "Compare").await?;
    page.see(&prompt()).await?;
    add_column(page, "count-to-10").await?;
    page.type_into(&prompt(), ASKED).await?;
    page.press(&Target::button("Run on 2")).await?;
    says(page, "echo", ASKED).await?;
    says(page, "count-to-10", COUNTED).await
}

#[test]
fn answers_are_judged_voted_on_ranked_merged_and_stitched() -> Result<()> {
    journey("compare-judged", LIMIT, async |journey| {
        let provider = provider()?;
        let (app, page) = journey.start(Setup::default()).await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        new_chat_with(&page, "scripted", "echo").await?;
        compare_two(&page).await?;

        judge(&page, &provider).await?;
        journey.photograph(&page, "compare-verdicts").await?;
        page.press_keys(&[Key::Escape]).await?;
        judges_receipt(&page).await?;
        merge(&page).await?;
        stitch(&page).await?;
        journey.photograph(&page, "compare-stitched").await?;
        rank(&page).await?;
        journey.photograph(&page, "compare-ranking").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

/// The echo says what its instructions say last, which is A: whichever answer stands first.
async fn judge(page: &Page, provider: &ScriptedProvider) -> Result<()> {
    let before = provider.chat_requests().len();
    page.press(&Target::button("Judge")).await?;
    let sheet = dialog("Let models judge");
    page.press(&Target::button("judge").within(sheet.clone()))
        .await?;
    choose(page, "echo").await?;
    page.read("2 requests for").await?;
    page.press(&Target::button("Judge").within(sheet.clone()))
        .await?;
    page.see_gone(&sheet).await?;

    page.press(&Target::role("button").name_has("1 verdict"))
        .await?;
    page.read("said otherwise in the other order").await?;
    page.read("a tie").await?;

    // Both orders were asked, and neither names a model.
    let asked = provider.chat_requests().split_off(before);
    ensure!(asked.len() == 2, "{} requests to judge", asked.len());
    let place = |index: usize, answer: &str| -> Result<usize> {
        let text = &asked[index].body;
        let from = text.find("<answer-A-").context("no answers")?;
        let found = text[from..].find(answer);
        found.with_context(|| format!("{answer} is not in {text}"))
    };
    let is_first = |index| Ok::<_, anyhow::Error>(place(index, ASKED)? < place(index, COUNTED)?);
    ensure!(is_first(0)? && !is_first(1)?, "the order stayed the same");
    let names_one = asked
        .iter()
        .any(|request| request.body.contains("count-to-10"));
    ensure!(!names_one, "a judge was told whose an answer is");
    Ok(())
}

/// The receipt of a judge leads to what it judged.
async fn judges_receipt(page: &Page) -> Result<()> {
    page.press(&Target::role("button").name_has("Receipts: "))
        .await?;
    page.press(&Target::css("li button").text_has("Judge of a comparison"))
        .await?;
    page.see(&dialog("Receipt")).await?;
    page.see(&Target::role("article").named("Answer of count-to-10"))
        .await?;
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&dialog("Receipt")).await
}

async fn merge(page: &Page) -> Result<()> {
    page.press(&Target::button("Merge")).await?;
    page.press(&menu_item("Merge by a model")).await?;
    let sheet = dialog("Make one answer of several");
    page.press(&Target::button("Merge 2").within(sheet.clone()))
        .await?;
    page.see_gone(&sheet).await?;
    let made = Target::css("article[aria-busy=false]").named("Answer made of several");
    let text = page.see(&made.text_has(COUNTED)).await?;
    ensure!(text.contains(ASKED) && text.contains("One text"), "{text}");
    // It was paid for, so a wrong press takes nothing away.
    page.press(&Target::button("Delete it")).await?;
    page.read("Nothing was made of these answers yet").await?;
    page.press_away(&Target::button("Undo")).await?;
    page.see(&Target::role("article").named("Answer made of several"))
        .await?;
    Ok(())
}

async fn stitch(page: &Page) -> Result<()> {
    page.press(&Target::button("Merge")).await?;
    page.press(&menu_item("Stitch passages by hand")).await?;
    page.press(&Target::role("button").name_has("Take “Say it twice"))
        .await?;
    page.press(&Target::button("Add your own words")).await?;
    page.type_into(&Target::field("Your own words"), "And once more.")
        .await?;
    page.press(&Target::button("Save")).await?;
    let made = Target::role("article").named("Answer made of several");
    let text = page.see(&made.text_has("And once more.")).await?;
    ensure!(
        text.contains("Stitched by hand") && text.contains(ASKED),
        "{text}"
    );
    Ok(())
}

/// First too few votes, then enough: the others come over the same commands that buttons call.
async fn rank(page: &Page) -> Result<()> {
    page.press(&Target::button("Rankings")).await?;
    page.read("Vote blind on 6 prompts").await?;
    page.press(&Target::button("Back to the answers")).await?;
    page.press(&Target::button("Best answer: echo")).await?;
    page.see(&Target::css("button[aria-pressed=true]").named("Best answer: echo"))
        .await?;
    page.press(&Target::button("Rankings")).await?;
    page.read("Not enough votes yet: 1 of 6 prompts").await?;

    let list: Vec<Value> = page.call("comparison_list", Value::Null).await?;
    let reference = json!({ "comparisonId": list[0]["id"] });
    let opened: Value = page.call("comparison_open", reference).await?;
    let mut definition = opened["definition"].clone();
    definition["name"] = json!("Many");
    let texts = (0..VOTES).map(|number| json!({ "kind": "text", "text": format!("Say {number}") }));
    definition["prompts"] = texts.collect();
    let save = json!({ "comparisonId": null, "definition": definition });
    let many: Value = page.call("comparison_save", save).await?;
    let start = json!({ "comparisonId": many["id"] });
    let round: Value = page.call("comparison_start", start).await?;
    let reference = json!({ "roundId": round["id"] });
    until("every answer of the round", ANSWER_WITHIN, async || {
        let round: Value = page.call("round_open", reference.clone()).await?;
        Ok((round["state"] == "done").then_some(()))
    })
    .await?;
    for case in 0..VOTES {
        let vote = json!({
            "roundId": round["id"], "caseIndex": case, "repeat": 0, "verdict": "best", "column": 0,
            "tag": null, "note": "", "isBlind": true,
        });
        page.call::<Value>("vote_set", vote).await?;
    }
    let row = Target::css("tbody tr").text_has("echo");
    until("a score", Duration::from_secs(45), async || {
        let row = page.texts(&row).await?.into_iter().next();
        let is_ranked = row.is_some_and(|row| {
            row.starts_with('1') && row.contains("8/0/0") && !row.contains("Not enough")
        });
        Ok(is_ranked.then_some(()))
    })
    .await
}

#[test]
fn the_past_is_asked_again_held_against_the_next_round_and_kept_as_a_file() -> Result<()> {
    journey("compare-past", LIMIT, async |journey| {
        let provider = provider()?;
        let app = journey.prepare(Setup::default())?;
        // As desktops name the folder: in a file of its own, by its path.
        let home = app.data().path().parent().context("no home")?.to_owned();
        let downloads = home.join("Things that came");
        fs::create_dir(&downloads)?;
        let names = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display());
        fs::write(home.join("config/user-dirs.dirs"), names)?;
        let page = app.open().await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        new_chat_with(&page, "scripted", "echo").await?;
        for question in ["What is a bus?", "And a jack?"] {
            ask_and_hear(&page, question, question).await?;
        }

        replay(&page).await?;
        journey.photograph(&page, "compare-replay").await?;
        against(&page).await?;
        journey.photograph(&page, "compare-against").await?;
        page.press_keys(&[Key::Escape]).await?;
        page.see_gone(&dialog("What changed?")).await?;

        for (expected, name) in [("html", "HTML"), ("html", "HTML"), ("md", "Markdown")] {
            page.press(&Target::button("Export")).await?;
            page.press(&menu_item(&format!("Save {name} to Downloads")))
                .await?;
            page.read(&format!(".{expected}” in {}", downloads.display()))
                .await?;
            page.press(&Target::button("Dismiss").last()).await?;
            page.see_gone(&Target::button("Dismiss")).await?;
        }
        let mut files: Vec<String> = fs::read_dir(&downloads)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<Result<_>>()?;
        files.sort();
        ensure!(
            files.len() == 3 && files.iter().any(|name| name.ends_with(" (2).html")),
            "{files:?}"
        );
        for name in &files {
            let text = fs::read_to_string(downloads.join(name))?;
            ensure!(text.contains("What is a bus?"), "{name}: {text}");
        }

        receipts(&page).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

/// The questions of the chat on another model, beside the answers of then.
async fn replay(page: &Page) -> Result<()> {
    go_to(page, "Compare").await?;
    page.press(&Target::role("button").name_has("Replay my past").last())
        .await?;
    let sheet = dialog("Replay my past");
    page.press(
        &Target::role("button")
            .name_has("The other model: ")
            .within(sheet.clone()),
    )
    .await?;
    choose(page, "count-to-10").await?;
    page.read("And a jack?").await?;
    page.press(&Target::button("Ask and vote blind").within(sheet.clone()))
        .await?;
    page.see_gone(&sheet).await?;
    let table = Target::role("grid").named("Answers by prompt");
    until("the answers to both questions", ANSWER_WITHIN, async || {
        let text = page.texts(&table).await?.concat();
        Ok((text.contains("And a jack?") && page.text().await?.contains("4/4")).then_some(()))
    })
    .await?;
    // What was asked stands for all of the last days, and nobody knows the price there.
    let outcome = Target::css("section").named("What that time would have cost");
    let told = page.see(&outcome.text_has("would have cost on")).await?;
    ensure!(told.contains("All 2 questions"), "{told}");
    Ok(())
}

async fn against(page: &Page) -> Result<()> {
    page.press(&Target::button("Run on 2")).await?;
    page.press(&Target::role("button").name_has("round 2 of 2"))
        .await?;
    page.press(&menu_item("What changed?")).await?;
    let sheet = dialog("What changed?");
    let text = page.see(&sheet.text_has("Round 1")).await?;
    ensure!(words(&text).contains(&"Round"), "{text}");
    Ok(())
}

/// A receipt of a comparison leads to its case, and not to a chat that is in no list.
async fn receipts(page: &Page) -> Result<()> {
    page.press(&Target::role("button").name_has("Receipts: "))
        .await?;
    page.press(&Target::css("li button").text_has("count-to-10"))
        .await?;
    page.see(&dialog("Receipt")).await?;
    page.see(&Target::role("article").named("Answer of count-to-10"))
        .await?;
    Ok(())
}
