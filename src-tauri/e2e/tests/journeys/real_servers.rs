//! A LiteLLM proxy, a program of other people, added in the window and asked there. It is no part of this
//! tree, so the journey is left out unless `cargo xtask real-servers` starts it, which says in
//! `PATCHBAY_LITELLM` where the program is.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use patchbay_e2e::{Setup, Target, journey, until};
use patchbay_testkit::ScriptedProvider;
use serde_json::Value;

use crate::steps::{
    LIMIT, answer_over, ask, choose_preset, choose_way, go_to, newest_conversation, provider_card,
    receipt,
};

/// Made up for this journey.
const KEY: &str = "sk-made-up-master-key-of-a-proxy";

/// The proxy, ended with the journey.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Proxy {
    /// Starts it in front of this provider.
    async fn start(provider: &ScriptedProvider, port: u16, folder: &Path) -> Result<Self> {
        let program = std::env::var("PATCHBAY_LITELLM").context("use cargo xtask real-servers")?;
        let configuration = folder.join("litellm.yaml");
        let host = provider.base_url();
        std::fs::write(
            &configuration,
            format!(
                "model_list:
  - model_name: behind-the-proxy
    litellm_params:
      model: openai/usage-cached
      api_base: {host}
      api_key: sk-made-up-key-of-the-host-behind
      input_cost_per_token: 0.0000025
      output_cost_per_token: 0.00001
      cache_read_input_token_cost: 0.00000025
general_settings:
  master_key: {KEY}
"
            ),
        )?;
        let output = File::create(folder.join("litellm.log"))?;
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(configuration)
            .args(["--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["--telemetry", "False"])
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut proxy = Self(command.spawn()?);
        until("the proxy to begin", Duration::from_secs(180), async || {
            if let Some(ended) = proxy.0.try_wait()? {
                bail!("it ended: {ended}");
            }
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .ok()
                .map(drop))
        })
        .await?;
        Ok(proxy)
    }
}

#[test]
#[ignore = "needs LiteLLM: cargo xtask real-servers"]
fn litellm_is_added_tested_listed_and_asked_in_the_window() -> Result<()> {
    journey("litellm", LIMIT * 2, async |journey| {
        let provider = ScriptedProvider::start()?;
        let (app, page) = journey.start(Setup::new()).await?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let _proxy = Proxy::start(&provider, port, app.data().path()).await?;

        choose_preset(&page, "LiteLLM proxy").await?;
        page.fill(
            &Target::field("Base URL"),
            &format!("http://127.0.0.1:{port}"),
        )
        .await?;
        page.fill(&Target::field("Key"), "sk-made-up-and-wrong")
            .await?;
        page.press(&Target::button("Test")).await?;
        page.read("LiteLLM proxy does not accept this key.").await?;
        page.fill(&Target::field("Key"), KEY).await?;
        page.press(&Target::button("Test")).await?;
        let result = page.see(&Target::css(".good[role=status]")).await?;
        ensure!(result.contains("accepts the key"), "{result}");
        page.press(&Target::button("Save")).await?;
        page.see_gone(&Target::role("dialog")).await?;
        page.see(&provider_card("LiteLLM proxy")).await?;

        let listed: Vec<Value> = page.call("provider_list", Value::Null).await?;
        let id = listed
            .first()
            .and_then(|provider| provider["id"].as_str())
            .context("no provider")?;
        go_to(&page, "Chat").await?;
        page.press(&Target::button("New chat")).await?;
        choose_way(&page, id, "behind-the-proxy").await?;
        ask(&page, "How much is that?").await?;
        let text = answer_over(&page).await?;
        ensure!(text.trim() == "1 2 3 4 5", "{text}");
        let conversation = newest_conversation(&page).await?;
        let run = conversation.last_answer()?.run.clone().context("no run")?;
        // 100 fresh tokens, 900 from the cache and 5 of the answer, at the proxy's own prices.
        let cost = &run["receipt"]["cost"]["nanoUsd"];
        ensure!(cost.as_u64() == Some(525_000), "{cost}");
        let shown = receipt(&page).await?;
        for words in ["LiteLLM proxy", "900", "answered"] {
            ensure!(shown.contains(words), "no {words} in:\n{shown}");
        }
        app.close_cleanly().await?;
        Ok(())
    })
}
