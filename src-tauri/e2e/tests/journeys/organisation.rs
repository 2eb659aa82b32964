//! What a provider charged a whole organisation, read with an admin key and held against the ledger.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Key, Page, Setup, Target, journey};
use patchbay_testkit::{
    Pace, ScriptedDay, ScriptedOptions, ScriptedOrganisation, ScriptedProvider,
};
use serde_json::Value;

use crate::providers::{KEY, PACE};
use crate::steps::{LIMIT, add_preset, ask_and_hear, go_to, new_chat_with};

const ADMIN: &str = "sk-admin-journey-0123456789abcdef";
const ANSWER: &str = crate::routes::ANSWER;

/// The date in UTC so many days ago, by the window's clock.
async fn date_ago(page: &Page, days: u32) -> Result<String> {
    let script = "return new Date(Date.now() - arguments[0] * 86400000).toISOString().slice(0, 10)";
    page.script(script, vec![days.into()]).await
}

/// Proof in Spend, over the last seven days.
async fn open_proof(page: &Page) -> Result<()> {
    go_to(page, "Spend").await?;
    page.press(&Target::role("combobox").name_has("Days"))
        .await?;
    let option = Target::role("option").named("Last 7 days");
    page.see(&option).await?;
    page.settle().await?;
    page.press(&option).await?;
    page.see_gone(&option).await?;
    page.press(&Target::role("tab").named("Proof")).await
}

fn day(dollars: &str) -> ScriptedDay {
    ScriptedDay {
        dollars: vec![dollars.to_owned()],
        input_tokens: 1_200,
        output_tokens: 300,
        requests: 4,
    }
}

#[test]
fn costs_of_an_organisation_are_read_with_an_admin_key() -> Result<()> {
    journey("spend-organisation", LIMIT, async |journey| {
        let (app, page) = journey.start(Setup::new()).await?;
        let (yesterday, before) = (date_ago(&page, 1).await?, date_ago(&page, 2).await?);
        let server = ScriptedProvider::start_with(ScriptedOptions {
            expected_key: Some(KEY.to_owned()),
            pace: Pace::Every(PACE),
            organisation: ScriptedOrganisation {
                days: [(yesterday.clone(), day("1.25")), (before, day("0.5"))].into(),
                page_days: Some(2),
                ..ScriptedOrganisation::default()
            },
            ..ScriptedOptions::default()
        })?;
        add_preset(&page, "OpenAI", &server.base_url(), "Key", KEY).await?;
        new_chat_with(&page, "openai", "answer").await?;
        ask_and_hear(&page, "What is a patch bay?", ANSWER).await?;

        open_proof(&page).await?;
        let row = Target::css("ul[aria-label=Organisations] > li").text_has("OpenAI");
        page.see(&row.clone().text_has("With an admin key")).await?;
        page.press(&Target::button("Add an admin key for OpenAI"))
            .await?;
        let form = Target::css("form[aria-label='Add an admin key for OpenAI']");
        page.see(&form).await?;
        // A key that models are asked with is none that reads sums, and the other way round.
        page.fill(&Target::field("Admin key"), KEY).await?;
        page.press(&Target::button("Add the key")).await?;
        page.see(&row.clone().text_has("those begin with sk-admin-"))
            .await?;
        page.settle().await?;
        journey.photograph(&page, "spend-organisation-form").await?;
        page.fill(&Target::field("Admin key"), ADMIN).await?;
        page.press(&Target::button("Add the key")).await?;
        page.see(&row.clone().text_has("OpenAI says $1.75")).await?;
        page.see_gone(&form).await?;
        let days = Target::css("summary")
            .text_has("2 of them differ")
            .within(row.clone());
        page.press(&days).await?;
        let table = Target::css("[aria-label='Days of OpenAI'] tbody tr");
        page.see(&table.text_has("$1.25")).await?;
        page.settle().await?;
        journey.photograph(&page, "spend-organisation-read").await?;

        let asked = server.requests();
        let reports = asked
            .iter()
            .filter(|request| request.key() == Some(ADMIN))
            .map(|request| request.path.as_str());
        let reports: Vec<_> = reports.collect();
        ensure!(
            reports.len() > 2 && reports.iter().all(|path| path.contains("/organization/")),
            "{reports:?}"
        );

        page.press(&Target::button("Save").within(row.clone()))
            .await?;
        let item = Target::role("menuitem").name_has("Days as CSV");
        page.see(&item).await?;
        page.settle().await?;
        page.press(&item).await?;
        let told = page.see(&Target::css("li.toast").text_has(".csv")).await?;
        let end = told.find(".csv").context("no name")? + 4;
        let name = told[..end].trim_start_matches("Saved \u{201c}");
        let data = app.data();
        let home = data.path().parent().context("no home")?;
        let saved = fs::read_to_string(home.join(Path::new(name)))?;
        ensure!(
            saved.contains(&yesterday) && saved.contains("1250000000"),
            "{saved}"
        );
        ensure!(!saved.contains(ADMIN), "the key is in the file");

        // What was read is there after a start, and asks nobody again.
        app.close_cleanly().await?;
        let before = server.requests().len();
        let page = app.open().await?;
        open_proof(&page).await?;
        page.see(&row.clone().text_has("OpenAI says $1.75")).await?;
        let again = server.requests();
        ensure!(
            again[before..]
                .iter()
                .all(|request| request.key() != Some(ADMIN)),
            "it was read by itself"
        );

        page.press(&Target::button("Remove the admin key of OpenAI"))
            .await?;
        page.press(&Target::button("Remove the key").within(Target::css("[role=group].ask")))
            .await?;
        page.see(&Target::button("Add an admin key for OpenAI"))
            .await?;
        page.press_keys(&[Key::Escape]).await?;
        let keys: Value = page.call("provider_list", Value::Null).await?;
        ensure!(!keys.to_string().contains(ADMIN), "{keys}");
        app.close_cleanly().await?;
        for (path, bytes) in data.files()? {
            let mut windows = bytes.windows(ADMIN.len());
            let has_key = windows.any(|window| window == ADMIN.as_bytes());
            ensure!(!has_key, "the admin key is in {}", path.display());
        }
        Ok(())
    })
}
