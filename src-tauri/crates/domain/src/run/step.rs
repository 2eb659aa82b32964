//! Where a run goes after a failure, and what it has learnt on the way.

use std::collections::BTreeSet;

use super::{MadeBecause, Plan, PlannedEndpoint, Switch};
use crate::failure::{Failure, FailureClass, Remedy};
use crate::id::ProviderId;

/// The first wait before asking again, doubled each time.
const FIRST_BACKOFF_MILLIS: u64 = 500;

/// Longer than this nobody waits at one way in while another one could be asked.
const LONGEST_WAIT_BESIDE_OTHERS_MILLIS: u64 = 2_500;

/// So many providers that cannot be reached, and nothing else, mean that the network is gone.
const PROVIDERS_OUT_OF_REACH: usize = 2;

/// The next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) endpoint: usize,
    pub(super) key: u32,
    pub(super) because: MadeBecause,
    /// It is shown the half answer and goes on with it.
    pub(super) continues: bool,
}

/// How the answer stands when an attempt fails.
#[derive(Clone, Copy, Debug)]
pub(super) struct Half {
    /// Something of it is on the screen.
    pub(super) has_content: bool,
    /// Somebody else may go on with it.
    pub(super) continues: bool,
    /// Nobody may begin again: it cannot be taken back.
    pub(super) must_continue: bool,
    /// The attempt failed because it was asked to go on with it.
    pub(super) is_refused_prefill: bool,
}

/// What the attempts so far have taught.
#[derive(Clone, Debug)]
pub(super) struct Knowledge {
    random: SplitMix,
    places: Vec<Place>,
    /// Models whose rules or size refuse this request, wherever they are asked.
    refused_models: BTreeSet<String>,
    /// Providers that refuse every model alike.
    barred: BTreeSet<ProviderId>,
    /// Providers that want money first: what is free there can still be asked.
    unpaid: BTreeSet<ProviderId>,
    /// Providers that could not be reached.
    out_of_reach: BTreeSet<ProviderId>,
    something_else_failed: bool,
    /// A context of so many tokens is too small.
    too_small: u64,
    /// The newest failure that says something about a provider.
    telling: Option<Failure>,
}

/// One endpoint of the plan.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    key: u32,
    /// Requests with that key.
    attempts: u32,
    is_left: bool,
    refused_prefill: bool,
}

impl Knowledge {
    pub(super) fn new(plan: &Plan, seed: u64) -> Self {
        Self {
            random: SplitMix(seed),
            places: vec![Place::default(); plan.endpoints.len()],
            refused_models: BTreeSet::new(),
            barred: BTreeSet::new(),
            unpaid: BTreeSet::new(),
            out_of_reach: BTreeSet::new(),
            something_else_failed: false,
            too_small: 0,
            telling: None,
        }
    }

    /// Whom to ask first: a last resort only where there is nothing else.
    pub(super) fn first(&self, plan: &Plan) -> Option<usize> {
        let is_usual = |planned: &PlannedEndpoint| !planned.is_last_resort;
        plan.endpoints
            .iter()
            .position(is_usual)
            .or((!plan.endpoints.is_empty()).then_some(0))
    }

    pub(super) fn opened(&mut self, endpoint: usize, key: u32) {
        if let Some(place) = self.places.get_mut(endpoint) {
            if place.key != key {
                place.attempts = 0;
            }
            place.key = key;
            place.attempts += 1;
        }
    }

    /// It is not asked again in this run.
    pub(super) fn leave(&mut self, endpoint: usize) {
        if let Some(place) = self.places.get_mut(endpoint) {
            place.is_left = true;
        }
    }

    pub(super) fn refused_prefill(&mut self, endpoint: usize) {
        if let Some(place) = self.places.get_mut(endpoint) {
            place.refused_prefill = true;
        }
    }

    /// What a failure says beyond the attempt itself.
    pub(super) fn learn(
        &mut self,
        plan: &Plan,
        endpoint: usize,
        failure: &Failure,
        was_opened: bool,
    ) {
        use FailureClass as Class;
        let Some(planned) = plan.endpoints.get(endpoint) else {
            return;
        };
        let provider = &planned.endpoint.provider;
        let is_last_key = self
            .places
            .get(endpoint)
            .is_none_or(|place| place.key + 1 >= planned.keys);
        match failure.class {
            Class::ContextTooLong => {
                self.refused_models.insert(planned.model_key.clone());
                let size = planned.context_length.unwrap_or(plan.input_tokens);
                self.too_small = self.too_small.max(size);
            }
            Class::ContentFiltered | Class::InvalidRequest => {
                self.refused_models.insert(planned.model_key.clone());
            }
            // The next key of the same provider is asked before these are certain.
            Class::KeyMissing | Class::Authentication if is_last_key => {
                self.barred.insert(provider.clone());
            }
            Class::PaymentRequired if is_last_key => {
                self.unpaid.insert(provider.clone());
            }
            // The same address, whatever the model.
            Class::InvalidAddress
            | Class::NameNotResolved
            | Class::ConnectionRefused
            | Class::Tls
            | Class::ConnectTimeout
            | Class::NotFound
            | Class::Redirected
            | Class::KeychainUnavailable => {
                self.barred.insert(provider.clone());
            }
            _ => {}
        }
        let is_network = match failure.class {
            Class::NameNotResolved | Class::ConnectTimeout => true,
            Class::ConnectionLost => !was_opened,
            _ => false,
        };
        if is_network {
            self.out_of_reach.insert(provider.clone());
        } else {
            self.something_else_failed = true;
        }
        let says_little = matches!(
            failure.class,
            Class::KeyMissing | Class::LocalModelMissing | Class::LocalModelUnusable
        );
        if !says_little || self.telling.is_none() {
            self.telling = Some(failure.clone());
        }
    }

    /// The failure that a run ends with: one that nobody needs to hear about gives way to the one
    /// before it.
    pub(super) fn worth_telling(&self, failure: Failure, is_refused_prefill: bool) -> Failure {
        let says_little = matches!(
            failure.class,
            FailureClass::KeyMissing
                | FailureClass::LocalModelMissing
                | FailureClass::LocalModelUnusable
        );
        if says_little || is_refused_prefill {
            return self.telling.clone().unwrap_or(failure);
        }
        failure
    }

    /// Somebody else who could be asked beside or after this endpoint, last resorts apart.
    pub(super) fn another(&self, plan: &Plan, endpoint: usize) -> Option<usize> {
        (0..plan.endpoints.len()).find(|index| {
            *index != endpoint
                && self.may_be_asked(plan, *index)
                && plan
                    .endpoints
                    .get(*index)
                    .is_some_and(|planned| !planned.is_last_resort)
        })
    }

    /// Where to go after `failure`, or nowhere, and how long to wait first.
    pub(super) fn next(
        &mut self,
        plan: &Plan,
        endpoint: usize,
        failure: &Failure,
        half: Half,
    ) -> Option<(Next, u64)> {
        let planned = plan.endpoints.get(endpoint)?;
        let place = *self.places.get(endpoint)?;
        let here = |key, because, continues| Next {
            endpoint,
            key,
            because,
            continues,
        };
        if half.is_refused_prefill && !half.must_continue {
            return Some((here(place.key, MadeBecause::Restart, false), 0));
        }
        // Half an answer is not asked for again at the same place: the person has read it, and has
        // paid for it. They may, by pressing retry. To go on with it is another matter.
        let goes_on_here = half.continues && planned.takes_prefill && !place.refused_prefill;
        let may_stay = !half.has_content || goes_on_here;
        if failure.class.is_about_the_key() && may_stay && place.key + 1 < planned.keys {
            return Some((here(place.key + 1, MadeBecause::NextKey, goes_on_here), 0));
        }
        let remedy = failure.class.remedy();
        let limits = &plan.limits;
        if remedy == Remedy::RetryHere && may_stay && place.attempts < limits.attempts_per_endpoint
        {
            let wait = self.wait(place.attempts, failure);
            let others = self.another(plan, endpoint).is_some();
            let patience = if others {
                limits
                    .longest_wait_millis
                    .min(LONGEST_WAIT_BESIDE_OTHERS_MILLIS)
            } else {
                limits.longest_wait_millis
            };
            if wait <= patience {
                let because = if goes_on_here {
                    MadeBecause::Continuation
                } else {
                    MadeBecause::Retry
                };
                return Some((here(place.key, because, goes_on_here), wait.max(1)));
            }
        }
        self.leave(endpoint);
        if remedy == Remedy::Stop {
            return None;
        }
        let (to, is_last_resort) = if half.must_continue {
            (self.successor(plan, endpoint)?, false)
        } else {
            self.elsewhere(plan, endpoint)?
        };
        let other = plan.endpoints.get(to)?;
        let continues = half.continues
            && other.takes_prefill
            && remedy != Remedy::OtherModel
            && self
                .places
                .get(to)
                .is_some_and(|place| !place.refused_prefill);
        if half.must_continue && !continues {
            return None;
        }
        let because = match (is_last_resort, continues) {
            (_, true) => MadeBecause::Continuation,
            (true, false) => MadeBecause::LastResort,
            (false, false) => MadeBecause::NextEndpoint,
        };
        let next = Next {
            endpoint: to,
            key: 0,
            because,
            continues,
        };
        Some((next, 0))
    }

    /// Somebody else who goes on with half answers.
    fn successor(&self, plan: &Plan, endpoint: usize) -> Option<usize> {
        (0..plan.endpoints.len()).find(|index| {
            *index != endpoint
                && self.may_be_asked(plan, *index)
                && plan
                    .endpoints
                    .get(*index)
                    .is_some_and(|planned| planned.takes_prefill && !planned.is_last_resort)
        })
    }

    fn elsewhere(&self, plan: &Plan, endpoint: usize) -> Option<(usize, bool)> {
        let another = self.another(plan, endpoint);
        let is_network_gone = !self.something_else_failed && !self.out_of_reach.is_empty();
        let is_certain = self.out_of_reach.len() >= PROVIDERS_OUT_OF_REACH || another.is_none();
        if is_network_gone && is_certain {
            let last = (0..plan.endpoints.len()).find(|index| {
                *index != endpoint
                    && self.may_be_asked(plan, *index)
                    && plan
                        .endpoints
                        .get(*index)
                        .is_some_and(|planned| planned.is_last_resort)
            });
            if let Some(last) = last {
                return Some((last, true));
            }
        }
        another.map(|another| (another, false))
    }

    fn may_be_asked(&self, plan: &Plan, index: usize) -> bool {
        let (Some(planned), Some(place)) = (plan.endpoints.get(index), self.places.get(index))
        else {
            return false;
        };
        let provider = &planned.endpoint.provider;
        let is_barred =
            self.barred.contains(provider) || (self.unpaid.contains(provider) && !planned.is_free);
        let has_room = planned
            .context_length
            .is_none_or(|context| context > self.too_small);
        // One that was asked already is either being asked now or was left.
        place.attempts == 0
            && !place.is_left
            && !is_barred
            && has_room
            && !self.refused_models.contains(&planned.model_key)
    }

    fn wait(&mut self, attempts: u32, failure: &Failure) -> u64 {
        let exponent = attempts.saturating_sub(1).min(16);
        let backoff = FIRST_BACKOFF_MILLIS << exponent;
        match failure.retry_after_millis {
            // Full jitter below, never less than asked for.
            Some(asked) => asked.saturating_add(self.random.below(FIRST_BACKOFF_MILLIS / 2)),
            None => backoff / 2 + self.random.below(backoff),
        }
    }
}

impl Switch {
    /// What happens next, for people.
    pub(super) fn describe(&self, plan: &Plan) -> String {
        let to = plan.endpoints.get(self.to_endpoint).map_or_else(
            || "another way in".to_owned(),
            |planned| {
                let endpoint = &planned.endpoint;
                format!("{} at {}", endpoint.model, endpoint.provider)
            },
        );
        match self.because {
            MadeBecause::Retry => {
                let seconds = self.wait_millis as f64 / 1_000.0;
                format!("asked again after {seconds:.1} s")
            }
            MadeBecause::NextKey => "asked again with the next key".to_owned(),
            MadeBecause::Continuation => format!("{to} went on with the half answer"),
            MadeBecause::Restart => {
                "it does not go on with a half answer, so it began again".to_owned()
            }
            MadeBecause::LastResort => {
                format!("the network is gone, so {to} was asked")
            }
            MadeBecause::First | MadeBecause::NextEndpoint | MadeBecause::Hedge => {
                format!("went on to {to}")
            }
        }
    }
}

/// A tiny generator for jitter: not for secrets, only to spread waits.
#[derive(Clone, Debug)]
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}
