//! Free answers of the model on this computer in Spend: they are counted, cost nothing that is unknown,
//! and no budget stops them.

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Page, Setup, Target, journey};
use serde_json::Value;

use crate::steps::{LIMIT, answer_grows, answer_over, ask, go_to};

const QUESTION: &str = "Write a long story about a telephone exchange and the people in it.";

/// Asks and stops the answer once some of it is there.
async fn ask_some(page: &Page) -> Result<()> {
    ask(page, QUESTION).await?;
    answer_grows(page, 3).await?;
    page.press(&Target::button("Stop")).await?;
    answer_over(page).await?;
    Ok(())
}

async fn look(journey: &Journey, page: &Page, screen: &str) -> Result<()> {
    page.settle().await?;
    journey
        .photograph(page, &format!("spend-free-{screen}"))
        .await
}

async fn tab(page: &Page, name: &str) -> Result<()> {
    page.press(&Target::role("tab").named(name)).await
}

fn figure(name: &str) -> Target {
    Target::css("ul[aria-label=Figures] > li").text_has(name)
}

#[test]
fn free_answers_are_counted_and_no_budget_stops_them() -> Result<()> {
    journey("spend-free", LIMIT, async |journey| {
        let (app, page) = journey.start(Setup::new()).await?;
        ask_some(&page).await?;
        go_to(&page, "Spend").await?;
        for name in ["Today", "This month"] {
            let told = page.see(&figure(name)).await?;
            ensure!(told.contains("$0.0000"), "{told}");
            ensure!(!told.contains("unknown"), "{told}");
        }
        let told = page.see(&figure("Requests")).await?;
        // It was stopped by hand, which is no failure of anybody.
        ensure!(
            told.contains("0 fell back, 1 failed or cut short"),
            "{told}"
        );
        page.read("What was asked in these days was free.").await?;
        look(journey, &page, "overview").await?;
        tab(&page, "Prices").await?;
        page.see(&Target::role("heading").name_has("Do the math"))
            .await?;
        look(journey, &page, "prices").await?;
        tab(&page, "Proof").await?;
        page.see(&Target::role("heading").named("Changes of history"))
            .await?;
        look(journey, &page, "proof").await?;

        // The smallest budget that there is: whatever costs anything is stopped by it.
        tab(&page, "Budgets").await?;
        page.press(&Target::button("New budget")).await?;
        let form = Target::role("dialog").named("New budget");
        page.see(&form).await?;
        look(journey, &page, "new-budget").await?;
        page.fill(&Target::field("At most, in dollars"), "0.000000001")
            .await?;
        page.press(&Target::button("Save budget")).await?;
        page.see_gone(&form).await?;
        let card = Target::role("article").name_has("Everything");
        page.see(&card).await?;
        look(journey, &page, "budget").await?;

        go_to(&page, "Chat").await?;
        page.press(&Target::button("New chat")).await?;
        ask_some(&page).await?;
        look(journey, &page, "answered").await?;
        go_to(&page, "Spend").await?;
        tab(&page, "Overview").await?;
        page.see(&figure("0 fell back, 2 failed or cut short"))
            .await?;
        let spend: Value = page.call("spend_today", Value::Null).await?;
        let stopped = spend["todayNanoUsd"].as_u64().context("no sum")?;
        ensure!(stopped == 0 && spend["todayUnknown"] == 0, "{spend}");
        look(journey, &page, "both").await?;
        page.resize(900, 600).await?;
        look(journey, &page, "narrow").await?;
        app.close_cleanly().await?;
        Ok(())
    })
}
