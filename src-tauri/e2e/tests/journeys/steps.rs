//! What people do again and again, in the words of the window.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use patchbay_e2e::{Key, Page, Target, until};
use serde::Deserialize;
use serde_json::{Value, json};

/// The longest that a journey may take on a machine that does much else.
pub(crate) const LIMIT: Duration = Duration::from_secs(240);

/// The longest that one answer may take there.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// Where questions are written.
pub(crate) fn composer() -> Target {
    Target::role("textbox").name_has("Message ")
}

/// The answers on screen.
pub(crate) fn answers() -> Target {
    Target::role("article").name_has("Answer of")
}

/// The list of chats.
pub(crate) fn history() -> Target {
    Target::role("navigation").named("Chats")
}

/// The titles in the list of chats.
pub(crate) fn titles() -> Target {
    Target::css("li > button[title]").within(history())
}

/// Types a question and sends it with Enter.
pub(crate) async fn ask(page: &Page, question: &str) -> Result<()> {
    let before = page.count(&answers()).await?;
    page.type_into(&composer(), question).await?;
    page.press_keys(&[Key::Enter]).await?;
    until("a new answer", Duration::from_secs(45), async || {
        Ok((page.count(&answers()).await? > before).then_some(()))
    })
    .await
}

/// The words of the last answer as they are on screen; empty before the first.
pub(crate) async fn answer_text(page: &Page) -> Result<String> {
    let texts = page
        .texts(&Target::css(".markdown").within(answers().last()))
        .await?;
    Ok(texts.into_iter().next().unwrap_or_default())
}

/// Waits until the last answer is not being written any more; returns its words.
pub(crate) async fn answer_over(page: &Page) -> Result<String> {
    let over = Target::css("article[data-answer][aria-busy=false]");
    until("the end of the answer", ANSWER_WITHIN, async || {
        let over = page.count(&over).await?;
        Ok((over > 0 && over == page.count(&answers()).await?).then_some(()))
    })
    .await?;
    answer_text(page).await
}

/// Waits until the last answer is over and says exactly this, white space aside.
pub(crate) async fn answer_is(page: &Page, expected: &str) -> Result<()> {
    let mut said = String::new();
    let matches = until("the whole answer", ANSWER_WITHIN, async || {
        said = answer_over(page).await?;
        Ok((words(&said) == words(expected)).then_some(()))
    });
    matches
        .await
        .with_context(|| format!("expected \"{expected}\", got \"{said}\""))
}

/// Waits until the last answer has at least these words.
pub(crate) async fn answer_has(page: &Page, words: &str) -> Result<String> {
    until(
        &format!("\"{words}\" in the answer"),
        ANSWER_WITHIN,
        async || Ok(Some(answer_text(page).await?).filter(|text| text.contains(words))),
    )
    .await
}

/// Looks at the answer while it is written until it has had this many lengths; returns the last look.
pub(crate) async fn answer_grows(page: &Page, lengths: usize) -> Result<String> {
    let mut seen = std::collections::BTreeSet::new();
    until(
        &format!("an answer of {lengths} lengths"),
        ANSWER_WITHIN,
        async || {
            let text = answer_text(page).await?;
            if !text.is_empty() {
                seen.insert(text.len());
            }
            Ok((seen.len() >= lengths).then_some(text))
        },
    )
    .await
}

/// Asks and waits for the whole answer.
pub(crate) async fn ask_and_read(page: &Page, question: &str) -> Result<String> {
    ask(page, question).await?;
    answer_over(page).await
}

/// Asks, and waits until the answer is exactly this, white space aside.
pub(crate) async fn ask_and_hear(page: &Page, question: &str, answer: &str) -> Result<()> {
    ask(page, question).await?;
    answer_is(page, answer).await
}

/// Begins a chat with this model of this provider.
pub(crate) async fn new_chat_with(page: &Page, provider: &str, model: &str) -> Result<()> {
    page.press(&Target::button("New chat")).await?;
    choose_model(page, provider, model).await
}

/// Chooses the model in the picker over the chat.
pub(crate) async fn choose_model(page: &Page, provider: &str, model: &str) -> Result<()> {
    choose_way(page, provider, model).await?;
    page.see(&Target::button(&format!("Model: {model}")))
        .await?;
    Ok(())
}

/// The same where the model may have a name for people besides its id.
pub(crate) async fn choose_way(page: &Page, provider: &str, model: &str) -> Result<()> {
    page.press(&Target::role("button").name_has("Model: "))
        .await?;
    page.type_into(&model_search(), model).await?;
    let value = format!("{provider} {model}");
    let item = Target::css(&format!("[role=option][data-endpoint={value:?}]"));
    // The list moves while it is narrowed down.
    page.see(&item).await?;
    page.settle().await?;
    page.press(&item).await?;
    page.see_focus(&composer()).await
}

/// Where a model is looked for.
pub(crate) fn model_search() -> Target {
    Target::role("combobox").named("Search models")
}

/// Goes to one of the views by its name.
pub(crate) async fn go_to(page: &Page, view: &str) -> Result<()> {
    page.press(&Target::button(view).within(Target::role("navigation").named("Views")))
        .await?;
    // What is aimed at while the view is being built may be elsewhere when the mouse is there.
    page.settle().await
}

/// Opens the form for a new provider of this preset.
pub(crate) async fn choose_preset(page: &Page, preset: &str) -> Result<()> {
    go_to(page, "Models & routes").await?;
    page.press(&Target::button("Add provider")).await?;
    page.see(&Target::role("dialog").named("Add a provider"))
        .await?;
    page.type_into(&Target::role("combobox").named("Which provider?"), preset)
        .await?;
    page.press(&Target::role("option").named(preset)).await
}

/// Opens the form for a new provider at an address of its own and fills it in.
pub(crate) async fn fill_provider(page: &Page, name: &str, url: &str, key: &str) -> Result<()> {
    choose_preset(page, "Any OpenAI-compatible address").await?;
    page.fill(&Target::field("Name"), name).await?;
    page.fill(&Target::field("Base URL"), url).await?;
    if !key.is_empty() {
        page.fill(&Target::field("Key"), key).await?;
    }
    Ok(())
}

/// Adds a provider and waits until it is listed.
pub(crate) async fn add_provider(page: &Page, name: &str, url: &str, key: &str) -> Result<()> {
    fill_provider(page, name, url, key).await?;
    page.press(&Target::button("Save")).await?;
    page.see_gone(&Target::role("dialog")).await?;
    page.see(&provider_card(name)).await?;
    Ok(())
}

/// Adds a provider of this preset at another address than the preset's own. `field` is what its secret
/// is called in the form: a key, or something else that opens it.
pub(crate) async fn add_preset(
    page: &Page,
    preset: &str,
    url: &str,
    field: &str,
    secret: &str,
) -> Result<()> {
    choose_preset(page, preset).await?;
    if !secret.is_empty() {
        page.fill(&Target::field(field), secret).await?;
    }
    page.press(&Target::css("form details summary")).await?;
    page.fill(&Target::field("Another address"), url).await?;
    page.press(&Target::button("Save")).await?;
    page.see_gone(&Target::role("dialog")).await
}

/// The card of a provider.
pub(crate) fn provider_card(name: &str) -> Target {
    Target::css("li.provider").text_has(name)
}

/// Opens the receipt of the last answer, reads it, and closes it.
pub(crate) async fn receipt(page: &Page) -> Result<String> {
    page.press(&Target::button("Receipt of the last answer"))
        .await?;
    let sheet = Target::role("dialog").named("Receipt");
    let text = page.see(&sheet).await?;
    page.press_keys(&[Key::Escape]).await?;
    page.see_gone(&sheet).await?;
    Ok(text)
}

/// The first conversation, newest first, that Rust has on its disk.
pub(crate) async fn newest_conversation(page: &Page) -> Result<Conversation> {
    let list: Vec<Value> = page.call("conversation_list", Value::Null).await?;
    let newest = list.first().context("there is no conversation")?;
    page.call(
        "conversation_open",
        json!({ "conversationId": newest["id"] }),
    )
    .await
}

/// As much of a conversation as the journeys look at.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) messages: Vec<Message>,
}

/// One message of it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) text: String,
    pub(crate) status: String,
    pub(crate) run: Option<Value>,
}

impl Conversation {
    /// The last answer.
    pub(crate) fn last_answer(&self) -> Result<&Message> {
        let mut answers = self
            .messages
            .iter()
            .filter(|message| message.role == "assistant");
        answers.next_back().context("there is no answer")
    }
}

impl Message {
    /// How many attempts its receipt has.
    pub(crate) fn attempts(&self) -> usize {
        let attempts = self
            .run
            .as_ref()
            .and_then(|run| run["receipt"]["attempts"].as_array());
        attempts.map_or(0, Vec::len)
    }
}

/// Words without the white space between them, which the window is free to draw as it likes.
pub(crate) fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// That one text begins with the words of another.
pub(crate) fn ensure_begins_with(text: &str, beginning: &str) -> Result<()> {
    let begins = words(text).starts_with(&words(beginning));
    ensure!(
        begins,
        "what was on screen is not there any more.\nbefore: {beginning}\nnow: {text}"
    );
    Ok(())
}
