//! What one request asks of whoever answers it.

use crate::content::{ChatMessage, Part, ReasoningEffort, ResponseFormat};
use crate::embedding::{EmbeddingInput, EmbeddingRequest};
use crate::request::ChatRequest;

/// Bytes of text a token, low rather than high, so that a prompt is not taken for a short one.
const BYTES_A_TOKEN: u64 = 4;

/// Tokens of a turn beside its text.
const TOKENS_A_TURN: u64 = 4;

/// The same, with every mark that a maker's own template may add.
const MOST_TOKENS_A_TURN: u64 = 16;

/// Tokens of a picture or of a page, where nobody has counted: about what the large makers charge.
const TOKENS_A_PICTURE: u64 = 1_100;

/// Tokens of a picture or of a page that no maker has gone beyond.
const MOST_TOKENS_A_PICTURE: u64 = 6_000;

/// How long an answer is taken to be where the request sets no end.
pub(super) const USUAL_ANSWER: u64 = 700;

/// What a request needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Tokens of the prompt, estimated.
    pub input_tokens: u64,
    /// The most tokens that the prompt can be. No tokeniser of today makes more than one token of a
    /// byte of text.
    pub most_input_tokens: u64,
    /// The most tokens of the answer, where the request says so.
    pub max_output: Option<u64>,
    /// It holds pictures.
    pub images: bool,
    /// It holds documents.
    pub documents: bool,
    /// It offers tools.
    pub tools: bool,
    /// It wants a JSON schema kept to.
    pub json_schema: bool,
    /// It asks for thinking.
    pub reasoning: bool,
    /// It asks for vectors, and not for an answer.
    pub embedding: Option<EmbeddingNeed>,
}

/// What a request for vectors needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddingNeed {
    /// Tokens of its longest text, estimated: each is read alone, so it alone has to fit.
    pub longest_input: u64,
    /// Vectors of two models do not mix, so only one model of the route is asked, the same one every
    /// time: [`embedding_model`](super::embedding_model). `false` where the app itself named several.
    pub one_model: bool,
}

impl Need {
    /// What this request needs.
    pub fn of(request: &ChatRequest) -> Self {
        let mut need = Self {
            max_output: request.parameters.max_tokens.map(u64::from),
            tools: !request.tools.is_empty(),
            json_schema: matches!(
                request.parameters.response_format,
                ResponseFormat::Schema { .. }
            ),
            reasoning: request
                .parameters
                .reasoning_effort
                .is_some_and(|effort| effort != ReasoningEffort::None),
            ..Self::default()
        };
        for message in &request.messages {
            need.add(message);
        }
        if let Some(embedding) = &request.embedding {
            need.add_embedding(embedding);
        }
        for tool in &request.tools {
            let bytes = tool.name.len() + tool.parameters.0.len();
            let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
            need.input_tokens += bytes / BYTES_A_TOKEN;
            need.most_input_tokens = need.most_input_tokens.saturating_add(bytes + TOKENS_A_TURN);
        }
        need
    }

    fn add(&mut self, message: &ChatMessage) {
        let mut bytes = 0_usize;
        for part in &message.parts {
            match part {
                Part::Text { text } => bytes += text.len(),
                Part::Image { .. } => {
                    self.images = true;
                    self.picture();
                }
                Part::Document { .. } => {
                    self.documents = true;
                    self.picture();
                }
                Part::ToolCall { arguments, .. } => bytes += arguments.0.len(),
                Part::ToolResult { text, .. } => bytes += text.len(),
                Part::ReasoningItem { item, .. } => bytes += item.0.len(),
            }
        }
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.most_input_tokens = self
            .most_input_tokens
            .saturating_add(bytes)
            .saturating_add(MOST_TOKENS_A_TURN);
        let tokens = bytes.div_ceil(BYTES_A_TOKEN);
        self.input_tokens = self
            .input_tokens
            .saturating_add(tokens)
            .saturating_add(TOKENS_A_TURN);
    }

    fn add_embedding(&mut self, embedding: &EmbeddingRequest) {
        // No word is answered, so that no price of answers is asked for.
        self.max_output = Some(0);
        let mut longest = 0;
        let mut add = |tokens: u64, most: u64| {
            longest = tokens.max(longest);
            self.input_tokens = self.input_tokens.saturating_add(tokens);
            self.most_input_tokens = self
                .most_input_tokens
                .saturating_add(most)
                .saturating_add(MOST_TOKENS_A_TURN);
        };
        match &embedding.input {
            EmbeddingInput::Texts(texts) => {
                for text in texts {
                    let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
                    add(bytes.div_ceil(BYTES_A_TOKEN), bytes);
                }
            }
            EmbeddingInput::Tokens(lists) => {
                for list in lists {
                    let tokens = u64::try_from(list.len()).unwrap_or(u64::MAX);
                    add(tokens, tokens);
                }
            }
        }
        self.embedding = Some(EmbeddingNeed {
            longest_input: longest,
            one_model: true,
        });
    }

    fn picture(&mut self) {
        self.input_tokens = self.input_tokens.saturating_add(TOKENS_A_PICTURE);
        self.most_input_tokens = self.most_input_tokens.saturating_add(MOST_TOKENS_A_PICTURE);
    }
}
