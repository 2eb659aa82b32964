//! A model in memory: weights, tokenizer, template, and what it remembers of the last prompt.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;
use candle_core::{Device, Tensor};
use candle_transformers::models::quantized_llama::ModelWeights;
use patchbay_domain::{ChatMessage, UnixMillis};

use crate::architecture::Architecture;
use crate::error::{GenerateError, HeaderError, LoadError};
use crate::header::Header;
use crate::template::ChatTemplate;
use crate::vocabulary::Vocabulary;

/// Everything that is needed to answer.
pub(crate) struct LoadedModel {
    architecture: Architecture,
    vocabulary: Vocabulary,
    template: ChatTemplate,
    /// Never asked itself: a clone shares the weights and starts with an empty memory, and dropping
    /// it frees the attention masks as well, which the implementation keeps for ever.
    pristine: ModelWeights,
    memory: Memory,
}

/// A copy of the weights together with the tokens that it has read.
struct Memory {
    weights: ModelWeights,
    tokens: Vec<u32>,
}

impl std::fmt::Debug for LoadedModel {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LoadedModel")
            .field("architecture", &self.architecture)
            .field("remembered", &self.memory.tokens.len())
            .finish_non_exhaustive()
    }
}

impl LoadedModel {
    /// Reads a file, checked first. The file is closed when this returns.
    pub(crate) fn load(path: &Path) -> Result<Self, LoadError> {
        let header = Header::open(path)?;
        let architecture = Architecture::of(&header)?;
        let template = header.text("tokenizer.chat_template").map(str::to_owned);
        drop(header);

        let file = File::open(path).map_err(|error| LoadError::Header(HeaderError::Read(error)))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let content = Content::read(&mut reader).map_err(LoadError::Weights)?;
        let vocabulary = Vocabulary::from_content(&content)?;
        let template = ChatTemplate::new(
            template.as_deref(),
            vocabulary.edges(),
            vocabulary.special(),
        )?;
        let pristine = ModelWeights::from_gguf(content, &mut reader, &Device::Cpu)
            .map_err(LoadError::Weights)?;
        let memory = Memory {
            weights: pristine.clone(),
            tokens: Vec::new(),
        };
        Ok(Self {
            architecture,
            vocabulary,
            template,
            pristine,
            memory,
        })
    }

    /// Tokens of prompt and answer together.
    pub(crate) fn context(&self) -> usize {
        self.architecture.context
    }

    /// Tokens that the model has read since [`Self::begin`] forgot or kept the earlier ones.
    pub(crate) fn position(&self) -> usize {
        self.memory.tokens.len()
    }

    /// Whether this token ends the model's turn.
    pub(crate) fn is_end(&self, token: u32) -> bool {
        self.vocabulary.is_end(token)
    }

    /// The bytes behind a token.
    pub(crate) fn bytes_of(&self, token: u32) -> &[u8] {
        self.vocabulary.bytes_of(token)
    }

    /// The tokens of a conversation, up to where the answer begins.
    pub(crate) fn prompt(
        &mut self,
        messages: &[ChatMessage],
        continues: bool,
        now: Option<UnixMillis>,
    ) -> Result<Vec<u32>, GenerateError> {
        let pieces = self
            .template
            .render(messages, continues, now)
            .map_err(GenerateError::Template)?;
        self.vocabulary.encode(&pieces)
    }

    /// Gets ready for a prompt and returns how many of its tokens need not be read again. The
    /// implementation can only append to its memory, so either all of it is a beginning of the
    /// prompt, as when a chat goes on, or nothing can be kept.
    pub(crate) fn begin(&mut self, prompt: &[u32], afresh: bool) -> usize {
        let remembered = self.memory.tokens.len();
        if !afresh && remembered < prompt.len() && prompt.starts_with(&self.memory.tokens) {
            return remembered;
        }
        self.memory = Memory {
            weights: self.pristine.clone(),
            tokens: Vec::new(),
        };
        0
    }

    /// Reads tokens and returns how likely each token of the vocabulary is to come next.
    pub(crate) fn forward(&mut self, tokens: &[u32]) -> Result<Tensor, GenerateError> {
        let Memory {
            weights,
            tokens: read,
        } = &mut self.memory;
        let mut step = || {
            let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
            weights.forward(&input, read.len())?.squeeze(0)
        };
        let logits = step().map_err(GenerateError::Arithmetic)?;
        read.extend_from_slice(tokens);
        Ok(logits)
    }
}
