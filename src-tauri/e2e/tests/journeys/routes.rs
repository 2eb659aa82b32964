//! Routes, made, tried and asked in the window: who failed, who answered instead, and what is left of
//! both. And the lab, which measures ways in against each other.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Page, Patchbay, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::providers::PACE;
use crate::steps::{
    LIMIT, add_provider, answer_has, answer_is, answer_over, answers, ask, composer, go_to,
    model_search, newest_conversation, receipt, titles, words,
};

/// What the scripted model `answer` says.
pub(crate) const ANSWER: &str = "A patch bay is a panel of sockets. Each cable joins one output to one input, so that \
     anybody can see at a glance which way a signal takes.";

/// Two in the lab, of which one takes longer to begin, in milliseconds.
const MEASURED: [(&str, &str, u64); 2] = [
    ("first", "first-token-after-100ms", 100),
    ("second", "first-token-after-400ms", 400),
];

const ROUNDS: usize = 6;

/// A window with two providers of the same models in it, "First" and "Second".
pub(crate) async fn start_with_two(
    journey: &Journey,
    setup: Setup,
) -> Result<(Two, Patchbay, Page)> {
    let two = Two {
        first: scripted()?,
        second: scripted()?,
    };
    let (app, page) = journey.start(setup).await?;
    for (name, provider) in [("First", &two.first), ("Second", &two.second)] {
        add_provider(&page, name, &provider.base_url(), "").await?;
    }
    Ok((two, app, page))
}

/// Whoever is asked in a journey.
pub(crate) struct Two {
    pub(crate) first: ScriptedProvider,
    pub(crate) second: ScriptedProvider,
}

fn scripted() -> Result<ScriptedProvider> {
    Ok(ScriptedProvider::start_with(ScriptedOptions {
        pace: Pace::Every(PACE),
        more_models: MEASURED.map(|(_, model, _)| model.to_owned()).to_vec(),
        ..ScriptedOptions::default()
    })?)
}

fn editor() -> Target {
    Target::role("dialog").named("New route")
}

/// Opens the form of a new route and lets it ask these, each a provider and a model.
pub(crate) async fn begin_route(page: &Page, name: &str, ways: &[(&str, &str)]) -> Result<()> {
    go_to(page, "Models & routes").await?;
    page.press(&Target::button("New route")).await?;
    page.see(&editor()).await?;
    page.fill(&Target::field("Name").within(editor()), name)
        .await?;
    let listed = Target::css("li").within(Target::css("ul[aria-label=Entries]"));
    let entries = async |wanted: usize| {
        let what = format!("{wanted} entries");
        until(&what, Duration::from_secs(45), async || {
            Ok((page.count(&listed).await? == wanted).then_some(()))
        })
        .await
    };
    // A new route begins with a proposal.
    for left in (0..page.count(&listed).await?).rev() {
        let remove = Target::role("button").name_has("Remove ");
        page.press(&remove.within(listed.clone())).await?;
        entries(left).await?;
    }
    for (number, (provider, model)) in ways.iter().enumerate() {
        page.press(&Target::button("Add a model or a way in"))
            .await?;
        let search = format!("{model} provider:{provider}");
        page.type_into(&model_search(), &search).await?;
        let value = format!("{provider} {model}");
        let item = Target::css(&format!("[role=option][data-endpoint={value:?}]"));
        page.see(&item).await?;
        page.settle().await?;
        page.press(&item).await?;
        page.see_gone(&item).await?;
        entries(number + 1).await?;
    }
    Ok(())
}

/// Plays the sixteen faults against the route in the form; returns what is said of each.
pub(crate) async fn see_verdicts(page: &Page) -> Result<Vec<String>> {
    page.press(&Target::button("Test my route")).await?;
    let verdicts = Target::css("button.tile").within(Target::css("section[aria-label=Test]"));
    until("sixteen verdicts", Duration::from_secs(90), async || {
        let shown = page.texts(&verdicts).await?;
        Ok((shown.len() == 16).then_some(shown))
    })
    .await
}

pub(crate) async fn save_route(page: &Page, name: &str) -> Result<()> {
    page.press(&Target::button("Save route")).await?;
    page.see_gone(&editor()).await?;
    page.see(&Target::role("article").named(name)).await?;
    Ok(())
}

/// Begins a chat with a route.
pub(crate) async fn new_chat_by(page: &Page, route: &str) -> Result<()> {
    page.press(&Target::button("New chat")).await?;
    page.press(&Target::role("button").name_has("Model: "))
        .await?;
    page.type_into(&model_search(), route).await?;
    let item = Target::css("[role=option][data-route]").text_has(route);
    page.see(&item).await?;
    page.settle().await?;
    page.press(&item).await?;
    page.see_focus(&composer()).await?;
    page.see(&chosen(route)).await?;
    Ok(())
}

/// The button over the chat that says by which route is asked.
fn chosen(route: &str) -> Target {
    Target::button(&format!("Route: {route}"))
}

pub(crate) fn cable() -> Target {
    Target::role("button")
        .name_has("Open the receipt:")
        .within(answers().last())
}

pub(crate) fn ensure_says(text: &str, expected: &[&str]) -> Result<()> {
    for words in expected {
        ensure!(text.contains(words), "\"{words}\" is not in:\n{text}");
    }
    Ok(())
}

#[test]
fn a_route_goes_past_a_provider_that_is_down_and_says_so() -> Result<()> {
    journey("route", LIMIT, async |journey| {
        let (two, app, page) = start_with_two(journey, Setup::new()).await?;
        begin_route(&page, "everyday", &[("first", "503"), ("second", "answer")]).await?;

        // Who would be asked, in this order, before anybody is.
        let plan = Target::css("section[aria-label='What would happen now'] ol li");
        let order = ["503 · First", "answer · Second", "when the network is gone"];
        until("the plan", Duration::from_secs(45), async || {
            let steps = page.texts(&plan).await?;
            let mut pairs = order.iter().zip(&steps);
            let is_right =
                steps.len() == order.len() && pairs.all(|(who, step)| step.contains(who));
            Ok(is_right.then_some(()))
        })
        .await?;
        // How it stands sixteen faults, which are played to nobody outside.
        let shown = see_verdicts(&page).await?;
        let passed = shown.iter().filter(|tile| words(tile).contains(&"pass"));
        ensure!(passed.count() == 16, "{shown:#?}");
        let asked = two.first.chat_requests().len() + two.second.chat_requests().len();
        ensure!(asked == 0, "the test asked {asked} times");
        save_route(&page, "everyday").await?;

        new_chat_by(&page, "everyday").await?;
        ask(&page, "What is a patch bay?").await?;
        answer_is(&page, ANSWER).await?;
        // It is named after the model that wrote it, not after the one that was asked first.
        page.see(&Target::role("article").named("Answer of answer"))
            .await?;
        ensure_says(&page.see(&cable()).await?, &["first 503", "second"])?;
        let told = [
            "route “everyday”",
            "First",
            "503 overloaded",
            "Second",
            "The next way in.",
            "answered",
            "Who read it",
        ];
        ensure_says(&receipt(&page).await?, &told)?;
        ensure!(readers(&page).await? == ["First", "Second"]);

        let page = app.restart().await?;
        page.press(&titles()).await?;
        page.see(&chosen("everyday")).await?;
        answer_is(&page, ANSWER).await?;
        ensure_says(&page.see(&cable()).await?, &["first 503", "second"])?;
        ensure_says(&receipt(&page).await?, &told)?;
        ensure!(readers(&page).await? == ["First", "Second"]);
        app.close_cleanly().await?;
        Ok(())
    })
}

/// Who read the last question, as the receipt lists them.
async fn readers(page: &Page) -> Result<Vec<String>> {
    page.press(&cable()).await?;
    let sheet = Target::role("dialog").named("Receipt");
    page.see(&sheet).await?;
    let names = page
        .texts(&Target::css("section li strong").within(sheet.clone()))
        .await?;
    page.press_keys(&[patchbay_e2e::Key::Escape]).await?;
    page.see_gone(&sheet).await?;
    Ok(names)
}

#[test]
fn half_an_answer_is_replaced_by_a_whole_one_and_kept() -> Result<()> {
    journey("half-answer", LIMIT, async |journey| {
        let (_two, app, page) = start_with_two(journey, Setup::new()).await?;
        let ways = [("first", "cut-after-40"), ("second", "answer")];
        begin_route(&page, "rescue", &ways).await?;
        save_route(&page, "rescue").await?;

        new_chat_by(&page, "rescue").await?;
        ask(&page, "What is a patch bay?").await?;
        // The half is seen while it is written.
        answer_has(&page, "8 9 10").await?;
        answer_is(&page, ANSWER).await?;
        ensure_says(&page.see(&cable()).await?, &["first", "second"])?;
        let conversation = newest_conversation(&page).await?;
        let attempts = conversation.last_answer()?.attempts();
        ensure!(attempts == 2, "{attempts} attempts");

        page.press(&Target::button("Receipt of the last answer"))
            .await?;
        page.press(&Target::button("The half answer that was replaced"))
            .await?;
        let sheet = Target::role("dialog").named("Receipt");
        let told = page.see(&sheet).await?;
        ensure_says(&told, &["38 39 40", "The next way in.", "answered"])?;
        ensure!(!answer_over(&page).await?.contains("39 40"), "both halves");
        app.close_cleanly().await?;
        Ok(())
    })
}

pub(crate) fn lab() -> Target {
    Target::role("dialog").named("Latency lab")
}

/// Gives the two that are measured a price, and fills in the form of the lab.
pub(crate) async fn begin_lab(page: &Page) -> Result<()> {
    for (provider, model, _) in MEASURED {
        let price = json!({ "endpoint": { "providerId": provider, "model": model },
            "input": "1000", "output": "1000", "cacheRead": null, "cacheWrite": null,
            "reasoning": null, "perRequest": null });
        page.call::<Value>("price_set", price).await?;
    }
    go_to(page, "Models & routes").await?;
    page.press(&Target::button("Measure")).await?;
    page.see(&lab()).await?;
    for (provider, model, _) in MEASURED {
        let search = Target::css("input[type=search]").within(lab());
        page.fill(&search, &format!("{model} provider:{provider}"))
            .await?;
        // The list still shows what was searched before, for a moment.
        let found = Target::css("ul[aria-label='Found ways in'] label").text_has(model);
        page.press(&found.within(lab())).await?;
    }
    page.fill(&Target::field("Rounds").within(lab()), "6")
        .await?;
    Ok(())
}

/// The cells of the table of times, row by row.
async fn measured_rows(page: &Page) -> Result<Vec<String>> {
    let table = Target::css("[aria-label='Measured times'] tbody tr").within(lab());
    page.texts(&table).await
}

#[test]
fn two_ways_in_are_measured_against_each_other() -> Result<()> {
    journey("lab", LIMIT, async |journey| {
        let (two, app, page) = start_with_two(journey, Setup::new()).await?;
        begin_lab(&page).await?;
        // What it may cost is told before anything is asked.
        let told = Target::css("[role=status]").within(lab());
        page.see(&told.text_has("12 requests, at most about $"))
            .await?;
        ensure!(two.first.chat_requests().is_empty());

        page.press(&Target::button("Measure").within(lab())).await?;
        page.see(&Target::role("progressbar").named("Measuring").within(lab()))
            .await?;
        let over = Target::button("Measure again").within(lab());
        page.see_within(&over, Duration::from_secs(120)).await?;
        let rows = measured_rows(&page).await?;
        ensure!(rows.len() == 2, "{rows:#?}");
        for ((_, model, millis), row) in MEASURED.iter().zip(&rows) {
            ensure!(row.contains(model), "{row}");
            ensure!(!row.contains("failed"), "{row}");
            let median = median(row).context("no median")?;
            ensure!(median >= *millis as f64, "{median} ms: {row}");
        }
        let added = "\n+";
        ensure!(rows[1].contains(added), "nothing is added: {rows:#?}");
        for (provider, (name, model, _)) in [&two.first, &two.second].iter().zip(MEASURED) {
            let asked = provider.chat_requests().len();
            ensure!(asked == ROUNDS, "{name}, {model}: {asked} requests");
        }

        let page = app.restart().await?;
        go_to(&page, "Models & routes").await?;
        page.press(
            &Target::button("Open").within(Target::css("section[aria-labelledby=lab-heading]")),
        )
        .await?;
        ensure_says(&page.see(&lab()).await?, &["2 ways in, 6 rounds"])?;
        let kept = measured_rows(&page).await?;
        ensure!(kept == rows, "{rows:#?} became {kept:#?}");
        let saved = Target::css("section[aria-label=Measurements] li").within(lab());
        ensure!(page.count(&saved).await? == 1);
        app.close_cleanly().await?;
        Ok(())
    })
}

/// The first time that a row tells, in milliseconds.
fn median(row: &str) -> Option<f64> {
    let before = row.split(" ms").next()?;
    let figure = before.split_whitespace().next_back()?;
    figure.replace(',', "").parse().ok()
}
