//! Rates: what one endpoint asks for each class of tokens, and what a usage costs at them.
//!
//! Long because what a rate is for, what it costs, saves and costs at worst are one table each of the same classes.

use serde::{Deserialize, Serialize};

use crate::money::{Cost, CostKind, NanoUsd, NanoUsdPerMTok, line_cost, share_of_thousand};
use crate::usage::Usage;
use crate::words::word_enum;

/// For how many tokens a rate is.
const TOKENS_PER_RATE: u64 = 1_000_000;

/// For how many searches of the web a rate is.
const SEARCHES_PER_RATE: u64 = 1_000;

word_enum! {
    /// What a line of a cost is for.
    pub enum CostClass {
        /// Fresh prompt tokens of text.
        Input = "input",
        /// Prompt tokens from the cache.
        CacheRead = "cache_read",
        /// Prompt tokens written to the short cache.
        CacheWrite = "cache_write",
        /// Prompt tokens written to the long cache.
        CacheWriteLong = "cache_write_long",
        /// Visible answer tokens of text.
        Output = "output",
        /// Thinking tokens.
        Reasoning = "reasoning",
        /// Fresh prompt tokens of sound.
        AudioInput = "audio_input",
        /// Prompt tokens of sound from the cache.
        AudioCacheRead = "audio_cache_read",
        /// Prompt tokens of pictures.
        ImageInput = "image_input",
        /// Answer tokens of sound.
        AudioOutput = "audio_output",
        /// Answer tokens of pictures.
        ImageOutput = "image_output",
        /// Searches of the web.
        WebSearch = "web_search",
        /// The request itself.
        Request = "request",
    }
}

impl CostClass {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cache read",
            Self::CacheWrite => "cache write, 5 min",
            Self::CacheWriteLong => "cache write, 1 h",
            Self::Output => "output",
            Self::Reasoning => "thinking",
            Self::AudioInput => "sound in",
            Self::AudioCacheRead => "sound from the cache",
            Self::ImageInput => "pictures in",
            Self::AudioOutput => "sound out",
            Self::ImageOutput => "pictures out",
            Self::WebSearch => "web searches",
            Self::Request => "request",
        }
    }
}

/// One line of a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CostLine {
    /// What for.
    pub class: CostClass,
    /// How many tokens, searches or requests.
    pub count: u64,
    /// What `per` of them cost.
    pub rate: NanoUsd,
    /// For how many the rate is.
    pub per: u64,
    /// Their cost, rounded half to even.
    pub amount: NanoUsd,
    /// The rate is that of a wider class and may be too high.
    pub is_guess: bool,
}

/// What one endpoint asks for a million tokens of each class. A rate that is not known is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Rates {
    /// Fresh prompt tokens of text.
    pub input: Option<NanoUsdPerMTok>,
    /// Prompt tokens from the cache.
    pub cache_read: Option<NanoUsdPerMTok>,
    /// Prompt tokens written to the short cache.
    pub cache_write: Option<NanoUsdPerMTok>,
    /// Prompt tokens written to the long cache.
    pub cache_write_long: Option<NanoUsdPerMTok>,
    /// Visible answer tokens of text.
    pub output: Option<NanoUsdPerMTok>,
    /// Thinking tokens. Makers that do not list it apart charge it as output.
    pub reasoning: Option<NanoUsdPerMTok>,
    /// Fresh prompt tokens of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_input: Option<NanoUsdPerMTok>,
    /// Prompt tokens of sound from the cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_cache_read: Option<NanoUsdPerMTok>,
    /// Fresh prompt tokens of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_input: Option<NanoUsdPerMTok>,
    /// Answer tokens of sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_output: Option<NanoUsdPerMTok>,
    /// Answer tokens of pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output: Option<NanoUsdPerMTok>,
    /// Each request, whatever its size. `None` is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_request: Option<NanoUsd>,
    /// A thousand searches of the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thousand_searches: Option<NanoUsd>,
}

impl Rates {
    /// Every class is free: a model on this computer.
    pub const FREE: Self = {
        let free = Some(NanoUsdPerMTok(0));
        Self {
            input: free,
            cache_read: free,
            cache_write: free,
            cache_write_long: free,
            output: free,
            reasoning: free,
            audio_input: free,
            audio_cache_read: free,
            image_input: free,
            audio_output: free,
            image_output: free,
            per_request: None,
            thousand_searches: Some(NanoUsd(0)),
        }
    };

    /// Whether neither prompt nor answer costs anything, nor the request itself.
    pub fn is_free(&self) -> bool {
        let is_zero = |rate: Option<NanoUsdPerMTok>| rate == Some(NanoUsdPerMTok(0));
        is_zero(self.input) && is_zero(self.output) && self.per_request.unwrap_or_default().0 == 0
    }

    /// What caches saved: the prompt's text as if it had all been read afresh, less what it cost. Below
    /// zero where writing to a cache cost more than reading from it saved. `None` where a rate is
    /// missing.
    pub fn saved_by_caches(&self, usage: &Usage) -> Option<NanoUsd> {
        let cached = Usage {
            cache_read: usage.cache_read,
            cache_write: usage.cache_write,
            cache_write_long: usage.cache_write_long,
            ..Usage::ZERO
        };
        if cached.is_zero() {
            return Some(NanoUsd(0));
        }
        let lines = self.lines(&cached)?;
        let paid = lines
            .iter()
            .filter(|line| line.class != CostClass::Request)
            .fold(0_i64, |sum, line| sum.saturating_add(line.amount.0));
        let fresh = line_cost(cached.total_input(), self.input?);
        Some(NanoUsd(fresh.0.saturating_sub(paid)))
    }

    /// These, with every prompt token at the dearest rate that one can be charged at, and every answer
    /// token at that of the answer or of thinking, whichever is dearer. For worst cases.
    #[must_use]
    pub fn dearest(&self, has_pictures: bool) -> Self {
        let input = [
            self.input,
            self.cache_read,
            self.cache_write,
            self.cache_write_long,
            self.image_input.filter(|_| has_pictures),
        ];
        Self {
            input: self.input.and(input.into_iter().flatten().max()),
            output: self.output.and(self.output.max(self.reasoning)),
            ..*self
        }
    }

    /// Every rate that is known: what it is for, its amount, and for how many that is.
    pub fn known(&self) -> Vec<(CostClass, NanoUsd, u64)> {
        let token_rates = [
            (CostClass::Input, self.input),
            (CostClass::CacheRead, self.cache_read),
            (CostClass::CacheWrite, self.cache_write),
            (CostClass::CacheWriteLong, self.cache_write_long),
            (CostClass::Output, self.output),
            (CostClass::Reasoning, self.reasoning),
            (CostClass::AudioInput, self.audio_input),
            (CostClass::AudioCacheRead, self.audio_cache_read),
            (CostClass::ImageInput, self.image_input),
            (CostClass::AudioOutput, self.audio_output),
            (CostClass::ImageOutput, self.image_output),
        ];
        let tokens = token_rates
            .into_iter()
            .filter_map(|(class, rate)| Some((class, NanoUsd(rate?.0), TOKENS_PER_RATE)));
        let searches = self.thousand_searches;
        let others = [
            searches.map(|rate| (CostClass::WebSearch, rate, SEARCHES_PER_RATE)),
            self.per_request.map(|fee| (CostClass::Request, fee, 1)),
        ];
        tokens.chain(others.into_iter().flatten()).collect()
    }

    /// What the usage of one request costs, line by line: each class on its own, rounded half to even
    /// to a nano-dollar. Classes without a token have no line. `None` where a class has no rate at all.
    ///
    /// A class without a rate of its own is charged at that of the class it is a part of: cached
    /// tokens as fresh ones, sound and pictures as text. That may be too much, so the line is a guess
    /// then; thinking at the rate of the answer is none, since that is how makers charge it.
    pub fn lines(&self, usage: &Usage) -> Option<Vec<CostLine>> {
        let input = (self.input, true);
        let or = |own: Option<NanoUsdPerMTok>, (wider, is_guess)| match own {
            Some(rate) => (Some(rate), false),
            None => (wider, is_guess),
        };
        let cache_read = or(self.cache_read, input);
        let cache_write = or(self.cache_write, input);
        let cache_write_long = or(self.cache_write_long, (cache_write.0, true));
        let audio_input = or(self.audio_input, input);
        let audio_cache_read = or(
            self.audio_cache_read,
            (self.cache_read.or(audio_input.0), true),
        );
        let image_input = or(self.image_input, input);
        let reasoning = or(self.reasoning, (self.output, false));
        let audio_output = or(self.audio_output, (self.output, true));
        let image_output = or(self.image_output, (self.output, true));
        let classes = [
            (CostClass::Input, usage.input, (self.input, false)),
            (CostClass::CacheRead, usage.cache_read, cache_read),
            (CostClass::CacheWrite, usage.cache_write, cache_write),
            (
                CostClass::CacheWriteLong,
                usage.cache_write_long,
                cache_write_long,
            ),
            (CostClass::Output, usage.output, (self.output, false)),
            (CostClass::Reasoning, usage.reasoning, reasoning),
            (CostClass::AudioInput, usage.audio_input, audio_input),
            (
                CostClass::AudioCacheRead,
                usage.audio_cache_read,
                audio_cache_read,
            ),
            (CostClass::ImageInput, usage.image_input, image_input),
            (CostClass::AudioOutput, usage.audio_output, audio_output),
            (CostClass::ImageOutput, usage.image_output, image_output),
        ];
        let mut lines = Vec::new();
        for (class, tokens, (rate, is_guess)) in classes {
            if tokens == 0 {
                continue;
            }
            let rate = rate?;
            lines.push(CostLine {
                class,
                count: tokens,
                rate: NanoUsd(rate.0),
                per: TOKENS_PER_RATE,
                amount: line_cost(tokens, rate),
                is_guess: is_guess && rate.0 != 0,
            });
        }
        if usage.web_searches > 0 {
            let thousand = self.thousand_searches?;
            lines.push(CostLine {
                class: CostClass::WebSearch,
                count: usage.web_searches,
                rate: thousand,
                per: SEARCHES_PER_RATE,
                amount: share_of_thousand(usage.web_searches, thousand),
                is_guess: false,
            });
        }
        if let Some(fee) = self.per_request.filter(|fee| fee.0 != 0) {
            lines.push(CostLine {
                class: CostClass::Request,
                count: 1,
                rate: fee,
                per: 1,
                amount: fee,
                is_guess: false,
            });
        }
        Some(lines)
    }

    /// Prices the usage of one request: the sum of [`Rates::lines`]. A guess in one of them makes the
    /// cost an estimate; a class with no rate at all makes it unknown.
    pub fn price(&self, usage: &Usage) -> Cost {
        let Some(lines) = self.lines(usage) else {
            return Cost::UNKNOWN;
        };
        let total: i128 = lines.iter().map(|line| i128::from(line.amount.0)).sum();
        let kind = if lines.iter().any(|line| line.is_guess) {
            CostKind::Estimated
        } else {
            CostKind::Computed
        };
        match i64::try_from(total) {
            Ok(amount) => Cost {
                amount: Some(NanoUsd(amount)),
                kind,
            },
            Err(_) => Cost::UNKNOWN,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(dollars: i64) -> Option<NanoUsdPerMTok> {
        Some(NanoUsdPerMTok(dollars * 1_000_000_000))
    }

    #[test]
    fn a_missing_rate_makes_the_cost_unknown_and_not_smaller() {
        let rates = Rates {
            input: rate(1),
            ..Rates::default()
        };
        let input = Usage {
            input: 5,
            ..Usage::default()
        };
        assert_eq!(rates.price(&Usage { output: 1, ..input }), Cost::UNKNOWN);
        assert_eq!(
            rates.price(&Usage {
                web_searches: 1,
                ..input
            }),
            Cost::UNKNOWN
        );
        assert_eq!(rates.price(&input).amount, Some(NanoUsd(5_000)));
    }

    #[test]
    fn each_class_has_its_own_line() {
        let rates = Rates {
            input: rate(1),
            cache_read: rate(10),
            cache_write: rate(100),
            cache_write_long: rate(1_000),
            output: rate(2),
            reasoning: rate(20),
            audio_input: rate(3),
            audio_cache_read: rate(30),
            image_input: rate(300),
            audio_output: rate(4),
            image_output: rate(40),
            per_request: Some(NanoUsd(7)),
            thousand_searches: Some(NanoUsd(5_000)),
        };
        let usage = Usage {
            input: 1,
            cache_read: 1,
            cache_write: 1,
            cache_write_long: 1,
            output: 1,
            reasoning: 1,
            audio_input: 1,
            audio_cache_read: 1,
            image_input: 1,
            audio_output: 1,
            image_output: 1,
            web_searches: 1,
        };
        let lines = 1 + 10 + 100 + 1_000 + 2 + 20 + 3 + 30 + 300 + 4 + 40;
        assert_eq!(
            rates.price(&usage),
            Cost {
                amount: Some(NanoUsd(lines * 1_000 + 7 + 5)),
                kind: CostKind::Computed,
            }
        );
    }

    /// BerriAI/litellm PR 31282 and 40016 charged cached tokens at their rate and as fresh ones.
    #[test]
    fn a_price_of_the_persons_own_charges_no_cached_token_twice() {
        let usage = Usage {
            input: 100,
            cache_read: 900,
            ..Usage::default()
        };
        let own = Rates {
            input: rate(2),
            cache_read: rate(1),
            ..Rates::default()
        };
        assert_eq!(own.price(&usage).amount, Some(NanoUsd(1_100_000)));
    }

    #[test]
    fn a_class_without_a_rate_is_an_estimate_at_the_wider_one() {
        let rates = Rates {
            input: rate(2),
            output: rate(8),
            ..Rates::default()
        };
        let cached = Usage {
            cache_read: 1,
            ..Usage::default()
        };
        assert_eq!(
            rates.price(&cached),
            Cost {
                amount: Some(NanoUsd(2_000)),
                kind: CostKind::Estimated,
            }
        );
        let thought = Usage {
            reasoning: 1,
            ..Usage::default()
        };
        assert_eq!(
            rates.price(&thought),
            Cost {
                amount: Some(NanoUsd(8_000)),
                kind: CostKind::Computed,
            }
        );
    }
}
