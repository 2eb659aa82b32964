//! Which list of models a provider gives.

use serde::{Deserialize, Serialize};

use crate::base_url::BaseUrl;

/// The shape of a provider's list of models, as far as it cannot be told from the list itself: the
/// unit of its prices, and whether its dates are those of the models. A unit is never guessed from
/// the size of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelListShape {
    /// No prices, and dates that say when the server was started or asked. Local servers, Mistral,
    /// Moonshot and whoever is not known.
    #[default]
    Plain,
    /// No prices, and the days on which models came out. OpenAI, Groq and Cerebras.
    Openai,
    /// `pricing.prompt` and the like in dollars for a token, with overrides. OpenRouter, SambaNova,
    /// and Cerebras' public list.
    Openrouter,
    /// `pricing.input` and the like in dollars for a million tokens. Together.
    Together,
    /// `metadata.pricing.input_tokens` and the like in dollars for a million tokens. DeepInfra.
    Deepinfra,
    /// `pricing.prompt.price_per_m_decimal` and the like in dollars for a million tokens, and
    /// `price_per_m` in ten-thousandths of that. Novita.
    Novita,
    /// `pricing.prompt` in dollars for a million tokens, and cache prices for a thousand. NanoGPT's
    /// list with `?detailed=true`.
    Nanogpt,
    /// `prompt_text_token_price` and the like in US cents for a hundred million tokens. xAI's
    /// `language-models`.
    Xai,
    /// A list of amounts with their unit. Fireworks' list of serverless models.
    Fireworks,
    /// `providers[].pricing` in dollars for a million tokens. The router of Hugging Face.
    Huggingface,
    /// `model_info.input_cost_per_token` and the like in dollars for a token. LiteLLM's
    /// `model/info`.
    Litellm,
}

impl ModelListShape {
    /// The shape to begin with, where no preset names one.
    pub fn of(base_url: &BaseUrl) -> Self {
        match base_url.host() {
            "api.openai.com" => Self::Openai,
            "openrouter.ai" => Self::Openrouter,
            _ => Self::Plain,
        }
    }

    /// Whether `created` is the day on which a model came out.
    pub(super) fn has_release_dates(self) -> bool {
        !matches!(self, Self::Plain | Self::Litellm)
    }
}
