//! Receipts: attempts, tokens, costs, failures.

use patchbay_contract::receipts::{
    DataPolicyView, FoundAttempt, FoundCase, FoundReceipt, ReaderView,
};
use patchbay_contract::replies::{
    AttemptView, CostLine, CostView, FailureView, ReceiptView, RunView, UsageView,
};
use patchbay_domain::route::DeclaredPolicy;
use patchbay_domain::{Attempt, AttemptStatus, Cost, Failure, FailureClass, Receipt, Usage};
use patchbay_engine::{Colours, FoundRun, RunDetail};

use super::conversations::endpoint;
use super::models::price_tag;
use super::routing::{skipped, target};

/// `colour` tells the cable of a model by its id.
fn receipt(
    receipt: &Receipt,
    budget_note: Option<&String>,
    colour: impl Fn(&str) -> u8,
) -> ReceiptView {
    let wasted = receipt
        .attempts
        .iter()
        .filter(|attempt| {
            !matches!(
                attempt.status,
                AttemptStatus::Answered | AttemptStatus::Running
            )
        })
        .map(|attempt| attempt.cost);
    ReceiptView {
        attempts: receipt
            .attempts
            .iter()
            .map(|each| attempt(each, colour(&each.endpoint.model)))
            .collect(),
        cost: cost(receipt.cost()),
        wasted: cost(Cost::sum(wasted)),
        readers: readers(receipt),
        budget_note: budget_note.cloned(),
    }
}

/// Every party that the text passed through, once, in the order in which they read it.
fn readers(receipt: &Receipt) -> Vec<ReaderView> {
    let mut readers: Vec<ReaderView> = Vec::new();
    let mut add = |reader: ReaderView| {
        let is_known = readers
            .iter()
            .any(|known| known.name == reader.name && known.role == reader.role);
        if !is_known {
            readers.push(reader);
        }
    };
    for attempt in &receipt.attempts {
        if !attempt.was_sent() {
            continue;
        }
        add(ReaderView {
            name: attempt.provider_name.clone(),
            role: "provider".to_owned(),
            is_local: attempt.endpoint.provider.is_local(),
            policy: attempt.data_policy.as_ref().map(data_policy),
        });
        if let Some(host) = &attempt.served_by
            && !host.eq_ignore_ascii_case(&attempt.provider_name)
        {
            add(ReaderView {
                name: host.clone(),
                role: "host".to_owned(),
                is_local: false,
                policy: patchbay_engine::declared_policy_of(host)
                    .as_ref()
                    .map(data_policy),
            });
        }
    }
    readers
}

fn data_policy(policy: &DeclaredPolicy) -> DataPolicyView {
    DataPolicyView {
        training: policy.training,
        keeps_days: policy.keeps_days,
        words: policy.words.clone(),
        source: policy.source.clone(),
        as_of: policy.as_of.clone(),
    }
}

/// The run behind an answer.
pub(crate) fn run_view(id: &str, run: &RunDetail) -> RunView {
    let colour = |model: &str| colour_in(&run.colours, model);
    RunView {
        id: id.to_owned(),
        endpoint: endpoint(&run.endpoint),
        colour: colour(&run.endpoint.model),
        target: run.target.as_ref().map(target),
        route_name: run.route_name.clone(),
        skipped: run.skipped.iter().map(skipped).collect(),
        receipt: receipt(&run.receipt, run.budget_note.as_ref(), colour),
        failure: run
            .failure
            .as_ref()
            .map(|cause| failure(cause, name_in(&run.receipt))),
    }
}

/// An answer that was found.
pub(crate) fn found_receipt(run: &FoundRun) -> FoundReceipt {
    FoundReceipt {
        run_id: run.id.to_string(),
        conversation_id: run
            .conversation
            .as_ref()
            .map(|conversation| conversation.id.to_string()),
        title: run
            .conversation
            .as_ref()
            .map(|conversation| conversation.title.clone()),
        purpose: run.purpose.as_str().to_owned(),
        comparison_case: run.case.map(found_case),
        question: run.question.clone(),
        route_name: run.route_name.clone(),
        model: run
            .tried
            .iter()
            .find(|tried| tried.status == AttemptStatus::Answered)
            .map_or_else(
                || run.requested.model.clone(),
                |answered| answered.endpoint.model.clone(),
            ),
        started_at: run.started_at.0,
        outcome: run.status.as_str().to_owned(),
        origin: run.origin.as_str().to_owned(),
        app: run.app.clone(),
        attempts: run
            .tried
            .iter()
            .map(|tried| FoundAttempt {
                provider_name: tried.provider_name.clone(),
                made_because: tried.because,
                status: tried.status,
                failure: tried.failure,
                http_status: tried.http_status,
            })
            .collect(),
        cost: cost(run.cost),
        first_token_millis: run.first_token,
    }
}

/// Where in a comparison.
pub(super) fn found_case(found: patchbay_engine::FoundCase) -> FoundCase {
    FoundCase {
        comparison_id: found.comparison.to_string(),
        round_id: found.round.to_string(),
        case_index: found.case,
        repeat: found.repeat,
    }
}

/// The cable of a model; the first one for those that older versions gave none.
pub(super) fn colour_in(colours: &Colours, model: &str) -> u8 {
    colours.get(model).copied().unwrap_or(0)
}

/// The provider's name as the receipt remembers it.
pub(super) fn name_in(receipt: &Receipt) -> &str {
    receipt
        .last()
        .map_or("The provider", |attempt| attempt.provider_name.as_str())
}

pub(super) fn attempt(attempt: &Attempt, colour: u8) -> AttemptView {
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
        list_nano_usd: attempt.list.as_ref().map(|list| list.amount.0),
        list_tag: attempt.list.as_ref().map(|list| price_tag(&list.tag)),
        reserved_nano_usd: attempt.reserved.map(|amount| amount.0),
        price_tag: attempt.price_tag.as_ref().map(price_tag),
        service_tier: attempt.service_tier,
        replaced_text: attempt.replaced_text.clone(),
        colour,
        made_because: attempt.made_because,
        continues_at: attempt.continues_at,
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

pub(super) fn cost(cost: Cost) -> CostView {
    CostView {
        nano_usd: cost.amount.map(|amount| amount.0),
        kind: cost.kind,
    }
}

pub(super) fn failure(failure: &Failure, provider_name: &str) -> FailureView {
    FailureView {
        class: failure.class,
        side: failure.class.side(),
        // What a budget says is ours to say, and names it; the other words are those of providers.
        sentence: match failure.class {
            FailureClass::OverBudget => failure.message.clone(),
            class => class.sentence(provider_name),
        },
        advice: failure.class.advice().to_owned(),
        words: failure.message.clone(),
        status: failure.status,
        code: failure.code.clone(),
        request_id: failure.request_id.clone(),
    }
}
