//! `kill -9` in the middle of an answer, again and again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Page, Setup, Target, journey, until};
use patchbay_testkit::{Pace, ScriptedOptions, ScriptedProvider};
use serde_json::{Value, json};

use crate::steps::{
    Conversation, add_provider, answer_text, ask, choose_model, composer, ensure_begins_with,
    newest_conversation, titles,
};

/// As many as were promised.
const KILLS: usize = 20;

/// The last of them hit the real model of this computer, the others a server that keeps its pace.
const LOCAL_KILLS: usize = 4;

/// What was on screen for this long must be there after the crash.
const SAFE_AFTER: Duration = Duration::from_millis(250);

/// Long enough for the first words of the local model, short of the 1.6 s of the paced answer.
const LATEST: Duration = Duration::from_millis(1_200);

const LIMIT: Duration = Duration::from_secs(420);

/// SplitMix64: enough to spread moments, and the same for the same seed everywhere.
struct Random(u64);

impl Random {
    fn moment(&mut self) -> Duration {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Duration::from_micros((mixed ^ (mixed >> 31)) % LATEST.as_micros() as u64)
    }
}

fn seed() -> Result<u64> {
    match std::env::var("PATCHBAY_E2E_SEED") {
        Ok(seed) => Ok(seed.parse()?),
        Err(_) => Ok(RandomState::new().build_hasher().finish()),
    }
}

/// Watches the answer until this moment has passed. Returns each look with the time by which it was
/// certainly on screen.
async fn watch(page: &Page, moment: Instant) -> Result<Vec<(Instant, String)>> {
    let mut looks = Vec::new();
    until(
        "the moment of the kill",
        LATEST + Duration::from_secs(20),
        async || {
            let text = answer_text(page).await?;
            let now = Instant::now();
            looks.push((now, text));
            Ok((now >= moment).then_some(()))
        },
    )
    .await?;
    Ok(looks)
}

/// Every attempt that is stored: how many there are, and of how many nobody knows the cost.
async fn attempts(page: &Page) -> Result<(usize, u64)> {
    let (mut all, mut unknown) = (0, 0);
    let list: Vec<Value> = page.call("conversation_list", Value::Null).await?;
    for summary in list {
        let request = json!({ "conversationId": summary["id"] });
        let conversation: Conversation = page.call("conversation_open", request).await?;
        for message in &conversation.messages {
            let Some(run) = &message.run else { continue };
            let made = run["receipt"]["attempts"]
                .as_array()
                .context("a run without a receipt")?;
            all += made.len();
            unknown += made
                .iter()
                .filter(|made| made["cost"]["kind"] == "unknown")
                .count() as u64;
        }
    }
    Ok((all, unknown))
}

#[test]
fn twenty_kills_lose_nothing_that_was_on_screen() -> Result<()> {
    let seed = seed()?;
    println!("PATCHBAY_E2E_SEED={seed}");
    let mut random = Random(seed);
    journey("kill-nine", LIMIT, async |journey| {
        let provider = ScriptedProvider::start_with(ScriptedOptions {
            pace: Pace::Every(Duration::from_millis(8)),
            ..ScriptedOptions::default()
        })?;
        let (app, mut page) = journey.start(Setup::new()).await?;
        add_provider(&page, "Scripted", &provider.base_url(), "").await?;
        page.press(&Target::button("New chat")).await?;
        choose_model(&page, "scripted", "tokens-200").await?;
        let mut words_kept = 0;
        for kill in 0..KILLS {
            if kill == KILLS - LOCAL_KILLS {
                page.press(&Target::role("button").name_has("Model: "))
                    .await?;
                page.press(&Target::css("[role=option][data-endpoint^='local ']"))
                    .await?;
            }
            page.see(&composer()).await?;
            ask(&page, &format!("Question {kill}: tell me a long story")).await?;
            let looks = watch(&page, Instant::now() + random.moment()).await?;
            let killed = app.kill_nine().await?;
            let safe = looks
                .iter()
                .rev()
                .find(|(seen, _)| *seen + SAFE_AFTER <= killed);
            let on_screen = safe.map_or("", |(_, text)| text.as_str());

            // Every second time the app itself is the first to open what the crash left.
            if kill % 2 == 0 {
                app.data()
                    .check_integrity()
                    .await
                    .with_context(|| format!("kill {kill}"))?;
            }
            page = app.open().await?;
            let conversation = newest_conversation(&page).await?;
            let answer = conversation.last_answer()?;
            let facts = format!("kill {kill}, seed {seed}: {answer:?}");
            ensure_begins_with(&answer.text, on_screen).with_context(|| facts.clone())?;
            ensure!(
                answer.status == "interrupted",
                "not marked as interrupted: {facts}"
            );
            ensure!(answer.attempts() == 1, "not one attempt: {facts}");
            ensure!(
                conversation.messages.len() == 2,
                "not one question and answer: {facts}"
            );
            words_kept += on_screen.split_whitespace().count();

            let (made, unknown) = attempts(&page).await?;
            ensure!(made == kill + 1, "{made} attempts after {facts}");
            let spend: Value = page.call("spend_today", Value::Null).await?;
            ensure!(
                spend["todayUnknown"] == unknown,
                "{spend}, but {unknown} attempts: {facts}"
            );
            ensure!(spend["todayNanoUsd"] == 0, "{spend}: {facts}");
        }
        println!("{words_kept} words were on screen before the kills, and are kept");
        ensure!(words_kept > 100, "the kills hardly met an answer");
        page.press(&titles()).await?;
        page.read("Interrupted: Patchbay closed while this was being written.")
            .await?;
        app.close_cleanly().await?;
        app.data().check_integrity().await
    })
}
