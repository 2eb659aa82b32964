//! The first run: with the model of this computer, and without it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{FileServer, Models, Page, Serving, Setup, Target, journey, test_models, until};

use crate::steps::{
    ANSWER_WITHIN, LIMIT, answer_grows, answer_over, answer_text, ask, composer,
    ensure_begins_with, newest_conversation, receipt, titles, words,
};

const QUESTION: &str = "Write a long story about a telephone exchange and the people in it.";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

fn get_it() -> Target {
    Target::button("Get it")
}

#[test]
fn it_answers_is_stopped_and_is_found_again_after_a_restart() -> Result<()> {
    journey("local-model", LIMIT, async |journey| {
        let (app, page) = journey.start(Setup::new()).await?;
        page.see_focus(&composer()).await?;
        ask(&page, QUESTION).await?;
        let on_screen = answer_grows(&page, 5).await?;

        page.press(&Target::button("Stop")).await?;
        let stopped = answer_over(&page).await?;
        ensure_begins_with(&stopped, &on_screen)?;
        page.read("Stopped by you. What was written so far is kept.")
            .await?;
        page.see_focus(&composer()).await?;

        let receipt = receipt(&page).await?;
        for words in [
            "This computer",
            "stopped by you",
            "output",
            "free, on this computer",
        ] {
            ensure!(
                receipt.contains(words),
                "\"{words}\" is not in the receipt:\n{receipt}"
            );
        }
        let spend = page.see(&Target::css("[aria-label=Spend]")).await?;
        ensure!(
            spend.contains("$0.00") && !spend.contains("unknown"),
            "{spend}"
        );

        let page = app.restart().await?;
        let title = page.see(&titles()).await?;
        ensure!(
            QUESTION.starts_with(title.trim().trim_end_matches('…').trim()),
            "{title}"
        );
        page.press(&titles()).await?;
        page.read("Stopped by you.").await?;
        let found = answer_text(&page).await?;
        ensure!(
            words(&found) == words(&stopped),
            "before: {stopped}\nafter: {found}"
        );
        ensure!(newest_conversation(&page).await?.last_answer()?.status == "stopped");
        app.close_cleanly().await?;
        app.data().check_integrity().await
    })
}

/// What the card of the model says.
async fn card(page: &Page) -> Result<String> {
    page.see(&Target::css(".local")).await
}

#[test]
fn without_it_the_window_offers_it_and_gets_it_by_itself() -> Result<()> {
    journey("get-local-model", LIMIT, async |journey| {
        let file = test_models()?.join(FILE);
        let half = 40_000_000;
        let server = FileServer::start(Serving::File(file), half).await?;
        let setup = Setup::new()
            .models(Models::Missing)
            .variable("PATCHBAY_MODEL_URL", server.url());
        let (app, page) = journey.start(setup).await?;
        page.read("Begin with the model that runs on this computer")
            .await?;
        ensure!(
            card(&page)
                .await?
                .contains("98 MB, once. No key, no account.")
        );

        page.press(&get_it()).await?;
        page.read("40 of 98 MB").await?;
        let bar = Target::role("progressbar");
        page.see(&bar).await?;
        page.press(&Target::button("Cancel")).await?;
        page.see(&get_it()).await?;

        // What has arrived is kept: the second try asks for the rest only.
        page.press(&get_it()).await?;
        until("the second request", Duration::from_secs(20), async || {
            Ok((server.ranges().len() >= 2).then_some(()))
        })
        .await?;
        let range = server
            .ranges()
            .pop()
            .flatten()
            .context("the second request has no range")?;
        let from: u64 = range
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()?;
        ensure!(
            from > 0 && from <= half,
            "the second request asks for {range}"
        );
        server.release();
        page.see_within(
            &Target::role("heading").named("Ask anything"),
            ANSWER_WITHIN,
        )
        .await?;

        ask(&page, QUESTION).await?;
        answer_grows(&page, 3).await?;
        app.close_cleanly().await?;
        Ok(())
    })
}

#[test]
fn a_file_that_is_not_the_model_is_refused_with_words() -> Result<()> {
    journey("damaged-local-model", LIMIT, async |journey| {
        let file = test_models()?.join(FILE);
        let server = FileServer::start(Serving::FileWithOneByteChanged(file), u64::MAX).await?;
        let setup = Setup::new()
            .models(Models::Missing)
            .variable("PATCHBAY_MODEL_URL", server.url());
        let (app, page) = journey.start(setup).await?;
        page.press(&get_it()).await?;
        page.read_within("not the one that was expected", ANSWER_WITHIN)
            .await?;
        page.see(&Target::button("Get it again")).await?;
        let left = app.models_folder()?.read_dir()?.count();
        ensure!(left == 0, "{left} files are left in the models folder");
        app.close_cleanly().await?;
        Ok(())
    })
}
