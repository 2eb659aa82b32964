//! The gateway, in the window: switched on, an app made, a program that asks with its token, and what it
//! asked found again as a receipt and as a chat.

use std::net::Ipv4Addr;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Journey, Key, Page, Patchbay, Setup, Target, journey};
use patchbay_testkit::ScriptedProvider;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::routes::ANSWER;
use crate::steps::{LIMIT, add_provider, answer_is, go_to, newest_conversation};

const QUESTION: &str = "What came through the gateway?";
const MODEL: &str = "scripted/answer";

/// A window whose gateway listens, one app, and its token as the dialog shows it.
async fn start(
    journey: &Journey,
    provider: &ScriptedProvider,
) -> Result<(Patchbay, Page, u16, String)> {
    let (app, page) = journey.start(Setup::new()).await?;
    add_provider(&page, "Scripted", &provider.base_url(), "").await?;
    go_to(&page, "Gateway").await?;
    let port = free_port().await?;
    page.press(&Target::role("button").name_has("Port "))
        .await?;
    page.fill(&Target::field("Port"), &port.to_string()).await?;
    page.press(&Target::button("Set the port")).await?;
    page.see_gone(&Target::button("Set the port")).await?;
    page.press(&Target::button("Switch the gateway on")).await?;
    page.see(&Target::css("[role=switch][aria-checked=true]"))
        .await?;
    page.press(&Target::button("Make your first app")).await?;
    page.fill(&Target::field("Name"), "Notebook").await?;
    page.press(&Target::button("Make the app")).await?;
    let token = page.see(&Target::css("output[aria-label=Token]")).await?;
    page.settle().await?;
    journey.photograph(&page, "gateway-token").await?;
    page.press(&Target::button("Done")).await?;
    page.see_gone(&Target::role("dialog")).await?;
    Ok((app, page, port, token.trim().to_owned()))
}

/// The window must be told a port before it can listen. It was free a moment ago.
async fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    Ok(listener.local_addr()?.port())
}

/// What a program sends that knows the address and a token, and the bytes that it is answered.
async fn request(port: u16, token: &str) -> Result<String> {
    let body = json!({
        "model": MODEL,
        "messages": [
            { "role": "system", "content": "Be short." },
            { "role": "user", "content": QUESTION },
        ],
    })
    .to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
         Authorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await?;
    Ok(reply)
}

#[test]
fn a_program_asks_and_what_it_asked_becomes_a_chat() -> Result<()> {
    journey("gateway", LIMIT, async |journey| {
        let provider = ScriptedProvider::start()?;
        let (app, page, port, token) = start(journey, &provider).await?;

        let refused = request(port, "pb-nobody").await?;
        ensure!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        let reply = request(port, &token).await?;
        ensure!(reply.starts_with("HTTP/1.1 200"), "{reply}");
        ensure!(reply.contains("x-patchbay-run: "), "{reply}");
        ensure!(reply.contains(ANSWER), "{reply}");

        // Nobody reads the view again: it is told.
        let line =
            Target::role("button").name_has(&format!("Open the request of Notebook for {MODEL}"));
        page.see(&line).await?;
        page.settle().await?;
        journey.photograph(&page, "gateway").await?;
        page.press(&line).await?;
        page.read(QUESTION).await?;
        page.read("Be short.").await?;
        page.press(&Target::role("button").name_has("Open the receipt"))
            .await?;
        let receipt = Target::role("dialog").named("Receipt");
        // The sheet opens before the receipt of a request is read.
        page.see(&receipt.clone().text_has("Scripted")).await?;
        page.press_keys(&[Key::Escape]).await?;
        page.see_gone(&receipt).await?;
        page.settle().await?;
        journey.photograph(&page, "gateway-request").await?;

        page.press(&Target::button("Open as chat")).await?;
        answer_is(&page, ANSWER).await?;
        let chat = newest_conversation(&page).await?;
        let first = chat.messages.first().context("an empty chat")?;
        ensure!(first.text == QUESTION, "{}", first.text);
        ensure!(chat.last_answer()?.attempts() == 1);

        // What it spent stands under its name.
        let today: String = page
            .script("return new Date().toLocaleDateString('sv')", vec![])
            .await?;
        let query = json!({ "from": today, "to": today, "providerId": null,
            "modelKey": null, "origin": null, "purpose": null, "app": null,
            "conversationId": null, "keyId": null, "costKind": null });
        let chart: Value = page
            .call("spend_chart", json!({ "query": query, "by": "app" }))
            .await?;
        ensure!(
            chart["groups"][0]["key"] == "notebook" && chart["groups"][0]["name"] == "Notebook",
            "{chart}"
        );

        go_to(&page, "Gateway").await?;
        page.press(&Target::button("More for the app Notebook"))
            .await?;
        let revoke = Target::role("menuitem").name_has("Revoke");
        page.see(&revoke).await?;
        page.settle().await?;
        page.press(&revoke).await?;
        page.press(&Target::button("Revoke the token")).await?;
        page.read("revoked").await?;
        let refused = request(port, &token).await?;
        ensure!(refused.starts_with("HTTP/1.1 401"), "{refused}");
        app.close_cleanly().await?;
        Ok(())
    })
}
