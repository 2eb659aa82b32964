//! Whether the gateway listens, and where.

use serde::{Deserialize, Serialize};

use crate::{Engine, EngineError};

const KEY: &str = "gateway";

/// The port where nobody chose one.
const USUAL_PORT: u16 = 4180;

/// What a person chose about the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayChoice {
    /// It listens whenever Patchbay runs.
    pub is_on: bool,
    /// The port on loopback.
    pub port: u16,
}

impl Default for GatewayChoice {
    fn default() -> Self {
        Self {
            is_on: false,
            port: USUAL_PORT,
        }
    }
}

impl Engine {
    /// What was chosen; off where nobody did.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn gateway_choice(&self) -> Result<GatewayChoice, EngineError> {
        let kept = self.store.setting(KEY).await?;
        let read = kept.and_then(|kept| serde_json::from_value(kept).ok());
        Ok(read.unwrap_or_default())
    }

    /// Writes down what was chosen. Whoever holds the gateway carries it out.
    ///
    /// # Errors
    /// It is no port, or the database cannot be written.
    pub async fn set_gateway_choice(&self, choice: GatewayChoice) -> Result<(), EngineError> {
        if choice.port == 0 {
            return Err(EngineError::input(
                "port",
                "0 is no port that a program could be told.",
                "Choose a number from 1024 to 65535.",
            ));
        }
        let value = serde_json::json!({ "is_on": choice.is_on, "port": choice.port });
        Ok(self.store.set_setting(KEY, value).await?)
    }
}
