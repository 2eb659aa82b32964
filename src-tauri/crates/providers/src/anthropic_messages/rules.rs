//! What each Claude model accepts, as data. The server refuses the whole request for one field that
//! its model does not take, and no two generations take the same.
//!
//! From the maker's tables of thinking modes, effort levels and limits, as they stood in November
//! 2026. A model that is not in the table and calls itself Claude is treated as the newest ones are;
//! any other model gets what those who copied the format understand.

use crate::effort::EffortSet;

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThinkingMode {
    /// It cannot think, and the field is refused.
    Absent,
    /// `{"type": "enabled", "budget_tokens": n}`.
    Budget,
    /// `{"type": "adaptive"}`: the model decides, and `effort` says how readily.
    Adaptive,
}

/// How a model is told not to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThinkingOff {
    /// It does not unless it is told to.
    Silence,
    /// `{"type": "disabled"}`.
    Disabled,
    /// `{"type": "between_tools"}`: nothing up front.
    BetweenTools,
    /// It always thinks. The lowest effort comes nearest.
    Impossible,
}

/// What a model accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ModelRules {
    /// How it is told to think.
    pub(super) thinking: ThinkingMode,
    /// How it is told not to.
    pub(super) off: ThinkingOff,
    /// Which words `output_config.effort` may be; `None` where the field is refused.
    pub(super) effort: Option<EffortSet>,
    /// Whether it takes temperature and top-p. Newer ones refuse both.
    pub(super) sampling: bool,
    /// Tokens of its longest answer, thinking included; `None` where nobody says.
    pub(super) max_output: Option<u32>,
}

/// Always thinks: Fable, Mythos, Opus 5.5.
const ALWAYS: ModelRules = ModelRules {
    thinking: ThinkingMode::Adaptive,
    off: ThinkingOff::Impossible,
    effort: Some(EffortSet::LOW_TO_MAX),
    sampling: false,
    max_output: Some(128_000),
};

/// Thinks unless it is told not to.
const BY_DEFAULT: ModelRules = ModelRules {
    off: ThinkingOff::Disabled,
    ..ALWAYS
};

/// Thinks when it is told to, as much as it likes.
const ON_REQUEST: ModelRules = ModelRules {
    off: ThinkingOff::Silence,
    ..ALWAYS
};

/// Thinks when it is told to, within a budget.
const WITHIN_BUDGET: ModelRules = ModelRules {
    thinking: ThinkingMode::Budget,
    off: ThinkingOff::Silence,
    effort: None,
    sampling: true,
    max_output: Some(64_000),
};

/// Does not think.
const PLAIN: ModelRules = ModelRules {
    thinking: ThinkingMode::Absent,
    max_output: Some(8_192),
    ..WITHIN_BUDGET
};

/// Beginnings of model ids. The longest one that fits holds, so their order says nothing.
const TABLE: &[(&str, ModelRules)] = &[
    // Whatever comes next, with the words that every one of its forebears knew.
    (
        "claude-",
        ModelRules {
            off: ThinkingOff::Impossible,
            effort: Some(EffortSet::LOW_TO_HIGH),
            max_output: None,
            ..ALWAYS
        },
    ),
    ("claude-fable-", ALWAYS),
    ("claude-mythos-", ALWAYS),
    ("claude-opus-5-5", ALWAYS),
    (
        "claude-sonnet-5-5",
        ModelRules {
            off: ThinkingOff::BetweenTools,
            ..ALWAYS
        },
    ),
    ("claude-haiku-5-5", BY_DEFAULT),
    ("claude-opus-5", BY_DEFAULT),
    ("claude-sonnet-5", BY_DEFAULT),
    ("claude-opus-4-8", ON_REQUEST),
    ("claude-opus-4-7", ON_REQUEST),
    (
        "claude-opus-4-6",
        ModelRules {
            sampling: true,
            ..ON_REQUEST
        },
    ),
    (
        "claude-sonnet-4-6",
        ModelRules {
            sampling: true,
            ..ON_REQUEST
        },
    ),
    (
        "claude-opus-4-5",
        ModelRules {
            effort: Some(EffortSet::LOW_TO_HIGH),
            ..WITHIN_BUDGET
        },
    ),
    ("claude-sonnet-4", WITHIN_BUDGET),
    ("claude-haiku-4", WITHIN_BUDGET),
    (
        "claude-opus-4",
        ModelRules {
            max_output: Some(32_000),
            ..WITHIN_BUDGET
        },
    ),
    ("claude-4-", WITHIN_BUDGET),
    ("claude-3-7-", WITHIN_BUDGET),
    ("claude-3-5-", PLAIN),
    (
        "claude-3-",
        ModelRules {
            max_output: Some(4_096),
            ..PLAIN
        },
    ),
    (
        "claude-2",
        ModelRules {
            max_output: Some(4_096),
            ..PLAIN
        },
    ),
];

/// Models of others behind this format. They read the older switch, ignore its budget, and none of
/// them is known to want `effort`.
const FOREIGN: ModelRules = ModelRules {
    off: ThinkingOff::Disabled,
    max_output: None,
    ..WITHIN_BUDGET
};

impl ModelRules {
    /// The rules of this model. Clouds and gateways put their own words around the maker's id:
    /// `us.anthropic.claude-opus-4-6-v1:0`, `claude-opus-4-6@20260205`, `anthropic/claude-opus-4.6`.
    pub(super) fn of(model: &str) -> Self {
        let id = model.to_ascii_lowercase().replace('.', "-");
        let Some(start) = id.rfind("claude-") else {
            return FOREIGN;
        };
        let id = &id[start..];
        TABLE
            .iter()
            .filter(|(prefix, _)| id.starts_with(prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(FOREIGN, |(_, rules)| *rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_whatever_name_it_goes() {
        for model in [
            "claude-opus-4-6",
            "claude-opus-4-6-20260205",
            "us.anthropic.claude-opus-4-6-v1:0",
            "claude-opus-4-6@20260205",
            "anthropic/claude-opus-4.6",
            "Claude-Opus-4.6",
        ] {
            let rules = ModelRules::of(model);
            assert_eq!(rules.thinking, ThinkingMode::Adaptive, "{model}");
            assert!(rules.sampling, "{model}");
        }
    }

    #[test]
    fn generations_differ() {
        let rules = ModelRules::of;
        assert_eq!(rules("claude-opus-5-5").off, ThinkingOff::Impossible);
        assert_eq!(rules("claude-opus-5").off, ThinkingOff::Disabled);
        assert_eq!(rules("claude-sonnet-5-5").off, ThinkingOff::BetweenTools);
        assert_eq!(rules("claude-opus-4-7").off, ThinkingOff::Silence);
        assert!(!rules("claude-opus-4-7").sampling);
        assert_eq!(
            rules("claude-haiku-4-5-20251001").thinking,
            ThinkingMode::Budget
        );
        assert_eq!(rules("claude-opus-4-1-20250805").max_output, Some(32_000));
        assert_eq!(rules("claude-opus-4-5").max_output, Some(64_000));
        assert_eq!(
            rules("claude-3-5-haiku-20241022").thinking,
            ThinkingMode::Absent
        );
        assert_eq!(
            rules("claude-3-haiku-20240307"),
            rules("claude-3-opus-20240229")
        );
    }

    #[test]
    fn a_model_of_the_future_gets_what_the_newest_take() {
        let rules = ModelRules::of("claude-opus-9");
        assert_eq!(rules.thinking, ThinkingMode::Adaptive);
        assert!(!rules.sampling);
        assert_eq!(rules.effort, Some(EffortSet::LOW_TO_HIGH));
        assert_eq!(ModelRules::of("glm-5.3"), FOREIGN);
        assert_eq!(FOREIGN.effort, None);
    }
}
