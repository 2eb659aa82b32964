//! How the ways in fare, from this computer's own traffic. In memory for planning, in the store for
//! the next start.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use patchbay_domain::route::{Circuit, Gate, HealthBook, Sample, Summary};
use patchbay_domain::{
    Attempt, AttemptStatus, Clock, Endpoint, ProviderId, RateLimits, UnixMillis,
};
use patchbay_store::{Store, StoreError};
use tokio_util::task::TaskTracker;

use crate::run::Observer;
use crate::{Engine, clock};

/// Attempts older than this say nothing about today.
const SAMPLES_OF_MILLIS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How one way in fares, as it is shown.
#[derive(Clone, Debug)]
pub struct EndpointHealth {
    /// Which.
    pub endpoint: Endpoint,
    /// Whether it may be asked.
    pub gate: Gate,
    /// Since when and why it is left alone, where it is.
    pub circuit: Circuit,
    /// What was measured.
    pub summary: Summary,
    /// What its provider said may still be asked, and when.
    pub rate_limits: Option<(RateLimits, UnixMillis)>,
}

/// The book, and where it is kept.
#[derive(Clone)]
pub(crate) struct HealthKeeper {
    book: Arc<Mutex<HealthBook>>,
    store: Store,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
}

impl HealthKeeper {
    /// Reads what earlier runs left.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn load(
        store: Store,
        clock: Arc<dyn Clock>,
        tasks: TaskTracker,
    ) -> Result<Self, StoreError> {
        let now = clock.now();
        let mut book = HealthBook::default();
        let since = UnixMillis(now.0.saturating_sub(SAMPLES_OF_MILLIS));
        for (endpoint, sample) in store.recent_samples(since).await? {
            book.entry(&endpoint).measured.add(sample);
        }
        for (_, health) in book.iter_mut() {
            health.summary = health.measured.summary(now);
        }
        for (endpoint, circuit) in store.circuits().await? {
            book.entry(&endpoint).circuit = circuit;
        }
        for (endpoint, limits, received_at) in store.rate_limits().await? {
            book.entry(&endpoint).rate_limits = Some((limits, received_at));
        }
        Ok(Self {
            book: Arc::new(Mutex::new(book)),
            store,
            clock,
            tasks,
        })
    }

    /// Works with the book as it stands. Nobody else does meanwhile.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut HealthBook) -> T) -> T {
        work(&mut crate::lock(&self.book))
    }

    /// One way in, as it is shown.
    pub(crate) fn of(&self, endpoint: &Endpoint) -> Option<EndpointHealth> {
        let now = self.clock.now();
        self.with(|book| {
            let health = book.get(endpoint)?;
            Some(EndpointHealth {
                endpoint: endpoint.clone(),
                gate: health.circuit.gate(now),
                circuit: health.circuit.clone(),
                summary: health.measured.summary(now),
                rate_limits: health.rate_limits,
            })
        })
    }

    fn all(&self) -> Vec<EndpointHealth> {
        let now = self.clock.now();
        self.with(|book| {
            book.iter()
                .map(|(endpoint, health)| EndpointHealth {
                    endpoint: endpoint.clone(),
                    gate: health.circuit.gate(now),
                    circuit: health.circuit.clone(),
                    summary: health.measured.summary(now),
                    rate_limits: health.rate_limits,
                })
                .collect()
        })
    }

    /// What a run's attempts at one way in are told to. `has_probe` says that the run is the one that
    /// finds out whether it works again.
    pub(crate) fn observer(
        &self,
        endpoint: Endpoint,
        keys: u32,
        has_probe: bool,
        on_refused_key: Box<dyn Fn() + Send + Sync>,
    ) -> Arc<dyn Observer> {
        Arc::new(EndpointObserver {
            keeper: self.clone(),
            endpoint,
            keys,
            holds_probe: AtomicBool::new(has_probe),
            on_refused_key,
        })
    }

    fn note(&self, endpoint: &Endpoint, attempt: &Attempt, is_verdict: bool) {
        let now = self.clock.now();
        let changed = self.with(|book| {
            let health = book.entry(endpoint);
            health.add(Sample::of(attempt), now);
            if !is_verdict {
                return None;
            }
            let changed = match (attempt.status, &attempt.failure) {
                (AttemptStatus::Failed, Some(failure)) => {
                    health.circuit.failed(failure, now, clock::jitter_seed())
                }
                _ => health.circuit.succeeded(),
            };
            changed.then(|| health.circuit.clone())
        });
        if let Some(circuit) = changed {
            self.keep(endpoint.clone(), circuit);
        }
    }

    fn keep(&self, endpoint: Endpoint, circuit: Circuit) {
        let store = self.store.clone();
        self.tasks.spawn(async move {
            // A circuit that is not on the disk is learnt again by the next failures.
            if let Err(error) = store.save_circuit(endpoint, circuit).await {
                tracing::warn!(%error, "the state of a way in was not written");
            }
        });
    }

    /// Closes a circuit: the person says that it works again.
    fn reset(&self, endpoint: &Endpoint) {
        let circuit = self.with(|book| {
            let health = book.entry(endpoint);
            health.rate_limits = None;
            health.circuit.succeeded().then(Circuit::default)
        });
        if let Some(circuit) = circuit {
            self.keep(endpoint.clone(), circuit);
        }
    }

    /// Closes every circuit of a provider, whose settings or keys have changed.
    pub(crate) fn reset_provider(&self, provider: &ProviderId) {
        let endpoints: Vec<_> = self.with(|book| {
            book.iter()
                .filter(|(endpoint, health)| {
                    endpoint.provider == *provider
                        && (!health.circuit.is_closed() || health.rate_limits.is_some())
                })
                .map(|(endpoint, _)| endpoint.clone())
                .collect()
        });
        for endpoint in endpoints {
            self.reset(&endpoint);
        }
    }
}

struct EndpointObserver {
    keeper: HealthKeeper,
    endpoint: Endpoint,
    keys: u32,
    holds_probe: AtomicBool,
    on_refused_key: Box<dyn Fn() + Send + Sync>,
}

impl EndpointObserver {
    /// The probe, where this run still has it. It is answered or given back once.
    fn take_probe(&self) -> bool {
        self.holds_probe.swap(false, Ordering::SeqCst)
    }
}

impl Observer for EndpointObserver {
    fn settled(&self, key: u32, attempt: &Attempt) {
        let class = attempt.failure.as_ref().map(|failure| failure.class);
        // The key may have been replaced in the keychain, so it is read anew the next time.
        if class == Some(patchbay_domain::FailureClass::Authentication) {
            (self.on_refused_key)();
        }
        let has_next_key = class.is_some_and(patchbay_domain::FailureClass::is_about_the_key)
            && key + 1 < self.keys;
        let answered = attempt.status == AttemptStatus::Answered
            || (attempt.status != AttemptStatus::Failed && attempt.timings.first_token.is_some());
        let failed = attempt.status == AttemptStatus::Failed && !has_next_key;
        let had_probe = self.take_probe();
        self.keeper
            .note(&self.endpoint, attempt, answered || failed);
        if had_probe && !answered && !failed {
            self.keeper
                .with(|book| book.entry(&self.endpoint).circuit.give_probe_back());
        }
    }

    fn allowed(&self, limits: RateLimits) {
        let now = self.keeper.clock.now();
        self.keeper
            .with(|book| book.entry(&self.endpoint).rate_limits = Some((limits, now)));
        let (store, endpoint) = (self.keeper.store.clone(), self.endpoint.clone());
        self.keeper.tasks.spawn(async move {
            if let Err(error) = store.save_rate_limits(endpoint, limits, now).await {
                tracing::warn!(%error, "a provider's allowance was not written");
            }
        });
    }
}

impl Drop for EndpointObserver {
    /// A run that ended before it asked gives its probe back.
    fn drop(&mut self) {
        if self.take_probe() {
            self.keeper
                .with(|book| book.entry(&self.endpoint).circuit.give_probe_back());
        }
    }
}

impl Engine {
    /// How every way in fares that has a history here.
    pub fn health(&self) -> Vec<EndpointHealth> {
        self.health.all()
    }

    /// How one way in fares; `None` where it has no history here.
    pub fn health_of(&self, endpoint: &Endpoint) -> Option<EndpointHealth> {
        self.health.of(endpoint)
    }

    /// Asks a way in again, although it is left alone at the moment.
    pub fn reset_health(&self, endpoint: &Endpoint) {
        self.health.reset(endpoint);
    }
}
