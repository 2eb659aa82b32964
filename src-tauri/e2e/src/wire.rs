//! What crosses between the web view and Rust, as the web view gets it.

use anyhow::Result;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::page::Page;

/// Every reply and every channel message ends in a callback from this one map.
const LISTEN: &str = r#"
const callbacks = window.__TAURI_INTERNALS__.callbacks;
const heard = (window.heardOnTheWire = []);
callbacks.get = (id) => {
  const callback = Map.prototype.get.call(callbacks, id);
  return callback && ((data) => {
    heard.push(JSON.stringify(data instanceof ArrayBuffer ? new TextDecoder().decode(data) : data));
    return callback(data);
  });
};
"#;

/// A page's connection to Rust.
#[derive(Clone, Debug)]
pub struct Wire(Page);

impl Wire {
    /// Listens from now on, until the page is loaded anew.
    ///
    /// # Errors
    /// The page does not answer.
    pub async fn listen(page: &Page) -> Result<Self> {
        page.script::<Value>(LISTEN, vec![]).await?;
        Ok(Self(page.clone()))
    }

    /// All that was heard, one JSON text for each reply or message.
    ///
    /// # Errors
    /// The page does not answer, or was loaded anew.
    pub async fn heard(&self) -> Result<Vec<String>> {
        self.0.script("return window.heardOnTheWire", vec![]).await
    }
}

impl Page {
    /// Calls a command as the page itself does.
    ///
    /// # Errors
    /// The command answered with an error.
    pub async fn call<T: DeserializeOwned>(&self, command: &str, request: Value) -> Result<T> {
        let body =
            "return window.__TAURI_INTERNALS__.invoke(arguments[0], { request: arguments[1] })";
        self.promise(body, vec![json!(command), request]).await
    }
}
