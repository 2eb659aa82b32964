//! How much to think, in the words of the dialect.

use patchbay_domain::Failure;
use patchbay_domain::content::ReasoningEffort;
use serde_json::json;

use super::super::dialect::{Dialect, ReasoningSwitch};
use crate::effort::EffortSet;
use crate::request_body::Fields;

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
    let word = EffortSet::of(dialect.effort_words).word(effort);
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
