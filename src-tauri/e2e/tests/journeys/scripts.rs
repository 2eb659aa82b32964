//! The desktop's own program, started by a script: without a display, and beside the window.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Setup, journey, until};
use patchbay_testkit::ScriptedProvider;
use serde_json::Value;

use crate::steps::{LIMIT, composer, titles};

#[test]
fn what_a_script_sets_up_is_in_the_window_and_asks_through_it() -> Result<()> {
    journey("scripts", LIMIT, async |journey| {
        let server = ScriptedProvider::start()?;
        let app = journey.prepare(Setup::new().no_bus())?;
        let good = async |arguments: &[&str]| {
            let (out, errors, code) = app.script(arguments, &[]).await?;
            ensure!(code == 0, "{arguments:?} ended with {code}: {errors}");
            Ok(out)
        };
        let url = server.base_url();
        good(&["provider", "add", "--url", &url, "--name", "Scripted"]).await?;
        good(&["gateway", "on", "--port", &free_port()?]).await?;
        let made: Value = serde_json::from_str(&good(&["app", "add", "Script", "--json"]).await?)?;
        let token = made["token"].as_str().context("no token")?.to_owned();
        let asked = good(&["ask", "-m", "scripted/echo", "Asked by a script"]).await?;
        ensure!(asked == "Asked by a script\n", "{asked}");

        let page = app.open().await?;
        page.see(&composer()).await?;
        page.see(&titles().text_has("Asked by a script")).await?;
        let listens = app.data().path().join("gateway.address");
        until(
            "the window's gateway",
            Duration::from_secs(30),
            async || Ok(listens.exists().then_some(())),
        )
        .await?;
        let (_, errors, code) = app.script(&["route", "list"], &[]).await?;
        ensure!(
            code == 3 && errors.contains("Another copy"),
            "{code}: {errors}"
        );
        let through = [
            "ask",
            "-m",
            "scripted/echo",
            "Hello",
            "--token-from-env",
            "TOKEN",
        ];
        let (out, errors, code) = app.script(&through, &[("TOKEN", &token)]).await?;
        ensure!(code == 0 && out == "Hello\n", "{code}: {out}{errors}");
        app.close_cleanly().await?;
        let spent: Value = serde_json::from_str(&good(&["spend", "--by", "app", "--json"]).await?)?;
        ensure!(spent["total"]["answered"] == 2, "{spent}");
        Ok(())
    })
}

/// A port that nobody had a moment ago.
fn free_port() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port().to_string())
}
