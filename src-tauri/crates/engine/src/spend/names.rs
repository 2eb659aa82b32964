//! What providers, models and budgets are called, those that are gone too.

use std::collections::HashMap;

use patchbay_domain::ProviderId;
use patchbay_domain::budget::{Budget, Period, Scope};
use patchbay_store::{BudgetRecord, Store};

use crate::EngineError;
use crate::catalogue::Snapshot;

/// Providers by their names. One that was deleted keeps the name that it had, and is said to be.
pub(crate) struct ProviderNames(HashMap<String, String>);

impl ProviderNames {
    /// Of all that are and were; the model in this process has one too.
    pub(crate) async fn read(store: &Store) -> Result<Self, EngineError> {
        let gone = store.gone_providers().await?.into_iter();
        let mut names: HashMap<String, String> = gone
            .map(|(id, name)| (id.as_str().to_owned(), format!("{name} (deleted)")))
            .collect();
        for provider in store.providers().await? {
            names.insert(provider.id.as_str().to_owned(), provider.name);
        }
        names.insert(
            ProviderId::local().as_str().to_owned(),
            crate::local_model::PROVIDER_NAME.to_owned(),
        );
        Ok(Self(names))
    }

    /// The name of one, if it is or was there.
    pub(crate) fn get(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// The same, for people.
    pub(crate) fn of(&self, id: &str) -> String {
        self.get(id).unwrap_or("Deleted provider").to_owned()
    }
}

/// The names of everything that a budget may hold.
pub(crate) struct BudgetNames {
    providers: ProviderNames,
    conversations: HashMap<patchbay_domain::ConversationId, String>,
    apps: HashMap<String, String>,
}

impl BudgetNames {
    /// Of all that these budgets hold; without one for a chat the chats are not read, and so with apps.
    pub(crate) async fn read(store: &Store, budgets: &[BudgetRecord]) -> Result<Self, EngineError> {
        let holds_a_chat = budgets
            .iter()
            .any(|record| matches!(record.budget.scope, Scope::Conversation { .. }));
        let holds_an_app = budgets
            .iter()
            .any(|record| matches!(record.budget.scope, Scope::App { .. }));
        let apps = if holds_an_app {
            store.app_names().await?
        } else {
            Vec::new()
        };
        let conversations = if holds_a_chat {
            store.conversations().await?
        } else {
            Vec::new()
        };
        Ok(Self {
            providers: ProviderNames::read(store).await?,
            conversations: conversations
                .into_iter()
                .map(|it| (it.id, it.title))
                .collect(),
            apps: apps.into_iter().collect(),
        })
    }

    /// Whom a budget holds, such as "OpenAI".
    pub(crate) fn whom(&self, budget: &Budget) -> String {
        match &budget.scope {
            Scope::Everything => "Everything".to_owned(),
            Scope::Provider { provider } => self.providers.of(provider.as_str()),
            Scope::Model { key } => model_name(key),
            Scope::Conversation { conversation } => self
                .conversations
                .get(conversation)
                .cloned()
                .unwrap_or_else(|| "A chat that is gone".to_owned()),
            // One that was made by hand before apps could be chosen holds what it says.
            Scope::App { app } => self.apps.get(app).unwrap_or(app).clone(),
        }
    }
}

/// Whom a budget holds and for how long, such as "OpenAI, a month".
pub(crate) fn title(whom: &str, period: Period) -> String {
    let how_long = match period {
        Period::Day => "a day",
        Period::Week => "a week",
        Period::Month => "a month",
    };
    format!("{whom}, {how_long}")
}

/// The name of a canonical model; of one that is not known, what its provider calls it.
pub(crate) fn model_name(key: &str) -> String {
    if let Some(model) = Snapshot::embedded().model(key) {
        return model.name.clone();
    }
    // As `key_of` makes them: the provider stands before the blank.
    key.split_once(' ')
        .map_or(key, |(_, model)| model)
        .to_owned()
}

/// The same in a list of many, where two providers may call different models so: "answer, First".
pub(crate) fn model_name_among(key: &str, provider_name: impl Fn(&str) -> String) -> String {
    let name = model_name(key);
    match key.split_once(' ') {
        Some((provider, model)) if model == name => {
            format!("{name}, {}", provider_name(provider))
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_not_known_has_the_name_that_its_provider_gives_it() {
        let names = |id: &str| id.to_uppercase();
        assert_eq!(model_name("acme no-such:model"), "no-such:model");
        assert_eq!(
            model_name_among("acme no-such:model", names),
            "no-such:model, ACME"
        );
        assert_eq!(model_name_among("made/up", names), "made/up");
    }

    #[test]
    fn a_title_says_whom_and_for_how_long() {
        assert_eq!(title("Everything", Period::Day), "Everything, a day");
        assert_eq!(
            title("Trip, a week", Period::Month),
            "Trip, a week, a month"
        );
    }
}
