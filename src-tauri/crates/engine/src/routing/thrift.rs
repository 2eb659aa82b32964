//! What budgets change about a request: another route, the cheapest way in, a shorter answer, or nothing
//! at all being asked. Each is said in a sentence that the receipt keeps.

use patchbay_domain::budget::{Asker, Budgets, Saving};
use patchbay_domain::route::{
    LONG_ANSWER, Need, PlanStep, Route, RouteEntry, RoutePlan, SkipReason, Spared, Target, WayIn,
    over_budget, quote,
};
use patchbay_domain::{ConversationId, NanoUsd, UnixMillis};

use super::known::Known;
use crate::run::EndpointAccess;
use crate::spend::in_conversation;
use crate::{Engine, EngineError};

/// What is asked for a budget's sake.
pub(super) struct Replaced {
    pub(super) route: Route,
    pub(super) note: Note,
}

/// What is said about it.
pub(super) enum Note {
    /// Another route is asked, whatever comes of it.
    Route(String),
    /// All ways in to the model of the one that was chosen are looked at.
    Cheapest(String),
}

impl Note {
    /// The sentence for a plan; `None` where it changes nothing. The way in that was chosen is asked
    /// alone where it is the cheapest: the budget wants no other one.
    pub(super) fn of(self, target: &Target, planned: &mut RoutePlan) -> Option<String> {
        let sentence = match self {
            Self::Route(sentence) => return Some(sentence),
            Self::Cheapest(sentence) => sentence,
        };
        let first = planned.steps.first()?;
        if matches!(target, Target::Endpoint { endpoint } if *endpoint == first.endpoint) {
            planned.steps.truncate(1);
            planned.skipped.clear();
            return None;
        }
        Some(sentence)
    }
}

/// A way in that a person chose, under the budgets.
pub(super) struct HeldWay {
    /// Why it is not asked.
    pub(super) reason: Option<SkipReason>,
    pub(super) worst: Option<NanoUsd>,
    pub(super) max_output: Option<u64>,
    pub(super) note: Option<String>,
}

impl Engine {
    /// What a budget that saves has asked instead of what was chosen; `None` for what was chosen. A
    /// route and a model are planned anew with the cheapest first, which is not here.
    pub(super) async fn spared(
        &self,
        target: &Target,
        saving: &Saving,
        known: &Known,
    ) -> Result<Option<Replaced>, EngineError> {
        if let Some(id) = saving.route {
            let is_asked = *target == Target::Route { id };
            // One that is gone saves nothing.
            let route = self.store.route(id).await?.filter(|_| !is_asked);
            return Ok(route.map(|route| Replaced {
                note: Note::Route(format!(
                    "The budget \u{201c}{}\u{201d} is nearly spent, so the route \u{201c}{}\u{201d} was asked \
                     instead.",
                    saving.name, route.name
                )),
                route,
            }));
        }
        let Target::Endpoint { endpoint } = target else {
            return Ok(None);
        };
        let Some(way) = known.ways.get(endpoint).filter(|way| !is_free(way)) else {
            return Ok(None);
        };
        if known.ways.of_model(&way.model_key).nth(1).is_none() {
            return Ok(None);
        }
        let entry = RouteEntry::Model {
            key: way.model_key.clone(),
        };
        let cheapest = Spared {
            budget: saving.name.clone(),
            is_cheapest: true,
        };
        Ok(Some(Replaced {
            route: super::resolve::alone(entry, &way.model_key),
            note: Note::Cheapest(saved(&cheapest)),
        }))
    }
}

fn is_free(way: &WayIn) -> bool {
    way.endpoint.provider.is_local()
}

/// Whose budgets hold a question in this conversation.
pub(super) fn asker_of(conversation: Option<ConversationId>) -> Asker {
    conversation.map(in_conversation).unwrap_or_default()
}

/// The sentence about the way in that comes first for a budget's sake.
pub(super) fn saved(
    Spared {
        budget,
        is_cheapest,
    }: &Spared,
) -> String {
    let first = if *is_cheapest {
        "the cheapest way in"
    } else {
        "another way in"
    };
    format!("The budget \u{201c}{budget}\u{201d} is nearly spent, so {first} was asked first.")
}

/// The sentence about a first way in whose answer is held short; `None` where it is not.
pub(super) fn shortened(
    step: Option<&PlanStep>,
    need: &Need,
    known: &Known,
    budgets: &Budgets,
) -> Option<String> {
    let step = step?;
    let own = known
        .ways
        .get(&step.endpoint)
        .and_then(|way| way.max_output);
    let name = budgets.left(&step.endpoint.provider, &step.model_key)?.name;
    cut(step.max_output?, need, own, &name)
}

fn cut(end: u64, need: &Need, own: Option<u64>, budget: &str) -> Option<String> {
    let usual = [need.max_output, own].into_iter().flatten().min();
    (end < usual.unwrap_or(LONG_ANSWER))
        .then(|| format!("The budget \u{201c}{budget}\u{201d} holds this answer to {end} tokens."))
}

/// Whether a chosen way in may be asked.
pub(super) fn within_budget(
    way: Option<&WayIn>,
    need: &Need,
    now: UnixMillis,
    budgets: &Budgets,
    access: &EndpointAccess,
) -> HeldWay {
    let left = budgets.left(&access.endpoint.provider, &access.model_key);
    let own = way.and_then(|way| way.max_output);
    let quoted = quote(access.price.as_ref(), own, need, now, left.as_ref());
    let estimate = quoted.map(|quoted| quoted.estimate);
    let max_output = quoted.and_then(|quoted| quoted.max_output);
    HeldWay {
        reason: left.as_ref().and_then(|left| over_budget(estimate, left)),
        worst: estimate.map(|estimate| estimate.worst),
        note: max_output
            .zip(left)
            .and_then(|(end, left)| cut(end, need, own, &left.name)),
        max_output,
    }
}
