//! Conversations and messages.

use patchbay_contract::replies::{ConversationSummary, ConversationView, MessageView, RunView};
use patchbay_contract::requests::{EndpointView, ParametersView};
use patchbay_domain::{Endpoint, Message, Parameters, ProviderId};
use patchbay_engine::ConversationDetail;

use super::receipts::run_view;
use super::routing::target;

pub(crate) fn endpoint(endpoint: &Endpoint) -> EndpointView {
    EndpointView {
        provider_id: endpoint.provider.as_str().to_owned(),
        model: endpoint.model.clone(),
    }
}

pub(crate) fn endpoint_from(view: EndpointView) -> Endpoint {
    Endpoint {
        provider: ProviderId::new(view.provider_id),
        model: view.model,
    }
}

pub(crate) fn parameters(parameters: &Parameters) -> ParametersView {
    ParametersView {
        temperature: parameters.temperature,
        top_p: parameters.top_p,
        seed: parameters.seed,
        max_tokens: parameters.max_tokens,
        stop: parameters.stop.clone(),
        reasoning_effort: parameters.reasoning_effort,
    }
}

pub(crate) fn parameters_from(view: ParametersView) -> Parameters {
    let ParametersView {
        temperature,
        top_p,
        seed,
        max_tokens,
        stop,
        reasoning_effort,
    } = view;
    Parameters {
        temperature,
        top_p,
        seed,
        max_tokens,
        stop,
        reasoning_effort,
        ..Parameters::default()
    }
}

pub(crate) fn summary(summary: &patchbay_engine::ConversationSummary) -> ConversationSummary {
    ConversationSummary {
        id: summary.id.to_string(),
        title: summary.title.clone(),
        updated_at: summary.updated_at.0,
        created_at: summary.created_at.0,
    }
}

pub(crate) fn conversation(detail: &ConversationDetail) -> ConversationView {
    let record = &detail.record;
    ConversationView {
        summary: summary(&record.summary),
        system_prompt: record.system_prompt.clone(),
        parameters: parameters(&record.parameters),
        endpoint: record.summary.last_endpoint.as_ref().map(endpoint),
        target: record.summary.last_target.as_ref().map(target),
        active_leaf: record.active_leaf.map(|id| id.to_string()),
        messages: record
            .messages
            .iter()
            .map(|message| {
                let run = message.run.and_then(|id| Some((id, detail.runs.get(&id)?)));
                let run = run.map(|(id, run)| run_view(&id.to_string(), run));
                message_with(message, run)
            })
            .collect(),
    }
}

/// A message with the run behind it, where there is one.
pub(crate) fn message_with(message: &Message, run: Option<RunView>) -> MessageView {
    MessageView {
        id: message.id.to_string(),
        parent_id: message.parent.map(|id| id.to_string()),
        role: message.role,
        text: message.text.clone(),
        reasoning: message.reasoning.clone(),
        status: message.status,
        created_at: message.created_at.0,
        run,
    }
}
