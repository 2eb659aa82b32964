//! Rates: what one endpoint asks for each class of tokens, and what a usage costs at them.

use serde::{Deserialize, Serialize};

use crate::money::{Cost, CostKind, NanoUsd, NanoUsdPerMTok, line_cost, share_of_thousand};
use crate::usage::Usage;

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

    /// Prices the usage of one request: each class on its own line, each line rounded half to even to
    /// a nano-dollar.
    ///
    /// A class without a rate of its own is charged at that of the class it is a part of: cached
    /// tokens as fresh ones, sound and pictures as text. That may be too much, so the cost is an
    /// estimate then; thinking at the rate of the answer is none, since that is how makers charge it.
    /// Tokens with no rate at all, and searches without one, make the whole cost unknown.
    pub fn price(&self, usage: &Usage) -> Cost {
        let input = (self.input, true);
        let or = |own: Option<NanoUsdPerMTok>, (wider, is_guess)| match own {
            Some(rate) => (Some(rate), false),
            None => (wider, is_guess),
        };
        let cache_read = or(self.cache_read, input);
        let cache_write = or(self.cache_write, input);
        let audio_input = or(self.audio_input, input);
        let lines = [
            (usage.input, (self.input, false)),
            (usage.cache_read, cache_read),
            (usage.cache_write, cache_write),
            (
                usage.cache_write_long,
                or(self.cache_write_long, (cache_write.0, true)),
            ),
            (usage.output, (self.output, false)),
            (usage.reasoning, or(self.reasoning, (self.output, false))),
            (usage.audio_input, audio_input),
            (
                usage.audio_cache_read,
                or(
                    self.audio_cache_read,
                    (self.cache_read.or(audio_input.0), true),
                ),
            ),
            (usage.image_input, or(self.image_input, input)),
            (
                usage.audio_output,
                or(self.audio_output, (self.output, true)),
            ),
            (
                usage.image_output,
                or(self.image_output, (self.output, true)),
            ),
        ];
        let mut total = i128::from(self.per_request.unwrap_or_default().0);
        let mut kind = CostKind::Computed;
        for (tokens, (rate, is_guess)) in lines {
            if tokens == 0 {
                continue;
            }
            let Some(rate) = rate else {
                return Cost::UNKNOWN;
            };
            if is_guess && rate.0 != 0 {
                kind = CostKind::Estimated;
            }
            total = total.saturating_add(i128::from(line_cost(tokens, rate).0));
        }
        if usage.web_searches > 0 {
            let Some(thousand) = self.thousand_searches else {
                return Cost::UNKNOWN;
            };
            let searches = share_of_thousand(usage.web_searches, thousand);
            total = total.saturating_add(i128::from(searches.0));
        }
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
