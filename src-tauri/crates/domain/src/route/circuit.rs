//! Leaving alone for a while what fails again and again.
//!
//! A circuit is closed while a way in works. It opens after failures in a row, or at once where the
//! provider says how long to stay away or only the person can mend it. When its time is over, one
//! request finds out whether the way in works again: success closes it, failure opens it for longer.

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FailureClass};
use crate::time::UnixMillis;

/// Failures in a row that open a circuit.
const FAILURES_TO_OPEN: u32 = 3;

/// How long it stays open the first time; doubled each time that the probe fails.
const FIRST_PAUSE_MILLIS: u64 = 5_000;

/// The longest pause after an outage. A provider that is back is used again within this and one
/// request.
const LONGEST_PAUSE_MILLIS: u64 = 20_000;

/// How long to stay away from what only the person can mend. Saving a key or the provider's settings
/// closes the circuit at once.
const MENDED_BY_PERSON_MILLIS: u64 = 120_000;

/// The longest pause that a provider can ask for.
const LONGEST_ASKED_MILLIS: u64 = 15 * 60_000;

/// A probe that nobody settled for so long is forgotten: its run broke off.
const PROBE_FORGOTTEN_MILLIS: u64 = 10 * 60_000;

/// How one way in has fared lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Circuit {
    /// Failures in a row.
    pub failures: u32,
    /// How often it opened without closing in between.
    pub trips: u32,
    /// Whether it is open.
    pub state: CircuitState,
    /// Since when a request finds out whether it works again. Never survives a restart.
    #[serde(skip)]
    probing_since: Option<UnixMillis>,
}

/// Whether a way in may be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CircuitState {
    /// It works, as far as is known.
    #[default]
    Closed,
    /// It is left alone.
    Open {
        /// Since when.
        since: UnixMillis,
        /// When it may be asked again, by one request.
        until: UnixMillis,
        /// What it failed with last.
        class: FailureClass,
        /// The provider's words.
        words: String,
    },
}

/// What a plan may do with a way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Ask it.
    Closed,
    /// Ask it, and be the only one who does.
    Probe,
    /// Another run does so.
    Probing,
    /// Leave it alone.
    Open {
        /// Until when.
        until: UnixMillis,
        /// What it failed with last.
        class: FailureClass,
    },
}

impl Circuit {
    /// What may be done now.
    pub fn gate(&self, now: UnixMillis) -> Gate {
        let CircuitState::Open {
            since,
            until,
            class,
            ..
        } = &self.state
        else {
            return Gate::Closed;
        };
        // A clock that was set back must not keep it open for years.
        let is_over = now >= *until || now < *since;
        if !is_over {
            return Gate::Open {
                until: *until,
                class: *class,
            };
        }
        match self.probing_since {
            Some(began) if now.since(began) < PROBE_FORGOTTEN_MILLIS && now >= began => {
                Gate::Probing
            }
            _ => Gate::Probe,
        }
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        self.state == CircuitState::Closed
    }

    /// A run takes the probe. Returns whether it may: another one may have been faster.
    pub fn begin_probe(&mut self, now: UnixMillis) -> bool {
        let may = self.gate(now) == Gate::Probe;
        if may {
            self.probing_since = Some(now);
        }
        may
    }

    /// The run that had the probe ended without asking.
    pub fn give_probe_back(&mut self) {
        self.probing_since = None;
    }

    /// It answered. Returns whether anything changed.
    pub fn succeeded(&mut self) -> bool {
        let changed = *self != Self::default();
        *self = Self::default();
        changed
    }

    /// It failed. `jitter` is a random number; it spreads the ends of pauses by a tenth. Returns
    /// whether anything changed.
    pub fn failed(&mut self, failure: &Failure, now: UnixMillis, jitter: u64) -> bool {
        self.probing_since = None;
        let Some(blame) = Blame::of(failure) else {
            return false;
        };
        self.failures = self.failures.saturating_add(1);
        let is_open_already = matches!(self.gate(now), Gate::Open { .. });
        let pause = match blame {
            Blame::Outage if is_open_already => return true,
            Blame::Outage if self.failures < FAILURES_TO_OPEN && self.trips == 0 => return true,
            Blame::Outage => {
                let doubled = FIRST_PAUSE_MILLIS << self.trips.min(8);
                let pause = doubled.min(LONGEST_PAUSE_MILLIS);
                self.trips = self.trips.saturating_add(1);
                pause - jitter % (pause / 10)
            }
            Blame::Asked(millis) => millis.min(LONGEST_ASKED_MILLIS),
            Blame::Person => MENDED_BY_PERSON_MILLIS,
        };
        let pause = i64::try_from(pause).unwrap_or(i64::MAX);
        self.state = CircuitState::Open {
            since: now,
            until: UnixMillis(now.0.saturating_add(pause)),
            class: failure.class,
            words: failure.message.clone(),
        };
        true
    }
}

/// What a failure says about the way in, if anything.
enum Blame {
    Outage,
    Asked(u64),
    Person,
}

impl Blame {
    fn of(failure: &Failure) -> Option<Self> {
        use FailureClass as Class;
        match failure.class {
            Class::RateLimited | Class::Overloaded => Some(match failure.retry_after_millis {
                Some(millis) if millis > 0 => Self::Asked(millis),
                _ => Self::Outage,
            }),
            Class::NameNotResolved
            | Class::ConnectionRefused
            | Class::ConnectionLost
            | Class::Tls
            | Class::ConnectTimeout
            | Class::FirstTokenTimeout
            | Class::SilenceTimeout
            | Class::ServerError
            | Class::StreamCut
            | Class::EmptyAnswer
            | Class::UnexpectedContent
            | Class::ResponseTooLarge => Some(Self::Outage),
            Class::InvalidAddress
            | Class::KeyMissing
            | Class::Authentication
            | Class::PermissionDenied
            | Class::PaymentRequired
            | Class::ModelNotFound
            | Class::NotFound
            | Class::Redirected => Some(Self::Person),
            // These say something about the request, the run or this computer.
            Class::RunTimeout
            | Class::KeychainUnavailable
            | Class::ContextTooLong
            | Class::ContentFiltered
            | Class::InvalidRequest
            | Class::NoWayIn
            | Class::NoEmbeddings
            | Class::OverBudget
            | Class::LocalModelMissing
            | Class::LocalModelUnusable
            | Class::Internal => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn failure(class: FailureClass) -> Failure {
        Failure::new(class, "words")
    }

    fn at(millis: i64) -> UnixMillis {
        UnixMillis(millis)
    }

    fn until(circuit: &Circuit) -> i64 {
        match circuit.state {
            CircuitState::Open { until, .. } => until.0,
            CircuitState::Closed => panic!("closed: {circuit:?}"),
        }
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_one_success_closes_it() {
        let mut circuit = Circuit::default();
        let outage = failure(FailureClass::ServerError);
        circuit.failed(&outage, at(0), 0);
        circuit.failed(&outage, at(1), 0);
        circuit.succeeded();
        circuit.failed(&outage, at(2), 0);
        circuit.failed(&outage, at(3), 0);
        assert_eq!(circuit.gate(at(3)), Gate::Closed);
        circuit.failed(&outage, at(4), 0);
        assert!(matches!(circuit.gate(at(4)), Gate::Open { .. }));
        assert_eq!(until(&circuit), 5_004);
        assert_eq!(circuit.gate(at(5_004)), Gate::Probe);
        assert!(circuit.succeeded());
        assert_eq!(circuit.gate(at(5_005)), Gate::Closed);
    }

    #[test]
    fn only_one_run_probes_and_a_failed_probe_opens_for_longer() {
        let mut circuit = Circuit::default();
        let outage = failure(FailureClass::Overloaded);
        for _ in 0..3 {
            circuit.failed(&outage, at(0), 0);
        }
        assert!(circuit.begin_probe(at(5_000)));
        assert!(!circuit.begin_probe(at(5_000)));
        assert_eq!(circuit.gate(at(5_001)), Gate::Probing);
        circuit.failed(&outage, at(5_002), 0);
        assert_eq!(until(&circuit), 15_002);
        assert!(circuit.begin_probe(at(15_002)));
        circuit.give_probe_back();
        assert!(
            circuit.begin_probe(at(15_003)),
            "an unused probe is given back"
        );
    }

    #[test]
    fn a_probe_that_nobody_settles_is_forgotten() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.failed(&failure(FailureClass::ServerError), at(0), 0);
        }
        assert!(circuit.begin_probe(at(5_000)));
        assert_eq!(circuit.gate(at(5_000 + 600_000)), Gate::Probe);
    }

    #[test]
    fn what_the_provider_asks_for_is_kept_and_capped() {
        let mut circuit = Circuit::default();
        let mut limited = failure(FailureClass::RateLimited);
        limited.retry_after_millis = Some(2_000);
        circuit.failed(&limited, at(0), 0);
        assert_eq!(until(&circuit), 2_000);
        limited.retry_after_millis = Some(86_400_000);
        circuit.failed(&limited, at(2_000), 0);
        assert_eq!(until(&circuit), 2_000 + 900_000);
    }

    #[test]
    fn a_refusal_of_this_request_says_nothing_about_the_way_in() {
        let mut circuit = Circuit::default();
        for class in [
            FailureClass::ContextTooLong,
            FailureClass::ContentFiltered,
            FailureClass::InvalidRequest,
        ] {
            for _ in 0..5 {
                assert!(!circuit.failed(&failure(class), at(0), 0));
            }
        }
        assert!(circuit.is_closed());
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_keep_it_open() {
        let mut circuit = Circuit::default();
        for _ in 0..3 {
            circuit.failed(&failure(FailureClass::ServerError), at(1_000_000), 0);
        }
        assert_eq!(circuit.gate(at(10)), Gate::Probe);
    }

    proptest! {
        /// Whatever fails in whatever order, an outage is never waited for longer than promised, and
        /// the way in is asked again some time.
        #[test]
        fn no_pause_is_longer_than_promised(
            steps in prop::collection::vec((prop::sample::select(FailureClass::ALL), 0_i64..60_000, any::<u64>()), 1..40),
        ) {
            let mut circuit = Circuit::default();
            let mut now = 0;
            for (class, passed, jitter) in steps {
                now += passed;
                circuit.failed(&failure(class), at(now), jitter);
                if let Gate::Open { until, class } = circuit.gate(at(now)) {
                    let pause = until.since(at(now));
                    prop_assert!(pause <= MENDED_BY_PERSON_MILLIS);
                    if matches!(class, FailureClass::ServerError | FailureClass::StreamCut) {
                        prop_assert!(pause <= LONGEST_PAUSE_MILLIS);
                    }
                }
            }
            let is_open = matches!(circuit.gate(at(now + 200_000)), Gate::Open { .. });
            prop_assert!(!is_open);
        }
    }
}
