//! An answer with its receipt, for people and for scripts.

use patchbay_domain::{Attempt, AttemptStatus, Cost, FailureClass, Receipt};
use serde::Serialize;

use crate::money::{Money, cost_words};
use crate::table::one_line;

/// One attempt of a receipt.
#[derive(Debug, Serialize)]
pub(crate) struct AttemptReport {
    provider: String,
    provider_name: String,
    model: String,
    /// The model that the provider says answered, where it is another.
    served_model: Option<String>,
    /// Who computed it, where a gateway says so.
    served_by: Option<String>,
    /// `answered`, `failed` and so on.
    status: &'static str,
    /// The class of its failure.
    failure: Option<&'static str>,
    /// Why it was made.
    made_because: &'static str,
    /// From its beginning.
    first_token_millis: Option<u64>,
    total_millis: Option<u64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    cost: Money,
}

impl AttemptReport {
    fn of(attempt: &Attempt) -> Self {
        Self {
            provider: attempt.endpoint.provider.as_str().to_owned(),
            provider_name: attempt.provider_name.clone(),
            model: attempt.endpoint.model.clone(),
            served_model: attempt.served_model.clone(),
            served_by: attempt.served_by.clone(),
            status: attempt.status.as_str(),
            failure: attempt
                .failure
                .as_ref()
                .map(|failure| failure.class.as_str()),
            made_because: attempt.made_because.as_str(),
            first_token_millis: attempt.timings.first_token,
            total_millis: attempt.timings.ended,
            input_tokens: attempt.usage.map(|usage| usage.total_input()),
            output_tokens: attempt.usage.map(|usage| usage.total_output()),
            cost: Money::of(attempt.cost),
        }
    }
}

/// An answer for scripts.
#[derive(Debug, Serialize)]
pub(crate) struct AnswerReport {
    /// The chat in the window, to go on with by `--chat`; `null` through another copy's gateway.
    pub(crate) chat: Option<String>,
    pub(crate) run: String,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) reasoning: String,
    /// `complete`, `stopped`, `interrupted` or `failed`.
    pub(crate) status: &'static str,
    pub(crate) route: Option<String>,
    /// What a budget changed, in one sentence.
    pub(crate) note: Option<String>,
    pub(crate) cost: Money,
    pub(crate) attempts: Vec<AttemptReport>,
}

pub(crate) fn attempts(receipt: &Receipt) -> Vec<AttemptReport> {
    receipt.attempts.iter().map(AttemptReport::of).collect()
}

/// The receipt in a line or a few, for people.
pub(crate) fn receipt_lines(receipt: &Receipt) -> Vec<String> {
    let mut lines: Vec<String> = receipt
        .attempts
        .iter()
        .filter(|attempt| attempt.status != AttemptStatus::Answered)
        .filter_map(|attempt| {
            let failure = attempt.failure.as_ref()?;
            let words = match failure.class {
                FailureClass::OverBudget => failure.message.clone(),
                class => class.sentence(&attempt.provider_name),
            };
            Some(one_line(&format!("{}: {words}", attempt.endpoint.model)))
        })
        .collect();
    if let Some(last) = receipt.last() {
        let mut parts = vec![format!("{} by {}", last.endpoint.model, last.provider_name)];
        if receipt.attempts.len() > 1 {
            parts.push(format!("{} attempts", receipt.attempts.len()));
        }
        if let Some(first) = last.timings.first_token {
            parts.push(format!("first token {first} ms"));
        }
        if let Some(usage) = last.usage {
            parts.push(format!(
                "{} + {} tokens",
                usage.total_input(),
                usage.total_output()
            ));
        }
        let cost = Cost::sum(receipt.attempts.iter().map(|attempt| attempt.cost));
        parts.push(cost_words(cost));
        lines.push(one_line(&parts.join(", ")));
    }
    lines
}
