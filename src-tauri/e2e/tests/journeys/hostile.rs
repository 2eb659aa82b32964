//! An answer that attacks, and a page that tries to get out.

use anyhow::{Result, ensure};
use patchbay_e2e::{Page, Setup, Target, journey};
use patchbay_testkit::ScriptedProvider;
use serde_json::{Value, json};

use crate::steps::{LIMIT, add_provider, ask_and_read, new_chat_with};

/// Says what became of something that must be refused.
async fn outcome(page: &Page, attempt: &str, argument: &str) -> Result<String> {
    let body = format!("try {{ {attempt} }} catch (error) {{ return error.name }}");
    page.promise(&body, vec![json!(argument)]).await
}

#[test]
fn an_answer_stays_text() -> Result<()> {
    journey("hostile-answer", LIMIT, async |journey| {
        let provider = ScriptedProvider::start()?;
        let (app, page) = journey.start(Setup::new()).await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        new_chat_with(&page, "scripted", "hostile-html").await?;
        let title = title(&page).await?;
        let text = ask_and_read(&page, "Attack").await?;
        for words in ["<script>", "onerror=", "<iframe", "</form>", "the end."] {
            ensure!(
                text.contains(words),
                "\"{words}\" is not shown as text:\n{text}"
            );
        }
        for made in [
            "script",
            "img",
            "iframe",
            "form",
            "input:not([type=checkbox])",
            "style",
            "object",
            "svg[onload]",
            "a[href^='javascript:']",
            "a[href^='data:']",
            "[onerror]",
        ] {
            let found = page
                .count(&Target::css(made).within(Target::css(".markdown")))
                .await?;
            ensure!(found == 0, "the answer made {found} {made}");
        }
        let address = page.address().await?;
        page.press(&Target::css(".markdown").text_has("click me"))
            .await?;
        ensure!(
            self::title(&page).await? == title,
            "a script of the answer ran"
        );
        let now = page.address().await?;
        ensure!(
            now == address,
            "the answer moved the page from {address} to {now}"
        );
        app.close_cleanly().await?;
        Ok(())
    })
}

async fn title(page: &Page) -> Result<String> {
    page.script("return document.title", vec![]).await
}

#[test]
fn the_page_runs_no_foreign_script_and_goes_nowhere() -> Result<()> {
    journey("content-security", LIMIT, async |journey| {
        let outside = ScriptedProvider::start()?;
        let (app, page) = journey.start(Setup::new()).await?;
        let address = page.address().await?;
        let url = outside.base_url();
        ensure!(outcome(&page, "return `${eval('1 + 1')}`", "").await? == "EvalError");
        ensure!(outcome(&page, "return `${new Function('return 2')()}`", "").await? == "EvalError");
        let inline = "const script = document.createElement('script');
             script.textContent = 'window.isOwned = true';
             document.body.append(script);
             return `${window.isOwned}`";
        ensure!(
            outcome(&page, inline, "").await? == "undefined",
            "an inline script ran"
        );
        let fetching = "await fetch(arguments[0]); return 'fetched'";
        ensure!(outcome(&page, fetching, &url).await? == "TypeError");
        let picture = "const picture = new Image();
             return new Promise((done) => {
               picture.onload = () => done('loaded');
               picture.onerror = () => done('refused');
               picture.src = arguments[0];
             })";
        ensure!(outcome(&page, picture, &url).await? == "refused");
        let window = "return `${window.open(arguments[0])}`";
        ensure!(outcome(&page, window, &url).await? == "null");
        let ungranted =
            "return window.__TAURI_INTERNALS__.invoke('plugin:window|set_title', { value: 'x' })
             .then(() => 'granted', (error) => `${error}`)";
        let refused = outcome(&page, ungranted, "").await?;
        ensure!(refused.contains("not allowed"), "{refused}");

        page.script::<Value>(
            "location.href = arguments[0]; return null",
            vec![json!(url)],
        )
        .await?;
        page.settle().await?;
        let now = page.address().await?;
        ensure!(now == address, "the page went from {address} to {now}");
        page.see(&crate::steps::composer()).await?;
        ensure!(
            outside.requests().is_empty(),
            "something was asked for: {:?}",
            outside.requests()
        );
        app.close_cleanly().await?;
        Ok(())
    })
}
