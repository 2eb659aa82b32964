//! What was spent, in the window: the same sums on screen, in the files and after a crash, a budget that
//! stops what costs, and a cost that nobody knew and somebody prices.
//!
//! Long because the three journeys share the words of one view.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Key, Page, Patchbay, Setup, Target, journey};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::providers::{KEY, PACE};
use crate::routes::{ANSWER, begin_route, ensure_says, new_chat_by, save_route};
use crate::steps::{
    LIMIT, add_provider, answer_over, ask, ask_and_hear, go_to, new_chat_with, newest_conversation,
    receipt,
};

const NANO_PER_DOLLAR: f64 = 1e9;

/// Dollars per million tokens: high, so that a few tokens are more than a ten-thousandth.
const RATE: &str = "1000";

/// Two servers with a key, whose models `answer` and `503` have a price, and `echo` none.
async fn start(journey: &Journey) -> Result<(Vec<ScriptedProvider>, Patchbay, Page)> {
    let (app, page) = journey.start(Setup::new()).await?;
    let mut servers = Vec::new();
    for (name, key) in [("First", KEY), ("Second", "")] {
        let server = ScriptedProvider::start_with(ScriptedOptions {
            pace: Pace::Every(PACE),
            ..ScriptedOptions::default()
        })?;
        add_provider(&page, name, &server.base_url(), key).await?;
        servers.push(server);
    }
    for (provider, model) in [("first", "503"), ("first", "answer"), ("second", "answer")] {
        set_price(&page, provider, model).await?;
    }
    Ok((servers, app, page))
}

async fn set_price(page: &Page, provider: &str, model: &str) -> Result<()> {
    let price = json!({ "endpoint": { "providerId": provider, "model": model },
        "input": RATE, "output": RATE, "cacheRead": null, "cacheWrite": null,
        "reasoning": null, "perRequest": null });
    page.call::<Value>("price_set", price).await?;
    Ok(())
}

/// Opens Spend by its key.
async fn open_spend(page: &Page) -> Result<()> {
    // It types where something is typed into.
    page.script::<Value>("document.activeElement.blur(); return null", vec![])
        .await?;
    page.press_keys(&[Key::Character('3')]).await?;
    page.see(&Target::role("heading").named("Spend")).await?;
    Ok(())
}

async fn tab(page: &Page, name: &str) -> Result<()> {
    page.press(&Target::role("tab").named(name)).await
}

fn figure(name: &str) -> Target {
    Target::css("ul[aria-label=Figures] > li").text_has(name)
}

/// What Rust says of today, in nano-dollars.
async fn today(page: &Page) -> Result<u64> {
    let spend: Value = page.call("spend_today", Value::Null).await?;
    spend["todayNanoUsd"].as_u64().context("no sum of today")
}

/// The same as the window writes it.
fn written(nano: u64) -> String {
    let dollars = nano as f64 / NANO_PER_DOLLAR;
    if dollars < 1. {
        format!("${dollars:.4}")
    } else {
        format!("${dollars:.2}")
    }
}

async fn look(journey: &Journey, page: &Page, screen: &str) -> Result<()> {
    page.settle().await?;
    journey.photograph(page, &format!("spend-{screen}")).await
}

async fn choose(page: &Page, list: &str, option: &str) -> Result<()> {
    page.press(&Target::role("button").name_has(list)).await?;
    let option = Target::role("option").name_has(option);
    page.see(&option).await?;
    page.settle().await?;
    page.press(&option).await
}

async fn close_sheet(page: &Page, name: &str) -> Result<()> {
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&Target::role("dialog").name_has(name)).await
}

/// Chooses an export, waits for the news of it, and reads the file.
async fn export(page: &Page, app: &Patchbay, entry: &str, ending: &str) -> Result<String> {
    page.press(&Target::role("button").name_has("Export"))
        .await?;
    let item = Target::role("menuitem").name_has(entry);
    page.see(&item).await?;
    page.settle().await?;
    page.press(&item).await?;
    let toast = Target::css("li.toast").text_has(ending);
    let told = page.see(&toast).await?;
    let end = told.find(ending).context("no name")? + ending.len();
    let name = told[..end].trim_start_matches("Saved \u{201c}");
    page.press(&Target::button("Dismiss").within(toast.clone()))
        .await?;
    page.see_gone(&toast).await?;
    let data = app.data();
    let home = data.path().parent().context("no home")?;
    fs::read_to_string(home.join(Path::new(name))).with_context(|| name.to_owned())
}

/// The sum of a column of a CSV file in whose fields no line ends.
fn column_sum(csv: &str, column: &str) -> Result<u64> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines().map(fields);
    let head = lines.next().context("an empty file")?;
    let place = head.iter().position(|name| name == column);
    let place = place.with_context(|| format!("no {column} in {head:?}"))?;
    let mut sum = 0;
    for line in lines {
        let field = line.get(place).context("a short line")?;
        if !field.is_empty() {
            sum += field.parse::<u64>().with_context(|| field.clone())?;
        }
    }
    Ok(sum)
}

/// The fields of one line; a quoted one may hold a comma.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    for character in line.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(String::new()),
            _ => fields
                .last_mut()
                .into_iter()
                .for_each(|field| field.push(character)),
        }
    }
    fields
}

#[test]
fn what_was_spent_is_the_same_on_screen_in_files_and_after_a_crash() -> Result<()> {
    journey("spend", LIMIT, async |journey| {
        let (_servers, app, page) = start(journey).await?;
        open_spend(&page).await?;
        page.see(&Target::role("heading").named("Nothing was spent yet"))
            .await?;
        begin_route(&page, "everyday", &[("first", "503"), ("second", "answer")]).await?;
        save_route(&page, "everyday").await?;
        new_chat_with(&page, "first", "answer").await?;
        ask_and_hear(&page, "And again?", ANSWER).await?;
        ask_and_hear(&page, "And once more?", ANSWER).await?;
        new_chat_with(&page, "first", "echo").await?;
        ask_and_hear(&page, "Who knows what I cost", "Who knows what I cost").await?;
        new_chat_by(&page, "everyday").await?;
        ask_and_hear(&page, "What is a patch bay?", ANSWER).await?;

        let sum = today(&page).await?;
        ensure!(sum > 1_000_000, "{sum}");
        open_spend(&page).await?;
        page.see(&figure("Today").text_has(&written(sum))).await?;
        page.see(&figure("Requests").text_has("4")).await?;
        page.see(&figure("Requests").text_has("1 fell back, 0 failed"))
            .await?;
        let bar = Target::css("[data-bar][aria-label*='Second $']");
        ensure!(page.count(&bar).await? == 1, "no bar of Second");
        look(journey, &page, "overview").await?;

        for split in [
            "Model",
            "Origin",
            "App",
            "Chat",
            "Key",
            "Purpose",
            "How the cost is known",
        ] {
            choose(&page, "Split by", split).await?;
            page.see(&Target::role("heading").name_has(&format!("and {}", split.to_lowercase())))
                .await?;
            page.settle().await?;
            let groups = page.text().await?;
            let name = split.to_lowercase().replace(' ', "-");
            journey
                .photograph(&page, &format!("spend-by-{name}"))
                .await?;
            ensure!(!groups.contains("undefined"), "{groups}");
        }
        choose(&page, "Split by", "Model").await?;
        page.press(&Target::button("Show as table")).await?;
        page.see(
            &Target::css("[aria-label='Spend by day, as a table'] tfoot").text_has(&written(sum)),
        )
        .await?;
        look(journey, &page, "table").await?;
        page.press(&Target::button("Show as table")).await?;

        // From a bar to the answers behind it, and to the receipt of one.
        // Its arrow keys lead there as well.
        page.script::<Value>(
            "[...document.querySelectorAll('[data-bar]')].at(-1).focus(); return null",
            vec![],
        )
        .await?;
        page.press_keys(&[Key::Enter]).await?;
        let sheet = Target::role("dialog").name_has("Answers: ");
        page.see(&sheet.clone().text_has("4 answers")).await?;
        look(journey, &page, "answers").await?;
        page.press(
            &Target::css("button.receipt")
                .text_has("What is a patch bay?")
                .within(sheet),
        )
        .await?;
        let receipt = Target::role("dialog").named("Receipt");
        let told = page.see(&receipt.text_has("its worst case")).await?;
        ensure_says(
            &told,
            &["503 overloaded", "Your own price", "its worst case"],
        )?;
        look(journey, &page, "receipt").await?;
        close_sheet(&page, "Receipt").await?;
        close_sheet(&page, "Answers: ").await?;

        tab(&page, "Prices").await?;
        page.see(&Target::role("heading").name_has("Do the math"))
            .await?;
        look(journey, &page, "prices").await?;
        tab(&page, "Proof").await?;
        page.see(&Target::role("heading").named("Changes of history"))
            .await?;
        look(journey, &page, "proof").await?;
        tab(&page, "Overview").await?;

        let rows = export(&page, &app, "Every attempt as CSV", ".csv").await?;
        ensure!(!rows.contains(KEY), "the key is in the file");
        let exported = column_sum(&rows, "cost_nano_usd").with_context(|| rows.clone())?;
        ensure!(exported == sum, "{exported} instead of {sum}: {rows}");
        let again = export(&page, &app, "Every attempt as CSV", " (2).csv").await?;
        ensure!(again == rows, "{again}");
        let statement = export(&page, &app, "Statement of", ".html").await?;
        // Rust and the window write one amount in one way.
        ensure!(statement.contains(&written(sum)), "{statement}");
        ensure!(!statement.contains(KEY), "the key is in the statement");

        app.kill_nine().await?;
        let page = app.open().await?;
        ensure!(today(&page).await? == sum, "another sum after the crash");
        open_spend(&page).await?;
        page.see(&figure("Today").text_has(&written(sum))).await?;
        page.see(&figure("Requests").text_has("1 fell back, 0 failed"))
            .await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

/// Saves the form of a budget with this limit.
async fn save_limit(page: &Page, limit: &str) -> Result<()> {
    page.fill(&Target::field("At most, in dollars"), limit)
        .await?;
    page.press(&Target::button("Save budget")).await?;
    page.see_gone(&Target::role("dialog").name_has(" budget"))
        .await
}

#[test]
fn a_budget_stops_what_costs_until_it_is_raised() -> Result<()> {
    journey("spend-budget", LIMIT, async |journey| {
        let (servers, app, page) = start(journey).await?;
        let asked = || servers[0].chat_requests().len();
        new_chat_with(&page, "first", "answer").await?;
        ask_and_hear(&page, "What is a patch bay?", ANSWER).await?;
        let sum = today(&page).await?;

        open_spend(&page).await?;
        tab(&page, "Budgets").await?;
        page.press(&Target::button("New budget")).await?;
        let form = Target::role("dialog").named("New budget");
        page.see(&form).await?;
        choose(&page, "For", "A day").await?;
        let limit = Target::field("At most, in dollars");
        for wrong in ["abc", "0", "-5", "1e400"] {
            page.fill(&limit, wrong).await?;
            page.press(&Target::button("Save budget")).await?;
            let refused = Target::css("[aria-invalid=true]").within(form.clone());
            page.see(&refused).await.with_context(|| wrong.to_owned())?;
        }
        // A thousandth of a cent is left: not even the question is paid with it.
        let nearly = format!("{:.9}", (sum + 10_000) as f64 / NANO_PER_DOLLAR);
        save_limit(&page, &nearly).await?;
        let card = Target::role("article").named("Everything, a day");
        // A limit is shown to its last digit.
        let exactly = format!("${}", nearly.trim_end_matches('0'));
        page.see(&card.clone().text_has(&exactly)).await?;
        look(journey, &page, "budget").await?;

        go_to(&page, "Chat").await?;
        new_chat_with(&page, "first", "answer").await?;
        let before = asked();
        ask(&page, "Is anything left?").await?;
        answer_over(&page).await?;
        page.read("The budget “Everything, a day” leaves").await?;
        page.press(&Target::button("Raw answer")).await?;
        page.read("The budget \u{201c}Everything, a day\u{201d} leaves")
            .await?;
        ensure!(asked() == before, "it was asked");
        journey.photograph(&page, "spend-stopped").await?;
        let told = receipt(&page).await?;
        ensure_says(&told, &["Everything, a day"])?;
        open_spend(&page).await?;
        tab(&page, "Budgets").await?;
        page.press(&Target::button("Edit the budget Everything, a day"))
            .await?;
        save_limit(&page, "100").await?;
        page.see(&card.clone().text_has("$100.00")).await?;
        tab(&page, "Overview").await?;
        // What was stopped is a request, no failure, and is found behind its count.
        let requests = figure("Requests");
        page.see(&requests.clone().text_has("0 fell back, 0 failed"))
            .await?;
        let stopped = Target::button("1 stopped by a budget").within(requests);
        page.press(&stopped).await?;
        let answers = Target::role("dialog").named("Answers: stopped by a budget");
        let row = Target::css("ul > li").within(answers);
        page.see(&row.clone().text_has("Is anything left?")).await?;
        page.see(&row.text_has("not sent")).await?;
        look(journey, &page, "stopped-by-a-budget").await?;
        page.press_keys(&[Key::Escape]).await?;
        go_to(&page, "Chat").await?;
        new_chat_with(&page, "first", "answer").await?;
        ask_and_hear(&page, "And now?", ANSWER).await?;
        ensure!(asked() == before + 1, "{} requests", asked());

        open_spend(&page).await?;
        tab(&page, "Budgets").await?;
        page.press(&Target::button("Delete the budget Everything, a day"))
            .await?;
        page.see_gone(&card).await?;
        page.press_away(&Target::button("Undo")).await?;
        page.see(&card).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_cost_that_nobody_knew_is_priced_later() -> Result<()> {
    journey("spend-proof", LIMIT, async |journey| {
        let (_servers, app, page) = start(journey).await?;
        new_chat_with(&page, "first", "answer").await?;
        ask_and_hear(&page, "What is a patch bay?", ANSWER).await?;
        new_chat_with(&page, "second", "echo").await?;
        ask_and_hear(&page, "one two three", "one two three").await?;
        let before = today(&page).await?;
        let conversation = newest_conversation(&page).await?;
        let kind = &conversation.last_answer()?.run.as_ref().context("no run")?["receipt"]["attempts"]
            [0]["cost"]["kind"];
        ensure!(kind == "unknown", "{kind}");

        open_spend(&page).await?;
        tab(&page, "Proof").await?;
        let row = Target::css("[aria-label='Costs that nobody knows'] tbody tr").text_has("echo");
        page.see(&row).await?;
        look(journey, &page, "unknown").await?;
        page.press(&Target::button("Set a price for echo by Second"))
            .await?;
        page.see(&Target::role("dialog").text_has("Your own price"))
            .await?;
        page.press_keys(&[Key::Escape]).await?;
        set_price(&page, "second", "echo").await?;
        page.press(&Target::button("Price echo by Second now"))
            .await?;
        let dialog = Target::role("dialog").named("Price them now");
        page.see(&dialog.clone().text_has("Known of all")).await?;
        ensure!(today(&page).await? == before, "a trial changed the sum");
        page.press(&Target::button("Change 1 attempt")).await?;
        page.see_gone(&dialog).await?;
        let after = today(&page).await?;
        ensure!(after > before, "{before} stayed {after}");
        page.see(
            &Target::css("[aria-label='Changes of history'] tbody tr")
                .text_has(&written(after - before)),
        )
        .await?;
        page.see_gone(&row).await?;
        look(journey, &page, "priced").await?;
        // What is no list of usage is refused, and nothing is kept of it.
        for text in [
            "",
            "\u{fffd}PNG\r\n\u{1a}\n\0\0IHDR",
            "name,colour\ncat,red\n",
        ] {
            let file = json!({ "providerId": "first", "name": "wrong.csv", "text": text });
            let kept = page.call::<Value>("usage_import", file).await;
            ensure!(kept.is_err(), "{text:?} was taken: {kept:?}");
        }
        let kept: Vec<Value> = page.call("usage_import_list", Value::Null).await?;
        ensure!(kept.is_empty(), "{kept:?}");
        tab(&page, "Overview").await?;
        page.see(&figure("Today").text_has(&written(after))).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}
