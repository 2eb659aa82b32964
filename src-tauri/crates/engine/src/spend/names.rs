//! What budgets are called.

use std::collections::HashMap;

use patchbay_domain::ProviderId;
use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_store::Store;

use crate::EngineError;
use crate::catalogue::Snapshot;

/// The names of everything that a budget may hold.
pub(crate) struct BudgetNames {
    providers: HashMap<ProviderId, String>,
    conversations: HashMap<patchbay_domain::ConversationId, String>,
}

impl BudgetNames {
    pub(crate) async fn read(store: &Store) -> Result<Self, EngineError> {
        let providers = store.providers().await?;
        let conversations = store.conversations().await?;
        Ok(Self {
            providers: providers.into_iter().map(|it| (it.id, it.name)).collect(),
            conversations: conversations
                .into_iter()
                .map(|it| (it.id, it.title))
                .collect(),
        })
    }

    /// Such as "OpenAI, a month".
    pub(crate) fn of(&self, budget: &Budget) -> String {
        let whom = match &budget.scope {
            Scope::Everything => "Everything".to_owned(),
            Scope::Provider { provider } => self
                .providers
                .get(provider)
                .cloned()
                .unwrap_or_else(|| provider.as_str().to_owned()),
            Scope::Model { key } => model_name(key),
            Scope::Conversation { conversation } => self
                .conversations
                .get(conversation)
                .cloned()
                .unwrap_or_else(|| "A chat that is gone".to_owned()),
            Scope::App { app } => app.clone(),
        };
        format!("{whom}{}", how_long(budget.period))
    }
}

/// Whom a budget of this name holds, without for how long: "OpenAI".
pub(crate) fn whom(name: &str, period: Period) -> &str {
    name.strip_suffix(how_long(period)).unwrap_or(name)
}

fn how_long(period: Period) -> &'static str {
    match period {
        Period::Day => ", a day",
        Period::Week => ", a week",
        Period::Month => ", a month",
    }
}

/// The name of a canonical model; of one that is not known, its key.
pub(crate) fn model_name(key: &str) -> String {
    let known = Snapshot::embedded().model(key);
    known.map_or_else(|| key.to_owned(), |model| model.name.clone())
}
