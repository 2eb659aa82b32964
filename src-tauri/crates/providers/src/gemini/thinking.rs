//! How each model is told how much to think.
//!
//! Gemini 2.5 counts tokens, Gemini 3 and later know words, and both in one request are refused. The
//! table follows the models' ids, since the API's own list says only whether a model thinks.

use patchbay_domain::content::ReasoningEffort;
use serde::Serialize;

use super::models::{model_version, short_name};
use crate::effort::EffortSet;

/// What is sent about thinking.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ThinkingConfig {
    /// Left out where the model does not think: the two together are refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
}

/// How a model takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    /// It does not think, or nothing is known of it: nothing is sent.
    Unknown,
    /// In tokens, from the least to the most.
    Budget {
        least: u32,
        most: u32,
        can_be_off: bool,
    },
    /// In words.
    Levels(EffortSet),
}

/// Ids begin with these; the first that fits counts. Others of generation 3 and later know `low`,
/// `medium` and `high`.
const MODELS: &[(&str, Thinking)] = &[
    (
        "gemini-2.5-pro",
        Thinking::Budget {
            least: 128,
            most: 32_768,
            can_be_off: false,
        },
    ),
    (
        "gemini-2.5-flash-lite",
        Thinking::Budget {
            least: 512,
            most: 24_576,
            can_be_off: true,
        },
    ),
    (
        "gemini-2.5-flash",
        Thinking::Budget {
            least: 512,
            most: 24_576,
            can_be_off: true,
        },
    ),
    ("gemini-3-pro", Thinking::Levels(EffortSet::LOW_AND_HIGH)),
    (
        "gemini-3-flash",
        Thinking::Levels(EffortSet::MINIMAL_TO_HIGH),
    ),
    (
        "gemini-3.1-flash-lite",
        Thinking::Levels(EffortSet::MINIMAL_TO_HIGH),
    ),
    (
        "gemini-3.5-flash-lite",
        Thinking::Levels(EffortSet::MINIMAL_TO_HIGH),
    ),
    (
        "gemini-3.5-flash",
        Thinking::Levels(EffortSet::MINIMAL_TO_HIGH),
    ),
    (
        "gemini-3.6-flash",
        Thinking::Levels(EffortSet::MINIMAL_TO_HIGH),
    ),
    // Names without a number lead to the newest model.
    (
        "gemini-pro-latest",
        Thinking::Levels(EffortSet::LOW_TO_HIGH),
    ),
    (
        "gemini-flash-latest",
        Thinking::Levels(EffortSet::LOW_TO_HIGH),
    ),
    (
        "gemini-flash-lite-latest",
        Thinking::Levels(EffortSet::LOW_TO_HIGH),
    ),
];

/// Their siblings of the same numbers think otherwise, or not at all.
const OTHER_KINDS: [&str; 6] = [
    "-image",
    "-tts",
    "-audio",
    "-live",
    "-embedding",
    "-computer-use",
];

/// What to send; `None` for nothing.
pub(super) fn thinking_config(
    model: &str,
    effort: Option<ReasoningEffort>,
) -> Option<ThinkingConfig> {
    let shown = ThinkingConfig {
        include_thoughts: true,
        thinking_budget: None,
        thinking_level: None,
    };
    let effort = match (thinking(model), effort) {
        (Thinking::Unknown, _) => return None,
        (_, None) => return Some(shown),
        (_, Some(effort)) => effort,
    };
    Some(match thinking(model) {
        Thinking::Unknown => return None,
        Thinking::Budget {
            least,
            most,
            can_be_off,
        } => {
            let budget = match effort {
                ReasoningEffort::None if can_be_off => 0,
                ReasoningEffort::None | ReasoningEffort::Minimal => least,
                // What Google's OpenAI-compatible endpoint makes of the same words.
                ReasoningEffort::Low => 1_024,
                ReasoningEffort::Medium => 8_192,
                ReasoningEffort::High => 24_576,
                ReasoningEffort::Max => most,
            };
            ThinkingConfig {
                include_thoughts: budget > 0,
                thinking_budget: Some(budget),
                ..shown
            }
        }
        Thinking::Levels(words) => ThinkingConfig {
            thinking_level: Some(words.word(effort)),
            ..shown
        },
    })
}

fn thinking(model: &str) -> Thinking {
    let model = short_name(model);
    if OTHER_KINDS.iter().any(|kind| model.contains(kind)) {
        return Thinking::Unknown;
    }
    if let Some((_, thinking)) = MODELS.iter().find(|(begin, _)| model.starts_with(begin)) {
        return *thinking;
    }
    match model_version(model) {
        Some((3.., _)) => Thinking::Levels(EffortSet::LOW_TO_HIGH),
        _ => Thinking::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent(model: &str, effort: Option<ReasoningEffort>) -> Value {
        serde_json::to_value(thinking_config(model, effort)).unwrap()
    }

    #[test]
    fn every_generation_is_told_in_its_own_way() {
        use ReasoningEffort::*;
        for (model, effort, expected) in [
            ("gemini-2.5-pro", None, json!({ "thinkingBudget": 128 })),
            ("gemini-2.5-pro", Max, json!({ "thinkingBudget": 32_768 })),
            (
                "models/gemini-2.5-flash",
                Medium,
                json!({ "thinkingBudget": 8_192 }),
            ),
            (
                "gemini-2.5-flash-lite-preview-09-2025",
                Minimal,
                json!({ "thinkingBudget": 512 }),
            ),
            (
                "gemini-3-pro-preview",
                Medium,
                json!({ "thinkingLevel": "high" }),
            ),
            (
                "gemini-3-pro-preview",
                Minimal,
                json!({ "thinkingLevel": "low" }),
            ),
            (
                "gemini-3-flash-preview",
                None,
                json!({ "thinkingLevel": "minimal" }),
            ),
            (
                "gemini-3.1-pro-preview",
                Medium,
                json!({ "thinkingLevel": "medium" }),
            ),
            (
                "gemini-3.8-flash",
                Minimal,
                json!({ "thinkingLevel": "low" }),
            ),
            (
                "publishers/google/models/gemini-3.8-flash",
                Max,
                json!({ "thinkingLevel": "high" }),
            ),
            ("gemini-4-hydrogen", Low, json!({ "thinkingLevel": "low" })),
        ] {
            let mut expected = expected;
            expected["includeThoughts"] = json!(true);
            assert_eq!(sent(model, Some(effort)), expected, "{model} {effort:?}");
        }
    }

    #[test]
    fn a_model_that_need_not_think_is_not_asked_to_show_it() {
        assert_eq!(
            sent("gemini-2.5-flash", Some(ReasoningEffort::None)),
            json!({ "thinkingBudget": 0 })
        );
        assert_eq!(
            sent("gemini-2.5-flash", None),
            json!({ "includeThoughts": true })
        );
    }

    #[test]
    fn models_that_do_not_think_are_told_nothing() {
        for model in [
            "gemini-2.0-flash",
            "gemini-1.5-pro",
            "gemini-2.5-flash-image",
            "gemini-2.5-pro-preview-tts",
            "gemma-3-27b-it",
            "tunedModels/mine",
        ] {
            assert_eq!(
                sent(model, Some(ReasoningEffort::High)),
                Value::Null,
                "{model}"
            );
        }
    }
}
