//! Tokens, counted once each.
//!
//! Providers count differently: OpenAI puts cached tokens inside the prompt tokens, Anthropic leaves
//! them out, and reasoning is inside the completion tokens of one and beside those of another. Each
//! wire format translates into the classes below, which never overlap, so that a price can be put
//! on each class without counting a token twice.

use serde::{Deserialize, Serialize};

/// Tokens of one attempt, in classes that do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Prompt tokens of text that were read afresh.
    pub input: u64,
    /// Prompt tokens that came from the provider's cache.
    pub cache_read: u64,
    /// Prompt tokens that were written to the provider's cache, kept about five minutes.
    pub cache_write: u64,
    /// Prompt tokens that were written to the provider's cache, kept about an hour.
    pub cache_write_long: u64,
    /// Answer tokens that a person can see, tool calls included.
    pub output: u64,
    /// Answer tokens that the model spent thinking.
    pub reasoning: u64,
    /// Prompt tokens of sound that were read afresh.
    pub audio_input: u64,
    /// Prompt tokens of sound that came from the provider's cache.
    pub audio_cache_read: u64,
    /// Prompt tokens of pictures that were read afresh, where the provider counts them apart.
    pub image_input: u64,
    /// Answer tokens of sound.
    pub audio_output: u64,
    /// Answer tokens of pictures.
    pub image_output: u64,
    /// Searches of the web that the provider made for the answer. Not tokens.
    pub web_searches: u64,
}

impl Usage {
    /// Nothing was counted.
    pub const ZERO: Self = Self {
        input: 0,
        cache_read: 0,
        cache_write: 0,
        cache_write_long: 0,
        output: 0,
        reasoning: 0,
        audio_input: 0,
        audio_cache_read: 0,
        image_input: 0,
        audio_output: 0,
        image_output: 0,
        web_searches: 0,
    };

    /// All tokens of the prompt.
    pub fn total_input(&self) -> u64 {
        [
            self.cache_read,
            self.cache_write,
            self.cache_write_long,
            self.audio_input,
            self.audio_cache_read,
            self.image_input,
        ]
        .into_iter()
        .fold(self.input, u64::saturating_add)
    }

    /// All tokens of the answer, thinking included.
    pub fn total_output(&self) -> u64 {
        [self.reasoning, self.audio_output, self.image_output]
            .into_iter()
            .fold(self.output, u64::saturating_add)
    }

    /// Whether not a single token was counted. A provider that says so about an answer with text
    /// said nothing.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// The usage object as the provider sent it: JSON text, kept so that old rows can be priced again
/// when a rule of ours turns out to be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawUsage(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_every_class_once() {
        let usage = Usage {
            input: 1,
            cache_read: 10,
            cache_write: 100,
            cache_write_long: 1_000,
            output: 10_000,
            reasoning: 100_000,
            audio_input: 1_000_000,
            audio_cache_read: 10_000_000,
            image_input: 100_000_000,
            audio_output: 1_000_000_000,
            image_output: 10_000_000_000,
            web_searches: 7,
        };
        assert_eq!(usage.total_input(), 111_001_111);
        assert_eq!(usage.total_output(), 11_000_110_000);
    }

    #[test]
    fn absurd_counts_saturate() {
        let usage = Usage {
            input: u64::MAX,
            cache_read: 1,
            ..Usage::default()
        };
        assert_eq!(usage.total_input(), u64::MAX);
    }
}
