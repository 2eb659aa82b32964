//! A route whose providers cannot be reached any more: the model of this computer answers.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, ensure};
use patchbay_e2e::{Page, Setup, Target, journey};
use tokio::net::{TcpListener, TcpSocket};

use crate::routes::{
    ANSWER, begin_route, cable, ensure_says, new_chat_by, save_route, start_with_two,
};
use crate::steps::{LIMIT, answer_grows, answer_is, answer_over, ask, receipt, titles};

/// Sockets at the addresses of providers that are gone. Nobody answers there and nobody refuses, as
/// where a cable was pulled out.
struct Silence {
    _sockets: Vec<TcpListener>,
    _waiting: Vec<TcpStream>,
}

impl Silence {
    fn at(addresses: &[SocketAddr]) -> Result<Self> {
        let mut silence = Self {
            _sockets: Vec::new(),
            _waiting: Vec::new(),
        };
        for address in addresses {
            let socket = TcpSocket::new_v4()?;
            socket.set_reuseaddr(true)?;
            socket.bind(*address)?;
            silence._sockets.push(socket.listen(0)?);
            // Once its queue is full, the system drops what else knocks.
            let patience = Duration::from_millis(250);
            while let Ok(stream) = TcpStream::connect_timeout(address, patience) {
                silence._waiting.push(stream);
                ensure!(silence._waiting.len() < 64, "{address} takes everybody");
            }
        }
        Ok(silence)
    }
}

#[test]
fn the_model_of_this_computer_answers_when_the_network_is_gone() -> Result<()> {
    journey("network-gone", LIMIT, async |journey| {
        let (two, app, page) = start_with_two(journey, Setup::new()).await?;
        begin_route(
            &page,
            "everyday",
            &[("first", "answer"), ("second", "answer")],
        )
        .await?;
        save_route(&page, "everyday").await?;
        new_chat_by(&page, "everyday").await?;
        ask(&page, "What is a patch bay?").await?;
        answer_is(&page, ANSWER).await?;
        ensure!(two.second.chat_requests().is_empty());

        let addresses = [two.first.address(), two.second.address()];
        drop(two);
        let _silence = Silence::at(&addresses)?;
        ask(&page, "And who invented it?").await?;
        answer_grows(&page, 3).await?;
        ensure_says(
            &page.see(&cable()).await?,
            &[
                "first connect timeout",
                "second connect timeout",
                "this computer",
            ],
        )?;
        see_asked_for(&page).await?;
        // A window that joins late says the same of whom it hears.
        page.reload().await?;
        page.press(&titles()).await?;
        see_asked_for(&page).await?;
        page.press(&Target::button("Stop")).await?;
        answer_over(&page).await?;
        see_asked_for(&page).await?;
        let told = [
            "asked for answer · route “everyday”",
            "First",
            "the network is gone, so SmolLM2",
            "The last resort: the network was gone.",
            "The text did not leave it.",
        ];
        ensure_says(&receipt(&page).await?, &told)?;
        app.close_cleanly().await?;
        Ok(())
    })
}

/// Waits until the last answer is headed by the model of this computer and names whom was asked.
async fn see_asked_for(page: &Page) -> Result<()> {
    let last = Target::role("article").name_has("Answer of SmolLM2").last();
    page.see(&last).await?;
    let asked = page.see(&Target::css(".asked").within(last)).await?;
    ensure!(asked.trim() == "asked for answer", "{asked}");
    Ok(())
}
