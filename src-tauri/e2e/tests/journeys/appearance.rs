//! The main screens in light and dark: no grave barrier by axe-core's rules, and pictures of all of
//! them under `target/e2e/screens`.

use anyhow::{Result, ensure};
use patchbay_e2e::{Journey, Key, Page, Setup, Target, Theme, journey};

use crate::providers::{KEY, scripted};
use crate::routes::{
    begin_lab, begin_route, cable, lab, new_chat_by, save_route, see_verdicts, start_with_two,
};
use crate::steps::{
    LIMIT, add_provider, answer_over, ask_and_read, choose_model, composer, go_to, model_search,
    new_chat_with,
};

/// The usual size of the window, and the least that it must look good at.
const SIZES: [(u32, u32); 2] = [(1_360, 860), (900, 600)];

struct Looks<'a> {
    journey: &'a Journey,
    theme: &'static str,
    barriers: Vec<String>,
}

impl<'a> Looks<'a> {
    fn new(journey: &'a Journey, theme: &'static str) -> Self {
        Self {
            journey,
            theme,
            barriers: Vec::new(),
        }
    }

    async fn at(&mut self, page: &Page, screen: &str) -> Result<()> {
        page.settle().await?;
        for violation in page.violations().await? {
            self.barriers
                .push(format!("{} screen {screen}: {violation:#?}", self.theme));
        }
        for (width, height) in SIZES.into_iter().rev() {
            page.resize(width, height).await?;
            page.settle().await?;
            let name = format!("{screen}-{}-{width}x{height}", self.theme);
            self.journey.photograph(page, &name).await?;
        }
        Ok(())
    }
}

async fn tour(journey: &Journey, setup: Setup, theme: &'static str) -> Result<()> {
    let provider = scripted()?;
    let (app, page) = journey.start(setup).await?;
    let mut looks = Looks::new(journey, theme);
    page.see_focus(&composer()).await?;
    let is_dark: bool = page
        .script(
            "return matchMedia('(prefers-color-scheme: dark)').matches",
            vec![],
        )
        .await?;
    ensure!(is_dark == (theme == "dark"), "the desktop is not {theme}");
    looks.at(&page, "first-run").await?;
    go_to(&page, "Models & routes").await?;
    looks.at(&page, "models-empty").await?;
    page.press(&Target::button("Add provider")).await?;
    page.see(&Target::role("dialog")).await?;
    looks.at(&page, "provider-picker").await?;
    page.press(&Target::role("option").named("OpenRouter"))
        .await?;
    page.see(&Target::field("Key")).await?;
    looks.at(&page, "provider-form").await?;
    page.press(&Target::button("Cancel")).await?;
    add_provider(&page, "Scripted", &provider.base_url(), KEY).await?;
    looks.at(&page, "models").await?;
    new_chat_with(&page, "scripted", "reasoning").await?;
    ask_and_read(&page, "What is a patch bay?").await?;
    choose_model(&page, "scripted", "markdown").await?;
    ask_and_read(&page, "Which sort should I take?").await?;
    looks.at(&page, "chat").await?;
    page.press(&Target::button("Receipt of the last answer"))
        .await?;
    page.see(&Target::role("dialog").named("Receipt")).await?;
    looks.at(&page, "receipt").await?;
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&Target::role("dialog")).await?;
    page.press(&Target::role("button").name_has("Model: "))
        .await?;
    page.see(&model_search()).await?;
    looks.at(&page, "model-picker").await?;
    page.press_keys(&[Key::Escape]).await?;
    choose_model(&page, "scripted", "401").await?;
    ask_and_read(&page, "And now?").await?;
    answer_over(&page).await?;
    looks.at(&page, "failed-answer").await?;
    page.press_keys(&[Key::Control, Key::Character('k')])
        .await?;
    page.see(&Target::role("dialog").named("All actions"))
        .await?;
    looks.at(&page, "palette").await?;
    page.press_keys(&[Key::Escape]).await?;
    go_to(&page, "Settings").await?;
    looks.at(&page, "settings").await?;
    app.close_cleanly().await?;
    app.data().make_newer(999)?;
    let page = app.open().await?;
    page.see(&Target::button("Try again")).await?;
    looks.at(&page, "storage-problem").await?;
    app.close_cleanly().await?;
    ensure!(looks.barriers.is_empty(), "{}", looks.barriers.join("\n"));
    Ok(())
}

/// The screens of routes and of the lab.
async fn tour_of_routes(journey: &Journey, setup: Setup, theme: &'static str) -> Result<()> {
    let (_two, app, page) = start_with_two(journey, setup).await?;
    let mut looks = Looks::new(journey, theme);
    let ways = [("first", "503"), ("second", "answer")];
    begin_route(&page, "everyday", &ways).await?;
    looks.at(&page, "route-plan").await?;
    see_verdicts(&page).await?;
    looks.at(&page, "route-test").await?;
    save_route(&page, "everyday").await?;
    looks.at(&page, "routes").await?;
    new_chat_by(&page, "everyday").await?;
    ask_and_read(&page, "What is a patch bay?").await?;
    looks.at(&page, "routed-answer").await?;
    page.press(&cable()).await?;
    page.see(&Target::role("dialog").named("Receipt")).await?;
    looks.at(&page, "routed-receipt").await?;
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&Target::role("dialog")).await?;
    page.press(&Target::role("button").name_has(": what would happen now"))
        .await?;
    page.see(&Target::button("Edit route")).await?;
    looks.at(&page, "plan-chip").await?;
    page.press_keys(&[Key::Escape]).await?;
    page.press(&Target::button("Route: everyday")).await?;
    page.see(&model_search()).await?;
    looks.at(&page, "route-picker").await?;
    page.press_keys(&[Key::Escape]).await?;
    begin_lab(&page).await?;
    looks.at(&page, "lab-form").await?;
    page.press(&Target::button("Measure").within(lab())).await?;
    page.see(&Target::button("Measure again").within(lab()))
        .await?;
    looks.at(&page, "lab").await?;
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&lab()).await?;
    looks.at(&page, "lab-panel").await?;
    app.close_cleanly().await?;
    ensure!(looks.barriers.is_empty(), "{}", looks.barriers.join("\n"));
    Ok(())
}

#[test]
fn light_screens_keep_nobody_out() -> Result<()> {
    journey("light", LIMIT * 2, async |journey| {
        tour(journey, Setup::new(), "light").await
    })
}

#[test]
fn dark_screens_keep_nobody_out() -> Result<()> {
    let setup = Setup::new().theme(Theme::Dark);
    journey("dark", LIMIT * 2, async |journey| {
        tour(journey, setup, "dark").await
    })
}

#[test]
fn light_routes_keep_nobody_out() -> Result<()> {
    journey("light-routes", LIMIT * 2, async |journey| {
        tour_of_routes(journey, Setup::new(), "light").await
    })
}

#[test]
fn dark_routes_keep_nobody_out() -> Result<()> {
    let setup = Setup::new().theme(Theme::Dark);
    journey("dark-routes", LIMIT * 2, async |journey| {
        tour_of_routes(journey, setup, "dark").await
    })
}
