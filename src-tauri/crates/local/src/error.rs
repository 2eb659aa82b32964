//! What can go wrong, in types: the provider turns them into the domain's failure classes, and
//! xtask prints them as they are.

use std::io;
use std::path::PathBuf;

/// Why the first part of a file is not a usable GGUF header.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file does not begin with the four letters of the format.
    #[error("this is not a GGUF file")]
    NotGguf,
    /// A version of the format that is not read here.
    #[error("GGUF version {0} is not supported, only 2 and 3")]
    Version(u32),
    /// The file ends inside its own header.
    #[error("the file ends after {actual} bytes, in the middle of its header")]
    CutHeader {
        /// Bytes of the file.
        actual: u64,
    },
    /// The file is shorter than its tensors need.
    #[error("the file is cut: it needs {needed} bytes and has {actual}")]
    CutTensors {
        /// Bytes that the header promises.
        needed: u64,
        /// Bytes of the file.
        actual: u64,
    },
    /// A number in the header that no real model needs, such as a billion tensors.
    #[error("the header claims {value} {what}; more than {limit} is not believed")]
    Absurd {
        /// What is counted.
        what: &'static str,
        /// What the header says.
        value: u64,
        /// The most that is read.
        limit: u64,
    },
    /// The header breaks a rule of the format.
    #[error("the header is damaged near byte {position}: {what}")]
    Malformed {
        /// The rule that is broken.
        what: &'static str,
        /// Where the reader stood, in bytes from the start of the file.
        position: u64,
    },
    /// The operating system could not read the file.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
}

/// Why a sound GGUF file still cannot be run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Another architecture than Llama's.
    #[error("its architecture is {0}; only llama runs here")]
    Architecture(String),
    /// The header does not name an architecture.
    #[error("it does not say which architecture it has")]
    NoArchitecture,
    /// A part of the Llama family that the implementation leaves out.
    #[error("it uses {0}, which does not run here yet")]
    Feature(&'static str),
    /// A tensor that the implementation would silently ignore, and so answer wrongly.
    #[error("it has a tensor {0} that does not run here")]
    Tensor(String),
    /// A quantisation without an implementation.
    #[error("its tensor {tensor} has the number format {code}, which does not run here")]
    NumberFormat {
        /// The tensor's name.
        tensor: String,
        /// The format's number in the GGUF specification.
        code: u32,
    },
    /// A value that the architecture needs is missing or makes no sense.
    #[error("its header value {key} is missing or wrong")]
    Value {
        /// The metadata key.
        key: String,
    },
    /// A tensor is missing or has other dimensions than the header's values ask for.
    #[error("its tensor {tensor} is missing or has the wrong shape")]
    Shape {
        /// The tensor's name.
        tensor: String,
    },
    /// Another kind of tokenizer than byte-level BPE.
    #[error("its tokenizer is of the kind {0}, which does not run here yet")]
    Tokenizer(String),
    /// It carries no tokenizer.
    #[error("it has no tokenizer")]
    NoTokenizer,
    /// Neither a chat template nor the tokens of the most common one.
    #[error("it has no chat template, so it was not made for chats")]
    NoChatTemplate,
}

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nothing stands at that path (any more).
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// See [`HeaderError`].
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// See [`Unsupported`].
    #[error("this model cannot be run: {0}")]
    Unsupported(#[from] Unsupported),
    /// The tokenizer in the file is damaged.
    #[error("the tokenizer in the file is damaged")]
    Tokenizer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The chat template in the file does not parse.
    #[error("the chat template in the file is damaged")]
    ChatTemplate(#[source] minijinja::Error),
    /// The weights could not be read.
    #[error("the weights could not be read")]
    Weights(#[source] candle_core::Error),
    /// The operating system gave no thread for the model.
    #[error("the thread of the model could not be started")]
    Thread(#[source] io::Error),
    /// Everybody who waited for the model has gone.
    #[error("loading was cancelled")]
    Cancelled,
}

/// Why an answer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// See [`LoadError`].
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The prompt leaves no room for an answer.
    #[error("the prompt has {prompt} tokens, and this model takes {context}")]
    ContextTooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens of prompt and answer together that the model takes.
        context: usize,
    },
    /// The model's chat template refuses these messages, such as two questions in a row.
    #[error("the model's chat template refuses this conversation")]
    Template(#[source] minijinja::Error),
    /// The prompt could not be turned into tokens.
    #[error("the prompt could not be turned into tokens")]
    Tokenize(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The arithmetic failed.
    #[error("the model failed while answering")]
    Arithmetic(#[source] candle_core::Error),
    /// The arithmetic library panicked. The process lives on.
    #[error("the model library failed; if it happens again, restart Patchbay")]
    Crashed,
    /// The model was closed before it could answer.
    #[error("the model was closed")]
    Closed,
}

/// Why a faster copy of a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The source cannot be read as a model.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Nothing stands at that path.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// The progress callback asked to stop. Nothing is left behind.
    #[error("preparing was cancelled")]
    Cancelled,
    /// The source could not be read.
    #[error("the model file could not be read")]
    Read(#[source] io::Error),
    /// The copy could not be written, for example on a full disk. Nothing is left behind.
    #[error("the faster copy could not be written")]
    Write(#[source] io::Error),
    /// A tensor could not be converted.
    #[error("the tensor {tensor} could not be converted")]
    Convert {
        /// The tensor's name.
        tensor: String,
        /// What the library said.
        #[source]
        source: candle_core::Error,
    },
}

/// Why a file is not the known model.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Nothing stands at that path.
    #[error("there is no file {0}")]
    Missing(PathBuf),
    /// Another number of bytes: usually a download that broke off.
    #[error("the file has {actual} bytes instead of {expected}")]
    Size {
        /// Bytes that the known file has.
        expected: u64,
        /// Bytes of this file.
        actual: u64,
    },
    /// The right size, other bytes.
    #[error("the file's SHA-256 is {actual} instead of {expected}")]
    Checksum {
        /// The known file's SHA-256, in hexadecimal.
        expected: &'static str,
        /// This file's.
        actual: String,
    },
    /// The file could not be read.
    #[error("the file could not be read")]
    Read(#[source] io::Error),
}
