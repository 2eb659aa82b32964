//! Receipts: attempts, tokens, costs, failures.

use patchbay_contract::replies::{
    AttemptView, CostLine, CostView, FailureView, ReceiptView, UsageView,
};
use patchbay_domain::{Attempt, Cost, Failure, Receipt, Usage};

use super::models::price_tag;

pub(super) fn receipt(receipt: &Receipt) -> ReceiptView {
    ReceiptView {
        attempts: receipt.attempts.iter().map(attempt).collect(),
        cost: cost(receipt.cost()),
    }
}

/// The provider's name as the receipt remembers it.
pub(super) fn name_in(receipt: &Receipt) -> &str {
    receipt
        .last()
        .map_or("The provider", |attempt| attempt.provider_name.as_str())
}

pub(super) fn attempt(attempt: &Attempt) -> AttemptView {
    AttemptView {
        ordinal: attempt.ordinal,
        provider_id: attempt.endpoint.provider.as_str().to_owned(),
        provider_name: attempt.provider_name.clone(),
        model: attempt.endpoint.model.clone(),
        key_label: attempt.key_label.clone(),
        started_at: attempt.started_at.0,
        opened_millis: attempt.timings.opened,
        first_token_millis: attempt.timings.first_token,
        total_millis: attempt.timings.ended,
        status: attempt.status,
        failure: attempt
            .failure
            .as_ref()
            .map(|cause| failure(cause, &attempt.provider_name)),
        left_because: attempt.left_because.clone(),
        finish_reason: attempt.finish_reason,
        served_model: attempt.served_model.clone(),
        served_by: attempt.served_by.clone(),
        request_id: attempt.request_id.clone(),
        malformed_events: attempt.malformed_events,
        warnings: attempt.warnings.clone(),
        usage: attempt.usage.as_ref().map(usage),
        tokens_per_second: attempt.tokens_per_second(),
        cost: cost(attempt.cost),
        cost_lines: cost_lines(attempt),
        computed_nano_usd: computed(attempt)
            .and_then(|cost| cost.amount)
            .map(|amount| amount.0),
        reported_nano_usd: attempt.reported_cost.map(|amount| amount.0),
        price_tag: attempt.price_tag.as_ref().map(price_tag),
        service_tier: attempt.service_tier,
        replaced_text: attempt.replaced_text.clone(),
    }
}

/// What the tokens cost by the rates that the row keeps, whatever was charged.
fn computed(attempt: &Attempt) -> Option<Cost> {
    Some(attempt.rates?.price(attempt.usage.as_ref()?))
}

fn cost_lines(attempt: &Attempt) -> Vec<CostLine> {
    let (Some(rates), Some(usage)) = (&attempt.rates, &attempt.usage) else {
        return Vec::new();
    };
    let lines = rates.lines(usage).unwrap_or_default();
    lines
        .into_iter()
        .map(|line| CostLine {
            label: line.class.label().to_owned(),
            count: line.count,
            rate_nano_usd: line.rate.0,
            per: line.per,
            nano_usd: line.amount.0,
            is_guess: line.is_guess,
        })
        .collect()
}

pub(super) fn usage(usage: &Usage) -> UsageView {
    UsageView {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write,
        cache_write_long: usage.cache_write_long,
        output: usage.output,
        reasoning: usage.reasoning,
        audio_input: usage.audio_input.saturating_add(usage.audio_cache_read),
        image_input: usage.image_input,
        audio_output: usage.audio_output,
        image_output: usage.image_output,
        web_searches: usage.web_searches,
    }
}

fn cost(cost: Cost) -> CostView {
    CostView {
        nano_usd: cost.amount.map(|amount| amount.0),
        kind: cost.kind,
    }
}

pub(super) fn failure(failure: &Failure, provider_name: &str) -> FailureView {
    FailureView {
        class: failure.class,
        side: failure.class.side(),
        sentence: failure.class.sentence(provider_name),
        advice: failure.class.advice().to_owned(),
        words: failure.message.clone(),
        status: failure.status,
        code: failure.code.clone(),
        request_id: failure.request_id.clone(),
    }
}
