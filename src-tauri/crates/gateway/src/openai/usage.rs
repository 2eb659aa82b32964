//! What an answer used, in OpenAI's words.

use patchbay_domain::{Cost, Usage};
use serde::Serialize;

use crate::answer::Answer;
use crate::told::dollars;

/// Tokens, in classes that overlap as OpenAI's do.
#[derive(Serialize)]
pub(crate) struct UsageBody {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<f64>,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    cache_write_tokens: u64,
    audio_tokens: u64,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
}

impl UsageBody {
    /// Of an answer, or of several together, with the cost of all attempts, where that is known. `None`
    /// where nobody counted.
    pub(crate) fn of(answers: &[Answer]) -> Option<Self> {
        let usages: Vec<&Usage> = answers
            .iter()
            .filter_map(|answer| answer.usage.as_ref())
            .collect();
        if usages.is_empty() {
            return None;
        }
        let sum = |class: fn(&Usage) -> u64| {
            let classes = usages.iter().map(|usage| class(usage));
            classes.fold(0_u64, u64::saturating_add)
        };
        let attempts = answers.iter().flat_map(|answer| &answer.attempts);
        let cost = Cost::sum(attempts.map(|attempt| attempt.cost));
        let (prompt, completion) = (sum(Usage::total_input), sum(Usage::total_output));
        Some(Self {
            prompt_tokens: prompt,
            completion_tokens: completion,
            total_tokens: prompt.saturating_add(completion),
            prompt_tokens_details: PromptDetails {
                cached_tokens: sum(|usage| usage.cache_read),
                cache_write_tokens: sum(|usage| {
                    usage.cache_write.saturating_add(usage.cache_write_long)
                }),
                audio_tokens: sum(|usage| usage.audio_input),
            },
            completion_tokens_details: CompletionDetails {
                reasoning_tokens: sum(|usage| usage.reasoning),
                audio_tokens: sum(|usage| usage.audio_output),
            },
            cost: cost.amount.map(dollars),
        })
    }
}
