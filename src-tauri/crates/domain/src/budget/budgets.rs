//! What all budgets together leave for one request.

use crate::id::{ConversationId, ProviderId, RouteId};
use crate::money::NanoUsd;

use super::{Budget, Scope, Stage, Used};

/// For whom a request is made, as far as budgets care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    /// In which chat.
    pub conversation: Option<ConversationId>,
    /// By which app of the gateway.
    pub app: Option<String>,
}

/// A budget with its name for people and what was spent of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The budget.
    pub budget: Budget,
    /// Its name for people.
    pub name: String,
    /// What was spent of it.
    pub used: Used,
}

/// What a budget leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The budget's name.
    pub name: String,
    /// What may still be spent.
    pub amount: NanoUsd,
    /// The name of a budget for whose sake nobody is asked whose price is not known.
    pub refuses_unknown: Option<String>,
}

/// A budget that wants cheaper ways in to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saving {
    /// The budget's name.
    pub name: String,
    /// The route to ask instead; `None` for the cheapest way in to what was asked.
    pub route: Option<RouteId>,
}

/// What all budgets together leave for one request. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budgets {
    held: Vec<Held>,
}

impl Budgets {
    /// Those of the budgets that concern this asker, whichever way in it takes.
    pub fn new(held: impl IntoIterator<Item = Held>, asker: &Asker) -> Self {
        let concerns = |scope: &Scope| match scope {
            Scope::Everything | Scope::Provider { .. } | Scope::Model { .. } => true,
            Scope::Conversation { conversation } => asker.conversation == Some(*conversation),
            Scope::App { app } => asker.app.as_ref() == Some(app),
        };
        Self {
            held: held
                .into_iter()
                .filter(|held| concerns(&held.budget.scope))
                .collect(),
        }
    }

    /// The same, none of which wants cheaper ways in.
    #[must_use]
    pub fn holding_only(mut self) -> Self {
        for held in &mut self.held {
            held.budget.saves_at = None;
        }
        self
    }

    /// Those budgets that concern a way in.
    pub fn of(&self, provider: &ProviderId, model_key: &str) -> Vec<&Held> {
        self.held
            .iter()
            .filter(|held| match &held.budget.scope {
                Scope::Provider { provider: own } => own == provider,
                Scope::Model { key } => key == model_key,
                Scope::Everything | Scope::Conversation { .. } | Scope::App { .. } => true,
            })
            .collect()
    }

    /// What may be spent through a way in: by the budget that leaves least of those that stop. `None`
    /// where none stops.
    pub fn left(&self, provider: &ProviderId, model_key: &str) -> Option<Left> {
        let concerned = self.of(provider, model_key);
        let stopping = concerned.into_iter().filter(|held| held.budget.stops);
        // One that refuses what is unknown does so whether or not another is nearer to its end.
        let mut refuses_unknown = None;
        let mut least: Option<Left> = None;
        for held in stopping {
            if held.budget.refuses_unknown {
                refuses_unknown.get_or_insert_with(|| held.name.clone());
            }
            let amount = held.budget.left(&held.used);
            if least.as_ref().is_none_or(|least| amount < least.amount) {
                least = Some(Left {
                    name: held.name.clone(),
                    amount,
                    refuses_unknown: None,
                });
            }
        }
        least.map(|least| Left {
            refuses_unknown,
            ..least
        })
    }

    /// The budget that wants cheaper ways in for every request of this asker, the one that names a
    /// route before the others. Budgets of a provider or a model want it only of those: see
    /// [`Self::saves_on`].
    pub fn saving(&self) -> Option<Saving> {
        let wide = |held: &&Held| {
            !matches!(
                held.budget.scope,
                Scope::Provider { .. } | Scope::Model { .. }
            )
        };
        let mut savings: Vec<&Held> = self
            .held
            .iter()
            .filter(wide)
            .filter(|held| saves(held))
            .collect();
        savings.sort_by_key(|held| held.budget.saves_with.is_none());
        savings.first().map(|held| Saving {
            name: held.name.clone(),
            route: held.budget.saves_with,
        })
    }

    /// The budget of this provider or model that wants others to be asked first.
    pub fn saves_on(&self, provider: &ProviderId, model_key: &str) -> Option<&Held> {
        self.of(provider, model_key).into_iter().find(|held| {
            saves(held)
                && matches!(
                    held.budget.scope,
                    Scope::Provider { .. } | Scope::Model { .. }
                )
        })
    }
}

/// A budget saves from its part on, and goes on doing so when it is spent and does not stop.
fn saves(held: &Held) -> bool {
    held.budget.saves_at.is_some() && held.budget.stage(&held.used) >= Stage::Saving
}
