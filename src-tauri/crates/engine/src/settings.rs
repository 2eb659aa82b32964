//! What a person set up for the window: one JSON value whose shape is the window's business.

use serde_json::Value;

use crate::{Engine, EngineError};

const KEY: &str = "window";

impl Engine {
    /// The settings as they were stored last; `None` before the first time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn settings(&self) -> Result<Option<Value>, EngineError> {
        Ok(self.store.setting(KEY).await?)
    }

    /// Stores the settings.
    ///
    /// # Errors
    /// The database cannot be written.
    pub async fn set_settings(&self, settings: Value) -> Result<(), EngineError> {
        Ok(self.store.set_setting(KEY, settings).await?)
    }
}
