//! The local model, what was spent, and how the keychain stands.

use patchbay_contract::replies::{LocalModelView, SpendToday, VaultView};
use patchbay_engine::{
    BudgetStanding, LocalModelState, LocalModelStatus, SpendSummary, VaultState,
};

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

pub(crate) fn spend(summary: &SpendSummary, budget: Option<&BudgetStanding>) -> SpendToday {
    SpendToday {
        today_nano_usd: summary.today.known.0,
        today_unknown: summary.today.unknown,
        today_estimated: summary.today.known_estimated.0 != 0,
        month_nano_usd: summary.month.known.0,
        month_unknown: summary.month.unknown,
        budget: budget.map(super::spend::budget),
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
