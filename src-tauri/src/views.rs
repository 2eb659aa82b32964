//! From the words of the engine to those of the contract. Nothing is decided here.
//!
//! Long because it is the one list of translations, and each is a few lines.

use patchbay_contract::events::{RunChange, RunEvent};
use patchbay_contract::replies::{
    AttemptView, ConversationSummary, ConversationView, CostView, FailureView, KeyView,
    LocalModelView, MessageView, ModelView, ProviderTest, ProviderView, ReceiptView, RunView,
    SpendToday, UsageView, VaultView,
};
use patchbay_contract::requests::{EndpointView, HeaderView, ParametersView};
use patchbay_contract::{ErrorCode, IpcError};
use patchbay_domain::{
    Attempt, Cost, Endpoint, Failure, Message, Parameters, ProviderId, Receipt, Usage,
};
use patchbay_engine::{
    ConversationDetail, EngineError, KeySourceName, KeyStatus, LocalModelState, LocalModelStatus,
    ModelChoice, ProviderDetail, RunUpdate, SequencedUpdate, SpendSummary, StoreError, VaultState,
};

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
    }
}

pub(crate) fn parameters_from(view: ParametersView) -> Parameters {
    let ParametersView {
        temperature,
        top_p,
        seed,
        max_tokens,
        stop,
    } = view;
    Parameters {
        temperature,
        top_p,
        seed,
        max_tokens,
        stop,
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
        active_leaf: record.active_leaf.map(|id| id.to_string()),
        messages: record
            .messages
            .iter()
            .map(|message| {
                let run = message.run.and_then(|id| Some((id, detail.runs.get(&id)?)));
                let run = run.map(|(id, run)| RunView {
                    id: id.to_string(),
                    endpoint: endpoint(&run.endpoint),
                    colour: run.colour,
                    receipt: receipt(&run.receipt),
                    failure: run
                        .failure
                        .as_ref()
                        .map(|cause| failure(cause, name_in(&run.receipt))),
                });
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

pub(crate) fn receipt(receipt: &Receipt) -> ReceiptView {
    ReceiptView {
        attempts: receipt.attempts.iter().map(attempt).collect(),
        cost: cost(receipt.cost()),
    }
}

/// The provider's name as the receipt remembers it.
fn name_in(receipt: &Receipt) -> &str {
    receipt
        .last()
        .map_or("The provider", |attempt| attempt.provider_name.as_str())
}

pub(crate) fn attempt(attempt: &Attempt) -> AttemptView {
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
        usage: attempt.usage.as_ref().map(usage),
        tokens_per_second: attempt.tokens_per_second(),
        cost: cost(attempt.cost),
        replaced_text: attempt.replaced_text.clone(),
    }
}

fn usage(usage: &Usage) -> UsageView {
    UsageView {
        input: usage.input,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write.saturating_add(usage.cache_write_long),
        output: usage.output,
        reasoning: usage.reasoning,
    }
}

fn cost(cost: Cost) -> CostView {
    CostView {
        nano_usd: cost.amount.map(|amount| amount.0),
        kind: cost.kind,
    }
}

pub(crate) fn failure(failure: &Failure, provider_name: &str) -> FailureView {
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

/// What follows the run of an answer through its events.
#[derive(Clone)]
pub(crate) struct RunContext {
    pub(crate) endpoint: EndpointView,
    pub(crate) colour: u8,
    pub(crate) run_id: String,
}

impl RunContext {
    /// The view of the run, with the attempts made so far.
    pub(crate) fn view(&self, attempts: &[Attempt]) -> RunView {
        let made = Receipt {
            attempts: attempts.to_vec(),
        };
        let last_failure = made.last().and_then(|attempt| attempt.failure.as_ref());
        RunView {
            id: self.run_id.clone(),
            endpoint: self.endpoint.clone(),
            colour: self.colour,
            failure: last_failure.map(|cause| failure(cause, name_in(&made))),
            receipt: receipt(&made),
        }
    }

    /// An update as the window takes it. `attempts` are all that were settled so far.
    pub(crate) fn event(&self, sequenced: &SequencedUpdate, attempts: &[Attempt]) -> RunEvent {
        let change = match &sequenced.update {
            RunUpdate::Attempt(begun) => RunChange::Attempt {
                attempt: attempt(begun),
            },
            RunUpdate::Text(text) => RunChange::Text { text: text.clone() },
            RunUpdate::Reasoning(text) => RunChange::Reasoning { text: text.clone() },
            RunUpdate::Discard => RunChange::Discard,
            RunUpdate::Usage(count) => RunChange::Usage {
                usage: usage(count),
            },
            RunUpdate::Settled(settled) => RunChange::Settled {
                attempt: attempt(settled),
            },
            RunUpdate::Switched(switch) => RunChange::Switched {
                from_attempt: switch.from_attempt,
                is_retry: switch.is_retry,
                wait_millis: switch.wait_millis,
                because: switch.failure.class.sentence(
                    attempts
                        .iter()
                        .find(|attempt| attempt.ordinal == switch.from_attempt)
                        .map_or("The provider", |attempt| attempt.provider_name.as_str()),
                ),
            },
            RunUpdate::Unsaved { sentence, advice } => RunChange::Unsaved {
                sentence: sentence.clone(),
                advice: advice.clone(),
            },
            RunUpdate::Ended(answer) => {
                let is_failed = answer.status == patchbay_domain::MessageStatus::Failed;
                let mut run = self.view(attempts);
                // An attempt that failed before another one answered is no failure of the answer.
                run.failure = run.failure.filter(|_| is_failed);
                RunChange::Ended {
                    answer: message_with(answer, Some(run)),
                }
            }
        };
        RunEvent {
            sequence: sequenced.sequence,
            change,
        }
    }
}

pub(crate) fn model(choice: &ModelChoice) -> ModelView {
    ModelView {
        endpoint: endpoint(&choice.endpoint),
        provider_name: choice.provider_name.clone(),
        name: choice.name.clone(),
        context_length: choice.context_length,
        owned_by: choice.owned_by.clone(),
        is_local: choice.endpoint.provider.is_local(),
        colour: choice.colour,
        unavailable_because: choice.unavailable_because.clone(),
    }
}

pub(crate) fn key(status: &KeyStatus) -> KeyView {
    let (source, variable) = match &status.source {
        None => ("none", None),
        Some(KeySourceName::Keychain) => ("keychain", None),
        Some(KeySourceName::Session) => ("session", None),
        Some(KeySourceName::Environment(variable)) => ("environment", Some(variable.clone())),
    };
    let state = status.problem.map(|state| state.title().to_owned());
    KeyView {
        source: source.to_owned(),
        variable,
        problem: status.words.clone().or(state),
    }
}

pub(crate) fn provider(detail: &ProviderDetail) -> ProviderView {
    let record = &detail.record;
    ProviderView {
        id: record.id.as_str().to_owned(),
        name: record.name.clone(),
        base_url: record.base_url.clone(),
        origin: record.origin.as_str().to_owned(),
        extra_headers: record
            .extra_headers
            .iter()
            .map(|(name, value)| HeaderView {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
        is_plain_text_remote: detail.is_plain_text_remote,
        key: key(&detail.key),
        model_count: detail
            .models
            .map_or(0, |(count, _)| u32::try_from(count).unwrap_or(u32::MAX)),
        models_listed_at: detail.models.map(|(_, at)| at.0),
    }
}

pub(crate) fn provider_test(test: &patchbay_engine::ProviderTest) -> ProviderTest {
    match &test.models {
        Ok((count, sample)) => ProviderTest {
            is_good: true,
            summary: match count {
                0 => format!("{} answers, and lists no models.", test.name),
                1 => format!("{} answers and lists 1 model.", test.name),
                count => format!("{} answers and lists {count} models.", test.name),
            },
            millis: test.millis,
            model_count: u32::try_from(*count).unwrap_or(u32::MAX),
            sample: sample.clone(),
            failure: None,
        },
        Err(cause) => {
            let failed = failure(cause, &test.name);
            ProviderTest {
                is_good: false,
                summary: failed.sentence.clone(),
                millis: test.millis,
                model_count: 0,
                sample: Vec::new(),
                failure: Some(failed),
            }
        }
    }
}

pub(crate) fn local_model(status: &LocalModelStatus) -> LocalModelView {
    let state = match status.state {
        LocalModelState::Missing => "missing",
        LocalModelState::Fetching => "fetching",
        LocalModelState::Preparing => "preparing",
        LocalModelState::Ready => "ready",
        LocalModelState::Unusable => "unusable",
    };
    LocalModelView {
        state: state.to_owned(),
        name: status.name.to_owned(),
        done_bytes: status.done,
        total_bytes: status.total,
        problem: status.problem.clone(),
    }
}

pub(crate) fn spend(summary: &SpendSummary) -> SpendToday {
    SpendToday {
        today_nano_usd: summary.today.known.0,
        today_unknown: summary.today.unknown_attempts,
        today_estimated: summary.today.estimated.0 != 0,
        month_nano_usd: summary.month.known.0,
        month_unknown: summary.month.unknown_attempts,
    }
}

pub(crate) fn vault(state: VaultState) -> VaultView {
    let word = match state {
        VaultState::Ready => "ready",
        VaultState::NoSessionBus => "no_bus",
        VaultState::NoSecretService => "no_service",
        VaultState::NoLoginKeyring | VaultState::Locked => "locked",
        VaultState::Opening | VaultState::Waiting => "waiting",
        VaultState::Failed => "failed",
    };
    VaultView {
        state: word.to_owned(),
        title: state.title().to_owned(),
        explanation: state.explanation().to_owned(),
    }
}

/// An error of the engine, with the code that the window branches on. Logged here, once.
pub(crate) fn error(error: EngineError) -> IpcError {
    match error {
        EngineError::Store(error) => store_error(&error),
        EngineError::Vault(error) => {
            let state = error.state();
            IpcError {
                detail: Some(patchbay_engine::with_causes(&error)),
                ..IpcError::new(
                    ErrorCode::VaultUnavailable,
                    state.map_or_else(|| error.to_string(), |state| format!("{}.", state.title())),
                    state.map_or(
                        "Delete the key and enter it again.",
                        VaultState::explanation,
                    ),
                )
            }
        }
        EngineError::Provider {
            provider_name,
            failure: cause,
        } => {
            let view = failure(&cause, &provider_name);
            IpcError {
                failure: Some(Box::new(view.clone())),
                ..IpcError::new(ErrorCode::ProviderFailed, view.sentence, view.advice)
            }
        }
        EngineError::Input(input) => IpcError {
            field: Some(camel_case(input.field)),
            ..IpcError::new(ErrorCode::InvalidInput, input.sentence, input.advice)
        },
        EngineError::NotFound(what) => IpcError::new(
            ErrorCode::NotFound,
            format!("{what} is not there any more."),
            "It may have been deleted in the meantime.",
        ),
        EngineError::Busy(sentence) => IpcError::new(
            ErrorCode::Busy,
            sentence,
            "Wait until it is done, or stop it.",
        ),
        EngineError::Cancelled => IpcError::new(ErrorCode::Cancelled, "Stopped.", ""),
        EngineError::LocalModel { sentence, advice } => {
            IpcError::new(ErrorCode::ProviderFailed, sentence, advice)
        }
    }
}

fn store_error(error: &StoreError) -> IpcError {
    let code = match error {
        StoreError::DiskFull { .. } => ErrorCode::StorageFull,
        StoreError::NotFound(_) => ErrorCode::NotFound,
        _ => ErrorCode::StorageUnavailable,
    };
    let detail = patchbay_engine::with_causes(error);
    if code != ErrorCode::NotFound {
        tracing::error!(error = %detail, "history could not be used");
    }
    IpcError {
        detail: Some(detail),
        ..IpcError::new(code, error.sentence(), error.advice())
    }
}

/// Fields are named in the words of Rust below and in those of TypeScript above.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.push_str(letters.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named_as_the_window_names_them() {
        assert_eq!(camel_case("base_url"), "baseUrl");
        assert_eq!(camel_case("name"), "name");
    }
}
