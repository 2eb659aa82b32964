//! The model that runs in this process, as one more provider.
//!
//! Everything that touches candle, GGUF files or tokenizers stands behind this seam, so that the
//! engine sees the same trait as for a provider over HTTP, and so that a broken file or a panic in
//! the arithmetic ends one request, never the app.
//!
//! The path of a request: [`LocalProvider`] finds the file, a [`LocalModel`] owns a thread for it,
//! that thread prepares the file once ([`prepare`]), loads it, renders the chat template, reads the
//! prompt in chunks and samples token by token.
#![warn(missing_docs)]

mod architecture;
mod error;
mod generation;
mod header;
mod model;
mod prepare;
mod provider;
mod quantise;
mod source;
mod template;
mod text;
mod vocabulary;
mod walk;
mod weights;

#[cfg(test)]
mod fixture;

pub use error::{GenerateError, HeaderError, LoadError, PrepareError, Unsupported, VerifyError};
pub use generation::{
    DEFAULT_TEMPERATURE, DEFAULT_TOP_P, Ending, GenerationEvent, GenerationRequest, TokenCounts,
};
pub use model::{Generation, KEEP_LOADED, LocalModel, Variant};
pub use prepare::{PrepareOutcome, PrepareProgress, Prepared, prepare, prepared_path};
pub use provider::{LocalProvider, ScannedModel};
pub use source::{DEFAULT_MODEL, KnownModel, Wheel, verify};
