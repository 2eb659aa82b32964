//! What the test holds and the server obeys: permits, counters, the list of requests.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_domain::WireFamily;
use tokio::sync::{Semaphore, watch};

use super::Billed;
use super::allowances::Used;
use super::request::RecordedRequest;

#[derive(Debug)]
pub(super) struct Control {
    state: Mutex<State>,
    requests: watch::Sender<usize>,
    open: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<RecordedRequest>,
    gates: HashMap<String, Arc<Semaphore>>,
    recovered: HashSet<String>,
    bill: Vec<Billed>,
    /// When each model was first asked.
    first_asked: HashMap<String, Instant>,
    /// What each key has asked for in each family.
    used: HashMap<(WireFamily, String), Used>,
    /// Access tokens ever made; those from here on are good.
    tokens: usize,
    first_good_token: usize,
}

/// What came before a request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Requests for the same model.
    pub(super) earlier: usize,
    /// The time since the first of them.
    pub(super) since_first: Duration,
    /// What its key has asked for in its family, itself included.
    pub(super) used: Used,
}

impl Control {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::default(),
            requests: watch::Sender::new(0),
            open: watch::Sender::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked while it held the lock has failed anyway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a request; returns what came before it.
    pub(super) fn record(&self, request: RecordedRequest) -> Seen {
        let mut state = self.state();
        let mut since_first = Duration::ZERO;
        let mut used = Used::default();
        if request.is_chat() {
            let first = state.first_asked.entry(request.model());
            since_first = first.or_insert_with(Instant::now).elapsed();
            let key = request.key().unwrap_or_default().to_owned();
            let so_far = state.used.entry((request.family(), key)).or_default();
            so_far.requests += 1;
            so_far.tokens += request.prompt_tokens();
            used = *so_far;
        }
        let earlier = if request.is_chat() {
            let model = request.model();
            state
                .requests
                .iter()
                .filter(|other| other.is_chat() && other.model() == model)
                .count()
        } else {
            0
        };
        state.requests.push(request);
        let total = state.requests.len();
        drop(state);
        self.requests.send_replace(total);
        Seen {
            earlier,
            since_first,
            used,
        }
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.state().requests.clone()
    }

    pub(super) fn gate(&self, model: &str) -> Arc<Semaphore> {
        let mut state = self.state();
        let gate = state.gates.entry(model.to_owned());
        Arc::clone(gate.or_insert_with(|| Arc::new(Semaphore::new(0))))
    }

    pub(super) fn recover(&self, model: &str) {
        self.state().recovered.insert(model.to_owned());
    }

    pub(super) fn has_recovered(&self, model: &str) -> bool {
        self.state().recovered.contains(model)
    }

    pub(super) fn charge(&self, billed: Billed) {
        self.state().bill.push(billed);
    }

    pub(super) fn bill(&self) -> Vec<Billed> {
        self.state().bill.clone()
    }

    /// Makes an access token.
    pub(super) fn new_token(&self) -> String {
        let mut state = self.state();
        state.tokens += 1;
        token(state.tokens - 1)
    }

    /// Whether this server made the token and has not revoked it; `None` where it never made any.
    pub(super) fn knows_token(&self, sent: &str) -> Option<bool> {
        let state = self.state();
        let mut good = state.first_good_token..state.tokens;
        (state.tokens > 0).then(|| good.any(|number| token(number) == sent))
    }

    pub(super) fn revoke_tokens(&self) {
        let mut state = self.state();
        state.first_good_token = state.tokens;
    }

    pub(super) fn open_count(&self) -> usize {
        *self.open.borrow()
    }

    pub(super) async fn wait_for_requests(&self, count: usize) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self
            .requests
            .subscribe()
            .wait_for(|total| *total >= count)
            .await;
    }

    pub(super) async fn wait_until_idle(&self) {
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

fn token(number: usize) -> String {
    format!("ya29.scripted-token-{number}")
}

/// Counts a reply for as long as it is being sent, however that ends.
#[derive(Debug)]
pub(super) struct OpenReply(Arc<Control>);

impl OpenReply {
    pub(super) fn new(control: &Arc<Control>) -> Self {
        control.open.send_modify(|open| *open += 1);
        Self(Arc::clone(control))
    }
}

impl Drop for OpenReply {
    fn drop(&mut self) {
        self.0
            .open
            .send_modify(|open| *open = open.saturating_sub(1));
    }
}
