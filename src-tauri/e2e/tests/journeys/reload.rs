//! A window that is loaded anew in the middle of an answer.

use anyhow::{Result, ensure};
use patchbay_e2e::{Setup, Target, journey};
use patchbay_testkit::ScriptedProvider;

use crate::steps::{
    LIMIT, add_provider, answer_has, answer_over, ask, new_chat_with, newest_conversation, receipt,
    titles,
};

#[test]
fn it_joins_the_answer_and_misses_nothing() -> Result<()> {
    journey("reload", LIMIT, async |journey| {
        let provider = ScriptedProvider::start()?;
        let (app, page) = journey.start(Setup::new()).await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        new_chat_with(&page, "scripted", "drip").await?;
        ask(&page, "Count").await?;
        provider.release(5);
        answer_has(&page, "1 2 3 4 5").await?;

        page.reload().await?;
        // Another chat is on screen now, and nobody looks at what comes.
        provider.release(3);
        page.press(&titles()).await?;
        answer_has(&page, "1 2 3 4 5 6 7 8").await?;
        page.see(&Target::button("Stop")).await?;
        provider.release(4);
        answer_has(&page, "9 10 11 12").await?;
        provider.release(20);
        let text = answer_over(&page).await?;
        let all: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
        ensure!(text.trim() == all.join(" "), "{text}");
        let stored = newest_conversation(&page).await?;
        ensure!(
            stored.last_answer()?.status == "complete" && stored.last_answer()?.attempts() == 1
        );
        ensure!(
            provider.chat_requests().len() == 1,
            "the question was sent twice"
        );
        ensure!(receipt(&page).await?.contains("answered"));
        app.close_cleanly().await?;
        Ok(())
    })
}
