//! How much to think, in the words of the dialect.

use patchbay_domain::Failure;
use patchbay_domain::content::ReasoningEffort;
use serde_json::json;

use super::super::dialect::{Dialect, EffortWords, ReasoningSwitch};
use crate::request_body::Fields;

/// The words for an effort with their place on one scale; `xhigh` stands between `high` and `max`.
const SCALE: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Puts the wish, where there is one and the dialect has a place for it.
pub(super) fn put(
    fields: &mut Fields,
    effort: Option<ReasoningEffort>,
    dialect: Dialect,
) -> Result<(), Failure> {
    let Some(effort) = effort else {
        return Ok(());
    };
    let thinks = effort != ReasoningEffort::None;
    let word = word(effort, dialect.effort_words);
    let state = json!({ "type": if thinks { "enabled" } else { "disabled" } });
    match dialect.reasoning_switch {
        ReasoningSwitch::Absent => Ok(()),
        ReasoningSwitch::Effort => fields.put("reasoning_effort", &word),
        ReasoningSwitch::Object => fields.put("reasoning", &json!({ "effort": word })),
        ReasoningSwitch::Thinking => fields.put("thinking", &state),
        ReasoningSwitch::ThinkingAndEffort => {
            fields.put("thinking", &state)?;
            if thinks {
                fields.put("reasoning_effort", &word)?;
            }
            Ok(())
        }
        ReasoningSwitch::EnableThinking => fields.put("enable_thinking", &thinks),
        ReasoningSwitch::ChatTemplate => {
            let switches = json!({ "enable_thinking": thinks });
            fields.put("chat_template_kwargs", &switches)
        }
    }
}

/// The nearest word that the dialect knows; of two that are equally near, the one for more. A wish to
/// think is never turned into one not to.
fn word(effort: ReasoningEffort, words: EffortWords) -> &'static str {
    let known: &[&'static str] = match words {
        EffortWords::LowToHigh => &["low", "medium", "high"],
        EffortWords::NoneToHigh => &["none", "low", "medium", "high"],
        EffortWords::NoneToXhigh => &["none", "minimal", "low", "medium", "high", "xhigh"],
        EffortWords::NoneToMax => &["none", "minimal", "low", "medium", "high", "max"],
        EffortWords::LowHighMax => &["low", "high", "max"],
        EffortWords::HighMax => &["high", "max"],
    };
    let place = |word: &str| SCALE.iter().position(|known| *known == word).unwrap_or(0);
    let wanted = place(effort.as_str());
    known
        .iter()
        .rev()
        .filter(|word| **word != "none" || effort == ReasoningEffort::None)
        .min_by_key(|word| place(word).abs_diff(wanted))
        .copied()
        .unwrap_or("medium")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_word_becomes_the_nearest_one() {
        use EffortWords::*;
        for (words, expected) in [
            (LowToHigh, ["low", "low", "low", "medium", "high", "high"]),
            (NoneToHigh, ["none", "low", "low", "medium", "high", "high"]),
            (
                NoneToXhigh,
                ["none", "minimal", "low", "medium", "high", "xhigh"],
            ),
            (
                NoneToMax,
                ["none", "minimal", "low", "medium", "high", "max"],
            ),
            (LowHighMax, ["low", "low", "low", "high", "high", "max"]),
            (HighMax, ["high", "high", "high", "high", "high", "max"]),
        ] {
            let given: Vec<_> = ReasoningEffort::ALL
                .iter()
                .map(|effort| word(*effort, words))
                .collect();
            assert_eq!(given, expected, "{words:?}");
        }
    }
}
