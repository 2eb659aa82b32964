//! The page in the window: found by role and name, pressed and typed into by real events.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use fantoccini::Client;
use fantoccini::elements::Element;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::target::{FIND, Target};
use crate::waiting::until;

/// Long enough for a slow machine that does other work; nothing waits longer than it must.
const PATIENCE: Duration = Duration::from_secs(45);

/// The page. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Page {
    pub(crate) client: Client,
}

impl Page {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    /// Runs a script, the body of a function, in the page and reads what it returns.
    ///
    /// # Errors
    /// It threw, or returned something else.
    pub async fn script<T: DeserializeOwned>(
        &self,
        body: &str,
        arguments: Vec<Value>,
    ) -> Result<T> {
        let returned = self.client.execute(body, arguments).await?;
        let shown = returned.to_string();
        serde_json::from_value(returned).with_context(|| format!("the script returned {shown}"))
    }

    /// Runs a script that returns a promise and waits for it.
    ///
    /// # Errors
    /// It threw or was rejected, or returned something else.
    pub async fn promise<T: DeserializeOwned>(
        &self,
        body: &str,
        arguments: Vec<Value>,
    ) -> Result<T> {
        let script = format!(
            "const finish = arguments[arguments.length - 1];
             (async function () {{ {body} }})(...arguments).then(
               (value) => finish({{ value: value ?? null }}),
               (error) => finish({{ error: error instanceof Error ? `${{error}}` : JSON.stringify(error) }}));"
        );
        let mut settled = self.client.execute_async(&script, arguments).await?;
        if let Some(error) = settled["error"].as_str() {
            bail!("the promise was rejected: {error}");
        }
        let value = settled["value"].take();
        let shown = value.to_string();
        serde_json::from_value(value).with_context(|| format!("the promise gave {shown}"))
    }

    /// Everything that can be read in the window.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn text(&self) -> Result<String> {
        self.script("return document.body?.innerText ?? ''", vec![])
            .await
    }

    /// How many of these are shown.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn count(&self, target: &Target) -> Result<usize> {
        self.script(
            &format!("{FIND} return find(arguments[0]).length"),
            vec![json!(target)],
        )
        .await
    }

    /// The text of each of these.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn texts(&self, target: &Target) -> Result<Vec<String>> {
        let body = format!("{FIND} return find(arguments[0]).map((element) => element.innerText)");
        self.script(&body, vec![json!(target)]).await
    }

    /// A property of the first of these, such as `value`.
    ///
    /// # Errors
    /// There is none, or the property is of another type.
    pub async fn property<T: DeserializeOwned>(&self, target: &Target, name: &str) -> Result<T> {
        let body = format!("{FIND} return find(arguments[0])[0][arguments[1]]");
        self.script(&body, vec![json!(target), json!(name)]).await
    }

    /// Waits until this is shown, and returns its text.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn see(&self, target: &Target) -> Result<String> {
        self.see_within(target, PATIENCE).await
    }

    /// [`Self::see`] with a limit of its own.
    ///
    /// # Errors
    /// It does not appear.
    pub async fn see_within(&self, target: &Target, limit: Duration) -> Result<String> {
        until(&target.to_string(), limit, async || {
            Ok(self.texts(target).await?.into_iter().next())
        })
        .await
    }

    /// Waits until these words stand somewhere in the window.
    ///
    /// # Errors
    /// They do not.
    pub async fn read(&self, words: &str) -> Result<()> {
        self.read_within(words, PATIENCE).await
    }

    /// [`Self::read`] with a limit of its own.
    ///
    /// # Errors
    /// They do not.
    pub async fn read_within(&self, words: &str, limit: Duration) -> Result<()> {
        until(&format!("the words \"{words}\""), limit, async || {
            Ok(self.text().await?.contains(words).then_some(()))
        })
        .await
    }

    /// Waits until this is not shown any more.
    ///
    /// # Errors
    /// It stays.
    pub async fn see_gone(&self, target: &Target) -> Result<()> {
        until(&format!("the end of {target}"), PATIENCE, async || {
            Ok((self.count(target).await? == 0).then_some(()))
        })
        .await
    }

    /// Waits until this has the focus.
    ///
    /// # Errors
    /// It does not get it.
    pub async fn see_focus(&self, target: &Target) -> Result<()> {
        let body = format!("{FIND} return find(arguments[0]).includes(document.activeElement)");
        until(&format!("the focus in {target}"), PATIENCE, async || {
            let has_it: bool = self.script(&body, vec![json!(target)]).await?;
            Ok(has_it.then_some(()))
        })
        .await
    }

    /// Waits for this and presses it, with the mouse.
    ///
    /// # Errors
    /// It does not appear, or cannot be pressed.
    pub async fn press(&self, target: &Target) -> Result<()> {
        let what = format!("{target}, and to press it");
        until(&what, PATIENCE, async || {
            let Some(element) = self.element(target).await? else {
                return Ok(None);
            };
            Ok(Some(element.click().await?))
        })
        .await
    }

    /// Clicks on this, which goes away when it is clicked on: again where the first click met nothing,
    /// since news slide in while they are aimed at.
    ///
    /// # Errors
    /// It does not appear, or stays.
    pub async fn press_away(&self, target: &Target) -> Result<()> {
        self.press(target).await?;
        let what = format!("{target}, to be gone once it was pressed");
        until(&what, PATIENCE, async || {
            match self.element(target).await? {
                Some(element) => Ok(element.click().await.map(|()| None)?),
                None => Ok(Some(())),
            }
        })
        .await
    }

    /// Types into this field, after what is in it.
    ///
    /// # Errors
    /// It does not appear, or takes no text.
    pub async fn type_into(&self, target: &Target, text: &str) -> Result<()> {
        let element = self.wait_for_element(target).await?;
        Ok(element.send_keys(text).await?)
    }

    /// Puts this text into the field in place of what is in it.
    ///
    /// # Errors
    /// It does not appear, or takes no text.
    pub async fn fill(&self, target: &Target, text: &str) -> Result<()> {
        let element = self.wait_for_element(target).await?;
        element.clear().await?;
        element.send_keys(text).await?;
        let filled: String = self.property(target, "value").await?;
        anyhow::ensure!(
            filled == text,
            "{target} holds \"{filled}\" and not \"{text}\""
        );
        Ok(())
    }

    /// Waits until nothing moves but what moves for ever, such as a spinner.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn settle(&self) -> Result<()> {
        let body = "const finite = document.getAnimations()
                .filter((animation) => animation.effect.getComputedTiming().endTime < Infinity);
             await Promise.allSettled(finite.map((animation) => animation.finished));
             await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));";
        self.promise::<Value>(body, vec![]).await.map(drop)
    }

    /// Makes the window this large, in pixels.
    ///
    /// # Errors
    /// The driver does not answer.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_size(width, height).await?;
        until("the new size of the window", PATIENCE, async || {
            Ok((self.size().await? == (width, height)).then_some(()))
        })
        .await
    }

    /// Loads the page anew, as F5 would.
    ///
    /// # Errors
    /// The page does not come back.
    pub async fn reload(&self) -> Result<()> {
        // A mark on the window of now, since `location.reload()` returns before anything happens.
        self.client
            .execute("window.isOld = true; location.reload()", vec![])
            .await?;
        until("the page to load anew", PATIENCE, async || {
            let is_new: bool = self
                .script(
                    "return !window.isOld && !!document.body?.innerText.trim()",
                    vec![],
                )
                .await?;
            Ok(is_new.then_some(()))
        })
        .await
    }

    /// The address of the page.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn address(&self) -> Result<String> {
        Ok(self.client.current_url().await?.to_string())
    }

    /// The size of the page, in CSS pixels.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn size(&self) -> Result<(u32, u32)> {
        self.script("return [innerWidth, innerHeight]", vec![])
            .await
    }

    pub(crate) async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    pub(crate) async fn wait_for_element(&self, target: &Target) -> Result<Element> {
        until(&target.to_string(), PATIENCE, async || {
            self.element(target).await
        })
        .await
    }

    async fn element(&self, target: &Target) -> Result<Option<Element>> {
        let body = format!("{FIND} return find(arguments[0])[0] ?? null");
        let found = self.client.execute(&body, vec![json!(target)]).await?;
        let Some(id) = found
            .as_object()
            .and_then(|object| object.values().next()?.as_str())
        else {
            return Ok(None);
        };
        Ok(Some(Element::from_element_id(
            self.client.clone(),
            id.to_owned().into(),
        )))
    }
}
