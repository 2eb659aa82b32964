//! What is asked of a model, before any wire format has a say.

use serde::{Deserialize, Serialize};

use crate::content::{ChatMessage, JsonText, ReasoningEffort, ResponseFormat, Tool, ToolChoice};
use crate::embedding::EmbeddingRequest;
use crate::provider::WireFamily;

/// Everything that one attempt sends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatRequest {
    /// The model's id as its provider spells it.
    pub model: String,
    /// The turns, oldest first. System turns come first.
    pub messages: Vec<ChatMessage>,
    /// The last turn is half an answer of the assistant's, to be continued as if it had not been
    /// broken off. Only for endpoints that can do so; the others would answer it as a turn.
    pub continues: bool,
    /// How to sample.
    pub parameters: Parameters,
    /// Tools that the model may ask for.
    pub tools: Vec<Tool>,
    /// Whether it should.
    pub tool_choice: ToolChoice,
    /// Requests with the same key are likely to begin alike, so a provider that caches by itself
    /// should send them to the same machine. At most 64 characters.
    pub cache_key: Option<String>,
    /// An object whose fields are put into the body as they are, for what this type does not know.
    /// They win over fields of the same name.
    pub extra_body: Option<JsonText>,
    /// Fields that an app sent and this type does not know, for ways in that speak the app's own format.
    pub foreign_fields: Option<ForeignFields>,
    /// Vectors are wanted, and no answer in words: there are no turns then, no parameters and no tools.
    pub embedding: Option<EmbeddingRequest>,
}

/// Fields of a request in one wire format. They mean nothing in another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignFields {
    /// Which format.
    pub family: WireFamily,
    /// An object with at least one field.
    pub fields: JsonText,
}

/// How to sample. `None` leaves the choice to the model's own default, and is not sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// 0 always takes the likeliest token; 1 samples as the model was trained; at most 2.
    pub temperature: Option<f64>,
    /// Sample only from the likeliest tokens whose chances add up to this; above 0, at most 1.
    pub top_p: Option<f64>,
    /// The same seed asks for the same answer; not every provider keeps the promise.
    pub seed: Option<u64>,
    /// The most tokens to answer with.
    pub max_tokens: Option<u32>,
    /// Texts at which the answer ends; they are not part of it.
    pub stop: Vec<String>,
    /// How much to think first.
    pub reasoning_effort: Option<ReasoningEffort>,
    /// In which form to answer.
    pub response_format: ResponseFormat,
}

/// Why parameters cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum ParameterError {
    /// Outside 0 to 2, or not a number.
    #[error("temperature must be between 0 and 2, not {0}")]
    Temperature(f64),
    /// Outside (0, 1], or not a number.
    #[error("top-p must be above 0 and at most 1, not {0}")]
    TopP(f64),
    /// An answer of no tokens.
    #[error("the longest answer must be at least 1 token")]
    MaxTokens,
    /// More than the wire formats take.
    #[error("at most {limit} stop texts, none of them empty", limit = Parameters::MAX_STOP)]
    Stop,
}

impl Parameters {
    /// The most stop texts that every wire format takes.
    pub const MAX_STOP: usize = 4;

    /// Checks ranges before anything is sent.
    ///
    /// # Errors
    /// The first value that is out of range.
    pub fn validate(&self) -> Result<(), ParameterError> {
        if let Some(temperature) = self.temperature
            && !(0.0..=2.0).contains(&temperature)
        {
            return Err(ParameterError::Temperature(temperature));
        }
        if let Some(top_p) = self.top_p
            && !(top_p > 0.0 && top_p <= 1.0)
        {
            return Err(ParameterError::TopP(top_p));
        }
        if self.max_tokens == Some(0) {
            return Err(ParameterError::MaxTokens);
        }
        if self.stop.len() > Self::MAX_STOP || self.stop.iter().any(String::is_empty) {
            return Err(ParameterError::Stop);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_out_of_range_are_named() {
        let with = |parameters: Parameters| parameters.validate();
        assert!(with(Parameters::default()).is_ok());
        assert!(
            with(Parameters {
                temperature: Some(2.0),
                ..Parameters::default()
            })
            .is_ok()
        );
        assert!(
            with(Parameters {
                temperature: Some(2.1),
                ..Parameters::default()
            })
            .is_err()
        );
        assert!(
            with(Parameters {
                temperature: Some(f64::NAN),
                ..Parameters::default()
            })
            .is_err()
        );
        assert!(
            with(Parameters {
                top_p: Some(0.0),
                ..Parameters::default()
            })
            .is_err()
        );
        assert!(
            with(Parameters {
                max_tokens: Some(0),
                ..Parameters::default()
            })
            .is_err()
        );
        assert!(
            with(Parameters {
                stop: vec![String::new()],
                ..Parameters::default()
            })
            .is_err()
        );
    }
}
