//! What every provider can do, be it a company or the model in this process.

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;

use crate::failure::Failure;
use crate::model::ModelListing;
use crate::request::ChatRequest;
use crate::stream::StreamEvent;
use crate::words::word_enum;

word_enum! {
    /// Families of wire formats. Every provider speaks at least one.
    pub enum WireFamily {
        /// OpenAI's chat completions, and the many who copied them.
        OpenAiChat = "openai_chat",
        /// OpenAI's responses.
        OpenAiResponses = "openai_responses",
        /// Anthropic's messages.
        AnthropicMessages = "anthropic_messages",
        /// Gemini on Google AI Studio.
        Gemini = "gemini",
        /// Gemini on Google Cloud.
        Vertex = "vertex",
        /// Ollama's own format.
        Ollama = "ollama",
    }
}

impl WireFamily {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::OpenAiChat => "OpenAI chat completions",
            Self::OpenAiResponses => "OpenAI responses",
            Self::AnthropicMessages => "Anthropic messages",
            Self::Gemini => "Gemini",
            Self::Vertex => "Gemini on Vertex AI",
            Self::Ollama => "Ollama",
        }
    }

    /// Whether those who speak it are asked for embeddings. Anthropic makes none, and Vertex AI has
    /// another format for each of its models.
    pub const fn makes_embeddings(self) -> bool {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::Ollama | Self::Gemini => true,
            Self::AnthropicMessages | Self::Vertex => false,
        }
    }

    /// Whether embeddings are asked for in OpenAI's words, whatever the format of answers is.
    pub const fn embeds_like_openai(self) -> bool {
        matches!(
            self,
            Self::OpenAiChat | Self::OpenAiResponses | Self::Ollama
        )
    }
}

/// An answer being made. **Dropping it cancels**: the connection is closed, or the local model stops
/// before its next token. An `Err` is the last item.
pub type EventStream = BoxStream<'static, Result<StreamEvent, Failure>>;

/// A way to list models and to ask one.
pub trait ModelProvider: Send + Sync {
    /// Asks for the models that can be used now.
    fn list_models(&self) -> BoxFuture<'_, Result<Vec<ModelListing>, Failure>>;

    /// Sends a request. Resolves when the provider has accepted it (HTTP: a status below 300 and the
    /// right content type), before the first event. Time limits are the caller's, by dropping.
    fn open_stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<EventStream, Failure>>;

    /// Asks how many tokens a request would be read as, which costs nothing. `None` where the format
    /// has no way to ask.
    fn count_tokens(&self, _: ChatRequest) -> BoxFuture<'_, Result<Option<u64>, Failure>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
