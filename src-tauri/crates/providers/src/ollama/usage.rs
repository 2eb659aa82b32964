//! Counts and durations of the last line.
//!
//! Thinking is inside `eval_count` and is not told apart, so it stays in the output. A count that is
//! missing is unknown and not zero: a prompt that was wholly in the cache was left out by servers for
//! years. Without it there is no usage, since half of one would be taken for all.

use patchbay_domain::{RawUsage, StreamEvent, Usage};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::{Count, lenient};

/// The fields of the last line that are worth keeping, in the order in which servers send them.
#[derive(Debug, Default, Deserialize, serde::Serialize)]
#[serde(default)]
struct Metrics<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    total_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    load_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    prompt_eval_count: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    prompt_eval_duration: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    eval_count: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    eval_duration: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(deserialize_with = "lenient")]
    prompt_eval_count: Option<Count>,
    #[serde(deserialize_with = "lenient")]
    eval_count: Option<Count>,
}

/// The usage that a line tells; `None` where it does not tell all of it. `said_anything` is whether
/// the model did: servers leave a count of zero out, which is believable only of an empty answer.
pub(super) fn event(line: &str, said_anything: bool) -> Option<StreamEvent> {
    let counts: Counts = serde_json::from_str(line).ok()?;
    let input = counts.prompt_eval_count?.0;
    let output = match counts.eval_count {
        Some(count) => count.0,
        None if said_anything => return None,
        None => 0,
    };
    let metrics: Metrics<'_> = serde_json::from_str(line).ok()?;
    Some(StreamEvent::Usage {
        usage: Usage {
            input,
            output,
            ..Usage::default()
        },
        raw: RawUsage(serde_json::to_string(&metrics).ok()?),
        reported_cost: None,
        service_tier: None,
    })
}

/// The event of counts that were kept: a count of zero that was left out was believed then.
pub(crate) fn read_again(raw: &str) -> Option<StreamEvent> {
    event(raw, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_is_missing_is_unknown_and_not_zero() {
        assert_eq!(event(r#"{"done":true,"eval_count":5}"#, true), None);
        assert_eq!(event(r#"{"done":true,"prompt_eval_count":5}"#, true), None);
        assert_eq!(
            event(r#"{"prompt_eval_count":null,"eval_count":1}"#, true),
            None
        );
        let Some(StreamEvent::Usage { usage, raw, .. }) = event(
            r#"{"eval_duration":7,"prompt_eval_count":5,"model":"a"}"#,
            false,
        ) else {
            panic!("an empty answer is counted");
        };
        assert_eq!((usage.input, usage.output), (5, 0));
        assert_eq!(raw.0, r#"{"prompt_eval_count":5,"eval_duration":7}"#);
    }
}
