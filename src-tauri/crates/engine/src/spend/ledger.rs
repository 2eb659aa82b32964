//! Holding the worst case of what is on its way, so that budgets are not broken by several answers that
//! each saw room for itself.
//!
//! What is settled stands in the database, what is on its way here. An attempt is let go only after its
//! cost is on the disk, so for a moment it counts twice and never not at all.

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_domain::amount::limit_words;
use patchbay_domain::budget::{Asker, Budget, Budgets, Held, Scope, Used};
use patchbay_domain::{
    AttemptId, Clock, ConversationId, Day, Endpoint, Failure, FailureClass, NanoUsd,
};
use patchbay_store::{Change, Store};
use tokio::sync::Mutex;
use tokio::sync::broadcast::{self, error::TryRecvError};

use super::calendar::today;
use super::names::{BudgetNames, title};
use crate::EngineError;

/// What one attempt may cost, and who is held for it.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    pub(crate) endpoint: Endpoint,
    pub(crate) model_key: String,
    pub(crate) asker: Asker,
    /// `None` where nobody knows the price.
    pub(crate) worst: Option<NanoUsd>,
}

impl Reservation {
    fn concerns(&self, scope: &Scope) -> bool {
        match scope {
            Scope::Everything => true,
            Scope::Provider { provider } => *provider == self.endpoint.provider,
            Scope::Model { key } => *key == self.model_key,
            Scope::Conversation { conversation } => self.asker.conversation == Some(*conversation),
            Scope::App { app } => self.asker.app.as_ref() == Some(app),
        }
    }
}

/// Everything that is on its way. Clones are the same ledger.
#[derive(Clone)]
pub(crate) struct Ledger {
    store: Store,
    clock: Arc<dyn Clock>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    /// Each with whom it holds. `None` until they are read, and again when they change.
    budgets: Option<Vec<(Budget, String)>>,
    changes: broadcast::Receiver<Change>,
    held: HashMap<AttemptId, Reservation>,
}

impl Ledger {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let changes = store.changes();
        Self {
            store,
            clock,
            inner: Arc::new(Mutex::new(Inner {
                budgets: None,
                changes,
                held: HashMap::new(),
            })),
        }
    }

    /// What budgets leave for a request now.
    pub(crate) async fn budgets(&self, asker: &Asker) -> Result<Budgets, EngineError> {
        let mut inner = self.inner.lock().await;
        Ok(Budgets::new(self.standings(&mut inner).await?, asker))
    }

    /// Every budget with whom it holds and what was spent of it.
    pub(crate) async fn held(&self) -> Result<Vec<(String, Held)>, EngineError> {
        let mut inner = self.inner.lock().await;
        let standings = self.standings(&mut inner).await?;
        let whom = inner.budgets.iter().flatten().map(|(_, whom)| whom.clone());
        Ok(whom.zip(standings).collect())
    }

    /// All that is on its way, at its worst.
    pub(crate) async fn on_its_way(&self) -> NanoUsd {
        let inner = self.inner.lock().await;
        let worst = inner.held.values().filter_map(|held| held.worst);
        NanoUsd(worst.fold(0_i64, |sum, worst| sum.saturating_add(worst.0)))
    }

    /// Holds an attempt's worst case, before it is sent.
    ///
    /// # Errors
    /// A budget leaves less, or has come to leave less since the plan was made. Where the budgets
    /// cannot be read nothing is sent: a promise that cannot be checked is not kept.
    pub(crate) async fn hold(
        &self,
        attempt: AttemptId,
        reservation: Reservation,
    ) -> Result<(), Failure> {
        let mut inner = self.inner.lock().await;
        let standings = self.standings(&mut inner).await.map_err(|error| {
            Failure::new(
                FailureClass::Internal,
                format!("The budgets could not be read: {error}"),
            )
        })?;
        if !standings.is_empty() {
            let budgets = Budgets::new(standings, &reservation.asker);
            check(&budgets, &reservation)?;
        }
        inner.held.insert(attempt, reservation);
        Ok(())
    }

    /// Lets an attempt go: its cost is on the disk, or it was never sent.
    pub(crate) async fn release(&self, attempt: AttemptId) {
        self.inner.lock().await.held.remove(&attempt);
    }

    async fn standings(&self, inner: &mut Inner) -> Result<Vec<Held>, EngineError> {
        inner.forget_if_changed();
        if inner.budgets.is_none() {
            let records = self.store.budgets().await?;
            let named = if records.is_empty() {
                Vec::new()
            } else {
                let names = BudgetNames::read(&self.store, &records).await?;
                let named = records.into_iter().map(|record| {
                    let whom = names.whom(&record.budget);
                    (record.budget, whom)
                });
                named.collect()
            };
            inner.budgets = Some(named);
        }
        let budgets = inner.budgets.as_deref().unwrap_or_default();
        if budgets.is_empty() {
            return Ok(Vec::new());
        }
        let today: Day = today(self.clock.now());
        let asked = budgets
            .iter()
            .map(|(budget, _)| {
                let (from, to) = budget.period.around(today);
                (budget.scope.clone(), from, to)
            })
            .collect();
        let spent = self.store.spent_of(asked).await?;
        let standings = budgets
            .iter()
            .zip(spent)
            .map(|((budget, whom), (spent, unknown))| {
                let on_its_way = inner
                    .held
                    .values()
                    .filter(|held| held.concerns(&budget.scope))
                    .filter_map(|held| held.worst)
                    .fold(0_i64, |sum, worst| sum.saturating_add(worst.0));
                Held {
                    budget: budget.clone(),
                    name: title(whom, budget.period),
                    used: Used {
                        spent,
                        reserved: NanoUsd(on_its_way),
                        unknown,
                    },
                }
            });
        Ok(standings.collect())
    }
}

impl Inner {
    fn forget_if_changed(&mut self) {
        loop {
            match self.changes.try_recv() {
                // A budget is named after what it holds.
                Ok(Change::Budgets | Change::Providers) | Err(TryRecvError::Lagged(_)) => {
                    self.budgets = None;
                }
                Ok(_) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
    }
}

fn check(budgets: &Budgets, reservation: &Reservation) -> Result<(), Failure> {
    let Some(left) = budgets.left(&reservation.endpoint.provider, &reservation.model_key) else {
        return Ok(());
    };
    match reservation.worst {
        Some(worst) if worst.0 == 0 || worst <= left.amount => Ok(()),
        Some(worst) => Err(Failure::new(
            FailureClass::OverBudget,
            format!(
                "The budget \u{201c}{}\u{201d} leaves {}, and this may cost {}.",
                left.name,
                limit_words(left.amount),
                limit_words(worst),
            ),
        )),
        None => match left.refuses_unknown {
            Some(budget) => Err(Failure::new(
                FailureClass::OverBudget,
                super::words::wants_it_known(&budget),
            )),
            None => Ok(()),
        },
    }
}

/// The asker of a run that takes place in a conversation.
pub(crate) fn in_conversation(conversation: ConversationId) -> Asker {
    Asker {
        conversation: Some(conversation),
        app: None,
    }
}
